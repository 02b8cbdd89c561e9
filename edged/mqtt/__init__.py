"""Topics, payloads and the broker; knows nothing of vision or gallery."""

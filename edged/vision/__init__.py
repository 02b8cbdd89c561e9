"""From pixels to detections and embeddings; knows nothing of people."""

"""Where frames come from; knows nothing of faces."""

"""From scores to error rates; knows nothing of how the scores were made."""

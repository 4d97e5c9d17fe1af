"""From stored examples to batches."""

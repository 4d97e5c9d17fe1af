"""From sound and captions on disk to batches."""

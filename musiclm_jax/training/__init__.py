"""The training loop and what it needs; it knows no network and no data set."""

"""The token transformer, its sampler and its training."""

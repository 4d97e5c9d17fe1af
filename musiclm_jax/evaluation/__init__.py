"""Measures of what a model does, each a pure function of arrays."""

"""Layers that at least two networks use."""

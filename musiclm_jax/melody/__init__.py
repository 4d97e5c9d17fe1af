"""Melody: a space in which the same tune lies in one place, whatever its sound."""

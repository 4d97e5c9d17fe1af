"""Acoustic tokens of many frames at once, by filling in masks."""

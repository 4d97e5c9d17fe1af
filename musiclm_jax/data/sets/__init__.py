"""Data sets of clips, as TFDS builders."""

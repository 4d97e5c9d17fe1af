"""What is written about recordings: captions, tables, and their words."""

"""What is written and read back: whole files, JSON of configs, parameters as bytes."""

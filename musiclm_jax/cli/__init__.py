"""The command line; nothing else in the package imports it."""

"""Records on disk, and the token records that the stages learn from."""

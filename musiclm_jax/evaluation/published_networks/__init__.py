"""Published networks that hear, with their own weights: what papers' FAD is made of."""

"""Semantic tokens: w2v-BERT, its tap and the centroids of it."""

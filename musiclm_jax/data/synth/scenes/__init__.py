"""Painted scenes: pictures that the project draws itself, with the music they suggest.

A scene is chosen first (what is seen, how lively, how light), then drawn; the music
that suits it is described in the very words that the corpus' clips are described in.
"""

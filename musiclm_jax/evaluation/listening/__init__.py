"""Listening tests: folders of pieces to wins; MusicLM, Appendix B."""

"""MuLan: audio and text in one space, so that a prompt can stand for a sound."""

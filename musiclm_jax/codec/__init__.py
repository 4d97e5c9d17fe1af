"""The audio codec: SoundStream (2107.03312)."""

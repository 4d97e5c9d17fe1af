"""Pure functions of audio arrays: STFT and mel spectrograms."""

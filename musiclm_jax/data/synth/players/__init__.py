"""Who plays the notes: oscillators, or the sampled instruments of a SoundFont."""

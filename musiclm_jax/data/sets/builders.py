"""All builders of data sets: once this is imported, TFDS finds them by name."""

from musiclm_jax.data.sets.audio_folder import AudioFolder
from musiclm_jax.data.sets.fma import Fma
from musiclm_jax.data.sets.music_caps import MusicCaps
from musiclm_jax.data.sets.synth_music import SynthMusic
from musiclm_jax.data.sets.tfds_clips import TfdsClips

__all__ = ["AudioFolder", "Fma", "MusicCaps", "SynthMusic", "TfdsClips"]

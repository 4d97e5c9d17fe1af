"""Some clips of a data set, to be seen and heard."""

from typing import Any

import numpy as np

from musiclm_jax.data.intake.description import levels
from musiclm_jax.data.intake.page import Card
from musiclm_jax.data.intake.pictures import highest_hz, spectrogram_png
from musiclm_jax.data.sets.audio_dataset import captions_of
from musiclm_jax.data.sound.audio_files import encode_audio

# Of longer clips the beginning is drawn and played.
_MOST_SECONDS = 30


def draw(clip: dict[str, Any], sample_rate: int) -> Card:
    """Draws and encodes a clip.

    Args:
        clip: as TFDS gives it.
        sample_rate: of it, in Hz.
    """
    seconds = len(clip["audio"]) / sample_rate
    audio = clip["audio"][: _MOST_SECONDS * sample_rate].astype(np.float32) / 2**15
    peak_db, rms_db = levels(clip["audio"])
    notes = [
        f"{seconds:.2f} s, peak {peak_db:.1f} dB, RMS {rms_db:.1f} dB; up to "
        f"{highest_hz(sample_rate):,.0f} Hz"
    ]
    if seconds > _MOST_SECONDS:
        notes.append(f"its first {_MOST_SECONDS} s")
    if "file" in clip:
        notes.append(f"{clip['file'].decode()} from {clip['start_seconds']:.2f} s on")
    return Card(
        name=clip["name"].decode(),
        notes=notes,
        captions=captions_of(clip),
        aspects=[aspect.decode() for aspect in clip.get("aspects", ())],
        picture=spectrogram_png(audio, sample_rate),
        sound=encode_audio(audio, sample_rate, ".ogg"),
        sound_type="audio/ogg",
    )

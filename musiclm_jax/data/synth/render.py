"""From a piece to sound."""

import numpy as np

from musiclm_jax.data.synth import mix, piece
from musiclm_jax.data.synth import oscillators as osc
from musiclm_jax.data.synth.players.player import Player
from musiclm_jax.data.synth.style_table import STYLES

SAMPLE_RATE = osc.SAMPLE_RATE

_RMS_DB = {"calm": -21.0, "moderate": -18.5, "energetic": -16.5}
# How much of each part the space hears; deep sounds blur it.
_SENDS = {
    "lead": 0.3,
    "double": 0.3,
    "counter": 0.35,
    "chords": 0.3,
    "pad": 0.35,
    "bass": 0.05,
}
_DRUM_SEND = 0.12
_SPACE_GAIN = {"dry": 0.5, "room": 0.8, "hall": 1.0, "cathedral": 1.3}
_FADE_SECONDS = 0.02


def render(music: piece.Piece, player: Player) -> np.ndarray:
    """Renders a piece.

    Args:
        music: the piece.
        player: who plays it.

    Returns:
        audio: [sample] at SAMPLE_RATE, float32 in (-1, 1). Equal pieces give equal
        bytes on one machine.
    """
    style = STYLES[music.style]
    num_samples = round(music.clip_seconds * SAMPLE_RATE)
    dry = np.zeros(num_samples, np.float32)
    send = np.zeros(num_samples, np.float32)
    for role, bus in _buses(music, player, num_samples).items():
        dry += bus
        send += np.float32(_SENDS[role]) * bus
    if music.hits:
        kit = player.drum(music.drum_kit, music.hits, num_samples, music.seed)
        kit *= np.float32(_gain(style.drums_db + 2.0) / (mix.loudness(kit) + 1e-9))
        dry += kit
        send += np.float32(_DRUM_SEND) * kit
    wet = mix.reverberate(send, music.space)
    audio = dry + np.float32(_SPACE_GAIN[music.space]) * wet
    audio = mix.brighten(audio)
    if style.tone_hz < 0.45 * SAMPLE_RATE:
        audio = mix.darken(audio, style.tone_hz)
    if style.crackle:
        rng = np.random.default_rng(music.seed)
        audio = audio + mix.record_noise(num_samples, style.crackle, rng)
    fade = int(_FADE_SECONDS * SAMPLE_RATE)
    audio[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return mix.master(audio, rms_db=_RMS_DB[music.energy])


def to_int16(audio: np.ndarray) -> np.ndarray:
    """Float samples in [-1, 1] as 16-bit integers, [sample]."""
    return np.round(np.clip(audio, -1.0, 1.0) * 32767.0).astype(np.int16)


def _gain(decibels: float) -> float:
    """Decibels as a factor."""
    return 10.0 ** (decibels / 20.0)


def _buses(
    music: piece.Piece, player: Player, num_samples: int
) -> dict[str, np.ndarray]:
    """One signal a role, each at the loudness that the style gives it."""
    levels = {part.role: part.gain_db for part in STYLES[music.style].parts}
    levels["lead"] = 0.0
    buses = {}
    for role in dict.fromkeys(note.role for note in music.notes):
        # A role is one player.
        notes = [note for note in music.notes if note.role == role]
        bus = player.play(notes, num_samples, music.seed)
        scale = _gain(levels[role]) / (mix.loudness(bus) + 1e-9)
        buses[role] = bus * np.float32(scale)
    return buses

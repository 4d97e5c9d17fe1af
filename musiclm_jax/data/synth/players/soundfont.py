"""A SoundFont: recordings of instruments in one file, played by TinySoundFont."""

import functools
import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import signal

from musiclm_jax.data.synth import oscillators as osc

DRUM_BANK = 128
"""The bank in which SoundFonts keep their drum kits."""

# Recordings reach beyond our highest frequency, and the renderer does not filter them.
_OVERSAMPLING = 2
_RATE = _OVERSAMPLING * osc.SAMPLE_RATE
_CHANNEL, _DRUM_CHANNEL = 0, 9
_LARGEST = 127
_SILENCING_SAMPLES = 2400
_SILENCING_ROUNDS = 20


class Stroke(NamedTuple):
    """A key that is pressed and let go.

    Attributes:
        start_seconds: when it is pressed.
        end_seconds: when it is let go.
        key: MIDI number, or that of a drum.
        velocity: 0 to 1.
    """

    start_seconds: float
    end_seconds: float
    key: int
    velocity: float


class SoundFont:
    """A SoundFont that is loaded."""

    def __init__(self, path: str):
        """Loads it.

        Args:
            path: of an SF2 file.

        Raises:
            ValueError: TinySoundFont is not installed, or the file is none it can read.
            OSError: there is no such file.
        """
        self.path = path
        _check_head(path)
        self._synth = _package().Synth(samplerate=_RATE)
        try:
            self._font = self._synth.sfload(path)
        except Exception as error:
            raise ValueError(f"SoundFont {path} is damaged: {error}") from None

    def has(self, bank: int, program: int) -> bool:
        """Whether there is an instrument or, in `DRUM_BANK`, a kit of this number."""
        return self._synth.sfpreset_name(self._font, bank, program) is not None

    def play(
        self, bank: int, program: int, strokes: Sequence[Stroke], num_samples: int
    ) -> np.ndarray:
        """Plays keys of one instrument.

        Args:
            bank: of the instrument.
            program: its number in the bank.
            strokes: in any order; a key that is pressed again is let go before.
            num_samples: length.

        Returns:
            [sample] at `osc.SAMPLE_RATE`, mono, float32; the same arguments give the
            same bytes.
        """
        is_drums = bank == DRUM_BANK
        channel = _DRUM_CHANNEL if is_drums else _CHANNEL
        self._synth.program_select(channel, self._font, bank, program, is_drums)
        length = _OVERSAMPLING * num_samples
        parts, done = [np.zeros(0, np.float32)], 0
        for at, key, velocity in _events(strokes):
            at = min(at, length)
            if at > done:
                parts.append(self._generate(at - done))
                done = at
            if velocity:
                self._synth.noteon(channel, key, velocity)
            else:
                self._synth.noteoff(channel, key)
        parts.append(self._generate(length - done))
        self._silence(channel)
        both = np.concatenate(parts)
        return signal.resample_poly(both, 1, _OVERSAMPLING).astype(np.float32)

    def _generate(self, num_samples: int) -> np.ndarray:
        """The next samples, [sample], of both sides together."""
        if not num_samples:
            return np.zeros(0, np.float32)
        sides = np.frombuffer(self._synth.generate(num_samples), np.float32)
        return sides.reshape(-1, 2).mean(axis=1)

    def _silence(self, channel: int) -> None:
        """Ends every sound, so that nothing is heard of it in what is played next."""
        self._synth.sounds_off(channel)
        for _ in range(_SILENCING_ROUNDS):
            if not self._generate(_SILENCING_SAMPLES).any():
                return


def _events(strokes: Sequence[Stroke]) -> list[tuple[int, int, int]]:
    """Returns (sample, key, velocity) by time; velocity 0 lets go."""
    events = []
    pressed: dict[int, float] = {}
    # From the last to the first: a key is let go when it is pressed again.
    for stroke in sorted(strokes, reverse=True):
        end = min(stroke.end_seconds, pressed.get(stroke.key, np.inf))
        pressed[stroke.key] = stroke.start_seconds
        if end <= stroke.start_seconds:
            continue
        velocity = int(np.clip(round(stroke.velocity * _LARGEST), 1, _LARGEST))
        events.append((round(stroke.start_seconds * _RATE), stroke.key, velocity))
        events.append((round(end * _RATE), stroke.key, 0))
    return sorted(events, key=lambda event: (event[0], event[2] > 0, event[1]))


@functools.cache
def open_soundfont(path: str) -> SoundFont:
    """Loads a SoundFont once in each process.

    Raises:
        ValueError: see `SoundFont`.
        OSError: likewise.
    """
    return SoundFont(path)


@functools.cache
def digest(path: str) -> str:
    """Returns a hash of a file's content, in hexadecimal.

    Raises:
        OSError: there is no such file.
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def try_out(path: str) -> None:
    """Loads a SoundFont in another process, which some damaged files bring down.

    Raises:
        ValueError: see `SoundFont`.
        OSError: likewise.
    """
    _check_head(path)
    _package()
    load = "import sys, tinysoundfont; tinysoundfont.Synth().sfload(sys.argv[1])"
    tried = subprocess.run([sys.executable, "-c", load, path], capture_output=True)
    if tried.returncode:
        raise ValueError(f"SoundFont {path} is damaged: it cannot be loaded")


def _check_head(path: str) -> None:
    """Raises ValueError unless a file begins like a SoundFont and is all there."""
    with Path(path).open("rb") as file:
        head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise ValueError(
            f"{path} is no SoundFont: it does not begin like one (RIFF, sfbk)"
        )
    there, whole = Path(path).stat().st_size, int.from_bytes(head[4:8], "little") + 8
    if there < whole:
        raise ValueError(
            f"SoundFont {path} is damaged: it has {there:,} bytes of {whole:,}"
        )


def _package():
    try:
        import tinysoundfont
    except ImportError:
        raise ValueError(
            "a SoundFont is played by tinysoundfont, which is not installed: "
            "pip install --no-deps tinysoundfont"
        ) from None
    return tinysoundfont

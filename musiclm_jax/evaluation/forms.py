"""Clips in all their forms, read a few at a time: true, coded, generated, noise."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from musiclm_jax.bundle.tokenizers import CodecTokenizer
from musiclm_jax.data.intake.recordings import RejectionError
from musiclm_jax.data.sound.audio_files import mix
from musiclm_jax.data.sound.open_audio import open_audio
from musiclm_jax.evaluation import making

Change = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Maps numbers [batch] of clips and their sound [batch, sample] to [batch, ...]."""


@dataclasses.dataclass(frozen=True, eq=False)
class Form:
    """One form of some clips.

    Attributes:
        name: "true", "codec", "generated", "noise" and so on.
        clips: their names.
        read: maps numbers [batch] of clips to their sound [batch, sample].
    """

    name: str
    clips: tuple[str, ...]
    read: Callable[[np.ndarray], np.ndarray]

    def through(self, name: str, change: Change) -> "Form":
        """Returns another form: the sound that is made of this one."""
        return Form(
            name, self.clips, lambda numbers: change(numbers, self.read(numbers))
        )

    def measured(
        self,
        measures: Mapping[str, Change],
        *,
        batch: int,
        progress: Callable[[float], None],
    ) -> dict[str, np.ndarray]:
        """Measures all clips in one pass, always as many at once.

        Args:
            measures: by name.
            batch: clips at once; the last one is repeated to fill it.
            progress: is told the share that is done.

        Returns:
            Name -> [clip, ...].
        """
        found: dict[str, list[np.ndarray]] = {name: [] for name in measures}
        for first in range(0, len(self.clips), batch):
            num = min(batch, len(self.clips) - first)
            numbers = first + np.minimum(np.arange(batch), num - 1)
            sound = self.read(numbers)
            for name, measure in measures.items():
                found[name].append(np.asarray(measure(numbers, sound))[:num])
            progress((first + num) / len(self.clips))
        return {name: np.concatenate(parts) for name, parts in found.items()}


def after_codec(true: Form, codec: CodecTokenizer, *, levels: int) -> Form:
    """Returns clips after the codec, at the levels that are generated."""

    def change(numbers: np.ndarray, sound: np.ndarray) -> np.ndarray:
        return making.round_trip(codec, sound, levels=levels, batch=len(numbers))

    return true.through("codec", change)


def noise_like(true: Form, *, seed: int) -> Form:
    """Returns white noise, as loud as each clip."""

    def change(numbers: np.ndarray, sound: np.ndarray) -> np.ndarray:
        return _noise(numbers, sound, seed)

    return true.through("noise", change)


def with_noise(true: Form, snr_db: float, *, seed: int) -> Form:
    """Returns clips with white noise, at a signal-to-noise ratio in dB."""

    def change(numbers: np.ndarray, sound: np.ndarray) -> np.ndarray:
        return sound + 10 ** (-snr_db / 20) * _noise(numbers, sound, seed)

    return true.through(f"true + noise, SNR {snr_db:g} dB", change)


def of_files(
    name: str,
    clips: Sequence[str],
    paths: Sequence[Path],
    *,
    num_samples: int,
    sample_rate: int,
) -> Form:
    """Returns clips that lie in files; see `read`."""

    def read_all(numbers: np.ndarray) -> np.ndarray:
        how = {"num_samples": num_samples, "sample_rate": sample_rate}
        return np.stack([read(paths[number], **how) for number in numbers])

    return Form(name, tuple(clips), read_all)


def read(path: Path, *, num_samples: int, sample_rate: int) -> np.ndarray:
    """Reads a piece [sample] that was made here.

    Raises:
        ValueError: it is missing, broken, or not as it was made; a sentence that says
            what helps.
    """
    try:
        with open_audio(path) as file:
            rate, blocks = file.sample_rate, [mix(block) for block in file.blocks()]
        audio = np.concatenate([*blocks, np.zeros(0, np.float32)])
        wrong = ""
    except FileNotFoundError:
        wrong = "is missing"
    except RejectionError as error:
        wrong = str(error)
    if not wrong and rate != sample_rate:
        wrong = f"has {rate} samples a second, and the model {sample_rate}"
    if not wrong and len(audio) != num_samples:
        wrong = f"has {len(audio)} samples, and {num_samples} are right"
    if wrong:
        raise ValueError(
            f"{path} {wrong}: delete it, and the same command makes it again"
        )
    return audio


def _noise(numbers: np.ndarray, sound: np.ndarray, seed: int) -> np.ndarray:
    """White noise of the level of [batch, sample]; each clip has always the same."""
    noise = np.stack(
        [
            np.random.default_rng([seed, number]).standard_normal(sound.shape[1])
            for number in numbers.tolist()
        ]
    )
    level = np.sqrt(np.square(sound).mean(axis=1, keepdims=True))
    return (level * noise).astype(np.float32)

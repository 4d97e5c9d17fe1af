"""Semantic features that nothing is trained for: aspects that take turns.

One code has too few bits for all that a moment is at once: k-means on timbre, harmony
and rhythm together tells each of them worse than k-means on any one alone. So they take
turns, step by step, as the levels of acoustic tokens do, and what has not its turn is
zero. All codes are of one codebook: k-means finds which of them are whose.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.semantic import beat as beat_lib
from musiclm_jax.semantic import rhythm as rhythm_lib
from musiclm_jax.semantic import timbre as timbre_lib
from musiclm_jax.semantic.long_windows import LongWindows
from musiclm_jax.semantic.steps import WindowedSteps
from musiclm_jax.signal import mel as mel_lib

ASPECTS = ("timbre", "harmony", "rhythm", "onsets", "beat")


@dataclasses.dataclass(frozen=True, kw_only=True)
class AspectsConfig(WindowedSteps):
    """What the features are, and how many codes they get.

    Attributes:
        mel: short windows, for timbre and rhythm.
        long_windows: for harmony and rhythm.
        num_cepstra: of the timbre.
        weights: of those of `ASPECTS` that have turns, in that order, which they are
            multiplied by: the more, the more codes tell of it. Harmony and rhythm have
            lengths up to 1, and so has the beat; the others have not.
        turns: which of `ASPECTS` each step tells, over and over.
        num_centroids: see `W2vBertConfig`, and so the next two.
        window_seconds: see there.
        stride_seconds: see there; whole rounds of turns, so that windows agree on
            whose turn it is.
        beat: which tempi it can have; None where it has no turn.
    """

    mel: mel_lib.MelConfig
    long_windows: LongWindows
    num_cepstra: int
    weights: tuple[float, ...]
    turns: tuple[str, ...]
    num_centroids: int
    window_seconds: float
    stride_seconds: float
    beat: beat_lib.BeatConfig | None = None

    def __post_init__(self):
        if not self.turns or not set(self.turns) <= set(ASPECTS):
            raise ValueError(
                f"turns must be some of {', '.join(ASPECTS)}, got {self.turns}"
            )
        if len(self.weights) != len(self.told) or min(self.weights) <= 0.0:
            raise ValueError(
                f"weights must be above 0, one for each of {', '.join(self.told)}, got "
                f"{self.weights}"
            )
        if ("beat" in self.turns) != (self.beat is not None):
            raise ValueError(
                f"beat must be given where it has a turn, and only there, got "
                f"{self.beat} for turns {self.turns}"
            )
        timbre_lib.check_sizes(self.mel.num_mels, self.num_cepstra)
        self.long_windows.check(self.mel, self.hop_length)
        self.check_windows()
        if self.stride_steps % len(self.turns):
            raise ValueError(
                f"stride_seconds must be whole rounds of turns, multiples of "
                f"{len(self.turns) / self.frame_rate:g}, got {self.stride_seconds}"
            )

    @property
    def told(self) -> tuple[str, ...]:
        """Those of `ASPECTS` that have turns."""
        return tuple(aspect for aspect in ASPECTS if aspect in self.turns)

    @property
    def sample_rate(self) -> int:
        """Of the audio, Hz."""
        return self.mel.sample_rate

    @property
    def hop_length(self) -> int:
        """Samples from one token to the next."""
        return self.long_windows.lines.hop_length

    def tells_alone(self, aspect: str, num_steps: int) -> np.ndarray:
        """Returns which steps [time] are turns of an aspect."""
        return np.resize(self.turns, num_steps) == aspect

    def embed(self, params: dict, audio: jax.Array) -> jax.Array:
        """Returns the features.

        Args:
            params: not read.
            audio: [batch, sample], whole steps.

        Returns:
            [batch, time, embed], float32.
        """
        del params
        return take_turns(aspects(audio, self), self.turns)

    def boxed_network(self) -> dict:
        """Returns the parameters of the network: there is none."""
        return {}


def aspects(audio: jax.Array, config: AspectsConfig) -> dict[str, jax.Array]:
    """Returns each aspect that is told at every step of audio [batch, sample].

    Returns:
        Aspect -> [batch, time, dim], float32.
    """
    log_mel = mel_lib.log_mel_spectrogram(audio, config.mel)
    hop_length = config.hop_length // config.mel.hop_length
    harmony, rhythm = config.long_windows.hear(audio, log_mel, config.mel)
    heard = {
        "timbre": timbre_lib.timbre(
            log_mel, hop_length=hop_length, num_cepstra=config.num_cepstra
        ),
        "harmony": harmony,
        "rhythm": rhythm,
        # Of a whole round, so that each step of it is told of.
        "onsets": rhythm_lib.onset_pattern(
            log_mel, hop_length=hop_length, num_steps=len(config.turns)
        ),
    }
    if config.beat is not None:
        heard["beat"] = beat_lib.beat(
            rhythm_lib.onsets(log_mel, config.mel.frame_rate),
            config.beat,
            frame_rate=config.mel.frame_rate,
            hop_length=hop_length,
        )
    weights = zip(config.told, config.weights, strict=True)
    return {aspect: heard[aspect] * weight for aspect, weight in weights}


def take_turns(of: dict[str, jax.Array], turns: tuple[str, ...]) -> jax.Array:
    """Puts aspects beside each other, and zeros where another has its turn.

    Args:
        of: aspect -> [batch, time, dim].
        turns: whose step is whose, over and over.

    Returns:
        [batch, time, sum of dims].
    """
    parts = []
    for name, x in of.items():
        repeats = -(-x.shape[1] // len(turns))
        has_turn = jnp.asarray([turn == name for turn in turns] * repeats)
        parts.append(x * has_turn[None, : x.shape[1], None])
    return jnp.concatenate(parts, axis=-1)

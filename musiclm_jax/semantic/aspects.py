"""Semantic features that nothing is trained for: three aspects that take turns.

One code has too few bits for all that a moment is at once: k-means on timbre, harmony
and rhythm together tells each of them worse than k-means on any one alone. So they take
turns, step by step, as the levels of acoustic tokens do, and what has not its turn is
zero. All codes are of one codebook: k-means finds which of them are whose.
"""

import dataclasses

import jax
import jax.numpy as jnp

from musiclm_jax.semantic import timbre as timbre_lib
from musiclm_jax.semantic.long_windows import LongWindows
from musiclm_jax.semantic.steps import WindowedSteps
from musiclm_jax.signal import mel as mel_lib

ASPECTS = ("timbre", "harmony", "rhythm")


@dataclasses.dataclass(frozen=True, kw_only=True)
class AspectsConfig(WindowedSteps):
    """What the features are, and how many codes they get.

    Attributes:
        mel: short windows, for timbre and rhythm.
        long_windows: for harmony and rhythm.
        num_cepstra: of the timbre.
        weights: of `ASPECTS`, which they are multiplied by: the more, the more codes
            tell of it. Harmony and rhythm have lengths up to 1, timbre has not.
        turns: which of `ASPECTS` each step tells, over and over.
        num_centroids: see `W2vBertConfig`, and so the next two.
        window_seconds: see there.
        stride_seconds: see there; whole rounds of turns, so that windows agree on
            whose turn it is.
    """

    mel: mel_lib.MelConfig
    long_windows: LongWindows
    num_cepstra: int
    weights: tuple[float, float, float]
    turns: tuple[str, ...]
    num_centroids: int
    window_seconds: float
    stride_seconds: float

    def __post_init__(self):
        if not self.turns or not set(self.turns) <= set(ASPECTS):
            raise ValueError(
                f"turns must be some of {', '.join(ASPECTS)}, got {self.turns}"
            )
        if min(self.weights) <= 0.0:
            raise ValueError(f"weights must be above 0, got {self.weights}")
        timbre_lib.check_sizes(self.mel.num_mels, self.num_cepstra)
        self.long_windows.check(self.mel, self.hop_length)
        self.check_windows()
        if self.stride_steps % len(self.turns):
            raise ValueError(
                f"stride_seconds must be whole rounds of turns, multiples of "
                f"{len(self.turns) / self.frame_rate:g}, got {self.stride_seconds}"
            )

    @property
    def sample_rate(self) -> int:
        """Of the audio, Hz."""
        return self.mel.sample_rate

    @property
    def hop_length(self) -> int:
        """Samples from one token to the next."""
        return self.long_windows.lines.hop_length

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
    """Returns each of `ASPECTS` at every step of audio [batch, sample].

    Returns:
        Aspect -> [batch, time, dim], float32.
    """
    log_mel = mel_lib.log_mel_spectrogram(audio, config.mel)
    timbre = timbre_lib.timbre(
        log_mel,
        hop_length=config.hop_length // config.mel.hop_length,
        num_cepstra=config.num_cepstra,
    )
    harmony, rhythm = config.long_windows.hear(audio, log_mel, config.mel)
    weighted = zip((timbre, harmony, rhythm), config.weights, strict=True)
    return dict(zip(ASPECTS, (x * weight for x, weight in weighted), strict=True))


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

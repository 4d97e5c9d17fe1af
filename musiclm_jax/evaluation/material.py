"""What is listened to: clips of a corpus, and what a model makes of them."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from musiclm_jax.bundle.tokenizers import CodecTokenizer
from musiclm_jax.evaluation import making
from musiclm_jax.evaluation.examples import Examples
from musiclm_jax.generation.pipeline import MusicLM


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is listened to.

    Attributes:
        num_train: clips that probes learn from.
        num_test: held-out clips.
        num_generated: of these, from so many captions music is made.
        batch: clips at once.
        seed: of what is drawn.
    """

    num_train: int
    num_test: int
    num_generated: int
    batch: int
    seed: int


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """True clips, by what they are for.

    Attributes:
        train: probes learn from them.
        validation: they choose among probes.
        test: held out.
        asked: the first of these, from whose captions music is made.
    """

    train: Examples
    validation: Examples
    test: Examples
    asked: Examples


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """Held-out clips in all their forms.

    Attributes:
        drawn: the clips.
        sample_rate: of all sound, Hz.
        true: [test clip, sample].
        decoded: the same after the codec, at the levels that are generated.
        generated: [asked clip, sample]; None where the model has no stages.
    """

    drawn: Drawn
    sample_rate: int
    true: np.ndarray
    decoded: np.ndarray
    generated: np.ndarray | None

    @property
    def clip_seconds(self) -> float:
        """Length of the clips."""
        return self.true.shape[1] / self.sample_rate


def draw(splits: dict[str, Sequence[dict[str, Any]]], sizes: Sizes) -> Drawn:
    """Draws clips; of "validation" all there are, but no more than of "train"."""
    rng = np.random.default_rng(sizes.seed)
    train = Examples.draw(splits["train"], sizes.num_train, rng)
    test = Examples.draw(splits["test"], sizes.num_test, rng)
    return Drawn(
        train=train,
        validation=Examples.draw(splits["validation"], sizes.num_train, rng),
        test=test,
        asked=test.first(sizes.num_generated),
    )


def make(
    drawn: Drawn,
    codec: CodecTokenizer,
    *,
    levels: int,
    model: MusicLM | None,
    sizes: Sizes,
) -> Material:
    """Has held-out clips coded, and made anew from their captions.

    Args:
        drawn: the clips.
        codec: of the model.
        levels: of it that are decoded.
        model: makes music; None where there are no stages yet.
        sizes: how many at once, and the seed.
    """
    true = drawn.test.audio()
    generated = None
    if model is not None:
        generated = making.generate(
            model,
            drawn.asked.captions(),
            seconds=true.shape[1] / codec.sample_rate,
            seed=sizes.seed,
            batch=sizes.batch,
        )
    return Material(
        drawn=drawn,
        sample_rate=codec.sample_rate,
        true=true,
        decoded=making.round_trip(codec, true, levels=levels, batch=sizes.batch),
        generated=generated,
    )

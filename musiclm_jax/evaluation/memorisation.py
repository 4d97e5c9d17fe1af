"""Whether a model goes on with a training clip as the clip itself goes on.

MusicLM, sections 4.4 and 5: the semantic stage gets the MuLan tokens of a clip and the
first of its semantic tokens, and decodes greedily. What it writes is compared with what
the clip goes on with: token by token, and by what it costs to move one histogram of
tokens onto the other over the centroids' distances.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.evaluation import intervals, least_costs
from musiclm_jax.evaluation.batches import in_batches
from musiclm_jax.evaluation.findings import Finding
from musiclm_jax.evaluation.sinkhorn import transport_costs
from musiclm_jax.evaluation.token_clips import TokenClips
from musiclm_jax.evaluation.token_probes import histograms
from musiclm_jax.generation import spans
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.hierarchy import no_progress
from musiclm_jax.generation.pipeline import MusicLM
from musiclm_jax.generation.score import Score
from musiclm_jax.lm.sampling_config import SamplingConfig

CONTINUATION = 125
"""Tokens that are written and compared."""

PROMPTS = tuple(range(0, 251, 25))
"""Tokens of the clip that are given, one curve of them."""

FALSE_POSITIVES = 1e-4
"""Of pairs that have nothing to do with each other, fewer than this share match."""

_GREEDY = GenerationConfig(semantic=SamplingConfig(temperature=0.0))


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Continuations:
    """What was written behind the beginnings of clips, and what stands there.

    Attributes:
        given: tokens of each clip that the stage was given.
        made: [clip, CONTINUATION] codes.
        true: [clip, CONTINUATION] codes.
        distances: [code, code], of the centroids.
    """

    given: int
    made: np.ndarray
    true: np.ndarray
    distances: np.ndarray

    @property
    def is_exact(self) -> np.ndarray:
        """[clip], whether all tokens are the same."""
        return (self.made == self.true).all(axis=1)

    @property
    def shares(self) -> tuple[np.ndarray, np.ndarray]:
        """[clip, code], how often each code is there in what was made, and is true."""
        num_codes = len(self.distances)
        return histograms(self.made, num_codes), histograms(self.true, num_codes)

    def is_near(self, threshold: float) -> np.ndarray:
        """Says of each clip [clip] whether its cost is below a threshold."""
        return least_costs.are_below(*self.shares, self.distances, threshold)

    def costs(self) -> np.ndarray:
        """Returns the cost [clip] of each."""
        return transport_costs(*self.shares, self.distances)


def centroid_distances(codebook: np.ndarray) -> np.ndarray:
    """Returns [code, code] float64, how far centroids [code, dim] are from each other.

    In the unit of the features that they are k-means of.
    """
    codebook = np.asarray(codebook, np.float64)
    squares = np.square(codebook).sum(axis=1)
    squared = squares[:, None] + squares[None, :] - 2 * codebook @ codebook.T
    distances = np.sqrt(np.maximum(squared, 0.0))
    # Of rounding, what is left of nothing.
    np.fill_diagonal(distances, 0.0)
    return distances


def threshold_of(
    continuations: Sequence[Continuations], share: float = FALSE_POSITIVES
) -> float:
    """Returns the cost below which fewer than a share of permuted pairs lie.

    Args:
        continuations: after any numbers of tokens, of two clips at least: pairs are of
            what was made for a clip and what is true of another one.
        share: of the pairs.
    """
    pairs = [~np.eye(len(each.made), dtype=bool) for each in continuations]
    allowed = math.ceil(share * sum(is_pair.sum() for is_pair in pairs)) - 1
    found = [
        least_costs.smallest(
            *each.shares, each.distances, is_asked=is_pair, count=allowed + 1
        )
        for each, is_pair in zip(continuations, pairs, strict=True)
    ]
    return float(np.sort(np.concatenate(found))[allowed])


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """What is found after one number of given tokens and another.

    Attributes:
        threshold: cost below which a continuation is an approximate match.
        points: by what was given.
    """

    threshold: float
    points: tuple[Continuations, ...]

    def findings(self) -> tuple[Finding, ...]:
        """Returns all figures, point by point."""
        return tuple(
            finding
            for point in self.points
            for finding in _findings(point, self.threshold)
        )


def figures(
    model: MusicLM,
    clips: TokenClips,
    *,
    prompts: Sequence[int] | None = None,
    batch: int = 16,
    done: Callable[[str], None] = lambda what: None,
) -> tuple[Finding, ...]:
    """Measures how many clips a model goes on with by heart.

    Args:
        model: whose semantic stage goes on.
        clips: two at least, of its training set, or held out to compare with.
        prompts: tokens of each clip that are given, one curve of them; those of
            `PROMPTS` that clips are long enough for if None.
        batch: clips at once.
        done: told what is done.

    Raises:
        ValueError: fewer than two clips, clips that are too short, no such prompts, or
            a model without a semantic stage.
    """
    return curve(model, clips, prompts=prompts, batch=batch, done=done).findings()


def curve(
    model: MusicLM,
    clips: TokenClips,
    *,
    prompts: Sequence[int] | None,
    batch: int,
    done: Callable[[str], None],
) -> Curve:
    """Returns what `figures` tells of; see there."""
    if model.networks.semantic is None:
        raise ValueError("the model has no semantic stage, whose memory is asked for")
    points = []
    for given in _prompts_of(clips, prompts):
        points.append(continue_clips(model, clips, given, batch=batch))
        done(f"continued after {given} tokens")
    threshold = threshold_of(points)
    done("threshold")
    return Curve(threshold=threshold, points=tuple(points))


def continue_clips(
    model: MusicLM, clips: TokenClips, given: int, *, batch: int
) -> Continuations:
    """Has the semantic stage go on greedily behind `given` tokens of each clip."""
    stage, tokenizer = model.networks.semantic.config.stage, model.tokenizers.semantic
    window = clips.codes(min(clips.seconds, stage.crop_seconds))
    mulan, end = window["mulan"], given + CONTINUATION
    codes = np.stack([record.semantic[:end] for record in clips.records])[:, :, None]

    def once(numbers: np.ndarray) -> np.ndarray:
        score = Score(
            spans=spans.one({"mulan": jnp.asarray(mulan[numbers])}),
            seconds=end / tokenizer.frame_rate,
            # Nothing is drawn.
            rngs=jax.random.split(jax.random.key(0), len(numbers)),
            semantic=jnp.asarray(codes[numbers, :given]),
        )
        written = model.networks.write_semantic(
            score, config=_GREEDY, progress=no_progress
        )
        return np.concatenate([np.asarray(part) for part in written], axis=1)

    made = in_batches(once, np.arange(len(clips)), batch)
    return Continuations(
        given=given,
        made=made[:, given:, 0],
        true=codes[:, given:, 0],
        distances=centroid_distances(tokenizer.params["codebooks"][0]),
    )


def entropies(codes: np.ndarray) -> np.ndarray:
    """Returns the bits [piece] that a code of each piece [piece, time] is worth."""
    shares = histograms(codes, codes.max() + 1).astype(np.float64)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return -(shares * logs).sum(axis=1)


def _prompts_of(clips: TokenClips, prompts: Sequence[int] | None) -> Sequence[int]:
    if len(clips) < 2:
        raise ValueError(
            "of 1 clip nothing can be permuted to say what is near: give two at least"
        )
    length = min(len(record.semantic) for record in clips.records)
    most = length - CONTINUATION
    if prompts is None:
        prompts = [given for given in PROMPTS if given <= most] or [0]
    for given in prompts:
        if not 0 <= given <= most:
            room = f"from 0 to {most}" if most >= 0 else "none: take longer clips"
            raise ValueError(
                f"{given} tokens are to be given and {CONTINUATION} behind them "
                f"compared, and the shortest clip has {length}: can be given {room}"
            )
    return prompts


def _findings(each: Continuations, threshold: float) -> Iterator[Finding]:
    """Yields what is found after one number of tokens."""
    after, num = f"after {each.given} tokens", len(each.made)
    of = {"of": "generated", "better": "low"}
    is_near = each.is_near(threshold)
    for name, found in (
        (f"exact continuations {after}", each.is_exact),
        (f"approximate continuations (cost below {threshold:.3g}) {after}", is_near),
    ):
        low, high = intervals.of_share(int(found.sum()), num)
        value = float(found.mean())
        yield Finding(measure=name, value=value, low=low, high=high, **of)
    costs = each.costs()
    low, high = intervals.of_mean(costs)
    name, value = f"cost of continuations {after}", float(costs.mean())
    yield Finding(
        measure=name, of="generated", value=value, low=low, high=high, better="high"
    )
    entropy = f"entropy of continuations {after}, bits"
    for whose, codes in (("true", each.true), ("generated", each.made)):
        value = float(entropies(codes).mean())
        yield Finding(measure=entropy, of=whose, value=value, better="near")
    if is_near.any():
        value = float(entropies(each.made[is_near]).mean())
        yield Finding(measure=entropy, of="approximate", value=value, better="near")

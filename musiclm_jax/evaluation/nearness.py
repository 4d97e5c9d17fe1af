"""How near a piece comes to the clips of a training set, told by its semantic tokens.

MusicLM, section 4.4, asks it of one clip, whose beginning was given. Here it is asked
of all: passages of the piece, as long as the paper's, are compared with those of every
clip. Few of a set can be near, and bounds say which (`least_costs`); these few alone
are moved, and a nearer one may be missed; a copy shows in the longest run, which is
looked for in all. What a cost means, clips of the set themselves say: so near do they
lie to each other.
"""

import dataclasses
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from musiclm_jax.evaluation import least_costs, memorised
from musiclm_jax.evaluation.memorisation import CONTINUATION
from musiclm_jax.evaluation.sinkhorn import transport_costs
from musiclm_jax.evaluation.token_index import TokenIndex
from musiclm_jax.evaluation.token_probes import histograms

PASSAGE = CONTINUATION
"""Tokens of what is compared, or fewer of a piece that is shorter."""

# From one passage to the next, tokens.
_HOP = 25
# Passages of the set whose bound is taken both ways, and those of them that are moved.
_ROUGH, _FEW = 512, 16
# Clips that say how near a set lies to itself.
_COMPARED = 100


@dataclasses.dataclass(frozen=True, kw_only=True)
class Nearness:
    """What of a training set a piece comes nearest to.

    Attributes:
        clip: name of that clip.
        clip_seconds: where its passage begins, in its recording.
        piece_seconds: where the passage of the piece begins.
        cost: of turning one passage into the other.
        as_near: share of the set's own clips that lie as near to another recording of
            it, or nearer; None of a set that does not know.
        longest_run_seconds: the longest run of tokens that the piece shares with any
            clip.
    """

    clip: str
    clip_seconds: float
    piece_seconds: float
    cost: float
    as_near: float | None
    longest_run_seconds: float

    def sentence(self) -> str:
        """Says it for people."""
        told = (
            f"nearest in the training set: {self.clip} from {self.clip_seconds:.0f} s, "
            f"to {self.piece_seconds:.0f} s of the piece, at a cost of {self.cost:.3f}"
        )
        if self.as_near is not None:
            told += f" ({self.as_near:.0%} of its own clips have one as near)"
        return f"{told}; longest run shared: {self.longest_run_seconds:.1f} s"


class _Passage(NamedTuple):
    """A passage of a set.

    Attributes:
        clip: its place.
        start: of the passage in `TokenIndex.codes`.
        cost: of turning it into what is asked for.
    """

    clip: int
    start: int
    cost: float


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class _Passages:
    """All passages of a set.

    Attributes:
        index: the set.
        clips: [passage], which clip each is of.
        starts: [passage], where each begins in its codes.
        stops: [passage], behind its last one.
    """

    index: TokenIndex
    clips: np.ndarray
    starts: np.ndarray
    stops: np.ndarray

    @classmethod
    def cut(cls, index: TokenIndex, length: int) -> "_Passages":
        """Cuts every clip; a shorter one is a passage as it is."""
        clips, starts = [], []
        for clip, (start, end) in enumerate(zip(index.starts, index.ends, strict=True)):
            begins = [start + place for place in _begins(end - start, length)]
            clips += [clip] * len(begins)
            starts += begins
        clips, starts = np.array(clips), np.array(starts)
        stops = np.minimum(starts + length, index.ends[clips])
        return cls(index=index, clips=clips, starts=starts, stops=stops)

    def nearest_to_any(
        self, codes: np.ndarray, distances: np.ndarray, *, beside: int | None = None
    ) -> tuple[int, _Passage]:
        """Returns where the passage of codes [time] begins that has the nearest one.

        For the arguments see `nearest`.

        Returns:
            Its first token, and what is nearest to it.
        """
        found = {
            begin: self.nearest(
                codes[begin : begin + PASSAGE], distances, beside=beside
            )
            for begin in _begins(len(codes), PASSAGE)
        }
        return min(found.items(), key=lambda item: item[1].cost)

    def nearest(
        self, codes: np.ndarray, distances: np.ndarray, *, beside: int | None = None
    ) -> _Passage:
        """Returns the nearest to a passage.

        Args:
            codes: [time], of the passage.
            distances: [code, code].
            beside: clip whose recording is left out.
        """
        wanted = histograms(codes[None], len(distances))
        steps = distances[:, wanted[0] > 0].min(axis=1)[self.index.codes]
        total = np.concatenate([[0.0], np.cumsum(steps)])
        one_way = total[self.stops] - total[self.starts]
        one_way /= self.stops - self.starts
        if beside is not None:
            own = self.index.clips[beside][0]
            names = np.array([name == own for name, _ in self.index.clips])
            one_way[names[self.clips]] = np.inf
        rough = np.argsort(one_way, kind="stable")[:_ROUGH]
        rough = rough[np.isfinite(one_way[rough])]
        there = np.concatenate([self._shares(place, distances) for place in rough])
        both_ways = least_costs.bounds(wanted, there, distances)[0]
        few = np.argsort(both_ways, kind="stable")[:_FEW]
        costs = transport_costs(
            np.repeat(wanted, len(few), axis=0), there[few], distances
        )
        best = rough[few[costs.argmin()]]
        return _Passage(self.clips[best], self.starts[best], float(costs.min()))

    def _shares(self, place: int, distances: np.ndarray) -> np.ndarray:
        codes = self.index.codes[self.starts[place] : self.stops[place]]
        return histograms(codes[None], len(distances))


def of_piece(codes: np.ndarray, index: TokenIndex, distances: np.ndarray) -> Nearness:
    """Looks for a piece in a training set.

    Args:
        codes: [time], semantic tokens of the piece.
        index: the set.
        distances: [code, code], see `memorisation.centroid_distances`.
    """
    passages = _Passages.cut(index, min(PASSAGE, len(codes)))
    begin, nearest = passages.nearest_to_any(codes, distances)
    name, start = index.clips[nearest.clip]
    inside = (nearest.start - index.starts[nearest.clip]) / index.frame_rate
    (run,) = memorised.longest_runs(codes[None], index.padded())
    as_near = float((index.near <= nearest.cost).mean()) if len(index.near) else None
    return Nearness(
        clip=name,
        clip_seconds=float(start + inside),
        piece_seconds=float(begin / index.frame_rate),
        cost=nearest.cost,
        as_near=as_near,
        longest_run_seconds=float(run / index.frame_rate),
    )


def near_each_other(
    index: TokenIndex,
    distances: np.ndarray,
    *,
    seed: int = 0,
    progress: Callable[[float], None] = lambda share: None,
) -> np.ndarray:
    """Returns [clip] costs, sorted: of some clips, each looked for as pieces are.

    What is of a clip's own recording is left out.

    Args:
        index: the set.
        distances: [code, code].
        seed: of the choice of clips.
        progress: told the share that is done.

    Raises:
        ValueError: all clips are of one recording.
    """
    if len({name for name, _ in index.clips}) < 2:
        raise ValueError(
            "all clips are of one recording: what is near is told by other ones"
        )
    passages, starts = _Passages.cut(index, PASSAGE), index.starts
    drawn = np.random.default_rng(seed).permutation(len(starts))[:_COMPARED]
    costs = []
    for number, clip in enumerate(drawn, start=1):
        codes = index.codes[starts[clip] : index.ends[clip]]
        _, nearest = passages.nearest_to_any(codes, distances, beside=clip)
        costs.append(nearest.cost)
        progress(number / len(drawn))
    return np.sort(costs)


def _begins(total: int, length: int) -> Iterator[int]:
    """Yields where passages begin in so many tokens, the last one at their end."""
    last = max(total - length, 0)
    yield from range(0, last, _HOP)
    yield last

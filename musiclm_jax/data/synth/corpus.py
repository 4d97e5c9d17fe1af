"""A corpus as a value: from an index to an example, and who belongs to which split."""

import collections
import concurrent.futures
import dataclasses
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from musiclm_jax.data.synth.captions import aspects, write_captions
from musiclm_jax.data.synth.compose import compose, paired_melody_id
from musiclm_jax.data.synth.piece import Piece
from musiclm_jax.data.synth.render import render, to_int16

_SPLIT_STREAM, _CAPTION_STREAM = 10, 11
_WAITING_PER_WORKER = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class Corpus:
    """What decides every byte of a corpus.

    Attributes:
        num_clips: over all splits.
        clip_seconds: length of each clip.
        seed: another seed, another corpus.
        pair_share: share of clips that come in pairs: one melody, two orchestrations.
        validation_share: share of clips that are held out for validation.
        test_share: share of clips that are held out for tests.
    """

    num_clips: int
    clip_seconds: float
    seed: int
    pair_share: float = 0.3
    validation_share: float = 0.07
    test_share: float = 0.08

    def __post_init__(self):
        if self.num_clips < 6:
            raise ValueError(f"num_clips is at least 6, got {self.num_clips}")
        if not 0.1 <= self.clip_seconds <= 600:
            raise ValueError(f"clip_seconds is 0.1 to 600, got {self.clip_seconds}")
        if not 0 <= self.pair_share <= 1:
            raise ValueError(f"pair_share is 0 to 1, got {self.pair_share}")
        if min(self.validation_share, self.test_share) <= 0 or (
            self.validation_share + self.test_share > 0.8
        ):
            raise ValueError(
                "validation_share and test_share are above 0 and together at most 0.8,"
                f" got {self.validation_share} and {self.test_share}"
            )

    @property
    def name(self) -> str:
        """Tells corpora apart."""
        return (
            f"{self.num_clips}x{self.clip_seconds:g}s_seed{self.seed}"
            f"_pairs{self.pair_share:g}"
            f"_held{self.validation_share:g}and{self.test_share:g}"
        )

    def splits(self) -> dict[str, tuple[int, ...]]:
        """Indices of "train", "validation" and "test".

        The clips of a pair stay together, so that no melody is in two splits.
        """
        rng = np.random.default_rng((self.seed, _SPLIT_STREAM))
        order = rng.permutation(-(-self.num_clips // 2))
        validation = max(1, round(self.validation_share * len(order)))
        test = max(1, round(self.test_share * len(order)))
        groups = {
            "train": order[validation + test :],
            "validation": order[:validation],
            "test": order[validation : validation + test],
        }
        return {
            split: tuple(
                index
                for pair in sorted(pairs.tolist())
                for index in (2 * pair, 2 * pair + 1)
                if index < self.num_clips
            )
            for split, pairs in groups.items()
        }

    def piece(self, index: int) -> Piece:
        """The music of a clip."""
        return compose(
            self.seed,
            index,
            clip_seconds=self.clip_seconds,
            melody_id=paired_melody_id(self.seed, index, self.pair_share),
        )

    def example(self, index: int) -> dict[str, Any]:
        """A clip as it is stored; the fields are those of `SynthMusic`."""
        music = self.piece(index)
        rng = np.random.default_rng((self.seed, _CAPTION_STREAM, index))
        return {
            "name": music.name,
            "audio": to_int16(render(music)),
            "captions": write_captions(music, rng),
            "aspects": aspects(music),
            "style": music.style,
            "tempo_bpm": np.float32(music.tempo_bpm),
            "tempo_class": music.tempo_class,
            "beats_per_bar": music.beats_per_bar,
            "key": music.key,
            "mode": music.mode,
            "energy": music.energy,
            "has_drums": music.has_drums,
            "lead": music.lead,
            "lead_family": music.lead_family,
            "melody_id": music.melody_id,
        }

    def examples(
        self, indices: Iterable[int], *, num_workers: int
    ) -> Iterator[dict[str, Any]]:
        """Makes examples, in the order of `indices` for any number of workers.

        Args:
            indices: of the clips.
            num_workers: processes; 0 takes one for each core, 1 works in this process.

        Yields:
            Examples.
        """
        num_workers = num_workers or os.cpu_count() or 1
        if num_workers == 1:
            yield from map(self.example, indices)
            return
        # Forking a process in which JAX runs threads may hang, so workers are spawned.
        context = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(num_workers, context) as pool:
            waiting: collections.deque = collections.deque()
            for index in indices:
                waiting.append(pool.submit(self.example, index))
                # Bounded, so that finished clips do not pile up in memory.
                if len(waiting) > _WAITING_PER_WORKER * num_workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

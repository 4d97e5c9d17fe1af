"""What each token transformer reads and what it writes, as plain values.

MusicLM, section 3.2 (AudioLM, section III-C). A stage is a prefix of some streams and
one target stream behind it:

    semantic   [ MuLan | semantic ...                    ]
      or, section 6, [ MuLan | melody | semantic ...     ]
    coarse     [ MuLan | semantic ... | acoustic 0:4 ... ]
      or, the ablation of section 5, [ MuLan | acoustic 0:4 ... ]
    fine       [ acoustic 0:4 ...     | acoustic 4:12 ...]

Training and sampling lay out their tokens with the same functions of this file, so they
cannot disagree on the order.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.tokens import Vocabulary

CONDITIONS = ("mulan", "melody")
"""Kinds of code that say what is asked for: what is not asked is left out."""


@dataclasses.dataclass(frozen=True)
class Stream:
    """Some neighbouring levels of one kind of code.

    Attributes:
        name: the kind, as in the vocabulary.
        first_level: the coarsest level taken.
        num_levels: how many levels are taken.
    """

    name: str
    first_level: int
    num_levels: int

    def select(self, codes: dict[str, jax.Array]) -> jax.Array:
        """Takes the stream's levels out of `codes[name]` [batch, time, level]."""
        last = self.first_level + self.num_levels
        have = codes[self.name].shape[-1]
        if have < last:
            raise ValueError(
                f"the stream needs {last} levels of {self.name} codes, {have} are given"
            )
        return codes[self.name][:, :, self.first_level : last]


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where a stage's tokens lie when it covers a certain time.

    Attributes:
        positions: [length], int32, the middle of each token's time on the target's
            clock (one tick a target token), so that a relative position is a distance
            in time whatever stream a token belongs to, and of a slower stream the token
            that sounds is the nearest; -1 where tokens have no time (MuLan).
        query_positions: [length], int32, where each token looks from: the time of the
            target token that it is to guess, or its own where it guesses none.
        streams: [length], int32, the stream each token belongs to, counted in the order
            of the prefix, the target last.
        prefix_length: tokens before the target.
        num_frames: frames of the target.
    """

    positions: np.ndarray
    query_positions: np.ndarray
    streams: np.ndarray
    prefix_length: int
    num_frames: int


@dataclasses.dataclass(frozen=True)
class Stage:
    """One of the hierarchy's token models.

    Attributes:
        name: what the stage is called in bundles and runs.
        prefix: streams it is conditioned on, in their order.
        target: the stream it writes.
        crop_seconds: length of its training examples and sampling windows.
    """

    name: str
    prefix: tuple[Stream, ...]
    target: Stream
    crop_seconds: float

    def layout(self, vocabulary: Vocabulary, seconds: float) -> Layout:
        """Lays out prefix and target for `seconds` of music."""
        target_rate = vocabulary.spec(self.target.name).frame_rate
        positions, streams = [], []
        for number, stream in enumerate((*self.prefix, self.target)):
            spec = vocabulary.spec(stream.name)
            frames, levels = spec.num_frames(seconds), stream.num_levels
            index = np.arange(frames * levels)
            streams.append(np.full_like(index, number))
            if spec.frame_rate == 0:
                positions.append(np.full_like(index, -1))
            else:
                rate = spec.frame_rate * levels
                ticks = target_rate * self.target.num_levels / rate
                # The small term keeps a rounding error from falling a whole tick back.
                positions.append(np.floor((index + 0.5) * ticks + 1e-6))
        prefix_length = sum(len(part) for part in positions[:-1])
        positions = np.concatenate(positions).astype(np.int32)
        # A tick of the clock is a target token: the last one guesses what would follow.
        guessed = np.arange(len(positions) - prefix_length + 1, dtype=np.int32)
        return Layout(
            positions=positions,
            query_positions=np.append(positions[: prefix_length - 1], guessed),
            streams=np.concatenate(streams).astype(np.int32),
            prefix_length=prefix_length,
            num_frames=(len(positions) - prefix_length) // self.target.num_levels,
        )

    def reads(self, name: str) -> bool:
        """Whether a kind of code is in the prefix."""
        return any(stream.name == name for stream in self.prefix)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Those of `CONDITIONS` that the stage reads, in the order of its prefix."""
        return tuple(s.name for s in self.prefix if s.name in CONDITIONS)

    def prefix_tokens(
        self, vocabulary: Vocabulary, codes: dict[str, jax.Array]
    ) -> jax.Array:
        """Joins the prefix streams' codes into ids [batch, prefix_length].

        Args:
            vocabulary: the id space.
            codes: [batch, time, level] by kind.
        """
        parts = [
            vocabulary.tokens(
                stream.name, stream.select(codes), first_level=stream.first_level
            )
            for stream in self.prefix
        ]
        return jnp.concatenate(parts, axis=1)

    def target_tokens(self, vocabulary: Vocabulary, codes: jax.Array) -> jax.Array:
        """Ids of the target's own codes: [batch, time, level] -> [batch, time*level].

        Args:
            vocabulary: the id space.
            codes: only the levels of the target.
        """
        return vocabulary.tokens(
            self.target.name, codes, first_level=self.target.first_level
        )

    def drop_conditioning(
        self, vocabulary: Vocabulary, prefix: jax.Array, dropped: dict[str, jax.Array]
    ) -> jax.Array:
        """Puts the null id where a dropped row's tokens of a condition stood.

        Args:
            vocabulary: the id space.
            prefix: [batch, prefix_length] ids.
            dropped: [batch] booleans by condition.
        """
        for name, rows in dropped.items():
            spec, first = vocabulary.spec(name), vocabulary.offset(name)
            last = first + spec.codebook_size * spec.num_quantizers
            is_its = (prefix >= first) & (prefix < last)
            prefix = jnp.where(rows[:, None] & is_its, vocabulary.null_id, prefix)
        return prefix


def semantic(*, mulan_levels: int = 12, crop_seconds: float = 30.0) -> Stage:
    """MuLan tokens -> semantic tokens; defaults of MusicLM, sections 3.2 and 4.2."""
    return Stage(
        name="semantic",
        prefix=(Stream("mulan", 0, mulan_levels),),
        target=Stream("semantic", 0, 1),
        crop_seconds=crop_seconds,
    )


def semantic_of_melody(
    *, mulan_levels: int = 12, melody_levels: int = 24, crop_seconds: float = 10.0
) -> Stage:
    """MuLan and melody tokens -> semantic tokens: MusicLM, section 6 and appendix C."""
    return Stage(
        name="semantic",
        prefix=(Stream("mulan", 0, mulan_levels), Stream("melody", 0, melody_levels)),
        target=Stream("semantic", 0, 1),
        crop_seconds=crop_seconds,
    )


def coarse(
    *, mulan_levels: int = 12, coarse_levels: int = 4, crop_seconds: float = 10.0
) -> Stage:
    """MuLan and semantic tokens -> the coarse levels of the acoustic tokens."""
    return Stage(
        name="coarse",
        prefix=(Stream("mulan", 0, mulan_levels), Stream("semantic", 0, 1)),
        target=Stream("acoustic", 0, coarse_levels),
        crop_seconds=crop_seconds,
    )


def coarse_of_mulan(
    *, mulan_levels: int = 12, coarse_levels: int = 4, crop_seconds: float = 10.0
) -> Stage:
    """MuLan tokens alone -> the coarse levels: the ablation of MusicLM, section 5."""
    return Stage(
        name="coarse",
        prefix=(Stream("mulan", 0, mulan_levels),),
        target=Stream("acoustic", 0, coarse_levels),
        crop_seconds=crop_seconds,
    )


def fine(
    *, coarse_levels: int = 4, fine_levels: int = 8, crop_seconds: float = 3.0
) -> Stage:
    """Coarse acoustic tokens -> the fine ones, as in AudioLM, section III-C."""
    return Stage(
        name="fine",
        prefix=(Stream("acoustic", 0, coarse_levels),),
        target=Stream("acoustic", coarse_levels, fine_levels),
        crop_seconds=crop_seconds,
    )


SEMANTIC = semantic()
COARSE = coarse()
FINE = fine()

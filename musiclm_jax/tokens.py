"""The one id space that every token transformer reads and writes.

MusicLM, section 3. Each kind of code (MuLan, semantic, acoustic) keeps an id range of
its own for each quantizer level (AudioLM, section III-B):

    id = offset(kind, level) + code

Behind all of them stands one more id, `null_id`, which takes the place of conditioning
that is left out (docs/deviations.md).
"""

import dataclasses
import math
from typing import TypeVar

import jax
import numpy as np

ArrayT = TypeVar("ArrayT", np.ndarray, jax.Array)

# A table of ids has a multiple of this many rows: shares of a mesh divide it evenly.
_ROW_MULTIPLE = 128


@dataclasses.dataclass(frozen=True)
class TokenSpec:
    """One kind of code.

    Attributes:
        name: the key of its codes in a batch.
        codebook_size: codes a level.
        num_quantizers: levels a frame.
        frame_rate: frames a second, in Hz; zero where one frame stands for the whole
            sequence.
    """

    name: str
    codebook_size: int
    num_quantizers: int
    frame_rate: float

    def num_frames(self, seconds: float) -> int:
        """Frames that cover `seconds`, at least one."""
        return max(1, round(seconds * self.frame_rate))


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """All kinds of code, one behind the other, in one id space.

    Attributes:
        specs: the kinds, in the order of their ids.
    """

    specs: tuple[TokenSpec, ...]

    def __post_init__(self):
        names = [spec.name for spec in self.specs]
        if len(set(names)) != len(names):
            raise ValueError(f"token kinds must have names of their own, not {names}")

    def spec(self, name: str) -> TokenSpec:
        """Returns the kind called `name`.

        Raises:
            ValueError: there is none.
        """
        for spec in self.specs:
            if spec.name == name:
                return spec
        names = ", ".join(spec.name for spec in self.specs)
        raise ValueError(f"no token kind {name!r}: there are {names}")

    def offset(self, name: str, level: int = 0) -> int:
        """Id of code zero of a level."""
        spec = self.spec(name)
        if not 0 <= level < spec.num_quantizers:
            raise ValueError(
                f"{name} has levels 0 to {spec.num_quantizers - 1}, not {level}"
            )
        before = self.specs[: self.specs.index(spec)]
        start = sum(other.codebook_size * other.num_quantizers for other in before)
        return start + level * spec.codebook_size

    @property
    def null_id(self) -> int:
        """The id that stands where conditioning was left out."""
        return sum(spec.codebook_size * spec.num_quantizers for spec in self.specs)

    @property
    def size(self) -> int:
        """Number of ids."""
        return self.null_id + 1

    @property
    def num_rows(self) -> int:
        """Rows of a table of ids; those behind the last id are never read."""
        return _ROW_MULTIPLE * math.ceil(self.size / _ROW_MULTIPLE)

    def tokens(self, name: str, codes: ArrayT, *, first_level: int = 0) -> ArrayT:
        """Flattens codes frame by frame, coarse to fine inside a frame, into ids.

        Args:
            name: the kind.
            codes: [batch, time, level], the levels from `first_level` on.
            first_level: level of the first column.

        Returns:
            [batch, time * level] ids, for example for two frames of three levels
            `[a0 a1 a2 b0 b1 b2]`.
        """
        batch, time, level = codes.shape
        offsets = self._offsets(name, first_level, level).astype(codes.dtype)
        return (codes + offsets[None, None, :]).reshape(batch, time * level)

    def codes(
        self, name: str, tokens: ArrayT, *, first_level: int = 0, num_levels: int
    ) -> ArrayT:
        """The inverse of `tokens`: [batch, time * level] -> [batch, time, level]."""
        codes = tokens.reshape(tokens.shape[0], -1, num_levels)
        offsets = self._offsets(name, first_level, num_levels).astype(codes.dtype)
        return codes - offsets[None, None, :]

    def _offsets(self, name: str, first_level: int, num_levels: int) -> np.ndarray:
        levels = range(first_level, first_level + num_levels)
        return np.array([self.offset(name, level) for level in levels], np.int32)


def music_vocabulary(
    *,
    mulan: TokenSpec = TokenSpec("mulan", 1024, 12, 0.0),
    semantic: TokenSpec = TokenSpec("semantic", 1024, 1, 25.0),
    acoustic: TokenSpec = TokenSpec("acoustic", 1024, 12, 50.0),
    melody: TokenSpec | None = None,
) -> Vocabulary:
    """The vocabulary of MusicLM; the defaults are the paper's (section 3.1).

    Melody stands last, so that the ids of the others are the same without it.
    """
    specs = (mulan, semantic, acoustic)
    return Vocabulary(specs=specs if melody is None else (*specs, melody))

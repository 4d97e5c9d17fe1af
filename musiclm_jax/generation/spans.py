"""What is asked for at which time of a piece."""

import bisect
import dataclasses
import math

import jax

# Of times, in seconds, and of frames.
_ROUNDING = 1e-6


@dataclasses.dataclass(frozen=True)
class Span:
    """A stretch of a piece with MuLan codes of its own.

    Attributes:
        start: in seconds; it lasts until the next one, or to the end.
        codes: "mulan" [batch, 1, level], without which nothing is asked for, and
            perhaps "against", likewise, what guidance goes away from.
    """

    start: float
    codes: dict[str, jax.Array]


@dataclasses.dataclass(frozen=True)
class Spans:
    """The spans of a piece, in their order.

    Attributes:
        spans: at least one, the first from the beginning on.

    Raises:
        ValueError: they do not begin at zero, or not one behind the other.
    """

    spans: tuple[Span, ...]

    def __post_init__(self):
        starts = [span.start for span in self.spans]
        if not starts or starts[0] != 0 or sorted(set(starts)) != starts:
            raise ValueError(
                f"spans must begin at 0 and then one behind the other, not at {starts}"
            )

    def at(self, seconds: float) -> dict[str, jax.Array]:
        """Returns what is asked for at a moment."""
        starts = [span.start for span in self.spans]
        # What begins now is asked for already.
        return self.spans[bisect.bisect_right(starts, seconds + _ROUNDING) - 1].codes

    def breaks(self, rate: float, *, multiple: int = 1) -> list[int]:
        """Returns the first frame of each span but the first, not before it begins.

        Args:
            rate: of the frames, Hz.
            multiple: they are rounded up to multiples of so many frames.
        """
        return [
            math.ceil(span.start * rate / multiple - _ROUNDING) * multiple
            for span in self.spans[1:]
        ]


def one(codes: dict[str, jax.Array]) -> Spans:
    """Returns what is the same from beginning to end."""
    return Spans((Span(0.0, codes),))

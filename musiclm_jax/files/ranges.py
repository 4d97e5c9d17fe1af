"""Which numbers can be asked for; loads no JAX."""

import dataclasses
import numbers
import sys
from typing import Any, ClassVar

# Letters of a wrong value that an error quotes.
_SHOWN = 60


@dataclasses.dataclass(frozen=True, kw_only=True)
class Range:
    """The numbers that a setting can be; never a NaN or an infinity.

    Attributes:
        kind: `int`, or `float` for any number.
        low: the least.
        high: the largest.
        above_low: whether `low` itself is left out.
        below_high: whether `high` itself is left out.
        several: whether a tuple of such numbers may stand for one.
    """

    kind: type
    low: float
    high: float = sys.float_info.max
    above_low: bool = False
    below_high: bool = False
    several: bool = False

    def check(self, name: str, value: Any) -> None:
        """Raises ValueError, which names the setting, for any other value."""
        if self.several and isinstance(value, tuple) and value:
            for one in value:
                dataclasses.replace(self, several=False).check(f"one of {name}", one)
            return
        kind = numbers.Integral if self.kind is int else numbers.Real
        is_number = isinstance(value, kind) and not isinstance(value, bool)
        if (
            is_number
            and (self.low < value if self.above_low else self.low <= value)
            and (value < self.high if self.below_high else value <= self.high)
        ):
            return
        raise _wrong(name, value, self)

    def __str__(self) -> str:
        if self.several:
            one = dataclasses.replace(self, several=False)
            return f"{one}, or several such numbers"
        kind = "a whole number" if self.kind is int else "a number"
        low = f"above {self.low:,}" if self.above_low else f"from {self.low:,}"
        if self.high == sys.float_info.max:
            return f"{kind} {low}" if self.above_low else f"{kind} {low} on"
        to = (
            "and at most" if self.above_low else "to below" if self.below_high else "to"
        )
        return f"{kind} {low} {to} {self.high:,}"


@dataclasses.dataclass(frozen=True)
class OneOf:
    """The few whole numbers that a setting can be.

    Attributes:
        values: at least two.
    """

    # No tuple of them may stand for one.
    several: ClassVar[bool] = False

    values: tuple[int, ...]

    def check(self, name: str, value: Any) -> None:
        """Raises ValueError, which names the setting, for any other value."""
        is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
        if not is_whole or value not in self.values:
            raise _wrong(name, value, self)

    def __str__(self) -> str:
        *first, last = map(str, self.values)
        return f"{', '.join(first)} or {last}"


def _wrong(name: str, value: Any, can_be: Range | OneOf) -> ValueError:
    shown = repr(value) if isinstance(value, str) else str(value)
    return ValueError(f"{name} is {shown[:_SHOWN]}; it must be {can_be}")

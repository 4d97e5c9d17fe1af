"""Compiles a program for a slice of chips, and adds up what it needs."""

import dataclasses
import time

import jax
from jax.stages import Traced

from musiclm_jax.parallel.arithmetic import count_flops
from musiclm_jax.programs.chips import Chip
from musiclm_jax.programs.collectives import Traffic, traffic

# Share of a chip's memory that must stay free: what runs beside the program (the next
# batch, the last step's metrics, fragmentation) is in no compiler's count.
SPARE_SHARE = 0.1


class TooLarge(ValueError):
    """The compiler found no way to fit a program into the chips' memory."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Account:
    """What one call of a program needs.

    Attributes:
        chip: that it was compiled for.
        num_chips: of the slice.
        argument_bytes: of each chip's memory, what the program is given.
        temporary_bytes: likewise, what it needs while it runs.
        peak_bytes: likewise, all that it needs at once.
        flops: of the whole call, matrix products and convolutions.
        collectives: kind -> traffic.
        compile_seconds: what the compiler took.
    """

    chip: Chip
    num_chips: int
    argument_bytes: int
    temporary_bytes: int
    peak_bytes: int
    flops: int
    collectives: dict[str, Traffic]
    compile_seconds: float

    @property
    def fits(self) -> bool:
        """Whether it leaves the share of memory free that it must."""
        return self.peak_bytes <= (1 - SPARE_SHARE) * self.chip.memory

    @property
    def flops_per_chip(self) -> float:
        """Of one chip, if all share alike."""
        return self.flops / self.num_chips

    @property
    def sent_bytes(self) -> int:
        """What each chip sends to others."""
        return sum(kind.bytes_sent for kind in self.collectives.values())

    @property
    def least_seconds(self) -> float:
        """Of a call at the chip's peak: no program reaches it."""
        return self.flops_per_chip / self.chip.flops

    @property
    def least_sending_seconds(self) -> float:
        """Of a call's collectives, were all links of a chip busy all the time."""
        return self.sent_bytes / self.chip.link_bytes


def account(traced: Traced, *, chip: Chip, num_chips: int) -> Account:
    """Compiles and adds up.

    Args:
        traced: `jax.jit(...).trace(...)` of arguments whose shardings name the chips.
        chip: of the slice.
        num_chips: likewise.

    Raises:
        TooLarge: it needs more memory than the chips have, by the compiler's word.
    """
    flops = count_flops(traced.jaxpr)
    started = time.perf_counter()
    try:
        compiled = traced.lower().compile()
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        reason = str(error).strip().splitlines()[0].partition(": ")[2]
        raise TooLarge(reason.rstrip(".")) from error
    seconds = time.perf_counter() - started
    memory = compiled.memory_analysis()
    # Arguments that are donated become results in place.
    results = memory.output_size_in_bytes - memory.alias_size_in_bytes
    needed = memory.argument_size_in_bytes + memory.temp_size_in_bytes + results
    return Account(
        chip=chip,
        num_chips=num_chips,
        argument_bytes=memory.argument_size_in_bytes,
        temporary_bytes=memory.temp_size_in_bytes,
        peak_bytes=needed + memory.generated_code_size_in_bytes,
        flops=flops,
        collectives=traffic(compiled.as_text()),
        compile_seconds=seconds,
    )

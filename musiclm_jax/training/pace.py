"""How much arithmetic a training does a second, and what share of the devices' peak.

The arithmetic is that of the step as it is written: what is computed again for the
gradient (`layers/remat.py`) counts again. Where nothing is, the share is the model
FLOPs utilization (MFU) of PaLM (2204.02311), appendix B, else their hardware FLOPs
utilization.
"""

import dataclasses
from typing import Any

from jax.sharding import Mesh

from musiclm_jax.parallel import peaks
from musiclm_jax.parallel.arithmetic import count_flops


@dataclasses.dataclass(frozen=True)
class Pace:
    """What a step takes, and what the devices could do.

    Attributes:
        flops: multiplications and additions of a step, on all devices together.
        peak: of all devices together, a second; None where it is not known.
    """

    flops: int
    peak: float | None

    def metrics(self, steps_per_second: float) -> dict[str, float]:
        """Returns what is recorded of a speed."""
        rate = self.flops * steps_per_second
        share = {} if self.peak is None else {"time/share_of_peak": rate / self.peak}
        return {
            "time/steps_per_second": steps_per_second,
            "time/tflops_per_second": rate / 1e12,
            **share,
        }


def of_step(train_step: Any, *given: Any, mesh: Mesh) -> Pace:
    """Counts the arithmetic of a step.

    Args:
        train_step: what `jax.jit` gave; what is traced here is kept.
        *given: its arguments.
        mesh: that they lie on.
    """
    return Pace(count_flops(train_step.trace(*given).jaxpr), peaks.of_mesh(mesh))

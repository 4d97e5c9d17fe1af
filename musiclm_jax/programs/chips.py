"""TPU chips and slices, as names that a compiler understands without having one.

Memory and speed are of Google's pages on TPU versions (cloud.google.com/tpu/docs).
"""

import dataclasses
import importlib.util
import os
import re
from collections.abc import Sequence

import jax
from jax.experimental import topologies

from musiclm_jax.parallel import peaks

_GIB = 2**30

# Without a TPU there is no server that could be asked about one, and the compiler would
# complain of each answer that it misses. The slice is named with each topology.
_NO_TPU_HERE = {
    "TPU_SKIP_MDS_QUERY": "1",
    "TPU_ACCELERATOR_TYPE": "v5litepod-16",
    "TPU_WORKER_HOSTNAMES": "localhost",
}


@dataclasses.dataclass(frozen=True)
class Chip:
    """One generation of TPU.

    Attributes:
        name: as topologies begin.
        memory: bytes of high-bandwidth memory.
        flops: multiplications and additions a second in bfloat16, at its peak.
        link_bytes: what it sends to its neighbours a second, over all links together.
        num_dimensions: of a slice of such chips.
        mode: the compiler's word for how a chip's cores are joined to one device.
    """

    name: str
    memory: int
    flops: float
    link_bytes: float
    num_dimensions: int
    mode: str


CHIPS = {
    chip.name: chip
    for chip in (
        Chip("v4", 32 * _GIB, peaks.FLOPS["TPU v4"], 300e9, 3, "megacore"),
        Chip("v5e", 16 * _GIB, peaks.FLOPS["TPU v5 lite"], 200e9, 2, "default"),
        Chip("v5p", 95 * _GIB, peaks.FLOPS["TPU v5"], 600e9, 3, "megacore"),
        Chip("v6e", 32 * _GIB, peaks.FLOPS["TPU v6 lite"], 400e9, 2, "default"),
    )
}


def chip_of(topology: str) -> Chip:
    """Returns the chip of a topology such as "v5e:16x16".

    Raises:
        ValueError: no such chip, or a slice of another number of dimensions.
    """
    name, _, slice_shape = topology.partition(":")
    if name not in CHIPS:
        raise ValueError(
            f"topology {topology} is of no chip that is known: give one of "
            f"{', '.join(CHIPS)} and a slice, as v5e:16x16"
        )
    chip = CHIPS[name]
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)*", slice_shape) or (
        slice_shape.count("x") + 1 != chip.num_dimensions
    ):
        example = "x".join(["4"] * chip.num_dimensions)
        raise ValueError(
            f"topology {topology}: a slice of {name} has {chip.num_dimensions} "
            f"dimensions, as {name}:{example}"
        )
    return chip


def devices(topology: str) -> Sequence[jax.Device]:
    """Describes the devices of a slice, none of which needs to be there.

    Args:
        topology: chip and slice, as "v5e:16x16".

    Raises:
        ValueError: libtpu, the compiler, is not installed, or knows no such slice.
    """
    chip = chip_of(topology)
    if importlib.util.find_spec("libtpu") is None:
        raise ValueError(
            "the TPU compiler (libtpu) is not installed: "
            'pip install "musiclm_jax[tpu]" has it, and no TPU is needed'
        )
    for name, value in _NO_TPU_HERE.items():
        os.environ.setdefault(name, value)
    try:
        return topologies.get_topology_desc(
            platform="tpu", topology_name=topology, chip_config_name=chip.mode
        ).devices
    except jax.errors.JaxRuntimeError as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"there is no topology {topology}: {reason}") from error

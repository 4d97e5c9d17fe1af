"""What a device computes at its peak, by the name that JAX has for its kind.

Of Google's pages on TPU versions (cloud.google.com/tpu/docs) and of NVIDIA's data
sheets, there without sparsity.
"""

from jax.sharding import Mesh

FLOPS = {
    "TPU v4": 275e12,
    "TPU v5 lite": 197e12,
    "TPU v5": 459e12,
    "TPU v6 lite": 918e12,
    "NVIDIA A100-SXM4-40GB": 312e12,
    "NVIDIA A100-SXM4-80GB": 312e12,
    "NVIDIA H100 80GB HBM3": 989e12,
    "NVIDIA H200": 989e12,
}
"""Multiplications and additions a second in bfloat16."""


def of_mesh(mesh: Mesh) -> float | None:
    """Returns the peak of all devices together, or None where it is not known."""
    peaks = [FLOPS.get(device.device_kind) for device in mesh.devices.flat]
    return None if None in peaks else sum(peaks)

"""Arithmetic of a program, counted from the shapes of its products.

The compiler's own count sees the body of a scan once, however often it runs.
"""

import math
from typing import Any

from jax.extend import core


def count_flops(jaxpr: Any) -> int:
    """Counts multiplications and additions of matrix products and convolutions.

    All else (norms, softmax, transforms) is left out: it takes time, but hardly
    arithmetic. Of a branch the dearest way counts; of a loop without a known end one
    turn. What is written twice counts twice, though the compiler may merge it.

    Args:
        jaxpr: a `ClosedJaxpr` or `Jaxpr`, of `jax.make_jaxpr` or `.trace`.
    """
    return sum(_count(equation) for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns)


def _count(equation: Any) -> int:
    name, params = equation.primitive.name, equation.params
    if name == "dot_general":
        (contracted, _), _ = params["dimension_numbers"]
        depth = math.prod(equation.invars[0].aval.shape[axis] for axis in contracted)
        return 2 * equation.outvars[0].aval.size * depth
    if name == "conv_general_dilated":
        kernel = equation.invars[1].aval.shape
        numbers = params["dimension_numbers"]
        out_channels = kernel[numbers.rhs_spec[0]]
        # Inputs that were spread out by zeros are multiplied only where they are.
        spread = math.prod(params["lhs_dilation"])
        depth = math.prod(kernel) // out_channels
        return 2 * equation.outvars[0].aval.size * depth // spread
    if name == "cond":
        return max(count_flops(branch) for branch in params["branches"])
    turns = params["length"] if name == "scan" else 1
    if name == "shard_map":  # written for one device, and all do it
        turns = params["mesh"].size
    return turns * sum(count_flops(inner) for inner in core.jaxprs_in_params(params))

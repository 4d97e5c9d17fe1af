import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AbstractMesh, AxisType, PartitionSpec

from musiclm_jax.parallel.arithmetic import count_flops


def count(function, *shapes):
    arrays = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    return count_flops(jax.make_jaxpr(function)(*arrays))


def test_a_product_counts_twice_its_volume():
    assert count(jnp.matmul, (3, 5), (5, 7)) == 2 * 3 * 5 * 7
    assert count(jnp.matmul, (4, 3, 5), (4, 5, 7)) == 2 * 4 * 3 * 5 * 7


def test_the_gradient_of_a_product_is_two_more():
    def loss(w, x):
        return jnp.sum(jnp.tanh(x @ w))

    assert count(jax.grad(loss, argnums=(0, 1)), (5, 7), (3, 5)) == 3 * 2 * 3 * 5 * 7


def test_a_scan_counts_every_turn():
    def run(w, x):
        return jax.lax.scan(lambda x, w: (x @ w, None), x, w)[0]

    assert count(run, (6, 5, 5), (3, 5)) == 6 * 2 * 3 * 5 * 5
    # What is forgotten is computed once more.
    forgetful = jax.checkpoint(lambda x, w: (jnp.tanh(x @ w) @ w, None))
    loss = jax.grad(lambda w, x: jax.lax.scan(forgetful, x, w)[0].sum())
    assert count(loss, (6, 5, 5), (3, 5)) > 6 * 6 * 2 * 3 * 5 * 5


def test_what_each_device_does_counts_for_all_devices():
    axes = (AxisType.Auto, AxisType.Auto)
    mesh = AbstractMesh((4, 2), ("data", "model"), axis_types=axes)
    rows = PartitionSpec("data")

    def run(x, w):
        return jax.shard_map(
            jnp.matmul, mesh=mesh, in_specs=(rows, PartitionSpec()), out_specs=rows
        )(x, w)

    # A quarter of the rows each, on either device along the axis `model`.
    assert count(run, (8, 5), (5, 7)) == 8 * (2 * 2 * 5 * 7)


def test_of_branches_the_dearest_counts():
    def run(x, w):
        return jax.lax.cond(x[0, 0] > 0, lambda: x @ w @ w, lambda: x @ w)

    assert count(run, (5, 5), (5, 5)) == 2 * 2 * 5**3


@pytest.mark.parametrize(("stride", "groups"), [(1, 1), (2, 1), (1, 2)])
def test_convolutions_by_hand(stride, groups):
    def run(x, kernel):
        return jax.lax.conv_general_dilated(
            x,
            kernel,
            (stride,),
            "VALID",
            dimension_numbers=("NTC", "TIO", "NTC"),
            feature_group_count=groups,
        )

    x, kernel = (2, 20, 4), (5, 4 // groups, 6)
    flops = 0
    for _ in np.arange(0, 20 - 5 + 1, stride):
        flops += 2 * 2 * 6 * 5 * 4 // groups  # batch 2, each output 5 * 4 products
    assert count(run, x, kernel) == flops
    # Both gradients together are about two more: all but the spread-out zeros.
    both = count(lambda x, k: jax.vjp(run, x, k)[1](run(x, k)), x, kernel)
    assert 2.5 * flops < both < 5 * flops

import dataclasses

import jax
import jax.numpy as jnp
import pytest

from musiclm_jax.programs import account as account_lib
from musiclm_jax.programs import chips

CHIP = chips.CHIPS["v5e"]


def test_a_product_by_hand():
    shape = jax.ShapeDtypeStruct((256, 256), jnp.float32)
    traced = jax.jit(lambda x, y: jnp.tanh(x @ y) @ y).trace(shape, shape)
    found = account_lib.account(traced, chip=CHIP, num_chips=4)
    assert found.argument_bytes == 2 * 256 * 256 * 4
    assert found.peak_bytes >= 3 * 256 * 256 * 4
    assert found.flops == 2 * 2 * 256**3
    assert found.flops_per_chip == 256**3
    assert found.least_seconds == pytest.approx(256**3 / 197e12)
    assert found.collectives == {} and found.sent_bytes == 0
    assert found.fits and found.compile_seconds > 0


def test_donated_arguments_count_once():
    shape = jax.ShapeDtypeStruct((1024, 256), jnp.float32)

    def peak(**options):
        traced = jax.jit(lambda x: 2 * x, **options).trace(shape)
        return account_lib.account(traced, chip=CHIP, num_chips=1).peak_bytes

    assert peak() - peak(donate_argnums=0) == 1024 * 256 * 4


def test_a_tenth_stays_free():
    shape = jax.ShapeDtypeStruct((8,), jnp.float32)
    found = account_lib.account(
        jax.jit(lambda x: x + 1).trace(shape), chip=CHIP, num_chips=1
    )
    for share, fits in ((0.9, True), (0.91, False)):
        needed = dataclasses.replace(found, peak_bytes=int(share * CHIP.memory))
        assert needed.fits == fits


def test_what_the_compiler_says_of_memory_is_kept():
    class Lowered:
        def compile(self):
            raise jax.errors.JaxRuntimeError(
                "RESOURCE_EXHAUSTED: Ran out of memory on HBM, 54G of 31G.\nmore"
            )

    class Traced:
        jaxpr = jax.make_jaxpr(lambda: 1)()

        def lower(self):
            return Lowered()

    with pytest.raises(account_lib.TooLarge, match=r"^Ran out of memory .* 31G$"):
        account_lib.account(Traced(), chip=CHIP, num_chips=1)

import jax
import jax.numpy as jnp
import pytest

from musiclm_jax.parallel import peaks, sharding
from musiclm_jax.training import pace

KIND = jax.devices()[0].device_kind


@pytest.fixture
def step():
    """Two products of [8, 16] by [16, 4], in a loop of three."""

    def step(x, w):
        first = jnp.zeros((8, 4))
        return jax.lax.fori_loop(0, 3, lambda _, y: y + (x @ w) * (x @ (2 * w)), first)

    return jax.jit(step), jnp.ones((8, 16)), jnp.ones((16, 4))


@pytest.mark.parametrize("num_devices", [1, 4])
def test_share_of_the_peak_of_all_devices(step, monkeypatch, num_devices):
    monkeypatch.setitem(peaks.FLOPS, KIND, 1e6)
    mesh = sharding.make_mesh(devices=jax.devices()[:num_devices])
    flops = 3 * 2 * (2 * 8 * 16 * 4)
    found = pace.of_step(*step, mesh=mesh)
    assert found == pace.Pace(flops, 1e6 * num_devices)
    assert found.metrics(5.0) == {
        "time/steps_per_second": 5.0,
        "time/tflops_per_second": 5 * flops / 1e12,
        "time/share_of_peak": pytest.approx(5 * flops / (1e6 * num_devices)),
    }


def test_no_share_where_the_peak_is_not_known(step):
    mesh = sharding.make_mesh(devices=jax.devices()[:1])
    found = pace.of_step(*step, mesh=mesh)
    assert found.peak is None
    assert set(found.metrics(1.0)) == {
        "time/steps_per_second",
        "time/tflops_per_second",
    }

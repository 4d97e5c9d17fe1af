import jax
import numpy as np
import pytest

from musiclm_jax.training import schedules


def test_constant_after_a_straight_line():
    schedule = schedules.warmup_constant(peak_lr=0.4, warmup_steps=4)
    got = [float(schedule(step)) for step in range(6)]
    np.testing.assert_allclose(got, [0.1, 0.2, 0.3, 0.4, 0.4, 0.4], rtol=1e-6)


def test_rsqrt_after_a_straight_line():
    schedule = schedules.warmup_rsqrt(peak_lr=0.4, warmup_steps=4)
    got = [float(schedule(step)) for step in (0, 3, 15, 63)]
    # At 4, 16 and 64 times: one, half and a quarter of the peak.
    np.testing.assert_allclose(got, [0.1, 0.4, 0.2, 0.1], rtol=1e-6)


def test_rsqrt_is_t5x_scaled_to_its_peak():
    warmup = 50
    schedule = schedules.warmup_rsqrt(peak_lr=2.0, warmup_steps=warmup)
    base = 2.0 * np.sqrt(warmup)
    for step in range(1, 300, 17):
        t5x = base * min(1.0, step / warmup) / np.sqrt(max(step, warmup))
        np.testing.assert_allclose(float(schedule(step - 1)), t5x, rtol=1e-5)


@pytest.mark.parametrize("make", [schedules.warmup_constant, schedules.warmup_rsqrt])
def test_counts_of_an_optimizer_and_no_warmup(make):
    schedule = make(peak_lr=0.3, warmup_steps=0)
    first = jax.jit(schedule)(np.int32(0))
    assert first.dtype == np.float32
    np.testing.assert_allclose(first, 0.3, rtol=1e-6)


@pytest.mark.parametrize("make", [schedules.warmup_constant, schedules.warmup_rsqrt])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"peak_lr": 0.0, "warmup_steps": 1},
            "peak_lr is 0.0; it must be a number above",
        ),
        ({"peak_lr": float("nan"), "warmup_steps": 1}, "peak_lr is nan; it must be"),
        (
            {"peak_lr": 0.1, "warmup_steps": -1},
            "warmup_steps is -1; it must be a whole",
        ),
    ],
)
def test_bad_values_are_named(make, settings, message):
    with pytest.raises(ValueError, match=message):
        make(**settings)

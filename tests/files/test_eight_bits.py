import numpy as np
import pytest

from musiclm_jax.files import eight_bits


@pytest.mark.parametrize("shape", [(5, 40), (3, 4, 6), (1, 1), (2, 0)])
def test_no_number_is_off_by_more_than_half_a_scale(rng, shape):
    value = rng.standard_normal(shape).astype(np.float32)
    value *= 10.0 ** np.arange(shape[0]).reshape(-1, *(1,) * (value.ndim - 1))
    levels, scale = eight_bits.pack(value)
    assert levels.dtype == np.int8 and levels.shape == shape
    error = np.abs(eight_bits.unpack(levels, scale) - value)
    largest = np.abs(value).reshape(shape[0], -1).max(axis=1, initial=0.0)
    bound = largest.reshape(-1, *(1,) * (value.ndim - 1)) / 254
    assert (error <= bound * (1 + 1e-5)).all()


def test_the_largest_of_a_row_and_its_zeros_stay():
    value = np.array([[0.0, 3.0, -1.0], [0.0, 0.0, 0.0]], np.float32)
    restored = eight_bits.unpack(*eight_bits.pack(value))
    np.testing.assert_allclose(restored[:, :2], value[:, :2], rtol=1e-6)
    assert restored[1, 2] == 0


def test_what_was_in_eight_bits_stays_as_it_is(rng):
    value = rng.standard_normal((50, 30)).astype(np.float32)
    levels, scale = eight_bits.pack(value)
    again, _ = eight_bits.pack(eight_bits.unpack(levels, scale))
    np.testing.assert_array_equal(again, levels)


@pytest.mark.parametrize(
    ("levels", "scale"),
    [
        (np.zeros((2, 3), np.int8), np.zeros(3, np.float32)),
        (np.zeros((2, 3), np.int8), np.zeros(2, np.float16)),
        (np.zeros((2, 3), np.int8), np.zeros((), np.float32)),
        (np.zeros((2, 3), np.float32), np.zeros(2, np.float32)),
        (np.zeros(2, np.int8), np.zeros(2, np.float32)),
    ],
)
def test_scales_of_something_else_are_refused(levels, scale):
    with pytest.raises(ValueError, match="do not go with scales"):
        eight_bits.unpack(levels, scale)

"""Likeness: copies meet, strangers do not, whatever the order and number."""

import numpy as np
import pytest

from musiclm_jax.data.intake.likeness import MAX_DISTANCE, alike, distance


def fingerprint(bits) -> str:
    return np.packbits(bits).tobytes().hex()


def disturb(rng, bits, share):
    return bits ^ (rng.uniform(size=bits.shape) < share)


@pytest.fixture
def bits(rng):
    """[recording, row, bit] of strangers."""
    return rng.integers(0, 2, (300, 40, 16)).astype(bool)


def test_distance_is_the_share_of_bits_at_the_best_shift(bits):
    one, other = bits[0], bits[0].copy()
    other[10:20, 3] ^= True
    assert distance(fingerprint(one), fingerprint(other)) == 10 / 640
    for shift in (1, 2):
        expected = 10 / (640 - 16 * shift)
        late = np.concatenate([bits[1, :shift], other])[:40]
        assert distance(fingerprint(one), fingerprint(late)) == pytest.approx(expected)
        assert distance(fingerprint(late), fingerprint(one)) == pytest.approx(expected)
    assert distance(fingerprint(one), fingerprint(bits[1])) > 0.4


def test_lengths_may_differ(bits):
    assert distance(fingerprint(bits[0]), fingerprint(bits[0, :25])) == 0


@pytest.mark.parametrize("share", [0.0, 0.05, 0.08])
@pytest.mark.parametrize("num_rows", [14, 40])
def test_copies_are_found_among_strangers(rng, bits, share, num_rows):
    copies = [disturb(rng, one, share)[:num_rows] for one in bits[:50]]
    prints = [fingerprint(one[:num_rows]) for one in [*bits, *copies]]
    pairs = {tuple(pair) for pair in alike(prints).tolist()}
    found = {(index, 300 + index) for index in range(50)} & pairs
    assert len(found) >= (50 if share < 0.08 else 45)
    for first, second in pairs - found:  # by chance, if at all
        assert distance(prints[first], prints[second]) <= MAX_DISTANCE
        assert num_rows == 14


def test_short_ones_must_be_more_alike(bits):
    other = bits[0].copy()
    other[:, :2] ^= np.arange(40)[:, None] % 5 > 0
    other[:, 2] ^= np.arange(40) % 5 > 0
    for num_rows, pairs in ((40, [[0, 1]]), (15, [])):
        one, two = (fingerprint(each[:num_rows]) for each in (bits[0], other))
        assert distance(one, two) == pytest.approx(0.15)
        assert alike([one, two]).tolist() == pairs


def test_copies_that_start_later(bits):
    late = [np.roll(one, 2, axis=0) for one in bits[:20]]
    late += [np.roll(one, -1, axis=0) for one in bits[:20]]
    pairs = alike([fingerprint(one) for one in [*bits[:100], *late]]).tolist()
    for index in range(20):
        assert [index, 100 + index] in pairs
        assert [index, 120 + index] in pairs


def test_many_copies_of_one_all_meet_the_first(bits):
    prints = [fingerprint(bits[0])] * 200
    pairs = alike(prints)
    assert len(pairs) < 200 * 10  # not all with all
    first = pairs[pairs[:, 0] == 0][:, 1]
    assert first.tolist() == list(range(1, 200))


@pytest.mark.parametrize("number", [0, 1])
def test_few(bits, number):
    assert alike([fingerprint(one) for one in bits[:number]]).shape == (0, 2)

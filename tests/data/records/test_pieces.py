"""In = written + left out, for clips of any length."""

import pytest

from musiclm_jax.data.records.pieces import Account, account_of, cut

RATE = 10


@pytest.mark.parametrize(
    ("num_samples", "pieces"),
    [
        (0, []),
        (9, []),
        (10, [(0, 10)]),
        (29, [(0, 20)]),
        (30, [(0, 30)]),
        (31, [(0, 30), (21, 31)]),
        (60, [(0, 30), (30, 60)]),
        (75, [(0, 30), (30, 60), (55, 75)]),
        (89, [(0, 30), (30, 60), (59, 89)]),
    ],
)
def test_pieces_of_three_seconds(num_samples, pieces):
    assert cut(num_samples, RATE, 3) == pieces


def test_nothing_is_lost_without_being_told():
    total = Account()
    for num_samples in range(200):
        pieces = cut(num_samples, RATE, 4)
        account = account_of(num_samples, pieces, RATE)
        covered = {s for start, end in pieces for s in range(start, end)}
        assert account.seconds == len(covered) / RATE
        assert all((end - start) % RATE == 0 for start, end in pieces)
        assert all(RATE <= end - start <= 4 * RATE for start, end in pieces)
        left = account.short_seconds + account.end_seconds
        assert account.seconds + left == pytest.approx(num_samples / RATE)
        assert left < 1.0
        assert account.short_clips == (num_samples < RATE)
        total += account
    assert total.clips == 200
    assert total.short_clips == 10
    seconds = total.seconds + total.short_seconds + total.end_seconds
    assert seconds == pytest.approx(sum(range(200)) / RATE)

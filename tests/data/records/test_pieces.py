"""In = written + left out, for clips of any length; and what fills a last second."""

import numpy as np
import pytest

from musiclm_jax.data.records.pieces import Account, account_of, cut

RATE = 100


def pieces_of(num_samples, piece_seconds=3, frame_rate=10):
    audio = np.arange(num_samples, dtype=np.int16)
    return cut(audio, RATE, clip=7, piece_seconds=piece_seconds, frame_rate=frame_rate)


@pytest.mark.parametrize(
    ("num_samples", "pieces"),
    [
        (0, []),
        (99, []),
        (100, [(0, 1.0)]),
        (101, [(0, 1.1)]),  # a frame that the sound begins
        (270, [(0, 2.7)]),
        (289, [(0, 2.9)]),
        (290, [(0, 3.0)]),  # little is lacking
        (300, [(0, 3.0)]),
        (301, [(0, 3.0), (1, 3.0)]),
        (600, [(0, 3.0), (300, 3.0)]),
        (750, [(0, 3.0), (300, 3.0), (450, 3.0)]),
    ],
)
def test_pieces_of_three_seconds(num_samples, pieces):
    found = pieces_of(num_samples)
    assert [(piece.start, piece.seconds) for piece in found] == pieces
    assert all(piece.clip == 7 for piece in found)


def test_a_last_second_is_filled_with_the_sound_before_it():
    (piece,) = pieces_of(275)
    np.testing.assert_array_equal(piece.audio[:275], np.arange(275))
    np.testing.assert_array_equal(piece.audio[275:], np.arange(273, 248, -1))


def test_nothing_is_lost_without_being_told():
    total = Account()
    for num_samples in range(900):
        pieces = pieces_of(num_samples, piece_seconds=4)
        covered = {
            sample
            for piece in pieces
            for sample in piece.audio.tolist()
            if sample >= piece.start
        }
        account = account_of(num_samples, len(pieces), RATE)
        assert account.seconds == len(covered) / RATE
        for piece in pieces:
            assert len(piece.audio) in range(RATE, 4 * RATE + 1, RATE)
            assert piece.seconds <= len(piece.audio) / RATE
            assert piece.seconds - min(num_samples / RATE, 4) < 0.1 + 1e-9
        assert account.seconds + account.short_seconds == num_samples / RATE
        assert account.short_clips == (num_samples < RATE)
        total += account
    assert total.clips == 900
    assert total.short_clips == 100
    seconds = total.seconds + total.short_seconds
    assert seconds == pytest.approx(sum(range(900)) / RATE)

import numpy as np

from musiclm_jax.evaluation import memorised


def longest_by_hand(piece, clips):
    """Tries every run as text."""
    words = ["," + ",".join(map(str, clip)) + "," for clip in clips]
    best = 0
    for start in range(len(piece)):
        for end in range(start + 1, len(piece) + 1):
            run = "," + ",".join(map(str, piece[start:end])) + ","
            if any(run in word for word in words):
                best = max(best, end - start)
    return best


def test_runs_are_those_found_by_hand(rng):
    clips = rng.integers(0, 3, (4, 25))
    pieces = rng.integers(0, 3, (5, 18))
    found = memorised.longest_runs(pieces, clips)
    assert found.tolist() == [longest_by_hand(piece, clips) for piece in pieces]


def test_a_stolen_passage_is_found_and_does_not_go_on_into_the_next_clip(rng):
    clips = rng.integers(0, 500, (6, 250))
    pieces = rng.integers(500, 900, (2, 250))
    pieces[1, 40:110] = clips[3, 100:170]
    assert memorised.longest_runs(pieces, clips).tolist() == [0, 70]
    across = np.concatenate([clips[0, -30:], clips[1, :20]])[None]
    assert memorised.longest_runs(across, clips).tolist() == [30]


def test_shuffled_pieces_keep_their_tokens(rng):
    pieces = rng.integers(0, 50, (3, 40))
    shuffled = memorised.shuffled(pieces, seed=0)
    np.testing.assert_array_equal(np.sort(shuffled), np.sort(pieces))
    assert (shuffled != pieces).mean() > 0.5
    assert memorised.longest_runs(pieces, pieces).tolist() == [40] * 3
    assert (memorised.longest_runs(shuffled, pieces) < 10).all()

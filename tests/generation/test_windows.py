import pytest

from musiclm_jax.generation.windows import plan_windows


@pytest.mark.parametrize(
    ("num_frames", "window", "overlap"),
    [(5, 10, 3), (10, 10, 0), (11, 10, 3), (30, 10, 3), (31, 10, 9), (100, 7, 2)],
)
def test_windows_cover_the_piece_without_gaps(num_frames, window, overlap):
    known = 0
    for start, prompt_frames in plan_windows(
        num_frames, window=window, overlap=overlap
    ):
        assert start + prompt_frames == known
        assert prompt_frames >= (overlap if start else 0)
        known = start + min(window, num_frames)
        assert known <= num_frames
    assert known == num_frames


def test_paper_slides_thirty_seconds_by_fifteen():
    plan = plan_windows(1500, window=750, overlap=375)
    assert [tuple(w) for w in plan] == [(0, 0), (375, 375), (750, 375)]


def test_overlap_must_leave_something_new():
    with pytest.raises(ValueError, match="can overlap by 0 to 9 frames, not 10"):
        plan_windows(20, window=10, overlap=10)

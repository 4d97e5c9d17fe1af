import pytest

from musiclm_jax.generation.windows import plan_windows


@pytest.mark.parametrize(
    ("num_frames", "window", "overlap"),
    [(5, 10, 3), (10, 10, 0), (11, 10, 3), (30, 10, 3), (31, 10, 9), (100, 7, 2)],
)
@pytest.mark.parametrize(("given", "breaks"), [(0, ()), (4, ()), (2, (3, 20, 25))])
def test_windows_cover_the_piece_without_gaps(
    num_frames, window, overlap, given, breaks
):
    known = given
    plan = plan_windows(
        num_frames, window=window, overlap=overlap, given=given, breaks=breaks
    )
    for start, prompt_frames, stop in plan:
        assert start + prompt_frames == known
        assert prompt_frames >= min(overlap, known)
        assert stop - start == min(window, stop), "one length, but at the beginning"
        assert known < stop <= num_frames
        # Nothing is written across a break.
        assert not any(known < frame < stop for frame in breaks)
        known = stop
    assert known == num_frames


def test_paper_slides_thirty_seconds_by_fifteen():
    plan = plan_windows(1500, window=750, overlap=375)
    assert [w[:2] for w in plan] == [(0, 0), (375, 375), (750, 375)]


def test_a_window_ends_at_a_break_and_the_next_begins_there():
    """Of windows of ten frames that overlap by five, told something new at 12."""
    plan = plan_windows(20, window=10, overlap=5, breaks=[12])
    assert plan == [(0, 0, 10), (2, 8, 12), (7, 5, 17), (10, 7, 20)]


def test_little_is_known_behind_a_break():
    """As before, told something new at 12, of which two frames are carried over."""
    plan = plan_windows(28, window=10, overlap=5, breaks=[12], known_at_breaks=2)
    assert plan == [(0, 0, 10), (2, 8, 12), (10, 2, 20), (15, 5, 25), (18, 7, 28)]


def test_nothing_is_known_behind_a_break():
    plan = plan_windows(20, window=10, overlap=5, breaks=[12], known_at_breaks=0)
    assert plan == [(0, 0, 10), (2, 8, 12), (12, 0, 20)]


def test_as_much_as_a_window_is_all_that_it_holds():
    asked = {"window": 10, "overlap": 5, "breaks": [12, 25]}
    assert plan_windows(40, known_at_breaks=10, **asked) == plan_windows(40, **asked)


def test_nothing_is_left_to_write():
    assert plan_windows(20, window=10, overlap=5, given=20) == []


def test_overlap_must_leave_something_new():
    with pytest.raises(ValueError, match="can overlap by 0 to 9 frames, not 10"):
        plan_windows(20, window=10, overlap=10)

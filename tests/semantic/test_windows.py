import itertools

import pytest

from musiclm_jax.semantic.windows import windows_of

SIZES = [(10, 1), (10, 5), (10, 10), (11, 4), (250, 25), (2, 1)]


def owners(num_steps, length, stride, offset=0):
    """Of each step the place of its window, both from the start of the whole."""
    return {
        step + offset: (window.start + offset, window.length)
        for window in windows_of(num_steps, length=length, stride=stride)
        for step in range(window.first, window.end)
    }


@pytest.mark.parametrize(("length", "stride"), SIZES)
def test_each_step_is_taken_once_from_a_window_that_holds_it(length, stride):
    for num_steps in (1, length, length + 1, 3 * length + 1, 5 * length):
        laid = windows_of(num_steps, length=length, stride=stride)
        taken = [range(window.first, window.end) for window in laid]
        assert list(itertools.chain(*taken)) == list(range(num_steps))
        assert all(taken)
        for window in laid:
            assert window.start <= window.first < window.end
            assert window.end <= window.start + window.length <= num_steps
        assert all(window.length == min(length, num_steps) for window in laid)


@pytest.mark.parametrize(("length", "stride"), SIZES)
def test_away_from_the_ends_the_nearest_middle_is_taken(length, stride):
    num_steps = 4 * length
    for step, (start, _) in owners(num_steps, length, stride).items():
        if length <= step < num_steps - length:
            middle = start + length / 2
            assert abs(step + 0.5 - middle) <= (stride + 1) / 2 and start % stride == 0


@pytest.mark.parametrize(("length", "stride"), SIZES)
def test_a_part_has_the_windows_of_the_whole(length, stride):
    whole = owners(8 * length, length, stride)
    margin = -(-(length + stride) // 2)
    for start in (stride, 3 * stride):
        for num_steps in (3 * length, 3 * length + 1, 4 * length - 1):
            part = owners(num_steps, length, stride, offset=start)
            for step in range(start + margin, start + num_steps - margin):
                assert part[step] == whole[step]

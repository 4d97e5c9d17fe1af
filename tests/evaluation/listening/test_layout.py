"""What balance means, counted over many sizes of tests."""

import collections
import itertools

import pytest

from musiclm_jax.evaluation.listening.layout import lay_out

SIZES = list(itertools.product((2, 3, 4, 5, 6), (1, 2, 5, 8), (8, 11)))


def drawn(num_systems, per_pair, num_prompts, seed=0):
    systems = [f"system {n}" for n in range(num_systems)]
    prompts = [(f"p{n}", f"prompt {n}") for n in range(num_prompts)]
    return systems, lay_out(systems, prompts, per_pair=per_pair, seed=seed)


def spread(counts):
    return max(counts) - min(counts)


@pytest.mark.parametrize(("num_systems", "per_pair", "num_prompts"), SIZES)
def test_everything_is_balanced(num_systems, per_pair, num_prompts):
    systems, questions = drawn(num_systems, per_pair, num_prompts)
    assert [q.number for q in questions] == [*range(1, len(questions) + 1)]
    for first, second in itertools.combinations(systems, 2):
        own = [q for q in questions if {q.left, q.right} == {first, second}]
        assert len(own) == per_pair == len({q.name for q in own})
        lefts = [sum(q.left == system for q in own) for system in (first, second)]
        assert spread(lefts) <= 1
    for system in systems:
        left = sum(q.left == system for q in questions)
        right = sum(q.right == system for q in questions)
        assert abs(left - right) <= 1
    uses = collections.Counter(q.name for q in questions)
    assert spread([uses[f"p{n}"] for n in range(num_prompts)]) <= 1
    assert all(q.prompt == q.name.replace("p", "prompt ") for q in questions)


def test_a_seed_draws_the_same_and_another_one_does_not():
    assert drawn(3, 4, 8) == drawn(3, 4, 8)
    assert drawn(3, 4, 8)[1] != drawn(3, 4, 8, seed=1)[1]


def test_side_and_place_tell_nothing_of_the_system():
    """Over many seeds each system is at each place, on each side, alike often."""
    places = collections.Counter()
    for seed in range(600):
        for question in drawn(2, 2, 2, seed)[1]:
            places[question.number, question.left] += 1
    assert len(places) == 4
    assert spread(places.values()) < 100  # four standard deviations of 600 coins


@pytest.mark.parametrize("per_pair", [0, -1, 9])
def test_more_questions_than_prompts(per_pair):
    with pytest.raises(ValueError, match=rf"--per_pair is {per_pair}; .* 1 to the 8"):
        drawn(2, per_pair, 8)

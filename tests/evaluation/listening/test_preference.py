"""Wins counted one by one, and tests against their definitions."""

import itertools

import numpy as np
import pytest
from scipy import stats

from musiclm_jax.evaluation.listening import preference
from musiclm_jax.evaluation.listening.answers import Answers
from musiclm_jax.evaluation.listening.key import Key
from musiclm_jax.evaluation.listening.layout import lay_out

SYSTEMS = ("a", "b", "c")
PROMPTS = [(f"p{n}", f"prompt {n}") for n in range(12)]
KEY = Key.of(SYSTEMS, lay_out(SYSTEMS, PROMPTS, per_pair=12, seed=0), {})
GOOD = {"a": 0.0, "b": 1.0, "c": 1.0}


@pytest.fixture
def answers(rng):
    """Of five listeners to whom systems are as good as above."""
    found = []
    for listener in "12345":
        choices = {}
        for q in KEY.questions:
            heard = GOOD[q.right] - GOOD[q.left] + rng.normal(scale=0.8)
            choices[q.number] = int(np.clip(round(heard), -2, 2))
        found.append(Answers(listener=listener, choices=choices))
    return found


def ranks_by_hand(steps):
    """Wilcoxon's normal approximation, with ties, written out from its formula."""
    steps = [step for step in steps if step]
    sizes = [abs(step) for step in steps]
    ranks = [
        sum(other < size for other in sizes) + (sizes.count(size) + 1) / 2
        for size in sizes
    ]
    plus = sum(rank for rank, step in zip(ranks, steps, strict=True) if step > 0)
    n = len(steps)
    ties = sum(sizes.count(size) ** 3 - sizes.count(size) for size in set(sizes))
    variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48
    z = (plus - n * (n + 1) / 4) / variance**0.5
    return 2 * stats.norm.sf(abs(z))


def test_wins_and_tests_of_simulated_answers(answers):
    outcome = preference.score(KEY, answers)
    assert (outcome.listeners, outcome.questions) == (5, 36)
    wins, ties = dict.fromkeys(SYSTEMS, 0), dict.fromkeys(SYSTEMS, 0)
    steps = {pair: [] for pair in itertools.combinations(SYSTEMS, 2)}
    for each, question in itertools.product(answers, KEY.questions):
        choice = each.choices[question.number]
        if choice:
            wins[question.right if choice > 0 else question.left] += 1
        else:
            ties[question.left] += 1
            ties[question.right] += 1
        if (question.left, question.right) in steps:
            steps[question.left, question.right].append(choice)
        else:
            steps[question.right, question.left].append(-choice)
    for system in outcome.systems:
        assert system.wins == wins[system.name]
        assert system.ties == ties[system.name]
        assert system.ratings == 2 * 12 * 5
    shares = [system.wins for system in outcome.systems]
    assert shares == sorted(shares, reverse=True)
    for pair in outcome.pairs:
        own = steps[pair.first, pair.second]
        assert pair.second_wins == sum(step > 0 for step in own)
        assert pair.first_wins + pair.ties + pair.second_wins == len(own) == 60
        assert pair.p == pytest.approx(ranks_by_hand(own), rel=1e-6)
        assert pair.p_corrected == pytest.approx(min(1.0, 3 * pair.p))
        assert pair.is_decisive == (3 * pair.p < 0.01)
    assert [pair.is_decisive for pair in outcome.pairs] == [True, True, False]


def test_few_answers_are_tested_exactly():
    """All signs of six answers, tried one by one."""
    prompts = PROMPTS[:6]
    key = Key.of(("a", "b"), lay_out(("a", "b"), prompts, per_pair=6, seed=0), {})
    steps = [2, 1, 2, 2, -1, 1]
    choices = {
        q.number: step if q.right == "b" else -step
        for q, step in zip(key.questions, steps, strict=True)
    }
    (pair,) = preference.score(key, [Answers(listener="l", choices=choices)]).pairs
    ranks = stats.rankdata(np.abs(steps))
    sums = [
        sum(rank for rank, is_plus in zip(ranks, signs, strict=True) if is_plus)
        for signs in itertools.product((0, 1), repeat=6)
    ]
    found = sum(rank for rank, step in zip(ranks, steps, strict=True) if step > 0)
    upper = np.mean([total >= found for total in sums])
    assert pair.p == pytest.approx(2 * upper)
    assert (pair.first_wins, pair.ties, pair.second_wins) == (1, 0, 5)


def test_nobody_prefers_anything():
    nothing = Answers(listener="l", choices={q.number: 0 for q in KEY.questions})
    outcome = preference.score(KEY, [nothing])
    assert {pair.p for pair in outcome.pairs} == {1.0}
    assert {(s.wins, s.ties) for s in outcome.systems} == {(0, 24)}
    assert outcome.json()["agreement"] == {"same_side": None, "alpha": None}


def test_chance_is_seldom_decisive(rng):
    """Where all are alike, a test of all pairs is wrong in about one of a hundred."""
    wrong = 0
    for _ in range(200):
        drawn = rng.integers(-2, 3, (3, len(KEY.questions)))
        answers = [
            Answers(listener=str(n), choices=dict(enumerate(row.tolist(), start=1)))
            for n, row in enumerate(drawn)
        ]
        wrong += any(p.is_decisive for p in preference.score(KEY, answers).pairs)
    assert wrong <= 8


def alpha_by_hand(ratings):
    """Krippendorff's, over all ordered pairs of answers."""
    within = [
        (column[i] - column[j]) ** 2
        for column in ratings.T
        for i, j in itertools.permutations(range(len(column)), 2)
    ]
    values = ratings.ravel()
    any_two = [(x - y) ** 2 for x, y in itertools.permutations(values, 2)]
    return 1 - np.mean(within) / np.mean(any_two)


def test_agreement_against_its_definition(rng):
    taste = rng.integers(-2, 3, 20)
    ratings = np.clip(taste + rng.integers(-1, 2, (4, 20)), -2, 2)
    found = preference.agreement(ratings)
    assert found.alpha == pytest.approx(alpha_by_hand(ratings))
    pairs = itertools.combinations(np.sign(ratings), 2)
    assert found.same_side == pytest.approx(np.mean([x == y for x, y in pairs]))


def test_agreement_at_its_ends(rng):
    alike = np.tile(rng.integers(-2, 3, 20), (3, 1))
    assert preference.agreement(alike) == preference.Agreement(same_side=1.0, alpha=1.0)
    chance = preference.agreement(rng.integers(-2, 3, (50, 400)))
    assert abs(chance.alpha) < 0.02

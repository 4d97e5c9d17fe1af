"""Who wins a test, and whether that is more than chance: MusicLM, Appendix B."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from musiclm_jax.evaluation.listening.answers import Answers
from musiclm_jax.evaluation.listening.key import Key

SIGNIFICANCE = 0.01
"""Of all pairs together: Bonferroni divides it by their number."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class System:
    """How often a system was preferred, weakly or strongly.

    Attributes:
        name: of the system.
        wins: ratings that prefer it.
        ties: ratings without a preference.
        ratings: all that it was part of.
    """

    name: str
    wins: int
    ties: int
    ratings: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pair:
    """How two systems were compared with each other.

    Attributes:
        first: name of a system.
        second: of the other.
        first_wins: ratings that prefer the first.
        ties: ratings without a preference.
        second_wins: ratings that prefer the second.
        p: Wilcoxon's signed-rank test, two-sided, of the steps of preference; one where
            nobody had a preference.
        p_corrected: the same after Bonferroni.
        is_decisive: whether that is below `SIGNIFICANCE`.
    """

    first: str
    second: str
    first_wins: int
    ties: int
    second_wins: int
    p: float
    p_corrected: float
    is_decisive: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far listeners answer alike; NaN where no two answered the same.

    Attributes:
        same_side: share of the pairs of answers to one question that both prefer the
            left, both the right, or neither.
        alpha: Krippendorff's, of the steps as an interval scale: 1 where all agree, 0
            as by chance.
    """

    same_side: float
    alpha: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a test has shown.

    Attributes:
        test: its name.
        listeners: how many.
        questions: to each.
        systems: the most preferred first.
        pairs: all of them.
        agreement: of the listeners.
    """

    test: str
    listeners: int
    questions: int
    systems: tuple[System, ...]
    pairs: tuple[Pair, ...]
    agreement: Agreement

    def json(self) -> dict[str, Any]:
        """Returns what JSON holds: None for what is not known."""
        found = dataclasses.asdict(self)
        found["agreement"] = {
            name: None if np.isnan(value) else value
            for name, value in found["agreement"].items()
        }
        return found


def score(key: Key, answers: Sequence[Answers]) -> Outcome:
    """Counts the answers of all listeners [at least one] to a test."""
    ratings = np.array(
        [[each.choices[q.number] for q in key.questions] for each in answers]
    )  # [listener, question]; above zero for the right
    pairs = list(itertools.combinations(key.systems, 2))
    compared = [
        _pair(first, second, _toward(second, first, key, ratings), len(pairs))
        for first, second in pairs
    ]
    systems = [_system(name, compared) for name in key.systems]
    return Outcome(
        test=key.test,
        listeners=len(answers),
        questions=len(key.questions),
        systems=tuple(sorted(systems, key=lambda each: -each.wins / each.ratings)),
        pairs=tuple(compared),
        agreement=agreement(ratings),
    )


def agreement(ratings: np.ndarray) -> Agreement:
    """Compares the answers [listener, question] of listeners with each other."""
    num_listeners = len(ratings)
    if num_listeners < 2:
        return Agreement(same_side=float("nan"), alpha=float("nan"))
    first, second = np.triu_indices(num_listeners, k=1)
    sides = np.sign(ratings)
    observed = np.square(ratings[first] - ratings[second]).mean()
    values = ratings.ravel()
    count = len(values)
    # The mean over all pairs of two different answers, whoever gave them.
    expected = 2.0 * values.var() * count / (count - 1)
    return Agreement(
        same_side=float((sides[first] == sides[second]).mean()),
        alpha=float(1.0 - observed / expected) if expected else float("nan"),
    )


def _toward(second: str, first: str, key: Key, ratings: np.ndarray) -> np.ndarray:
    """Returns steps of preference for the second over the first, of their questions."""
    found = [
        sign * ratings[:, place]
        for place, question in enumerate(key.questions)
        for sign, sides in ((1, (first, second)), (-1, (second, first)))
        if (question.left, question.right) == sides
    ]
    return np.concatenate(found)


def _pair(first: str, second: str, steps: np.ndarray, num_pairs: int) -> Pair:
    p = float(stats.wilcoxon(steps).pvalue) if steps.any() else 1.0
    corrected = min(1.0, p * num_pairs)
    return Pair(
        first=first,
        second=second,
        first_wins=int((steps < 0).sum()),
        ties=int((steps == 0).sum()),
        second_wins=int((steps > 0).sum()),
        p=p,
        p_corrected=corrected,
        is_decisive=corrected < SIGNIFICANCE,
    )


def _system(name: str, pairs: Sequence[Pair]) -> System:
    own = [pair for pair in pairs if name in (pair.first, pair.second)]
    ties = sum(pair.ties for pair in own)
    wins = sum(p.first_wins if p.first == name else p.second_wins for p in own)
    total = sum(pair.first_wins + pair.ties + pair.second_wins for pair in own)
    return System(name=name, wins=wins, ties=ties, ratings=total)

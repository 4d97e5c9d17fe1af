"""What is asked in a test: pairs of systems, balanced over prompts and over sides."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """Two pieces of one prompt, side by side.

    Attributes:
        number: of the question, from 1.
        name: of the pieces.
        prompt: what was asked for.
        left: system whose piece is on the left.
        right: system whose piece is on the right.
    """

    number: int
    name: str
    prompt: str
    left: str
    right: str


def lay_out(
    systems: Sequence[str],
    prompts: Sequence[tuple[str, str]],
    *,
    per_pair: int,
    seed: int,
) -> tuple[Question, ...]:
    """Draws the questions of a test.

    Every pair of systems meets as often as any other, and never twice in one prompt.
    How often two prompts are used differs by one at most; so does how often a system is
    on the left and on the right, and likewise within each pair.

    Args:
        systems: at least two names.
        prompts: name and text of each.
        per_pair: questions to each pair of systems.
        seed: of what is drawn.

    Raises:
        ValueError: there are fewer prompts than questions to a pair.
    """
    if not 1 <= per_pair <= len(prompts):
        raise ValueError(
            f"--per_pair is {per_pair}; it must be from 1 to the {len(prompts)} "
            "prompts that all systems have"
        )
    rng = np.random.default_rng(seed)
    order = itertools.cycle(rng.permutation(len(prompts)).tolist())
    drawn = []
    for first, second in itertools.combinations(range(len(systems)), 2):
        for is_first_left in rng.permutation(_sides(first, second, systems, per_pair)):
            left, right = (first, second) if is_first_left else (second, first)
            drawn.append((next(order), systems[left], systems[right]))
    rng.shuffle(drawn)
    return tuple(
        Question(
            number=number,
            name=prompts[int(place)][0],
            prompt=prompts[int(place)][1],
            left=left,
            right=right,
        )
        for number, (place, left, right) in enumerate(drawn, start=1)
    )


def _sides(
    first: int, second: int, systems: Sequence[str], per_pair: int
) -> list[bool]:
    """Returns whether the first is on the left, for each question of a pair.

    Of an odd number one is left over. In a ring of the systems, each is on the left of
    those that follow within half of the way around, which are as many as precede it.
    """
    leads = 2 * (second - first) <= len(systems)
    num_left = (per_pair + leads) // 2
    return [True] * num_left + [False] * (per_pair - num_left)

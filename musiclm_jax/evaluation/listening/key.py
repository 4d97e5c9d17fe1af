"""The key of a test: which system is behind which clip. Listeners do not get it."""

import dataclasses
import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

from musiclm_jax.evaluation.listening.layout import Question

FORMAT = 1
_ID_LENGTH = 16


@dataclasses.dataclass(frozen=True, kw_only=True)
class Key:
    """What a test consists of.

    Attributes:
        test: names the test, in its page and in all answers to it.
        systems: names, in the order in which they were given.
        questions: all of them, by number.
    """

    test: str
    systems: tuple[str, ...]
    questions: tuple[Question, ...]

    @classmethod
    def of(
        cls,
        systems: tuple[str, ...],
        questions: tuple[Question, ...],
        digests: dict[str, str],
    ) -> "Key":
        """Makes the key of questions and of the clips they play, file -> SHA-256."""
        asked = [dataclasses.asdict(question) for question in questions]
        content = [systems, asked, digests]
        digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
        return cls(test=digest[:_ID_LENGTH], systems=systems, questions=questions)

    def json(self) -> dict[str, Any]:
        """Returns what JSON holds."""
        return {"format": FORMAT, **dataclasses.asdict(self)}

    @classmethod
    def read(cls, path: Path) -> "Key":
        """Reads what `json` made.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is damaged, or no key.
        """
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            is_key = found["format"] == FORMAT
            key = cls(
                test=found["test"],
                systems=tuple(found["systems"]),
                questions=tuple(Question(**each) for each in found["questions"]),
            )
            is_key = is_key and key._is_whole()
        except (ValueError, KeyError, TypeError, RecursionError):
            is_key = False
        if not is_key:
            raise ValueError(
                f"{path} is damaged, or not the key.json of a listening test"
            )
        return key

    def _is_whole(self) -> bool:
        """Says whether all pairs of systems are asked for, by questions in order."""
        numbers = [question.number for question in self.questions]
        pairs = {frozenset((each.left, each.right)) for each in self.questions}
        wanted = set(map(frozenset, itertools.combinations(self.systems, 2)))
        return pairs == wanted != set() and numbers == [*range(1, len(numbers) + 1)]

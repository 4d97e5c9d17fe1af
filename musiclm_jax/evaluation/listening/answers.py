"""What listeners answered: files that the page saved, judged before they count."""

import collections
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from musiclm_jax.evaluation.listening.key import FORMAT, Key

CHOICES = (-2, -1, 0, 1, 2)
"""Strong and weak preference for the left, none, weak and strong for the right."""

_NAMED = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answers:
    """Of one listener.

    Attributes:
        listener: a name that was drawn for him or her.
        choices: number of a question -> one of `CHOICES`; of all questions.
    """

    listener: str
    choices: dict[int, int]


def read_all(paths: Sequence[Path], key: Key) -> tuple[Answers, ...]:
    """Reads the answers of all listeners to a test.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a file is damaged, answers another test, leaves questions out or has
            them twice, or one listener has two files.
    """
    read = [_read(path, key) for path in paths]
    files: dict[str, Path] = {}
    for path, answers in zip(paths, read, strict=True):
        first = files.setdefault(answers.listener, path)
        if first is not path:
            raise ValueError(f"{first} and {path} are of the same listener: give one")
    return tuple(read)


def _read(path: Path, key: Key) -> Answers:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise ValueError(f"{path} is damaged: it is not valid JSON") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"{path} holds no answers that the page of a test saved")
    test, listener, rows = (found.get(k) for k in ("test", "listener", "answers"))
    if test != key.test:
        raise ValueError(f"{path} answers another test: {test}, and not {key.test}")
    if not (isinstance(listener, str) and listener and isinstance(rows, list)):
        raise ValueError(f"{path} is damaged: it names no listener, or has no answers")
    pairs = [_row(path, row) for row in rows]
    _check_numbers(path, [number for number, _ in pairs], len(key.questions))
    return Answers(listener=listener, choices=dict(pairs))


def _row(path: Path, row: Any) -> tuple[int, int]:
    if not isinstance(row, dict) or type(row.get("question")) is not int:
        raise ValueError(f"{path} is damaged: an answer names no question")
    number, choice = row["question"], row.get("preference")
    if type(choice) is not int or choice not in CHOICES:
        raise ValueError(
            f"{path}, question {number}: the preference is {choice!r}; it must be one "
            f"of {', '.join(map(str, CHOICES))}"
        )
    return number, choice


def _check_numbers(path: Path, numbers: Sequence[int], num_questions: int) -> None:
    asked, times = set(range(1, num_questions + 1)), collections.Counter(numbers)
    twice = [number for number, count in times.items() if count > 1]
    for wrong, said in (
        (twice, "answers twice"),
        (times.keys() - asked, "answers what is not asked"),
        (asked - times.keys(), "leaves out"),
    ):
        if wrong:
            named = ", ".join(map(str, sorted(wrong)[:_NAMED]))
            more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
            raise ValueError(
                f"{path} {said}: question {named}{more}, of {num_questions}"
            )

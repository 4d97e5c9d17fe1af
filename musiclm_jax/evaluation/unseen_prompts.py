"""Prompts in anybody's words, and whether the music does what they plainly ask.

What a prompt asks for is told by plain features, each against the middle of what the
model makes of ordinary captions, and by probes:

    {"prompt": "...", "expected": {"onsets": "few", "loudness": "quiet",
                                   "has_drums": false, "tempo_class": "slow"}}
"""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from musiclm_jax.data.synth import piece
from musiclm_jax.evaluation import features, plain_features
from musiclm_jax.evaluation.probe import Probe

PLAIN = {
    "onsets": (plain_features.onset_rate, ("few", "many")),
    "loudness": (plain_features.loudness, ("quiet", "loud")),
    "brightness": (plain_features.brightness, ("dark", "bright")),
}
"""Feature -> what measures it, and what it is called below and above the middle."""

PROBED = {
    "tempo_class": tuple(piece.TEMPO_CLASSES),
    "has_drums": ("True", "False"),
    "lead_family": (*piece.FAMILIES, piece.NOTHING),
    "style": piece.STYLES,
}
"""Attribute -> what a probe may say."""


@dataclasses.dataclass(frozen=True)
class UnseenPrompt:
    """A prompt and what is expected of its music.

    Attributes:
        text: of the prompt.
        expected: name in `PLAIN` or `PROBED` -> what it must say.
    """

    text: str
    expected: dict[str, str]


@dataclasses.dataclass(frozen=True)
class Told:
    """How much was told right.

    Attributes:
        right: expectation's name, or "all" -> share of the expectations that are met.
        shuffled: share that is met by the music of the other prompts.
    """

    right: dict[str, float]
    shuffled: float


def read(path: str | Path) -> tuple[UnseenPrompt, ...]:
    """Reads prompts from JSON.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no list of prompts, or expects what nothing can say.
    """
    try:
        prompts = tuple(
            UnseenPrompt(
                entry["prompt"],
                {name: str(label) for name, label in entry["expected"].items()},
            )
            for entry in json.loads(Path(path).read_text(encoding="utf-8"))
        )
    except (json.JSONDecodeError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} is no JSON list of {{prompt, expected}}") from error
    allowed = PROBED | {name: words for name, (_, words) in PLAIN.items()}
    for prompt in prompts:
        for name, label in prompt.expected.items():
            if label not in allowed.get(name, ()):
                raise ValueError(
                    f"{path}: prompt {prompt.text!r} expects {name} to be {label}; "
                    f"one of {', '.join(allowed.get(name, allowed))} is right"
                )
    return prompts


def said_of(
    audio: np.ndarray, ordinary: np.ndarray, probes: dict[str, Probe], sample_rate: int
) -> list[dict[str, str]]:
    """Says of each piece what can be expected of it.

    Args:
        audio: [piece, sample].
        ordinary: [piece, sample], made from ordinary captions: their medians are the
            middle.
        probes: of `PROBED`.
        sample_rate: Hz.
    """
    columns = {}
    for name, (measure, (below, above)) in PLAIN.items():
        middle = np.median([measure(sound, sample_rate) for sound in ordinary])
        columns[name] = [
            above if measure(sound, sample_rate) > middle else below for sound in audio
        ]
    measured = features.extract(audio, sample_rate=sample_rate)
    for name in PROBED:
        columns[name] = probes[name].predict(measured).tolist()
    return [
        dict(zip(columns, labels, strict=True))
        for labels in zip(*columns.values(), strict=True)
    ]


def told_right(prompts: Sequence[UnseenPrompt], said: Sequence[dict[str, str]]) -> Told:
    """Compares what is expected of each prompt with what is said of its music."""
    met = [
        (name, said_of_it[name] == label)
        for prompt, said_of_it in zip(prompts, said, strict=True)
        for name, label in prompt.expected.items()
    ]
    names = list(dict.fromkeys(name for name, _ in met))
    right = {"all": float(np.mean([is_met for _, is_met in met]))}
    for name in names:
        right[name] = float(np.mean([is_met for other, is_met in met if other == name]))
    others = [
        said[other][name] == label
        for number, prompt in enumerate(prompts)
        for name, label in prompt.expected.items()
        for other in range(len(said))
        if other != number
    ]
    return Told(right, float(np.mean(others)))

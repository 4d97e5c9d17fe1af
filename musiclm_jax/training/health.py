"""Gauges of a training beside their floors, in plain words.

A gauge finds metrics by name, reads them beside what a network would score that had
learnt nothing (chance, the most frequent token), and says one sentence when a healthy
training would not show such a value.
"""

import dataclasses
import math
import re
from collections.abc import Callable, Iterator, Mapping


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gauge:
    """One thing to look at.

    Attributes:
        name: pattern of the whole name of a metric; its named groups can be written in
            the texts.
        reading: what the gauge shows, as `str.format` text; may use `{value}`,
            `{percent}` (a hundred values) and `{floor}`.
        is_sick: told by value and floor.
        sentence: said when it is sick, as `reading`.
        floor: what a network that has learnt nothing scores: a number, or the suffix
            of the name of the metric that measures it.
    """

    name: str
    reading: str
    is_sick: Callable[[float, float], bool]
    sentence: str
    floor: float | str = 0.0


GAUGES = (
    Gauge(
        name=r"loss/(?P<which>.+)",
        reading="",
        is_sick=lambda value, floor: not math.isfinite(value),
        sentence="the loss '{which}' is not finite",
    ),
    Gauge(
        name=r"(?P<of>.*/|)skipped_steps",
        reading="",
        is_sick=lambda value, floor: value > floor,
        sentence="{value:.0f} steps skipped because not finite ({of}skipped_steps)",
    ),
    Gauge(
        name=r"(?P<of>.*/|)gradient_norm",
        reading="gradient norm {value:.3g}",
        is_sick=lambda value, floor: value == floor,
        sentence="the gradient is zero: nothing is being learnt ({of}gradient_norm)",
    ),
    Gauge(
        name=r".*/contrastive_minus_chance",
        reading="contrastive loss minus chance {value:+.3f} (learnt nothing: 0)",
        is_sick=lambda value, floor: value > floor - 0.02,
        sentence="contrastive loss is at chance: the network has learnt nothing yet",
    ),
    Gauge(
        name=r".*/retrieval_rank",
        reading="rank of the true partner {percent:.0f} % (best 0, chance 50)",
        is_sick=lambda value, floor: value > floor - 0.02,
        sentence="the true partner is found no better than by chance",
        floor=0.5,
    ),
    Gauge(
        name=r".*/(?P<side>\w+)_spread",
        reading="",
        is_sick=lambda value, floor: value < floor + 0.02,
        sentence="the {side} embeddings have collapsed: all of them are nearly equal",
    ),
    Gauge(
        name=r".*/(?P<what>\w+)_accuracy",
        reading=(
            "{what} accuracy {percent:.1f} % (always the most frequent: "
            "{floor_percent:.1f} %)"
        ),
        is_sick=lambda value, floor: value <= floor,
        sentence=(
            "{what} accuracy is no better than always guessing the most frequent "
            "token: the context is not used yet"
        ),
        floor="_unigram",
    ),
    Gauge(
        name=r".*/used_(?P<level>\d+|share|min|mean)",
        reading="codes in use ({level}) {percent:.0f} %",
        is_sick=lambda value, floor: value < 0.5,
        sentence="only {percent:.0f} % of the codes are used ({level})",
    ),
)


def _matches(
    gauge: Gauge, metrics: Mapping[str, float]
) -> Iterator[tuple[float, float, dict[str, object]]]:
    """Yields value, floor and what the texts may use, of each metric that fits."""
    for name, value in metrics.items():
        match = re.fullmatch(gauge.name, name)
        if match is None:
            continue
        floor = gauge.floor
        if isinstance(floor, str):
            if name + floor not in metrics:
                continue
            floor = metrics[name + floor]
        words = {
            "value": value,
            "percent": 100.0 * value,
            "floor": floor,
            "floor_percent": 100.0 * floor,
        }
        yield value, floor, words | match.groupdict()


def read(metrics: Mapping[str, float]) -> list[str]:
    """Reads the gauges.

    Args:
        metrics: scalars by slash path.

    Returns:
        One short text a gauge that finds its metric.
    """
    return [
        gauge.reading.format(**words)
        for gauge in GAUGES
        if gauge.reading
        for _, _, words in _matches(gauge, metrics)
    ]


def diagnose(metrics: Mapping[str, float]) -> list[str]:
    """Says what is sick.

    Args:
        metrics: scalars by slash path.

    Returns:
        One sentence a sickness; none when all is well.
    """
    return [
        gauge.sentence.format(**words)
        for gauge in GAUGES
        for value, floor, words in _matches(gauge, metrics)
        if gauge.is_sick(value, floor)
    ]

"""Gauges of a training beside their floors, in plain words.

A gauge looks at the metrics by name and says one sentence when a value is one that a
healthy training does not show. The floors are known without training: chance for a
contrastive loss, the unigram for token accuracy, one for the share of codes in use.
"""

import dataclasses
import math
import re
from collections.abc import Callable, Mapping


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gauge:
    """One kind of sickness.

    Attributes:
        name: pattern that a metric's whole name matches; its groups go to `sentence`.
        is_sick: tells by the value.
        sentence: `str.format` text; `{value}` is the value, `{percent}` a hundred
            times it, and the groups of `name` by their names.
    """

    name: str
    is_sick: Callable[[float], bool]
    sentence: str


GAUGES = (
    Gauge(
        name=r"loss/(?P<loss>.+)",
        is_sick=lambda value: not math.isfinite(value),
        sentence="the loss {loss} is not finite",
    ),
    Gauge(
        name=r"(.*/)?skipped_steps(_(?P<part>\w+))?",
        is_sick=lambda value: value > 0,
        sentence="{value:.0f} steps skipped because not finite",
    ),
    Gauge(
        name=r"(.*/)?gradient_norm(_(?P<part>\w+))?",
        is_sick=lambda value: value == 0.0,
        sentence="the gradient is zero: nothing is being learnt",
    ),
    Gauge(
        name=r"(.*/)?gradient_norm(_(?P<part>\w+))?",
        is_sick=lambda value: value > 1e4,
        sentence="the gradient's norm is {value:.3g}: the training is about to diverge",
    ),
    Gauge(
        name=r"health/contrastive_minus_chance",
        is_sick=lambda value: value > -0.02,
        sentence=("contrastive loss is at chance: the network has learnt nothing yet"),
    ),
    Gauge(
        name=r"(.*/)?used_share(_(?P<level>\d+))?",
        is_sick=lambda value: value < 0.5,
        sentence="{percent:.0f} % of the codes of level {level} are used",
    ),
    Gauge(
        name=r"(.*/)?accuracy_minus_unigram(_(?P<level>\d+))?",
        is_sick=lambda value: value <= 0.0,
        sentence=(
            "tokens are guessed no better than by their frequency alone: the context "
            "is not used yet"
        ),
    ),
)


def diagnose(
    metrics: Mapping[str, float], gauges: tuple[Gauge, ...] = GAUGES
) -> list[str]:
    """Says what is sick.

    Args:
        metrics: scalars by slash path.
        gauges: what to look for.

    Returns:
        Sentences, in the order of the gauges; empty when all is well.
    """
    sentences = []
    for gauge in gauges:
        for name, value in metrics.items():
            match = re.fullmatch(gauge.name, name)
            if match is None or not gauge.is_sick(value):
                continue
            groups = {
                k: v if v is not None else "0" for k, v in match.groupdict().items()
            }
            sentence = gauge.sentence.format(
                value=value, percent=100.0 * value, **groups
            )
            if sentence not in sentences:
                sentences.append(sentence)
    return sentences

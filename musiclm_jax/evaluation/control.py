"""How much of what was asked for can be heard: probes on true and generated clips.

Each attribute is scored on its own, and the mean is over attributes:

    round trip = accuracy(codec(true clips)) / accuracy(true clips)
    control    = (accuracy(generated) - chance) / (accuracy(true clips) - chance)
"""

import dataclasses

import numpy as np

from musiclm_jax.evaluation import features as features_lib
from musiclm_jax.evaluation import probe as probe_lib
from musiclm_jax.evaluation.examples import Examples
from musiclm_jax.evaluation.material import Material
from musiclm_jax.evaluation.probe import Probe
from musiclm_jax.evaluation.report import Figures

ATTRIBUTES = ("style", "tempo_class", "has_drums", "lead_family")
"""What is known of every clip of the synthetic corpus, and can be heard."""

MEAN = "mean"
"""Name of the last row."""


@dataclasses.dataclass(frozen=True, eq=False)
class Clips:
    """Measured clips.

    Attributes:
        features: [clip, feature] of `evaluation.features`.
        labels: attribute -> label of each clip: its truth, or what was asked for.
    """

    features: np.ndarray
    labels: dict[str, list[str]]

    @classmethod
    def of(
        cls, examples: Examples, sample_rate: int, audio: np.ndarray | None = None
    ) -> "Clips":
        """Measures examples.

        Args:
            examples: the clips.
            sample_rate: Hz.
            audio: [clip, sample], what is measured in their stead: a form of them.
        """

        def extract(sound: np.ndarray) -> np.ndarray:
            return features_lib.extract(sound, sample_rate=sample_rate)

        return cls(
            examples.measured(extract) if audio is None else extract(audio),
            {attribute: examples.labels(attribute) for attribute in ATTRIBUTES},
        )


@dataclasses.dataclass(frozen=True)
class Row:
    """Scores of an attribute; accuracies are shares of clips.

    Attributes:
        attribute: its name, or MEAN.
        chance: share of the most frequent label among the held-out clips.
        ceiling: accuracy on true held-out clips.
        round_trip: accuracy on the same clips after the codec.
        generated: accuracy on clips generated from captions of held-out clips; not a
            number where nothing is generated, and so is the control.
        round_trip_ratio: round_trip over ceiling; this and the next are not a number
            where the ceiling is not above chance, for the probe tells nothing.
        control: see `probe.control_score`.
    """

    attribute: str
    chance: float
    ceiling: float
    round_trip: float
    generated: float
    round_trip_ratio: float
    control: float


def probes_of(material: Material) -> dict[str, Probe]:
    """Fits a probe for each attribute to the true clips of train and validation."""
    return fit_probes(
        Clips.of(material.drawn.train, material.sample_rate),
        Clips.of(material.drawn.validation, material.sample_rate),
    )


def judge(material: Material, probes: dict[str, Probe]) -> tuple[Row, ...]:
    """Has probes judge held-out clips in all their forms; see `score`."""

    def measured(examples: Examples, audio: np.ndarray) -> Clips:
        return Clips.of(examples, material.sample_rate, audio)

    generated = material.generated
    return score(
        probes,
        held_out=measured(material.drawn.test, material.true),
        round_trip=measured(material.drawn.test, material.decoded),
        generated=None
        if generated is None
        else measured(material.drawn.asked, generated),
    )


def fit_probes(train: Clips, validation: Clips) -> dict[str, Probe]:
    """Fits a probe for each attribute of true clips."""
    return {
        attribute: probe_lib.fit(
            train.features,
            train.labels[attribute],
            validation_features=validation.features,
            validation_labels=validation.labels[attribute],
            views=features_lib.views(),
        )
        for attribute in ATTRIBUTES
    }


def score(
    probes: dict[str, Probe],
    *,
    held_out: Clips,
    round_trip: Clips,
    generated: Clips | None,
) -> tuple[Row, ...]:
    """Scores every attribute.

    Args:
        probes: what `fit_probes` gave.
        held_out: true clips that no training saw.
        round_trip: the same clips after the codec.
        generated: clips made from captions, with the labels of the captions' clips;
            None where nothing is generated.

    Returns:
        One row an attribute, then the mean of each column.
    """
    rows = []
    for attribute, probe in probes.items():
        accuracies = [
            float("nan")
            if clips is None
            else probe.accuracy(clips.features, clips.labels[attribute])
            for clips in (held_out, round_trip, generated)
        ]
        ceiling, after_codec, achieved = accuracies
        chance = probe_lib.chance(held_out.labels[attribute])
        ratio = control = float("nan")
        if ceiling > chance:
            ratio = after_codec / ceiling
            control = probe_lib.control_score(achieved, chance=chance, ceiling=ceiling)
        rows.append(Row(attribute, chance, *accuracies, ratio, control))
    columns = np.array([dataclasses.astuple(row)[1:] for row in rows])
    return (*rows, Row(MEAN, *columns.mean(axis=0).tolist()))


def figures(rows: tuple[Row, ...]) -> Figures:
    """Returns the rows as a table."""
    return Figures(
        "Control",
        ("attribute", "chance", "true (ceiling)", "codec", "generated",
         "codec / ceiling", "control"),
        tuple(dataclasses.astuple(row) for row in rows),
    )  # fmt: skip

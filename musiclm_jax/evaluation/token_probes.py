"""What can be told of a clip from how often each of its tokens occurs."""

from collections.abc import Sequence

import numpy as np

from musiclm_jax.data.synth.piece import NOTHING
from musiclm_jax.evaluation import probe
from musiclm_jax.evaluation.examples import Examples

KEY = "key"
ATTRIBUTES = ("style", "tempo_class", "has_drums", "lead_family", KEY)


def histograms(codes: np.ndarray, num_codes: int) -> np.ndarray:
    """Returns the share of each code in codes [clip, time]: [clip, code]."""
    counts = np.zeros((len(codes), num_codes), np.float32)
    np.add.at(counts, (np.arange(len(codes))[:, None], codes), 1.0)
    return counts / codes.shape[1]


def accuracies(
    features: Sequence[np.ndarray], examples: Sequence[Examples]
) -> dict[str, float]:
    """Fits a probe for each of `ATTRIBUTES`, and tries it on held-out clips.

    Args:
        features: [clip, feature] of the train, the validation and the test clips.
        examples: the clips themselves, likewise.

    Returns:
        Attribute -> share of the test clips that it is told of.
    """
    return {name: _accuracy(name, features, examples) for name in ATTRIBUTES}


def fit(
    attribute: str, features: Sequence[np.ndarray], examples: Sequence[Examples]
) -> probe.Probe:
    """Fits one probe; for the arguments see `accuracies`, whose last may lack here."""
    (train, train_labels), (validation, validation_labels) = (
        _asked(attribute, *pair)
        for pair in zip(features[:2], examples[:2], strict=True)
    )
    return probe.fit(
        train,
        train_labels,
        validation_features=validation,
        validation_labels=validation_labels,
        views=np.ones((1, train.shape[1]), bool),
    )


def _accuracy(
    attribute: str, features: Sequence[np.ndarray], examples: Sequence[Examples]
) -> float:
    fitted = fit(attribute, features, examples)
    return fitted.accuracy(*_asked(attribute, features[2], examples[2]))


def _asked(
    attribute: str, features: np.ndarray, examples: Examples
) -> tuple[np.ndarray, list[str]]:
    """Features and labels; of clips without a key the key is not asked."""
    labels = np.array(examples.labels(attribute))
    is_asked = (labels != NOTHING) | (attribute != KEY)
    return features[is_asked], labels[is_asked].tolist()

"""What a piece is, in classes with probabilities: a softmax probe for each attribute.

A stand-in for the classifiers that papers take (LEAF, PaSST), fitted to the labels of
the corpus. A file of safetensors whose metadata hold the rest as JSON.
"""

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from jax.nn import log_softmax

from musiclm_jax.evaluation import features as features_lib
from musiclm_jax.evaluation import probe as probe_lib
from musiclm_jax.evaluation.probe import Probe
from musiclm_jax.files import fingerprints, whole_files

# Of the clips that a tagger is fitted to, those that choose its penalties.
_VALIDATION_SHARE = 0.2
_ARRAYS = ("mean", "deviation", "kernel", "bias")
_FORMAT = "musiclm tagger 1"


@dataclasses.dataclass(frozen=True, eq=False)
class Tagger:
    """Says how likely each class of each attribute is.

    Attributes:
        probes: of each attribute.
        made_of: what it was fitted to, as JSON: the `sample_rate` of its clips, Hz,
            their length in `seconds`, and what else tells them from others.
    """

    probes: Mapping[str, Probe]
    made_of: Mapping[str, Any]

    @functools.cached_property
    def name(self) -> str:
        """What scores are called by, with a fingerprint of all that it knows."""
        return f"tagger {fingerprints.of(_described(self))[:8]}"

    def log_probabilities(self, features: np.ndarray) -> dict[str, np.ndarray]:
        """Returns attribute -> [clip, class] of `features.extract` [clip, feature]."""
        return {
            attribute: np.asarray(log_softmax(probe.logits(features), axis=-1))
            for attribute, probe in self.probes.items()
        }

    def check_clips(self, sample_rate: int, seconds: float) -> None:
        """Compares clips with those that it was fitted to.

        Raises:
            ValueError: they have another rate, Hz, or last longer or less long.
        """
        own_rate, own_seconds = self.made_of["sample_rate"], self.made_of["seconds"]
        if (own_rate, own_seconds) != (sample_rate, seconds):
            raise ValueError(
                f"{self.name} was fitted to clips of {own_seconds:g} s at {own_rate} "
                f"Hz, and these are of {seconds:g} s at {sample_rate} Hz: give another "
                "--tagger"
            )

    def save(self, path: Path) -> None:
        """Writes the file, whole."""
        arrays = {
            f"{attribute}/{name}": np.asarray(getattr(probe, name), np.float32)
            for attribute, probe in self.probes.items()
            for name in _ARRAYS
        }
        whole_files.write(
            path, safetensors.numpy.save(arrays, metadata={"tagger": _head(self)})
        )


def can_be_fitted(labels: Mapping[str, Sequence[str]]) -> bool:
    """Whether clips are labelled, by attributes of more than one class."""
    return bool(_told_apart(labels))


def fit(
    features: np.ndarray,
    labels: Mapping[str, Sequence[str]],
    *,
    made_of: Mapping[str, Any],
) -> Tagger:
    """Fits a tagger to labelled clips.

    Args:
        features: [clip, feature]; the last clips choose among penalties.
        labels: attribute -> a label a clip.
        made_of: see `Tagger`.

    Raises:
        ValueError: nothing is labelled.
    """
    known = _told_apart(labels)
    if not known:
        raise ValueError(
            "the clips have no labels to fit a tagger to: give one with --tagger"
        )
    num = _num_fitted(len(features))
    probes = {
        attribute: probe_lib.fit(
            features[:num],
            list(labels[attribute][:num]),
            validation_features=features[num:],
            validation_labels=list(labels[attribute][num:]),
            views=features_lib.views(),
        )
        for attribute in known
    }
    return Tagger(probes, made_of)


def load(path: Path) -> Tagger:
    """Reads the file of a tagger.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is something else, or damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no tagger {path}")
    try:
        with safetensors.safe_open(path, "numpy") as file:
            head = json.loads((file.metadata() or {})["tagger"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        probes = {
            attribute: Probe(
                classes=tuple(classes),
                l2=head["l2"][attribute],
                **{name: arrays[f"{attribute}/{name}"] for name in _ARRAYS},
            )
            for attribute, classes in head["classes"].items()
        }
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is no tagger, or damaged: delete it, or give another --tagger"
        ) from error
    _check(path, head, probes)
    return Tagger(probes, head["made_of"])


def _told_apart(labels: Mapping[str, Sequence[str]]) -> list[str]:
    """Returns the attributes of which the clips that are fitted to have classes."""
    return [
        name
        for name, each in labels.items()
        if len(set(each[: _num_fitted(len(each))])) > 1
    ]


def _num_fitted(num: int) -> int:
    return num - max(1, round(_VALIDATION_SHARE * num))


def _check(path: Path, head: Mapping[str, Any], probes: Mapping[str, Probe]) -> None:
    num_features = features_lib.views().shape[1]
    made_of = head.get("made_of")
    is_known = isinstance(made_of, dict) and all(
        isinstance(made_of.get(name), int | float)
        for name in ("sample_rate", "seconds")
    )
    if head.get("format") != _FORMAT or not probes or not is_known:
        raise ValueError(f"{path} is a tagger of another version: delete it")
    for attribute, probe in probes.items():
        if probe.kernel.shape != (num_features, len(probe.classes)):
            raise ValueError(
                f"{path}: its probe of {attribute} is {list(probe.kernel.shape)}, and "
                f"[{num_features}, {len(probe.classes)}] is right: delete it"
            )


def _head(tagger: Tagger) -> str:
    return json.dumps(
        {
            "format": _FORMAT,
            "made_of": tagger.made_of,
            "classes": {name: probe.classes for name, probe in tagger.probes.items()},
            "l2": {name: probe.l2 for name, probe in tagger.probes.items()},
        }
    )


def _described(tagger: Tagger) -> Sequence[Any]:
    return [
        _head(tagger),
        {
            attribute: [
                np.asarray(getattr(probe, name), np.float32).tobytes().hex()
                for name in _ARRAYS
            ]
            for attribute, probe in sorted(tagger.probes.items())
        },
    ]

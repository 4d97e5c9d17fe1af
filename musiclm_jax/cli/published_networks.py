"""Published networks that FAD and KLD are measured with too: NAME=WEIGHTS."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_EMBEDDERS = ("vggish", "cnn14")
_CLASSIFIERS = ("cnn14",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the flags."""
    for flag, names, measure in (
        ("--embedder", _EMBEDDERS, "FAD"),
        ("--classifier", _CLASSIFIERS, "KLD"),
    ):
        parser.add_argument(
            flag,
            action="append",
            default=[],
            metavar="NAME=WEIGHTS",
            help=f"a published network ({', '.join(names)}) that {measure} is measured "
            "with too, and the file or prefix of its weights; may be repeated",
        )


def check(options: argparse.Namespace) -> None:
    """Judges the flags before anything is loaded.

    Raises:
        ValueError: no such network, or no weights are named.
    """
    for given in options.embedder:
        _told("--embedder", given, _EMBEDDERS)
    for given in options.classifier:
        _told("--classifier", given, _CLASSIFIERS)


def load(options: argparse.Namespace) -> dict[str, tuple[Any, ...]]:
    """Reads the weights of all networks that are asked for: embedders and classifiers.

    Raises:
        OSError: there are none, or they cannot be read.
        ValueError: they are damaged or of another network, or given twice.
    """
    return {
        "embedders": _load("--embedder", options.embedder, _EMBEDDERS),
        "classifiers": _load("--classifier", options.classifier, _CLASSIFIERS),
    }


def _load(flag: str, given: Sequence[str], names: Sequence[str]) -> tuple[Any, ...]:
    from musiclm_jax.evaluation.published_networks import cnn14, vggish

    networks = {"vggish": vggish, "cnn14": cnn14}
    told = [_told(flag, each, names) for each in given]
    found = {}
    for name, path in told:
        network = networks[name].load(path)
        if network.name in found:
            raise ValueError(
                f"{flag} is given twice with the same weights ({network.name})"
            )
        found[network.name] = network
    return tuple(found.values())


def _told(flag: str, given: str, names: Sequence[str]) -> tuple[str, Path]:
    name, _, path = given.partition("=")
    if name not in names or not path:
        raise ValueError(
            f"{flag} is {given!r}; it must be NAME=WEIGHTS, and NAME one of: "
            f"{', '.join(names)}"
        )
    return name, Path(path).expanduser()

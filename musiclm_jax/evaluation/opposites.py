"""Pictures of opposite mood: are they told apart, as texts are, and in their music?

nearer text   of two opposite texts the right one is nearer to a picture
the probe     of the music of a calm and of a lively picture, what tells calm from
              lively clips by their sound says which is which
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from musiclm_jax.data.sets.audio_dataset import plain
from musiclm_jax.evaluation import features
from musiclm_jax.evaluation.probe import Probe, fit
from musiclm_jax.generation.pipeline import MusicLM

ENERGIES = ("calm", "energetic")

TEXTS = {
    "calm or lively": (
        "energy",
        {
            "calm": ("calm quiet music", "soft and relaxing", "peaceful and gentle"),
            "energetic": ("energetic loud music", "intense and wild", "full of energy"),
        },
    ),
    "slow or fast": (
        "energy",
        {
            "calm": ("slow music", "at a slow tempo", "in no hurry"),
            "energetic": ("fast music", "at a fast tempo", "at full speed"),
        },
    ),
    "light or dark": (
        "mode",
        {
            "major": ("happy bright music", "cheerful and sunny", "in a major key"),
            "minor": ("sad dark music", "gloomy and serious", "in a minor key"),
        },
    ),
}
"""Opposites -> attribute of a picture, and its values with what says so of music."""


def nearer_texts(
    model: MusicLM, pictures: Sequence[Mapping[str, Any]], paths: Sequence[Path]
) -> Iterator[tuple[str, list[bool]]]:
    """Yields the opposites of `TEXTS` and, of each picture, whether it is told.

    Args:
        model: with an image tower.
        pictures: what is known of each.
        paths: their files.
    """
    mulan = model.tokenizers.mulan
    placed = np.stack([mulan.embed_image(path) for path in paths])
    for opposites, (attribute, sides) in TEXTS.items():
        match = {
            value: placed @ mulan.embed_text(list(texts)).mean(axis=0)
            for value, texts in sides.items()
        }
        first, second = match
        told = np.where(match[first] > match[second], first, second)
        truth = [picture[attribute] for picture in pictures]
        yield (
            opposites,
            [
                t == value
                for t, value in zip(told, truth, strict=True)
                if value in sides
            ],
        )


def energy_probe(
    train: Sequence[Mapping[str, Any]],
    validation: Sequence[Mapping[str, Any]],
    *,
    num: int,
    length: int,
    sample_rate: int,
) -> Probe:
    """Fits what tells calm from energetic clips.

    Args:
        train: clips to learn from.
        validation: clips that choose the penalty.
        num: clips of each energy to learn from, at most; a quarter to choose by.
        length: samples of each that are heard.
        sample_rate: Hz.
    """
    sound, labels = zip(
        *(clips_of(split, count, length)
          for split, count in ((train, num), (validation, max(num // 4, 1)))),
        strict=True,
    )  # fmt: skip
    heard = [features.extract(audio, sample_rate=sample_rate) for audio in sound]
    return fit(
        heard[0],
        labels[0],
        validation_features=heard[1],
        validation_labels=labels[1],
        views=features.views(),
    )


def clips_of(
    split: Sequence[Mapping[str, Any]], num: int, length: int
) -> tuple[np.ndarray, list[str]]:
    """Returns sound [clip, sample] and energy of clips, as many of each energy."""
    found: dict[str, list[np.ndarray]] = {energy: [] for energy in ENERGIES}
    for place in range(len(split)):
        clip = split[place]
        there = found.get(str(plain(clip["energy"])))
        if there is not None and len(there) < num:
            there.append(np.asarray(clip["audio"])[:length] / np.float32(2**15))
        if all(len(there) == num for there in found.values()):
            break
    count = min(map(len, found.values()))
    sound = [audio for there in found.values() for audio in there[:count]]
    return np.stack(sound), [energy for energy in ENERGIES for _ in range(count)]


def told(
    probe: Probe, calm: np.ndarray, energetic: np.ndarray, sample_rate: int
) -> list[bool]:
    """Says of pairs of sound [pair, sample] whether the probe knows which is which.

    Args:
        probe: what `energy_probe` gave.
        calm: of calm pictures.
        energetic: of energetic ones.
        sample_rate: Hz.
    """
    scores = [
        probe.logits(features.extract(audio, sample_rate=sample_rate))
        for audio in (calm, energetic)
    ]
    calm_side, energetic_side = (list(probe.classes).index(e) for e in ENERGIES)
    lively = [score[:, energetic_side] - score[:, calm_side] for score in scores]
    return (lively[1] > lively[0]).tolist()


def write_pictures(pictures: Sequence[Mapping[str, Any]], folder: Path) -> list[Path]:
    """Writes pictures as files."""
    paths = [folder / f"picture{number}.png" for number in range(len(pictures))]
    for picture, path in zip(pictures, paths, strict=True):
        Image.fromarray(picture["image"]).save(path)
    return paths

"""Calm clips are tones, lively ones are noise in pulses: a probe tells them apart."""

import types

import numpy as np
import pytest

from musiclm_jax.evaluation import opposites
from musiclm_jax.evaluation.features import MIN_SECONDS

RATE = 8000
LENGTH = round(max(MIN_SECONDS, 2.0) * RATE)


def clip(energy, rng):
    time = np.arange(LENGTH + 100) / RATE
    sound = 0.3 * np.sin(2 * np.pi * rng.uniform(200, 400) * time)
    if energy == "energetic":
        sound = 0.3 * rng.normal(size=len(time)) * (time % 0.25 < 0.1)
    return {
        "audio": np.round(2**15 * np.clip(sound, -1, 1)).astype(np.int16),
        "energy": energy.encode(),
    }


@pytest.fixture
def split(rng):
    energies = ["calm", "moderate", "energetic", "calm", "energetic", "calm"] * 4
    return [clip(energy, rng) for energy in energies]


def test_as_many_clips_of_each_energy(split):
    sound, labels = opposites.clips_of(split, 3, LENGTH)
    assert labels == ["calm"] * 3 + ["energetic"] * 3
    assert sound.shape == (6, LENGTH) and np.abs(sound).max() <= 1
    assert len(opposites.clips_of(split, 99, LENGTH)[1]) == 16, "all that there are"


def test_the_probe_knows_which_is_which(split, rng):
    probe = opposites.energy_probe(split, split, num=6, length=LENGTH, sample_rate=RATE)
    held_out = [clip(energy, rng) for energy in ("calm", "energetic") * 3]
    calm, lively = np.split(opposites.clips_of(held_out, 3, LENGTH)[0], 2)
    assert opposites.told(probe, calm, lively, RATE) == [True] * 3
    assert opposites.told(probe, lively, calm, RATE) == [False] * 3


def test_a_picture_lies_nearer_to_one_of_two_texts():
    """Places are along two axes: how lively, and how light."""
    axes = {"calm": (-1, 0), "energetic": (1, 0), "major": (0, 1), "minor": (0, -1)}
    places = {
        text: axes[value]
        for _, sides in opposites.TEXTS.values()
        for value, texts in sides.items()
        for text in texts
    }
    shown = {"a": (-1, 0.5), "b": (0.1, -2), "c": (1, 1)}
    mulan = types.SimpleNamespace(
        embed_text=lambda texts: np.array([places[text] for text in texts]),
        embed_image=lambda path: np.array(shown[path]),
    )
    model = types.SimpleNamespace(tokenizers=types.SimpleNamespace(mulan=mulan))
    pictures = [
        {"energy": "calm", "mode": "minor"},
        {"energy": "moderate", "mode": "minor"},
        {"energy": "calm", "mode": "major"},
    ]
    found = dict(opposites.nearer_texts(model, pictures, ["a", "b", "c"]))
    assert found == {
        "calm or lively": [True, False],
        "slow or fast": [True, False],
        "light or dark": [False, True, True],
    }


def test_pictures_are_written_as_they_are(tmp_path, rng):
    image = rng.integers(0, 256, (5, 5, 3)).astype(np.uint8)
    (path,) = opposites.write_pictures([{"image": image}], tmp_path)
    assert path.read_bytes().startswith(b"\x89PNG")

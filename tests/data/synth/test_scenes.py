"""Scenes look as their mood says, and are described in the corpus' words."""

import numpy as np
import pytest

from musiclm_jax.data.synth import piece
from musiclm_jax.data.synth import words_feeling as feeling
from musiclm_jax.data.synth.scenes import nature, paint, people, scene
from musiclm_jax.data.synth.scenes.canvas import SIDE


def painted(key, count=4):
    return np.stack(
        [paint.paint(scene.Scene(*key), np.random.default_rng(i)) for i in range(count)]
    )


def test_the_same_numbers_give_the_same_picture():
    first, again, other = (paint.example(3, n) for n in (1, 1, 2))
    np.testing.assert_array_equal(first["image"], again["image"])
    assert first["captions"] == again["captions"]
    assert not np.array_equal(first["image"], other["image"])


def test_every_subject_has_a_painter_and_a_mood_of_music():
    assert set(nature.PAINTERS | people.PAINTERS) == set(scene.SUBJECTS)
    for subject, energy, mode in scene.MUSIC:
        assert energy in piece.ENERGIES and mode in piece.MODES, subject


@pytest.mark.parametrize("key", scene.MUSIC, ids=" ".join)
def test_each_scene_can_be_painted(key):
    pictures = painted(key)
    assert pictures.shape == (4, SIDE, SIDE, 3) and pictures.dtype == np.uint8
    assert pictures.std(axis=(1, 2)).max() > 3, "something is seen"
    assert np.abs(pictures[0].astype(int) - pictures[1]).mean() > 3, "no two alike"


def test_minor_is_darker_and_energy_more_colourful():
    light, chroma = {}, {}
    for key in scene.MUSIC:
        pixels = painted(key).reshape(-1, 3).astype(float)
        light.setdefault(key[1:], []).append(pixels.max(axis=1).mean())
        chroma.setdefault(key[1], []).append(np.ptp(pixels, axis=1).mean())
    for energy in piece.ENERGIES:
        dark, bright = (np.mean(light[energy, mode]) for mode in ("minor", "major"))
        assert dark < bright - 50
    means = [np.mean(chroma[energy]) for energy in piece.ENERGIES]
    assert means == sorted(means) and means[2] > 1.5 * means[0]


def test_the_music_of_a_scene_is_of_its_mood(rng):
    for key in scene.MUSIC:
        music = scene.music_of(scene.Scene(*key), rng)
        assert (music.energy, music.mode) == key[1:]
        if music.energy == "calm":
            assert not music.has_drums and music.tempo_class != "fast"
    church = scene.music_of(scene.Scene("church", "calm", "minor"), rng)
    assert church.lead in ("church organ", "choir")


def test_descriptions_are_of_the_mood_and_of_no_other(rng):
    fast = {*feeling.TEMPO_ADJECTIVES["fast"], *feeling.TEMPO_PHRASES["fast"]}
    calm = scene.Scene("snow", "calm", "major")
    said = [text for _ in range(30) for text in paint.describe(calm, rng)]
    assert len(set(said)) > 100
    phrases = [set(text.lower().split(", ")) for text in said]
    assert not [text for text, parts in zip(said, phrases, strict=True) if parts & fast]
    moods = feeling.MOODS["calm", "major"]
    assert np.mean([any(mood in text.lower() for mood in moods) for text in said]) > 0.5


def test_a_mood_that_a_subject_has_not():
    with pytest.raises(ValueError, match="there is no calm minor scene of 'fire'"):
        scene.Scene("fire", "calm", "minor")

import numpy as np
import pytest

from musiclm_jax.evaluation import key as key_lib

RATE = 24000
SCALE = {"major": (0, 2, 4, 5, 7, 9, 11, 12), "minor": (0, 2, 3, 5, 7, 8, 11, 12)}
CHORDS = {"major": (0, 4, 7), "minor": (0, 3, 7)}


def tone(midi, seconds):
    time = np.arange(round(seconds * RATE)) / RATE
    hz = 440.0 * 2 ** ((midi - 69) / 12)
    wave = sum(np.sin(2 * np.pi * k * hz * time) / k**2 for k in (1, 2, 3))
    return 0.2 * wave * np.hanning(len(time))


def piece(tonic, mode):
    scale = np.concatenate([tone(60 + tonic + step, 0.4) for step in SCALE[mode]])
    chord = sum(tone(48 + tonic + step, 2.0) for step in CHORDS[mode])
    return np.concatenate([chord, scale, chord])


@pytest.mark.parametrize("tonic", [0, 3, 10])
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_the_key_of_a_scale(tonic, mode):
    clarity, key = key_lib.key_clarity(piece(tonic, mode), RATE)
    assert key == tonic + 12 * (mode == "minor")
    assert clarity > 0.8


def test_pitch_classes_of_a_note():
    chroma = key_lib.pitch_classes(tone(69, 2.0), RATE)
    assert chroma.argmax() == 9
    assert abs(chroma.sum() - 1.0) < 1e-9


def test_music_without_a_key_is_less_clear(rng):
    chromatic = np.concatenate([tone(48 + step, 0.4) for step in range(24)])
    noise = 0.1 * rng.standard_normal(4 * RATE)
    clear, _ = key_lib.key_clarity(piece(5, "major"), RATE)
    for sound in (chromatic, noise):
        assert key_lib.key_clarity(sound, RATE)[0] < clear - 0.2
    assert key_lib.key_clarity(np.zeros(RATE), RATE) == (0.0, 0)


def test_names_of_keys():
    assert [key_lib.key_name(key) for key in (0, 9, 10, 21)] == [
        "C major",
        "A major",
        "Bb major",
        "A minor",
    ]

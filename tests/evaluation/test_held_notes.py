import numpy as np
import pytest
from scipy import signal

from musiclm_jax.data.synth.render import SAMPLE_RATE
from musiclm_jax.evaluation import held_notes


@pytest.fixture(scope="module")
def notes():
    return held_notes.play(SAMPLE_RATE)


def test_true_notes_are_where_they_were_played(notes):
    cents, harmonics_db = held_notes.tone(notes, SAMPLE_RATE)
    assert cents < 8.0
    assert harmonics_db > 5.0
    assert len({timbre for timbre, _ in held_notes.NOTES}) == 12


def test_notes_that_are_too_high(notes):
    up = np.stack([signal.resample(note, round(len(note) / 1.03)) for note in notes])
    cents, _ = held_notes.tone(up, SAMPLE_RATE)
    assert cents == pytest.approx(1200 * np.log2(1.03), abs=8.0)


def test_noise_is_heard(notes, rng):
    _, clean = held_notes.tone(notes, SAMPLE_RATE)
    noisy = notes + 0.1 * rng.standard_normal(notes.shape)
    assert held_notes.tone(noisy, SAMPLE_RATE)[1] < clean - 3.0


def test_another_rate_changes_little(notes):
    rate = 16000
    low = held_notes.play(rate)
    assert low.shape == (len(notes), notes.shape[1] * rate // SAMPLE_RATE)
    cents, harmonics_db = held_notes.tone(low, rate)
    assert (cents, harmonics_db) == pytest.approx(
        held_notes.tone(notes, SAMPLE_RATE), abs=1.5
    )

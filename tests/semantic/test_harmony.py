import jax
import numpy as np
import pytest

from musiclm_jax.semantic import harmony
from musiclm_jax.signal import log_frequency
from musiclm_jax.signal.log_frequency import LogFrequencyConfig

CONFIG = LogFrequencyConfig(
    sample_rate=8000,
    frame_length=2048,
    hop_length=320,
    low_hz=130.81,
    lines_per_octave=36,
    num_octaves=4,
)
hear = jax.jit(lambda audio: harmony.pitch_classes(audio, CONFIG))


def chord(*semitones, level=0.2):
    """Notes with harmonics over the lowest C."""
    time = np.arange(8000) / 8000
    hz = 130.81 * 2.0 ** (np.array(semitones) / 12)
    return level * sum(
        np.sin(2 * np.pi * k * f * time) / k for f in hz for k in (1, 2, 3)
    )


def middle(audio):
    return np.asarray(hear(audio[None].astype(np.float32)))[0, 12]


def test_classes_are_those_of_a_loop(rng):
    audio = rng.normal(size=(1, 4 * 320)).astype(np.float32)
    lines = np.log(log_frequency.log_frequency_spectrogram(audio, CONFIG)[0] + 0.1)
    got = hear(audio)
    for step in range(4):
        folded = np.zeros(36)
        for line in range(144):
            around = lines[step, max(0, line - 18) : line + 19].mean()
            folded[line % 36] += max(0.0, lines[step, line] - around)
        want = folded / (np.linalg.norm(folded) + 0.1)
        np.testing.assert_allclose(got[0, step], want, atol=1e-5)


@pytest.mark.parametrize("note", [0, 4, 11])
def test_a_note_is_its_pitch_class_in_every_octave(note):
    for octave in (0, 12, 24):
        assert np.argmax(middle(chord(note + octave))) == 3 * note


def test_transposed_music_is_turned():
    one, other = middle(chord(0, 4, 7)), middle(chord(5, 9, 12))
    turned = np.roll(one, 15)
    assert one @ other < 0.6 * (turned @ other) and turned @ other > 0.9


def test_level_does_not_count():
    one, other = (middle(chord(0, 4, 7, level=level)) for level in (0.05, 0.2))
    assert one @ other > 0.995 * np.linalg.norm(one) * np.linalg.norm(other)


def test_silence_has_none():
    np.testing.assert_allclose(middle(np.zeros(8000)), 0.0, atol=1e-4)

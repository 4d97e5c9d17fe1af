"""What the codec with a clock sounds."""

import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.codec import tone_analysis, tone_bank
from musiclm_jax.evaluation import pitch

RATE = 24_000
SCALE = tone_analysis.ToneScale(
    sample_rate=RATE,
    hop_length=240,
    moments_per_frame=4,
    lowest_hz=41.2,
    tones_per_octave=36,
    num_tones=252,
    num_bands=32,
    tone_window=4096,
    band_window=1024,
)


def bank(levels, first=0):
    start = jnp.full(levels.shape[0], first, jnp.uint32)
    made = tone_bank.grains(SCALE, jnp.asarray(levels), start, lines_per_band=8)
    tail = jnp.zeros((levels.shape[0], SCALE.hop_length))
    return np.asarray(tone_bank.overlap_add(made, tail)[0])


@pytest.mark.parametrize("tone", [40, 123, 250])
def test_a_level_sounds_at_its_pitch_and_amplitude(tone):
    levels = np.zeros((1, 200, 284), np.float32)
    levels[:, :, tone] = 0.3
    audio = bank(levels)[0]
    np.testing.assert_allclose(np.square(audio[2400:-2400]).mean(), 0.045, rtol=0.02)
    cents, ratio = pitch.held_note(
        audio[2400:], RATE, nominal_hz=float(SCALE.tones_hz[tone])
    )
    assert cents <= 1.0
    assert ratio > 40.0


def test_noise_lines_have_their_power_and_no_pitch():
    levels = np.zeros((1, 400, 284), np.float32)
    levels[:, :, 252:] = 0.05
    audio = bank(levels)[0, 2400:]
    np.testing.assert_allclose(np.square(audio).mean(), 32 * 0.05**2 / 2, rtol=0.1)
    spectrum = np.abs(np.fft.rfft(audio[:65536] * np.hanning(65536)))[5000:20000]
    # Fixed lines would stand out of such a spectrum by far more.
    assert spectrum.max() < 12 * np.median(spectrum)


def test_the_clock_is_exact_after_hours():
    """A line's phase at moment n is n times its turn, in whole numbers."""
    levels = np.zeros((1, 4, 284), np.float32)
    levels[:, :, 200] = 1.0
    far = 1_000_003
    turn = round(SCALE.tones_hz[200] * 240 / RATE % 1.0 * 2**32)
    made = tone_bank.grains(
        SCALE, jnp.asarray(levels), jnp.array([far], jnp.uint32), lines_per_band=8
    )
    at_zero = tone_bank.grains(
        SCALE, jnp.asarray(levels), jnp.zeros(1, jnp.uint32), lines_per_band=8
    )
    # Both are the same cosine, further on by (far * turn) mod a turn.
    angle = 2 * np.pi * (far * turn % 2**32) / 2**32
    window = 0.5 - 0.5 * np.cos(np.pi * np.arange(480) / 240)
    time = 2 * np.pi * SCALE.tones_hz[200] * np.arange(480) / RATE
    start = np.angle(np.sum(np.asarray(at_zero)[0, 0] * window * np.exp(-1j * time)))
    expected = window * np.cos(time + start + angle)
    np.testing.assert_allclose(np.asarray(made)[0, 0], expected, atol=2e-3)

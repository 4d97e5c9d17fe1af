"""The codec with a clock: what it measures, what it sounds, and that it streams."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.codec import tone_analysis, tone_bank, tone
from musiclm_jax.evaluation import pitch
from musiclm_jax.layers.convolution import PAST

RATE = 24_000
SCALE = tone_analysis.ToneScale(
    sample_rate=RATE,
    hop_length=240,
    lowest_hz=41.2,
    tones_per_octave=36,
    num_tones=252,
    num_bands=32,
    tone_window=4096,
    noise_window=1024,
)
CONFIG = tone.ToneCodecConfig(
    scale=SCALE,
    moments_per_frame=2,
    lines_per_band=8,
    level_floor=1e-3,
    width=16,
    mlp_dim=24,
    num_blocks=2,
    kernel_size=3,
    num_quantizers=2,
    codebook_size=8,
)
measure = jax.jit(tone_analysis.measure, static_argnums=0)


def sine(hz, amplitude=0.3, seconds=1.0):
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def bank(levels, first=0):
    start = jnp.full(levels.shape[0], first, jnp.uint32)
    made = tone_bank.grains(SCALE, jnp.asarray(levels), start, lines_per_band=8)
    tail = jnp.zeros((levels.shape[0], SCALE.hop_length))
    return np.asarray(tone_bank.overlap_add(made, tail)[0])


@pytest.mark.parametrize("tone", [60, 100, 155, 220])
def test_a_sine_is_one_tone_of_its_amplitude(tone):
    levels = np.asarray(measure(SCALE, sine(SCALE.tones_hz[tone])[None]))[0, 30:70]
    assert (levels[:, :252].argmax(axis=1) == tone).all()
    np.testing.assert_allclose(levels[:, tone], 0.3, rtol=0.05)
    others = np.delete(levels, tone, axis=1)
    assert others.max() < 0.05


def test_noise_is_no_tones_and_keeps_its_power(rng):
    noise = (0.1 * rng.standard_normal((1, RATE))).astype(np.float32)
    levels = np.asarray(measure(SCALE, noise))[0, 20:80]
    power = np.square(levels) / 2
    assert power[:, 252:].sum() > 5 * power[:, :252].sum()
    np.testing.assert_allclose(power.sum(axis=1).mean(), 0.01, rtol=0.15)


def test_an_attack_is_in_its_moment():
    """Long windows would smear it over a sixth of a second."""
    audio = np.concatenate([np.zeros(RATE // 2, np.float32), sine(440.0, seconds=0.5)])
    levels = np.asarray(measure(SCALE, audio[None]))[0].max(axis=1)
    assert levels[:46].max() < 0.03
    assert levels[54:60].min() > 0.15


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


@pytest.fixture(scope="module")
def params():
    rng = np.random.default_rng(0)
    logs = jnp.zeros((1, 2, CONFIG.embed_dim))
    decoder = tone.Decoder(CONFIG).init(jax.random.key(0), logs)["params"]
    # Corrections that do something.
    kernel = decoder["corrections"]["kernel"]
    decoder["corrections"]["kernel"] = 0.05 * rng.standard_normal(kernel.shape)
    return jax.tree.map(lambda x: jnp.asarray(getattr(x, "value", x)), decoder)


def test_streamed_equals_whole(params, rng):
    logs = jnp.asarray(rng.normal(-4, 1, (2, 9, CONFIG.embed_dim)), jnp.float32)
    decoder = tone.Decoder(CONFIG)
    whole = decoder.apply({"params": params}, logs)
    shapes = jax.eval_shape(lambda x: decoder.init(jax.random.key(0), x), logs[:, :1])[
        PAST
    ]
    past = jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)
    chunks = []
    for first, last in ((0, 1), (1, 4), (4, 9)):
        audio, mutated = decoder.apply(
            {"params": params, PAST: past}, logs[:, first:last], mutable=[PAST]
        )
        past = mutated[PAST]
        chunks.append(audio)
    np.testing.assert_allclose(jnp.concatenate(chunks, axis=1), whole, atol=2e-5)


def test_untrained_it_keeps_the_pitch_of_a_chord():
    chord = sum(
        sine(hz, 0.1, seconds=2.0) for hz in (196.0, 246.9, 293.7, 440.0, 587.3)
    )
    logs = tone.embed(CONFIG, chord[None])
    decoder = tone.Decoder(CONFIG)
    params = decoder.init(jax.random.key(0), logs)["params"]
    made = np.asarray(decoder.apply({"params": params}, logs))[0]
    assert pitch.partials_kept(chord, made, RATE) > 0.9
    ratio = np.square(made[4800:-4800]).mean() / np.square(chord[4800:-4800]).mean()
    assert 0.5 < ratio < 1.5


def test_codes_have_the_codecs_shapes(params, rng):
    audio = jnp.asarray(rng.normal(0, 0.1, (2, 5000)), jnp.float32)
    dims = (CONFIG.num_quantizers, CONFIG.codebook_size, CONFIG.embed_dim)
    whole = {
        "decoder": params,
        "mean": jnp.full(CONFIG.embed_dim, -5.0),
        "codebooks": jnp.asarray(rng.normal(0, 0.5, dims), jnp.float32),
    }
    codes = tone.encode(CONFIG, whole, audio)
    assert codes.shape == (2, 11, 2) and codes.dtype == jnp.int32
    assert tone.decode(CONFIG, whole, codes).shape == (2, 11 * 480)
    assert CONFIG.frame_rate == 50.0


def test_what_cannot_be():
    with pytest.raises(ValueError, match="the highest tone, 13289 Hz, must lie below"):
        dataclasses.replace(SCALE, num_tones=301)
    with pytest.raises(ValueError, match=r"level_floor must be above 0, got 0\.0"):
        dataclasses.replace(CONFIG, level_floor=0.0)

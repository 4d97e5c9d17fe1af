"""The codec with a clock learns a small batch, from where analysis alone leaves it."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax.linen import meta

from musiclm_jax.codec import losses, task, tone, tone_analysis, tone_corrections
from musiclm_jax.training.warm_start import WarmStart

RATE = 8000
NUM_STEPS = 150
BLOCKS = tone_corrections.Blocks(width=32, mlp_dim=64, num_blocks=2, kernel_size=3)
CONFIG = tone.ToneCodecConfig(
    scale=tone_analysis.ToneScale(
        sample_rate=RATE,
        hop_length=80,
        moments_per_frame=4,
        lowest_hz=110.0,
        tones_per_octave=12,
        num_tones=48,
        num_bands=16,
        tone_window=2048,
        band_window=320,
    ),
    lines_per_band=2,
    tone_floor=1e-3,
    band_floor=1e-4,
    band_weight=0.7,
    corrections=BLOCKS,
    sharpening=BLOCKS,
    num_quantizers=2,
    codebook_size=8,
)


MEL = losses.MelLoss(window_lengths=(256, 1024), log_offset=3e-3)
CHANGE = losses.MelChange()
SPECTRUM = losses.LogSpectrum(window_length=2048, highest_hz=2000.0)
SPREAD = losses.MelSpread()


def make(config=CONFIG):
    return task.CodecTask(
        config=config,
        optimizer=optax.adam(3e-3),
        reconstruction=(MEL, CHANGE, SPECTRUM, SPREAD),
        adversary=None,
        commitment_weight=0.0,
        codebook_decay=0.9,
        dead_threshold=0.2,
        ema_decay=0.9,
        quantizer_dropout=False,
    )


def test_chance_is_not_held_against_noise():
    """Noises that differ cost half of what one noise costs that is always the same."""
    codec = make()
    rng = np.random.default_rng(0)
    true, one, other = jnp.asarray(0.1 * rng.standard_normal((3, 2, RATE)), jnp.float32)
    twice = losses.interleave(true, true)
    drawn = codec._distances(twice, losses.interleave(one, other))
    stuck = codec._distances(twice, losses.interleave(one, one))
    for term in (MEL, CHANGE, SPECTRUM):
        plain = term(true, one, sample_rate=RATE)
        np.testing.assert_allclose(stuck[term.name], plain, rtol=1e-4)
        np.testing.assert_allclose(drawn[term.name], plain / 2, rtol=0.03)


def test_it_learns_what_few_bits_lose():
    """Chords that are struck and die away, of six bits a frame."""
    codec = make()
    time = np.arange(RATE) / RATE
    hz = 110.0 * 2 ** (np.array([[12, 16, 19], [9, 17, 24], [14, 17, 33]]) / 12)
    strings = np.sin(2 * np.pi * hz[:, :, None] * time).sum(axis=1)
    chords = 0.1 * strings * np.exp(-8 * (time % 0.5))
    batch = {"audio": jnp.asarray(chords, jnp.float32)}
    state = jax.jit(codec.init)(jax.random.key(0), batch)
    step = jax.jit(codec.train_step, donate_argnums=0)
    measure = jax.jit(codec.eval_step)
    for number in range(NUM_STEPS):
        state, metrics = step(state, batch, jax.random.key(number))
        if number == 0:
            first = measure(state, batch)
    after = measure(state, batch)
    for name in ("mel", "mel_change", "log_spectrum", "mel_spread"):
        after_it, before = (float(m[f"loss/{name}"]) for m in (after, first))
        assert after_it < 0.7 * before, name
    assert metrics["health/skipped_steps"] == 0
    assert "encoder" not in codec.inference_params(state)
    _check_decoder_alone(codec, state, batch)


def _check_decoder_alone(codec, state, batch):
    """It goes on while each code stands for what it stood for, also the unused."""
    trained = jax.tree.map(np.asarray, codec.inference_params(state))
    alone = dataclasses.replace(
        codec,
        codebook_decay=1.0,
        dead_threshold=0.0,
        start=lambda part: WarmStart(codec.config, trained, where=part),
    )
    random = meta.unbox(jax.jit(alone.init)(jax.random.key(1), batch))
    begun = alone.with_start(random)
    step = jax.jit(alone.train_step)
    after, _ = step(step(begun, batch, jax.random.key(0))[0], batch, jax.random.key(1))
    np.testing.assert_array_equal(after.rvq.codebooks, trained["codebooks"])
    params = alone.inference_params(after)
    moved = jax.tree.map(
        lambda a, b: (a != b).any(), params["decoder"], trained["decoder"]
    )
    assert any(jax.tree.leaves(moved))

"""The codec learns with its discriminators, and they take the part they were given."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.codec import adversary, losses, soundstream, task
from musiclm_jax.codec.discriminators import DiscriminatorConfig

NUM_STEPS = 300
CODEC = soundstream.SoundStreamConfig(
    sample_rate=8000,
    strides=(2, 4),
    encoder_channels=8,
    decoder_channels=8,
    channel_multipliers=(2, 4),
    embed_dim=16,
    num_quantizers=2,
    codebook_size=32,
    residual_dilations=(1,),
    kernel_size=5,
)
DISCRIMINATORS = DiscriminatorConfig(
    wave_factors=(1,),
    wave_channels=8,
    max_wave_channels=32,
    wave_strides=(4,),
    wave_kernel_size=9,
    stft_channels=4,
    stft_multipliers=(1,),
    frame_length=128,
    stft_hop_length=32,
)


@pytest.fixture(scope="module")
def training():
    """A training on two chords: the task, the batch, the last state, all metrics."""
    codec = task.CodecTask(
        config=CODEC,
        optimizer=optax.adam(2e-3, b1=0.5, b2=0.9),
        reconstruction=(losses.MelLoss(window_lengths=(64, 512)),),
        adversary=adversary.Adversary(
            config=DISCRIMINATORS,
            optimizer=optax.adam(2e-3, b1=0.5, b2=0.9),
            adversarial_weight=3.0,
            feature_weight=3.0,
        ),
        commitment_weight=0.25,
        codebook_decay=0.9,
        dead_threshold=0.2,
        ema_decay=0.99,
    )
    time = np.arange(1024) / 8000
    tones = np.array([[220, 330, 440], [262, 392, 1047]])[:, :, None]
    chords = np.sin(2 * np.pi * tones * time).sum(axis=1) * np.linspace(
        0.05, 0.25, 1024
    )
    batch = {"audio": jnp.asarray(chords, jnp.float32)}
    state = jax.jit(codec.init)(jax.random.key(0), batch)
    step = jax.jit(codec.train_step, donate_argnums=0)
    measured = []
    for number in range(NUM_STEPS):
        state, metrics = step(state, batch, jax.random.key(number))
        measured.append(metrics)
    measured = jax.device_get(measured)
    series = {name: np.array([m[name] for m in measured]) for name in measured[0]}
    return codec, batch, state, series


def test_shares_at_the_sound_are_what_the_weights_say_at_every_step(training):
    """Though the lengths of the gradients change a hundredfold on the way."""
    codec, _, _, series = training
    whole = sum(codec.weights.values())
    for name, weight in codec.weights.items():
        share = series[f"health/share_{name}"] / (weight / whole)
        assert share.min() > 0.5 and share.max() < 2.0, name


def test_overfits_one_batch_with_its_discriminators(training):
    codec, batch, state, series = training
    metrics = jax.jit(codec.eval_step)(state, batch)
    assert float(metrics["loss/mel"]) < 0.55 * series["loss/mel"][0]
    assert float(metrics["quality/si_sdr_db"]) > 10
    assert series["health/skipped_steps"][-1] == 0
    # The adversary begins at chance, learns to tell, and is listened to.
    assert abs(series["loss/discriminator"][0] - 2) < 0.2
    assert series["loss/discriminator"][-50:].mean() < 1.8
    assert series["loss/adversarial"][-50:].mean() < 2.5

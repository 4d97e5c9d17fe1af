"""The melody network, and that it learns: the same tune in two sounds."""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.melody import embedding, losses, network
from musiclm_jax.melody.frames import MelFrames, PitchFrames
from musiclm_jax.melody.task import MelodyTask
from musiclm_jax.signal.log_frequency import LogFrequencyConfig
from musiclm_jax.signal.mel import MelConfig

RATE = 8000
PITCHES = PitchFrames(
    lines=LogFrequencyConfig(
        sample_rate=RATE,
        frame_length=2048,
        hop_length=800,
        low_hz=110.0,
        lines_per_octave=12,
        num_octaves=4,
    )
)
MELS = MelFrames(
    mel=MelConfig(
        sample_rate=RATE,
        frame_length=1024,
        hop_length=800,
        num_mels=40,
        low_hz=0.0,
        high_hz=4000.0,
    ),
    mean=0.0,
    std=2.0,
)
CONFIG = network.MelodyConfig(
    frames=PITCHES,
    embed_dim=16,
    num_layers=2,
    num_heads=2,
    head_dim=8,
    width=32,
    mlp_dim=32,
    dropout_rate=0.0,
    window_seconds=1.0,
    hop_seconds=0.5,
    stride_seconds=0.25,
    dtype="float32",
)


def play(notes, harmonics, octave=0):
    """Notes in semitones above A, a quarter of a second each: [sample]."""
    time = np.arange(RATE // 4) / RATE
    sound = []
    for note in notes:
        hz = 220.0 * 2.0 ** (note / 12 + octave)
        tones = [np.sin(2 * np.pi * hz * k * time) * a for k, a in harmonics.items()]
        sound.append(np.sum(tones, axis=0) * np.hanning(len(time)))
    return np.concatenate(sound).astype(np.float32)


@pytest.fixture(scope="module")
def batch():
    rng = np.random.default_rng(0)
    tunes = [rng.integers(0, 12, 4) for _ in range(12)]
    return {
        "first": np.stack([play(t, {1: 0.3, 2: 0.2, 3: 0.1}) for t in tunes]),
        "second": np.stack([play(t, {1: 0.5}, octave=1) for t in tunes]),
    }


@pytest.mark.parametrize(
    ("frames", "loss", "told_right"),
    [
        # From another tune that is nearer than the same one, none of the semi-hard, it
        # does not learn: which ones these are is chance.
        (MELS, lambda a, b: losses.semi_hard_triplet(a, b, margin=0.3), 0.75),
        (PITCHES, lambda a, b: losses.info_nce(a, b, temperature=0.1), 1.0),
    ],
    ids=["as in the paper", "as at a small size"],
)
def test_learns_which_sounds_are_one_tune(batch, frames, loss, told_right):
    task = MelodyTask(
        config=dataclasses.replace(CONFIG, frames=frames),
        optimizer=optax.adam(3e-3),
        loss=loss,
        ema_decay=0.5,
    )
    state = jax.jit(task.init)(jax.random.key(0), batch)
    step = jax.jit(task.train_step)
    before = task.eval_step(state, batch)
    assert before["retrieval/accuracy"] < 0.7
    for number in range(260):
        state, _ = step(state, batch, jax.random.key(number))
    after = task.eval_step(state, batch)
    assert after["retrieval/accuracy"] >= told_right
    assert after["loss/total"] < 0.3 * before["loss/total"]


def test_windows_are_what_each_is_alone(batch):
    params = {"network": _params()}
    audio = np.concatenate(batch["first"][:3])[None]  # three seconds
    windows = embedding.embed_windows(CONFIG, params, audio)
    assert windows.shape == (1, 9, 16)
    for place in (0, 3, 8):
        start = place * CONFIG.stride_length
        alone = network.embed(
            CONFIG, params["network"], audio[:, start : start + CONFIG.window_length]
        )
        np.testing.assert_allclose(windows[:, place], alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(windows, axis=-1), 1.0, atol=1e-5)


@pytest.mark.parametrize(
    ("samples", "count"), [(800, 1), (8000, 1), (8001, 2), (10000, 2), (24000, 9)]
)
def test_every_sample_is_in_a_window(samples, count):
    assert embedding.num_windows(CONFIG, samples) == count
    audio = jnp.zeros((2, samples))
    windows = embedding.embed_windows(CONFIG, {"network": _params()}, audio)
    assert windows.shape[:2] == (2, count)


def test_stretches_are_whole_windows():
    task = MelodyTask(
        config=CONFIG, optimizer=optax.sgd(0.1), loss=losses.info_nce, ema_decay=0.9
    )
    batch = {"first": np.zeros((2, 9000)), "second": np.zeros((2, 9000))}
    with pytest.raises(ValueError, match="9000 samples are no whole windows of 8000"):
        task.init(jax.random.key(0), batch)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"hop_seconds": 0.6}, "hop_seconds=0.6 is no whole number of stride_seconds"),
        ({"window_seconds": 0.4}, "something would go unheard"),
        ({"dtype": "int8"}, "dtype"),
    ],
)
def test_settings_that_cannot_be(wrong, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CONFIG, **wrong)


def _params():
    return nn.meta.unbox(network.init_params(CONFIG, jax.random.key(0)))

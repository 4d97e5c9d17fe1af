import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.codec import losses, network, start, task
from musiclm_jax.codec.discriminators import DiscriminatorConfig
from musiclm_jax.layers import quantization

DISCRIMINATORS = DiscriminatorConfig(
    wave_factors=(1,),
    wave_channels=4,
    max_wave_channels=8,
    wave_strides=(4,),
    wave_kernel_size=5,
    stft_channels=2,
    stft_multipliers=(1,),
    frame_length=32,
    stft_hop_length=16,
)


def make(config, **changes):
    settings = {
        "config": config,
        "discriminator_config": DISCRIMINATORS,
        "start": start.at_random,
        "optimizer": optax.adam(1e-3),
        "discriminator_optimizer": optax.adam(1e-3),
        "loss_weights": {
            "mel": 1.0,
            "waveform": 2.0,
            "movement": 3.0,
            "adversarial": 1.0,
            "feature": 100.0,
            "commitment": 1.0,
        },
        "codebook_decay": 0.9,
        "dead_threshold": 2.0,
        "noise_share": 0.0,
        "adversarial_start_step": 1,
    }
    return task.CodecTask(**{**settings, **changes})


@pytest.fixture(scope="module")
def batch():
    audio = np.random.default_rng(1).standard_normal((2, 600)) * 0.1
    return {"audio": jnp.asarray(audio, jnp.float32)}


@pytest.fixture(scope="module")
def states(config, batch):
    """The states before and after two steps, and the metrics of the steps."""
    codec = make(config)
    step = jax.jit(codec.train_step)
    before = jax.jit(codec.init)(jax.random.key(0), batch)
    first, first_metrics = step(before, batch, jax.random.key(1))
    second, second_metrics = step(first, batch, jax.random.key(2))
    return (before, first, second), (first_metrics, second_metrics)


def moved(old, new):
    return [
        float(jnp.abs(a - b).max()) > 0
        for a, b in zip(jax.tree.leaves(old), jax.tree.leaves(new), strict=True)
    ]


def test_adversaries_from_the_start_judge_once(config, batch, states):
    """The same step as behind a branch, with a pass over the sounds less."""
    (_, first, second), _ = states
    programs = [
        jax.jit(make(config, adversarial_start_step=start).train_step).lower(
            first, batch, jax.random.key(2)
        )
        for start in (0, 1)
    ]
    compiled = [program.compile() for program in programs]
    at_once = compiled[0](first, batch, jax.random.key(2))[0]
    for actual, expected in zip(
        jax.tree.leaves(at_once), jax.tree.leaves(second), strict=True
    ):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-6)
    fewer, more = (program.as_text().count(" convolution(") for program in compiled)
    assert more - fewer >= 4 + 5  # convolutions on the waveform, on the spectrum


def test_adversaries_wait_for_their_step(states):
    (before, first, second), (first_metrics, second_metrics) = states
    for name in ("loss/adversarial", "loss/feature", "loss/discriminator"):
        assert float(first_metrics[name]) == 0
        assert float(second_metrics[name]) > 0
    assert not any(moved(before.discriminator.params, first.discriminator.params))
    assert all(moved(first.discriminator.params, second.discriminator.params))
    assert int(first.discriminator.step) == 0


def test_without_adversaries_only_the_codec_learns(config, batch, states):
    """The same first step as with adversaries that wait."""
    codec = make(config, adversarial_start_step=None)
    (before, first, _), (first_metrics, _) = states
    state, metrics = jax.jit(codec.train_step)(before, batch, jax.random.key(1))
    np.testing.assert_allclose(metrics["loss/total"], first_metrics["loss/total"])
    assert metrics.keys() == first_metrics.keys()
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5),
        state.generator.params,
        first.generator.params,
    )
    state, metrics = jax.jit(codec.train_step)(state, batch, jax.random.key(2))
    assert float(metrics["loss/adversarial"]) == 0
    assert not any(moved(before.discriminator.params, state.discriminator.params))


def test_every_parameter_of_the_codec_learns(states):
    # In the first step the residual units are the identity, and block their insides.
    (before, _, second), _ = states
    assert all(moved(before.generator.params, second.generator.params))
    assert bool(second.rvq.initialized)


def test_total_is_the_weighted_sum(states):
    for metrics in states[1]:
        want = (
            metrics["loss/mel"]
            + 2 * metrics["loss/waveform"]
            + 3 * metrics["loss/movement"]
            + metrics["loss/adversarial"]
            + 100 * metrics["loss/feature"]
            + metrics["loss/commitment"]
        )
        np.testing.assert_allclose(metrics["loss/total"], want, rtol=1e-5)
        assert all(v.shape == () and v.dtype == jnp.float32 for v in metrics.values())


def test_first_step_by_hand(config, batch, states):
    """The terms of the first step, out of the parts, with all levels kept."""
    codec = make(config, min_levels=3)
    (before, _, _), _ = states
    state, metrics = jax.jit(codec.train_step)(before, batch, jax.random.key(3))
    params = before.generator.params
    audio = batch["audio"]
    x = network.Encoder(config).apply({"params": params["encoder"]}, audio)
    start_rng, _, follow_rng, _ = jax.random.split(jax.random.key(3), 4)
    rvq = quantization.kmeans_init(before.rvq, x, start_rng)
    codes = quantization.quantize(rvq.codebooks, x)
    decoded = network.decode(
        config, {"decoder": params["decoder"], "codebooks": rvq.codebooks}, codes
    )
    np.testing.assert_allclose(
        metrics["loss/mel"],
        losses.mel_loss(audio, decoded, sample_rate=8000),
        rtol=1e-4,
    )
    followed = quantization.ema_update(
        rvq, x, codes, follow_rng, decay=0.9, dead_threshold=2.0
    )
    np.testing.assert_allclose(state.rvq.codebooks, followed.codebooks, atol=1e-4)


def test_noise_takes_the_place_of_the_quantizer(config, batch, states):
    """By hand: white, and of the power of the quantizer's own error."""
    codec = make(config, min_levels=3, noise_share=1.0)
    (before, _, _), _ = states
    _, metrics = jax.jit(codec.train_step)(before, batch, jax.random.key(3))
    params, audio = before.generator.params, batch["audio"]
    x = network.Encoder(config).apply({"params": params["encoder"]}, audio)
    start_rng, _, _, rng = jax.random.split(jax.random.key(3), 4)
    _, noise_rng = jax.random.split(rng)
    rvq = quantization.kmeans_init(before.rvq, x, start_rng)
    codes = quantization.quantize(rvq.codebooks, x)
    error = x - quantization.dequantize(rvq.codebooks, codes)
    noise = np.sqrt(np.square(error).mean()) * jax.random.normal(noise_rng, x.shape)
    decoded = network.Decoder(config).apply({"params": params["decoder"]}, x + noise)
    np.testing.assert_allclose(
        metrics["loss/mel"],
        losses.mel_loss(audio, decoded, sample_rate=8000),
        rtol=1e-4,
    )


def test_not_finite_changes_nothing(config, states):
    codec = make(config)
    (_, first, _), _ = states
    bad = {"audio": jnp.full((2, 600), jnp.nan)}
    state, metrics = jax.jit(codec.train_step)(first, bad, jax.random.key(4))
    assert float(metrics["health/skipped_steps"]) == 1
    assert not any(moved(first.generator.params, state.generator.params))
    assert not any(moved(first.discriminator.params, state.discriminator.params))
    assert not any(moved(first.rvq.codebooks, state.rvq.codebooks))


def test_evaluation_uses_the_average(config, batch, states):
    codec = make(config)
    (_, _, second), _ = states
    metrics = jax.jit(codec.eval_step)(second, batch)
    params = codec.inference_params(second)
    np.testing.assert_array_equal(
        params["encoder"]["first"]["kernel"],
        second.generator.ema_params["encoder"]["first"]["kernel"].value,
    )
    codes = network.encode(config, params, batch["audio"])
    decoded = network.decode(config, params, codes)
    np.testing.assert_allclose(
        metrics["quality/si_sdr_db"],
        losses.si_sdr_db(batch["audio"], decoded),
        atol=1e-2,
    )
    audio = codec.eval_audio(second, batch)
    np.testing.assert_allclose(audio["audio/reconstruction"], decoded[0], atol=1e-4)
    np.testing.assert_array_equal(audio["audio/original"], batch["audio"][0])


def test_weights_may_be_schedules(config, batch, states):
    schedule = optax.linear_schedule(0.0, 8.0, 2)
    codec = make(config, loss_weights={"waveform": schedule})
    (_, first, second), _ = states
    step = jax.jit(codec.train_step)
    for state, weight in ((first, 4.0), (second, 8.0)):
        _, metrics = step(state, batch, jax.random.key(5))
        np.testing.assert_allclose(
            metrics["loss/total"], weight * metrics["loss/waveform"], rtol=1e-5
        )


def test_errors(config):
    with pytest.raises(ValueError, match=r"must be among mel, waveform, .*; got l1"):
        make(config, loss_weights={"l1": 1.0})
    with pytest.raises(ValueError, match=r"min_levels must be in 1\.\.3, got 4"):
        make(config, min_levels=4)


@pytest.mark.slow
def test_overfits_one_batch(config):
    """A chord comes back: first its waveform, then its spectrum."""
    config = dataclasses.replace(
        config,
        encoder_channels=8,
        decoder_channels=8,
        embed_dim=16,
        codebook_size=64,
        kernel_size=7,
    )
    codec = make(
        config,
        adversarial_start_step=10**6,
        optimizer=optax.adam(2e-3),
        min_levels=3,
        loss_weights={
            "waveform": 1.0,
            "commitment": 0.02,
            "mel": optax.linear_schedule(1e-5, 3e-4, 300),
        },
    )
    time = np.arange(4000) / 8000
    chord = sum(np.sin(2 * np.pi * hz * time) for hz in (220, 330, 440)) * 0.2
    batch = {"audio": jnp.asarray(chord[None], jnp.float32)}
    state = jax.jit(codec.init)(jax.random.key(0), batch)
    step = jax.jit(codec.train_step, donate_argnums=0)
    for i in range(300):
        state, _ = step(state, batch, jax.random.key(i))
    metrics = jax.jit(codec.eval_step)(state, batch)
    silence = losses.log_mel_distance(
        batch["audio"], jnp.zeros((1, 4000)), sample_rate=8000
    )
    assert float(metrics["quality/log_mel_distance"]) < 0.75 * float(silence)
    assert float(metrics["quality/si_sdr_db"]) > 10

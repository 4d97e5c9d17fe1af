import dataclasses
import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.cli import config as config_lib
from musiclm_jax.cli import train
from musiclm_jax.codec import (
    adversary,
    balancer,
    losses,
    network,
    soundstream,
    task,
)
from musiclm_jax.codec.discriminators import DiscriminatorConfig
from musiclm_jax.layers import quantization
from musiclm_jax.training.warm_start import WarmStart

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
MEL = losses.MelLoss(window_lengths=(64, 256))  # fewer compile sooner
TERMS = ("mel", "adversarial", "feature")


def make(config, **changes):
    settings = {
        "config": config,
        "optimizer": optax.adam(1e-3),
        "reconstruction": (MEL,),
        "adversary": adversary.Adversary(
            config=DISCRIMINATORS,
            optimizer=optax.adam(1e-3),
            adversarial_weight=3.0,
            feature_weight=2.0,
        ),
        "commitment_weight": 1.0,
        "codebook_decay": 0.9,
        "dead_threshold": 0.5,
        "ema_decay": 0.99,
    }
    return task.CodecTask(**{**settings, **changes})


@pytest.fixture(scope="module")
def batch():
    audio = np.random.default_rng(1).standard_normal((2, 600)) * 0.1
    return {"audio": jnp.asarray(audio, jnp.float32)}


@pytest.fixture(scope="module")
def train_step(config):
    return jax.jit(make(config).train_step)


@pytest.fixture(scope="module")
def states(config, batch, train_step):
    """The states before and after two steps, and the metrics of the steps."""
    before = jax.jit(make(config).init)(jax.random.key(0), batch)
    first, first_metrics = train_step(before, batch, jax.random.key(1))
    second, second_metrics = train_step(first, batch, jax.random.key(2))
    return (before, first, second), (first_metrics, second_metrics)


def moved(old, new):
    return [
        not np.array_equal(a, b)
        for a, b in zip(jax.tree.leaves(old), jax.tree.leaves(new), strict=True)
    ]


def test_every_parameter_learns_from_the_first_step(states):
    (before, first, _), metrics = states
    assert all(moved(before.generator.params, first.generator.params))
    assert all(moved(before.discriminator.params, first.discriminator.params))
    assert bool(first.rvq.initialized)
    assert all(v.shape == () and v.dtype == jnp.float32 for v in metrics[0].values())


def test_shares_are_what_the_weights_say(states):
    for metrics in states[1]:
        for name, weight in zip(TERMS, (1.0, 3.0, 2.0), strict=True):
            np.testing.assert_allclose(
                metrics[f"health/share_{name}"], weight / 6, rtol=0.2
            )
    np.testing.assert_allclose(states[1][0]["health/share_mel"], 1 / 6, rtol=1e-4)


def test_both_players_hear_the_sounds_in_one_pass(config, batch, states):
    """The discriminators' forward pass is not computed for each of them anew."""
    (_, first, _), _ = states

    def convolutions(function, *arguments):
        compiled = jax.jit(function).lower(*arguments).compile()
        return compiled.as_text().count(" convolution(")

    codec = make(config)
    alone = make(config, adversary=None)
    sounds = (batch["audio"], batch["audio"])
    key = jax.random.key(2)
    whole = convolutions(codec.train_step, first, batch, key)
    start = jax.jit(alone.init)(jax.random.key(0), batch)
    without = convolutions(alone.train_step, start, batch, key)
    judges, player = first.discriminator, codec.adversary
    forward = convolutions(player.terms, judges.params, *sounds)
    learning = convolutions(player.step, judges, *sounds)
    hearing = convolutions(
        lambda params, real, fake: balancer.waveform_gradients(
            [functools.partial(player.terms, params, real)], fake
        ),
        judges.params,
        *sounds,
    )
    assert whole - without <= learning + hearing - forward


def test_first_step_by_hand(config, batch, states):
    """The terms of the first step, out of the parts, with all levels kept."""
    codec = make(config, quantizer_dropout=False)
    (before, _, _), _ = states
    state, metrics = jax.jit(codec.train_step)(before, batch, jax.random.key(3))

    @jax.jit
    def by_hand(params, audio, rng):
        loss_rng, dead_rng = jax.random.split(rng)
        kmeans_rng, _, _ = jax.random.split(loss_rng, 3)
        x = soundstream.Encoder(config).apply({"params": params["encoder"]}, audio)
        rvq = quantization.kmeans_init(before.rvq, x, kmeans_rng)
        codes = quantization.quantize(rvq.codebooks, x)
        decoded = network.decode(
            config, {"decoder": params["decoder"], "codebooks": rvq.codebooks}, codes
        )
        judges = before.discriminator.params
        followed = quantization.ema_update(
            rvq, x, codes, dead_rng, decay=0.9, dead_threshold=0.5
        )
        return (
            MEL(audio, decoded, sample_rate=8000),
            codec.adversary.terms(judges, audio, decoded)["feature"],
            followed.codebooks,
        )

    mel, feature, codebooks = by_hand(
        before.generator.params, batch["audio"], jax.random.key(3)
    )
    np.testing.assert_allclose(metrics["loss/mel"], mel, rtol=1e-4)
    np.testing.assert_allclose(metrics["loss/feature"], feature, rtol=1e-4)
    np.testing.assert_allclose(state.rvq.codebooks, codebooks, atol=1e-4)


def test_the_gradient_is_the_balanced_one(config, batch):
    """Of a codec that only reconstructs: the mel loss's, of a known length."""
    codec = make(
        config,
        adversary=None,
        quantizer_dropout=False,
        commitment_weight=0.0,
        optimizer=optax.sgd(1.0),
    )
    before = jax.jit(codec.init)(jax.random.key(0), batch)
    key, audio = jax.random.key(5), batch["audio"]
    after, metrics = jax.jit(codec.train_step)(before, batch, key)
    kmeans_rng, _, _ = jax.random.split(jax.random.split(jax.random.key(5))[0], 3)

    @jax.jit
    def mel_gradient(params):
        x = soundstream.Encoder(config).apply({"params": params["encoder"]}, audio)
        rvq = quantization.kmeans_init(before.rvq, x, kmeans_rng)
        q = quantization.dequantize(
            rvq.codebooks, quantization.quantize(rvq.codebooks, x)
        )

        def decode(params):
            x = soundstream.Encoder(config).apply({"params": params["encoder"]}, audio)
            x = x + jax.lax.stop_gradient(q - x)
            return soundstream.Decoder(config).apply({"params": params["decoder"]}, x)

        decoded, pull_back = jax.vjp(decode, params)
        at_sound = jax.grad(lambda y: MEL(audio, y, sample_rate=8000))(decoded)
        return pull_back(at_sound / jnp.linalg.norm(at_sound) / np.sqrt(decoded.size))

    params = before.generator.params
    (want,) = mel_gradient(params)
    got = jax.tree.map(lambda a, b: a - b, params, after.generator.params)
    jax.tree.map(
        lambda g, w: np.testing.assert_allclose(g, w, rtol=0.02, atol=2e-5), got, want
    )
    assert float(metrics["health/share_mel"]) == 1.0


def test_not_finite_changes_nothing(config, states, train_step):
    (_, first, _), _ = states
    bad = {"audio": jnp.full((2, 600), jnp.nan, jnp.float32)}
    state, metrics = train_step(first, bad, jax.random.key(4))
    assert float(metrics["health/skipped_steps"]) == 1
    for name in ("generator", "discriminator"):
        old, new = getattr(first, name), getattr(state, name)
        assert not any(moved(old.params, new.params))
    assert not any(moved((first.rvq, first.balancer), (state.rvq, state.balancer)))


def test_a_term_that_is_not_finite_poisons_nothing(config, batch, states, train_step):
    """The sound is fine, the embeddings are; one term is not, for one step."""
    (_, first, _), _ = states

    @dataclasses.dataclass(frozen=True)
    class Broken(losses.MelLoss):
        def __call__(self, target, prediction, *, sample_rate):
            loss = super().__call__(target, prediction, sample_rate=sample_rate)
            return loss * jnp.nan

    broken = make(config, reconstruction=(Broken(window_lengths=(64,)),))
    state, metrics = jax.jit(broken.train_step)(first, batch, jax.random.key(2))
    assert float(metrics["health/skipped_steps"]) == 1
    assert not any(moved(first.generator.params, state.generator.params))
    assert not any(moved((first.rvq, first.balancer), (state.rvq, state.balancer)))
    _, metrics = train_step(state, batch, jax.random.key(5))
    assert 0.1 < float(metrics["health/share_mel"]) < 0.3


def test_codebooks_wait_for_a_first_batch_that_is_finite(
    config, batch, states, train_step
):
    (before, _, _), _ = states
    bad = {"audio": batch["audio"].at[0, 5].set(jnp.inf)}
    state, _ = train_step(before, bad, jax.random.key(6))
    assert not bool(state.rvq.initialized)
    assert np.all(np.isfinite(state.rvq.codebooks))
    state, metrics = train_step(state, batch, jax.random.key(7))
    assert bool(state.rvq.initialized)
    assert np.all(np.isfinite(state.rvq.codebooks))
    assert float(metrics["health/skipped_steps"]) == 1


def test_evaluation_uses_the_average(config, batch, states):
    codec = make(config)
    (_, _, second), _ = states
    metrics = jax.jit(codec.eval_step)(second, batch)
    params = codec.inference_params(second)
    np.testing.assert_array_equal(
        params["encoder"]["first"]["kernel"],
        second.generator.ema_params["encoder"]["first"]["kernel"].value,
    )

    @jax.jit
    def round_trip(params, audio):
        return network.decode(config, params, network.encode(config, params, audio))

    decoded = round_trip(params, batch["audio"])
    np.testing.assert_allclose(
        metrics["quality/si_sdr_db"],
        losses.si_sdr_db(batch["audio"], decoded),
        atol=1e-2,
    )
    np.testing.assert_allclose(
        metrics["loss/mel"],
        MEL(batch["audio"], decoded, sample_rate=8000),
        rtol=1e-3,
    )
    audio = codec.eval_audio(second, batch)
    np.testing.assert_allclose(audio["audio/reconstruction"], decoded[0], atol=1e-4)
    np.testing.assert_array_equal(audio["audio/original"], batch["audio"][0])


def test_it_goes_on_from_a_trained_codec(config, batch, states):
    """It sounds as it did, and its codebooks wait for no first batch."""
    (before, _, second), _ = states
    trained = jax.tree.map(np.asarray, make(config).inference_params(second))
    codec = make(config, start=lambda part: WarmStart(config, trained, where=part))
    begun = codec.with_start(nn.meta.unbox(before))
    measure = jax.jit(codec.eval_step)
    want, got = measure(second, batch), measure(begun, batch)
    np.testing.assert_allclose(got["loss/mel"], want["loss/mel"], rtol=1e-5)
    np.testing.assert_array_equal(begun.rvq.codebooks, trained["codebooks"])
    assert begun.rvq.initialized and begun.generator.step == 0


def test_the_papers_files_say_the_papers_training():
    """Three balanced terms in plain numbers, and nothing of the codec of tones."""
    files = ("runs/codec.gin", "sizes/paper.gin")
    given = ("MODEL_DIR='runs'", "DATA_DIR='data'")
    config_lib.load(config_lib.GinArguments(files, given, ()))
    codec = config_lib.build(train.train, "task")
    assert codec.weights == {"mel": 1.0, "adversarial": 3.0, "feature": 3.0}
    assert codec.adversary.config == DiscriminatorConfig()
    assert codec.quantizer_dropout
    assert codec.dead_threshold == 2.0 and codec.codebook_decay == 0.99
    text = "".join((config_lib.configs_folder() / f).read_text() for f in files)
    for word in ("LogSpectrum", "offset", "revival"):
        assert word not in text


def test_errors(config):
    with pytest.raises(
        ValueError, match=r"weight of mel is 0\.0; it must be a number above 0"
    ):
        make(config, reconstruction=(losses.MelLoss(weight=0.0),))
    with pytest.raises(ValueError, match="reconstruction must have a term, got none"):
        make(config, reconstruction=())

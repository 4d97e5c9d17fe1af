import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from musiclm_jax.semantic import network
from musiclm_jax.signal import mel as mel_lib
from musiclm_jax.signal.mel import MelConfig


def test_paper_sizes_have_the_paper_s_parameters(shapes_of):
    paper = network.W2vBertConfig(
        mel=MelConfig(24_000, 600, 240, 80, 0.0, 8_000.0),
        log_mel_std=1.8,
        conv_channels=128,
        embed_dim=1024,
        mlp_dim=4096,
        num_heads=8,
        kernel_size=5,
        num_contrastive_layers=12,
        num_masked_layers=12,
        dropout_rate=0.1,
        codebook_size=1024,
        codebook_dim=1024,
        tap_layer=7,
        num_centroids=1024,
        window_seconds=10.0,
        stride_seconds=1.0,
        scan_layers=True,
        dtype="bfloat16",
    )
    count = sum(leaf.size for leaf in jax.tree.leaves(shapes_of(paper)))
    assert count == pytest.approx(600e6, rel=0.05)
    assert paper.frame_rate == 25.0 and paper.hop_length == 960


@pytest.mark.parametrize("scan_layers", [False, True])
def test_every_parameter_names_its_axes(config, shapes_of, long_windows, scan_layers):
    shapes = shapes_of(
        dataclasses.replace(config, scan_layers=scan_layers, long_windows=long_windows)
    )
    boxes = jax.tree.leaves(shapes, is_leaf=lambda x: isinstance(x, nn.Partitioned))
    assert all(isinstance(box, nn.Partitioned) for box in boxes)
    assert all(len(box.names) == box.value.ndim for box in boxes)


def test_tap_is_the_tapped_block_and_needs_no_later_one(config, make_params, rng):
    params = make_params(config)
    audio = (0.1 * rng.normal(size=(1, 4 * 960))).astype(np.float32)

    @jax.jit
    def middle_of_whole(params):
        _, seen = network.W2vBert(config).apply(
            {"params": params}, audio, method="tap", capture_intermediates=True
        )
        return seen["intermediates"]["masked"]["layer_0"]["__call__"][0]

    @jax.jit
    def end_of_short(params):
        short = network.W2vBert(config.up_to_tap())
        return short.apply({"params": params}, audio, method="tap")

    kept = network.parameters_up_to_tap(config, params)
    assert "quantizer" not in kept and list(kept["masked"]) == ["layer_0"]
    np.testing.assert_allclose(end_of_short(kept), middle_of_whole(params), atol=1e-5)


def test_what_a_latent_hears_is_centred_on_its_step(config, make_params, rng):
    """Where kernels are the same from behind, so is what they make of sound."""
    params = make_params(config)["encoder"]
    for name in ("convolution_0", "convolution_1"):
        kernel = params[name]["kernel"]
        params[name]["kernel"] = kernel + kernel[::-1]
    audio = 0.1 * rng.normal(size=(1, 20 * config.hop_length)).astype(np.float32)
    encoder = network.FeatureEncoder(config.mel, config.log_mel_std, 4)
    encode = jax.jit(lambda audio: encoder.apply({"params": params}, audio))
    forward, backward = encode(audio), encode(audio[:, ::-1])[:, ::-1]
    # The window's peak lies half a sample behind the middle of a frame.
    gap = np.linalg.norm(forward - backward) / np.linalg.norm(forward)
    late = np.linalg.norm(forward[:, 1:] - forward[:, :-1]) / np.linalg.norm(forward)
    assert gap < 0.02 * late


def test_latents_hear_long_windows_beside_short_ones(config, long_windows, rng):
    """The first latents are the paper's, the others harmony and rhythm: as they are."""
    audio = (0.1 * rng.normal(size=(1, 6 * 960))).astype(np.float32)
    short = network.FeatureEncoder(config.mel, config.log_mel_std, 4)
    both = network.FeatureEncoder(config.mel, config.log_mel_std, 4, long_windows)
    alone = jax.jit(lambda audio: short.init_with_output(jax.random.key(0), audio)[0])(
        audio
    )
    latents = jax.jit(lambda audio: both.init_with_output(jax.random.key(0), audio)[0])(
        audio
    )
    size = alone.shape[-1]
    log_mel = mel_lib.log_mel_spectrogram(audio, config.mel)
    heard = np.concatenate(long_windows.hear(audio, log_mel, config.mel), axis=-1)
    assert latents.shape[-1] == size + heard.shape[-1]
    # Standardised together: up to level and scale, of each step.
    for got, want in ((latents[..., :size], alone), (latents[..., size:], heard)):
        got, want = (
            (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)
            for x in map(np.asarray, (got, want))
        )
        np.testing.assert_allclose(got, want, atol=2e-3)


def test_masked_steps_reach_the_context_only_as_noise(config, make_params, key, rng):
    params = make_params(config)
    audio = (0.1 * rng.normal(size=(1, 8 * 960))).astype(np.float32)
    other = audio.copy()
    other[:, 4 * 960 : 5 * 960] = 0.1 * rng.normal(size=960)
    mask = np.zeros((1, 8), bool)
    mask[:, 3:6] = True  # and its neighbours, that share samples with it

    @jax.jit
    def run(audio, mask):
        return network.W2vBert(config).apply(
            {"params": params},
            audio,
            mask,
            mask_scale=0.1,
            temperature=jnp.ones(()),
            train=False,
            rngs={"mask": jax.random.clone(key)},
        )

    first, second, seen = run(audio, mask), run(other, mask), run(other, ~mask)
    # Of other noise of the same level only a change of the mean over time is left.
    for name in ("context", "predictions"):
        one, two, plain = (getattr(outputs, name) for outputs in (first, second, seen))
        assert np.abs(one - two).max() < 0.1 * np.abs(one - plain).max()
    # The quantizer, which makes the targets, sees the audio.
    logits = np.abs(first.quantized.logits - second.quantized.logits)
    assert logits[0, 4].max() > 1e-2


def test_configuration_is_checked(config, long_windows):
    with pytest.raises(ValueError, match=r"tap_layer must be in 1..num_masked_layers"):
        dataclasses.replace(config, tap_layer=3)
    with pytest.raises(ValueError, match="even multiple of num_heads"):
        dataclasses.replace(config, num_heads=3)
    with pytest.raises(ValueError, match="log_mel_std must be above 0"):
        dataclasses.replace(config, log_mel_std=0.0)
    for stride in (0.0, 0.5):
        with pytest.raises(ValueError, match=r"stride_seconds .* 1/25..window_seconds"):
            dataclasses.replace(config, stride_seconds=stride)
    lines = dataclasses.replace(long_windows.lines, hop_length=480)
    wrong = dataclasses.replace(long_windows, lines=lines)
    with pytest.raises(ValueError, match="hop of lines must be that of the tokens"):
        dataclasses.replace(config, long_windows=wrong)
    with pytest.raises(ValueError, match="dtype must be"):
        dataclasses.replace(config, dtype="float16")

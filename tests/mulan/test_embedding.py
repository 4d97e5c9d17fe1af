import dataclasses
import functools

import flax.linen as nn
import jax
import numpy as np
import pytest

from musiclm_jax.data.feeding import crops
from musiclm_jax.mulan import embedding, network


@pytest.fixture(scope="module")
def params(config):
    init = jax.jit(network.init_params, static_argnums=0)
    params = nn.meta.unbox(init(config, jax.random.key(0)))
    # Residual branches start at zero; make them count.
    params = jax.tree.map(lambda leaf: np.asarray(leaf) + 0.05, params)
    rng = np.random.default_rng(0)
    return params | {"codebooks": rng.normal(size=(3, 5, 6)).astype(np.float32)}


@pytest.fixture(scope="module")
def embed_windows(config):
    return jax.jit(functools.partial(embedding.embed_windows, config))


@pytest.fixture(scope="module")
def embed_clips(config):
    return jax.jit(functools.partial(network.embed_clips, config))


def test_thirty_seconds_have_twenty_one_windows(config):
    paper = dataclasses.replace(config, window_seconds=10.0, stride_seconds=1.0)
    rate = paper.mel.sample_rate
    seconds = [0.5, 10, 10.9, 11, 30, 30.99]
    counts = [embedding.num_windows(paper, round(s * rate)) for s in seconds]
    assert counts == [1, 1, 1, 2, 21, 21]


def test_windows_are_the_clips_they_cover(config, params, embed_windows, embed_clips):
    audio = np.random.default_rng(1).normal(size=(1, 5600)).astype(np.float32)
    windows = np.asarray(embed_windows(params, audio))
    assert windows.shape == (1, 19, 6)  # more than go into the tower at once
    assert embedding.WINDOWS_AT_ONCE < 19
    np.testing.assert_allclose(np.linalg.norm(windows, axis=-1), 1.0, atol=1e-5)
    cut = np.stack([audio[0, 250 * i : 250 * i + 1000] for i in range(19)])
    np.testing.assert_allclose(windows[0], embed_clips(params, cut), atol=1e-4)


def test_rows_of_a_batch_stay_apart(params, embed_windows, embed_clips):
    audio = np.random.default_rng(1).normal(size=(2, 1500)).astype(np.float32)
    windows = np.asarray(embed_windows(params, audio))
    assert windows.shape == (2, 3, 6)
    cut = audio[:, 500:1500]
    np.testing.assert_allclose(windows[:, 2], embed_clips(params, cut), atol=1e-4)


def test_a_short_clip_is_repeated(params, embed_windows, embed_clips):
    audio = np.random.default_rng(1).normal(size=(1, 300)).astype(np.float32)
    windows = embed_windows(params, audio)
    assert windows.shape == (1, 1, 6)
    repeated = np.concatenate([audio] * 4, axis=1)[:, :1000]
    np.testing.assert_allclose(windows[:, 0], embed_clips(params, repeated), atol=1e-5)


def test_training_hears_a_short_clip_as_inference_does(params, embed_windows, rng):
    """A crop for training is the window that the whole clip is embedded as."""
    clip = rng.integers(-(2**15), 2**15, 300).astype(np.int16)
    length = crops.crop_length(1.0, 1000)
    crop = crops.crop_audio(clip, length, rng, fill=crops.repeated)
    alone = embed_windows(params, clip[None].astype(np.float32) / 2**15)
    np.testing.assert_array_equal(embed_windows(params, crop[None]), alone)
    silent = crops.crop_audio(clip, length, rng, fill=crops.silence_behind)
    assert np.abs(embed_windows(params, silent[None]) - alone).max() > 1e-3


def test_no_samples_is_an_error(config, params):
    with pytest.raises(ValueError, match="no samples"):
        embedding.embed_windows(config, params, np.zeros((1, 0), np.float32))


def test_a_piece_is_the_unit_mean_of_its_windows(config, params, embed_windows):
    audio = np.random.default_rng(2).normal(size=(2, 1500)).astype(np.float32)
    mean = np.asarray(embed_windows(params, audio)).mean(axis=1)
    expected = mean / np.linalg.norm(mean, axis=-1, keepdims=True)
    actual = jax.jit(functools.partial(embedding.embed_audio, config))(params, audio)
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_text_is_embedded_without_dropout(config, params):
    tokens = np.array([[1, 2, 3, -1, -1], [1, 4, 3, 2, -1]], np.int32)
    embed = jax.jit(functools.partial(embedding.embed_text, config))
    np.testing.assert_array_equal(embed(params, tokens), embed(params, tokens))
    assert embed(params, tokens).shape == (2, 6)


def test_quantize_against_numpy_and_for_any_length(params, rng):
    x = rng.normal(size=(4, 6)).astype(np.float32)
    quantize = jax.jit(embedding.quantize)
    codes = np.asarray(quantize(params, x))
    assert codes.shape == (4, 1, 3)
    for row in range(4):
        rest = x[row] / np.linalg.norm(x[row])
        for level in range(3):
            distances = ((rest - params["codebooks"][level]) ** 2).sum(axis=-1)
            assert codes[row, 0, level] == distances.argmin()
            rest = rest - params["codebooks"][level][distances.argmin()]
    np.testing.assert_array_equal(codes, quantize(params, 7 * x))
    # What the codes stand for: the sum of their vectors, of unit length.
    for row, back in enumerate(np.asarray(embedding.dequantize(params, codes))):
        books = zip(params["codebooks"], codes[row, 0], strict=True)
        total = sum(np.asarray(book[code]) for book, code in books)
        np.testing.assert_allclose(back, total / np.linalg.norm(total), rtol=1e-5)

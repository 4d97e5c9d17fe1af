import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.codec import network, start

RATE = 8000


@pytest.fixture(scope="module")
def config():
    """Bands of 250 Hz, in a few groups."""
    return network.CodecConfig(
        sample_rate=RATE,
        strides=(4, 4, 5),
        encoder_channels=2,
        decoder_channels=2,
        channel_multipliers=(4, 16, 24),
        embed_dim=10,
        num_quantizers=1,
        codebook_size=2,
        kernel_size=3,
    )


@pytest.fixture(scope="module")
def boxed(config):
    def init(rng):
        params = {
            "encoder": network.Encoder(config).init(rng, jnp.zeros((1, 80)))["params"],
            "decoder": network.Decoder(config).init(rng, jnp.zeros((1, 1, 10)))[
                "params"
            ],
        }
        return params, start.as_vocoder(config, params, rng)

    return jax.jit(init)(jax.random.key(0))


@pytest.fixture(scope="module")
def vocoder(config, boxed):
    params = nn.meta.unbox(boxed[1])
    encode = jax.jit(
        lambda x: network.Encoder(config).apply({"params": params["encoder"]}, x)
    )
    decode = jax.jit(
        lambda x: network.Decoder(config).apply({"params": params["decoder"]}, x)
    )
    return encode, decode


def sine(hz):
    time = np.arange(RATE) / RATE
    return (0.3 * np.sin(2 * np.pi * hz * time)).astype(np.float32)


@pytest.mark.parametrize(("stride", "channels"), [(8, 1), (5, 8), (3, 2)])
def test_lapped_transform_gives_all_back_a_block_later(rng, stride, channels):
    transform = start.lapped_transform(stride, channels)
    blocks = rng.standard_normal((12, stride, channels))
    pairs = np.concatenate([blocks[:-1], blocks[1:]], axis=1)
    bands = np.einsum("tsc,scb->tb", pairs, transform)
    assert bands.shape == (11, stride * channels)
    parts = np.einsum("tb,scb->tsc", bands, transform)
    back = parts[:-1, stride:] + parts[1:, :stride]
    np.testing.assert_allclose(back, blocks[1:-1], atol=1e-5)


def test_bands_are_in_order_of_frequency():
    """Two transforms after each other sort sines of rising pitch by their band."""
    time = np.arange(4 * 5 * 60)
    loudest = []
    for band in range(20):
        x = np.sin(np.pi * (band + 0.5) / 20 * time + 0.3)[:, None]
        for stride in (4, 5):
            transform = start.lapped_transform(stride, x.shape[1])
            blocks = x.reshape(-1, stride, x.shape[1])
            pairs = np.concatenate([blocks[:-1], blocks[1:]], axis=1)
            x = np.einsum("tsc,scb->tb", pairs, transform)
            x = x[: len(x) // 5 * 5]
        loudest.append(np.square(x).mean(axis=0).argmax())
    np.testing.assert_array_equal(loudest, np.arange(20))


def test_groups_cover_all_bands_and_grow():
    for num_bands, num_groups in ((128, 64), (16, 10), (5, 5), (2, 1)):
        edges = start.band_groups(num_bands, num_groups, nyquist=9600.0)
        assert edges[0] == 0 and edges[-1] == num_bands
        widths = np.diff(edges)
        assert len(widths) == num_groups and widths.min() >= 1
        assert widths[0] <= widths[-1]


def test_embeddings_are_log_levels(vocoder):
    """Five times the level adds about one, and a tone is where it belongs."""
    encode, _ = vocoder
    tone = encode(np.stack([0.1 * sine(1100), 0.5 * sine(1100)]))[:, 10:]
    loudest = int(np.asarray(tone[0]).mean(axis=0).argmax())
    added = np.asarray(tone[1] - tone[0])[:, loudest]
    # A sum of exponentials winds around the logarithm.
    assert 0.75 < added.mean() < 1.25
    low, high = (
        int(np.asarray(encode(sine(hz)[None]))[0, 10:].mean(axis=0).argmax())
        for hz in (300, 3000)
    )
    assert low < loudest < high


@pytest.mark.parametrize("hz", [400, 1100, 2900])
def test_a_tone_comes_back_near_its_pitch_at_its_level(vocoder, hz):
    encode, decode = vocoder
    audio = sine(hz)
    sound = np.asarray(decode(encode(audio[None])))[0, 800:]
    power = np.square(np.abs(np.fft.rfft(sound)))
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    # Groups at the top are two bands of 250 Hz wide, and bands have skirts.
    near = power[np.abs(frequency - hz) < 750].sum() / power.sum()
    assert near > 0.6
    assert 0.3 < np.sqrt(np.square(sound).mean() / np.square(audio).mean()) < 3


def test_silence_stays_quiet(vocoder):
    encode, decode = vocoder
    sound = np.asarray(decode(encode(np.zeros((1, RATE), np.float32))))
    assert np.sqrt(np.square(sound).mean()) < 0.05


def test_boxes_and_shapes_stay(boxed):
    before, after = boxed
    assert jax.tree.structure(before) == jax.tree.structure(after)
    assert nn.get_partition_spec(before) == nn.get_partition_spec(after)
    shapes = [jax.tree.map(jnp.shape, tree) for tree in boxed]
    assert shapes[0] == shapes[1]


def test_nothing_is_cut_off_from_learning(config, boxed):
    """Every kernel but those behind a residual unit's closed door gets a gradient."""
    audio = 0.1 * np.random.default_rng(0).standard_normal((1, RATE), np.float32)

    def loss(params):
        x = network.Encoder(config).apply({"params": params["encoder"]}, audio)
        y = network.Decoder(config).apply({"params": params["decoder"]}, x)
        return jnp.sum(jnp.square(y - audio))

    gradient = jax.jit(jax.grad(loss))(nn.meta.unbox(boxed[1]))
    for path, leaf in jax.tree_util.tree_leaves_with_path(gradient):
        name = jax.tree_util.keystr(path)
        assert np.all(np.isfinite(leaf)), name
        assert "dilated" in name or np.any(leaf != 0), name

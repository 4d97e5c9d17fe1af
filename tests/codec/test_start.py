import types

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.codec import soundstream, start
from musiclm_jax.parallel import sharding

RATE = 8000


def make(**changes):
    """Lines of 100 Hz, in a few bands."""
    settings = {
        "sample_rate": RATE,
        "strides": (80, 2),
        "encoder_channels": 2,
        "decoder_channels": 2,
        "channel_multipliers": (24, 24),
        "embed_dim": 10,
        "num_quantizers": 1,
        "codebook_size": 2,
        "kernel_size": 3,
    }
    return soundstream.SoundStreamConfig(**{**settings, **changes})


def init(config, rng):
    hop = jnp.zeros((1, config.hop_length))
    frame = jnp.zeros((1, 1, config.embed_dim))
    return {
        "encoder": soundstream.Encoder(config).init(rng, hop)["params"],
        "decoder": soundstream.Decoder(config).init(rng, frame)["params"],
    }


@pytest.fixture(scope="module")
def config():
    return make()


@pytest.fixture(scope="module")
def boxed(config):
    def both(rng):
        params = init(config, rng)
        return params, start.as_vocoder(config, params)

    return jax.jit(both)(jax.random.key(0))


@pytest.fixture(scope="module")
def vocoder(config, boxed):
    params = nn.meta.unbox(boxed[1])
    encode = jax.jit(
        lambda x: soundstream.Encoder(config).apply({"params": params["encoder"]}, x)
    )
    decode = jax.jit(
        lambda x: soundstream.Decoder(config).apply({"params": params["decoder"]}, x)
    )
    return encode, decode


def sine(hz):
    time = np.arange(RATE) / RATE
    return (0.03 * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def test_bands_cover_all_lines_and_grow():
    for num_lines, num_bands in ((119, 64), (16, 10), (5, 5), (2, 1), (3, 8)):
        edges = start.band_edges(num_lines, num_bands, nyquist=9600.0)
        assert edges[0] == 0 and edges[-1] == num_lines
        widths = np.diff(edges)
        assert len(widths) == min(num_bands, num_lines) and widths.min() >= 1
        assert widths[0] <= widths[-1]


def test_frames_go_on_with_the_same_wave():
    """Overlapped, waveforms of steady level are a wave that repeats every hop."""
    hop, edges = 40, np.array([0, 1, 4, 10])
    waves = start.waveforms(hop, edges, lean=1.0)
    sound = waves[hop:] + waves[:hop]
    assert waves.shape == (2 * hop, 3, 2)
    for band, lines in enumerate(([1], [2, 3, 4], range(5, 11))):
        power = np.square(np.abs(np.fft.rfft(sound[:, band, 0])) / (hop / 2))
        want = np.zeros(hop // 2 + 1)
        want[list(lines)] = 1.0  # each line is a wave of amplitude one
        np.testing.assert_allclose(power, want, atol=1e-4)


def test_a_pair_is_a_quarter_of_a_period_apart():
    waves = start.waveforms(40, np.array([2, 3]), lean=1.0)[:, 0]
    np.testing.assert_allclose(waves[:, 0] @ waves[:, 1], 0.0, atol=1e-4)
    np.testing.assert_allclose(*np.square(waves).sum(axis=0), rtol=1e-4)


def test_a_lean_moves_the_middle_later():
    time = np.arange(80)
    middles = [
        np.average(
            time,
            weights=np.square(start.waveforms(40, [5, 6], lean=lean)).sum(axis=(1, 2)),
        )
        for lean in (1.0, 1.5)
    ]
    np.testing.assert_allclose(middles[0], 39.5, atol=0.1)
    assert middles[1] > 45


def test_embeddings_are_log_levels(vocoder):
    """Five times the level adds about one, and a tone is where it belongs."""
    encode, _ = vocoder
    tone = encode(np.stack([0.2 * sine(1100), sine(1100)]))[:, 10:]
    loudest = int(np.asarray(tone[0]).mean(axis=0).argmax())
    added = np.asarray(tone[1] - tone[0])[:, loudest]
    # A sum of exponentials winds around the logarithm.
    assert 0.75 < added.mean() < 1.25
    low, high = (
        int(np.asarray(encode(sine(hz)[None]))[0, 10:].mean(axis=0).argmax())
        for hz in (300, 3000)
    )
    assert low < loudest < high


@pytest.mark.parametrize("hz", [400, 1150, 2900])
def test_a_tone_comes_back_near_its_pitch_at_its_level(vocoder, hz):
    encode, decode = vocoder
    audio = sine(hz)
    sound = np.asarray(decode(encode(audio[None])))[0, 800:]
    power = np.square(np.abs(np.fft.rfft(sound)))
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    # Bands at the top are several lines of 100 Hz wide.
    near = power[np.abs(frequency - hz) < 0.3 * hz].sum() / power.sum()
    assert near > 0.7
    assert 0.3 < np.sqrt(np.square(sound).mean() / np.square(audio).mean()) < 3


def test_a_steady_tone_is_steady(vocoder):
    encode, _ = vocoder
    levels = np.asarray(encode(sine(1130)[None]))[0, 10:-1]
    band = levels.mean(axis=0).argmax()
    # Of a logarithm to the base of five.
    assert levels[:, band].std() < 0.1


def test_silence_stays_quiet(vocoder):
    encode, decode = vocoder
    sound = np.asarray(decode(encode(np.zeros((1, RATE), np.float32))))
    assert np.sqrt(np.square(sound).mean()) < 0.01


def test_boxes_and_shapes_stay(boxed):
    before, after = boxed
    assert jax.tree.structure(before) == jax.tree.structure(after)
    assert nn.get_partition_spec(before) == nn.get_partition_spec(after)
    shapes = [jax.tree.map(jnp.shape, tree) for tree in boxed]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(("data", "model"), [(1, 8), (4, 2)])
def test_a_vocoder_starts_alike_however_it_is_split(config, boxed, data, model):
    task = types.SimpleNamespace(
        init=lambda rng, batch: start.as_vocoder(config, init(config, rng))
    )
    split = sharding.init_state(
        task, {}, jax.random.key(0),
        mesh=sharding.make_mesh(data, model), rules=sharding.FULLY_SHARDED_RULES,
    )  # fmt: skip
    assert not split["decoder"]["first"]["bias"].is_fully_replicated
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6),
        split,
        nn.meta.unbox(boxed[1]),
    )


def test_a_vocoder_has_two_strides():
    config = make(strides=(4, 4, 5), channel_multipliers=(2, 2, 2))
    with pytest.raises(ValueError, match=r"two strides, got \(4, 4, 5\)"):
        start.as_vocoder(config, {})


@pytest.mark.parametrize("strides", [(80, 2), (160, 1), (40, 3)])
def test_nothing_is_cut_off_from_learning(strides):
    """Every kernel but those behind a residual unit's closed door gets a gradient."""
    config = make(strides=strides)
    params = jax.jit(lambda rng: init(config, rng))(jax.random.key(0))
    params = start.as_vocoder(config, params)
    num_samples = 40 * config.hop_length
    audio = np.random.default_rng(0).standard_normal((1, num_samples), np.float32)
    audio *= 0.1

    def loss(params):
        x = soundstream.Encoder(config).apply({"params": params["encoder"]}, audio)
        y = soundstream.Decoder(config).apply({"params": params["decoder"]}, x)
        return jnp.sum(jnp.square(y - audio))

    gradient = jax.jit(jax.grad(loss))(nn.meta.unbox(params))
    for path, leaf in jax.tree_util.tree_leaves_with_path(gradient):
        name = jax.tree_util.keystr(path)
        assert np.all(np.isfinite(leaf)), name
        assert "dilated" in name or np.any(leaf != 0), name

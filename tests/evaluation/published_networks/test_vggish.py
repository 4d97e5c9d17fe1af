"""VGGish against loops and scipy, of random weights and smaller widths."""

import numpy as np
import pytest
import scipy.signal

from musiclm_jax.evaluation.published_networks import vggish

WIDTHS = {"conv1": 3, "conv2": 4, "conv3/conv3_1": 5, "conv3/conv3_2": 6}
WIDTHS |= {"conv4/conv4_1": 4, "conv4/conv4_2": 3}
DENSE = {"fc1/fc1_1": 8, "fc1/fc1_2": 7, "fc2": 5}


@pytest.fixture
def params(rng):
    found, num_in = {}, 1
    for name, width in WIDTHS.items():
        scale = 1 / np.sqrt(9 * num_in)
        found[f"vggish/{name}/weights"] = scale * rng.standard_normal(
            (3, 3, num_in, width)
        )
        found[f"vggish/{name}/biases"] = 0.3 * rng.standard_normal(width)
        num_in = width
    num_in *= 6 * 4
    for name, width in DENSE.items():
        scale = 1 / np.sqrt(num_in)
        found[f"vggish/{name}/weights"] = scale * rng.standard_normal((num_in, width))
        found[f"vggish/{name}/biases"] = 0.3 * rng.standard_normal(width)
        num_in = width
    return {name: array.astype(np.float32) for name, array in found.items()}


def by_hand(params, spectrum):
    """One example [frame, mel], channel by channel, in double precision."""
    planes = [spectrum.astype(np.float64)]
    for name in WIDTHS:
        kernel = params[f"vggish/{name}/weights"].astype(np.float64)
        planes = [
            np.maximum(
                bias
                + sum(
                    scipy.signal.correlate2d(plane, kernel[:, :, i, o], mode="same")
                    for i, plane in enumerate(planes)
                ),
                0.0,
            )
            for o, bias in enumerate(params[f"vggish/{name}/biases"])
        ]
        if name not in ("conv3/conv3_1", "conv4/conv4_1"):
            planes = [
                np.maximum.reduce([p[i::2, j::2] for i in (0, 1) for j in (0, 1)])
                for p in planes
            ]
    heard = np.stack(planes, axis=-1).ravel()
    for name in DENSE:
        heard = heard @ params[f"vggish/{name}/weights"].astype(np.float64)
        heard = heard + params[f"vggish/{name}/biases"]
        if name != "fc2":
            heard = np.maximum(heard, 0.0)
    return heard


def log_mel_by_hand(audio):
    """Frame by frame and band by band, with mel in natural logarithms, as published."""

    def mel(hz):
        return 1127.0 * np.log(1.0 + hz / 700.0)

    edges = np.linspace(mel(125.0), mel(7500.0), 66)
    window = scipy.signal.get_window("hann", 400, fftbins=True)
    bins = mel(np.arange(257) * 16000 / 512)
    frames = []
    for start in range(0, len(audio) - 400 + 1, 160):
        magnitude = np.abs(np.fft.fft(audio[start : start + 400] * window, 512))[:257]
        bands = []
        for low, centre, high in zip(edges, edges[1:], edges[2:], strict=False):
            rising = (bins - low) / (centre - low)
            falling = (high - bins) / (high - centre)
            weight = np.maximum(0.0, np.minimum(rising, falling))
            bands.append((weight * magnitude).sum())
        frames.append(np.log(np.array(bands) + 0.01))
    return np.array(frames)


def sound(rng, num_samples):
    times = np.arange(num_samples) / 16000
    tone = 0.5 * np.sin(2 * np.pi * 440 * times * (1 + times))
    return (tone + 0.01 * rng.standard_normal(num_samples)).astype(np.float32)


@pytest.mark.parametrize(("num_samples", "windows"), [(15600, 1), (40000, 2)])
def test_log_mel_examples(rng, num_samples, windows):
    audio = np.stack([sound(rng, num_samples), sound(rng, num_samples)[::-1]])
    found = np.asarray(vggish.examples(audio))
    assert found.shape == (2, windows, 96, 64)
    for one, heard in zip(audio, found, strict=True):
        right = log_mel_by_hand(one)[: 96 * windows].reshape(windows, 96, 64)
        np.testing.assert_allclose(heard, right, atol=1e-4)


def test_network(rng, params):
    spectra = rng.standard_normal((2, 96, 64)).astype(np.float32) - 1.0
    found = np.asarray(vggish.network(params, spectra))
    right = np.stack([by_hand(params, spectrum) for spectrum in spectra])
    assert right.min() < 0 < right.max(), "nothing behind the embedding"
    np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-4)


def test_embedder_hears_windows_of_each_clip(rng, params):
    embedder = vggish.VGGish(params, "1a2b3c4d")
    assert (embedder.name, embedder.sample_rate) == ("VGGish 1a2b3c4d", 16000)
    audio = np.stack([sound(rng, 33000), sound(rng, 33000)[::-1]])
    found = embedder.embed(audio)
    assert found.shape == (2, 2, 5)
    # The second window begins where the first ends, 96 hops later.
    alone = embedder.embed(audio[:, 96 * 160 :][:, :15600])
    np.testing.assert_allclose(found[:, 1:], alone, rtol=1e-4, atol=1e-4)
    with pytest.raises(
        ValueError, match=r"0.95 s are too short for VGGish: it hears 0"
    ):
        embedder.embed(audio[:, :15200])


def test_published_size():
    layout = vggish.layout()
    assert layout["vggish/conv4/conv4_1/weights"] == (3, 3, 256, 512)
    assert layout["vggish/fc1/fc1_1/weights"] == (12288, 4096)
    assert layout["vggish/fc2/biases"] == (128,)
    assert sum(int(np.prod(shape)) for shape in layout.values()) == 72_141_184


def test_load(tmp_path, params, monkeypatch):
    monkeypatch.setattr(
        vggish, "layout", lambda: {name: array.shape for name, array in params.items()}
    )
    more = {"global_step": np.array(3), "vggish/fc2/weights/Adam": np.zeros(3)}
    np.savez(tmp_path / "vggish.npz", **params, **more)
    found = vggish.load(tmp_path / "vggish.npz")
    np.savez(tmp_path / "again.npz", **params)
    assert found.name == vggish.load(tmp_path / "again.npz").name
    for name, array in params.items():
        np.testing.assert_array_equal(found.params[name], array)
    np.savez(tmp_path / "more.npz", **params, other=np.zeros(2))
    with pytest.raises(
        ValueError, match=r"more.npz is of another network: it has also o"
    ):
        vggish.load(tmp_path / "more.npz")

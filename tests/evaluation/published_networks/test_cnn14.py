"""CNN14 against loops and scipy, of random weights and smaller widths."""

import numpy as np
import pytest
import scipy.signal

from musiclm_jax.evaluation.published_networks import cnn14

WIDTHS = (3, 4, 5, 4, 3, 6)
LABELS = 7


@pytest.fixture
def params(rng):
    found = {}
    for name, shape in cnn14.layout(WIDTHS, LABELS).items():
        array = rng.standard_normal(shape)
        if name.endswith("running_var"):
            array = rng.uniform(0.5, 2.0, shape)
        elif name == "logmel_extractor.melW":
            array = np.maximum(0.0, array) * 1e-2
        elif len(shape) > 1:
            array /= np.sqrt(np.prod(shape[1:]))
        found[name] = array.astype(np.float32)
    return found


def by_hand(params, spectrum):
    """One clip [frame, mel], channel by channel, in double precision."""

    def normalised(plane, name, at):
        weight, bias, mean, var = (
            params[f"{name}.{part}"].astype(np.float64)[at]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (plane - mean) / np.sqrt(var + 1e-5) * weight + bias

    planes = [normalised(spectrum.astype(np.float64), "bn0", slice(None))]
    for number in range(1, 7):
        block = f"conv_block{number}"
        for layer in (1, 2):
            kernel = params[f"{block}.conv{layer}.weight"].astype(np.float64)
            planes = [
                np.maximum(
                    normalised(
                        sum(
                            scipy.signal.correlate2d(plane, one, mode="same")
                            for plane, one in zip(planes, kernel[o], strict=True)
                        ),
                        f"{block}.bn{layer}",
                        o,
                    ),
                    0.0,
                )
                for o in range(len(kernel))
            ]
        if number < 6:
            time, mel = (size // 2 * 2 for size in planes[0].shape)
            planes = [
                np.mean([p[i:time:2, j:mel:2] for i in (0, 1) for j in (0, 1)], axis=0)
                for p in planes
            ]
    over_time = [plane.mean(axis=1) for plane in planes]
    summed = np.array([each.max() + each.mean() for each in over_time])
    embedding = np.maximum(params["fc1.weight"] @ summed + params["fc1.bias"], 0.0)
    logits = params["fc_audioset.weight"] @ embedding + params["fc_audioset.bias"]
    return embedding, logits


def test_log_mel(rng, params):
    audio = rng.standard_normal((2, 3000)).astype(np.float32)
    audio[1] = 0.0
    filters = params["logmel_extractor.melW"]
    found = np.asarray(cnn14.log_mel(filters, audio))
    assert found.shape == (2, 1 + 3000 // 320, 64)
    window = scipy.signal.get_window("hann", 1024, fftbins=True)
    for one, heard in zip(audio, found, strict=True):
        mirrored = np.concatenate([one[512:0:-1], one, one[-2:-514:-1]])
        for number, right in enumerate(heard):
            frame = mirrored[320 * number :][:1024] * window
            power = np.abs(np.fft.fft(frame)[:513]) ** 2
            mel = 10 * np.log10(np.maximum(power @ filters, 1e-10))
            np.testing.assert_allclose(right, mel, atol=1e-4)
    np.testing.assert_array_equal(found[1], -100.0)


@pytest.mark.parametrize("num_frames", [32, 71])
def test_network(rng, params, num_frames):
    spectra = rng.standard_normal((2, num_frames, 64)).astype(np.float32)
    found = cnn14.network(params, spectra)
    for number, spectrum in enumerate(spectra):
        embedding, logits = by_hand(params, spectrum)
        assert embedding.any()
        np.testing.assert_allclose(found.embedding[number], embedding, atol=1e-4)
        np.testing.assert_allclose(found.logits[number], logits, atol=1e-4)


def test_embedder_hears_each_clip_by_itself(rng, params):
    embedder = cnn14.CNN14(params, "1a2b3c4d")
    assert (embedder.name, embedder.sample_rate) == ("CNN14 1a2b3c4d", 32000)
    audio = rng.standard_normal((3, 12000)).astype(np.float32)
    found, told = embedder.embed(audio), embedder.log_probabilities(audio)
    assert found.shape == (3, WIDTHS[-1]) and told.shape == (3, LABELS)
    spectra = cnn14.log_mel(params["logmel_extractor.melW"], audio)
    right = cnn14.network(params, spectra)
    np.testing.assert_allclose(found, right.embedding, rtol=1e-4, atol=1e-4)
    odds = np.exp(np.asarray(right.logits, np.float64))
    log_softmax = np.log(odds / odds.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(told, log_softmax, rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match=r"too short for CNN14: it needs 0.32 s"):
        embedder.embed(audio[:, :10000])


def test_published_size():
    layout = cnn14.layout()
    trained = {
        name: int(np.prod(shape))
        for name, shape in layout.items()
        if "running" not in name and "melW" not in name
    }
    assert layout["conv_block6.conv2.weight"] == (2048, 2048, 3, 3)
    assert layout["fc_audioset.weight"] == (527, 2048)
    assert layout["logmel_extractor.melW"] == (513, 64)
    # PANNs, table of complexities: 80,753,615 parameters.
    assert sum(trained.values()) == 80_753_615


def test_load(tmp_path, params, monkeypatch):
    layout = cnn14.layout(WIDTHS, LABELS)
    monkeypatch.setattr(cnn14, "layout", lambda: layout)
    more = {
        "bn0.num_batches_tracked": np.array(3),
        "spectrogram_extractor.stft.conv_real.weight": np.zeros((513, 1, 1024)),
    }
    np.savez(tmp_path / "whole.npz", **params, **more)
    found = cnn14.load(tmp_path / "whole.npz")
    for name, array in params.items():
        np.testing.assert_array_equal(found.params[name], array)
    # The network at 16 kHz has the same layers behind another spectrum.
    filters = {"logmel_extractor.melW": np.zeros((257, 64), np.float32)}
    np.savez(tmp_path / "other.npz", **(params | filters))
    with pytest.raises(ValueError, match=r"melW \[257, 64\] \(right is \[513, 64\]\)"):
        cnn14.load(tmp_path / "other.npz")

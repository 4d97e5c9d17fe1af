import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal
import scipy.stats

from musiclm_jax.codec import losses
from musiclm_jax.signal import mel


def reference_mel_loss(x, y, rate, offset):
    """Equation 4 with SciPy's window, a loop over frames and explicit norms."""
    total = 0.0
    for s in (64, 128, 256, 512, 1024, 2048):
        hop = s // 4
        config = mel.MelConfig(rate, s, hop, 64, 0.0, rate / 2)
        filters = mel.mel_filterbank(config)
        window = scipy.signal.get_window("hann", s)
        terms = []
        for a, b in zip(x, y, strict=True):
            pad = s - hop
            a, b = (np.pad(v, (pad // 2, pad - pad // 2)) for v in (a, b))
            for start in range(0, len(a) - s + 1, hop):
                p, q = (
                    np.abs(np.fft.rfft(v[start : start + s] * window))
                    @ filters
                    / np.sqrt(s)
                    for v in (a, b)
                )
                log_p, log_q = np.log(p + offset), np.log(q + offset)
                terms.append(
                    np.linalg.norm(p - q, 1)
                    + np.sqrt(s / 2) * np.linalg.norm(log_p - log_q, 2)
                )
        total += np.mean(terms)
    return total


@pytest.mark.parametrize(
    ("loss", "offset"),
    [(losses.MelLoss(), 1e-5), (losses.MelLoss(log_offset=0.1), 0.1)],
)
def test_mel_loss_equals_numpy(rng, loss, offset):
    x, y = rng.standard_normal((2, 2, 4096)).astype(np.float32) * 0.1
    np.testing.assert_allclose(
        jax.jit(lambda x, y: loss(x, y, sample_rate=8000))(x, y),
        reference_mel_loss(x, y, 8000, offset),
        rtol=1e-3,
    )


def test_mel_loss_of_equal_sounds(rng):
    x = jnp.asarray(rng.standard_normal((1, 2400)), jnp.float32)
    loss, gradient = jax.jit(
        jax.value_and_grad(lambda y: losses.MelLoss()(x, y, sample_rate=24000))
    )(x)
    assert float(loss) < 0.02
    assert bool(jnp.all(jnp.isfinite(gradient)))


def test_commitment_moves_the_embeddings_only(rng):
    x, q = rng.standard_normal((2, 2, 3, 4)).astype(np.float32)
    np.testing.assert_allclose(
        losses.commitment(x, q), np.mean((x - q) ** 2), rtol=1e-5
    )
    to_x, to_q = jax.grad(losses.commitment, argnums=(0, 1))(x, q)
    np.testing.assert_allclose(to_x, 2 * (x - q) / x.size, rtol=1e-4, atol=1e-7)
    assert float(jnp.abs(to_q).max()) == 0


def test_si_sdr_is_the_ratio_and_ignores_scale(rng):
    x = rng.standard_normal((2, 4000)).astype(np.float32)
    noise = rng.standard_normal((2, 4000)).astype(np.float32)
    noise -= x * np.sum(noise * x, -1, keepdims=True) / np.sum(x**2, -1, keepdims=True)
    noise *= np.linalg.norm(x, axis=-1, keepdims=True) / np.linalg.norm(
        noise, axis=-1, keepdims=True
    )
    for db in (0.0, 12.0):
        y = x + noise * 10 ** (-db / 20)
        np.testing.assert_allclose(losses.si_sdr_db(x, 3 * y), db, atol=1e-2)


def test_log_mel_distance(rng):
    x = rng.standard_normal((1, 4096)).astype(np.float32)
    # Ten times the amplitude, well above the offset: log 10 everywhere.
    distance = losses.log_mel_distance(x, 10 * x, sample_rate=24000)
    np.testing.assert_allclose(distance, np.log(10), rtol=0.02)
    assert float(losses.log_mel_distance(x, x, sample_rate=24000)) == 0


def test_log_spectrum_by_hand(rng):
    """With SciPy's window and a loop over frames; higher bins do not count."""
    rate, size, hop = 8000, 512, 128
    sounds = rng.standard_normal((2, 1, 2048)) * np.linspace(0.0, 0.3, 2048)
    logs = []
    for x in sounds[:, 0]:
        x = np.pad(x, (size - hop) // 2)
        frames = [x[i : i + size] for i in range(0, len(x) - size + 1, hop)]
        window = scipy.signal.get_window("hann", size)
        magnitude = np.abs(np.fft.rfft(np.array(frames) * window)) / np.sqrt(size)
        logs.append(np.log(magnitude[:, :64] + 0.02))
    loss = losses.LogSpectrum(window_length=size, highest_hz=1000.0, log_offset=0.02)
    got = loss(*sounds.astype(np.float32), sample_rate=rate)
    np.testing.assert_allclose(got, np.abs(logs[0] - logs[1]).mean(), rtol=1e-3)


def test_log_spectrum_tells_neighbouring_notes_apart_and_learns_from_silence():
    time = np.arange(24_000) / 24_000
    note, next_note = (
        np.sin(2 * np.pi * hz * time)[None].astype("f4") for hz in (110.0, 116.5)
    )
    loss = functools.partial(losses.LogSpectrum(), sample_rate=24_000)
    assert float(loss(note, note)) == 0
    assert float(loss(note, next_note)) > 4 * float(loss(note, 0.9 * note))
    assert np.isfinite(jax.grad(lambda y: loss(note, y))(0 * note)).all()


def test_mel_change_by_hand(rng):
    rate, size = 8000, 512
    sounds = rng.standard_normal((2, 1, 2048)) * np.linspace(0.01, 0.3, 2048)
    sounds = sounds.astype(np.float32)
    logs = []
    for sound in sounds:
        spectrum = mel.mel_spectrogram(sound, losses._mel_config(rate, size))
        logs.append(np.log(np.asarray(spectrum)[0] / np.sqrt(size) + 0.02))
    changes = [[frame - before for before, frame in pairs(each)] for each in logs]
    expected = np.mean([np.linalg.norm(a - b) for a, b in zip(*changes, strict=True)])
    loss = losses.MelChange(window_length=size, log_offset=0.02)
    np.testing.assert_allclose(loss(*sounds, sample_rate=rate), expected, rtol=1e-3)


def pairs(frames):
    return zip(frames, frames[2:], strict=False)


def test_mel_change_hears_flicker_and_not_how_loud_a_note_is():
    time = np.arange(24_000) / 24_000
    note = 0.5 * np.sin(2 * np.pi * 440 * time)[None].astype("f4")
    flicker = note * (1 + 0.1 * np.sin(2 * np.pi * 12 * time)).astype("f4")
    loss = functools.partial(losses.MelChange(), sample_rate=24_000)
    assert float(loss(note, flicker)) > 4 * float(loss(note, 0.9 * note))
    assert np.isfinite(jax.grad(lambda y: loss(note, y))(0 * note)).all()


def test_mel_spread_equals_scipy(rng):
    rate, size = 8000, 512
    sounds = rng.standard_normal((2, 2, 2048)) * np.linspace(0.01, 0.3, 2048)
    sounds = sounds.astype(np.float32)
    distances = []
    for x, y in zip(*sounds, strict=True):
        logs = []
        for sound in (x, y):
            spectrum = mel.mel_spectrogram(sound[None], losses._mel_config(rate, size))
            logs.append(np.log(np.asarray(spectrum)[0] / np.sqrt(size) + 0.02))
        for a, b in (logs, [log[2:] - log[:-2] for log in logs]):
            distances.append(
                np.mean(list(map(scipy.stats.wasserstein_distance, a.T, b.T)))
            )
    loss = losses.MelSpread(window_length=size, log_offset=0.02)
    expected = 2 * np.mean(distances)
    np.testing.assert_allclose(loss(*sounds, sample_rate=rate), expected, rtol=1e-3)


def test_mel_spread_hears_how_sharp_an_attack_is_and_not_when():
    time = np.arange(24_000) / 24_000
    tone = 0.5 * np.sin(2 * np.pi * 440 * time)

    def struck(at, rise):
        since = np.maximum(time - at, 0.0)
        envelope = np.exp(-8 * since) * (1 - np.exp(-since / rise))
        return (tone * envelope)[None].astype("f4")

    spread, change = (
        functools.partial(term, sample_rate=24_000)
        for term in (losses.MelSpread(), losses.MelChange())
    )
    note, blunt, late = struck(0.4, 0.002), struck(0.4, 0.1), struck(0.42, 0.002)
    assert float(spread(note, blunt)) > 2.5 * float(spread(note, late))
    assert float(change(note, blunt)) < float(change(note, late))
    assert np.isfinite(jax.grad(lambda y: spread(note, y))(0 * note)).all()

"""Forms of clips: read in batches of one size, and always the same."""

import numpy as np
import pytest
import soundfile

from musiclm_jax.evaluation import forms
from musiclm_jax.evaluation.forms import Form

NAMES = tuple(f"clip {n}" for n in range(7))


@pytest.fixture
def true(rng):
    sound = rng.uniform(-1, 1, (7, 4000)).astype(np.float32)
    sound *= np.linspace(0.1, 0.7, 7, dtype=np.float32)[:, None]
    return Form("true", NAMES, lambda numbers: sound[numbers])


def read(form):
    return form.read(np.arange(len(NAMES)))


def test_all_is_measured_in_batches_of_one_size(true):
    sizes, shares = [], []

    def number_of(numbers, sound):
        sizes.append((len(numbers), len(sound)))
        return numbers

    def level(numbers, sound):
        return np.abs(sound).max(axis=1)

    found = true.measured(
        {"number": number_of, "level": level}, batch=3, progress=shares.append
    )
    np.testing.assert_array_equal(found["number"], np.arange(7))
    np.testing.assert_array_equal(found["level"], np.abs(read(true)).max(axis=1))
    assert sizes == [(3, 3)] * 3 and shares[-1] == 1.0


def test_noise_is_as_loud_as_its_clip_and_no_other(true):
    noise = read(forms.noise_like(true, seed=0))
    level = np.square(read(true)).mean(axis=1)
    np.testing.assert_allclose(np.square(noise).mean(axis=1), level, rtol=0.1)
    likeness = np.corrcoef(np.concatenate([noise, read(true)]))
    assert np.abs(likeness - np.eye(14)).max() < 0.1
    # Whatever stands beside it.
    alone = forms.noise_like(true, seed=0).read(np.array([4]))
    np.testing.assert_array_equal(alone[0], noise[4])
    assert not np.array_equal(read(forms.noise_like(true, seed=1)), noise)


@pytest.mark.parametrize("snr_db", [20.0, 0.0])
def test_noise_is_added_at_its_level(true, snr_db):
    noisy = forms.with_noise(true, snr_db, seed=0)
    assert noisy.name == f"true + noise, SNR {snr_db:g} dB"
    added = read(noisy) - read(true)
    power = [np.square(sound).mean() for sound in (read(true), added)]
    assert 10 * np.log10(power[0] / power[1]) == pytest.approx(snr_db, abs=0.2)


def test_codec_of_the_levels_that_are_generated(true):
    class Codec:
        def tokenize(self, audio):
            return np.stack([audio, np.ones_like(audio)], axis=-1)

        def decode(self, codes):
            return codes.sum(axis=-1)

    for levels, plus in ((1, 0.0), (2, 1.0)):
        decoded = forms.after_codec(true, Codec(), levels=levels)
        np.testing.assert_allclose(read(decoded), read(true) + plus)


def test_pieces_that_are_not_as_they_were_made(tmp_path):
    path, how = tmp_path / "a.flac", {"num_samples": 50, "sample_rate": 8000}

    def wrong():
        with pytest.raises(ValueError, match="delete it, and the same command") as told:
            forms.read(path, **how)
        return str(told.value)

    assert "a.flac is missing: delete" in wrong()
    path.touch()
    assert "is empty" in wrong()
    path.write_text("no sound at all")
    assert "is broken or no audio" in wrong()
    soundfile.write(path, np.zeros(50), 4000)
    assert "has 4000 samples a second, and the model 8000" in wrong()
    soundfile.write(path, np.zeros(40), 8000)
    assert "has 40 samples, and 50 are right" in wrong()
    sound = np.linspace(-0.5, 0.5, 50)
    soundfile.write(path, sound, 8000)
    form = forms.of_files("generated", ["x"], [path], **how)
    np.testing.assert_allclose(form.read(np.array([0]))[0], sound, atol=1e-4)

"""The curve of a codec whose levels are the digits of samples."""

import importlib.util
import sys
import types

import numpy as np
import pytest

from musiclm_jax.evaluation import codec_curve, visqol
from musiclm_jax.evaluation.waveform_distance import si_sdr

RATE = 8000


class Digits:
    """Each level adds two bits to a sample: a frame is one of them."""

    sample_rate = RATE
    frame_rate = float(RATE)
    config = types.SimpleNamespace(num_quantizers=4, codebook_size=4)

    def tokenize(self, audio):
        whole = np.floor((audio + 1.0) / 2.0 * 4**4).astype(int)
        return np.stack([whole // 4**k % 4 for k in (3, 2, 1, 0)], axis=-1)

    def decode(self, codes):
        places = 4.0 ** -np.arange(1, codes.shape[-1] + 1)
        # In the middle of what the missing digits may be.
        return 2.0 * (codes @ places + places[-1] / 2) - 1.0


@pytest.fixture
def audio(rng):
    times = np.arange(RATE) / RATE
    tones = np.sin(2 * np.pi * np.array([[300.0], [440.0], [620.0]]) * times)
    return 0.6 * tones + 0.01 * rng.standard_normal(tones.shape)


def curve_of(audio, levels, asked=None):
    asked = asked or codec_curve.measures(RATE)
    found = codec_curve.curve(Digits(), audio, levels, asked, batch=2)
    return {(each.measure, each.of): each for each in found}


def test_more_levels_keep_more(audio):
    found = curve_of(audio, [1, 2, 4])
    names = ["codec, 1 level", "codec, 2 levels", "codec, 4 levels"]
    rates = [found[codec_curve.BIT_RATE, of].value for of in names]
    assert rates == [2.0 * RATE, 4.0 * RATE, 8.0 * RATE]
    for measure, (_, better) in codec_curve.measures(RATE).items():
        values = [found[measure, of].value for of in names]
        # A partial that is near another one may be found by chance.
        ordered = values[::2] if measure == "partials kept" else values
        assert ordered == sorted(ordered, reverse=better == "low"), measure
        for of in names:
            each = found[measure, of]
            assert each.low <= each.value <= each.high and each.better == better


def test_means_are_those_of_the_measures(audio):
    codec, each = Digits(), curve_of(audio, [2])["SI-SDR, dB", "codec, 2 levels"]
    decoded = [codec.decode(codec.tokenize(clip)[:, :2]) for clip in audio]
    by_hand = [si_sdr(*pair) for pair in zip(audio, decoded, strict=True)]
    assert each.value == pytest.approx(np.mean(by_hand))


def test_clips_without_a_figure_are_told(audio):
    def measure(true, made):
        del made
        return float("nan") if true[0] > 0.5 else 1.0

    audio[1, 0] = 0.6
    asked = {"odd": (measure, "high")}
    found = curve_of(audio, [1], asked)["odd", "codec, 1 level"]
    assert (found.value, found.remark) == (1.0, "1 of 3 clips have none")
    audio[:, 0] = 0.6
    nothing = curve_of(audio, [1], asked)["odd", "codec, 1 level"]
    assert (nothing.value, nothing.low, nothing.high) == (None, None, None)
    assert nothing.remark == "3 of 3 clips have none"


def test_table_and_use(audio):
    found = tuple(curve_of(audio, [1, 4]).values())
    table = codec_curve.table("t", found)
    assert table.columns == ("figure", "codec, 1 level", "codec, 4 levels")
    assert table.rows[0] == (codec_curve.BIT_RATE, 2.0 * RATE, 8.0 * RATE)
    use = codec_curve.use(Digits(), audio, batch=2)
    assert use.title == f"Use of 4 codes a level in {3 * RATE:,} frames"
    assert [row[0] for row in use.rows] == [1, 2, 3, 4]
    # The last digits are those of noise.
    assert use.rows[3][2] == pytest.approx(4.0, abs=0.01)
    assert use.rows[0][2] < 3.9


def test_visqol_says_how_it_is_got(monkeypatch):
    monkeypatch.setitem(sys.modules, "visqol", None)
    with pytest.raises(ValueError, match="not installed: pip install visqol-python"):
        visqol.scorer(RATE)


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("visqol") is None, reason="visqol-python is not installed"
)
def test_visqol_hears_noise(rng):
    times = np.arange(24000) / 24000
    sound = sum(0.1 * np.sin(2 * np.pi * hz * times) for hz in (220, 440, 1760))
    score = visqol.scorer(24000)
    noise = rng.standard_normal(len(sound))
    scores = [score(sound, sound + gain * noise) for gain in (0.0, 0.1)]
    assert scores[0] > 4.5 and scores == sorted(scores, reverse=True)

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.semantic import rhythm

CONFIG = rhythm.RhythmConfig(
    window_seconds=4.0, low_bpm=40.0, high_bpm=320.0, num_tempi=37
)
TEMPI = np.geomspace(40.0, 320.0, 37)
hear = jax.jit(
    lambda onset: rhythm.tempogram(onset, CONFIG, frame_rate=50.0, hop_length=2)
)


def clicks(bpm, seconds=12, start=0.1):
    """[1, frame] at 50 Hz: one frame in each beat, which lies between two."""
    onset = np.zeros(50 * seconds)
    for time in np.arange(start, seconds - 0.1, 60 / bpm):
        place = 50 * time
        onset[int(place)] += 1 - place % 1
        onset[int(place) + 1] += place % 1
    return onset[None].astype(np.float32)


def test_tempogram_is_that_of_sums(rng):
    onset = rng.normal(size=(1, 120)).astype(np.float32)
    got = hear(onset)
    assert got.shape == (1, 60, 37)
    padded = np.pad(onset[0].astype(np.float64), 200)
    hann = np.sin(np.pi * np.arange(200) / 200) ** 2
    fade = np.array([hann[: 200 - lag] @ hann[lag:] for lag in range(200)])
    for step in (0, 31, 59):
        x = padded[200 + 2 * step + 1 - 100 :][:200] * hann
        energy = x @ x + 1e-3
        found = []
        for hz in TEMPI / 60:
            lag, between = divmod(50 / hz, 1)
            repeats = 0.0
            for at, share in ((int(lag), 1 - between), (int(lag) + 1, between)):
                faded = fade[at] / fade[0] + 0.2
                repeats += share * (x[: 200 - at] @ x[at:]) / faded
            place, part = divmod(hz * 1024 / 50, 1)
            tone = sum(
                share * abs(np.exp(-2j * np.pi * bin_ / 1024 * np.arange(200)) @ x)
                for bin_, share in ((place, 1 - part), (place + 1, part))
            )
            found.append(
                np.sqrt(tone / np.sqrt(200 * energy) * max(0, repeats / energy) + 1e-4)
                - 0.01
            )
        want = np.array(found) / (np.linalg.norm(found) + 0.1)
        np.testing.assert_allclose(got[0, step], want, atol=2e-3)


@pytest.mark.parametrize("bpm", [66.0, 92.0, 131.0, 175.0])
def test_the_tempo_is_the_highest(bpm):
    """Neither its half nor its double, which one of the two transforms alone takes."""
    step = np.asarray(hear(clicks(bpm)))[0, 150]
    assert abs(np.log2(TEMPI[step.argmax()] / bpm)) < 1 / 12
    for other in (bpm / 2, 2 * bpm):
        if TEMPI[0] < other < TEMPI[-1]:
            assert step[np.abs(TEMPI - other).argmin()] < 0.8 * step.max()


def test_what_changes_is_heard_where_it_changes():
    slow, fast = clicks(70.0), clicks(150.0)
    both = np.concatenate([slow, fast], axis=1)
    best = TEMPI[np.asarray(hear(both))[0].argmax(axis=-1)]
    before, after = best[25:250], best[350:575]
    assert np.all(np.abs(np.log2(before / 70)) < 1 / 12)
    assert np.all(np.abs(np.log2(after / 150)) < 1 / 12)


def test_a_window_is_centred_on_its_step():
    """From behind, music has the same tempi at the same moments."""
    onset = np.concatenate([clicks(70.0), 0 * clicks(70.0), clicks(150.0)], axis=1)
    forward, backward = hear(onset), hear(onset[:, ::-1])[:, ::-1]
    late = np.linalg.norm(forward[:, 1:] - forward[:, :-1])
    assert np.linalg.norm(forward - backward) < late


def test_onsets_are_rises_less_their_trend(rng):
    log_mel = rng.normal(size=(1, 80, 6)).astype(np.float32)
    got = rhythm.onsets(jnp.asarray(log_mel), 20.0)
    held = np.pad(log_mel[0], ((1, 1), (0, 0)), mode="edge")
    rises = np.maximum(held[2:] - held[:-2], 0.0).mean(axis=1)
    for frame in (0, 5, 40, 79):
        near = rises[max(0, frame - 10) : frame + 11].sum() / 21
        np.testing.assert_allclose(got[0, frame], rises[frame] - near, atol=1e-5)


def test_nothing_that_begins_has_no_tempo():
    held = jnp.broadcast_to(jnp.arange(6.0)[None, None], (1, 400, 6))
    tempi = hear(rhythm.onsets(held, 50.0))
    assert np.abs(tempi).max() < 1e-3


def test_configuration_is_checked():
    for change in ({"low_bpm": 15.0}, {"high_bpm": 40.0}, {"num_tempi": 1}):
        with pytest.raises(ValueError, match="two tempi or more, and a window longer"):
            dataclasses.replace(CONFIG, **change)


def test_a_pattern_tells_where_things_begin_and_how_high():
    """Strokes of low and of high bands, each loud from one frame on."""
    log_mel = np.full((1, 80, 20), -10.0, np.float32)
    # A rise is heard two frames before it and one behind: in step 6, and in step 10.
    log_mel[:, 26:, :4] += 2.0
    log_mel[:, 42:, 11:] += 8.0
    pattern = rhythm.onset_pattern(jnp.asarray(log_mel), hop_length=4, num_steps=5)
    assert pattern.shape == (1, 20, 15)
    steps = np.asarray(pattern).reshape(20, 5, 3)
    # By the round that stands around each step: low, middle and high bands.
    for step in range(20):
        for place in range(5):
            heard = steps[step, place]
            at = min(max(step + place - 2, 0), 19)
            assert heard[1] == 0
            assert (heard[0] > 1) == (at == 6), (step, place)
            assert (heard[2] > 1) == (at == 10), (step, place)
    assert steps.max() == 3.0, "the loudest tell no more than the loud"

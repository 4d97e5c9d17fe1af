import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.files import config_json
from musiclm_jax.semantic import aspects, centroids, windows
from musiclm_jax.semantic.aspects_task import AspectsTask
from musiclm_jax.semantic.beat import BeatConfig

BEAT = BeatConfig(window_seconds=2.0, low_bpm=60.0, tempi_per_octave=6, num_tempi=9)


@pytest.fixture
def features(aspects_config):
    return jax.jit(lambda audio: centroids.features(aspects_config, {}, audio))


def widths(config):
    shapes = jax.eval_shape(
        lambda audio: aspects.aspects(audio, config), jnp.zeros((1, 9600))
    )
    return [shapes[name].shape[-1] for name in config.told]


@pytest.mark.parametrize("last", ["rhythm", "beat"])
def test_each_step_tells_the_aspect_that_has_its_turn(aspects_config, last, rng):
    aspects_config = dataclasses.replace(
        aspects_config,
        turns=(*aspects_config.turns[:-1], last),
        beat=BEAT if last == "beat" else None,
    )
    features = jax.jit(lambda audio: centroids.features(aspects_config, {}, audio))
    audio = (0.1 * rng.normal(size=(2, 12 * 960))).astype(np.float32)
    told = np.asarray(features(audio))
    whole = aspects.aspects(jnp.asarray(audio), aspects_config)
    ends = np.cumsum(widths(aspects_config))
    for step in range(12):
        name = aspects_config.turns[step % 5]
        parts = dict(
            zip(
                aspects_config.told,
                np.split(told[:, step], ends[:-1], axis=-1),
                strict=True,
            )
        )
        np.testing.assert_allclose(parts.pop(name), whole[name][:, step], atol=1e-4)
        assert not any(part.any() for part in parts.values())
        assert np.abs(whole[name][:, step]).max() > 0


def test_what_a_step_hears_is_centred_on_it(aspects_config, rng):
    """All that does not tell rises from falls is the same from behind."""
    audio = 0.1 * rng.normal(size=(1, 40 * 960)).astype(np.float32)
    audio *= np.repeat(rng.uniform(0.1, 1.0, 40), 960)[None].astype(np.float32)
    hear = jax.jit(lambda audio: aspects.aspects(audio, aspects_config))
    forward, backward = hear(audio), hear(audio[:, ::-1])
    colours = aspects_config.num_cepstra
    for name, kept in (("timbre", slice(colours)), ("harmony", slice(None))):
        one, other = forward[name][..., kept], backward[name][:, ::-1, kept]
        # The window's peak lies half a sample behind the middle of a frame.
        late = np.linalg.norm(one[:, 1:] - one[:, :-1])
        assert np.linalg.norm(one - other) < 0.05 * late


def test_any_length_is_rounded_up_to_whole_steps(features):
    for samples, steps in ((1, 1), (960, 1), (961, 2), (4000, 5)):
        assert jax.eval_shape(features, jnp.zeros((2, samples))).shape[:2] == (2, steps)


def test_a_part_from_a_stride_on_has_the_codes_of_the_whole(
    aspects_config, features, rng
):
    """Whose turn it is agrees too."""
    told = np.asarray(features((0.1 * rng.normal(size=(1, 9600))).astype(np.float32)))
    params = {
        "mean": np.zeros(told.shape[-1], np.float32),
        "std": np.ones(told.shape[-1], np.float32),
        "codebooks": told,
    }
    hear = jax.jit(lambda audio: centroids.tokenize(aspects_config, params, audio))
    audio = rng.normal(size=(1, 100 * 960)) * np.repeat(
        rng.uniform(0.01, 0.2, 100), 960
    )
    audio = audio.astype(np.float32)
    whole = windows.over_windows(hear, aspects_config, audio)
    assert whole.shape == (1, 100, 1)
    for start, end in ((10, 80), (30, 100)):
        part = windows.over_windows(
            hear, aspects_config, audio[:, start * 960 : end * 960]
        )
        same = slice(start + 18, end - 18)
        np.testing.assert_array_equal(part[:, 18 : end - start - 18], whole[:, same])


def test_configuration_comes_back_through_json(aspects_config):
    text = json.dumps(config_json.to_json(aspects_config))
    found = config_json.from_json(aspects.AspectsConfig, json.loads(text), where="file")
    assert found == aspects_config
    assert found.frame_rate == 25.0 and found.window_steps == 25


def test_configuration_is_checked(aspects_config):
    lines = aspects_config.long_windows.lines
    other_rate, other_hop = (
        dataclasses.replace(
            aspects_config.long_windows, lines=dataclasses.replace(lines, **change)
        )
        for change in ({"sample_rate": 16_000}, {"hop_length": 1000})
    )
    for change, words in (
        (
            {"turns": ("timbre", "words")},
            "some of timbre, harmony, rhythm, onsets, beat, got",
        ),
        ({"turns": ()}, "some of timbre"),
        ({"weights": (1.0, 0.0, 1.0, 1.0)}, "weights must be above 0, one for each of"),
        ({"weights": (1.0, 1.0, 1.0)}, "of timbre, harmony, rhythm, onsets, got"),
        ({"turns": ("timbre", "harmony") * 5}, "of timbre, harmony, got"),
        ({"num_cepstra": 17}, r"num_cepstra must be in 1..num_mels \(16\), got 17"),
        ({"long_windows": other_rate}, "must be at 24000 Hz as mel is, got 16000"),
        ({"long_windows": other_hop}, r"a multiple of mel's \(240\), got 1000"),
        ({"beat": BEAT}, "beat must be given where it has a turn, and only there"),
        ({"turns": ("beat",), "weights": (1.0,)}, "got None for turns"),
        ({"stride_seconds": 0.24}, "multiples of 0.2, got 0.24"),
        ({"stride_seconds": 2.0}, "stride_seconds must be in 1/25..window_seconds"),
    ):
        with pytest.raises(ValueError, match=words):
            dataclasses.replace(aspects_config, **change)


def test_codes_learn_whose_turn_it_is_and_what_is_told(aspects_config, key):
    """Two notes, each with a rattle of its own; steps are told apart by both."""
    time = np.arange(30 * 960) / 24_000
    rattles = np.sin(2 * np.pi * time * np.array([[3.0], [8.0]])) > 0
    notes = np.sin(2 * np.pi * time * np.array([[262.0], [370.0]]))
    batch = {"audio": jnp.asarray(0.3 * rattles * notes, jnp.float32)}
    task = AspectsTask(config=aspects_config, decay=0.9, dead_threshold=1.0)
    state = task.init(key, batch)
    step = jax.jit(task.train_step)
    for rng in jax.random.split(key, 20):
        state, metrics = step(state, batch, rng)
    assert metrics["loss/relative_error"] < 0.2
    codes = np.asarray(
        centroids.tokenize(aspects_config, task.inference_params(state), batch["audio"])
    )[:, 5:25, 0]
    of = {
        name: [
            set(row[np.arange(20) % 5 == turn])
            for row in codes
            for turn, told in enumerate(aspects_config.turns)
            if told == name
        ]
        for name in aspects_config.told
    }
    used = {name: set().union(*sets) for name, sets in of.items()}
    assert not used["timbre"] & used["harmony"]
    assert not used["harmony"] & used["rhythm"]
    assert not used["rhythm"] & used["timbre"]
    # Both rows of the aspect, whichever of its turns.
    rows = [set(row[1::5]) | set(row[3::5]) for row in codes]
    assert not rows[0] & rows[1]

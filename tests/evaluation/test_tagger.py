"""A tagger that the corpus trains: what it learns, and that a file keeps it."""

import numpy as np
import pytest
import safetensors.numpy

from musiclm_jax.evaluation import features, probe, tagger

CLIPS = {"sample_rate": 24000, "seconds": 10.0}


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch):
    monkeypatch.setattr(probe, "_STEPS", 40)
    monkeypatch.setattr(probe, "L2_GRID", (1e-3,))


@pytest.fixture
def clips(rng):
    """Features of which each label has some of its own."""
    style, drums = rng.integers(3, size=60), rng.integers(2, size=60)
    x = 0.3 * rng.standard_normal((60, features.views().shape[1]))
    x[:, :50] += style[:, None]
    x[:, 50:80] += 2.0 * drums[:, None]
    labels = {
        "style": [f"style {label}" for label in style],
        "has_drums": [str(bool(label)) for label in drums],
        "lead_family": ["keys"] * 60,
    }
    return x.astype(np.float32), labels


def test_labels_are_learnt_and_those_of_one_class_are_not(clips):
    x, labels = clips
    made = tagger.fit(x, labels, made_of=CLIPS)
    logs = made.log_probabilities(x)
    assert logs.keys() == {"style", "has_drums"}
    assert logs["style"].shape == (60, 3)
    np.testing.assert_allclose(np.exp(logs["style"]).sum(axis=1), 1.0, rtol=1e-5)
    for attribute, probe_of in made.probes.items():
        assert probe_of.accuracy(x, labels[attribute]) > 0.9


def test_a_file_keeps_all_of_it(clips, tmp_path):
    made = tagger.fit(*clips, made_of=CLIPS | {"clips": [1, 2]})
    made.save(tmp_path / "t.safetensors")
    kept = tagger.load(tmp_path / "t.safetensors")
    assert (kept.name, kept.made_of) == (made.name, made.made_of)
    for attribute, logs in made.log_probabilities(clips[0]).items():
        np.testing.assert_allclose(
            kept.log_probabilities(clips[0])[attribute], logs, rtol=1e-6
        )


def test_another_tagger_has_another_name(clips):
    x, labels = clips
    names = {
        tagger.fit(x, labels, made_of=CLIPS).name,
        tagger.fit(x, labels, made_of=CLIPS).name,
        tagger.fit(
            x[::-1], {n: each[::-1] for n, each in labels.items()}, made_of=CLIPS
        ).name,
        tagger.fit(x, labels, made_of=CLIPS | {"seconds": 5.0}).name,
    }
    assert len(names) == 3


def test_nothing_to_learn(clips):
    x, labels = clips
    assert tagger.can_be_fitted(labels)
    for none in ({}, {"lead_family": labels["lead_family"]}):
        assert not tagger.can_be_fitted(none)
        with pytest.raises(ValueError, match="no labels to fit a tagger to"):
            tagger.fit(x, none, made_of=CLIPS)


def test_what_only_the_clips_that_choose_tell_apart_is_left_out(clips):
    x, labels = clips
    late = ["no"] * 50 + ["yes"] * 10
    assert not tagger.can_be_fitted({"late": late})
    made = tagger.fit(x, {**labels, "late": late}, made_of=CLIPS)
    assert made.probes.keys() == {"style", "has_drums"}


def test_files_that_are_none(clips, tmp_path):
    path = tmp_path / "t.safetensors"
    with pytest.raises(FileNotFoundError, match="there is no tagger"):
        tagger.load(path)
    for content in (b"no", safetensors.numpy.save({"x": np.ones(2, np.float32)})):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is no tagger, or damaged"):
            tagger.load(path)
    made = tagger.fit(*clips, made_of=CLIPS)
    made.save(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="is no tagger, or damaged"):
        tagger.load(path)
    for part in (b"musiclm tagger 1", b"sample_rate"):
        path.write_bytes(data.replace(part, part[:-1] + b"9"))
        with pytest.raises(ValueError, match="of another version"):
            tagger.load(path)


@pytest.mark.parametrize(
    ("sample_rate", "seconds", "these"),
    [(16000, 10.0, "10 s at 16000"), (24000, 7.5, "7.5 s at 24000")],
)
def test_clips_unlike_those_that_it_was_fitted_to(clips, sample_rate, seconds, these):
    made = tagger.fit(*clips, made_of=CLIPS)
    made.check_clips(24000, 10.0)
    words = f"clips of 10 s at 24000 Hz, and these are of {these} Hz: give another --"
    with pytest.raises(ValueError, match=words):
        made.check_clips(sample_rate, seconds)

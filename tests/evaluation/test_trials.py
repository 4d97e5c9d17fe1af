"""A few clips on the way of a training: the figures of the whole measures."""

import dataclasses
import types

import numpy as np
import pytest

from musiclm_jax import bundle
from musiclm_jax.bundle.codec_tokenizer import CodecTokenizer
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.data.sets.synth_music import SynthMusicConfig
from musiclm_jax.data.synth.corpus import Corpus
from musiclm_jax.evaluation import codec_curve, trials
from musiclm_jax.evaluation.course import Settings
from musiclm_jax.evaluation.examples import Examples


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    corpus = Corpus(num_clips=60, clip_seconds=5.0, seed=0)
    config = SynthMusicConfig(name="few", corpus=corpus, num_workers=1)
    AudioDataset(name="synth_music", data_dir=str(folder), config=config).prepare()
    return AudioDataset(name="synth_music", data_dir=str(folder), config="few")


def part_of_the_box(name):
    config, params = bundle.load_part(bundle.default_folder(), name)
    return types.SimpleNamespace(PART=name, config=config), params


@pytest.mark.slow
def test_a_codec_is_tried_as_its_curve_says(dataset):
    task, params = part_of_the_box("codec")
    trial = trials.CodecTrial(
        dataset=dataset, split="train", num=2, levels=(1, 4), every=1
    )
    trial.check(task, params)
    found = trial.measure(task, params)
    codec = CodecTokenizer(task.config, params)
    split = dataset.open("train")
    audio = Examples.draw(split, 2, np.random.default_rng(0)).audio()
    measures = codec_curve.measures(codec.sample_rate)
    expected = {
        f"{each.measure}/{each.of}": each.value
        for each in codec_curve.curve(codec, audio, (1, 4), measures, batch=2)
        if each.value is not None
    }
    assert found == pytest.approx(expected, rel=1e-5)
    kept = "partials kept/codec, "
    assert found[f"{kept}1 level"] < found[f"{kept}4 levels"]
    wrong = dataclasses.replace(trial, levels=(1, 13))
    levels = task.config.num_quantizers
    message = rf"trial codec: levels .* the codec's {levels}, got \(1, 13\)"
    with pytest.raises(ValueError, match=message):
        wrong.check(task, params)


@pytest.mark.slow
def test_a_stage_makes_pieces_among_the_other_parts(dataset):
    settings = Settings(
        split="train",
        reference="train",
        balanced=False,
        num=2,
        num_reference=2,
        seconds=5.0,
        seed=0,
        batch=2,
    )
    trial = trials.PiecesTrial(
        bundle=str(bundle.default_folder()), dataset=dataset, settings=settings, every=1
    )
    task, params = part_of_the_box("semantic_stage")
    trial.check(task, params)
    found = trial.measure(task, params)
    assert found == trial.measure(task, params)
    (cycle,) = (name for name in found if name.startswith("MCC") and "gen" in name)
    assert -1.0 <= found[cycle] <= 1.0
    assert {name.rpartition("/")[2] for name in found} == {"generated", "shuffled"}
    # What was learnt is what makes the pieces.
    others = {**params, "table": np.roll(np.asarray(params["table"]), 7, axis=0)}
    assert trial.measure(task, others) != found


def test_the_other_parts_must_be_there(dataset, tmp_path):
    task, params = part_of_the_box("semantic_stage")
    bundle.save_part(tmp_path, "semantic_stage", task.config, params)
    settings = Settings(
        split="train", reference="train", balanced=False, num=2, num_reference=2,
        seconds=5.0, seed=0, batch=2,
    )  # fmt: skip
    trial = trials.PiecesTrial(
        bundle=str(tmp_path), dataset=dataset, settings=settings, every=1
    )
    with pytest.raises(ValueError, match=r"has no part|no part|missing"):
        trial.check(task, params)

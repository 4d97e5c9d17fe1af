import dataclasses

import numpy as np
import pytest

from musiclm_jax.data.synth.corpus import Corpus

CORPUS = Corpus(num_clips=40, clip_seconds=1.0, seed=0)


def test_splits_are_whole_and_share_no_melody():
    splits = CORPUS.splits()
    assert list(splits) == ["train", "validation", "test"]
    assert sorted(sum(splits.values(), ())) == list(range(40))
    melodies = [
        {CORPUS.piece(index).melody_id for index in indices}
        for indices in splits.values()
    ]
    assert not melodies[0] & melodies[1]
    assert not melodies[0] & melodies[2]
    assert not melodies[1] & melodies[2]
    assert len(splits["train"]) > 30


def test_shares_of_the_splits():
    sizes = {
        name: len(indices)
        for name, indices in dataclasses.replace(CORPUS, num_clips=2000)
        .splits()
        .items()
    }
    assert sizes == {"train": 1700, "validation": 140, "test": 160}


def test_the_smallest_corpus_has_all_splits():
    splits = Corpus(num_clips=6, clip_seconds=1.0, seed=0).splits()
    assert [len(indices) for indices in splits.values()] == [2, 2, 2]


def test_an_example_depends_on_nothing_but_its_index():
    first = CORPUS.example(3)
    CORPUS.example(1)
    again = CORPUS.example(3)
    assert first["name"] == "synth_0_000003"
    np.testing.assert_array_equal(first.pop("audio"), again.pop("audio"))
    assert first == again


def test_an_example_tells_the_truth():
    example = CORPUS.example(2)
    music = CORPUS.piece(2)
    assert example["audio"].dtype == np.int16 and example["audio"].shape == (24_000,)
    assert example["style"] == music.style
    assert example["has_drums"] == music.has_drums
    assert len(example["captions"]) >= 3
    assert all(isinstance(caption, str) for caption in example["captions"])


def test_names_tell_corpora_apart():
    others = (
        dataclasses.replace(CORPUS, **{field: value})
        for field, value in (
            ("num_clips", 41), ("clip_seconds", 2.0), ("seed", 1),
            ("pair_share", 0.5), ("test_share", 0.2),
        )
    )  # fmt: skip
    assert len({CORPUS.name, *(other.name for other in others)}) == 6


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("num_clips", 5), ("clip_seconds", 0.0), ("pair_share", 1.5),
        ("test_share", 0.0), ("validation_share", 0.9),
    ],
)  # fmt: skip
def test_bad_values_are_refused(field, value):
    with pytest.raises(ValueError, match=field):
        dataclasses.replace(CORPUS, **{field: value})

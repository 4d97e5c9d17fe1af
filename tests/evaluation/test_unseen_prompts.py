"""What is expected can be read, and is compared as it is said to be."""

import json

import numpy as np
import pytest

from musiclm_jax.evaluation import unseen_prompts
from musiclm_jax.evaluation.unseen_prompts import UnseenPrompt

RATE = 8000


def test_expectations_are_read_as_text(tmp_path):
    entry = {"prompt": "nap", "expected": {"has_drums": False, "onsets": "few"}}
    (tmp_path / "p.json").write_text(json.dumps([entry]))
    assert unseen_prompts.read(tmp_path / "p.json") == (
        UnseenPrompt("nap", {"has_drums": "False", "onsets": "few"}),
    )


@pytest.mark.parametrize(
    ("expected", "sentence"),
    [
        (
            {"onsets": "loud"},
            "prompt 'nap' expects onsets to be loud; one of few, many",
        ),
        ({"mood": "sad"}, "expects mood to be sad; one of .*tempo_class.*onsets"),
    ],
)
def test_what_nothing_can_say_is_refused(tmp_path, expected, sentence):
    (tmp_path / "p.json").write_text(
        json.dumps([{"prompt": "nap", "expected": expected}])
    )
    with pytest.raises(ValueError, match=sentence):
        unseen_prompts.read(tmp_path / "p.json")


@pytest.mark.parametrize("text", ["{", '{"prompt": "a"}', '[{"prompt": "a"}]', "[3]"])
def test_what_is_no_list_of_prompts(tmp_path, text):
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(ValueError, match=r"p\.json is no JSON list of \{prompt"):
        unseen_prompts.read(tmp_path / "p.json")


def test_share_that_is_told_right():
    prompts = [
        UnseenPrompt("a", {"onsets": "few", "loudness": "quiet"}),
        UnseenPrompt("b", {"onsets": "many"}),
    ]
    said = [
        {"onsets": "few", "loudness": "loud"},
        {"onsets": "many", "loudness": "quiet"},
    ]
    told = unseen_prompts.told_right(prompts, said)
    assert told.right == pytest.approx({"all": 2 / 3, "onsets": 1.0, "loudness": 0.0})
    # By the other's music: onsets wrong, loudness right, onsets wrong.
    assert told.shuffled == pytest.approx(1 / 3)


class Probe:
    """Always says the same."""

    def __init__(self, label):
        self.label = label

    def predict(self, features):
        return np.full(len(features), self.label)


def test_sound_is_compared_with_the_middle_of_ordinary_sound(rng):
    times = np.arange(6 * RATE) / RATE
    beat = np.exp(-np.mod(times, 0.25) / 0.02)
    busy = beat * rng.standard_normal(len(times))
    drone = 0.01 * np.sin(2 * np.pi * 110 * times)
    middle = np.sin(2 * np.pi * 900 * times) * np.exp(-np.mod(times, 1.0) / 0.2)
    ordinary = 0.2 * np.stack([middle] * 3)
    probes = {name: Probe(words[0]) for name, words in unseen_prompts.PROBED.items()}
    said = unseen_prompts.said_of(np.stack([busy, drone]), ordinary, probes, RATE)
    plain = [tuple(labels[name] for name in unseen_prompts.PLAIN) for labels in said]
    assert plain == [("many", "loud", "bright"), ("few", "quiet", "dark")]
    assert said[0]["has_drums"] == "True"

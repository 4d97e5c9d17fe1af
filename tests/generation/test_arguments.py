"""What is said in Python is judged before any work, and named as it was said."""

import dataclasses
import types

import jax
import numpy as np
import pytest

from musiclm_jax import MusicLM
from musiclm_jax.generation import takes
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.prompt import parse
from musiclm_jax.generation.request import Request
from musiclm_jax.generation.story import Story, StorySpan

NAN = float("nan")
LEVELS, CODES = 3, 5
SOUND = np.zeros((2, 100), np.float32)
MULAN = np.zeros((2, 1, LEVELS), np.int32)
KEYS = jax.random.split(jax.random.key(0), 2)
SPAN = StorySpan(seconds=1.0, prompt=parse("jazz"), transition=0.0)
FROM_MULAN = {"mulan": MULAN, "seconds": 1.0, "rngs": KEYS}


@pytest.fixture
def model():
    """Codebooks, and no network at all: nothing may reach one."""
    books = {"codebooks": np.zeros((LEVELS, CODES, 4), np.float32)}
    mulan = types.SimpleNamespace(params=books)
    return MusicLM(types.SimpleNamespace(mulan=mulan), networks=None)


def refused(kind, said, call, *arguments, **named):
    with pytest.raises(kind, match=said):
        call(*arguments, **named)


@pytest.mark.parametrize("folder", [5, b"model", ["model"], NAN])
def test_a_folder_is_a_path(folder):
    refused(ValueError, "^folder is .*; it must be the path of", MusicLM.load, folder)


@pytest.mark.parametrize("verb", ["generate", "stream"])
@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"temperature": 1.0}, TypeError, "unexpected argument 'temperature'; beside"),
        ({"seconds": NAN}, ValueError, "^seconds is nan; it must be a number from"),
        ({"seconds": float("-inf")}, ValueError, "^seconds is -inf; it must be"),
        ({"seconds": None}, ValueError, "^seconds is None; it must be a number"),
        ({"seconds": np.ones(1)}, ValueError, r"^seconds is \[1\.\]; it must be"),
        ({"seed": 2**32}, ValueError, "^seed is 4294967296; it must be a whole number"),
        ({"seed": "1"}, ValueError, "^seed is '1'; it must be a whole number"),
        ({"seed": True}, ValueError, "^seed is True; it must be a whole number"),
        ({"prompt": b"jazz"}, ValueError, "^the prompt is b'jazz'; it must be text"),
        ({"prompt": {"jazz"}}, ValueError, "^the prompt is {'jazz'}; it must be text"),
        ({"prompt": "jazz \ud800"}, ValueError, "^the prompt is not text"),
        ({"config": {"candidates": 2}}, ValueError, "^config is .*a GenerationConfig"),
        ({"progress": 5}, ValueError, "^progress is 5; it must be a function of"),
        ({"vary": "none.wav"}, FileNotFoundError, "^vary: there is no file none.wav"),
    ],
)
def test_pieces(model, verb, given, kind, said):
    given = {"prompt": "jazz", **given}
    refused(kind, said, getattr(model, verb), **given)


def test_a_stream_is_one_piece(model):
    refused(TypeError, "unexpected argument 'num'", model.stream, "jazz", num=2)
    refused(
        ValueError, "the prompt is \\['a', 'b'\\]; it must", model.stream, ["a", "b"]
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"audio": SOUND[0]}, r"^audio is an array \[100\] of float32; it must be an"),
        ({"audio": "a.wav"}, "^audio is 'a.wav'; it must be an array"),
        ({"audio": SOUND + NAN}, "^audio is .*; it must be sound, of finite numbers"),
        ({"keep": 0}, "^keep is 0; it must be a whole number from 1"),
        ({"keep": NAN}, "^keep is nan; it must be a whole number"),
        ({"keep": 3}, "^keep is 3, and there are 2 takes"),
        ({"prompt": None}, "^prompt is None; it must be text"),
        ({"prompt": 3}, "^the prompt is 3; it must be text"),
    ],
)
def test_what_is_kept(model, given, said):
    given = {"audio": SOUND, "prompt": "jazz", "keep": 1, **given}
    refused(ValueError, said, model.choose, **given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"mulan": MULAN[0]},
            r"^mulan is an array \[1, 3\] of int32; it must be codes",
        ),
        ({"mulan": MULAN + 0.5}, "^mulan is .* whole numbers from 0 to 4"),
        ({"mulan": MULAN + CODES}, "^mulan is .* whole numbers from 0 to 4"),
        ({"mulan": [[[0, 1, 2]]]}, r"^mulan is \[\[\[0, 1, 2\]\]\]; it must be codes"),
        ({"against": MULAN - 1}, "^against is .* whole numbers from 0 to 4"),
        ({"rngs": KEYS[:1]}, "^rngs is .*; it must be 2 keys"),
        ({"rngs": [0, 1]}, r"^rngs is \[0, 1\]; it must be 2 keys"),
        ({"seconds": "1"}, "^seconds is '1'; it must be a number"),
        ({"config": 3}, "^config is 3; it must be a GenerationConfig"),
    ],
)
def test_codes_from_elsewhere(model, given, said):
    refused(ValueError, said, model.generate_from_mulan, **{**FROM_MULAN, **given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"spans": ()}, r"^spans are \(\); they must be of StorySpan"),
        ({"spans": 5}, "^spans are 5; they must be of StorySpan"),
        ({"seed": -1}, "^seed is -1; it must be a whole number"),
        ({"negative_prompt": 3}, "^the negative prompt is 3; it must be text"),
    ],
)
def test_stories(given, said):
    refused(ValueError, said, Story, **{"spans": (SPAN,), **given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"seconds": NAN}, "^seconds is nan; it must be a number above 0"),
        ({"transition": -1}, "^transition is -1; it must be"),
        ({"transition": 2.0}, "^its transition of 2 s is longer than its 1 s"),
        ({"prompt": "jazz"}, "^prompt is 'jazz'; it must be what prompt.parse gives"),
    ],
)
def test_spans(given, said):
    refused(ValueError, said, dataclasses.replace, SPAN, **given)


def test_a_story_is_one(model):
    refused(ValueError, "^story is 'a.yaml'; it must be a Story", model.tell, "a.yaml")
    story = Story(spans=(SPAN,))
    refused(ValueError, "^config is 1; it must be", model.tell, story, config=1)
    for number in (0, 2, 1.0, "1", NAN):
        refused(ValueError, "^there is no span", story.alone, number)


@pytest.mark.parametrize("stage", ["semantic", "coarse", "fine", "soundstorm"])
def test_a_stage_is_sampled_by_its_own_kind(stage):
    said = f"^{stage} is 1.0; it must be a .*SamplingConfig"
    refused(ValueError, said, GenerationConfig, **{stage: 1.0})


@pytest.mark.parametrize("number", [-1, 2, 0.5, "0"])
def test_takes_are_counted(model, number):
    from musiclm_jax.generation import cards

    card = cards.asked(Request(prompt="jazz"), GenerationConfig())
    made = takes.Takes(np.zeros((2, 3, 1), np.int32), np.zeros((2, 2)), card)
    said = f"^the number of a take is {number!r}; it must be a whole number from 0 to 1"
    refused(ValueError, said, takes.render, model, made, [number])

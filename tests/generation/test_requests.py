"""What is asked for is judged before anything is computed, as in the shell."""

import pytest

from musiclm_jax import MusicLM
from musiclm_jax.generation.request import Request


@pytest.fixture
def model():
    """No network at all: nothing may reach it."""
    return MusicLM(tokenizers=None, networks=None)


@pytest.mark.parametrize(
    ("prompt", "arguments", "message"),
    [
        (" ", {}, "the prompt is empty"),
        ("x" * 1001, {}, "1,001 characters; at most 1,000"),
        ("caf\udce9", {}, "the prompt is not text"),
        (["jazz", ""], {}, "the prompt is empty"),
        (["jazz", 3], {}, "the prompt is 3; it must be text"),
        ("jazz", {"seconds": 0}, "seconds is 0; it must be a number from 0.1 to"),
        ("jazz", {"seconds": float("nan")}, "seconds is nan"),
        ("jazz", {"seconds": 601.0}, "seconds is 601.0; .* to 600"),
        ("jazz", {"seconds": "2"}, "seconds is '2'"),
        ("jazz", {"seed": -1}, "seed is -1; .* from 0 to 4,294,967,295"),
        ("jazz", {"seed": 1.5}, "seed is 1.5; it must be a whole number"),
        ("jazz", {"num": 0}, "num is 0; it must be a whole number from 1 to 64"),
        (["jazz", "blues"], {"seed": [1]}, "2 prompts have 1 seeds"),
        ([], {}, "0 prompts have 0 seeds"),
        ('"jazz" +', {}, "the prompt cannot be read at its end: a term must stand"),
        ("jazz", {"negative_prompt": ""}, "the negative prompt is empty"),
    ],
)
def test_what_cannot_be_made(model, prompt, arguments, message):
    with pytest.raises(ValueError, match=message):
        model.generate(prompt, **arguments)


def test_a_request_is_judged_when_it_is_made():
    with pytest.raises(ValueError, match="seconds is inf"):
        Request(prompt="jazz", seconds=float("inf"))


@pytest.mark.parametrize(
    ("asked", "kind", "said"),
    [
        ({"unknown": 1}, TypeError, "unexpected argument 'unknown'; beside prompt"),
        ({"vary": 3}, ValueError, "vary is 3; it must be the path of a recording"),
        ({"seconds": 1e6}, ValueError, "seconds is 1000000.0; it must be a number"),
        ({"num": 100_000}, ValueError, "num is 100000; it must be a whole number"),
    ],
)
def test_python_is_answered_at_the_door(model, asked, kind, said):

    with pytest.raises(kind, match=said):
        model.generate("jazz", **asked)

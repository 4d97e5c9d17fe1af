"""Answers that do not count, each told in a sentence."""

import json

import pytest

from musiclm_jax.evaluation.listening import answers
from musiclm_jax.evaluation.listening.key import Key
from musiclm_jax.evaluation.listening.layout import lay_out

PROMPTS = [(f"p{n}", f"prompt {n}") for n in range(3)]
KEY = Key.of(("x", "y"), lay_out(("x", "y"), PROMPTS, per_pair=3, seed=0), {})


@pytest.fixture
def saved(tmp_path):
    def write(rows=((1, -2), (2, 0), (3, 1)), *, test=KEY.test, listener="l", n=0):
        path = tmp_path / f"answers{n}.json"
        content = {
            "format": 1,
            "test": test,
            "listener": listener,
            "answers": [{"question": q, "preference": p} for q, p in rows],
        }
        path.write_text(json.dumps(content))
        return path

    return write


def test_whole_answers_are_read_in_any_order(saved):
    paths = [saved(), saved(((3, 1), (1, 2), (2, -1)), listener="m", n=1)]
    first, second = answers.read_all(paths, KEY)
    assert (first.listener, first.choices) == ("l", {1: -2, 2: 0, 3: 1})
    assert (second.listener, second.choices) == ("m", {1: 2, 2: -1, 3: 1})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rows": [(1, 0), (3, 0)]}, r"leaves out: question 2, of 3"),
        ({"rows": []}, r"leaves out: question 1, 2, 3, of 3"),
        ({"rows": [(1, 0), (2, 0), (2, 1), (3, 0)]}, "answers twice: question 2"),
        ({"rows": [(n, 0) for n in range(1, 5)]}, "what is not asked: question 4"),
        ({"rows": [(1, 0), (2, 3), (3, 0)]}, "question 2: the preference is 3; .*-2"),
        ({"rows": [(1, 0), (2, None), (3, 0)]}, "question 2: the preference is None"),
        ({"rows": [(1, 0), (2, True), (3, 0)]}, "question 2: the preference is True"),
        ({"rows": [(1, 0), (2, 0.5), (3, 0)]}, r"question 2: the preference is 0\.5"),
        ({"rows": [("1", 0)]}, "damaged: an answer names no question"),
        ({"test": "other"}, f"answers another test: other, and not {KEY.test}"),
        ({"listener": ""}, "damaged: it names no listener"),
    ],
)
def test_answers_that_do_not_count(saved, changed, said):
    path = saved(**changed)
    with pytest.raises(ValueError, match=said) as error:
        answers.read_all([path], KEY)
    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize("content", ["{", "[" * 10000, "\udcff"])
def test_what_is_no_json(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match="damaged: it is not valid JSON"):
        answers.read_all([path], KEY)


@pytest.mark.parametrize("content", ["[]", "3", "{}", '{"format": 2}'])
def test_json_of_something_else(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="holds no answers that the page"):
        answers.read_all([path], KEY)


def test_a_listener_counts_once(saved):
    with pytest.raises(ValueError, match=r"answers0.json and .*answers1.json are of"):
        answers.read_all([saved(), saved(n=1)], KEY)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key.update(format=2),
        lambda key: key.pop("systems"),
        lambda key: key.update(systems=["x"]),
        lambda key: key.update(systems=["x", "y", "z"]),
        lambda key: key.update(questions=[]),
        lambda key: key["questions"].pop(0),
        lambda key: key["questions"][0].update(left="z"),
        lambda key: key["questions"][0].pop("prompt"),
    ],
)
def test_a_damaged_key(tmp_path, spoil):
    path = tmp_path / "key.json"
    content = json.loads(json.dumps(KEY.json()))
    path.write_text(json.dumps(content))
    assert Key.read(path) == KEY
    spoil(content)
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="damaged, or not the key"):
        Key.read(path)

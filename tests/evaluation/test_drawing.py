"""Which clips are drawn, and why others are not."""

import json

import numpy as np
import pytest

from musiclm_jax.evaluation import drawing


def clip(number, *, length=40, captions=("calm piano",), level=100, **fields):
    return {
        "name": f"clip {number}".encode(),
        "audio": np.full(length, level + number, np.int16),
        "captions": [caption.encode() for caption in captions],
        "fields": json.dumps(fields).encode(),
    }


def draw(split, **how):
    settings = {"num": 100, "num_samples": None, "check_caption": lambda text: None}
    return drawing.draw(split, rng=np.random.default_rng(0), **settings | how)


def test_names_captions_and_sound_belong_together():
    split = [clip(n, captions=("short", f"the longest, {n}")) for n in range(20)]
    drawn = draw(split, num=8, num_samples=30)
    assert len(drawn) == len(set(drawn.names)) == 8 and not drawn.left_out
    for number, (name, caption) in enumerate(
        zip(drawn.names, drawn.captions, strict=True)
    ):
        own = int(name.removeprefix("clip "))
        assert caption == f"the longest, {own}"
        audio = drawn.audio(np.array([number]))
        assert audio.dtype == np.float32
        np.testing.assert_array_equal(audio * 2**15, np.full((1, 30), 100 + own))


def test_what_cannot_be_used_is_told():
    split = [clip(n) for n in range(40)]
    split[3] = clip(3, captions=())
    split[4] = clip(4, level=-4)  # silence
    split[5] = clip(5, captions=("静か",))
    split[6] = clip(6, length=10)

    def check(caption):
        if caption == "静か":
            raise ValueError("the model knows no word of it")

    drawn = draw(split, check_caption=check)
    assert drawn.left_out == {
        "clip 3": "it has no caption",
        "clip 4": "it is silent",
        "clip 5": "the model knows no word of it",
        "clip 6": "it is too short",
    }
    assert len(drawn) == 36 and drawn.num_samples == 40
    # Without captions to ask for, all that sounds will do.
    assert "clip 3" in draw(split, check_caption=None).names


def test_others_of_the_same_split():
    split = [clip(n) for n in range(10)]
    first = draw(split, num=6)
    second = draw(split, without=first.names)
    assert sorted(first.names + second.names) == [f"clip {n}" for n in range(10)]
    with pytest.raises(ValueError, match=r"0 of 6 .*6 captions are the prompts: ask"):
        draw(split[:6], without=[f"clip {n}" for n in range(6)])


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"captions": ()}, r"0 of 5 clips can be used, .*\(of 5: it has no caption\)"),
        ({}, r"1 of 5 clips .*\(of 4: it is too short\)"),
    ],
)
def test_fewer_than_two(how, words):
    split = [clip(n, **how, length=40 if n == 0 else 20) for n in range(5)]
    with pytest.raises(ValueError, match=words):
        draw(split, num_samples=30)


def test_the_balanced_subset():
    split = [clip(n, is_balanced_subset=n % 3 == 0) for n in range(9)]
    drawn = draw(drawing.balanced(split))
    assert sorted(drawn.names) == ["clip 0", "clip 3", "clip 6"]
    with pytest.raises(ValueError, match="no clip of the split has the mark is_bal"):
        drawing.balanced([{"name": b"x"}])


def test_labels_are_those_that_all_have():
    split = [clip(n) | {"style": b"jazz", "tempo_class": b"slow"} for n in range(3)]
    del split[1]["tempo_class"]
    assert draw(split).labels == {"style": ["jazz"] * 3}

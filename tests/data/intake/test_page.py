"""The page: well-formed, nothing but text in its text, and no network."""

import base64
import collections
import json

import numpy as np
import pytest

from musiclm_jax.data.intake import cards, page
from musiclm_jax.data.intake.description import Description, LeftOut

RATE = 8000
NASTY = "<script>alert('1')</script> \"quotes\" & <b>bold</b> --> ]]> &amp;"


def clip_of(seconds=1.0, **changes):
    clip = {
        "name": NASTY.encode(),
        "audio": np.full(round(seconds * RATE), 2000, np.int16),
        "captions": [NASTY.encode(), b"calm piano"],
        "aspects": [NASTY.encode()],
        "file": NASTY.encode(),
        "start_seconds": np.float32(2.5),
        "fields": json.dumps({NASTY: NASTY, "genre_top": "rock", "none": []}).encode(),
    }
    return clip | changes


def render(clips=None, num_clips=None, left_out=None):
    clips = [clip_of()] if clips is None else clips
    described = Description()
    for clip in clips:
        described.add(clip, RATE)
    head = page.Head(
        name=NASTY,
        folder=NASTY,
        splits={"train": num_clips or len(clips), "test": 3},
        split="train",
        sample_rate=RATE,
    )
    drawn = [cards.draw(clip, RATE) for clip in clips]
    return page.render(head, described, left_out, drawn).decode()


def test_texts_stay_texts_and_nothing_is_loaded(read_html):
    left_out = LeftOut(
        kinds=collections.Counter({NASTY: 1}), first=[(NASTY, NASTY, NASTY)]
    )
    text = render(left_out=left_out)
    read = read_html(text)
    tags = collections.Counter(tag for tag, _ in read.elements)
    assert not {"script", "link", "iframe", "object", "a"} & tags.keys()
    assert tags["img"] == tags["audio"] == 1
    # Bold are the numbers of the head and the name of the clip, not the caption.
    assert tags["b"] == 6
    assert read.texts.count(NASTY) >= 8
    for source in read.attributes("src"):
        assert source.startswith(("data:image/png;base64,", "data:audio/ogg;base64,"))
    assert not read.attributes("href") and "url(" not in text and "@import" not in text
    assert not any(name.startswith("on") for _, a in read.elements for name in a)
    assert "default-src 'none'" in read.attributes("content")[0]


def test_sound_and_picture_are_whole(read_html):
    sources = read_html(render()).attributes("src")
    picture, sound = (base64.b64decode(s.partition(",")[2]) for s in sources)
    assert picture.startswith(b"\x89PNG") and sound.startswith(b"OggS")


@pytest.fixture
def words(read_html):
    return lambda text: " ".join(" ".join(read_html(text).texts).split())


def test_all_clips_or_some(words):
    clips = [clip_of(36.0, captions=[]), clip_of(36.0)]
    whole = words(render(clips))
    assert "1.2 min of sound" in whole and "looked at" not in whole
    assert "50.0% have no caption" in whole
    some = words(render(clips, num_clips=2000))
    assert "about 20.00 h of sound" in some
    assert "Of 2,000 clips, 2 were looked at, chosen at random." in some


def test_some_clips_are_shown_or_all(words):
    assert "Clips all 1" in words(render())
    assert "Clips 1 of 2,000, chosen at random" in words(render(num_clips=2000))


def test_long_clips_are_shown_in_part(words):
    text = words(render([clip_of(36.0)]))
    assert "36.00 s, peak -24.3 dB" in text and "its first 30 s" in text
    assert "from 2.50 s on" in text


def test_genres_lead_the_fields(words):
    fields = json.dumps({"album": "a", "genre": "rock"}).encode()
    text = words(render([clip_of(fields=fields)]))
    assert text.index("genre rock 1") < text.index("album a 1")


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (None, "No list of what was left out lies beside this data set."),
        (LeftOut(kinds=collections.Counter(), first=[]), "Nothing was left out."),
        (
            LeftOut(kinds=collections.Counter(silent=7), first=[("a", "silent", "r")]),
            "7 by kind silent 7 The first 1 of 7: name kind reason a silent r",
        ),
    ],
)
def test_what_was_left_out(words, left_out, said):
    assert said in words(render(left_out=left_out))


def test_clips_without_captions_aspects_or_fields(words):
    bare = {"name": b"a", "audio": np.zeros(0, np.int16), "captions": []}
    text = words(render([bare]))
    assert "Words of a caption" not in text and "Fields" not in text


def test_names_that_are_no_text(words):
    left_out = LeftOut(kinds=collections.Counter(k=1), first=[("\udcff.wav", "k", "r")])
    assert "?.wav" in words(render(left_out=left_out))

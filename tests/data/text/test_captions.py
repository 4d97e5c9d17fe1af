"""Captions made of words."""

import itertools
import re

import pytest

from musiclm_jax.data.text.captions import MADE, describe, with_captions
from musiclm_jax.data.text.sidecars import Notes


@pytest.mark.parametrize(
    ("known", "captions"),
    [
        (
            {"genres": ["Hip-Hop"], "tags": ["Loud", "angry "], "title": "Blue  Train"},
            (
                "a hip-hop piece, loud, angry",
                "hip-hop, loud, angry",
                'a hip-hop piece called "Blue Train"',
            ),
        ),
        (
            {"genres": ["Electronic", "IDM", "ambient"], "tags": ["slow"]},
            (
                "an electronic piece, slow",
                "electronic, IDM and ambient music: slow",
                "electronic, IDM, ambient, slow",
            ),
        ),
        (
            {"genres": ["folk", "punk", "Folk"], "tags": ["punk"]},
            ("a folk piece", "folk and punk music", "folk, punk"),
        ),
        ({"genres": ["R&B"]}, ("an R&B piece", "R&B")),
        (
            {"tags": ["soft voice", "piano."]},
            ("a piece of music: soft voice, piano", "soft voice, piano"),
        ),
        ({"title": 'The "No"'}, ("a piece called \"The 'No'\"",)),
        ({}, ()),
    ],
)
def test_what_is_said(known, captions):
    assert describe(**known) == captions


@pytest.mark.parametrize(
    "title", ["", " ", "01", "Track 3", "Untitled", "REC_0007", "?"]
)
def test_titles_that_say_nothing(title):
    assert describe(title=title) == ()
    assert describe(genres=["folk"], title=title) == ("a folk piece", "folk")


@pytest.mark.parametrize(
    ("genre", "article"),
    [
        *(("ambient", "an"), ("80s", "an"), ("18th century", "an"), ("EDM", "an")),
        *(("électro", "an"), ("UK garage", "a"), ("Europe", "a"), ("1980s", "a")),
        *(
            ("J-pop", "a"),
            ("MPB", "an"),
            ("(art) rock", "an"),
            ("Old-Time / Historic", "an"),
        ),
    ],
)
def test_the_article_is_of_the_spoken_word(genre, article):
    assert describe(genres=[genre])[0].startswith(f"{article} ")


def test_no_words_are_empty_and_no_captions_alike():
    words = ["", " ", "-", "???", "rock", "Rock", "  slow  tune ", "rock.", "A", "/x"]
    for genres, tags in itertools.product(itertools.permutations(words, 2), repeat=2):
        captions = describe(genres=genres, tags=tags, title="")
        assert captions == describe(genres=genres, tags=tags, title="")
        assert len(set(captions)) == len(captions)
        said = [word for word in (*genres, *tags) if re.search(r"\w", word)]
        assert bool(said) == bool(captions)
        for caption in captions:
            parts = re.split(r", |: | and ", caption)
            assert all(re.search(r"\w", part) for part in parts)
            assert "  " not in caption and len(set(parts)) == len(parts)


def test_captions_are_made_only_where_none_is_written():
    written = Notes(captions=("a tune",), fields={"genre": "rock"})
    assert with_captions(written) is written
    silent = Notes(fields={"year": 1971, "genre": 3, "title": 5})
    assert with_captions(silent) is silent
    made = with_captions(
        Notes(aspects=("sad",), fields={"genre": "Rock; punk", "tags": ["loud", 1]})
    )
    assert made.captions == (
        "a rock piece, sad, loud",
        "rock and punk music: sad, loud",
        "rock, punk, sad, loud",
    )
    assert made.aspects == ("sad",)
    assert made.fields == {"genre": "Rock; punk", "tags": ["loud", 1], MADE: True}

"""Captions for recordings that nobody has described in a sentence.

They are made of what is known instead: aspects, genres and tags, and for want of better
the title. One recording gets several, of which training draws one each time: as a
sentence, and as the plain list of words in which people also ask for music.
"""

import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from musiclm_jax.data.text.sidecars import Notes

MADE = "made_captions"
"""Name of the field that tells made captions from written ones."""

_GENRES = ("genre", "genre_top", "genres")
_TAGS = ("tags",)
_MOST_WORDS = 8
# Names of letters, which "an" goes before: an MPB piece.
_SPOKEN_VOWELS = "AEFHILMNORSX"
_NAMES_A_FILE = re.compile(
    r"(untitled|unknown|track|title|audio|song|demo|aud|rec|img|no\.)?[\W\d_]*", re.I
)


def with_captions(notes: Notes) -> Notes:
    """Gives captions to notes without any, if something is known to make them of.

    Genres are the fields "genre", "genre_top" and "genres", tags the field "tags" and
    the aspects, the title is the field "title". A field is a list, or text with commas
    or semicolons.

    Returns:
        The notes as they are if they have captions, or nothing says how it sounds;
        else with captions, and with the field `MADE` set.
    """
    if notes.captions:
        return notes
    title = notes.fields.get("title")
    captions = describe(
        genres=_phrases(notes.fields, _GENRES),
        tags=[*notes.aspects, *_phrases(notes.fields, _TAGS)],
        title=title if isinstance(title, str) else "",
    )
    if not captions:
        return notes
    return dataclasses.replace(
        notes, captions=captions, fields=notes.fields | {MADE: True}
    )


def describe(
    *, genres: Iterable[str] = (), tags: Iterable[str] = (), title: str = ""
) -> tuple[str, ...]:
    """Makes captions.

    A title is no description of sound, but often says something of it; MuLan too was
    trained on titles among other text. So it stands in one caption of its own, the last
    one, and not at all where it is but a number or the name of a file.

    Args:
        genres: the most telling first.
        tags: words and phrases on instruments, mood, tempo; the most telling first.
        title: of the piece.

    Returns:
        Captions, all different, always the same for the same words; none if no word
        says anything.
    """
    genres = _words(genres)
    known = {genre.casefold() for genre in genres}
    tags = [tag for tag in _words(tags) if tag.casefold() not in known][:_MOST_WORDS]
    captions = []
    if genres:
        captions += [", ".join([f"{_article(genres[0])} {genres[0]} piece", *tags])]
    if len(genres) > 1:
        music = f"{', '.join(genres[:-1])} and {genres[-1]} music"
        captions += [f"{music}: {', '.join(tags)}" if tags else music]
    if tags and not genres:
        captions += [f"a piece of music: {', '.join(tags)}"]
    if genres or tags:
        captions += [", ".join(genres + tags)]
    title = " ".join(title.split()).replace('"', "'")
    if title and not _NAMES_A_FILE.fullmatch(title):
        kind = f"{_article(genres[0])} {genres[0]}" if genres else "a"
        captions += [f'{kind} piece called "{title}"']
    return tuple(dict.fromkeys(captions))


def _words(phrases: Iterable[str]) -> list[str]:
    """Cleans phrases; leaves out repeats and those without a letter or digit."""
    cleaned = (" ".join(p.split()).strip(" .,;:!?\"'") for p in phrases)
    words: dict[str, str] = {}
    for phrase in cleaned:
        if any(letter.isalnum() for letter in phrase):
            words.setdefault(phrase.casefold(), _small(phrase))
    return list(words.values())


def _small(phrase: str) -> str:
    """Takes capitals off starts of words, but leaves EDM and R&B."""
    return re.sub(r"\b[^\W\d_][a-z']+\b", lambda word: word[0].lower(), phrase)


def _article(phrase: str) -> str:
    first = re.findall(r"[^\W_][^\s\-/]*", phrase)[0]
    if first[0].isdigit():
        # Eight, eleven, eighteen, eighty.
        vowel = bool(re.match(r"8|1[18](\D|$)", first))
    elif len(first) == 1 or not first[1].islower():
        vowel = first[0].upper() in _SPOKEN_VOWELS
    else:
        letter = unicodedata.normalize("NFD", first)[0]
        vowel = letter in "aeiou" and not re.match(r"uni|use|uk|eu|one", first)
    return "an" if vowel else "a"


def _phrases(fields: dict[str, Any], names: Sequence[str]) -> list[str]:
    """Returns the texts of fields that are texts or lists of them."""
    phrases: list[str] = []
    for name in names:
        value = fields.get(name, [])
        value = re.split(r"[,;]", value) if isinstance(value, str) else value
        if isinstance(value, list):
            phrases += [part for part in value if isinstance(part, str)]
    return phrases

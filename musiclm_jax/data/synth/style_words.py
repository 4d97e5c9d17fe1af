"""What people call each style, where they hear it and what they use it for.

Plain data, read by the captions. A line that starts with an energy holds for pieces of
that energy alone and has genres before the slash and uses after it.
"""

import dataclasses

from musiclm_jax.data.synth import (
    style_words_alone,
    style_words_band,
    style_words_chamber,
    style_words_machine,
)
from musiclm_jax.data.synth.piece import ENERGIES
from musiclm_jax.data.synth.word_lists import split, table


@dataclasses.dataclass(frozen=True)
class StyleWords:
    """The words of one style.

    Attributes:
        genres: energy or "any" -> noun phrases that name the music, without article.
        qualities: adjectives that fit every piece of the style.
        places: where such music is heard, or what it brings to mind ("in a club").
        uses: energy or "any" -> what the music is for, to follow "for".
    """

    genres: dict[str, tuple[str, ...]]
    qualities: tuple[str, ...]
    places: tuple[str, ...]
    uses: dict[str, tuple[str, ...]]


def _parse(text: str) -> StyleWords:
    """Reads lines "name: phrase, phrase"; an energy has its "genres / uses"."""
    graded = {
        energy: [split(half) for half in ", ".join(phrases).split("/")]
        for energy, phrases in table(text).items()
        if energy in ENERGIES
    }
    lists = table(text)
    return StyleWords(
        genres={"any": lists["genres"]}
        | {e: halves[0] for e, halves in graded.items()},
        qualities=lists["qualities"],
        places=lists["places"],
        uses={"any": lists["uses"]} | {e: halves[1] for e, halves in graded.items()},
    )


_TEXTS = (
    style_words_machine.TEXTS
    | style_words_band.TEXTS
    | style_words_chamber.TEXTS
    | style_words_alone.TEXTS
)

STYLE_WORDS = {style: _parse(text) for style, text in _TEXTS.items()}
"""Style -> its words."""

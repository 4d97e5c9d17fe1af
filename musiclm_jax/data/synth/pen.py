"""Draws words that are true of one piece, from the tables of words.

Every word comes from a table keyed by the true value. A phrase may claim more
than the value that it stands for (an instrument, a speed, a cymbal): phrases of styles
and drums pass `is_claim_true` first.
"""

import dataclasses
import re
from collections.abc import Iterable, Sequence

import numpy as np

from musiclm_jax.data.synth import words_feeling as feeling
from musiclm_jax.data.synth import words_players as players
from musiclm_jax.data.synth.genre_words import everyday_genres
from musiclm_jax.data.synth.piece import NOTHING, STYLES, Piece
from musiclm_jax.data.synth.style_words import STYLE_WORDS

_INSTRUMENT_CLAIMS = {
    r"guitar|strummed|fingerpicked": ("guitar",),
    r"piano|pianistic": ("piano",),
    r"brass|fanfare|horn": ("brass", "trumpet", "trombone", "tuba", "horn"),
    r"orchestr|symphon": ("string section", "brass section"),
    r"strings|bowed": ("violin", "cello", "strings", "string section"),
    r"music box|tinkling|chiming": ("music box", "glockenspiel"),
    r"banjo|bluegrass|hillbilly": ("banjo",),
    r"\borgan\b": ("organ",),
    r"choir|choral|chant": ("choir",),
    r"steel band|calypso": ("steel drums",),
    r"harmonica": ("harmonica",),
    r"accordion": ("accordion",),
    r"bells": ("glockenspiel", "music box"),
}
"""What a phrase says -> parts of timbre names of which one must be heard."""

_VALUE_CLAIMS = {
    r"\b(slow|adagio|unhurried|downtempo)\b": ("tempo_class", ("slow",)),
    r"\b(fast|up-?tempo|quick|allegro|speedy)\b": ("tempo_class", ("fast",)),
    r"\b(mid-tempo|moderato|andante)\b": ("tempo_class", ("medium",)),
    r"\b(sad|dark|funeral|solemn|memorial|farewell)\b": ("mode", ("minor",)),
    r"\b(sunny|victory|triumphal|happy|birthday)\b": ("mode", ("major",)),
    r"\b(laid-back|cozy|breezy|lying|sleep|sleeping|bedtime|intimate|delicate)\b": (
        "energy",
        ("calm", "moderate"),
    ),
    r"\b(ballad|nocturne|lullaby|adagio)\b": ("tempo_class", ("slow", "medium")),
    r"\b(hoedown|rave|virtuoso|showpiece|bebop|circus)\b": (
        "tempo_class",
        ("medium", "fast"),
    ),
    r"\bwaltz\b": ("beats_per_bar", (3,)),
    r"\bjig\b": ("beats_per_bar", (2,)),
    r"\bjig\b|\bwaltz\b|\bminuet\b": ("beats_per_bar", (2, 3)),
}
"""What a phrase says -> field of Piece and the values that make it true."""

_DRUM_CLAIMS = {
    "kick": ("kick",),
    "bass drum": ("kick",),
    "snare": ("snare",),
    "clap": ("clap",),
    "cymbal": ("crash", "ride"),
    r"\btoms": ("low tom", "high tom"),
    "backbeat": ("snare", "clap", "rim"),
}
"""What a phrase says of drums -> sounds of which one must be struck."""


def is_claim_true(phrase: str, piece: Piece) -> bool:
    """Says whether a phrase claims nothing that this piece lacks."""
    for pattern, parts in _INSTRUMENT_CLAIMS.items():
        heard = any(part in name for part in parts for name in piece.instruments)
        if re.search(pattern, phrase) and not heard:
            return False
    struck = {hit.sound for hit in piece.hits}
    for pattern, sounds in _DRUM_CLAIMS.items():
        if re.search(pattern, phrase) and struck.isdisjoint(sounds):
            return False
    return all(
        getattr(piece, field) in values
        for pattern, (field, values) in _VALUE_CLAIMS.items()
        if re.search(pattern, phrase)
    )


@dataclasses.dataclass(frozen=True)
class Pen:
    """Draws true words of one piece."""

    piece: Piece
    rng: np.random.Generator

    def pick(self, choices: Sequence[str]) -> str:
        """Draws one."""
        return choices[int(self.rng.integers(len(choices)))]

    def chance(self, probability: float) -> bool:
        """Comes true with this probability."""
        return bool(self.rng.random() < probability)

    def several(self, choices: Sequence[str], count: int) -> list[str]:
        """Draws different ones, fewer if there are not enough."""
        order = self.rng.permutation(len(choices))[:count]
        return [choices[int(i)] for i in order]

    def true(self, phrases: Iterable[str]) -> list[str]:
        """Keeps the phrases that this piece bears out."""
        return [phrase for phrase in phrases if is_claim_true(phrase, self.piece)]

    def graded(self, table: dict[str, tuple[str, ...]]) -> str:
        """Draws from the words of any energy, or as often from those of this one."""
        special = self.true(table[self.piece.energy])
        general = self.true(table["any"])
        return self.pick(special if special and self.chance(0.4) else general)

    def genre(self) -> str:
        """Names the kind of music."""
        # The style's own name comes often, for it is what most people will type.
        if self.chance(0.17) and self.piece.style in NAMED_STYLES:
            return self.piece.style
        everyday = self.true(everyday_genres(self.piece))
        if everyday and self.chance(0.35):
            return self.pick(everyday)
        return self.graded(STYLE_WORDS[self.piece.style].genres)

    def quality(self) -> str:
        """Draws an adjective of the style."""
        return self.pick(self.true(STYLE_WORDS[self.piece.style].qualities))

    def place(self) -> str:
        """Draws where such music is heard."""
        return self.pick(self.true(STYLE_WORDS[self.piece.style].places))

    def use(self) -> str:
        """Draws what the music is for."""
        if self.chance(0.35):
            return self.pick(feeling.ENERGY_USES[self.piece.energy])
        return self.graded(STYLE_WORDS[self.piece.style].uses)

    def moods(self, count: int) -> list[str]:
        """Draws different moods."""
        moods = feeling.MOODS[self.piece.energy, self.piece.mode]
        if self.piece.style not in feeling.HARSH_STYLES:
            moods = [mood for mood in moods if mood not in feeling.HARSH_MOODS]
        return self.several(moods, count)

    def tempo(self) -> str:
        """Draws an adjective for the speed, the plainest one often."""
        words = feeling.TEMPO_ADJECTIVES[self.piece.tempo_class]
        return words[0] if self.chance(0.3) else self.pick(words)

    def tempo_phrase(self) -> str:
        """Draws a phrase for the speed, to follow a comma."""
        if self.chance(0.08):
            return f"{round(self.piece.tempo_bpm)} bpm"
        return self.pick(feeling.TEMPO_PHRASES[self.piece.tempo_class])

    def melody(self, instrument: str) -> str:
        """Calls the melody what one calls it on the instrument of this name."""
        nouns = players.MELODY_NOUNS[self.piece.lead_family]
        return self.pick([noun for noun in nouns if noun not in instrument])

    def adjective(self) -> str:
        """Draws a word that can stand before any noun: mood, speed or colour."""
        kind = self.rng.random()
        if kind < 0.45:
            return self.moods(1)[0]
        return self.tempo() if kind < 0.85 else self.quality()

    def timbre(self, name: str) -> str:
        """Names an instrument, often by its plainest name."""
        choices = players.TIMBRE_WORDS[name]
        return choices[0] if self.chance(0.45) else self.pick(choices)

    def lead(self) -> str:
        """Names the instrument of the melody."""
        if self.chance(0.1):
            return self.pick(players.FAMILY_WORDS[self.piece.lead_family])
        return self.timbre(self.piece.lead)

    def alone(self) -> str:
        """Says that one instrument, or a drummer, plays alone."""
        if self.piece.lead == NOTHING:
            return self.pick(players.DRUMS_ALONE_WORDS)
        special = players.ALONE_SPECIAL.get(self.piece.lead)
        if special and self.chance(0.6):
            return self.pick(special)
        phrase = self.pick(players.ALONE_WORDS)
        return phrase.replace("LEAD", self.timbre(self.piece.lead))

    def others(self, count: int) -> list[str]:
        """Names instruments beside the lead, no more than there are."""
        names = self.several(self.piece.instruments[1:], count)
        return [self.timbre(name) for name in names]

    def drums(self) -> str:
        """Names the drums, of a piece that has some."""
        return self.pick(self.true(players.DRUM_WORDS[self.piece.drum_kit]))

    def music(self, adjective: str = "") -> str:
        """Names the music with its article: "a slow jazz tune", "slow piano music"."""
        genre = self.genre()
        if adjective and adjective not in genre:
            genre = f"{adjective} {genre}"
        if genre.endswith("music"):
            return genre
        if genre.split()[-1] not in _COUNTABLE:
            genre = f"{genre} {self.pick(feeling.MUSIC_NOUNS)}"
        return with_article(genre)


NAMED_STYLES = tuple(s for s in STYLES if s not in ("solo passage", "drums alone"))
"""Styles whose names people use."""

_COUNTABLE = (
    *("soundtrack", "song", "track", "theme", "piece", "tune", "beat", "lullaby"),
    *("ballad", "march", "score", "anthem", "hymn", "soundscape", "nocturne", "etude"),
    *("serenade", "minuet", "scherzo", "solo", "recital", "hoedown", "fanfare", "jam"),
    *("processional", "composition", "standard", "melody", "rhyme", "groove", "waltz"),
    *(
        "dance",
        "overture",
        "jig",
        "loop",
        "pattern",
        "break",
        "performance",
        "exercise",
    ),
    *(
        "prelude",
        "reflection",
        "showpiece",
        "call",
        "banger",
        "ringtone",
        "demo",
        "raga",
    ),
)
"""Genres that end so take an article as they are; others need a noun after them."""
_UNCOUNTABLE = ("brass", "percussion", "woodwind", "humming", "whistling", "singing")


def join(parts: Sequence[str]) -> str:
    """Joins phrases as people do: "a, b and c"."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def is_plural(noun: str) -> bool:
    """Says whether a noun takes a plural verb: "strings", "drum machines", "keys"."""
    last = noun.split()[-1]
    return " and " in noun or (last.endswith("s") and not last.endswith("ss"))


def with_article(noun: str) -> str:
    """Puts "a" or "an" before a noun, nothing before a plural or a mass noun."""
    if is_plural(noun) or noun.split()[-1] in _UNCOUNTABLE:
        return noun
    # The sound decides: "an 8-bit", "an NES", "an R&B", but "a euphoric".
    vowel = noun[0].lower() in "aeiou8" or noun.startswith(("NES", "R&B"))
    return f"{'an' if vowel and not noun.startswith('eu') else 'a'} {noun}"

"""Captions of a composed piece, in the many ways in which people ask for music.

MusicLM, section 4.3: MusicCaps has free text and a list of aspects for each clip. Here
they are written from what was composed, so whatever a caption says is so.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np

from musiclm_jax.data.synth import frames, sentences
from musiclm_jax.data.synth import words_feeling as feeling
from musiclm_jax.data.synth import words_players as players
from musiclm_jax.data.synth.pen import Pen
from musiclm_jax.data.synth.piece import NOTHING, Piece
from musiclm_jax.data.synth.slots import fill_in


def write_captions(piece: Piece, rng: np.random.Generator) -> list[str]:
    """Writes several captions of a piece, from whole sentences to a word or two.

    Args:
        piece: what is in the clip.
        rng: source of the choice among true words; the same state, the same captions.

    Returns:
        Different captions: sentences in the manner of MusicCaps, a description in the
        manner of MusicLM's own examples, a list of aspects, prompts, a word or two.
    """
    forms = (
        sentences.review, sentences.soundtrack, _list, _prompt, _prompt, _prompt,
        _few_words, _few_words,
    )  # fmt: skip
    return _written(Pen(piece, rng), forms)


def write_prompts(piece: Piece, rng: np.random.Generator) -> list[str]:
    """Writes the short ones of `write_captions` alone: a list, prompts, a few words."""
    return _written(Pen(piece, rng), (_list, _prompt, _prompt, _few_words))


def aspects(piece: Piece) -> list[str]:
    """Lists the plain truth of a piece as short phrases, the same at each call."""
    drums = f"{piece.drum_kit} drums" if piece.has_drums else "no drums"
    melody = [] if piece.lead == NOTHING else [f"{piece.lead} melody"]
    key = [] if piece.key == NOTHING else [f"{piece.key} {piece.mode}"]
    return [
        piece.style,
        f"{piece.tempo_class} tempo",
        f"{round(piece.tempo_bpm)} bpm",
        *melody,
        *piece.instruments[1:],
        drums,
        piece.energy,
        *key,
        f"{piece.metre} time",
        f"{piece.space} sound",
        piece.dynamics,
    ]


def is_alone(piece: Piece) -> bool:
    """Says whether one instrument is all that is heard."""
    return len(piece.instruments) == 1 and not piece.has_drums


def _written(pen: Pen, forms: Sequence[Callable[[Pen], str]]) -> list[str]:
    captions = [_as_typed(pen, _once(form(pen))) for form in forms]
    return list(dict.fromkeys(captions))


def _list(pen: Pen) -> str:
    """Writes a list of aspects, in an order of its own."""
    piece = pen.piece
    drums = pen.drums() if piece.has_drums else pen.pick(players.NO_DRUM_WORDS)
    who = drums if piece.lead == NOTHING else pen.lead()
    if (is_alone(piece) or piece.lead == NOTHING) and pen.chance(0.6):
        who = pen.alone()
    always = [pen.genre(), who, *pen.moods(1)]
    always.append(pen.tempo_phrase() if pen.chance(0.6) else pen.tempo())
    pool = [
        drums,
        *pen.moods(2),
        *pen.others(2),
        pen.quality(),
        pen.pick(feeling.ENERGY_WORDS[piece.energy]),
        pen.pick(feeling.MODE_WORDS[piece.mode]),
        pen.pick(feeling.SPACE_WORDS[piece.space]),
        pen.pick(feeling.DYNAMICS_WORDS[piece.dynamics]),
        pen.pick(feeling.METER_WORDS[piece.beats_per_bar]),
        pen.use(),
        f"{round(piece.tempo_bpm)} bpm",
        "instrumental",
    ]
    if piece.lead != NOTHING and piece.register != "middle":
        pool.append(f"{pen.pick(players.REGISTER_WORDS[piece.register])} melody")
    chosen = [*always, *pen.several(pool, int(pen.rng.integers(6)))]
    # Of what always is told, the genre may go: a list says the rest.
    if pen.chance(0.15):
        chosen = chosen[1:]
    return ", ".join(pen.several(list(dict.fromkeys(chosen)), len(chosen)))


def _prompt(pen: Pen) -> str:
    """Writes one line as people type it into a box."""
    if pen.piece.lead == NOTHING:
        return fill_in(pen, frames.DRUM_PROMPTS)
    if is_alone(pen.piece) and pen.chance(0.6):
        return fill_in(pen, frames.SOLO_PROMPTS)
    return fill_in(pen, frames.PROMPTS)


def _few_words(pen: Pen) -> str:
    """Writes a word or two."""
    if pen.piece.lead == NOTHING:
        return fill_in(pen, frames.FEW_DRUM_WORDS)
    if is_alone(pen.piece) and pen.chance(0.3):
        return pen.alone()
    return fill_in(pen, frames.FEW_WORDS)


def _once(caption: str) -> str:
    """Says no word twice in a row."""
    return re.sub(r"\b([\w-]+) \1\b", r"\1", caption)


def _as_typed(pen: Pen, caption: str) -> str:
    """Now and then all small, or with a capital, as people type."""
    how = pen.rng.random()
    if how < 0.1:
        return caption.lower()
    return f"{caption[0].upper()}{caption[1:]}" if how < 0.3 else caption

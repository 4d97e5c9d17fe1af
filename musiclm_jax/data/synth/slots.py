"""What frames of prompts are filled in with."""

import string
from collections.abc import Callable, Sequence

from musiclm_jax.data.synth import words_feeling as feeling
from musiclm_jax.data.synth import words_players as players
from musiclm_jax.data.synth.pen import Pen, join, with_article
from musiclm_jax.data.synth.piece import NOTHING


def fill_in(pen: Pen, frames: Sequence[str]) -> str:
    """Draws a frame that the piece has everything for, and fills it in."""
    lacking = _lacking(pen)
    possible = [frame for frame in frames if lacking.isdisjoint(_names(frame))]
    frame = pen.pick(possible)
    found = {}
    lead = "" if pen.piece.lead == NOTHING else pen.lead()
    moods = iter(pen.moods(2))
    for name in _names(frame):
        if name in ("mood", "mood2"):
            found[name] = next(moods)
        elif name in ("lead", "a_lead"):
            found[name] = lead if name == "lead" else with_article(lead)
        elif name == "melody":
            found[name] = pen.melody(lead)
        else:
            found[name] = _SLOTS[name](pen)
    return frame.format_map(found)


def _names(frame: str) -> list[str]:
    """Slots of a frame, in order, once each."""
    found = [name for _, name, _, _ in string.Formatter().parse(frame) if name]
    return list(dict.fromkeys(found))


def _lacking(pen: Pen) -> set[str]:
    """Slots that the piece has nothing for."""
    piece = pen.piece
    lacking = set()
    if len(piece.instruments) < 2:
        lacking.add("backing")
    if piece.lead not in players.PLAYER_WORDS:
        lacking.add("a_player")
    if piece.register == "middle":
        lacking.add("register")
    if piece.dynamics == "steady":
        lacking.add("course")
    if piece.lead == NOTHING:
        lacking |= {"lead", "a_lead", "melody", "mode"}
    return lacking


def _drums(pen: Pen) -> str:
    """With or without."""
    if not pen.piece.has_drums:
        return pen.pick(("without drums", "with no drums", "without percussion"))
    return f"with {pen.drums()}"


def _drums_only(pen: Pen) -> str:
    if pen.piece.has_drums:
        return pen.drums()
    return pen.pick(players.NO_DRUM_WORDS)


def _alone_noun(pen: Pen) -> str:
    return f"solo {pen.timbre(pen.piece.lead)}"


_SLOTS: dict[str, Callable[[Pen], str]] = {
    "tempo": lambda pen: pen.tempo(),
    "tempo_p": lambda pen: pen.tempo_phrase(),
    "genre": lambda pen: pen.genre(),
    "music_tempo": lambda pen: pen.music(pen.tempo()),
    "music_mood": lambda pen: pen.music(pen.moods(1)[0]),
    "a_player": lambda pen: with_article(
        pen.pick(players.PLAYER_WORDS[pen.piece.lead])
    ),
    "backing": lambda pen: join(pen.others(2)),
    "use": lambda pen: pen.use(),
    "place": lambda pen: pen.place(),
    "quality": lambda pen: pen.quality(),
    "mode": lambda pen: pen.piece.mode,
    "bpm": lambda pen: str(round(pen.piece.tempo_bpm)),
    "call": lambda pen: pen.pick(feeling.ENERGY_CALLS[pen.piece.energy]),
    "energy": lambda pen: pen.pick(feeling.ENERGY_WORDS[pen.piece.energy]),
    "space": lambda pen: pen.pick(feeling.SPACE_WORDS[pen.piece.space]),
    "course": lambda pen: pen.pick(feeling.DYNAMICS_WORDS[pen.piece.dynamics]),
    "meter": lambda pen: pen.pick(feeling.METER_WORDS[pen.piece.beats_per_bar]),
    "register": lambda pen: pen.pick(players.REGISTER_WORDS[pen.piece.register]),
    "drums": _drums,
    "drums_only": _drums_only,
    "kit": lambda pen: pen.drums(),
    "alone": lambda pen: pen.alone(),
    "alone_noun": _alone_noun,
}
"""Slot -> what fills it; those of a prompt's one lead and moods are drawn together."""

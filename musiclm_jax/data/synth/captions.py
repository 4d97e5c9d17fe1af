"""Captions of a composed piece, in the many ways in which people ask for music.

MusicLM, section 4.3: MusicCaps has free text and a list of aspects for each clip. Here
they are written from what was composed, so whatever a caption says is so.
"""

import numpy as np

from musiclm_jax.data.synth import words
from musiclm_jax.data.synth.pen import Pen, is_plural, with_article
from musiclm_jax.data.synth.piece import Piece


def write_captions(piece: Piece, rng: np.random.Generator) -> list[str]:
    """Writes several captions of a piece, from whole sentences to a word or two.

    Args:
        piece: what is in the clip.
        rng: source of the choice among true words; the same state, the same captions.

    Returns:
        Different captions: sentences in the manner of MusicCaps, a description in the
        manner of MusicLM's own examples, a list of aspects, prompts, a word or two.
    """
    pen = Pen(piece, rng)
    forms = (_sentences, _soundtrack, _list, _prompt, _prompt, _prompt, _few_words)
    captions = [form(pen) for form in forms]
    return list(dict.fromkeys(captions))


def aspects(piece: Piece) -> list[str]:
    """Lists the plain truth of a piece as short phrases, the same at each call."""
    drums = f"{piece.drum_kit} drums" if piece.has_drums else "no drums"
    return [
        piece.style,
        f"{piece.tempo_class} tempo",
        f"{round(piece.tempo_bpm)} bpm",
        f"{piece.lead} melody",
        *piece.instruments[1:],
        drums,
        piece.energy,
        f"{piece.key} {piece.mode}",
        f"{piece.beats_per_bar}/4 time",
        f"{piece.space} sound",
        piece.dynamics,
    ]


def _join(parts: list[str]) -> str:
    """Joins phrases as people do: "a, b and c"."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}."


def _players(pen: Pen) -> str:
    """Tells who plays."""
    lead = with_article(pen.lead())
    others = _join([with_article(name) for name in pen.others(3)] or [""])
    melody = pen.melody(lead)
    plays, takes = ("play", "take") if is_plural(lead) else ("plays", "takes")
    if not others:
        alone = [f"the {melody} is played by {lead}", f"{lead} {plays} the {melody}"]
        if not pen.piece.has_drums:
            alone += [f"it is played by {lead} alone", f"only {lead} can be heard"]
        return pen.pick(alone)
    return pen.pick(
        (
            f"{lead} {plays} the {melody}, backed by {others}",
            f"the {melody} is played by {lead}, accompanied by {others}",
            f"it features {lead} together with {others}",
            f"you can hear {lead} on top of {others}",
            f"the instruments are {lead}, {others}",
            f"{lead} {takes} the lead over {others}",
        )
    )


def _rhythm(pen: Pen) -> str:
    """Tells what drums there are, or that there are none."""
    if not pen.piece.has_drums:
        return pen.pick(
            ("there are no drums", "there is no percussion", "it has no drums at all")
        )
    drums = with_article(pen.drums())
    return pen.pick(
        (
            f"the rhythm comes from {drums}",
            f"it has {drums}",
            f"{drums} can be heard",
            f"the beat is carried by {drums}",
            f"underneath there is the sound of {drums}",
        )
    )


def _pace(pen: Pen) -> str:
    """Tells the tempo."""
    piece = pen.piece
    speed = pen.pick(words.TEMPO_ADJECTIVES[piece.tempo_class])
    return pen.pick(
        (
            f"the tempo is {piece.tempo_class}",
            f"it is {speed}",
            f"it {pen.pick(words.TEMPO_VERBS[piece.tempo_class])}",
            f"the tempo is {piece.tempo_class}, about {round(piece.tempo_bpm)} bpm",
        )
    )


def _feeling(pen: Pen) -> str:
    """Tells the mood."""
    moods = pen.moods(2 + int(pen.chance(0.3)))
    return pen.pick(
        (
            f"the mood is {_join(moods)}",
            f"it sounds {_join(moods)}",
            f"the atmosphere is {_join(moods)}",
            f"the song feels {_join(moods)}",
            f"the music has a feeling that is {_join(moods)}",
        )
    )


def _purpose(pen: Pen) -> str:
    """Tells where it may be heard or what it may be used for."""
    if pen.chance(0.5):
        return pen.pick(
            (
                f"this could be used for {pen.use()}",
                f"it would be good for {pen.use()}",
                f"perfect for {pen.use()}",
                f"suitable as music for {pen.use()}",
            )
        )
    return pen.pick(
        (
            f"it could be playing {pen.place()}",
            f"it feels like being {pen.place()}",
            f"it sounds like music heard {pen.place()}",
        )
    )


def _sentences(pen: Pen) -> str:
    """Writes a few whole sentences, in the manner of MusicCaps."""
    music = pen.music(pen.adjective())
    opening = pen.pick((f"this is {music}", music, f"the clip is {music}"))
    middle = [_players(pen), _rhythm(pen), _pace(pen), _feeling(pen)]
    middle = pen.several(middle, 2 + int(pen.rng.integers(3)))
    parts = [opening, *middle]
    if pen.chance(0.3):
        parts.append(pen.pick(words.DYNAMICS_SENTENCES[pen.piece.dynamics]))
    if pen.chance(0.2):
        key, mode = pen.piece.key, pen.piece.mode
        parts.append(pen.pick((f"it is in a {mode} key", f"the key is {key} {mode}")))
    if pen.chance(0.7):
        parts.append(_purpose(pen))
    return " ".join(_sentence(part) for part in parts)


def _soundtrack(pen: Pen) -> str:
    """Writes a description in the manner of MusicLM's own examples."""
    piece = pen.piece
    kind = pen.pick(
        ("main soundtrack", "soundtrack", "main theme", "background music", "music")
    )
    use = pen.use()
    link = "of" if use.startswith(("a ", "an ")) else "for"
    opening = pen.pick((f"the {kind} {link} {use}", pen.music(pen.adjective())))
    speed = pen.pick(words.TEMPO_ADJECTIVES[piece.tempo_class])
    moods = _join([speed, *pen.moods(1 + int(pen.chance(0.3)))])
    lead = f"{pen.quality()} {pen.lead()}" if pen.chance(0.2) else pen.lead()
    body = f"it is {moods}, with {with_article(f'{lead} {pen.melody(lead)}')}"
    others = [with_article(name) for name in pen.others(2)]
    if piece.has_drums and pen.chance(0.6):
        others.append(with_article(pen.drums()))
    elif not piece.has_drums and pen.chance(0.25):
        body += ", without percussion"
    if others and pen.chance(0.6):
        body += f", over {_join(others)}"
    if pen.chance(0.25):
        body += f", {pen.pick(words.SPACE_WORDS[piece.space])}"
    ending = f" {_sentence(_purpose(pen))}" if pen.chance(0.4) else ""
    return f"{_sentence(opening)} {_sentence(body)}{ending}"


def _list(pen: Pen) -> str:
    """Writes a list of aspects, in an order of its own."""
    piece = pen.piece
    melody = pen.pick(("melody", "main melody", "lead melody", "theme"))
    drums = pen.drums() if piece.has_drums else pen.pick(words.NO_DRUM_WORDS)
    pool = [
        pen.pick(words.TEMPO_WORDS[piece.tempo_class]),
        pen.pick((pen.lead(), f"{pen.timbre(piece.lead)} {melody}")),
        drums,
        *pen.moods(2),
        *pen.others(2),
        pen.quality(),
        pen.pick(words.ENERGY_WORDS[piece.energy]),
        pen.pick(words.MODE_WORDS[piece.mode]),
        pen.pick(words.SPACE_WORDS[piece.space]),
        pen.pick(words.DYNAMICS_WORDS[piece.dynamics]),
        pen.pick(words.METER_WORDS[piece.beats_per_bar]),
        pen.use(),
        f"{round(piece.tempo_bpm)} bpm",
        "instrumental",
    ]
    chosen = [pen.genre(), *pen.several(pool, 3 + int(pen.rng.integers(6)))]
    return ", ".join(pen.several(list(dict.fromkeys(chosen)), len(chosen)))


def _prompt(pen: Pen) -> str:
    """Writes one line as people type it into a box."""
    piece = pen.piece
    mood, genre, lead, use = pen.moods(1)[0], pen.genre(), pen.lead(), pen.use()
    speed = pen.pick(words.TEMPO_ADJECTIVES[piece.tempo_class])
    melody = pen.melody(lead)
    drums = f"with {pen.drums()}" if piece.has_drums else "without drums"
    player = pen.pick(words.PLAYER_WORDS.get(piece.lead, (piece.lead,)))
    backing = _join(pen.others(2) or [genre])
    return pen.pick(
        (
            f"{mood} {lead} for {use}",
            f"{genre} for {use}",
            f"{mood} {genre}",
            f"{speed} {genre} with {with_article(lead)}",
            f"{mood} {lead} {melody} backed by {backing}",
            f"{genre} with {with_article(lead)}, {speed} and {mood}",
            f"{speed} {mood} {genre} {drums}",
            f"{genre} {drums}",
            f"{lead} and {backing}, {mood}",
            f"{mood} music for {use}",
            f"background music for {use}, {mood} and {speed}",
            f"something {mood} with {with_article(lead)} {drums}",
            f"{genre} like being {pen.place()}",
            f"{with_article(player)} playing {genre}, {speed}",
            f"{genre} in a {piece.mode} key, {mood}",
            f"{speed} {genre} at {round(piece.tempo_bpm)} bpm",
            f"{pen.music(mood)} {pen.place()}",
            f"{pen.pick(words.ENERGY_CALLS[piece.energy])}, {genre}",
            f"{genre}, {lead}, {mood}",
        )
    )


def _few_words(pen: Pen) -> str:
    """Writes a word or two."""
    piece = pen.piece
    return pen.pick(
        (
            pen.genre(),
            pen.genre(),
            pen.lead(),
            f"{pen.moods(1)[0]} music",
            f"{pen.moods(1)[0]} {pen.timbre(piece.lead)}",
            f"{pen.pick(words.TEMPO_ADJECTIVES[piece.tempo_class])} {pen.genre()}",
            f"{pen.quality()} music",
            pen.drums() if piece.has_drums else pen.pick(words.NO_DRUM_WORDS),
            pen.pick(words.ENERGY_CALLS[piece.energy]),
        )
    )

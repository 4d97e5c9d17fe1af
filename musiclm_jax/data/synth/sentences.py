"""Captions of whole sentences: what a listener tells, and what a soundtrack is for."""

from musiclm_jax.data.synth import words_feeling as feeling
from musiclm_jax.data.synth.pen import Pen, is_plural, join, with_article
from musiclm_jax.data.synth.piece import NOTHING


def review(pen: Pen) -> str:
    """Writes a few whole sentences, in the manner of MusicCaps."""
    music = pen.music(pen.adjective())
    opening = pen.pick((f"this is {music}", music, f"the clip is {music}"))
    # Who plays, how fast and in what mood: most listeners tell all of it.
    middle = [_players(pen), _pace(pen), _feeling(pen)]
    middle = [part for part in middle if pen.chance(0.85)]
    if pen.chance(0.5) and pen.piece.lead != NOTHING:
        middle.append(_rhythm(pen))
    parts = [opening, *pen.several(middle, len(middle))]
    if pen.chance(0.3):
        parts.append(pen.pick(feeling.DYNAMICS_SENTENCES[pen.piece.dynamics]))
    if pen.chance(0.2) and pen.piece.key != NOTHING:
        key, mode = pen.piece.key, pen.piece.mode
        parts.append(pen.pick((f"it is in a {mode} key", f"the key is {key} {mode}")))
    if pen.chance(0.5):
        parts.append(_purpose(pen))
    return " ".join(_sentence(part) for part in parts)


def soundtrack(pen: Pen) -> str:
    """Writes a description in the manner of MusicLM's own examples."""
    piece = pen.piece
    kind = pen.pick(
        ("main soundtrack", "soundtrack", "main theme", "background music", "music")
    )
    use = pen.use()
    link = "of" if use.startswith(("a ", "an ")) else "for"
    opening = pen.pick((f"the {kind} {link} {use}", pen.music(pen.adjective())))
    moods = join([pen.tempo(), *pen.moods(1 + int(pen.chance(0.3)))])
    body = f"it is {moods}, {_who(pen)}"
    if pen.chance(0.25):
        body += f", {pen.pick(feeling.SPACE_WORDS[piece.space])}"
    ending = f" {_sentence(_purpose(pen))}" if pen.chance(0.4) else ""
    return f"{_sentence(opening)} {_sentence(body)}{ending}"


def _who(pen: Pen) -> str:
    """Tells who plays, to follow a comma."""
    piece = pen.piece
    if piece.lead == NOTHING:
        return f"with {pen.drums()} and nothing else"
    lead = f"{pen.quality()} {pen.lead()}" if pen.chance(0.2) else pen.lead()
    body = f"with {with_article(f'{lead} {pen.melody(lead)}')}"
    others = [with_article(name) for name in pen.others(2)]
    if piece.has_drums and pen.chance(0.6):
        others.append(with_article(pen.drums()))
    elif not piece.has_drums and pen.chance(0.25):
        body += ", without percussion"
    return f"{body}, over {join(others)}" if others and pen.chance(0.6) else body


def _players(pen: Pen) -> str:
    """Tells who plays."""
    if pen.piece.lead == NOTHING:
        drums = with_article(pen.drums())
        return pen.pick(
            (
                f"only {drums} can be heard",
                f"{drums} and no other instrument",
                "there is no melody, only the beat",
                f"it is nothing but {drums}",
            )
        )
    lead = with_article(pen.lead())
    others = join([with_article(name) for name in pen.others(3)])
    melody = pen.melody(lead)
    plays, takes = ("play", "take") if is_plural(lead) else ("plays", "takes")
    if not others:
        alone = [f"the {melody} is played by {lead}", f"{lead} {plays} the {melody}"]
        if not pen.piece.has_drums:
            alone += [
                f"it is played by {lead} alone",
                f"only {lead} can be heard",
                f"there is nothing but {lead}",
                pen.alone(),
            ]
        return pen.pick(alone)
    return pen.pick(
        (
            f"{lead} {plays} the {melody}, backed by {others}",
            f"the {melody} is played by {lead}, accompanied by {others}",
            f"it features {lead} together with {others}",
            f"you can hear {lead} on top of {others}",
            f"the instruments are {lead}, {others}",
            f"{lead} {takes} the lead over {others}",
            f"the {melody} on {lead} sits above {others}",
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
    return pen.pick(
        (
            f"the tempo is {piece.tempo_class}",
            f"it is {pen.tempo()}",
            f"it {pen.pick(feeling.TEMPO_VERBS[piece.tempo_class])}",
            f"it {pen.pick(feeling.TEMPO_VERBS[piece.tempo_class])}",
            f"the tempo is {piece.tempo_class}, about {round(piece.tempo_bpm)} bpm",
            f"it is played {_adverb(pen)}",
        )
    )


def _adverb(pen: Pen) -> str:
    return {"slow": "slowly", "medium": "at a medium tempo", "fast": "fast"}[
        pen.piece.tempo_class
    ]


def _feeling(pen: Pen) -> str:
    """Tells the mood."""
    moods = join(pen.moods(2 + int(pen.chance(0.3))))
    return pen.pick(
        (
            f"the mood is {moods}",
            f"it sounds {moods}",
            f"the atmosphere is {moods}",
            f"the song feels {moods}",
            f"the music has a feeling that is {moods}",
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


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}."

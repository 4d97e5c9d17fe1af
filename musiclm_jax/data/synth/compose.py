"""From (seed, index) to a piece: every choice, drawn in a fixed order."""

import dataclasses

import numpy as np

from musiclm_jax.data.synth import arrange, grooves_by_metre, melody, patterns, piece
from musiclm_jax.data.synth.plan import Plan, plan_sections, possible_dynamics
from musiclm_jax.data.synth.style_table import STYLES
from musiclm_jax.data.synth.styles import (
    LEAD_CENTRES,
    POLYPHONIC,
    SAME,
    Part,
    Style,
    Weighted,
)

_CLIP_STREAM, _MELODY_STREAM = 0, 1
_BAND_DRUMS = 0.5  # styles with drums more often than that are bands
_REGISTER_SHIFTS = (-10.0, -4.0, 0.0, 0.0, 0.0, 4.0, 10.0)
_REGISTER_STEP = 6.0


def compose(
    seed: int,
    index: int,
    *,
    clip_seconds: float,
    melody_id: int | None = None,
    style: str | None = None,
) -> piece.Piece:
    """Composes a clip.

    Args:
        seed: of the corpus.
        index: of the clip within it.
        clip_seconds: length.
        melody_id: index of the clip whose melody is played; its own by default.
        style: a name of `piece.STYLES`; drawn by default.

    Returns:
        The piece; equal arguments give an equal piece.

    Raises:
        ValueError: if an argument is out of range.
    """
    _check(index, clip_seconds, style)
    melody_id = index if melody_id is None else melody_id
    rng = np.random.default_rng((seed, _CLIP_STREAM, index))
    theme, theme_style = _theme(seed, melody_id)
    drawn = _pick(rng, _styles_in_metre(theme.beats_per_bar))
    # A clip with its own melody has the style that the melody was made for.
    name = style or (theme_style if melody_id == index else drawn)
    plan, space, tempo_class = _plan(rng, _leanings(rng, name), theme, clip_seconds)
    sections = plan_sections(plan)
    notes, hits, chords = arrange.arrange(plan, sections, rng)
    has_lead = plan.lead != piece.NOTHING
    timbres = dict.fromkeys([note.timbre for note in notes])
    return piece.Piece(
        name=f"synth_{seed}_{index:06d}",
        style=name,
        tempo_bpm=plan.tempo_bpm,
        tempo_class=tempo_class,
        beats_per_bar=plan.beats_per_bar,
        key=plan.key if has_lead else piece.NOTHING,
        mode=theme.mode if has_lead else piece.NOTHING,
        energy=plan.energy,
        has_drums=bool(plan.groove),
        drum_kit=plan.kit,
        lead=plan.lead,
        lead_family=piece.TIMBRES[plan.lead] if has_lead else piece.NOTHING,
        register=_register(plan.lead, notes),
        instruments=tuple(sorted(timbres, key=lambda timbre: timbre != plan.lead)),
        melody_id=melody_id,
        chords=chords,
        dynamics=plan.dynamics,
        space=space,
        clip_seconds=clip_seconds,
        sections=sections,
        notes=notes,
        hits=hits,
        seed=int(rng.integers(2**31)),
    )


def _check(index: int, clip_seconds: float, style: str | None) -> None:
    """Raises ValueError for an argument out of range."""
    if index < 0 or clip_seconds <= 0:
        raise ValueError(
            f"index must be >= 0 and clip_seconds > 0, got {index} and {clip_seconds}"
        )
    if style is not None and style not in STYLES:
        raise ValueError(f"style {style!r} is not one of {', '.join(STYLES)}")


def paired_melody_id(seed: int, index: int, share: float) -> int:
    """Melody of a clip in a corpus where some clips re-orchestrate their neighbour.

    Args:
        seed: of the corpus.
        index: of the clip.
        share: share of clips that are in such a pair.

    Returns:
        The index of the clip before it for the second clip of a pair, else `index`.
    """
    first = index - index % 2
    rng = np.random.default_rng((seed, _MELODY_STREAM, first, 2))
    return first if rng.random() < share else index


def _theme(seed: int, melody_id: int) -> tuple[melody.Theme, str]:
    """The theme of a melody and the style it was made for."""
    rng = np.random.default_rng((seed, _MELODY_STREAM, melody_id))
    style = _pick(rng, [(name, leaning.share) for name, leaning in STYLES.items()])
    leaning = STYLES[style]
    mode = "minor" if rng.random() < leaning.minor else "major"
    metre = rng.random()
    beats_per_bar = 4
    if metre < leaning.waltz + leaning.six:
        beats_per_bar = 3 if metre < leaning.waltz else 2
    theme = melody.make_theme(
        rng, mode=mode, beats_per_bar=beats_per_bar, idiom=leaning.idiom
    )
    return theme, style


def _styles_in_metre(beats_per_bar: int) -> Weighted:
    """Styles that can play a melody of a metre, and how often each is drawn."""
    return tuple(
        (name, style.share)
        for name, style in STYLES.items()
        if {4: 1.0, 3: style.waltz, 2: style.six}[beats_per_bar] > 0
        and style.leads[0][0] != piece.NOTHING
    )


def _pick(rng: np.random.Generator, weighted: Weighted) -> str:
    """Draws a name."""
    names, weights = zip(*weighted, strict=True)
    return names[rng.choice(len(names), p=np.array(weights) / np.sum(weights))]


def _leanings(rng: np.random.Generator, name: str) -> Style:
    """The leanings of a style; a drummer alone plays those of a band's."""
    style = STYLES[name]
    if style.parts or style.drums < 1:
        return style
    bands = [(b, 1.0) for b, s in STYLES.items() if s.parts and s.drums >= _BAND_DRUMS]
    band = STYLES[_pick(rng, bands)]
    return dataclasses.replace(
        style,
        kits=band.kits,
        grooves=band.grooves,
        tempo=band.tempo,
        bpm=band.bpm,
        energy=band.energy,
        swing=band.swing,
        humanise_seconds=band.humanise_seconds,
        spaces=band.spaces,
    )


def _tempo(rng: np.random.Generator, style: Style) -> tuple[float, str]:
    """Draws beats per minute and their class."""
    tempo_class = _pick(rng, tuple(zip(piece.TEMPO_CLASSES, style.tempo, strict=True)))
    low, high = piece.TEMPO_CLASSES[tempo_class]
    slowest, fastest = style.bpm
    low, high = max(low, min(slowest, high - 4.0)), min(high, max(fastest, low + 4.0))
    return round(float(rng.uniform(low, high)), 1), tempo_class


def _plan(
    rng: np.random.Generator, style: Style, theme: melody.Theme, clip_seconds: float
) -> tuple[Plan, str, str]:
    """Draws a clip's choices; also its space and tempo class."""
    tempo_bpm, tempo_class = _tempo(rng, style)
    energy = _pick(rng, tuple(zip(piece.ENERGIES, style.energy, strict=True)))
    lead = _pick(rng, style.leads)
    kit = _pick(rng, style.kits) if rng.random() < style.drums else piece.NOTHING
    plan = Plan(
        theme=theme,
        style=style,
        tempo_bpm=tempo_bpm,
        key=piece.KEYS[rng.integers(len(piece.KEYS))],
        energy=energy,
        lead=lead,
        register=float(rng.choice(_REGISTER_SHIFTS)),
        parts=_parts(rng, style, theme.beats_per_bar, energy, lead),
        colour=style.colours[rng.integers(len(style.colours))],
        groove=_groove(rng, style, theme.beats_per_bar, kit, energy),
        kit=kit,
        dynamics="steady",
        clip_seconds=clip_seconds,
    )
    dynamics = possible_dynamics(
        _pick(rng, style.dynamics), plan.everybody, plan.num_bars
    )
    return (
        dataclasses.replace(plan, dynamics=dynamics),
        _pick(rng, style.spaces),
        tempo_class,
    )


def _groove(
    rng: np.random.Generator, style: Style, beats_per_bar: int, kit: str, energy: str
) -> str:
    """Draws a groove for the kit, none without one."""
    if kit == piece.NOTHING:
        return ""
    level = piece.ENERGIES.index(energy)
    if beats_per_bar != 4:
        return grooves_by_metre.in_metre(beats_per_bar, kit, level)
    choices = style.grooves[level]
    return choices[rng.integers(len(choices))]


def _parts(
    rng: np.random.Generator, style: Style, beats_per_bar: int, energy: str, lead: str
) -> tuple[tuple[Part, str, str], ...]:
    """Draws the parts that there are, with timbre and pattern."""
    drawn = [_part(rng, part, beats_per_bar, energy, lead) for part in style.parts]
    present = rng.random(len(drawn))
    return tuple(
        found
        for found, chance in zip(drawn, present, strict=True)
        if chance < found[0].presence
        # One player of a single voice has no hands left.
        and (
            found[1] != lead
            or style.parts[0].timbres[0][0] != SAME
            or lead in POLYPHONIC
        )
    )


def _part(
    rng: np.random.Generator, part: Part, beats_per_bar: int, energy: str, lead: str
) -> tuple[Part, str, str]:
    """Draws a part's timbre, and a pattern that is as busy as the energy asks."""
    timbre = _pick(rng, part.timbres)
    timbre = lead if timbre == SAME else timbre
    wanted = (0.15, 0.5, 0.85)[piece.ENERGIES.index(energy)] + rng.uniform(-0.3, 0.3)
    wanted = float(np.clip(wanted, 0.0, 1.0))
    place = min(int(wanted * len(part.patterns)), len(part.patterns) - 1)
    name = part.patterns[place]
    if part.role == "double":
        return part, timbre, name
    return part, timbre, patterns.in_metre(part.role, name, beats_per_bar, wanted)


def _register(lead: str, notes: tuple[piece.Note, ...]) -> str:
    """Where a melody lies, as it came out."""
    pitches = [note.pitch for note in notes if note.role == "lead"]
    if not pitches:
        return "middle"
    off = float(np.mean(pitches)) - LEAD_CENTRES[lead]
    return (
        "low" if off < -_REGISTER_STEP else "high" if off > _REGISTER_STEP else "middle"
    )

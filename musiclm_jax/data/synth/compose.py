"""From (seed, index) to a piece: every choice, drawn in a fixed order."""

import numpy as np

from musiclm_jax.data.synth import arrange, melody, piece
from musiclm_jax.data.synth.style_table import STYLES
from musiclm_jax.data.synth.styles import Part, Weighted

_CLIP_STREAM, _MELODY_STREAM = 0, 1


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
    drawn = str(rng.choice(_styles_in_metre(theme.beats_per_bar)))
    # A clip with its own melody has the style that the melody was made for.
    name = style or (theme_style if melody_id == index else drawn)
    plan, space, tempo_class = _plan(rng, name, theme, clip_seconds)
    sections = arrange.plan_sections(plan)
    notes, hits, chords = arrange.arrange(plan, sections, rng)
    timbres = dict.fromkeys([plan.lead, *(note.timbre for note in notes)])
    return piece.Piece(
        name=f"synth_{seed}_{index:06d}",
        style=name,
        tempo_bpm=plan.tempo_bpm,
        tempo_class=tempo_class,
        beats_per_bar=plan.beats_per_bar,
        key=plan.key,
        mode=theme.mode,
        energy=plan.energy,
        has_drums=bool(plan.groove),
        drum_kit=plan.kit,
        lead=plan.lead,
        lead_family=piece.TIMBRES[plan.lead],
        instruments=tuple(timbres),
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
    style = piece.STYLES[rng.integers(len(piece.STYLES))]
    leaning = STYLES[style]
    mode = "minor" if rng.random() < leaning.minor else "major"
    beats_per_bar = 3 if rng.random() < leaning.waltz else 4
    return melody.make_theme(rng, mode=mode, beats_per_bar=beats_per_bar), style


def _styles_in_metre(beats_per_bar: int) -> list[str]:
    """Styles that can play a metre."""
    if beats_per_bar == 4:
        return list(STYLES)
    return [name for name, style in STYLES.items() if style.waltz > 0]


def _pick(rng: np.random.Generator, weighted: Weighted) -> str:
    """Draws a name."""
    names, weights = zip(*weighted, strict=True)
    return names[rng.choice(len(names), p=np.array(weights) / np.sum(weights))]


def _plan(
    rng: np.random.Generator, name: str, theme: melody.Theme, clip_seconds: float
) -> tuple[arrange.Plan, str, str]:
    """Draws a clip's choices; also its space and tempo class."""
    style = STYLES[name]
    tempo_class = _pick(rng, tuple(zip(piece.TEMPO_CLASSES, style.tempo, strict=True)))
    low, high = piece.TEMPO_CLASSES[tempo_class]
    tempo_bpm = round(float(rng.uniform(low, high)), 1)
    energy = _pick(rng, tuple(zip(piece.ENERGIES, style.energy, strict=True)))
    lead = _pick(rng, style.leads)
    has_drums = bool(rng.random() < style.drums)
    kit = _pick(rng, style.kits)
    groove = style.grooves[piece.ENERGIES.index(energy)]
    parts = tuple(_part(rng, part, energy) for part in style.parts)
    present = rng.random(len(parts))
    parts = tuple(
        part for part, chance in zip(parts, present, strict=True)
        if chance < part[0].presence
    )  # fmt: skip
    plan = arrange.Plan(
        theme=theme,
        style=style,
        tempo_bpm=tempo_bpm,
        key=piece.KEYS[rng.integers(len(piece.KEYS))],
        energy=energy,
        lead=lead,
        parts=parts,
        groove=groove if has_drums else "",
        kit=kit if has_drums else "none",
        dynamics=_pick(rng, style.dynamics),
        clip_seconds=clip_seconds,
    )
    return plan, _pick(rng, style.spaces), tempo_class


def _part(rng: np.random.Generator, part: Part, energy: str) -> tuple[Part, str, str]:
    """Draws a part's timbre, and a pattern that is as busy as the energy asks."""
    timbre = _pick(rng, part.timbres)
    wanted = (0.15, 0.5, 0.85)[piece.ENERGIES.index(energy)] + rng.uniform(-0.25, 0.25)
    place = int(np.clip(wanted * len(part.patterns), 0, len(part.patterns) - 1))
    return part, timbre, part.patterns[place]

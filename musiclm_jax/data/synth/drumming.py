"""From a groove to the strokes of a drummer."""

from musiclm_jax.data.synth import fills, piece
from musiclm_jax.data.synth.grooves import Groove
from musiclm_jax.data.synth.grooves_by_metre import GROOVES
from musiclm_jax.data.synth.melody import SECTION_BARS
from musiclm_jax.data.synth.performance import Performer
from musiclm_jax.data.synth.plan import roles_at

_ACCENTS = {"o": 0.38, "x": 0.74, "X": 1.0}
_CRASHING = ("acoustic", "room", "power", "marching", "electro")
# Order of the bars of a groove and of its answer.
_FORMS = ("aaaa", "aaab", "abab", "aaba")
_FILL_CHANCE = {"calm": 0.25, "moderate": 0.7, "energetic": 0.9}


def drum_hits(
    performer: Performer, sections: tuple[piece.Section, ...]
) -> list[piece.DrumHit]:
    """Plays the groove of a plan: bars and answers, fills, a crash at a new section."""
    plan, rng = performer.plan, performer.rng
    bars = _bars(performer)
    hits = []
    is_loud = plan.kit in _CRASHING and plan.energy != "calm"
    for bar, groove in enumerate(bars):
        is_new = bar % SECTION_BARS == 0 and (bar or plan.energy == "energetic")
        if is_loud and is_new and rng.random() < 0.8:
            groove = {**groove, "crash": groove.get("crash", "X")}
        for sound, steps in groove.items():
            for step, mark in enumerate(steps):
                beat = (bar + step / len(_longest(groove))) * plan.beats_per_bar
                seconds = beat * plan.beat_seconds
                if mark == "." or "drums" not in roles_at(sections, seconds):
                    continue
                start = performer.start(beat, "drums")
                if start < plan.clip_seconds:
                    velocity = performer.velocity(beat, _ACCENTS[mark])
                    hits.append(piece.DrumHit(start, sound, velocity))
    return hits


def _bars(performer: Performer) -> list[Groove]:
    """What is drummed in each bar."""
    plan, rng = performer.plan, performer.rng
    plain = GROOVES[plan.beats_per_bar][plan.groove]
    either = {"a": plain, "b": fills.vary(plain, rng)}
    form = _FORMS[rng.integers(len(_FORMS))]
    found = []
    for bar in range(plan.num_bars):
        groove = either[form[bar % len(form)]]
        is_last = bar % SECTION_BARS == SECTION_BARS - 1
        if is_last and rng.random() < _FILL_CHANCE[plan.energy]:
            groove = fills.fill(plain, plan.kit, rng)
        found.append(groove)
    return found


def _longest(groove: Groove) -> str:
    return max(groove.values(), key=len)

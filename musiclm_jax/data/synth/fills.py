"""How a drummer varies: other bars of a groove, and fills before a new section."""

import numpy as np

from musiclm_jax.data.synth.grooves import Groove

FILLS = {
    "toms": (
        {"snare": "X.x.", "high tom": "..X.", "low tom": "...X"},
        {"snare": "XxXx", "low tom": "...X"},
        {"high tom": "Xx..", "mid tom": "..X.", "low tom": "...X"},
        {"snare": "x.xxX.......", "high tom": "....x.X.....",
         "mid tom": "......xxX...", "low tom": "........x.Xx"},
        {"snare": "X.......", "high tom": ".xx.....", "mid tom": "...xX...",
         "low tom": ".....xXx"},
        {"kick": "X..X", "crash": "X..X"},
    ),
    "rolls": (
        {"snare": "xxxX"},
        {"snare": "ooooxxxX"},
        {"snare": "x.x.x.x.xxxxxxXX"},
        {"snare": "X.xxX.xx"},
    ),
    "machine": (
        {"snare": "x.xx"},
        {"clap": "X.xX"},
        {"snare": "x.x.xxxx"},
        {"kick": "X.X.", "clap": ".X.X"},
        {},
    ),
    "soft": ({"snare": "o.ox"}, {"rim": "x.xx"}, {"snare": "o.o.x.ox"}, {}),
    "chip": ({"noise": "xxxx"}, {"snare": "xxXX"}, {"noise": "X.xxXxxx"}),
    "big": (
        {"low tom": "XxXx"},
        {"high tom": "x.x.", "low tom": ".X.X"},
        {"low tom": "xxxxXXXX"},
    ),
    "hands": (
        {"high conga": "xxX.", "low conga": "...X"},
        {"high conga": "x.xx.x..", "low conga": "......XX"},
        {},
    ),
}  # fmt: skip
"""Kind -> fills, each the end of a bar; what it leaves out of the bar is silent."""

KIT_FILLS = {
    "acoustic": "toms", "room": "toms", "power": "toms", "jazz": "soft",
    "brushes": "soft", "electronic": "machine", "electro": "toms", "808": "machine",
    "chip": "chip", "marching": "rolls", "taiko": "big", "percussion": "hands",
}  # fmt: skip
"""Kit -> kind of its fills."""

# Where a stroke may be put that was not there, of sixteen steps, and how hard.
_EXTRAS = {
    "kick": ((3, "x"), (6, "x"), (7, "o"), (10, "x"), (11, "x"), (14, "x")),
    "snare": ((7, "o"), (9, "o"), (15, "o"), (14, "x"), (11, "o")),
    "closed hat": ((1, "o"), (3, "o"), (7, "x"), (11, "o"), (15, "x")),
    "rim": ((6, "o"), (14, "x"), (11, "o")),
    "low tom": ((6, "x"), (14, "x"), (15, "x")),
    "low conga": ((3, "o"), (10, "x"), (11, "o")),
}
_MAY_OPEN = ("closed hat",)


def vary(groove: Groove, rng: np.random.Generator) -> Groove:
    """Returns a bar that answers another: a stroke or two more or fewer."""
    varied = dict(groove)
    for sound in rng.permutation(sorted(set(groove) & set(_EXTRAS)))[:2].tolist():
        steps = list(varied[sound])
        place, mark = _EXTRAS[sound][rng.integers(len(_EXTRAS[sound]))]
        if place < len(steps):
            steps[place] = mark if steps[place] == "." else steps[place]
        if rng.random() < 0.25:
            weak = [i for i, step in enumerate(steps) if step in "ox" and i % 4]
            if weak:
                steps[weak[rng.integers(len(weak))]] = "."
        varied[sound] = "".join(steps)
    for sound in _MAY_OPEN:
        if sound in varied and "open hat" not in varied and rng.random() < 0.35:
            steps = varied[sound]
            last = len(steps) - 2
            varied[sound] = f"{steps[:last]}.{steps[last + 1 :]}"
            varied["open hat"] = "." * last + "x."
    return varied


def fill(groove: Groove, kit: str, rng: np.random.Generator) -> Groove:
    """Returns a bar of a groove that ends in a fill of the kit."""
    choices = FILLS[KIT_FILLS[kit]]
    drawn = choices[rng.integers(len(choices))]
    length = len(next(iter(groove.values())))
    # As long as its longest line; a bar keeps its first beat.
    size = min(max(map(len, drawn.values()), default=0), length - 4)
    filled = {sound: steps[: length - size] for sound, steps in groove.items()}
    for sound, steps in drawn.items():
        head = filled.get(sound, "." * (length - size))
        filled[sound] = head + steps.ljust(size, ".")[-size:]
    return {sound: steps.ljust(length, ".") for sound, steps in filled.items()}

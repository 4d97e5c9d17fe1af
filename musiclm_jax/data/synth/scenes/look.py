"""Colours of a mood: which, how light, how strong, and how much things move."""

import colorsys
import dataclasses

import numpy as np

from musiclm_jax.data.synth.scenes.scene import Scene

Colour = tuple[int, int, int]

# Mood -> hues in degrees, then saturation, darkest and lightest value, each from .. to.
_PALETTES = {
    ("calm", "major"): (
        (30, 45, 100, 150, 190, 210, 270, 330), (0.1, 0.5), (0.5, 0.75), (0.85, 1.0),
    ),
    ("calm", "minor"): (
        (25, 190, 210, 225, 240, 260), (0.05, 0.55), (0.04, 0.2), (0.3, 0.6),
    ),
    ("moderate", "major"): (
        (10, 30, 50, 90, 130, 180, 205, 320), (0.4, 0.8), (0.3, 0.55), (0.8, 1.0),
    ),
    ("moderate", "minor"): (
        (15, 30, 170, 210, 250, 280, 300), (0.3, 0.75), (0.05, 0.2), (0.5, 0.75),
    ),
    ("energetic", "major"): (
        (0, 25, 45, 60, 120, 180, 210, 290, 325), (0.75, 1.0), (0.3, 0.6), (0.95, 1.0),
    ),
    ("energetic", "minor"): (
        (0, 8, 20, 200, 270, 300, 350), (0.6, 1.0), (0.0, 0.12), (0.75, 1.0),
    ),
}  # fmt: skip
_MOVEMENT = {"calm": (0.0, 0.25), "moderate": (0.3, 0.6), "energetic": (0.7, 1.0)}
_HUES_AT_ONCE = {"calm": 2, "moderate": 3, "energetic": 4}


@dataclasses.dataclass(frozen=True, eq=False)
class Look:
    """How a picture of a mood looks.

    Attributes:
        rng: source of all that is drawn with it.
        hues: of its colours, in degrees.
        saturation: lowest and highest.
        darkest: value of what is darkest.
        lightest: value of what is lightest.
        movement: from 0, all is still and smooth, to 1.
    """

    rng: np.random.Generator
    hues: tuple[float, ...]
    saturation: tuple[float, float]
    darkest: float
    lightest: float
    movement: float

    def colour(self, light: float, hue: float | None = None) -> Colour:
        """Draws a colour.

        Args:
            light: from the darkest, 0, to the lightest of this look, 1.
            hue: in degrees, of things that have one; one of the look's if None.
        """
        rng = self.rng
        if hue is None:
            hue = self.hues[rng.integers(len(self.hues))]
        hue = (hue + rng.normal(0, 7)) / 360 % 1
        value = self.darkest + light * (self.lightest - self.darkest)
        value = min(max(value + rng.normal(0, 0.03), 0.0), 1.0)
        red, green, blue = colorsys.hsv_to_rgb(
            hue, rng.uniform(*self.saturation), value
        )
        return round(255 * red), round(255 * green), round(255 * blue)

    def chance(self, probability: float) -> bool:
        """Comes true with this probability."""
        return bool(self.rng.random() < probability)

    def between(self, low: float, high: float) -> float:
        """Draws a number."""
        return float(self.rng.uniform(low, high))

    def many(self, still: int, moving: int) -> int:
        """Draws how many things there are, from how many where all is still."""
        middle = still + self.movement * (moving - still)
        return max(1, round(middle * self.between(0.7, 1.3)))


def look_of(scene: Scene, rng: np.random.Generator) -> Look:
    """Draws a look that suits the mood of a scene."""
    hues, saturation, darkest, lightest = _PALETTES[scene.energy, scene.mode]
    count = min(len(hues), _HUES_AT_ONCE[scene.energy])
    low, high = sorted(rng.uniform(*saturation, size=2))
    return Look(
        rng=rng,
        hues=tuple(rng.choice(hues, count, replace=False).tolist()),
        saturation=(low, high),
        darkest=float(rng.uniform(*darkest)),
        lightest=float(rng.uniform(*lightest)),
        movement=float(rng.uniform(*_MOVEMENT[scene.energy])),
    )

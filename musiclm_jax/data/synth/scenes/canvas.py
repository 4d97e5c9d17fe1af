"""What painters paint with: washes, clouds, ridges, shapes, strokes.

Places and lengths are shares of the picture's side, from the top left corner.
"""

import numpy as np
from PIL import Image, ImageDraw

from musiclm_jax.data.synth.scenes.look import Colour, Look

Point = tuple[float, float]
SIDE = 96
"""Of a picture, in pixels."""


class Canvas:
    """A square picture that is being painted.

    Attributes:
        look: of its mood.
        image: what is there.
    """

    def __init__(self, look: Look):
        """Starts in the look's middle."""
        self.look = look
        self.image = Image.new("RGB", (SIDE, SIDE), look.colour(0.5))

    def wash(self, top: Colour, bottom: Colour, start: float = 0, stop: float = 1):
        """Fills a horizontal stretch with colours that run from one to another."""
        first, last = (
            round(start * SIDE),
            max(round(stop * SIDE), round(start * SIDE) + 1),
        )
        share = np.linspace(0, 1, last - first)[:, None, None]
        rows = np.array(top) * (1 - share) + np.array(bottom) * share
        rows = np.broadcast_to(rows, (last - first, SIDE, 3)).astype(np.uint8)
        self.image.paste(Image.fromarray(np.ascontiguousarray(rows)), (0, first))

    def clouds(self, colour: Colour, amount: float, *, cells: Point, stop: float = 1):
        """Lays soft patches over the upper part.

        Args:
            colour: of the patches.
            amount: from 0, none, to 1.
            cells: about how many patches stand beside and above each other.
            stop: where they end.
        """
        height = max(1, round(stop * SIDE))
        mask = sum(
            np.asarray(self._noise(cells, octave, height)) / 2**octave
            for octave in range(3)
        )
        mask = np.clip((mask - mask.mean()) * 2 + 255 * (amount - 0.3), 0, 255)
        layer = Image.new("RGB", (SIDE, height), colour)
        self.image.paste(layer, (0, 0), Image.fromarray(mask.astype(np.uint8)))

    def _noise(self, cells: Point, octave: int, height: int) -> Image.Image:
        shape = [max(2, round(count * 2**octave)) for count in reversed(cells)]
        values = self.look.rng.integers(0, 256, shape).astype(np.uint8)
        return Image.fromarray(values).resize((SIDE, height), Image.Resampling.BICUBIC)

    def ridge(self, height: float, rough: float, colour: Colour, bumps: int = 4):
        """Paints hills or waves: all below a line that goes up and down."""
        rng, x = self.look.rng, np.linspace(0, 1, 33)
        y = sum(
            rng.normal(0, rough / 2**octave)
            * np.sin(2 * np.pi * (bumps * 2**octave / 2 * x + rng.random()))
            for octave in range(4)
        )
        line = list(zip(x, height + y, strict=True))
        self.polygon([(0, 1), *line, (1, 1)], colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour, glow: float = 0):
        """Paints a disc, with light around it as wide as `glow` times its radius."""
        if glow:
            rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
            away = np.hypot(columns - x, rows - y) / radius
            mask = 180 * np.clip(1 + (1 - away) / glow, 0, 1) ** 2
            layer = Image.new("RGB", self.image.size, colour)
            self.image.paste(layer, (0, 0), Image.fromarray(mask.astype(np.uint8)))
        self.ellipse(x, y, radius, radius, colour)

    def ellipse(self, x: float, y: float, wide: float, high: float, colour: Colour):
        """Paints an ellipse of these half axes."""
        box = [
            (x - wide) * SIDE,
            (y - high) * SIDE,
            (x + wide) * SIDE,
            (y + high) * SIDE,
        ]
        self._pen().ellipse(box, fill=colour)

    def polygon(self, points: list[Point], colour: Colour):
        """Fills what lies within points."""
        self._pen().polygon([(x * SIDE, y * SIDE) for x, y in points], fill=colour)

    def rectangle(self, x: float, y: float, right: float, below: float, colour: Colour):
        """Fills a rectangle."""
        self.polygon([(x, y), (right, y), (right, below), (x, below)], colour)

    def line(self, points: list[Point], colour: Colour, width: float = 0.01):
        """Draws a line through points."""
        pen_width = max(1, round(width * SIDE))
        scaled = [(x * SIDE, y * SIDE) for x, y in points]
        self._pen().line(scaled, fill=colour, width=pen_width, joint="curve")

    def strokes(self, count: int, length: float, angle: float, light: float, **how):
        """Draws short lines of one direction everywhere: rain, grass, speed.

        Args:
            count: of lines.
            length: of each, about.
            angle: in radians, 0 to the right.
            light: of their colours.
            **how: of `Canvas.line`, and `hue` of `Look.colour`.
        """
        hue = how.pop("hue", None)
        for _ in range(count):
            x, y = self.look.rng.uniform(-0.1, 1.1, 2)
            long = length * self.look.between(0.5, 1.5)
            end = (x + long * np.cos(angle), y + long * np.sin(angle))
            self.line([(x, y), end], self.look.colour(light, hue), **how)

    def sparks(self, count: int, radius: float, light: float, below: float = 1, **how):
        """Strews dots: stars, snow, blossoms, lamps."""
        for _ in range(count):
            x, y = self.look.between(0, 1), self.look.between(0, below)
            size = radius * self.look.between(0.4, 1.3)
            self.ellipse(x, y, size, size, self.look.colour(light, **how))

    def _pen(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

"""Painters of land, water, weather and sky."""

import numpy as np

from musiclm_jax.data.synth.scenes.canvas import Canvas


def landscape(canvas: Canvas) -> None:
    """Hills behind each other, perhaps with a river or a tree."""
    look = canvas.look
    _sky(canvas, 0.65)
    horizon = look.between(0.35, 0.6)
    for depth in range(3):
        hue = None if look.chance(0.4) else (210, 150, 100)[depth]
        rough = 0.03 + 0.06 * look.movement
        colour = look.colour(0.6 - 0.25 * depth, hue)
        canvas.ridge(horizon + 0.16 * depth, rough, colour, 2 + depth)
    if look.chance(0.4):
        x = look.between(0.2, 0.8)
        river = [(x, horizon + 0.1), (x - 0.1, 0.75), (x + 0.15, 1), (x - 0.2, 1)]
        canvas.polygon(river, look.colour(0.9, 205))
    for _ in range(look.rng.integers(3)):
        tree(canvas, look.between(0.1, 0.9), look.between(0.8, 0.98), 0.15)


def meadow(canvas: Canvas) -> None:
    """Grass and flowers under a sky."""
    look = canvas.look
    _sky(canvas, 0.5)
    horizon = look.between(0.25, 0.5)
    canvas.wash(look.colour(0.8, 100), look.colour(0.4, 110), horizon)
    canvas.ridge(horizon, 0.02, look.colour(0.6, 110))
    canvas.strokes(60, 0.07, -1.5 + look.between(-0.3, 0.3), 0.6, hue=105)
    for _ in range(look.many(30, 90)):
        x, y = look.between(0, 1), look.between(horizon + 0.05, 1)
        size = 0.025 * (y - horizon + 0.2)
        canvas.ellipse(x, y, size, size, look.colour(1.0))


def sea(canvas: Canvas) -> None:
    """Water to the horizon; waves as high as the mood is wild."""
    look = canvas.look
    _sky(canvas, 0.6)
    horizon = look.between(0.35, 0.6)
    hue = look.between(180, 225)
    canvas.wash(look.colour(0.7, hue), look.colour(0.25, hue), horizon)
    rough = 0.004 + 0.09 * look.movement**2
    for y in np.linspace(horizon + 0.06, 1.02, look.many(5, 9)):
        canvas.ridge(y, rough, look.colour(look.between(0.2, 0.6), hue), 5)
        if look.movement > 0.6:
            canvas.ridge(y + 0.02, rough, look.colour(look.between(0.3, 0.95), hue), 7)
    if look.chance(0.4):
        x, y = look.between(0.2, 0.8), horizon + 0.1 * look.movement
        canvas.polygon([(x, y - 0.18), (x + 0.1, y), (x, y)], look.colour(0.95, 45))
        hull = [
            (x - 0.08, y),
            (x + 0.12, y),
            (x + 0.06, y + 0.05),
            (x - 0.04, y + 0.05),
        ]
        canvas.polygon(hull, look.colour(0.1, 25))


def beach(canvas: Canvas) -> None:
    """Sun, sand, water, a palm or a parasol."""
    look = canvas.look
    canvas.wash(look.colour(0.8, 205), look.colour(1.0, 200))
    canvas.disc(look.between(0.1, 0.9), 0.15, 0.07, look.colour(1.0, 50), glow=2)
    canvas.wash(look.colour(0.7, 185), look.colour(0.9, 180), 0.4, 0.65)
    canvas.ridge(0.62, 0.02, look.colour(1.0, 42), 2)
    for _ in range(look.many(1, 4)):
        x, y = look.between(0.1, 0.9), look.between(0.7, 0.95)
        if look.chance(0.5):
            top = (x + look.between(-0.15, 0.15), y - 0.5)
            canvas.line([(x, y), top], look.colour(0.2, 25), 0.025)
            for angle in np.linspace(-0.4, 3.5, 6):
                leaf = (top[0] + 0.2 * np.cos(angle), top[1] + 0.15 * np.sin(angle))
                canvas.line([top, leaf], look.colour(0.3, 110), 0.04)
        else:
            shade = [(x - 0.12, y - 0.12), (x, y - 0.22), (x + 0.12, y - 0.12)]
            canvas.polygon(shade, look.colour(0.9))
            canvas.line([(x, y - 0.2), (x, y)], look.colour(0.3))


def night_sky(canvas: Canvas) -> None:
    """Stars and a moon, perhaps with swirls between them, over a dark village."""
    look = canvas.look
    hue = look.between(215, 265)
    light = 0.6 if look.lightest > 0.8 else 0.35
    canvas.wash(look.colour(0.0, hue), look.colour(light, hue))
    swirls = look.many(3, 9) if look.chance(0.6) else 0
    for _ in range(swirls):
        middle = look.rng.uniform([0, 0], [1, 0.6])
        turn = np.linspace(0, look.between(5, 14), 30)
        reach = look.between(0.05, 0.2) * turn / turn[-1]
        x, y = middle[0] + 1.4 * reach * np.cos(turn), middle[1] + reach * np.sin(turn)
        colour = look.colour(look.between(0.5, 1), look.between(190, 230))
        canvas.line(list(zip(x, y, strict=True)), colour, 0.015)
    for _ in range(look.many(2, 6)):
        x, y = look.between(0, 1), look.between(0, 0.6)
        canvas.disc(x, y, 0.015, look.colour(1.0, 52), glow=3)
    canvas.sparks(look.many(20, 60), 0.006, 1.0, 0.7, hue=50)
    x, y, radius = (
        look.between(0.1, 0.9),
        look.between(0.1, 0.3),
        look.between(0.04, 0.1),
    )
    canvas.disc(x, y, radius, look.colour(1.0, 50), glow=1.5)
    canvas.ridge(look.between(0.75, 0.92), 0.04, look.colour(0.0, 230), 3)
    if look.chance(0.5):
        for x in look.rng.random(6):
            canvas.rectangle(x, 0.9, x + 0.02, 0.93, look.colour(1.0, 45))


def forest(canvas: Canvas) -> None:
    """Trunks behind each other in green or in fog."""
    look = canvas.look
    hue = look.between(80, 150)
    canvas.wash(look.colour(0.9, hue), look.colour(0.3, hue))
    canvas.clouds(look.colour(1.0, 70), 0.35, cells=(3, 3))
    for depth in range(4):
        colour = look.colour(0.75 - 0.22 * depth, (hue, 30)[depth > 1])
        for x in look.rng.random(look.rng.integers(3, 7)):
            width = 0.012 + 0.012 * depth
            canvas.polygon(
                [(x, 0), (x + width, 0), (x + 1.6 * width, 1), (x - width, 1)], colour
            )
        crown = look.colour(0.6 - 0.1 * depth, hue)
        for x in look.rng.random(4):
            canvas.ellipse(x, look.between(0, 0.2), 0.13, 0.08, crown)
    canvas.ridge(0.9, 0.02, look.colour(0.2, hue), 3)


def rain(canvas: Canvas) -> None:
    """Grey streaks over a street, a window or a field."""
    look = canvas.look
    hue = look.between(190, 230)
    canvas.wash(look.colour(0.7, hue), look.colour(0.2, hue))
    canvas.clouds(look.colour(0.3, hue), 0.5, cells=(3, 2), stop=0.6)
    if look.chance(0.5):
        blocks(canvas, 0.7, lamps=0.15)
    else:
        canvas.ridge(look.between(0.6, 0.8), 0.04, look.colour(0.15, 120), 3)
    if look.chance(0.3):
        x = look.between(0.3, 0.7)
        canvas.ellipse(x, 0.6, 0.1, 0.06, look.colour(0.9, 0))
        canvas.rectangle(x - 0.04, 0.62, x + 0.04, 0.85, look.colour(0.05))
    canvas.strokes(70, 0.1, look.between(1.4, 1.8), 0.8, hue=hue)


def snow(canvas: Canvas) -> None:
    """White ground, firs, flakes."""
    look = canvas.look
    hue = look.between(195, 225)
    canvas.wash(look.colour(0.6, hue), look.colour(0.95, hue))
    canvas.ridge(0.6, 0.05, look.colour(0.85, hue), 2)
    for _ in range(look.many(4, 9)):
        fir(canvas, look.between(0, 1), look.between(0.65, 0.9), look.between(0.2, 0.4))
    canvas.ridge(0.88, 0.03, _pale(look.colour(1.0, hue)), 2)
    canvas.sparks(50, 0.012, 1.0, hue=hue)


def sunrise(canvas: Canvas) -> None:
    """A sun low over land or water, the sky aglow."""
    look = canvas.look
    hue = look.between(5, 45)
    canvas.wash(look.colour(0.5, look.between(210, 330)), look.colour(1.0, hue))
    canvas.clouds(look.colour(0.9, hue), 0.3, cells=(2, 6), stop=0.6)
    x, y = look.between(0.2, 0.8), look.between(0.45, 0.62)
    canvas.disc(x, y, look.between(0.06, 0.12), look.colour(1.0, 48), glow=4)
    if look.chance(0.5):
        canvas.wash(look.colour(0.7, hue), look.colour(0.2, hue), 0.62)
        for step in np.linspace(0.65, 0.98, 9):
            wide = look.between(0.02, 0.1)
            canvas.line(
                [(x - wide, step), (x + wide, step)], look.colour(1.0, 45), 0.02
            )
    else:
        canvas.ridge(0.66, 0.03, look.colour(0.25, hue + 10), 2)
        canvas.ridge(0.82, 0.04, look.colour(0.1, 120), 2)


def storm(canvas: Canvas) -> None:
    """Dark clouds, lightning, all bent by wind."""
    look = canvas.look
    hue = look.between(200, 280)
    canvas.wash(look.colour(0.1, hue), look.colour(0.45, hue))
    canvas.clouds(look.colour(0.35, hue), 0.45, cells=(4, 3))
    canvas.clouds(look.colour(0.0, hue), 0.45, cells=(3, 4), stop=0.7)
    for _ in range(look.rng.integers(1, 4)):
        points = [(look.between(0.1, 0.9), 0.0)]
        for y in np.linspace(0.1, 0.75, 8):
            points.append((points[-1][0] + look.rng.normal(0, 0.06), y))
        canvas.line(points, _pale(look.colour(1.0, 55)), 0.02)
    for y in (0.75, 0.83, 0.92):
        canvas.ridge(y, 0.07, look.colour(look.between(0, 0.3), hue), 6)
    canvas.strokes(50, 0.15, look.between(0.6, 1.2), 0.5, hue=hue)


def fire(canvas: Canvas) -> None:
    """Flames before the dark."""
    look = canvas.look
    canvas.wash(look.colour(0.0, 0), look.colour(0.3, 10))
    for layer in range(3):
        for _ in range(look.many(6, 14)):
            x, wide = look.between(-0.1, 1.1), look.between(0.04, 0.14)
            tip = (x + look.rng.normal(0, 0.12), look.between(0.1, 0.7) + 0.12 * layer)
            waist = (x + look.rng.normal(0, 0.06), (tip[1] + 1) / 2)
            flame = [
                (x - wide, 1), (waist[0] - wide, waist[1]), tip,
                (waist[0] + wide / 2, waist[1]), (x + wide, 1),
            ]  # fmt: skip
            canvas.polygon(flame, look.colour(0.6 + 0.2 * layer, (0, 20, 45)[layer]))
    canvas.sparks(40, 0.008, 1.0, hue=40)


def tree(canvas: Canvas, x: float, foot: float, high: float) -> None:
    """Paints a tree with a round crown."""
    look = canvas.look
    canvas.line([(x, foot), (x, foot - high)], look.colour(0.1, 25), 0.02)
    for _ in range(4):
        dx, dy = look.rng.normal(0, 0.03, 2)
        colour = look.colour(look.between(0.3, 0.6), 110)
        canvas.ellipse(x + dx, foot - high + dy, high / 3, high / 3, colour)


def fir(canvas: Canvas, x: float, foot: float, high: float) -> None:
    """Paints a fir with snow on it."""
    for level in range(3):
        top = foot - high * (level + 1) / 3
        wide = high * (0.3 - 0.07 * level)
        colour = canvas.look.colour(0.15 + 0.1 * level, 150)
        canvas.polygon([(x, top - high / 5), (x - wide, top + high / 3),
                        (x + wide, top + high / 3)], colour)  # fmt: skip


def blocks(canvas: Canvas, top: float, lamps: float) -> None:
    """Paints houses side by side, with lit windows."""
    look, x = canvas.look, -0.05
    while x < 1:
        wide, roof = look.between(0.07, 0.2), top - look.between(0.05, 0.45)
        canvas.rectangle(x, roof, x + wide, 1, look.colour(look.between(0.05, 0.35)))
        for column in np.arange(x + 0.02, x + wide - 0.02, 0.04):
            for row in np.arange(roof + 0.03, 0.95, 0.06):
                if look.chance(lamps):
                    lamp = look.colour(1.0, 48 if look.chance(0.7) else None)
                    canvas.rectangle(column, row, column + 0.02, row + 0.03, lamp)
        x += wide + look.between(-0.01, 0.03)


def _sky(canvas: Canvas, stop: float) -> None:
    """Paints a sky with clouds, and by day perhaps a sun."""
    look = canvas.look
    hue = look.between(195, 235) if look.chance(0.7) else None
    canvas.wash(look.colour(0.6, hue), look.colour(0.95, hue))
    rows = 2 + 3 * (1 - look.movement)
    cloud = _pale(look.colour(look.between(0.4, 1)))
    canvas.clouds(cloud, look.between(0, 0.5), cells=(3, rows), stop=stop)
    if look.lightest > 0.8 and look.chance(0.3):
        x, y = look.between(0.1, 0.9), look.between(0.08, 0.25)
        canvas.disc(x, y, 0.05, look.colour(1.0, 52), glow=2)


def _pale(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Takes most of a colour off."""
    lightest = max(colour)
    red, green, blue = ((2 * lightest + part) // 3 for part in colour)
    return red, green, blue


PAINTERS = {
    "landscape": landscape,
    "meadow": meadow,
    "sea": sea,
    "beach": beach,
    "night sky": night_sky,
    "forest": forest,
    "rain": rain,
    "snow": snow,
    "sunrise": sunrise,
    "storm": storm,
    "fire": fire,
}
"""Subject -> what paints it."""

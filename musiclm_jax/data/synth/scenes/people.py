"""Painters of people and of what people build."""

import numpy as np

from musiclm_jax.data.synth.scenes.canvas import Canvas
from musiclm_jax.data.synth.scenes.nature import blocks


def city(canvas: Canvas) -> None:
    """Houses by day, or by night with lamps and neon."""
    look = canvas.look
    is_night = look.lightest < 0.8 or look.darkest < 0.2
    canvas.wash(look.colour(0.2 if is_night else 0.8), look.colour(0.7))
    blocks(canvas, look.between(0.6, 0.8), lamps=0.5 if is_night else 0.25)
    if is_night and look.movement > 0.3:
        for _ in range(look.many(4, 14)):
            x, y = look.between(0, 0.9), look.between(0.35, 0.9)
            canvas.rectangle(
                x, y, x + look.between(0.04, 0.15), y + 0.04, look.colour(1)
            )
    horizon = look.between(0.78, 0.9)
    canvas.wash(look.colour(0.25), look.colour(0.1), horizon)
    for x in look.rng.random(look.many(3, 12)):
        canvas.line([(x, 0.96), (x + 0.25 * look.movement, 0.96)], look.colour(1), 0.02)


def factory(canvas: Canvas) -> None:
    """Halls, chimneys, smoke, wheels and sparks."""
    look = canvas.look
    canvas.wash(look.colour(0.3), look.colour(0.5, 30))
    canvas.clouds(look.colour(0.1, 30), 0.5, cells=(4, 3), stop=0.5)
    for x in look.rng.random(look.rng.integers(2, 5)):
        canvas.rectangle(x, look.between(0.15, 0.4), x + 0.06, 1, look.colour(0.1))
    canvas.rectangle(0, 0.6, 1, 1, look.colour(0.15))
    for x in np.arange(0, 1, 0.2):
        canvas.polygon([(x, 0.6), (x + 0.2, 0.6), (x + 0.2, 0.5)], look.colour(0.2))
    for _ in range(look.many(2, 6)):
        x, y, radius = (
            look.between(0, 1),
            look.between(0.5, 0.95),
            look.between(0.06, 0.2),
        )
        canvas.ellipse(x, y, radius, radius, look.colour(0.6))
        canvas.ellipse(x, y, 0.7 * radius, 0.7 * radius, look.colour(0.1))
        for angle in np.linspace(0, 2 * np.pi, 9):
            end = (x + 1.2 * radius * np.cos(angle), y + 1.2 * radius * np.sin(angle))
            canvas.line([(x, y), end], look.colour(0.6), 0.02)
    canvas.sparks(look.many(10, 60), 0.008, 1.0, hue=40)


def party(canvas: Canvas) -> None:
    """Beams and dots of light over a crowd in the dark."""
    look = canvas.look
    canvas.wash((8, 4, 16), look.colour(0.1))
    for _ in range(look.many(5, 14)):
        x, end, wide = (
            look.between(0, 1),
            look.between(-0.2, 1.2),
            look.between(0.03, 0.1),
        )
        beam = [(x, 0), (end - wide, 1), (end + wide, 1)]
        canvas.polygon(beam, look.colour(look.between(0.6, 1)))
    canvas.sparks(look.many(20, 80), 0.025, 1.0)
    if look.chance(0.4):
        canvas.disc(look.between(0.3, 0.7), 0.12, 0.09, look.colour(1.0), glow=1)
    for _ in range(14):
        x, y = look.between(0, 1), look.between(0.75, 0.9)
        canvas.ellipse(x, y, 0.04, 0.05, (10, 8, 14))
        canvas.rectangle(x - 0.06, y + 0.04, x + 0.06, 1, (10, 8, 14))
        if look.chance(0.5):
            canvas.line([(x, y + 0.1), (x + look.rng.normal(0, 0.06), y - 0.12)],
                        (10, 8, 14), 0.025)  # fmt: skip


def dancers(canvas: Canvas) -> None:
    """People whose arms and legs fly, in bright clothes."""
    look = canvas.look
    canvas.wash(look.colour(0.7), look.colour(0.9))
    canvas.rectangle(0, 0.75, 1, 1, look.colour(0.6))
    for _ in range(look.many(2, 6)):
        x, y, high = (
            look.between(0.1, 0.9),
            look.between(0.6, 0.75),
            look.between(0.2, 0.35),
        )
        clothes, skin = look.colour(look.between(0.3, 1)), look.colour(0.6, 25)
        swing = look.rng.normal(0, 0.3 + 0.5 * look.movement, 4) * high
        hip, neck = (x, y), (x + swing[0] / 3, y - 0.5 * high)
        for side, reach in zip((-1, 1), swing[:2], strict=True):
            foot = (x + side * 0.3 * high + reach / 2, y + 0.6 * high)
            hand = (neck[0] + side * 0.5 * high, neck[1] + reach)
            canvas.line([hip, foot], clothes, 0.04)
            canvas.line([neck, hand], skin, 0.03)
        skirt = 0.3 * high * look.between(0.5, 1.5)
        canvas.polygon([neck, (x - skirt, y + 0.1), (x + skirt, y + 0.1)], clothes)
        canvas.ellipse(neck[0], neck[1] - 0.15 * high, 0.12 * high, 0.15 * high, skin)


def portrait(canvas: Canvas) -> None:
    """A face before a plain ground."""
    look = canvas.look
    canvas.wash(
        look.colour(look.between(0.1, 0.6)), look.colour(look.between(0.1, 0.5))
    )
    canvas.clouds(look.colour(0.4), 0.3, cells=(3, 3))
    x, y, size = (
        look.between(0.4, 0.6),
        look.between(0.35, 0.45),
        look.between(0.15, 0.22),
    )
    hair, skin = look.colour(0.1, 25), look.colour(0.9, 25)
    canvas.ellipse(x, 1.05, 2.2 * size, 0.35, look.colour(look.between(0.05, 0.6)))
    canvas.ellipse(x, y + 0.3 * size, 1.25 * size, 1.6 * size, hair)
    canvas.rectangle(x - 0.4 * size, y, x + 0.4 * size, 0.75, look.colour(0.7, 25))
    canvas.ellipse(x, y + 0.1 * size, 0.85 * size, 1.15 * size, skin)
    for side in (-1, 1):
        canvas.ellipse(x + side * 0.35 * size, y, 0.14 * size, 0.07 * size, hair)
    canvas.line([(x, y), (x + 0.08 * size, y + 0.4 * size)], look.colour(0.6, 20))
    canvas.ellipse(x, y + 0.65 * size, 0.25 * size, 0.06 * size, look.colour(0.6, 0))


def church(canvas: Canvas) -> None:
    """Arches and coloured glass within, or a steeple before the sky."""
    look = canvas.look
    if look.chance(0.35):
        canvas.wash(look.colour(0.6, 215), look.colour(0.95, 40))
        x, stone = look.between(0.3, 0.7), look.colour(0.3, 30)
        canvas.polygon(
            [(x - 0.06, 0.45), (x, 0.05), (x + 0.06, 0.45)], look.colour(0.1)
        )
        canvas.rectangle(x - 0.07, 0.42, x + 0.07, 1, stone)
        canvas.polygon([(x, 0.6), (x + 0.25, 0.5), (x + 0.45, 0.65), (x + 0.45, 1),
                        (x, 1)], stone)  # fmt: skip
        canvas.ridge(0.93, 0.02, look.colour(0.2, 110), 2)
        return
    canvas.wash(look.colour(0.1, 30), look.colour(0.4, 30))
    for depth in range(4, 0, -1):
        wide = 0.12 * depth
        canvas.ellipse(0.5, 0.5, wide, 0.1 + wide, look.colour(0.75 - 0.15 * depth, 35))
        canvas.rectangle(0.5 - wide, 0.5, 0.5 + wide, 1,
                         look.colour(0.75 - 0.15 * depth, 35))  # fmt: skip
    for x in (0.08, 0.5, 0.92):
        for row in np.arange(0.2, 0.6, 0.07):
            for side in (-0.04, 0, 0.04):
                hue = look.between(0, 360)
                canvas.rectangle(x + side - 0.017, row, x + side + 0.017, row + 0.06,
                                 look.colour(1.0, hue))  # fmt: skip
    canvas.strokes(6, 0.7, look.between(0.8, 1.2), 0.8, hue=45, width=0.02)
    for x in look.rng.random(5):
        canvas.disc(x, look.between(0.75, 0.95), 0.008, look.colour(1.0, 40), glow=3)


def circus(canvas: Canvas) -> None:
    """A striped tent, flags, balloons, a big wheel."""
    look = canvas.look
    canvas.wash(look.colour(0.9, 205), look.colour(1.0, 50))
    colours = look.colour(0.9, 0), _WHITE
    for stripe in range(10):
        left, right = 0.1 + 0.08 * stripe, 0.18 + 0.08 * stripe
        canvas.polygon([(0.5, 0.1), (left, 0.5), (right, 0.5)], colours[stripe % 2])
        canvas.rectangle(left, 0.5, right, 0.9, colours[stripe % 2])
    for _ in range(look.many(4, 14)):
        x, y = look.between(0, 1), look.between(0.05, 0.7)
        canvas.line([(x, y), (x + 0.02, y + 0.15)], look.colour(0.3))
        canvas.ellipse(x, y, 0.035, 0.045, look.colour(1.0))
    for x in np.linspace(0, 1, 12):
        y = 0.15 + 0.1 * np.cos(6 * x)
        flag = [(x, y), (x + 0.06, y), (x + 0.03, y + 0.07)]
        canvas.polygon(flag, look.colour(1.0))
    canvas.ridge(0.9, 0.01, look.colour(0.6, 100), 2)


def bar(canvas: Canvas) -> None:
    """A dim room: lamps, bottles, tables, somebody at a piano or a bass."""
    look = canvas.look
    canvas.wash(look.colour(0.1, 20), look.colour(0.35, 25))
    for x in look.rng.random(look.many(2, 5)):
        y = look.between(0.15, 0.35)
        canvas.line([(x, 0), (x, y)], look.colour(0.0))
        canvas.disc(x, y, 0.03, look.colour(1.0, 40), glow=4)
    canvas.rectangle(0, 0.7, 1, 1, look.colour(0.1, 15))
    for x in np.arange(0.05, 0.95, 0.07):
        if look.chance(0.6):
            bottle = look.colour(look.between(0.3, 0.9), look.between(20, 140))
            canvas.rectangle(x, 0.7 - look.between(0.06, 0.14), x + 0.03, 0.7, bottle)
    x, dark = look.between(0.2, 0.8), look.colour(0.0)
    canvas.ellipse(x, 0.45, 0.05, 0.06, look.colour(0.5, 25))
    canvas.polygon([(x - 0.1, 0.95), (x, 0.5), (x + 0.1, 0.95)], dark)
    canvas.ellipse(x + 0.15, 0.75, 0.1, 0.14, look.colour(0.5, 20))
    canvas.line([(x + 0.15, 0.75), (x + 0.1, 0.35)], dark, 0.02)


def pixels(canvas: Canvas) -> None:
    """A game of coarse squares."""
    look, step = canvas.look, 1 / 16
    sky = look.colour(0.9 if look.darkest > 0.2 else 0.0, 210)
    canvas.rectangle(0, 0, 1, 1, sky)
    ground = look.rng.integers(11, 14, 16)
    block = look.colour(0.7), look.colour(0.5)
    for column, top in enumerate(ground):
        for row in range(top, 16):
            canvas.rectangle(column * step, row * step, (column + 0.9) * step,
                             (row + 0.9) * step, block[(row + column) % 2])  # fmt: skip
    for _ in range(look.many(4, 10)):
        column, row = look.rng.integers(0, 14), look.rng.integers(1, 11)
        shape = look.rng.random((4, 2)) < 0.6
        shape = np.concatenate([shape, shape[:, ::-1]], axis=1)
        colour = look.colour(1.0)
        for dy, dx in np.argwhere(shape):
            x, y = (column + dx / 2) * step, (row + dy / 2) * step
            canvas.rectangle(x, y, x + step / 2, y + step / 2, colour)


def speed(canvas: Canvas) -> None:
    """Something that rushes by: streaks towards a point or to one side."""
    look = canvas.look
    canvas.wash(look.colour(0.2), look.colour(0.5))
    x, y = look.rng.uniform(0.2, 0.8, 2)
    to_side = look.chance(0.4)
    for _ in range(look.many(30, 70)):
        turn = look.between(0, 2 * np.pi)
        near, far = look.between(0.05, 0.4), look.between(0.5, 1.2)
        ends = [(x + r * np.cos(turn), y + r * np.sin(turn)) for r in (near, far)]
        if to_side:
            row = look.between(0, 1)
            ends = [(look.between(-0.3, 0.8), row), (look.between(0.3, 1.3), row)]
        canvas.line(ends, look.colour(look.between(0.4, 1)), look.between(0.005, 0.03))
    if look.chance(0.6):
        car = [(0.3, 0.7), (0.36, 0.6), (0.5, 0.58), (0.6, 0.66), (0.75, 0.7),
               (0.75, 0.78), (0.28, 0.78)]  # fmt: skip
        canvas.polygon(car, look.colour(0.9))
        for wheel in (0.38, 0.65):
            canvas.ellipse(wheel, 0.78, 0.05, 0.05, (10, 10, 10))


def shapes(canvas: Canvas) -> None:
    """Nothing but colour: soft where it is calm, jagged where it is not."""
    look = canvas.look
    canvas.wash(look.colour(look.between(0, 1)), look.colour(look.between(0, 1)))
    cells = (1.5 + 3 * look.movement, 1.5 + 3 * look.movement)
    for light in (0.3, 0.6, 0.95):
        canvas.clouds(look.colour(light), 0.35, cells=cells)
    if look.movement < 0.3:
        for _ in range(look.rng.integers(4)):
            x, y = look.rng.random(2)
            canvas.disc(x, y, look.between(0.05, 0.2), look.colour(0.8), glow=1)
        return
    for _ in range(look.many(6, 30)):
        points = look.rng.random(2) + look.rng.normal(0, 0.15, (3, 2))
        colour = look.colour(look.between(0, 1))
        if look.chance(0.5):
            canvas.polygon([tuple(point) for point in points], colour)
        else:
            canvas.line([tuple(point) for point in points], colour, 0.03)


_WHITE = (245, 242, 235)

PAINTERS = {
    "city": city,
    "factory": factory,
    "party": party,
    "dancers": dancers,
    "portrait": portrait,
    "church": church,
    "circus": circus,
    "bar": bar,
    "pixels": pixels,
    "speed": speed,
    "shapes": shapes,
}
"""Subject -> what paints it."""

"""From a seed and a number to a picture with its descriptions."""

from typing import Any

import numpy as np

from musiclm_jax.data.synth.captions import write_prompts
from musiclm_jax.data.synth.scenes import nature, people
from musiclm_jax.data.synth.scenes.canvas import Canvas
from musiclm_jax.data.synth.scenes.finish import finish
from musiclm_jax.data.synth.scenes.look import look_of
from musiclm_jax.data.synth.scenes.scene import Scene, draw_scene, music_of

_PAINTERS = nature.PAINTERS | people.PAINTERS
_PIECES = 2


def paint(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Draws a scene.

    Args:
        scene: what is seen.
        rng: source of everything else; the same state, the same picture.

    Returns:
        [row, column, channel=3], uint8, `canvas.SIDE` pixels each way.
    """
    canvas = Canvas(look_of(scene, rng))
    _PAINTERS[scene.subject](canvas)
    return finish(canvas)


def describe(scene: Scene, rng: np.random.Generator) -> list[str]:
    """Describes a scene as music: prompts for some pieces that suit it."""
    prompts = [
        prompt
        for _ in range(_PIECES)
        for prompt in write_prompts(music_of(scene, rng), rng)
    ]
    return list(dict.fromkeys(prompts))


def example(*key: int) -> dict[str, Any]:
    """Returns the picture of a key: the same numbers, the same picture.

    Returns:
        "image" [row, column, channel=3] uint8, "captions", and of what is seen
        "subject", "energy" and "mode".
    """
    rng = np.random.default_rng(key)
    scene = draw_scene(rng)
    return {
        "image": paint(scene, rng),
        "captions": describe(scene, rng),
        "subject": scene.subject,
        "energy": scene.energy,
        "mode": scene.mode,
    }

"""The styles by name, in the order of `piece.STYLES`."""

from musiclm_jax.data.synth import (
    piece,
    styles_alone,
    styles_band,
    styles_chamber,
    styles_machine,
)
from musiclm_jax.data.synth.styles import Style

_ALL = (
    styles_machine.STYLES
    | styles_band.STYLES
    | styles_chamber.STYLES
    | styles_alone.STYLES
)

STYLES: dict[str, Style] = {name: _ALL[name] for name in piece.STYLES}

import dataclasses
import itertools

import pytest

from musiclm_jax.data.synth import piece
from musiclm_jax.data.synth.compose import compose
from musiclm_jax.data.synth.style_table import STYLES


def test_tables_agree():
    assert tuple(STYLES) == piece.STYLES
    assert set(piece.TIMBRES.values()) == set(piece.FAMILIES)
    ranges = list(piece.TEMPO_CLASSES.values())
    assert all(low < high for low, high in ranges)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(ranges))


@pytest.mark.parametrize(
    ("field", "value"), [("style", "polka"), ("mode", "lydian"), ("lead", "kazoo")]
)
def test_a_piece_refuses_unknown_names(field, value):
    music = compose(0, 0, clip_seconds=2.0)
    with pytest.raises(ValueError, match=f"{value}.* is not one of"):
        dataclasses.replace(music, **{field: value})


def test_a_piece_refuses_drums_without_a_kit():
    music = compose(0, 0, clip_seconds=2.0, style="rock")
    with pytest.raises(ValueError, match="does not fit drum kit"):
        dataclasses.replace(music, has_drums=True, drum_kit="none")

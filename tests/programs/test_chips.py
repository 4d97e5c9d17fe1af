import importlib.util

import pytest

from musiclm_jax.programs import chips


@pytest.mark.parametrize(
    ("topology", "name"),
    [
        ("v4:4x4x4", "v4"),
        ("v5e:16x16", "v5e"),
        ("v5p:4x4x8", "v5p"),
        ("v6e:4x4", "v6e"),
    ],
)
def test_topologies_name_their_chip(topology, name):
    assert chips.chip_of(topology).name == name


@pytest.mark.parametrize(
    ("topology", "message"),
    [
        ("v3:4x4", "v3:4x4 is of no chip that is known: give one of v4, v5e, v5p, v6e"),
        ("v5e", "a slice of v5e has 2 dimensions, as v5e:4x4"),
        ("v5e:4x4x4", "a slice of v5e has 2 dimensions"),
        ("v4:4x4", "a slice of v4 has 3 dimensions, as v4:4x4x4"),
        ("v5e:4x0", "a slice of v5e has 2 dimensions"),
        ("v5e:axb", "a slice of v5e has 2 dimensions"),
    ],
)
def test_a_topology_that_cannot_be_is_explained(topology, message):
    with pytest.raises(ValueError, match=message):
        chips.devices(topology)


def test_without_the_compiler_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r'pip install "musiclm_jax\[tpu\]"'):
        chips.devices("v5e:4x4")

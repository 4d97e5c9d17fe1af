import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.tokens import TokenSpec, music_vocabulary


def scores(config, params, codes, *, level=0, is_conditioned=True):
    return config.build().apply(
        {"params": params},
        codes,
        level,
        is_conditioned=jnp.full((2,), is_conditioned),
        method="level",
    )


def changed(codes, kind, place, code):
    array = codes[kind].copy()
    array[place] = (array[place] + code) % 16
    return codes | {kind: array}


def test_every_kind_of_token_is_heard_at_every_frame(config, params, codes):
    """Attention is not masked: the first frame hears the last one."""
    before = scores(config, params, codes)
    assert before.shape == (2, 20, 16) and before.dtype == jnp.float32
    for kind, place in [
        ("semantic", (0, 9, 0)),
        ("acoustic", (0, 19, 3)),
        ("acoustic", (0, 0, 0)),
    ]:
        after = scores(config, params, changed(codes, kind, place, 5))
        differs = np.abs(after - before).max(axis=-1) > 1e-6
        assert differs[0].all(), kind
        assert not differs[1].any(), "rows are independent"


def test_without_conditioning_mulan_tokens_are_not_heard(config, params, codes):
    other = codes | {"mulan": (codes["mulan"] + 1) % 8}
    assert (
        np.abs(scores(config, params, codes) - scores(config, params, other)).max()
        > 1e-4
    )
    np.testing.assert_array_equal(
        scores(config, params, codes, is_conditioned=False),
        scores(config, params, other, is_conditioned=False),
    )


def test_semantic_tokens_stand_where_they_sound(config, params, codes):
    """Section 3.1: each is repeated for the frames that it lasts."""
    tables = {
        name: value if name != "acoustic" else jnp.zeros_like(value)
        for name, value in params.items()
    }
    same = codes | {"semantic": np.full_like(codes["semantic"], 3)}
    other = changed(same, "semantic", (0, 4, 0), 5)
    # A block that only normalises: nothing goes from frame to frame.
    blocks = silent_but_norms(tables["blocks"])
    before, after = (
        scores(config, {**tables, "blocks": blocks}, given) for given in (same, other)
    )
    differs = np.abs(after - before).max(axis=-1)[0] > 1e-6
    np.testing.assert_array_equal(np.flatnonzero(differs), [8, 9])


def test_taps_hear_the_semantic_tokens_around(config, params, codes, rng):
    tapped = dataclasses.replace(config, semantic_taps=3)
    params = params | {"taps": rng.normal(size=(3, 32, 32)).astype(np.float32)}
    blocks = silent_but_norms(params["blocks"])
    same = codes | {"semantic": np.full_like(codes["semantic"], 3)}
    other = changed(same, "semantic", (0, 4, 0), 5)
    before, after = (
        scores(tapped, {**params, "blocks": blocks}, given) for given in (same, other)
    )
    differs = np.abs(after - before).max(axis=-1)[0] > 1e-6
    np.testing.assert_array_equal(np.flatnonzero(differs), np.arange(6, 12))
    # The middle one alone, as it is, is the network without any.
    one = {"taps": np.eye(32, dtype=np.float32)[None]}
    single = dataclasses.replace(config, semantic_taps=1)
    np.testing.assert_allclose(
        scores(single, params | one, codes), scores(config, params, codes), atol=1e-4
    )


def test_no_taps(config):
    with pytest.raises(ValueError, match="semantic_taps is 0"):
        dataclasses.replace(config, semantic_taps=0)


def silent_but_norms(blocks):
    silent = {}
    for name, block in blocks.items():
        silent[name] = {
            part: value if part == "norm" else {k: _zeros(v) for k, v in value.items()}
            for part, value in block.items()
        }
    return silent


def _zeros(tree):
    if isinstance(tree, dict):
        return {name: _zeros(value) for name, value in tree.items()}
    return jnp.zeros_like(tree)


def test_levels_have_heads_of_their_own(config, params, codes):
    first, last = (
        scores(config, params, codes, level=0),
        scores(config, params, codes, level=3),
    )
    swapped = params | {"heads": params["heads"][::-1]}
    np.testing.assert_array_equal(scores(config, swapped, codes, level=3), first)
    np.testing.assert_array_equal(scores(config, swapped, codes, level=0), last)


def test_all_levels_at_once_are_each_alone(config, params, codes):
    every = config.build().apply(
        {"params": params}, codes, is_conditioned=jnp.ones((2,), bool)
    )
    assert every.shape == (2, 20, 4, 16)
    for level in range(4):
        alone = scores(config, params, codes, level=level)
        np.testing.assert_allclose(every[:, :, level], alone, rtol=1e-4, atol=1e-5)


def test_rates_that_do_not_fit(config):
    vocabulary = music_vocabulary(acoustic=TokenSpec("acoustic", 16, 4, 40.0))
    with pytest.raises(ValueError, match=r"at 40 Hz are no whole number .* at 25 Hz"):
        dataclasses.replace(config, vocabulary=vocabulary)

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.linen import meta

from musiclm_jax.lm.config import unroll
from musiclm_jax.lm.transformer import empty_cache, grow_cache


def inputs(config, codes):
    stage = config.stage
    layout = config.layout(stage.crop_seconds)
    prefix = stage.prefix_tokens(config.vocabulary, codes)
    target = stage.target_tokens(config.vocabulary, stage.target.select(codes))
    return jnp.concatenate([prefix, target], axis=1), layout


@pytest.mark.parametrize("scan_layers", [False, True])
def test_cached_in_pieces_equals_whole(stage_config, trained, codes, scan_layers):
    config = stage_config("coarse")
    network = dataclasses.replace(config.network, scan_layers=scan_layers)
    config = dataclasses.replace(config, network=network)
    params = {"params": trained(config)}
    tokens, layout = inputs(config, codes)
    run = jax.jit(config.build().apply)
    whole, _ = run(params, tokens, layout.positions, layout.streams)

    config, layers = unroll(config, params["params"])
    params, run = {"params": layers}, jax.jit(config.build().apply)
    pieces, length = [], 15
    cache = empty_cache(config.network, batch_size=2, length=length)
    for start, stop in ((0, 15), (15, 16), (16, tokens.shape[1])):
        cache = grow_cache(cache, stop)
        piece, cache = run(
            params,
            tokens[:, start:stop],
            layout.positions[:stop],
            layout.streams[:stop],
            cache=cache,
            start=start,
        )
        pieces.append(piece)
    np.testing.assert_allclose(jnp.concatenate(pieces, axis=1), whole, atol=1e-4)


def test_scanned_layers_refuse_a_cache(stage_config, trained, codes):
    config = stage_config("coarse")
    network = dataclasses.replace(config.network, scan_layers=True)
    config = dataclasses.replace(config, network=network)
    tokens, layout = inputs(config, codes)
    cache = empty_cache(network, batch_size=2, length=tokens.shape[1])
    params = {"params": trained(config)}
    with pytest.raises(ValueError, match="keep no cache: unroll the network"):
        config.build().apply(
            params, tokens, layout.positions, layout.streams, cache=cache
        )


def test_future_changes_leave_the_past(stage_config, trained, codes):
    config = stage_config("semantic")
    params = {"params": trained(config)}
    tokens, layout = inputs(config, codes)
    changed = tokens.at[:, 8:].set(config.vocabulary.null_id)
    run = jax.jit(
        lambda t: config.build().apply(params, t, layout.positions, layout.streams)[0]
    )
    before, after = run(tokens), run(changed)
    np.testing.assert_array_equal(before[:, :8], after[:, :8])
    assert jnp.abs(before[:, 8:] - after[:, 8:]).max() > 1e-2


def test_level_logits_equal_the_full_softmax_cut_to_the_level(
    stage_config, trained, codes
):
    """All ids scored at once, then cut, against each level on its own."""
    config = stage_config("fine")
    params = trained(config)
    network = config.build().bind({"params": params})
    tokens, layout = inputs(config, codes)
    hidden, _ = network(tokens, layout.positions, layout.streams)
    hidden = hidden[:, layout.prefix_length :].reshape(2, 20, 2, -1)
    got = network.logits(hidden, config.first_target_id, 16)
    everything = np.asarray(hidden) @ np.asarray(params["table"]).T / np.sqrt(16)
    for level in range(2):
        first = config.vocabulary.offset("acoustic", 2 + level)
        np.testing.assert_allclose(
            got[:, :, level],
            everything[:, :, level, first : first + 16],
            rtol=1e-4,
            atol=1e-5,
        )


def test_scanned_and_plain_layers_have_the_same_parameters(stage_config, trained):
    config = stage_config("semantic")
    scanned = dataclasses.replace(config.network, scan_layers=True)
    sizes = [
        sum(leaf.size for leaf in jax.tree.leaves(trained(c)))
        for c in (config, dataclasses.replace(config, network=scanned))
    ]
    assert sizes[0] == sizes[1]


def test_bfloat16_stays_near_float32(stage_config, trained, codes):
    config = stage_config("semantic")
    params = {"params": trained(config)}
    half = dataclasses.replace(
        config, network=dataclasses.replace(config.network, dtype="bfloat16")
    )
    tokens, layout = inputs(config, codes)
    full, low = (
        c.build().apply(params, tokens, layout.positions, layout.streams)[0]
        for c in (config, half)
    )
    assert low.dtype == jnp.float32
    assert 0 < jnp.abs(full - low).mean() < 0.05


def test_every_parameter_names_its_axes(stage_config, key):
    config = stage_config("coarse")
    layout = config.layout(config.stage.crop_seconds)
    tokens = jnp.zeros((1, len(layout.positions)), jnp.int32)
    boxed = jax.eval_shape(
        lambda: config.build().init(key, tokens, layout.positions, layout.streams)
    )
    leaves = jax.tree.leaves(boxed, is_leaf=lambda x: isinstance(x, meta.AxisMetadata))
    for leaf in leaves:
        assert isinstance(leaf, meta.AxisMetadata)
        assert len(leaf.names) == leaf.value.ndim

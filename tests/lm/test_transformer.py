import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.linen import meta

from musiclm_jax.lm.caches import empty_cache, grow_cache
from musiclm_jax.lm.config import unroll_params


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
    whole, _ = jax.jit(lambda params: config.build().apply(params, tokens, layout))(
        params
    )

    layers = unroll_params(config, params["params"])
    run = jax.jit(
        lambda tokens, cache, start: config.unrolled.build().apply(
            {"params": layers}, tokens, layout, cache=cache, start=start
        )
    )
    pieces, length = [], 15
    cache = empty_cache(config.network, batch_size=2, length=length)
    for start, stop in ((0, 15), (15, 16), (16, tokens.shape[1])):
        cache = grow_cache(cache, stop)
        piece, cache = run(tokens[:, start:stop], cache, start)
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
        config.build().apply(params, tokens, layout, cache=cache)


def test_the_first_token_is_guessed_from_its_own_time(stage_config, trained, codes):
    """One layer that looks at the nearest prefix token alone, wherever the prefix ends.

    What changes the guess of the first target token is the prefix token of that moment
    and the query itself, the prefix's last one.
    """
    config = stage_config("fine")
    network = dataclasses.replace(config.network, num_layers=1)
    config = dataclasses.replace(config, network=network)
    params = trained(config)
    # Nearest first, on both sides; the target's own stream not at all.
    half = network.num_buckets // 2
    nearest = -100.0 * jnp.concatenate([jnp.arange(half)] * 2)
    table = jnp.stack([nearest, jnp.full(2 * half, -1e4)])
    params["relative_bias"]["table"] = jnp.stack([table] * network.num_heads)
    tokens, layout = inputs(config, codes)
    query = layout.prefix_length - 1
    run = jax.jit(lambda t: config.build().apply({"params": params}, t, layout)[0])
    before = run(tokens)[:, query]
    moved = [
        jnp.abs(run(tokens.at[:, place].add(1))[:, query] - before).max() > 1e-3
        for place in range(query)
    ]
    assert moved == [True] + [False] * (query - 1)


def test_future_changes_leave_the_past(stage_config, trained, codes):
    config = stage_config("semantic")
    params = {"params": trained(config)}
    tokens, layout = inputs(config, codes)
    changed = tokens.at[:, 8:].set(config.vocabulary.null_id)
    run = jax.jit(lambda t: config.build().apply(params, t, layout)[0])
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
    hidden, _ = network(tokens, layout)
    hidden = hidden[:, layout.prefix_length :].reshape(2, 20, 2, -1)
    got = network.logits(hidden, config.codebooks(network))
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
    full, low = (c.build().apply(params, tokens, layout)[0] for c in (config, half))
    assert low.dtype == jnp.float32
    assert 0 < jnp.abs(full - low).mean() < 0.05


def test_every_parameter_names_its_axes(stage_config, key):
    config = stage_config("coarse")
    layout = config.layout(config.stage.crop_seconds)
    tokens = jnp.zeros((1, len(layout.positions)), jnp.int32)
    boxed = jax.eval_shape(lambda: config.build().init(key, tokens, layout))
    leaves = jax.tree.leaves(boxed, is_leaf=lambda x: isinstance(x, meta.AxisMetadata))
    for leaf in leaves:
        assert isinstance(leaf, meta.AxisMetadata)
        assert len(leaf.names) == leaf.value.ndim

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.linen import meta

from musiclm_jax import stages
from musiclm_jax.layers.heads_start import heads_start
from musiclm_jax.layers.relative_bias import (
    Bias,
    RelativeBias,
    by_index,
    by_product,
    relative_position_bucket,
    t5_start,
)
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.tokens import music_vocabulary


def bucket_by_hand(distance, num_buckets, max_distance, *, bidirectional):
    """T5's rule, one distance (key minus query) at a time."""
    bucket = 0
    if bidirectional:
        num_buckets //= 2
        bucket = num_buckets if distance > 0 else 0
        distance = abs(distance)
    else:
        distance = max(-distance, 0)
    near = num_buckets // 2
    if distance < near:
        return bucket + distance
    fraction = np.log(distance / near) / np.log(max_distance / near)
    return bucket + min(num_buckets - 1, near + int(fraction * (num_buckets - near)))


@pytest.mark.parametrize(("num_buckets", "reach"), [(32, 100), (32, 2000), (16, 333)])
def test_buckets_follow_t5(num_buckets, reach):
    distances = np.arange(-2 * reach, 2 * reach)
    for is_target in (False, True):
        got = relative_position_bucket(
            jnp.asarray(distances),
            jnp.asarray(is_target),
            num_buckets=num_buckets,
            reach=reach,
        )
        # T5 counts from the query, which stands one before the token it guesses.
        expected = [
            bucket_by_hand(
                d + int(is_target), num_buckets, reach, bidirectional=not is_target
            )
            for d in distances
        ]
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("stage", "ticks"),
    [(stages.SEMANTIC, 750), (stages.COARSE, 2000), (stages.FINE, 1200)],
)
def test_no_bucket_holds_most_of_a_paper_crop(stage, ticks):
    """Share of the pairs of a query and a key with a time that have one bucket."""
    config = StageConfig(
        stage=stage,
        vocabulary=music_vocabulary(),
        network=None,
        reach_seconds=stage.crop_seconds,
    )
    assert config.build().reach == ticks
    layout = config.layout(stage.crop_seconds)
    distance = layout.positions[None, :] - layout.query_positions[:, None]
    seen = np.tril(np.ones_like(distance, bool))
    seen &= (layout.positions >= 0)[None, :] & (layout.query_positions >= 0)[:, None]
    buckets = relative_position_bucket(
        distance,
        (layout.streams == layout.streams[-1])[None, :],
        num_buckets=32,
        reach=ticks,
    )
    places = 32 * np.broadcast_to(layout.streams, distance.shape) + np.asarray(buckets)
    assert (np.bincount(places[seen]) / seen.sum()).max() < 0.15


def bias_of(module, key, *places):
    params = meta.unbox(module.init(key, *places))
    return np.asarray(module.apply(params, *places).whole())


def test_bias_depends_on_distance_and_stream_alone(key):
    module = RelativeBias(num_heads=2, num_streams=3, num_buckets=8, reach=16)
    positions = jnp.array([-1, 0, 4, 0, 1, 2, 3, 4])
    streams = jnp.array([0, 1, 1, 2, 2, 2, 2, 2])
    queries = jnp.array([-1, 0, 0, 1, 2, 3, 4, 5])
    bias = bias_of(module, key, queries, positions, streams)
    assert bias.shape == (1, 2, 8, 8)
    bias = bias[0]
    # The same stream, one tick back, from three places.
    assert np.ptp([bias[0, 4, 3], bias[0, 5, 4], bias[0, 7, 6]]) == 0
    # The same distance in the other stream has a bias of its own.
    assert bias[0, 3, 3] != bias[0, 3, 1]
    # Before and after the guessed token are not the same, in the prefix.
    assert bias[0, 4, 1] != bias[0, 4, 2]
    # A token without time is equally far from all.
    assert np.ptp(bias[0, :, 0]) == 0


def test_a_block_is_a_part_of_the_whole(key, rng):
    table = jnp.asarray(rng.normal(size=(2, 3, 12)).astype(np.float32))
    bias = Bias(table, jnp.asarray(rng.integers(12, size=(7, 7))))
    np.testing.assert_array_equal(bias.block(2, 5), bias.whole()[:, :, 2:5, :5])


def test_products_look_up_what_an_index_does(rng):
    """And add up the same gradient, of rows that few or many have and of one unused."""
    table = jnp.asarray(rng.normal(size=(2, 3, 12)).astype(np.float32))
    rows = jnp.asarray(np.minimum(rng.integers(20, size=(9, 7)), 10))
    got, got_back = jax.vjp(lambda table: by_product(table, rows), table)
    want, want_back = jax.vjp(lambda table: by_index(table, rows), table)
    np.testing.assert_array_equal(got, want)
    weights = rng.normal(size=want.shape).astype(np.float32)
    (got,), (want,) = got_back(weights), want_back(weights)
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)
    assert not want[..., 11].any()


def test_no_gradient_keeps_what_products_compare(rng, monkeypatch):
    def elsewhere(*given, cpu, default):
        del cpu
        return default(*given)

    monkeypatch.setattr(jax.lax, "platform_dependent", elsewhere)
    table = jnp.asarray(rng.normal(size=(1, 3, 12)).astype(np.float32))
    rows = jnp.asarray(rng.integers(12, size=(9, 7)))
    _, back = jax.vjp(lambda table: Bias(table, rows).whole(), table)
    kept = [x.size for x in jax.tree.leaves(back) if hasattr(x, "size")]
    assert max(kept) <= rows.size


def test_t5_starts_each_stream_alike_and_small(key):
    table = t5_start(key, (16, 3, 32), None)
    # Uniform, of variance 2 / (heads + buckets).
    np.testing.assert_allclose(table.var(axis=(0, 2)), 2 / 48, rtol=0.2)
    assert jnp.abs(table).max() <= np.sqrt(6 / 48)


def start_weights(key, positions, streams, *, query):
    """What each head pays to each key before it has learnt: [head, key]."""
    module = RelativeBias(
        num_heads=6,
        num_streams=3,
        num_buckets=32,
        reach=128,
        init_table=heads_start,
    )
    queries = jnp.where(positions < 0, positions, positions + 1)
    bias = bias_of(module, key, queries, positions, streams)
    return np.asarray(jax.nn.softmax(bias[0, :, query], axis=-1))


def test_heads_start_with_a_stream_each(key):
    # Three tokens without time, then two timed streams side by side.
    positions = jnp.array([-1] * 3 + list(range(20)) * 2)
    streams = jnp.array([0] * 3 + [1] * 20 + [2] * 20)
    weights = start_weights(key, positions, streams, query=30)
    own = [
        [weights[h, np.asarray(streams) == s].sum() for s in range(3)]
        for h in (0, 1, 2)
    ]
    assert [int(np.argmax(w)) for w in own] == [2, 1, 0]
    assert min(max(w) for w in own) > 0.5


def test_heads_start_near_the_token_to_be_guessed(key):
    positions = jnp.array(list(range(20)) * 3)
    streams = jnp.repeat(jnp.arange(3), 20)
    weights = start_weights(key, positions, streams, query=47).reshape(6, 3, 20)
    for head, stream in ((0, 2), (1, 1), (2, 0)):
        near, far = weights[head, stream], weights[head + 3, stream]
        # The token at tick 7 guesses tick 8, which its own stream has not yet.
        nearest = 7 if stream == 2 else 8
        assert near[nearest] == near[: nearest + 1].max()
        assert far[nearest] == far[: nearest + 1].max()
        assert near[nearest] / near[3] > 2 * far[nearest] / far[3] > 2

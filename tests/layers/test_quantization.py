import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.layers import code_use, quantization

# Compiled: eager JAX would compile every operation by itself.
quantize = jax.jit(quantization.quantize)
dequantize = jax.jit(quantization.dequantize)
kmeans_init = jax.jit(quantization.kmeans_init)
ema_update = jax.jit(
    quantization.ema_update, static_argnames=("decay", "dead_threshold")
)
update_rvq = jax.jit(
    quantization.update_rvq, static_argnames=("decay", "dead_threshold")
)


def brute_force(codebooks, x):
    """Greedy residual search with explicit differences, one vector at a time."""
    codes = np.zeros((*x.shape[:2], len(codebooks)), np.int32)
    for b, t in np.ndindex(x.shape[:2]):
        residual = x[b, t].astype(np.float64)
        for level, codebook in enumerate(codebooks):
            distances = [np.sum((residual - code) ** 2) for code in codebook]
            codes[b, t, level] = np.argmin(distances)
            residual = residual - codebook[codes[b, t, level]]
    return codes


@pytest.fixture
def codebooks(rng):
    scale = 0.5 ** np.arange(3)[:, None, None]
    return (rng.standard_normal((3, 8, 5)) * scale).astype(np.float32)


def test_quantize_equals_brute_force(rng, codebooks):
    x = rng.standard_normal((2, 6, 5)).astype(np.float32)
    codes = quantize(jnp.asarray(codebooks), jnp.asarray(x))
    assert codes.dtype == jnp.int32
    np.testing.assert_array_equal(codes, brute_force(codebooks, x))


def test_dequantize_sums_the_first_levels(rng, codebooks):
    codes = rng.integers(0, 8, (2, 4, 3))
    want = sum(codebooks[level][codes[..., level]] for level in range(3))
    got = dequantize(jnp.asarray(codebooks), jnp.asarray(codes))
    np.testing.assert_allclose(got, want, rtol=1e-5)
    two = dequantize(jnp.asarray(codebooks), jnp.asarray(codes[..., :2]))
    np.testing.assert_allclose(two, want - codebooks[2][codes[..., 2]], atol=1e-5)
    mixed = dequantize(
        jnp.asarray(codebooks), jnp.asarray(codes), num_levels=jnp.array([3, 2])
    )
    np.testing.assert_allclose(mixed[0], want[0], atol=1e-5)
    np.testing.assert_allclose(mixed[1], two[1], atol=1e-5)


def test_more_levels_lower_the_error(rng, codebooks):
    x = jnp.asarray(rng.standard_normal((2, 50, 5)), jnp.float32)
    state = quantization.init_rvq(num_quantizers=4, codebook_size=16, dim=5)
    state = kmeans_init(state, x, jax.random.key(0))
    codes = quantize(state.codebooks, x)
    errors = [
        float(jnp.mean((x - dequantize(state.codebooks, codes[..., :n])) ** 2))
        for n in range(1, 5)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.1 * errors[0]


def test_too_many_levels():
    with pytest.raises(ValueError, match="codes have 3 levels, there are 2 codebooks"):
        quantization.dequantize(jnp.zeros((2, 4, 5)), jnp.zeros((1, 1, 3), jnp.int32))


def test_kmeans_start_finds_planted_centres(rng, key):
    centres = rng.standard_normal((4, 3)) * 10
    planted = rng.integers(0, 4, 200)
    x = centres[planted] + 0.01 * rng.standard_normal((200, 3))
    x = jnp.asarray(x.reshape(2, 100, 3), jnp.float32)
    # Twice the codes, so that every centre is found from any start.
    state = quantization.init_rvq(num_quantizers=1, codebook_size=16, dim=3)
    state = kmeans_init(state, x, key)
    error = x - dequantize(state.codebooks, quantize(state.codebooks, x))
    assert float(jnp.abs(error).max()) < 0.1
    assert float(state.counts.sum()) == 200
    assert bool(state.initialized)


def test_start_only_once(rng, key):
    x = jnp.asarray(rng.standard_normal((1, 20, 3)), jnp.float32)
    state = quantization.init_rvq(num_quantizers=2, codebook_size=4, dim=3)
    state = kmeans_init(state, x, key)
    again = kmeans_init(state, x + 5.0, jax.random.key(1))
    jax.tree.map(np.testing.assert_array_equal, state, again)


def test_follow_is_the_moving_average(rng, codebooks, key):
    """Against the definition, code by code, with no replacement."""
    x = rng.standard_normal((2, 10, 5)).astype(np.float32)
    counts = rng.uniform(1, 3, (3, 8)).astype(np.float32)
    sums = (codebooks * counts[..., None]).astype(np.float32)
    state = quantization.RvqState(
        *map(jnp.asarray, (codebooks, counts, sums)), jnp.array(True)
    )
    codes = brute_force(codebooks, x)
    new = ema_update(
        state, jnp.asarray(x), jnp.asarray(codes), key, decay=0.9, dead_threshold=0.0
    )
    residual = x.copy()
    for level in range(3):
        for code in range(8):
            mine = residual[codes[..., level] == code]
            count = 0.9 * counts[level, code] + 0.1 * len(mine)
            total = 0.9 * sums[level, code] + 0.1 * mine.sum(axis=0)
            np.testing.assert_allclose(new.counts[level, code], count, rtol=1e-5)
            np.testing.assert_allclose(
                new.codebooks[level, code], total / count, rtol=1e-4, atol=1e-5
            )
        residual = residual - codebooks[level][codes[..., level]]


def test_dead_codes_become_frames(rng, key):
    x = rng.standard_normal((1, 64, 3)).astype(np.float32)
    codebook = np.full((1, 4, 3), 100.0, np.float32)
    codebook[0, 0] = 0.0  # the only one ever chosen
    state = quantization.RvqState(
        codebooks=jnp.asarray(codebook),
        counts=jnp.array([[16.0, 0.1, 0.1, 50.0]]),
        sums=jnp.asarray(codebook) * jnp.array([16.0, 0.1, 0.1, 50.0])[None, :, None],
        initialized=jnp.array(True),
    )
    new, codes = update_rvq(state, jnp.asarray(x), key, decay=0.99, dead_threshold=2.0)
    assert int(codes.max()) == 0
    for code in (1, 2):
        distance = np.abs(x[0] - np.asarray(new.codebooks)[0, code]).sum(axis=1)
        assert distance.min() < 1e-6
        assert float(new.counts[0, code]) == 16.0
    np.testing.assert_allclose(new.codebooks[0, 3], 100.0, rtol=1e-5)


def test_revived_codes_share_the_frames_of_one_in_use(rng):
    """Of frames in many dimensions, where a code at a single frame is never chosen."""
    x = rng.standard_normal((1, 256, 200)).astype(np.float32)
    codebook = np.full((1, 16, 200), 100.0, np.float32)
    codebook[0, 0] = 0.0  # the only one ever chosen
    used = {}
    for revival in (1.0, 0.1):
        state = quantization.RvqState(
            codebooks=jnp.asarray(codebook),
            counts=jnp.zeros((1, 16)).at[0, 0].set(256.0),
            sums=jnp.zeros((1, 16, 200)),
            initialized=jnp.array(True),
        )
        follow = functools.partial(
            quantization.ema_update, decay=0.9, dead_threshold=2.0, revival=revival
        )
        codes = jnp.zeros((1, 256, 1), jnp.int32)
        state = jax.jit(follow)(state, jnp.asarray(x), codes, jax.random.key(1))
        codes = quantization.quantize(state.codebooks, jnp.asarray(x[0, :128]))
        used[revival] = len(np.unique(codes))
        # On the way from the code that it shares to a frame.
        new = np.asarray(state.codebooks)[0, 1]
        assert np.abs(new - revival * x[0]).max(axis=1).min() < 1e-5
    assert used[0.1] > 8


@pytest.mark.parametrize("count", [1.9, 2.1])
def test_the_threshold_holds_as_it_is_given(rng, key, count):
    """At SoundStream's own: also above a tenth of even use, which is 12.5 here."""
    x = jnp.asarray(rng.standard_normal((1, 50, 3)), jnp.float32)
    codebook = np.zeros((1, 4, 3), np.float32)
    codebook[0, 1:] = 100.0  # chosen by no frame
    counts = jnp.array([[50.0, count / 0.99, 50.0, 50.0]])
    state = quantization.RvqState(
        codebooks=jnp.asarray(codebook),
        counts=counts,
        sums=jnp.asarray(codebook) * counts[..., None],
        initialized=jnp.array(True),
    )
    new, _ = update_rvq(state, x, key, decay=0.99, dead_threshold=2.0)
    is_replaced = float(new.codebooks[0, 1, 0]) < 50
    assert is_replaced == (count < 2)
    np.testing.assert_allclose(new.codebooks[0, 2:], 100.0, rtol=1e-5)


def test_no_start_from_frames_that_are_not_finite(rng):
    x = rng.standard_normal((1, 20, 3)).astype(np.float32)
    bad = x.copy()
    bad[0, 7, 1] = np.nan
    before = quantization.init_rvq(num_quantizers=2, codebook_size=4, dim=3)
    for function in (
        kmeans_init,
        lambda *args: update_rvq(*args, decay=0.9, dead_threshold=0.1)[0],
    ):
        state = function(before, bad, jax.random.key(1))
        jax.tree.map(np.testing.assert_array_equal, state, before)
        state = function(state, x, jax.random.key(2))
        assert bool(state.initialized)
        assert np.all(np.isfinite(state.codebooks))


def test_frames_that_are_not_finite_move_nothing(rng, key):
    x = rng.standard_normal((1, 20, 3)).astype(np.float32)
    state = quantization.init_rvq(num_quantizers=2, codebook_size=4, dim=3)
    state = kmeans_init(state, x, key)
    x[0, 3] = np.inf
    rng = jax.random.key(1)
    after, _ = update_rvq(state, x, rng, decay=0.9, dead_threshold=2.0)
    jax.tree.map(np.testing.assert_array_equal, after, state)


def test_a_single_vector_is_quantized_too(rng, codebooks):
    x = rng.standard_normal((1, 1, 5)).astype(np.float32)
    np.testing.assert_array_equal(
        quantize(codebooks, x[0, 0]), brute_force(codebooks, x)[0, 0]
    )


def test_follow_learns(rng, key):
    """On a moving source the codebooks stay near the data."""
    state = quantization.init_rvq(num_quantizers=2, codebook_size=8, dim=2)
    for i in range(20):
        x = jnp.asarray(rng.standard_normal((2, 100, 2)) + 0.2 * i, jnp.float32)
        state, _ = update_rvq(
            state, x, jax.random.fold_in(key, i), decay=0.8, dead_threshold=2.0
        )
    error = x - dequantize(state.codebooks, quantize(state.codebooks, x))
    assert float(jnp.mean(error**2)) < 0.1


def test_metrics():
    codes = jnp.array([[[0, 0], [1, 0], [2, 0], [3, 0]]])
    counts = code_use.count(codes, codebook_size=4)
    np.testing.assert_array_equal(counts, [[1, 1, 1, 1], [4, 0, 0, 0]])
    metrics = code_use.metrics(counts)
    np.testing.assert_allclose(metrics["codebook/perplexity_0"], 4.0, rtol=1e-5)
    np.testing.assert_allclose(metrics["codebook/perplexity_min"], 1.0, rtol=1e-5)
    np.testing.assert_allclose(metrics["codebook/perplexity_mean"], 2.5, rtol=1e-5)
    np.testing.assert_allclose(metrics["codebook/used_min"], 0.25)


@pytest.fixture
def split(rng):
    basis = np.linalg.qr(rng.standard_normal((6, 2)))[0].T.astype(np.float32)
    return quantization.Split(basis, num_levels=1)


def test_a_split_keeps_levels_in_their_parts(rng, split):
    """After the start, and after codes have followed, died and come back."""
    x = jnp.asarray(rng.standard_normal((4, 32, 6)), jnp.float32)
    state = quantization.init_rvq(num_quantizers=3, codebook_size=8, dim=6)
    state = quantization.kmeans_init(state, x, jax.random.key(0), split=split)
    for step in range(3):
        codes = quantize(state.codebooks, x)
        state = quantization.ema_update(
            state, x, codes, jax.random.key(step),
            decay=0.5, dead_threshold=10.0, revival=0.3, split=split,
        )  # fmt: skip
    inside = np.asarray(state.codebooks) @ split.basis.T @ split.basis
    np.testing.assert_allclose(state.codebooks[0], inside[0], atol=1e-5)
    np.testing.assert_allclose(inside[1:], 0.0, atol=1e-5)
    assert (np.linalg.norm(state.codebooks, axis=-1).max(axis=1) > 0.1).all()


def test_what_is_inside_a_split_does_not_depend_on_the_rest(rng, split):
    x = rng.standard_normal((4, 32, 6)).astype(np.float32)
    inside = x @ split.basis.T @ split.basis
    state = quantization.init_rvq(num_quantizers=2, codebook_size=8, dim=6)
    starts = [
        quantization.kmeans_init(state, jnp.asarray(x), jax.random.key(0), split=split)
        for x in (x, inside)
    ]
    whole, part = (np.asarray(start.codebooks[0]) for start in starts)
    np.testing.assert_allclose(whole, part, atol=1e-5)
    np.testing.assert_array_equal(
        quantize(whole[None], x)[..., 0], quantize(whole[None], inside)[..., 0]
    )

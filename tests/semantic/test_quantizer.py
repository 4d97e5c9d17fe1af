import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.semantic.quantizer import GumbelQuantizer


@pytest.fixture
def quantizer():
    return GumbelQuantizer(codebook_size=5, codebook_dim=3)


@pytest.fixture
def latents(rng):
    return jnp.asarray(rng.normal(size=(2, 7, 4)), jnp.float32)


def _apply(quantizer, params, latents, rng, *, train, temperature=1.0):
    return quantizer.apply(
        params,
        latents,
        temperature=jnp.asarray(temperature),
        train=train,
        rngs={"gumbel": rng},
    )


def test_vectors_are_rows_of_the_codebook(quantizer, latents, key):
    init_rng, rng, eval_rng = jax.random.split(key, 3)
    params = quantizer.init(init_rng, latents, temperature=jnp.ones(()), train=False)
    codebook = params["params"]["codebook"].unbox()
    drawn = _apply(quantizer, params, latents, rng, train=True)
    gaps = jnp.abs(drawn.vectors[:, :, None] - codebook[None, None]).max(axis=-1)
    np.testing.assert_allclose(gaps.min(axis=-1), 0.0, atol=1e-5)
    np.testing.assert_array_equal(gaps.argmin(axis=-1), drawn.chosen)
    np.testing.assert_array_equal(drawn.codes, drawn.logits.argmax(-1))
    likeliest = _apply(quantizer, params, latents, eval_rng, train=False)
    np.testing.assert_array_equal(likeliest.codes, likeliest.logits.argmax(-1))
    np.testing.assert_array_equal(likeliest.vectors, codebook[likeliest.codes])
    np.testing.assert_array_equal(likeliest.chosen, likeliest.codes)


def test_codes_are_drawn_from_the_softmax(quantizer, key):
    init_rng, rng = jax.random.split(key)
    # Two kinds of steps, by turns: what all steps share would count for nothing.
    latents = jnp.tile(jnp.array([[1.0, 0.2, 0.0, 0.1], [0.0] * 4]), (4000, 1))[None]
    params = quantizer.init(init_rng, latents, temperature=jnp.ones(()), train=False)
    drawn = _apply(quantizer, params, latents, rng, train=True)
    codebook = params["params"]["codebook"].unbox()
    gaps = np.abs(drawn.vectors[0, :, None] - codebook[None]).max(axis=-1)
    shares = np.bincount(gaps.argmin(axis=-1)[::2], minlength=5) / 4000
    np.testing.assert_allclose(shares, jax.nn.softmax(drawn.logits[0, 0]), atol=0.03)


@pytest.mark.parametrize("width", [64, 512, 2560])
def test_the_first_choice_is_as_sure_at_every_width(width, rng, key):
    """As at the sizes of wav2vec 2.0 at its first temperature (its section 4.2)."""
    quantizer = GumbelQuantizer(codebook_size=320, codebook_dim=2)
    latents = jnp.asarray(rng.normal(size=(4, 256, width)), jnp.float32)
    params = quantizer.init(key, latents, temperature=jnp.ones(()), train=False)
    logits = _apply(quantizer, params, latents, key, train=False).logits
    unsure = 1.0 - jax.nn.softmax(logits / 2.0).max(axis=-1)
    assert 0.06 < float(jnp.median(unsure)) < 0.16
    # Spread as 512 products of standard normal numbers are.
    np.testing.assert_allclose(logits.std(), np.sqrt(512.0), rtol=0.1)


def test_what_all_steps_share_counts_for_nothing(quantizer, latents, key):
    params = quantizer.init(key, latents, temperature=jnp.ones(()), train=False)
    codes = [
        _apply(quantizer, params, x, key, train=False).codes
        for x in (latents, 3 * latents + jnp.arange(4.0)[None, None] * 100)
    ]
    np.testing.assert_array_equal(*codes)


def test_gradient_passes_the_choice(quantizer, latents, key):
    init_rng, rng = jax.random.split(key)
    params = quantizer.init(init_rng, latents, temperature=jnp.ones(()), train=False)

    def loss(params, latents):
        vectors = _apply(quantizer, params, latents, rng, train=True).vectors
        return jnp.square(vectors).sum()

    for gradient in jax.tree.leaves(jax.grad(loss, argnums=(0, 1))(params, latents)):
        assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0

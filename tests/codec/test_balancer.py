import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.codec import balancer

WEIGHTS = {"loud": 1.0, "quiet": 3.0}
balance = jax.jit(balancer.balance, static_argnames=("decay",))


def gradients(rng, loud=100.0, quiet=1e-4):
    draw = rng.standard_normal((2, 3, 50)).astype(np.float32)
    return {"loud": loud * draw[0], "quiet": quiet * draw[1]}


def start():
    return balancer.init_balancer(WEIGHTS)


def lengths(tree):
    return {name: np.linalg.norm(leaf) for name, leaf in tree.items()}


def test_first_step_has_the_shares_that_the_weights_say(rng):
    """Whatever the scales of the losses; the lengths are those of the whole batch."""
    _, balanced, shares = balance(start(), gradients(rng), WEIGHTS, decay=0.999)
    np.testing.assert_allclose(shares["loud"], 0.25, rtol=1e-5)
    np.testing.assert_allclose(shares["quiet"], 0.75, rtol=1e-5)
    given = gradients(np.random.default_rng(0))
    given = {name: g / np.linalg.norm(g) for name, g in given.items()}
    want = (0.25 * given["loud"] + 0.75 * given["quiet"]) / np.sqrt(150)
    rng = np.random.default_rng(0)
    _, balanced, _ = balance(start(), gradients(rng), WEIGHTS, decay=0.999)
    np.testing.assert_allclose(balanced, want, rtol=1e-4, atol=1e-7)


def test_balance_is_of_no_scale(rng):
    """A loss, and all weights, may be multiplied by anything."""
    state, other = start(), start()
    heavier = {name: 7 * weight for name, weight in WEIGHTS.items()}
    for size in (1.0, 3.0, 0.2):
        given = gradients(rng, quiet=size)
        scaled = given | {"quiet": 1e4 * given["quiet"]}
        state, one, _ = balance(state, given, WEIGHTS, decay=0.9)
        other, two, _ = balance(other, scaled, heavier, decay=0.9)
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-8)


def test_averages_by_hand(rng):
    """Weights of past steps fall by the decay, and add up to one from the first."""
    state, sizes = start(), (1.0, 2.0, 0.5, 0.5)
    norms = []
    for step, size in enumerate(sizes):
        given = gradients(rng, loud=size)
        norms.append(np.linalg.norm(given["loud"]))
        state, _, shares = balance(state, given, WEIGHTS, decay=0.8)
        weights = 0.8 ** np.arange(step, -1, -1)
        average = np.average(norms, weights=weights)
        np.testing.assert_allclose(
            state.norms["loud"] / state.memory, average, rtol=1e-5
        )
    # In the last step the loud term is short beside its average; the quiet is not.
    loud = 0.25 * norms[-1] / average
    assert 0.125 < loud < 0.15
    np.testing.assert_allclose(shares["loud"], loud / (loud + 0.75), rtol=0.1)


def test_a_term_that_grows_never_takes_more_than_its_weight(rng):
    state = start()
    for step in range(20):
        given = gradients(rng, quiet=1e-4 * 2.0**step)
        state, balanced, shares = balance(state, given, WEIGHTS, decay=0.999)
        assert 0.74 < float(shares["quiet"]) < 0.78
        assert np.linalg.norm(balanced) <= 1.001 / np.sqrt(150)


def test_shares_are_within_twice_what_the_weights_say(rng):
    """However the lengths of the terms jump."""
    state = start()
    for _ in range(50):
        loud, quiet = 10.0 ** rng.uniform(-3, 3, 2)
        given = gradients(rng, loud=loud, quiet=quiet)
        state, _, shares = balance(state, given, WEIGHTS, decay=0.9)
        assert 0.5 * 0.25 < float(shares["loud"]) < 2 * 0.25
        assert 0.5 * 0.75 < float(shares["quiet"]) < 2 * 0.75


def test_a_term_without_a_gradient_leaves_the_others(rng):
    given = gradients(rng, quiet=0.0)
    state, balanced, shares = balance(start(), given, WEIGHTS, decay=0.999)
    loud = given["loud"] / np.linalg.norm(given["loud"])
    np.testing.assert_allclose(balanced, 0.25 * loud / np.sqrt(150), rtol=1e-4)
    assert float(shares["quiet"]) == 0
    nothing = jax.tree.map(jnp.zeros_like, given)
    _, balanced, shares = balance(state, nothing, WEIGHTS, decay=0.999)
    assert not np.any(balanced) and not any(map(float, shares.values()))


def test_gradients_of_terms_that_share_their_work(rng):
    x = jnp.asarray(rng.standard_normal((2, 9)), jnp.float32)

    def pair(x):
        y = jnp.sin(x)
        return {"a": jnp.sum(y), "b": jnp.sum(y**2)}

    def single(x):
        return {"c": jnp.max(x)}

    terms, found = balancer.waveform_gradients([pair, single], x)
    assert terms.keys() == found.keys() == {"a", "b", "c"}
    np.testing.assert_allclose(terms["b"], jnp.sum(jnp.sin(x) ** 2), rtol=1e-6)
    np.testing.assert_allclose(found["a"], jnp.cos(x), rtol=1e-5)
    np.testing.assert_allclose(found["b"], 2 * jnp.sin(x) * jnp.cos(x), rtol=1e-5)
    np.testing.assert_array_equal(found["c"], x == x.max())


@pytest.mark.parametrize("scale", [1.0, -3.0])
def test_a_loss_with_a_given_gradient(rng, scale):
    """Through whatever made the waveform, and through nothing else."""
    wanted = jnp.asarray(rng.standard_normal((2, 5)), jnp.float32)

    def loss(x):
        return balancer.with_gradient(jnp.tanh(scale * x), wanted * jnp.sum(x))

    x = jnp.asarray(rng.standard_normal((2, 5)), jnp.float32)
    through = scale * (1 - jnp.tanh(scale * x) ** 2) * wanted * jnp.sum(x)
    np.testing.assert_allclose(jax.grad(loss)(x), through, rtol=1e-4, atol=1e-6)

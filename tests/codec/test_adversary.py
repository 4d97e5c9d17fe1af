import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from musiclm_jax.codec import adversary, discriminators


@pytest.fixture
def features(rng):
    """Two discriminators of two and three layers, for real and fake audio."""

    def draw():
        shapes = [[(2, 8, 3), (2, 4, 1)], [(2, 6, 4), (2, 3, 2), (2, 3, 1)]]
        return [
            [rng.standard_normal(s).astype(np.float32) * 2 for s in net]
            for net in shapes
        ]

    return draw(), draw()


def test_hinges_by_hand(features):
    real, fake = features
    want_d, want_g = [], []
    for r, f in zip(real, fake, strict=True):
        want_d.append(
            np.mean([max(0, 1 - v) for v in r[-1].ravel()])
            + np.mean([max(0, 1 + v) for v in f[-1].ravel()])
        )
        want_g.append(np.mean([max(0, 1 - v) for v in f[-1].ravel()]))
    np.testing.assert_allclose(
        adversary.discriminator_hinge(real, fake), np.mean(want_d), rtol=1e-5
    )
    np.testing.assert_allclose(
        adversary.generator_hinge(fake), np.mean(want_g), rtol=1e-5
    )


def test_feature_matching_by_hand(features):
    real, fake = features
    layers = [(0, 0), (1, 0), (1, 1)]  # not the logits
    want = np.mean([np.abs(real[k][i] - fake[k][i]).mean() for k, i in layers])
    np.testing.assert_allclose(adversary.feature_matching(real, fake), want, rtol=1e-5)
    gradient = jax.grad(adversary.feature_matching)(real, fake)
    assert all(float(jnp.abs(g).max()) == 0 for g in jax.tree.leaves(gradient))


@pytest.fixture(scope="module")
def judges():
    """Small discriminators, their first state, and two sounds."""
    config = discriminators.DiscriminatorConfig(
        wave_factors=(1,),
        wave_channels=4,
        max_wave_channels=8,
        wave_strides=(4,),
        wave_kernel_size=5,
        stft_channels=2,
        stft_multipliers=(1,),
        frame_length=32,
        stft_hop_length=16,
    )
    judges = adversary.Adversary(
        config=config,
        optimizer=optax.adam(3e-3),
        adversarial_weight=2.0,
        feature_weight=5.0,
    )
    noise = np.random.default_rng(0).standard_normal((2, 4, 256)).astype(np.float32)
    real, fake = jnp.asarray(np.cumsum(noise[0], axis=-1) * 0.1), jnp.asarray(noise[1])
    return judges, jax.jit(judges.init)(jax.random.key(0), real), real, fake


def test_discriminators_learn_to_tell(judges):
    """And leave their average out, which nobody would read."""
    judges, state, real, fake = judges
    assert state.ema_params is None
    step = jax.jit(judges.step)
    losses = []
    for _ in range(60):
        state, loss = step(state, real, fake)
        losses.append(float(loss))
    assert 1.5 < losses[0] < 2.5  # chance is two
    assert losses[-1] < 0.3
    terms = judges.terms(state.params, real, fake)
    assert float(terms["adversarial"]) > 1.5


def test_terms_are_those_of_the_two_sounds_apart(judges):
    judges, state, real, fake = judges
    terms = jax.jit(judges.terms)(state.params, real, fake)
    apply = jax.jit(discriminators.Discriminators(judges.config).apply)
    features = [apply({"params": state.params}, sound) for sound in (real, fake)]
    np.testing.assert_allclose(
        terms["adversarial"], adversary.generator_hinge(features[1]), rtol=1e-5
    )
    np.testing.assert_allclose(
        terms["feature"], adversary.feature_matching(*features), rtol=1e-5
    )
    assert judges.weights == {"adversarial": 2.0, "feature": 5.0}

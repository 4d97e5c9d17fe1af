"""What is told beside each token: the condition around its time, cached or not."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.lm import nearby
from musiclm_jax.lm.sampling import sample
from musiclm_jax.lm.sampling_config import SamplingConfig
from musiclm_jax.lm.teacher_forcing import target_logits


@pytest.fixture
def config(stage_config):
    told = nearby.Nearby(name="semantic", num_steps=3)
    return dataclasses.replace(stage_config("coarse"), nearby=told)


def test_sums_are_those_of_the_time_that_is_guessed(config, rng):
    """One frame after another: four guesses to a semantic step, which last as long."""
    layout = config.layout(0.4)
    x = rng.normal(size=(2, layout.prefix_length, 5)).astype(np.float32)
    kernel = rng.normal(size=(3, 5, 5)).astype(np.float32)
    stream = config.nearby.stream(config.stage)
    got = np.asarray(nearby.sums(jnp.asarray(x), jnp.asarray(kernel), layout, stream))
    assert got.shape == (2, len(layout.positions), 5)
    first = layout.prefix_length - 1
    np.testing.assert_array_equal(got[:, :first], 0.0)
    semantic = x[:, 3:13]  # behind three MuLan tokens
    for guess in range(40):
        step = guess // 4
        want = sum(
            semantic[:, step + shift] @ kernel[1 + shift]
            for shift in (-1, 0, 1)
            if 0 <= step + shift < 10
        )
        np.testing.assert_allclose(got[:, first + guess], want, atol=1e-4)


@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_greedy_sampling_is_what_the_whole_would_guess(
    config, trained, codes, guidance
):
    params = trained(config)
    got = sample(
        config,
        params,
        codes,
        jnp.zeros((2, 0, 2), jnp.int32),
        num_frames=20,
        rngs=jax.random.split(jax.random.key(0), 2),
        sampling=SamplingConfig(temperature=0.0, guidance=guidance),
    )
    network = config.build().bind({"params": params})
    prefix = config.stage.prefix_tokens(config.vocabulary, codes)
    every = jnp.ones((2,), bool)
    without = config.stage.drop_conditioning(
        config.vocabulary, prefix, {"mulan": every}
    )
    scores, free = (
        jax.jit(lambda ids: target_logits(config, network, ids, got))(ids)
        for ids in (prefix, without)
    )
    guided = free + guidance * (scores - free)
    np.testing.assert_array_equal(guided.argmax(axis=-1), got)


def test_what_is_told_matters_and_nothing_told_is_the_papers(
    config, stage_config, trained, codes
):
    params = trained(config)
    prefix = config.stage.prefix_tokens(config.vocabulary, codes)
    target = config.stage.target.select(codes)

    def scores(config, params):
        network = config.build().bind({"params": params})
        return np.asarray(target_logits(config, network, prefix, target))

    plain = {name: value for name, value in params.items() if name != "nearby"}
    told = scores(config, params)
    silent = scores(config, params | {"nearby": 0.0 * params["nearby"]})
    np.testing.assert_allclose(silent, scores(stage_config("coarse"), plain), atol=1e-5)
    assert np.abs(told - silent).max() > 0.1


def test_a_condition_that_is_not_read(stage_config):
    with pytest.raises(
        ValueError, match="nearby names 'melody', and the semantic stage reads mulan"
    ):
        dataclasses.replace(
            stage_config("semantic"), nearby=nearby.Nearby(name="melody", num_steps=3)
        )


def test_no_steps():
    with pytest.raises(ValueError, match="num_steps of nearby"):
        nearby.Nearby(name="semantic", num_steps=0)

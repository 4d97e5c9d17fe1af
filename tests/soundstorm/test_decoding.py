import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.soundstorm import decoding
from musiclm_jax.soundstorm.decoding import fill
from musiclm_jax.soundstorm.sampling_config import MaskSamplingConfig

CODEBOOKS = np.random.default_rng(1).normal(size=(4, 16, 5)).astype(np.float32)


def write(config, params, codes, known, key, *, first_level=0, **settings):
    return np.asarray(
        fill(
            config,
            params,
            codes,
            known,
            codebooks=CODEBOOKS,
            first_level=first_level,
            rngs=jax.random.split(jax.random.clone(key), len(known)),
            sampling=MaskSamplingConfig(**settings),
        )
    )


def test_what_is_known_stays_and_the_rest_is_written(config, params, codes, key):
    known = np.zeros((2, 20, 4), bool)
    known[:, :5] = known[0, 12:14] = True
    known[1, 7, :2] = True
    written = write(config, params, codes, known, key)
    np.testing.assert_array_equal(written[known], codes["acoustic"][known])
    assert (written >= 0).all() and (written < 16).all()
    # What stands where nothing is known makes no difference.
    other = np.where(known, codes["acoustic"], 7)
    np.testing.assert_array_equal(
        write(config, params, codes | {"acoustic": other}, known, key), written
    )


def test_a_row_does_not_depend_on_its_neighbours(config, params, codes, key):
    known = np.zeros((2, 20, 4), bool)
    both = write(config, params, codes, known, key, guidance=2.0)
    alone = fill(
        config,
        params,
        {name: rows[1:] for name, rows in codes.items()},
        known[1:],
        codebooks=CODEBOOKS,
        first_level=0,
        rngs=jax.random.split(jax.random.clone(key), 2)[1:],
        sampling=MaskSamplingConfig(guidance=2.0),
    )
    np.testing.assert_array_equal(alone, both[1:])


def test_the_hidden_share_falls_as_a_cosine(config, params, codes, key, monkeypatch):
    shares, iterate = [], decoding._iterate

    def watched(config, params, condition, acoustic, level, *rest, **settings):
        after = iterate(config, params, condition, acoustic, level, *rest, **settings)
        shares.append((int(level), float(np.mean(after[:, :, int(level)] == 16))))
        return after

    monkeypatch.setattr(decoding, "_iterate", watched)
    write(config, params, codes, np.zeros((2, 20, 4), bool), key, iterations=8)
    first = [share for level, share in shares if level == 0]
    expected = [
        math.floor(20 * math.cos(math.pi / 2 * i / 8) + 1e-6) / 20 for i in range(1, 9)
    ]
    np.testing.assert_allclose(first, expected)
    assert [level for level, _ in shares[8:]] == [1, 2, 3]
    assert all(share == 0 for _, share in shares[7:])


def test_the_surest_are_kept_first(config, params, codes, key):
    """Without chance in the choice, one iteration of two keeps the higher half."""
    rngs = jax.random.split(key, 2)
    hidden = jnp.full((2, 20, 4), 16)
    condition = {name: codes[name] for name in ("mulan", "semantic")}
    after = decoding._iterate(
        config,
        params,
        condition,
        hidden,
        jnp.int32(0),
        None,
        jnp.array([10, 10]),
        rngs,
        jnp.float32(0.0),
        jnp.float32(0.0),
        jnp.float32(1.0),
        is_guided=False,
    )
    scores = config.build().apply(
        {"params": params},
        condition | {"acoustic": hidden},
        0,
        is_conditioned=jnp.ones((2,), bool),
        method="level",
    )
    best = np.asarray(jax.nn.log_softmax(scores).max(axis=-1))
    kept = np.asarray(after[:, :, 0]) != 16
    assert (kept.sum(axis=1) == 10).all()
    for row in range(2):
        assert best[row][kept[row]].min() > best[row][~kept[row]].max()


def test_codes_of_least_expected_error(config, params, codes, key):
    """The mean of two levels, code by code; the others are drawn."""
    known = np.zeros((2, 20, 4), bool)
    settings = {"iterations": 1, "temperature": 0.0, "mean_levels": 2}
    written = write(config, params, codes, known, key, **settings)
    seen = np.full((2, 20, 4), 16)
    for level in range(3):
        scores = config.build().apply(
            {"params": params},
            {**codes, "acoustic": seen},
            is_conditioned=jnp.ones((2,), bool),
        )[:, :, level]
        share = np.asarray(jax.nn.softmax(scores))
        squares = np.square(CODEBOOKS[level][:, None] - CODEBOOKS[level][None]).sum(-1)
        best = (share @ squares).argmin(-1) if level < 2 else share.argmax(-1)
        assert (best != share.argmax(-1)).any() or level == 2
        np.testing.assert_array_equal(written[:, :, level], best)
        seen = np.where(np.arange(4) == level, written, seen)


def test_coarse_levels_of_another_network_stay(config, params, codes, key):
    known = np.broadcast_to(np.arange(4) < 2, (2, 20, 4))
    written = write(config, params, codes, known, key, first_level=2)
    np.testing.assert_array_equal(written[:, :, :2], codes["acoustic"][:, :, :2])


def test_greedy_does_not_depend_on_keys_and_guidance_of_one_is_none(
    config, params, codes
):
    known = np.zeros((2, 20, 4), bool)
    greedy = {"temperature": 0.0, "choice_temperature": 0.0}
    first, second = (
        write(config, params, codes, known, jax.random.key(n), **greedy) for n in (0, 1)
    )
    np.testing.assert_array_equal(first, second)
    drawn = [write(config, params, codes, known, jax.random.key(n)) for n in (0, 1)]
    assert (drawn[0] != drawn[1]).any()
    strong = write(
        config, params, codes, known, jax.random.key(0), guidance=8.0, **greedy
    )
    assert (strong != first).any()


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("iterations", 0, "iterations is 0; it must be a whole number from 1 to 256"),
        ("temperature", -1.0, "temperature is -1.0; it must be a number from 0 on"),
        ("guidance", math.nan, "guidance is nan; it must be a number from 0 to 20"),
    ],
)
def test_settings_that_cannot_be(setting, value, said):
    with pytest.raises(ValueError, match=said):
        MaskSamplingConfig(**{setting: value})

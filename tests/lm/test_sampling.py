import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.layers.drawing import truncate
from musiclm_jax.lm import sampling as sampling_lib
from musiclm_jax.lm import weights
from musiclm_jax.lm.config import unroll_params
from musiclm_jax.lm.sampling import SamplingConfig, sample


def run(
    config,
    params,
    codes,
    *,
    prompt_frames=0,
    num_frames=None,
    seed=0,
    kept=None,
    first_frame=0,
    **settings,
):
    target = config.stage.target.select(codes)
    frames = config.layout(config.stage.crop_seconds).num_frames
    return sample(
        config.unrolled,
        unroll_params(config, params),
        codes,
        jnp.asarray(target[:, :prompt_frames]),
        num_frames=num_frames or frames,
        rngs=jax.random.split(jax.random.key(seed), target.shape[0]),
        sampling=SamplingConfig(**settings),
        kept=kept,
        first_frame=first_frame,
    )


def greedy_by_hand(config, params, codes, kept=None):
    """Runs the whole sequence again for each token, without any cache.

    Args:
        kept: [batch, step], codes that stand in the place of the best, if not negative.
    """
    stage, size = config.stage, config.target.codebook_size
    layout = config.layout(stage.crop_seconds)
    prefix = np.asarray(stage.prefix_tokens(config.vocabulary, codes))
    # What is behind a token cannot change it, so one length serves all steps.
    tokens = np.zeros((prefix.shape[0], len(layout.positions)), np.int32)
    tokens[:, : prefix.shape[1]] = prefix
    table = np.asarray(params["table"])
    run = jax.jit(lambda t: config.build().apply({"params": params}, t, layout)[0])
    for step in range(layout.num_frames * stage.target.num_levels):
        place = prefix.shape[1] + step
        first = config.first_target_id + step % stage.target.num_levels * size
        scores = np.asarray(run(tokens)[:, place - 1]) @ table[first : first + size].T
        best = scores.argmax(axis=-1)
        there = np.full(len(best), -1) if kept is None else kept[:, step]
        tokens[:, place] = first + np.where(there < 0, best, there)
    return config.vocabulary.codes(
        stage.target.name,
        tokens[:, prefix.shape[1] :],
        first_level=stage.target.first_level,
        num_levels=stage.target.num_levels,
    )


@pytest.mark.parametrize(
    ("name", "segment", "scan_layers"),
    [("semantic", 4, True), ("semantic", 1000, False), ("fine", 1000, False)],
)
def test_greedy_sampling_equals_uncached(
    stage_config, trained, codes, monkeypatch, name, segment, scan_layers
):
    monkeypatch.setattr(sampling_lib, "SEGMENT_LENGTH", segment)
    jax.clear_caches()
    config = stage_config(name)
    network = dataclasses.replace(config.network, scan_layers=scan_layers)
    config = dataclasses.replace(config, network=network)
    params = trained(config)
    got = run(config, params, codes, temperature=0.0)
    np.testing.assert_array_equal(got, greedy_by_hand(config, params, codes))


def test_what_stands_is_written_around(stage_config, trained, codes, rng):
    """What comes behind a code that is kept follows from it, as from one drawn."""
    config = stage_config("coarse")
    params, size = trained(config), config.target.codebook_size
    free = np.asarray(run(config, params, codes, temperature=0.0))
    kept = rng.integers(size, size=free.shape, dtype=np.int32)
    kept[:, 1::2] = kept[:, 0] = -1
    got = np.asarray(run(config, params, codes, temperature=0.0, kept=kept))
    flat = kept.reshape(len(kept), -1)
    by_hand = greedy_by_hand(config, params, codes, flat)
    np.testing.assert_array_equal(got, by_hand)
    np.testing.assert_array_equal(got[kept >= 0], kept[kept >= 0])
    np.testing.assert_array_equal(got[:, :2], free[:, :2])
    assert (got[:, 3::2] != free[:, 3::2]).any()


def test_prompt_is_kept_and_continued_as_by_itself(stage_config, trained, codes):
    """Greedy: the end made from the beginning equals the whole made at once."""
    config = stage_config("coarse")
    params = trained(config)
    whole = run(config, params, codes, temperature=0.0)
    prompted = {**codes, "acoustic": np.asarray(whole).repeat(2, axis=-1)}
    prompted["acoustic"][:, :, :2] = whole
    again = run(config, params, prompted, prompt_frames=8, temperature=0.0)
    np.testing.assert_array_equal(again, whole)


def test_rows_do_not_depend_on_their_neighbours(stage_config, trained, codes):
    config = stage_config("semantic")
    params = trained(config)
    both = run(config, params, codes)
    other = {name: np.stack([c[0], c[0][::-1]]) for name, c in codes.items()}
    np.testing.assert_array_equal(run(config, params, other)[0], both[0])


def test_seed_decides(stage_config, trained, codes):
    config = stage_config("semantic")
    params = trained(config)
    first, again, other = (run(config, params, codes, seed=s) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (np.asarray(first) != np.asarray(other)).any()


@pytest.mark.parametrize("first_frame", [0, 1, 4])
def test_temperatures_go_round_from_the_beginning_of_the_piece(
    stage_config, trained, codes, first_frame
):
    """Where every second frame is greedy, what is drawn between is all that differs."""
    config = stage_config("coarse")
    params = trained(config)
    got = np.asarray(
        run(config, params, codes, temperature=(0.0, 1.0), first_frame=first_frame)
    )
    is_drawn = (first_frame + np.arange(got.shape[1])) % 2 == 1
    kept = np.where(is_drawn[None, :, None], got, -1)
    greedy = run(config, params, codes, temperature=0.0, kept=kept)
    np.testing.assert_array_equal(got, greedy)
    kept = np.where(is_drawn[None, :, None], -1, got)
    greedy = run(config, params, codes, temperature=0.0, kept=kept)
    assert (got != np.asarray(greedy)).any()


def test_guidance_of_zero_ignores_the_condition(stage_config, trained, codes):
    config = stage_config("semantic")
    params = trained(config)
    moved = {**codes, "mulan": 7 - codes["mulan"]}
    free = [run(config, params, c, guidance=0.0) for c in (codes, moved)]
    np.testing.assert_array_equal(*free)
    bound = [run(config, params, c, guidance=4.0) for c in (codes, moved)]
    assert (np.asarray(bound[0]) != np.asarray(bound[1])).any()


def test_drawn_codes_follow_the_softmax(stage_config, trained, codes):
    """First codes of many rows against the probabilities of an uncached run."""
    config = stage_config("semantic")
    params = trained(config)
    rows = 2000
    many = {name: np.repeat(c[:1], rows, axis=0) for name, c in codes.items()}
    drawn = np.asarray(run(config, params, many, num_frames=1, temperature=2.0))
    layout = config.layout(0.04)
    tokens = config.stage.prefix_tokens(config.vocabulary, codes)
    hidden, _ = config.build().apply({"params": params}, tokens[:1], layout)
    first = config.first_target_id
    table = np.asarray(params["table"])[first : first + 16]
    logits = np.asarray(hidden[0, -1]) @ table.T / np.sqrt(16) / 2.0
    expected = np.exp(logits) / np.exp(logits).sum()
    share = np.bincount(drawn.ravel(), minlength=16) / rows
    # Three standard deviations of a share.
    np.testing.assert_array_less(
        np.abs(share - expected), 3.5 * np.sqrt(expected * (1 - expected) / rows) + 1e-3
    )


def test_top_k_keeps_the_best():
    logits = jnp.array([[0.0, 3.0, 1.0, 2.0]])
    kept = truncate(logits, top_k=2, top_p=None)
    np.testing.assert_array_equal(jnp.isfinite(kept)[0], [False, True, False, True])


def test_top_p_keeps_the_fewest_that_hold_the_mass():
    logits = jnp.log(jnp.array([[0.1, 0.5, 0.15, 0.25]]))
    for top_p, kept in ((0.4, 1), (0.6, 2), (0.8, 3), (1.0, 4)):
        finite = jnp.isfinite(truncate(logits, top_k=None, top_p=top_p))
        assert finite.sum() == kept
        assert finite[0, 1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -1.0}, "temperature is -1.0; it must be a number from 0 on"),
        ({"temperature": float("inf")}, "temperature is inf"),
        ({"temperature": "hot"}, "temperature is 'hot'"),
        ({"temperature": None}, "temperature is None"),
        ({"top_k": 0}, "top_k is 0; it must be a whole number from 1 on"),
        ({"top_k": 2.0}, "top_k is 2.0"),
        ({"top_k": True}, "top_k is True"),
        ({"top_p": 0.0}, "top_p is 0.0; it must be a number above 0 and at most 1"),
        ({"top_p": float("nan")}, "top_p is nan"),
        ({"guidance": float("nan")}, "guidance is nan; .* from 0 to 20"),
        ({"guidance": 10**400}, "guidance is 1000"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        SamplingConfig(**settings)


def test_guidance_may_go_away_from_other_tokens(stage_config, trained, codes):
    """Away from nothing, from what is asked for itself, and from something else."""
    config = stage_config("coarse")
    params = trained(config)
    other = {"against": (codes["mulan"] + 3) % 8}
    itself = {"against": codes["mulan"]}
    drawn = {
        name: np.asarray(
            run(config, params, codes | against, temperature=0.0, guidance=guidance)
        )
        for name, against, guidance in [
            ("nothing", {}, 4.0),
            ("itself", itself, 4.0),
            ("other", other, 4.0),
            ("unguided", {}, 1.0),
        ]
    }
    np.testing.assert_array_equal(drawn["itself"], drawn["unguided"])
    for name in ("nothing", "other"):
        assert (drawn[name] != drawn["unguided"]).any(), name
    assert (drawn["nothing"] != drawn["other"]).any()


def test_nothing_is_asked_for(stage_config, trained, codes):
    """As with the id that stands for what is left out; and nothing is guided."""
    config = stage_config("semantic")
    params = trained(config)
    unasked = {name: rows for name, rows in codes.items() if name != "mulan"}
    drawn = np.asarray(run(config, params, unasked, temperature=0.0))
    guided = run(config, params, unasked, temperature=0.0, guidance=4.0)
    np.testing.assert_array_equal(drawn, guided)
    stage, vocabulary = config.stage, config.vocabulary
    prefix = stage.drop_conditioning(
        vocabulary,
        stage.prefix_tokens(vocabulary, codes),
        {"mulan": np.ones((2,), bool)},
    )
    ids = stage.target_tokens(vocabulary, jnp.asarray(drawn))
    layout = config.layout(stage.crop_seconds)
    network = config.build().bind({"params": params})
    hidden, _ = network(jnp.concatenate([prefix, ids[:, :-1]], axis=1), layout)
    scores = network.logits(
        hidden[:, layout.prefix_length - 1 :, None], config.codebooks(network)
    )
    np.testing.assert_array_equal(scores.argmax(axis=-1), drawn)


@pytest.mark.parametrize("bits", [8, 16])
def test_with_fewer_bits_it_samples_from_rounded_weights(
    stage_config, trained, codes, monkeypatch, bits
):
    config = stage_config("semantic")
    params = trained(config)
    rounded = jax.jit(lambda p: weights.whole(weights.keep(p, bits)))(params)
    expected = run(config, rounded, codes)
    kept, keep = [], weights.keep
    monkeypatch.setattr(
        weights, "keep", lambda p, bits: kept.append(keep(p, bits)) or kept[-1]
    )
    np.testing.assert_array_equal(
        run(config, params, codes, weight_bits=bits), expected
    )
    (table,) = {str(jax.tree.leaves(one["table"])[0].dtype) for one in kept}
    assert table == {8: "int8", 16: "bfloat16"}[bits]

import numpy as np
import pytest

from musiclm_jax import stages
from musiclm_jax.tokens import TokenSpec, music_vocabulary

PAPER = music_vocabulary()


@pytest.mark.parametrize(
    ("stage", "prefix", "length"),
    [
        (stages.SEMANTIC, 12, 762),
        (stages.COARSE, 12 + 250, 2262),
        (stages.coarse_of_mulan(), 12, 2012),
        (stages.FINE, 600, 1800),
    ],
)
def test_paper_crops_have_the_paper_lengths(stage, prefix, length):
    layout = stage.layout(PAPER, stage.crop_seconds)
    assert len(layout.positions) == len(layout.streams) == length
    assert layout.prefix_length == prefix


def test_positions_are_times_on_the_clock_of_the_target():
    """Each token's tick, times the clock's period, is the middle of its time."""
    layout = stages.COARSE.layout(PAPER, 2.0)
    ticks_per_second = 50 * 4
    for index, (stream, position) in enumerate(
        zip(layout.streams, layout.positions, strict=True)
    ):
        if stream == 0:
            assert position == -1
        elif stream == 1:
            middle = (index - 12 + 0.5) / 25
            assert position == round(middle * ticks_per_second)
        else:
            assert position == index - layout.prefix_length


def test_fine_prefix_shares_the_frames_of_its_target():
    layout = stages.FINE.layout(PAPER, 0.1)
    prefix = layout.positions[: layout.prefix_length].reshape(5, 4)
    target = layout.positions[layout.prefix_length :].reshape(5, 8)
    np.testing.assert_array_equal(prefix[:, 0], target[:, 1])
    np.testing.assert_array_equal(prefix[:, 3], target[:, 7])


def test_the_semantic_token_that_sounds_is_the_nearest():
    layout = stages.COARSE.layout(PAPER, 1.0)
    semantic = layout.positions[12 : layout.prefix_length]
    target = layout.positions[layout.prefix_length :]
    # Eight coarse tokens (two frames of four levels) sound with one semantic token.
    distance = np.abs(semantic[None, :] - target[:, None])
    own = distance[np.arange(200), np.arange(200) // 8]
    np.testing.assert_array_equal(own, distance.min(axis=1))
    # Only the first of the eight is as near to the one before.
    nearest = (distance == own[:, None]).sum(axis=1).reshape(25, 8)
    np.testing.assert_array_equal(nearest[1:], [[2, 1, 1, 1, 1, 1, 1, 1]] * 24)


@pytest.mark.parametrize("stage", [stages.SEMANTIC, stages.COARSE, stages.FINE])
def test_a_query_stands_at_the_tick_of_the_token_that_it_guesses(stage):
    layout = stage.layout(PAPER, 1.0)
    guesses = np.arange(layout.prefix_length - 1, len(layout.positions) - 1)
    np.testing.assert_array_equal(
        layout.query_positions[guesses], layout.positions[guesses + 1]
    )
    # The last of the prefix guesses the beginning; the others of it guess nothing.
    assert layout.query_positions[layout.prefix_length - 1] == 0
    before = layout.prefix_length - 1
    np.testing.assert_array_equal(
        layout.query_positions[:before], layout.positions[:before]
    )


def test_prefix_is_mulan_then_semantic(rng):
    codes = {
        "mulan": rng.integers(0, 1024, (2, 1, 12)),
        "semantic": rng.integers(0, 1024, (2, 5, 1)),
        "acoustic": rng.integers(0, 1024, (2, 10, 12)),
    }
    prefix = np.asarray(stages.COARSE.prefix_tokens(PAPER, codes))
    assert prefix.shape == (2, 17)
    np.testing.assert_array_equal(
        prefix[:, :12], codes["mulan"][:, 0] + 1024 * np.arange(12)
    )
    np.testing.assert_array_equal(
        prefix[:, 12:], codes["semantic"][:, :, 0] + 12 * 1024
    )


def test_the_ablation_differs_by_semantic_tokens_alone():
    """MusicLM, section 5."""
    ablated, layout = stages.coarse_of_mulan(), stages.COARSE.layout(PAPER, 10.0)
    assert ablated.target == stages.COARSE.target
    assert ablated.conditions == stages.COARSE.conditions == ("mulan",)
    assert stages.COARSE.reads("semantic") and not ablated.reads("semantic")
    without = ablated.layout(PAPER, 10.0)
    np.testing.assert_array_equal(
        without.positions, layout.positions[layout.streams != 1]
    )


def test_fine_stage_joins_where_coarse_ends(rng):
    acoustic = {"acoustic": rng.integers(0, 1024, (1, 3, 12))}
    coarse = stages.COARSE.target.select(acoustic)
    fine = stages.FINE.target.select(acoustic)
    joined = np.concatenate([coarse, fine], axis=-1)
    np.testing.assert_array_equal(joined, acoustic["acoustic"])
    lowest = int(stages.FINE.target_tokens(PAPER, fine * 0).min())
    assert lowest == PAPER.offset("acoustic", 4)


def test_dropping_conditioning_takes_mulan_and_nothing_else(rng):
    codes = {
        "mulan": rng.integers(0, 1024, (2, 1, 12)),
        "semantic": rng.integers(0, 1024, (2, 5, 1)),
    }
    prefix = stages.COARSE.prefix_tokens(PAPER, codes)
    dropped = np.asarray(
        stages.COARSE.drop_conditioning(
            PAPER, prefix, {"mulan": np.array([False, True])}
        )
    )
    np.testing.assert_array_equal(dropped[0], prefix[0])
    assert (dropped[1, :12] == PAPER.null_id).all()
    np.testing.assert_array_equal(dropped[1, 12:], prefix[1, 12:])


def test_too_few_levels_are_refused():
    codes = {"acoustic": np.zeros((1, 3, 8), int)}
    with pytest.raises(ValueError, match="needs 12 levels of acoustic codes, 8 are"):
        stages.FINE.target.select(codes)


def test_sizes_are_values_of_the_stage():
    vocabulary = music_vocabulary(mulan=TokenSpec("mulan", 64, 3, 0.0))
    stage = stages.semantic(mulan_levels=3, crop_seconds=4.0)
    layout = stage.layout(vocabulary, stage.crop_seconds)
    assert (layout.prefix_length, layout.num_frames) == (3, 100)

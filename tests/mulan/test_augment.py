import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax.mulan.augment import SpecAugmentConfig, spec_augment


def config(**fields):
    none = {
        "num_time_masks": 0,
        "max_time_share": 0.0,
        "num_frequency_masks": 0,
        "max_frequency_share": 0.0,
    }
    return SpecAugmentConfig(**(none | fields))


augment = jax.jit(spec_augment, static_argnums=0)


def blanked(settings, key, shape=(64, 50, 20)):
    return np.asarray(augment(settings, jnp.ones(shape), key)) == 0


def test_without_masks_nothing_changes(key):
    assert not blanked(config(), key).any()


def test_time_masks_are_one_bar_across_all_bands(key):
    mask = blanked(config(num_time_masks=1, max_time_share=0.2), key)
    assert (mask == mask[:, :, :1]).all()
    widths = mask[:, :, 0].sum(axis=1)
    assert widths.max() == 10 and widths.min() == 0  # a fifth of 50 frames, both ends
    for row in mask[:, :, 0]:
        assert np.abs(np.diff(row.astype(int))).sum() <= 2  # in one piece


def test_frequency_masks_are_one_bar_along_all_frames(key):
    mask = blanked(config(num_frequency_masks=1, max_frequency_share=0.25), key)
    assert (mask == mask[:, :1, :]).all()
    assert mask[:, 0, :].sum(axis=1).max() == 5


def test_bars_reach_both_ends(key):
    mask = blanked(config(num_time_masks=1, max_time_share=0.5), key)
    assert mask[:, 0].any() and mask[:, -1].any()


def test_clips_are_masked_apart_and_three_masks_cover_more(key):
    first, second = jax.random.split(key)
    one = blanked(config(num_time_masks=1, max_time_share=0.2), first)
    three = blanked(config(num_time_masks=3, max_time_share=0.2), second)
    assert len(np.unique(one[:, :, 0], axis=0)) > 32
    assert three.mean() > 2 * one.mean()


def test_what_is_kept_is_untouched(key, rng):
    x = rng.normal(size=(4, 50, 20)).astype(np.float32)
    settings = config(
        num_time_masks=2,
        max_time_share=0.3,
        num_frequency_masks=2,
        max_frequency_share=0.3,
    )
    y = np.asarray(augment(settings, x, key))
    np.testing.assert_array_equal(y[y != 0], x[y != 0])
    assert 0.1 < (y == 0).mean() < 0.9


def test_config_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"max_time_share=1\.5"):
        config(max_time_share=1.5)

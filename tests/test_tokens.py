import numpy as np
import pytest

from musiclm_jax.tokens import TokenSpec, Vocabulary, music_vocabulary


@pytest.fixture
def small():
    return Vocabulary(
        specs=(
            TokenSpec("style", 8, 2, 0.0),
            TokenSpec("meaning", 5, 1, 25.0),
            TokenSpec("sound", 7, 3, 50.0),
        )
    )


def test_paper_vocabulary_has_the_size_that_explains_430m_parameters():
    assert music_vocabulary().null_id == 25600
    assert music_vocabulary().size == 25601


def test_the_rows_of_a_table_divide_over_a_mesh():
    assert music_vocabulary().num_rows == 25728 == 201 * 128


def test_ranges_of_all_levels_tile_the_id_space(small):
    starts = [
        (small.offset(spec.name, level), spec.codebook_size)
        for spec in small.specs
        for level in range(spec.num_quantizers)
    ]
    expected = 0
    for start, size in starts:
        assert start == expected
        expected += size
    assert small.null_id == expected == 2 * 8 + 5 + 3 * 7


def test_tokens_are_laid_frame_by_frame_coarse_to_fine(small):
    codes = np.array([[[0, 1, 2], [3, 4, 5]]])
    base = small.offset("sound")
    np.testing.assert_array_equal(
        small.tokens("sound", codes),
        [[base, base + 7 + 1, base + 14 + 2, base + 3, base + 7 + 4, base + 14 + 5]],
    )


@pytest.mark.parametrize(("first", "levels"), [(0, 3), (1, 2), (2, 1)])
def test_codes_invert_tokens(small, rng, first, levels):
    codes = rng.integers(0, 7, (2, 4, levels))
    tokens = small.tokens("sound", codes, first_level=first)
    back = small.codes("sound", tokens, first_level=first, num_levels=levels)
    np.testing.assert_array_equal(back, codes)


def test_frames_follow_from_seconds(small):
    assert small.spec("style").num_frames(30.0) == 1
    assert small.spec("meaning").num_frames(30.0) == 750
    assert small.spec("sound").num_frames(0.1) == 5


def test_unknown_kind_names_the_known_ones(small):
    with pytest.raises(ValueError, match=r"no token kind 'melody'.*style, meaning"):
        small.spec("melody")


def test_level_out_of_range_says_which_there_are(small):
    with pytest.raises(ValueError, match="sound has levels 0 to 2, not 3"):
        small.offset("sound", 3)


def test_doubled_names_are_refused():
    spec = TokenSpec("a", 2, 1, 1.0)
    with pytest.raises(ValueError, match="names of their own"):
        Vocabulary(specs=(spec, spec))

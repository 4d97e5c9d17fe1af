"""Windows of a stage, on stages without a network."""

import jax
import jax.numpy as jnp
import pytest

from musiclm_jax import bundle
from musiclm_jax.generation import hierarchy


@pytest.fixture(scope="module")
def coarse():
    """Acoustic frames behind semantic tokens of half their rate."""
    return bundle.load_part(bundle.default_folder(), "coarse_stage")[0]


def test_windows_begin_where_the_frames_of_all_streams_begin(coarse):
    rates = [spec.frame_rate for spec in coarse.vocabulary.specs if spec.frame_rate]
    assert sorted(rates) == [25.0, 50.0]
    rounded = [hierarchy._round_to_shared_frame(n, coarse) for n in range(6)]
    assert rounded == [0, 0, 2, 2, 4, 4]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_any_overlap_below_one_leaves_something_to_make(coarse, monkeypatch, share):
    made = []

    def sample(config, params, codes, prompt, *, num_frames, rngs, sampling):
        made.append((prompt.shape[1], codes["semantic"].shape[1], num_frames))
        new = jnp.full((len(prompt), num_frames - prompt.shape[1], 4), len(made))
        return jnp.concatenate([prompt, new], axis=1)

    monkeypatch.setattr(hierarchy, "sample", sample)
    model = hierarchy.StageModel(coarse, {})
    codes = hierarchy.continue_stage(
        model,
        {"mulan": jnp.zeros((2, 1, 12)), "semantic": jnp.zeros((2, 65, 1))},
        num_frames=130,
        overlap_share=share,
        rngs=jax.random.split(jax.random.key(0), 2),
        sampling=None,
        progress=hierarchy.no_progress,
    )
    assert codes.shape == (2, 130, 4) and (codes > 0).all()
    overlap = {0.0: 0, 0.3: 30, 0.999: 98}[share]
    assert made[0] == (0, 50, 100)
    # The last window is moved back to end with the piece.
    assert [known for known, *_ in made[1:-1]] == [overlap] * (len(made) - 2)
    assert made[-1][0] >= overlap

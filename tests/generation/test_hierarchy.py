"""Windows of a stage, on stages without a network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax import stages
from musiclm_jax.generation import hierarchy
from musiclm_jax.generation.spans import Span, Spans, one
from musiclm_jax.generation.streams import CodeStream
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.tokens import TokenSpec, music_vocabulary

VOCABULARY = music_vocabulary(acoustic=TokenSpec("acoustic", 64, 6, 50.0))
SEMANTIC = jnp.tile(jnp.arange(65)[None, :, None], (2, 1, 1))
RNGS = jax.vmap(jax.random.key)(jnp.arange(2))


@pytest.fixture
def coarse():
    """Acoustic frames, a hundred a window, behind tokens of half their rate."""
    stage = stages.coarse(crop_seconds=2.0)
    config = StageConfig(
        stage=stage, vocabulary=VOCABULARY, network=None, reach_seconds=2.0
    )
    return hierarchy.StageModel(config, {})


@pytest.fixture
def sampled(monkeypatch):
    """What `sample` is asked for; it writes the number of the call."""
    made = []

    def sample(config, params, codes, prompt, *, num_frames, first_frame, **rest):
        assert rest["kept"] is None
        assert first_frame == 2 * codes["semantic"][0, 0, 0], "semantic tokens count up"
        made.append((prompt, codes, num_frames))
        new = jnp.full((len(prompt), num_frames - prompt.shape[1], 4), len(made))
        return jnp.concatenate([prompt, new], axis=1)

    monkeypatch.setattr(hierarchy, "sample", sample)
    return made


def write(model, spans, *, share=0.3, num_frames=130, **given):
    parts = hierarchy.continue_stage(
        model,
        spans,
        {"semantic": CodeStream([SEMANTIC])},
        num_frames=num_frames,
        overlap_share=share,
        rngs=RNGS,
        sampling=None,
        progress=hierarchy.no_progress,
        **given,
    )
    return jnp.concatenate(list(parts), axis=1)


def mulan(code):
    return {"mulan": jnp.full((2, 1, 12), code)}


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_any_overlap_below_one_leaves_something_to_make(coarse, sampled, share):
    codes = write(coarse, one(mulan(0)), share=share)
    assert codes.shape == (2, 130, 4) and (codes > 0).all()
    overlap = {0.0: 0, 0.3: 30, 0.999: 98}[share]
    known = [prompt.shape[1] for prompt, _, _ in sampled]
    assert known[0] == 0 and sampled[0][1]["semantic"].shape[1] == 50
    # The last window is moved back to end with the piece.
    assert known[1:-1] == [overlap] * (len(known) - 2)
    assert known[-1] >= overlap
    assert all(num_frames == 100 for _, _, num_frames in sampled)


def test_windows_begin_where_the_frames_of_all_streams_begin(coarse, sampled):
    write(coarse, Spans((Span(0, mulan(0)), Span(1.03, mulan(1)))), share=0.33)
    starts = [codes["semantic"][0, 0, 0] * 2 for _, codes, _ in sampled]
    known = [prompt.shape[1] for prompt, _, _ in sampled]
    # 1.03 s is 51.5 frames, and a semantic token lasts two.
    assert [s + k for s, k in zip(starts, known, strict=True)] == [0, 52, 120]


def test_what_is_given_comes_back_and_prompts_what_follows(coarse, sampled):
    given = jnp.full((2, 20, 4), 7)
    codes = write(coarse, one(mulan(0)), given=given)
    np.testing.assert_array_equal(codes[:, :20], 7)
    assert (codes[:, 20:] != 7).all() and codes.shape[1] == 130
    np.testing.assert_array_equal(sampled[0][0], given)
    sampled.clear()
    whole = jnp.full((2, 200, 4), 7)
    np.testing.assert_array_equal(write(coarse, one(mulan(0)), given=whole), 7)
    assert not sampled, "nothing was left to write"


def test_each_span_is_asked_for_by_its_own_codes(coarse, sampled):
    spans = Spans((Span(0, mulan(3)), Span(1.0, mulan(4)), Span(2.2, mulan(5))))
    codes = write(coarse, spans)
    asked = [int(codes["mulan"][0, 0, 0]) for _, codes, _ in sampled]
    assert asked == [3, 4, 5]
    # The number of the window that wrote each frame.
    windows = np.asarray(codes[0, :, 0])
    assert (windows[:50] == 1).all() and (windows[50:110] == 2).all()
    assert (windows[110:] == 3).all()


@pytest.mark.parametrize("start", [1.0, 1.01, 1.02, 1.03, 1.04, 1.999])
def test_a_span_between_frames_is_asked_for_from_its_first_window_on(
    coarse, sampled, start
):
    """Rounded to a frame before it, its window would be asked for the span before."""
    write(coarse, Spans((Span(0, mulan(3)), Span(start, mulan(4)))))
    for prompt, codes, _ in sampled:
        begins = int(codes["semantic"][0, 0, 0]) / 25 + prompt.shape[1] / 50
        assert int(codes["mulan"][0, 0, 0]) == (4 if begins >= start else 3)
    begun = [int(codes["mulan"][0, 0, 0]) for _, codes, _ in sampled]
    assert begun[0] == 3 and set(begun[1:]) == {4}


def test_little_is_known_where_another_span_begins(coarse, sampled):
    spans = Spans((Span(0, mulan(3)), Span(1.0, mulan(4))))
    write(coarse, spans, change_share=0.045)
    known = [prompt.shape[1] for prompt, _, _ in sampled]
    # Of a window of 100 frames, whole semantic tokens; then the piece is all there.
    assert known == [0, 4]
    starts = [codes["semantic"][0, 0, 0] * 2 for _, codes, _ in sampled]
    assert starts == [0, 46]


def test_spans_begin_at_zero_and_follow_each_other():
    for starts in [(), (1.0,), (0.0, 2.0, 2.0), (0.0, 3.0, 2.0)]:
        with pytest.raises(
            ValueError, match="spans must begin at 0 and then one behin"
        ):
            Spans(tuple(Span(start, mulan(0)) for start in starts))

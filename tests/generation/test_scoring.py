"""What is known and asked for when, with tokenizers that count time."""

import itertools
import types

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import soundfile

from musiclm_jax.generation import scoring
from musiclm_jax.generation.request import Request
from musiclm_jax.tokens import TokenSpec

RATE = 24_000


class MuLan:
    """Texts lie in the directions of their first letters; sound lies elsewhere."""

    def check_text(self, text):
        if text == "qxz":
            raise ValueError("the model knows no word of the prompt 'qxz'")

    def embed_text(self, texts):
        return np.eye(4)[["abc".index(text[0]) for text in texts]]

    def embed_audio(self, audio):
        return np.eye(4)[[3] * len(audio)]

    def quantize(self, embedding):
        return np.round(100 * embedding).astype(int)[:, None]


def count(rate, levels):
    def tokenize(audio):
        frames = audio.shape[1] * rate // RATE
        codes = np.arange(frames)[None, :, None] + 1000 * np.arange(levels)
        return np.broadcast_to(codes, (len(audio), frames, levels))

    return tokenize


TOKENIZERS = types.SimpleNamespace(
    mulan=MuLan(),
    semantic=types.SimpleNamespace(
        frame_rate=25.0, tokenize=count(25, 1), tells_tunes=False
    ),
    codec=types.SimpleNamespace(sample_rate=RATE, tokenize=count(50, 10)),
)


@pytest.fixture
def recording(tmp_path):
    """Eight seconds and a bit."""
    path = tmp_path / "song.wav"
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8 * RATE + 300) / RATE)
    soundfile.write(path, tone, RATE)
    return str(path)


def score(**asked):
    return scoring.score(Request(**asked), TOKENIZERS)


def asked_for(score):
    return [
        (span.start, None if not span.codes else span.codes["mulan"].ravel().tolist())
        for span in score.spans.spans
    ]


def test_a_prompt_alone():
    made = score(prompt="a", seconds=4.0, seed=5)
    assert asked_for(made) == [(0.0, [100, 0, 0, 0])]
    assert made.semantic is None and made.acoustic is None and made.seconds == 4.0
    np.testing.assert_array_equal(
        jax.random.key_data(made.rngs)[0], jax.random.key_data(jax.random.key(5))
    )


def test_nothing_is_asked_for():
    assert asked_for(score()) == [(0.0, None)]


def test_what_guidance_goes_away_from():
    codes = score(prompt="a", negative_prompt="b").spans.spans[0].codes
    np.testing.assert_array_equal(codes["against"], [[[0, 100, 0, 0]]])


def test_the_end_of_a_recording_is_given(recording):
    made = score(continue_from=recording, prompt_seconds=2.0, seconds=6.0)
    assert made.semantic.shape == (1, 50, 1) and made.acoustic.shape == (1, 100, 10)
    assert asked_for(made) == [(0.0, [0, 0, 0, 100])], "it goes on as it is"
    made = score(continue_from=recording, prompt="b")
    assert made.semantic.shape == (1, 75, 1), "three seconds if nothing is said"
    assert asked_for(made) == [(0.0, [0, 100, 0, 0])]


def test_a_recording_is_performed(recording):
    made = score(perform=recording, prompt="a")
    assert made.semantic.shape == (1, 200, 1) and made.acoustic is None
    assert score(perform=recording, seconds=2.0).semantic.shape == (1, 50, 1)


def test_variations_keep_less_and_less(recording):
    kept = []
    for strength in np.linspace(0, 1, 11):
        made = score(vary=recording, strength=float(strength))
        levels = 0 if made.acoustic is None else made.acoustic.shape[2]
        steps = 0 if made.semantic is None else made.semantic.shape[1]
        kept.append(levels + steps)
    assert kept[0] == 10 + 200 and kept[-1] == 0
    assert all(a > b for a, b in itertools.pairwise(kept))
    # The style is the recording's.
    assert asked_for(made) == [(0.0, [0, 0, 0, 100])]


class Melody:
    """Counts the windows, half a second apart."""

    config = types.SimpleNamespace(stride_seconds=0.5, window_length=4 * RATE)

    def tokenize_windows(self, audio):
        count = 1 + (audio.shape[1] - 4 * RATE) // (RATE // 2)
        assert np.abs(audio[:, -RATE:]).max() > 0, "a short tune begins again"
        return np.arange(count)[None, :, None] + 100 * np.arange(2)


def test_a_tune_is_asked_for(recording):
    tokenizers = types.SimpleNamespace(**vars(TOKENIZERS), melody=Melody())
    made = scoring.score(
        Request(melody=recording, prompt="a", seconds=10.0), tokenizers
    )
    assert made.semantic is None and made.acoustic is None
    assert asked_for(made) == [(0.0, [100, 0, 0, 0])]
    assert made.melody.windows.shape == (1, 13, 2)
    spec = TokenSpec("melody", 512, 2, 1 / 3)
    # From any moment the windows nearest to every third second.
    np.testing.assert_array_equal(
        made.melody.within(0.0, 10.0, spec)[0, :, 0], [0, 6, 12]
    )
    np.testing.assert_array_equal(made.melody.within(1.1, 4.1, spec)[0, :, 0], [2])
    twice = made.times(2)
    assert twice.melody.windows.shape == (2, 13, 2)
    both = scoring.join([made, made])
    assert both.melody.windows.shape == (2, 13, 2)
    alone = scoring.score(Request(melody=recording, seconds=3.0), tokenizers)
    assert asked_for(alone) == [(0.0, None)] and alone.melody.windows.shape == (1, 1, 2)


def test_what_tells_of_the_tune_stands(recording):
    """Where semantic tokens tell it apart; a tune of eight seconds begins again."""
    semantic = types.SimpleNamespace(
        frame_rate=25.0, tokenize_tune=count(25, 1), tells_tunes=True
    )
    others = {**vars(TOKENIZERS), "semantic": semantic}
    tokenizers = types.SimpleNamespace(**others, melody=None)
    made = scoring.score(
        Request(melody=recording, prompt="a", seconds=9.99), tokenizers
    )
    assert made.melody is made.semantic is made.acoustic is None
    np.testing.assert_array_equal(made.kept[0, :, 0], np.arange(250))
    assert asked_for(made) == [(0.0, [100, 0, 0, 0])]
    assert made.times(2).kept.shape == (2, 250, 1)
    assert scoring.join([made, made]).kept.shape == (2, 250, 1)


def test_a_tune_that_cannot_be_heard(recording, tmp_path):
    tokenizers = types.SimpleNamespace(**vars(TOKENIZERS), melody=None)
    with pytest.raises(ValueError, match=r"no part melody.*runs/melody\.gin"):
        scoring.score(Request(melody=recording, prompt="a"), tokenizers)
    tokenizers.melody = Melody()
    soundfile.write(tmp_path / "short.wav", np.ones(RATE // 2) / 2, RATE)
    asked = Request(melody=str(tmp_path / "short.wav"), prompt="a")
    with pytest.raises(ValueError, match=r"short\.wav lasts 0\.5 s: a tune lasts 1 s"):
        scoring.score(asked, tokenizers)


def test_around_a_gap_all_is_kept(recording):
    request = Request(vary=recording, replace="2:3.5")
    assert request.gap == (2.0, 3.5)
    made = scoring.score(request, TOKENIZERS)
    assert made.acoustic.shape == (1, 400, 10) and made.semantic.shape == (1, 200, 1)


def test_a_way_over_the_sphere():
    spans = asked_for(score(prompt="a", to="b", seconds=10.0))
    assert [start for start, _ in spans] == [0.0, 2.5, 5.0, 7.5]
    assert spans[0][1] == [100, 0, 0, 0] and spans[-1][1] == [0, 100, 0, 0]
    for (_, place), share in zip(spans, (0, 3 / 8, 5 / 8, 1), strict=True):
        angle = np.pi / 2 * share
        expected = 100 * np.array([np.cos(angle), np.sin(angle), 0, 0])
        np.testing.assert_allclose(place, expected, atol=1)


def test_pieces_side_by_side():
    joined = scoring.join([score(prompt="a"), score(prompt="c", seed=1)])
    codes = joined.spans.spans[0].codes["mulan"]
    np.testing.assert_array_equal(codes[:, 0], [[100, 0, 0, 0], [0, 0, 100, 0]])
    assert joined.rngs.shape == (2,)
    twice = joined.times(2)
    np.testing.assert_array_equal(
        twice.spans.spans[0].codes["mulan"], jnp.repeat(codes, 2, axis=0)
    )
    assert len(np.unique(jax.random.key_data(twice.rngs), axis=0)) == 4


def test_pieces_that_differ_are_not_made_at_once(recording):
    with pytest.raises(ValueError, match="cannot be made at once"):
        scoring.join([score(prompt="a"), score(prompt="b", continue_from=recording)])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"negative_prompt": "b"}, "from the negative prompt to the prompt: give one"),
        ({"strength": 0.5}, "strength goes with vary, which is not given"),
        ({"replace": "1:2"}, "replace goes with vary, which is not given"),
        ({"prompt_seconds": 2.0}, "prompt_seconds goes with continue_from"),
        ({"to": "b"}, "to says where the music goes: a prompt must say where from"),
        ({"vary": "SONG", "perform": "SONG"}, "perform and vary do not go together"),
        ({"vary": "SONG", "replace": "3:2"}, "replace is '3:2'; it must be two times"),
        ({"vary": "SONG", "replace": "x"}, "replace is 'x'; it must be two times"),
        ({"vary": "SONG", "replace": "8:12"}, "replace ends at 12 s, the piece at 10"),
        ({"vary": "SONG", "strength": 1.5}, "strength is 1.5; it must be a number"),
        (
            {"continue_from": "SONG", "prompt_seconds": 10.0},
            "the piece is to last 10 s, of which the recording takes 10 s",
        ),
    ],
)
def test_what_does_not_go_together(recording, asked, said):
    named = {k: recording if v == "SONG" else v for k, v in asked.items()}
    with pytest.raises(ValueError, match=said):
        score(**named)


def test_a_recording_that_is_not_there():
    with pytest.raises(FileNotFoundError, match=r"vary: there is no file no\.wav"):
        Request(vary="no.wav")


def test_a_recording_shorter_than_a_token(tmp_path):
    path = tmp_path / "click.wav"
    soundfile.write(path, np.ones(300), RATE)
    with pytest.raises(ValueError, match=r"too short: 0\.04 s at least are wanted"):
        score(perform=str(path))

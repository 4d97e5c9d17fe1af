import json

import numpy as np
import pytest
import soundfile

from musiclm_jax.generation import cards
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.request import Request
from musiclm_jax.lm.sampling_config import SamplingConfig

CONFIG = GenerationConfig(semantic=SamplingConfig(guidance=3.0, top_k=9))
HERE = cards.Origin(
    model="a" * 64, device="cpu", versions={"musiclm_jax": "1", "jax": "0.10.2"}
)
SOUND = np.linspace(-0.5, 0.5, 2400, dtype=np.float32)


@pytest.fixture
def recording(tmp_path):
    path = tmp_path / "song.wav"
    soundfile.write(path, SOUND, 24_000)
    return path


def card_of(request, **changes):
    made = cards.make(request, place=1, num=2, config=CONFIG, origin=HERE, audio=SOUND)
    return made | changes


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".mp3"])
@pytest.mark.parametrize("is_alone", [False, True])
def test_a_file_tells_what_made_it(tmp_path, suffix, is_alone):
    path = tmp_path / f"a{suffix}"
    card = card_of(Request(prompt="søt 🎵 jazz", seed=3, negative_prompt="drums"))
    cards.write(path, SOUND, 24_000, card)
    beside = tmp_path / f"a{suffix}.json"
    assert json.loads(beside.read_text()) == card
    if is_alone:
        beside.unlink()
    if is_alone and suffix == ".mp3":
        with pytest.raises(ValueError, match=r"a\.mp3 has no card: neither in its com"):
            cards.read(path)
        return
    assert cards.read(path) == card
    assert cards.request_of(card) == Request(
        prompt="søt 🎵 jazz", seed=3, negative_prompt="drums"
    )
    assert cards.config_of(card) == CONFIG
    assert cards.differences(card, HERE) == []


def test_what_differs_is_named(recording):
    card = card_of(Request(vary=str(recording), strength=0.5))
    assert cards.differences(card, HERE) == []
    soundfile.write(recording, SOUND / 2, 24_000)
    there = cards.Origin(
        model="b" * 64, device="TPU v4", versions={"musiclm_jax": "1", "jax": "0.12.0"}
    )
    assert cards.differences(card, there) == [
        f"{recording} is another recording by now",
        f"the model is {'b' * 12}, it was {'a' * 12}",
        "the device is TPU v4, it was cpu",
        "jax is 0.12.0, it was 0.10.2",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "has no card: neither in its comment nor in song.wav.json beside it"),
        ("{", "is damaged, or of something else"),
        ("[]", "is damaged, or of something else"),
        ('{"format": 1}', "is damaged, or of something else"),
    ],
)
def test_a_card_that_cannot_be_read(recording, content, said):
    recording.with_name("song.wav.json").write_text(content)
    with pytest.raises(ValueError, match=said):
        cards.read(recording)


def test_a_card_of_another_time(recording):
    card = card_of(Request(prompt="jazz"), format=9)
    cards.write(recording, SOUND, 24_000, card)
    with pytest.raises(ValueError, match="has format 9; this version of musiclm_jax"):
        cards.read(recording)


def test_a_card_that_asks_for_what_there_is_not():
    card = card_of(Request(prompt="jazz"), steering={"colour": "blue"})
    with pytest.raises(ValueError, match="the card asks for what there is not"):
        cards.request_of(card)


def test_no_file_and_no_sound(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        cards.read(tmp_path / "no.wav")
    (tmp_path / "text.wav").write_text("no sound at all")
    with pytest.raises(ValueError, match=r"text\.wav is broken or no audio"):
        cards.read(tmp_path / "text.wav")

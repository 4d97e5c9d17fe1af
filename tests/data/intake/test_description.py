"""What is said of clips, and what was left out."""

import json
import math

import numpy as np
import pytest

from musiclm_jax.data.intake import description as lib

RATE = 4000


def clip_of(audio, **changes):
    clip = {"name": b"a", "audio": np.asarray(audio, np.int16), "captions": []}
    return clip | changes


def describe(*clips):
    described = lib.Description()
    for clip in clips:
        described.add(clip, RATE)
    return described


def test_levels_of_a_sine():
    time = np.arange(RATE) / RATE
    audio = np.round(2**14 * np.sin(2 * np.pi * 100 * time)).astype(np.int16)
    peak_db, rms_db = lib.levels(audio)
    assert peak_db == pytest.approx(-20 * math.log10(2), abs=0.01)
    assert rms_db == pytest.approx(peak_db - 10 * math.log10(2), abs=0.01)


@pytest.mark.parametrize("audio", [[], [0, 0, 0]])
def test_silence_lies_on_the_floor(audio):
    assert lib.levels(np.array(audio, np.int16)) == (lib.FLOOR_DB, lib.FLOOR_DB)


def test_the_lowest_number_is_full_scale():
    assert lib.levels(np.array([-(2**15)], np.int16)) == (0.0, 0.0)
    described = describe(clip_of([-(2**15)]), clip_of([2**15 - 1]), clip_of([32000]))
    assert described.num_at_full_scale == 2


def test_captions_are_counted():
    described = describe(
        clip_of([1] * RATE, captions=[b"The piano, THE Piano!", b"don't stop at 90"]),
        clip_of([1] * (RATE // 2), aspects=[b"calm", b"calm", b"slow"]),
    )
    assert described.seconds == [1.0, 0.5]
    assert described.captions == {2: 1, 0: 1}
    assert described.caption_words == [4, 3]
    # Once a caption, in lower case, without words that only join others.
    assert described.words == {"piano": 1, "don't": 1, "stop": 1}
    assert described.aspects == {"calm": 1, "slow": 1}


def test_fields_come_from_features_and_from_json():
    described = describe(
        clip_of([1], style=b"reggae", tempo_bpm=np.float32(90), has_drums=np.True_),
        clip_of(
            [1],
            file=b"x.wav",
            start_seconds=np.float32(3),
            fields=json.dumps(
                {"genres": ["rock", "pop"], "year": 1971, "mood": " ", "gone": None}
            ).encode(),
        ),
    )
    assert described.fields == {
        "style": ["reggae"], "tempo_bpm": [90.0], "has_drums": ["yes"],
        "genres": ["rock", "pop"], "year": [1971], "mood": [], "gone": [],
    }  # fmt: skip


def test_numbers_that_are_none_and_long_texts():
    fields = json.dumps({"bpm": math.nan, "about": "long " * 100})
    (about,) = describe(clip_of([1], fields=fields.encode())).fields["about"]
    assert len(about) == 60 and about.endswith("…")
    assert describe(clip_of([1], fields=fields.encode())).fields["bpm"] == []


def test_choice_is_the_same_again_and_in_order():
    chosen = lib.choose(1000, 50, seed=3)
    np.testing.assert_array_equal(chosen, lib.choose(1000, 50, seed=3))
    assert len(set(chosen)) == 50 and (np.diff(chosen) > 0).all()
    assert not np.array_equal(chosen, lib.choose(1000, 50, seed=4))
    np.testing.assert_array_equal(lib.choose(5, 50, seed=0), range(5))


def test_chosen_clips_are_looked_at(tiny_clips):
    shares = []
    clips = tiny_clips.open("train")
    described = lib.describe(
        clips, [0, 6], sample_rate=RATE, progress=lambda share: shares.append(share)
    )
    assert shares == [0.5, 1.0]
    assert len(described.seconds) == 2
    lengths = [len(clips[i]["audio"]) / RATE for i in (0, 6)]
    assert described.seconds == lengths


def test_left_out(tmp_path):
    path = tmp_path / "quarantine.jsonl"
    assert lib.read_left_out(path) is None
    path.write_text("")
    assert lib.read_left_out(path) == lib.LeftOut(kinds={}, first=[])
    rows = [{"name": f"{i}.wav", "kind": "short", "reason": "r"} for i in range(60)]
    rows[1] |= {"kind": "silent", "start_seconds": 20.0}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    left_out = lib.read_left_out(path)
    assert left_out.kinds == {"short": 59, "silent": 1}
    assert left_out.first[1] == ("1.wav at 20 s", "silent", "r")
    assert len(left_out.first) == 50


@pytest.mark.parametrize("line", ["{broken", '{"name": "a"}', "3", '["name"]'])
def test_a_line_that_cannot_be_understood(tmp_path, line):
    path = tmp_path / "quarantine.jsonl"
    path.write_text(f'{{"name": "a", "kind": "k", "reason": "r"}}\n{line}\n')
    with pytest.raises(ValueError, match=r"jsonl, line 2: not an object with name"):
        lib.read_left_out(path)

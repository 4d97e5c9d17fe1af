"""Which pieces are compared, and what is said where none can be."""

import json

import pytest

from musiclm_jax.evaluation.listening import pieces


@pytest.fixture
def systems(tmp_path, tone):
    """Two systems: both have a and b, one has c too, in formats of their own."""
    for name in ("a", "b"):
        tone(tmp_path / "ours" / f"{name}.wav")
        tone(tmp_path / "theirs" / f"{name}.flac", rate=44100)
    tone(tmp_path / "ours" / "c.wav")
    return {"ours": tmp_path / "ours", "theirs": tmp_path / "theirs"}


def card(path, prompt):
    facts = {
        "format": 1, "prompt": prompt, "seconds": 1.0, "seed": 0, "steering": {},
        "sampling": {}, "model": "m", "place": 0, "num": 1,
    }  # fmt: skip
    path.with_name(path.name + ".json").write_text(json.dumps(facts))


def test_cards_tell_prompts_of_pieces_that_all_have(systems):
    card(systems["ours"] / "a.wav", "calm piano")
    card(systems["ours"] / "b.wav", "fast drums")
    found, num_left_out = pieces.find(systems, None)
    assert [(each.name, each.prompt) for each in found] == [
        ("a", "calm piano"),
        ("b", "fast drums"),
    ]
    assert found[1].files == {
        "ours": (systems["ours"] / "b.wav").resolve(),
        "theirs": (systems["theirs"] / "b.flac").resolve(),
    }
    assert num_left_out == 1


def test_a_file_tells_prompts(systems, tmp_path):
    file = tmp_path / "prompts.jsonl"
    file.write_text('{"name": "b", "prompt": "fast drums"}\n')
    found, num_left_out = pieces.find(systems, file)
    assert [(each.name, each.prompt) for each in found] == [("b", "fast drums")]
    assert num_left_out == 0


def test_no_card_tells_a_prompt(systems):
    with pytest.raises(ValueError, match=r"no card of the pieces a tells .* --prompts"):
        pieces.find(systems, None)


def test_cards_that_differ(systems):
    card(systems["ours"] / "a.wav", "calm piano")
    card(systems["theirs"] / "a.flac", "loud piano")
    with pytest.raises(ValueError, match=r"different prompts: 'calm .* and 'loud"):
        pieces.find(systems, None)


def test_one_system(systems):
    del systems["theirs"]
    with pytest.raises(ValueError, match=r"1 system is given; .* two or more"):
        pieces.find(systems, None)


def test_nothing_in_common(systems, tmp_path, tone):
    tone(tmp_path / "third" / "z.wav")
    with pytest.raises(ValueError, match="ours, theirs and third have no prompt in"):
        pieces.find(systems | {"third": tmp_path / "third"}, None)


def test_a_missing_piece(systems, tmp_path):
    file = tmp_path / "prompts.jsonl"
    file.write_text('{"name": "c", "prompt": "solo"}\n')
    with pytest.raises(FileNotFoundError, match=r"line 1: .*theirs has no piece c"):
        pieces.find(systems, file)


def test_folders_without_sound_or_with_two_of_a_name(systems, tmp_path, tone):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty has no files of sound"):
        pieces.find(systems | {"third": tmp_path / "empty"}, None)
    tone(systems["ours"] / "a.flac")
    with pytest.raises(ValueError, match=r"two pieces a: a.flac and a.wav"):
        pieces.find(systems, None)

"""Mistakes that are said: what is written twice, too small, or a file in the way."""

import types

import pytest

from musiclm_jax.bundle import fitting
from musiclm_jax.data.records.resumable_builder import ResumableBuilder
from musiclm_jax.data.text import vocabulary
from musiclm_jax.files import whole_files
from musiclm_jax.generation import story


@pytest.mark.parametrize(
    "lines",
    [
        "seed: 1\nseed: 2\nspans: [{seconds: 1, prompt: a}]",
        "spans:\n- {seconds: 1, prompt: a, seconds: 2}",
    ],
)
def test_a_story_says_each_thing_once(tmp_path, lines):
    path = tmp_path / "s.yaml"
    path.write_text(lines)
    with pytest.raises(ValueError, match=r"line 2: what is said here was said before"):
        story.load(path)


def test_a_vocabulary_has_place_for_its_letters():
    with pytest.raises(ValueError, match=r"of 12 entries .* alone are 14: give it"):
        vocabulary.train_vocabulary(["abc", "cde"], 12)
    assert vocabulary.train_vocabulary(["abc", "cde"], 14).get_vocab_size() == 14


def test_a_training_has_a_row_for_every_piece():
    words = vocabulary.train_vocabulary(["abc", "cde"], 14)
    tower = types.SimpleNamespace(vocab_size=14)
    task = types.SimpleNamespace(config=types.SimpleNamespace(text_tower=tower))
    batches = types.SimpleNamespace(tokenizer=lambda: words, vocabulary="v.json")
    fitting.check_words(task, batches)
    tower.vocab_size = 13
    with pytest.raises(ValueError, match=r"v\.json has 14 .* MULAN_VOCABULARY_SIZE"):
        fitting.check_words(task, batches)


def test_a_card_is_json(said, box, tmp_path):
    (tmp_path / "c.json").write_text('{"hours": NaN}')
    card = f"--card={tmp_path / 'c.json'}"
    status, _, err = said("export", card, f"--output={box}")
    assert (status, err.count("\n")) == (2, 1) and "c.json is not valid JSON" in err


def test_a_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "a").touch()
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(NotADirectoryError, match="a is a file, not a folder"):
            whole_files.make_folder(path)


def test_a_set_whose_making_is_ended_at_once(prepared, tmp_path, monkeypatch):
    there = []

    def ended(*_):
        for _ in range(2):
            found = (tmp_path / "d").glob("audio_folder/s/incomplete.*")
            there.append(len(list(found)))
            whole_files.abandon()
        raise KeyboardInterrupt

    monkeypatch.setattr(ResumableBuilder, "_name", ended)
    status, _, _ = prepared()
    assert (status, there) == (130, [1, 0])

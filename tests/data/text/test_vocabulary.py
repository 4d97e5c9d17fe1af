"""The vocabulary: trained, saved, loaded, and BERT's own read alike."""

import json

import numpy as np
import pytest

from musiclm_jax.data.text.vocabulary import (
    encode_texts,
    load_vocabulary,
    save_vocabulary,
    train_vocabulary,
)

CAPTIONS = [
    "A slow, sad piano melody.",
    "Fast techno with a drum machine",
    "Calm piano for studying, no drums",
    "Energetic rock: distorted guitar!",
] * 3


@pytest.fixture(scope="module")
def tokenizer():
    return train_vocabulary(CAPTIONS, 120)


def test_special_ids_are_bert_like(tokenizer):
    assert [tokenizer.token_to_id(t) for t in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")] == [
        0, 1, 2, 3,
    ]  # fmt: skip
    assert tokenizer.get_vocab_size() <= 120


def test_texts_become_rows(tokenizer):
    ids = encode_texts(tokenizer, ["Calm PIANO", "slow, sad"], 10)
    assert ids.shape == (2, 10) and ids.dtype == np.int32
    for row, text in zip(ids, ["calm piano", "slow, sad"], strict=True):
        length = int(np.count_nonzero(row))
        assert row[0] == 2 and row[length - 1] == 3 and not row[length:].any()
        assert tokenizer.decode(row.tolist()) == text


def test_case_and_accents_do_not_matter(tokenizer):
    ids = encode_texts(tokenizer, ["Piáno", "piano"], 6)
    np.testing.assert_array_equal(ids[0], ids[1])


def test_long_texts_keep_their_last_special_token(tokenizer):
    ids = encode_texts(tokenizer, ["piano " * 50], 7)
    piano = tokenizer.token_to_id("piano")
    assert ids.tolist() == [[2, piano, piano, piano, piano, piano, 3]]


def test_strange_texts_are_encoded_all_the_same(tokenizer):
    texts = ["", "🎹🎸", "音楽", "x" * 5000, "\x00\n\t", "piano 🎹"]
    ids = encode_texts(tokenizer, texts, 5)
    assert ids.shape == (6, 5)
    assert (ids[:, 0] == 2).all() and ids.max() < tokenizer.get_vocab_size()
    assert ids[0].tolist() == [2, 3, 0, 0, 0]


def test_training_is_deterministic(tokenizer):
    again = train_vocabulary(iter(CAPTIONS), 120)
    assert again.get_vocab() == tokenizer.get_vocab()


def test_saved_and_loaded_is_the_same(tokenizer, tmp_path):
    path = tmp_path / "deep" / "vocabulary.json"
    save_vocabulary(tokenizer, path)
    loaded = load_vocabulary(path)
    np.testing.assert_array_equal(
        encode_texts(loaded, CAPTIONS, 12), encode_texts(tokenizer, CAPTIONS, 12)
    )
    assert [p.name for p in path.parent.iterdir()] == ["vocabulary.json"]


def test_padding_set_in_the_file_does_not_show(tokenizer, tmp_path):
    path = tmp_path / "tokenizer.json"
    save_vocabulary(tokenizer, path)
    loaded = load_vocabulary(path)
    loaded.enable_padding(pad_id=1, length=9)
    loaded.enable_truncation(4)
    loaded.save(str(path))
    np.testing.assert_array_equal(
        encode_texts(load_vocabulary(path), CAPTIONS, 12),
        encode_texts(tokenizer, CAPTIONS, 12),
    )


def test_files_that_are_no_vocabulary(tokenizer, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no vocabulary at"):
        load_vocabulary(tmp_path / "none.json")
    path = tmp_path / "bad.json"
    for content in ("{", "[]", "{}"):
        path.write_text(content)
        with pytest.raises(ValueError, match=r"bad.json is not a tokenizer.json"):
            load_vocabulary(path)
    other = json.loads(tokenizer.to_str())
    other["added_tokens"] = []
    other["model"]["vocab"] = {"[UNK]": 0, "a": 1, "[CLS]": 2, "[SEP]": 3}
    path.write_text(json.dumps(other))
    with pytest.raises(ValueError, match=r"gives \[PAD\] the id None; it must be 0"):
        load_vocabulary(path)

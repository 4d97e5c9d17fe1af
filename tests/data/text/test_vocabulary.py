"""The vocabulary: trained, saved, loaded, and BERT's own read alike."""

import json
import re

import numpy as np
import pytest

from musiclm_jax.data.text.vocabulary import (
    encode_texts,
    load_vocabulary,
    read_word_pieces,
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
        length = int(np.count_nonzero(row >= 0))
        assert row[0] == 2 and row[length - 1] == 3 and (row[length:] == -1).all()
        assert tokenizer.decode(row[:length].tolist()) == text


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
    assert ids[0].tolist() == [2, 3, -1, -1, -1]


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
    other["post_processor"] = None
    path.write_text(json.dumps(other))
    with pytest.raises(ValueError, match=r"bad.json puts nothing around a text; the"):
        load_vocabulary(path)
    pieces = {"<unk>": 0, "a": 1, "<s>": 2, "</s>": 3}
    other["model"] |= {"vocab": pieces, "unk_token": "<unk>"}
    other["post_processor"] = {"type": "RobertaProcessing", "sep": ["</s>", 3]}
    other["post_processor"] |= {"cls": ["<s>", 2], "trim_offsets": True}
    other["post_processor"] |= {"add_prefix_space": False}
    path.write_text(json.dumps(other))
    with pytest.raises(ValueError, match=r"puts <s> </s> around a text; .*\[CLS\]"):
        load_vocabulary(path)


PIECES = ["calm", "[CLS]", "piano", "##s", "[PAD]", "[SEP]", "Calm", "[UNK]"]


def test_pieces_of_any_order_line_by_line(tmp_path):
    """No special piece has the id that it has in vocabularies trained here."""
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(PIECES) + "\n")
    tokenizer = read_word_pieces(path, lowercase=True)
    ids = encode_texts(tokenizer, ["Calm pianos", "CALM!"], 6)
    assert ids.tolist() == [[1, 0, 2, 3, 5, -1], [1, 0, 7, 5, -1, -1]]
    with_capitals = read_word_pieces(path, lowercase=False)
    assert encode_texts(with_capitals, ["Calm"], 3).tolist() == [[1, 6, 5]]
    # The same in the newer form.
    save_vocabulary(tokenizer, tmp_path / "tokenizer.json")
    loaded = load_vocabulary(tmp_path / "tokenizer.json")
    again = encode_texts(loaded, ["Calm pianos", "CALM!"], 6)
    np.testing.assert_array_equal(again, ids)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a\nb\n", "has no [PAD], [UNK], [CLS], [SEP]: no vocabulary of BERT's"),
        (b"[PAD]\n[UNK]\n[CLS]\n[SEP]\na\na\n", "has a piece twice"),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_lists_that_are_no_vocabulary(tmp_path, content, words):
    path = tmp_path / "vocab.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(f"{path} {words}")):
        read_word_pieces(path, lowercase=True)
    path.unlink()
    with pytest.raises(FileNotFoundError, match="there is no vocabulary at"):
        read_word_pieces(path, lowercase=True)

"""`musiclm data vocabulary`: what it writes, says, and refuses to replace."""

import pytest

from musiclm_jax.cli import main as main_lib
from musiclm_jax.data.sets import audio_dataset
from musiclm_jax.data.text.vocabulary import load_vocabulary, train_vocabulary

CAPTIONS = {
    "first": [["calm piano", "slow, sad piano"], [], ["fast techno"]],
    "second": [["distorted guitar"]],
    "silent": [[], []],
}


@pytest.fixture(autouse=True)
def data_sets(monkeypatch):
    def open_split(self, split):
        assert self.data_dir == "data" and split == "train"
        return [
            {"captions": [caption.encode() for caption in captions]}
            for captions in CAPTIONS[self.name]
        ]

    monkeypatch.setattr(audio_dataset.AudioDataset, "open", open_split)


def run(output, *names, size=60):
    arguments = [f"--dataset={name}" for name in names]
    arguments += ["--data_dir=data", f"--output={output}", f"--size={size}"]
    return main_lib.main(["data", "vocabulary", *arguments])


def test_captions_of_all_data_sets_are_learned(tmp_path, capsys):
    path = tmp_path / "new" / "vocabulary.json"
    assert run(path, "first", "second") == 0
    said = capsys.readouterr().out.splitlines()
    tokenizer = load_vocabulary(path)
    assert said == [
        "4 captions of 4 clips, of which 1 have none",
        f"{path}: {tokenizer.get_vocab_size()} entries",
    ]
    captions = [
        c for name in ("first", "second") for clip in CAPTIONS[name] for c in clip
    ]
    assert tokenizer.get_vocab() == train_vocabulary(captions, 60).get_vocab()
    assert [p.name for p in path.parent.iterdir()] == ["vocabulary.json"]


def test_the_same_again_is_there_and_another_is_not_written_over(tmp_path, capsys):
    path = tmp_path / "vocabulary.json"
    assert run(path, "first") == 0
    written = path.read_bytes()
    assert run(path, "first") == 0
    assert "is there already" in capsys.readouterr().out
    for names, size in ((("first", "second"), 60), (("first",), 45)):
        assert run(path, *names, size=size) == 2
        error = capsys.readouterr().err.splitlines()[-1]
        assert "is there and is not the vocabulary of these captions" in error
    assert path.read_bytes() == written


@pytest.mark.parametrize(
    ("names", "size", "words"),
    [
        (["silent"], 60, "no clip of split 'train' of silent has a caption"),
        (["first"], 0, "--size is 0; it must be a whole number from 1"),
    ],
)
def test_what_cannot_be(tmp_path, capsys, names, size, words):
    path = tmp_path / "vocabulary.json"
    assert run(path, *names, size=size) == 2
    assert words in capsys.readouterr().err.splitlines()[-1]
    assert not path.exists()

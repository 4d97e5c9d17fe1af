"""`musiclm index`, and what `musiclm generate --check_memorisation` says of it."""

import dataclasses
import json
import types

import numpy as np
import pytest

from musiclm_jax import bundle
from musiclm_jax.cli import compilation_cache
from musiclm_jax.cli.main import main
from musiclm_jax.data.records import token_records
from musiclm_jax.data.records.token_records import TokenMetadata, TokenRecord
from musiclm_jax.data.records.token_shards import ShardName
from musiclm_jax.evaluation import token_index
from musiclm_jax.generation import cards, pipeline
from musiclm_jax.generation.config import GenerationConfig

BOX = bundle.Bundle.load(bundle.default_folder())
CODEBOOKS = BOX.load_part("semantic")[1]["codebooks"]


def write_records(folder, codes, tokenizers):
    metadata = TokenMetadata(
        semantic_frame_rate=25,
        acoustic_frame_rate=25,
        window_seconds=10.0,
        stride_seconds=1.0,
        tokenizers=tokenizers,
        dataset="songs/1.0.0",
        piece_seconds=30,
    )
    records = [
        TokenRecord(
            mulan=np.zeros((1, 4)),
            caption_mulan=np.zeros((0, 4)),
            semantic=each,
            acoustic=np.zeros((len(each), 2), int),
            fields={"name": f"song {place}", "start_seconds": 0.0},
        )
        for place, each in enumerate(codes)
    ]
    token_records.write_shard(
        folder, ShardName("train", 0, 1), records=records, metadata=metadata
    )


@pytest.fixture
def codes(rng):
    shares = rng.dirichlet(np.full(512, 0.01), 4)
    return np.stack([rng.choice(512, 125, p=share) for share in shares])


@pytest.fixture(autouse=True)
def here(monkeypatch, tmp_path, codes):
    """A folder with token records of four songs; the model plays the third."""
    write_records(tmp_path / "tokens", codes, BOX.tokenizers_hash())
    semantic = types.SimpleNamespace(
        params={"codebooks": CODEBOOKS},
        tokenize=lambda audio: codes[2][None, :, None].repeat(len(audio), axis=0),
    )
    model = types.SimpleNamespace(
        sample_rate=24000,
        sampling=GenerationConfig(),
        tokenizers=types.SimpleNamespace(
            semantic=semantic, mulan=types.SimpleNamespace(unheard=lambda text: [])
        ),
        generate=lambda *_, num, **__: np.zeros((num, 2400), np.float32),
    )
    loader = types.SimpleNamespace(load=lambda folder=None: model)
    monkeypatch.setattr(pipeline, "MusicLM", loader)
    monkeypatch.setattr(compilation_cache, "use", lambda: None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make_index():
    return main(["index", "--tokens=tokens", "--output=index.safetensors"])


def test_a_piece_that_is_a_training_clip_is_told_and_noted(here, capsys):
    assert make_index() == 0
    assert capsys.readouterr().out == "index.safetensors\n"
    index = token_index.load(here / "index.safetensors")
    assert (index.dataset, index.frame_rate) == ("songs/1.0.0", 25.0)
    assert len(index.near) == 4 and index.near[0] > 0.1
    given = ["--check_memorisation=index.safetensors", "--output=a.wav", "--json"]
    assert main(["generate", "jazz", "--num=2", *given]) == 0
    told = capsys.readouterr()
    assert told.err.count("nearest in the training set: song 2 from 0 s, to 0 s") == 2
    assert "(0% of its own clips have one as near)" in told.err
    likeness = json.loads(told.out)["likeness"]
    assert [each["longest_run_seconds"] for each in likeness] == [5.0, 5.0]
    for number in (1, 2):
        noted = cards.read(here / f"a-{number}.wav")["likeness"]
        assert (noted["clip"], noted["dataset"]) == ("song 2", "songs/1.0.0")
        assert noted["cost"] == pytest.approx(0.0, abs=1e-3)
        assert noted["as_near"] == 0.0


def test_without_the_flag_nothing_is_noted(here, capsys):
    assert main(["generate", "jazz", "--output=a.wav"]) == 0
    assert capsys.readouterr().err == ""
    assert "likeness" not in cards.read(here / "a.wav")


def test_an_index_of_another_tokenizer_is_refused_before_music_is_made(here, capsys):
    assert make_index() == 0
    path = here / "index.safetensors"
    index = token_index.load(path)
    dataclasses.replace(index, tokenizer="ab" * 32).save(path)
    given = ["--check_memorisation=index.safetensors", "--output=a.wav"]
    capsys.readouterr()
    assert main(["generate", "jazz", *given]) == 2
    told = capsys.readouterr().err
    assert "has tokens of the semantic tokenizer abababababab" in told
    assert told.count("\n") == 1 and not (here / "a.wav").exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--check_memorisation=no.safetensors"], "there is no index no.safetensors"),
        (["--check_memorisation=tokens/metadata.json"], "is damaged, or no index"),
        (["--check_memorisation=x", "--stages=semantic"], "hears the pieces of one"),
    ],
)
def test_what_is_no_index_is_refused(capsys, given, sentence):
    assert main(["generate", "jazz", *given]) == 2
    assert sentence in capsys.readouterr().err


def test_records_of_another_model_make_no_index(here, codes, capsys):
    write_records(here / "others", codes, "5e" * 32)
    assert main(["index", "--tokens=others", "--output=a.safetensors"]) == 2
    assert "were made by tokenizers 5e5e5e5e5e5e, not by" in capsys.readouterr().err
    assert not (here / "a.safetensors").exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--output=a.npz"], "an index ends in .safetensors"),
        (["--output=there.safetensors"], "is in the way: choose another --output"),
        (["--output=a.safetensors", "--split=test"], "has no split 'test'"),
        (["--output=a.safetensors", "--model=nowhere"], "there is no model in nowhere"),
    ],
)
def test_index_says_what_is_wrong(here, capsys, given, sentence):
    (here / "there.safetensors").write_bytes(b"")
    assert main(["index", "--tokens=tokens", *given]) == 2
    told = capsys.readouterr().err
    assert sentence in told and told.count("\n") == 1


def test_one_clip_makes_no_index(here, codes, capsys):
    write_records(here / "one", codes[:1], BOX.tokenizers_hash())
    assert main(["index", "--tokens=one", "--output=a.safetensors"]) == 2
    assert "1 clips are no training set" in capsys.readouterr().err

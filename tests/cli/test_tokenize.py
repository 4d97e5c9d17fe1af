import types

import numpy as np
import pytest

from musiclm_jax import bundle, tokenizers
from musiclm_jax.cli import compilation_cache, tokenize
from musiclm_jax.data import audio_dataset, token_records

RATE = 1000


class _Codec:
    """Codes that say which samples they were made of."""

    sample_rate = RATE
    frame_rate = 50.0

    def tokenize(self, audio):
        frames = audio.reshape(len(audio), -1, 20)[:, :, :1]
        return np.round(frames * 2**15).astype(np.int32) * np.ones((1, 1, 3), np.int32)


class _Semantic:
    frame_rate = 25.0

    def tokenize(self, audio):
        frames = audio.reshape(len(audio), -1, 40)[:, :, :1]
        return np.round(frames * 2**15).astype(np.int32)


class _MuLan:
    config = types.SimpleNamespace(window_seconds=2.0, stride_seconds=1.0, embed_dim=4)

    def embed_windows(self, audio):
        _SHAPES.append(audio.shape)
        windows = max(1, audio.shape[1] // RATE - 1)
        return np.ones((len(audio), windows, 4), np.float32) * audio[:, :1, None]

    def embed_text(self, texts):
        _SHAPES.append(len(texts))
        return np.array([[len(text)] * 4 for text in texts], np.float32)


_SHAPES = []
TOKENIZERS = types.SimpleNamespace(codec=_Codec(), semantic=_Semantic(), mulan=_MuLan())


class _Dataset:
    """Clips whose samples all hold the number of the clip."""

    def __init__(self, seconds, captions=None):
        self._clips = [
            {
                "name": f"clip {i}".encode(),
                "audio": np.full(round(s * RATE), i + 1, np.int16),
                "captions": [b"x" * (i + 1)]
                * ((i % 3) if captions is None else captions),
                "tempo_bpm": np.float32(90.5),
                "has_drums": np.bool_(True),
            }
            for i, s in enumerate(seconds)
        ]
        self.opened = []

    def open(self, split):
        self.opened.append(split)
        return self._clips


@pytest.fixture(autouse=True)
def _fakes(monkeypatch, tmp_path):
    _SHAPES.clear()
    loaded = types.SimpleNamespace(tokenizers_hash=lambda: "these")
    monkeypatch.setattr(
        tokenizers.Tokenizers, "load", classmethod(lambda cls, folder: TOKENIZERS)
    )
    monkeypatch.setattr(bundle.Bundle, "load", classmethod(lambda cls, folder: loaded))
    monkeypatch.setattr(compilation_cache, "use", lambda: None)


def _tokenize(dataset, folder, **changes):
    arguments = {"splits": ("train",), "batch_size": 4, "piece_seconds": 30} | changes
    tokenize.tokenize(dataset=dataset, bundle="model", output=folder, **arguments)
    source = token_records.TokenRecordSource(folder, "train")
    return source.metadata, [source[i] for i in range(len(source))]


def test_records_hold_their_own_clip(tmp_path):
    metadata, records = _tokenize(_Dataset([3.0] * 6), tmp_path)
    assert (metadata.semantic_frame_rate, metadata.acoustic_frame_rate) == (25, 50)
    assert (metadata.window_seconds, metadata.stride_seconds) == (2.0, 1.0)
    assert metadata.tokenizers == "these"
    assert len(records) == 6
    for i, record in enumerate(records):
        assert np.all(record.semantic == i + 1) and record.semantic.shape == (75,)
        assert np.all(record.acoustic == i + 1) and record.acoustic.shape == (150, 3)
        assert record.mulan.shape == (2, 4)
        np.testing.assert_allclose(record.mulan, (i + 1) / 2**15)
        assert record.caption_mulan.shape == (i % 3, 4)
        assert np.all(record.caption_mulan == i + 1)
        assert record.fields["name"] == f"clip {i}"
        assert record.fields["captions"] == ["x" * (i + 1)] * (i % 3)
        assert record.fields["tempo_bpm"] == 90.5
        assert record.fields["has_drums"] is True


def test_long_clips_are_cut_and_short_ones_filled(tmp_path):
    _, records = _tokenize(_Dataset([7.4, 0.3]), tmp_path, piece_seconds=3)
    pieces = [
        (r.fields["name"], r.fields["start_seconds"], len(r.acoustic)) for r in records
    ]
    assert sorted(pieces) == [
        ("clip 0", 0, 150), ("clip 0", 3, 150), ("clip 0", 6, 50), ("clip 1", 0, 50),
    ]  # fmt: skip
    short = next(r for r in records if r.fields["name"] == "clip 1")
    assert np.all(short.acoustic[:15] == 2) and np.all(short.acoustic[15:] == 0)


def test_few_shapes_are_computed(tmp_path):
    _tokenize(_Dataset([3.0] * 10, captions=5), tmp_path)
    assert set(_SHAPES) == {(4, 3000), 32}


def test_finished_split_is_not_done_again(tmp_path, capsys):
    dataset = _Dataset([2.0] * 3)
    _tokenize(dataset, tmp_path)
    assert "train: 3 records, 0.00 h of sound" in capsys.readouterr().out
    _tokenize(dataset, tmp_path, splits=("train", "test"))
    assert "train: is there already" in capsys.readouterr().out
    assert dataset.opened == ["train", "test"]


def test_tokens_of_other_tokenizers_are_kept(tmp_path, monkeypatch):
    _tokenize(_Dataset([2.0]), tmp_path)
    other = types.SimpleNamespace(tokenizers_hash=lambda: "other")
    monkeypatch.setattr(bundle.Bundle, "load", classmethod(lambda cls, folder: other))
    with pytest.raises(ValueError, match="tokenizers"):
        _tokenize(_Dataset([2.0]), tmp_path)


def test_flags_name_a_data_set(tmp_path, monkeypatch, capsys):
    from musiclm_jax.cli.main import main

    monkeypatch.setattr(audio_dataset, "AudioDataset", lambda **_: _Dataset([2.0]))
    arguments = ["--data_dir=d", "--bundle=b", f"--output={tmp_path}", "--splits=train"]
    assert main(["tokenize", *arguments]) == 0
    assert capsys.readouterr().out.endswith(f"{tmp_path}\n")

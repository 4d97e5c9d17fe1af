"""Shards of clips to shards of records, by tokenizers whose codes tell samples."""

import pickle
import types

import numpy as np
import pytest

from musiclm_jax import bundle
from musiclm_jax.bundle import tokenizers, tokenizing
from musiclm_jax.data.feeding.crops import crop_tokens
from musiclm_jax.data.records import pieces, token_records
from musiclm_jax.data.records.token_shards import ShardName
from musiclm_jax.data.sets import audio_dataset
from musiclm_jax.parallel import jobs

RATE = 1000


class Codec:
    """Codes that say which samples they were made of."""

    sample_rate = RATE
    frame_rate = 50.0

    def tokenize(self, audio):
        frames = audio.reshape(len(audio), -1, 20)[:, :, :1]
        return np.round(frames * 2**15).astype(np.int32) * np.ones((1, 1, 3), np.int32)


class Semantic:
    frame_rate = 25.0

    def tokenize(self, audio):
        frames = audio.reshape(len(audio), -1, 40)[:, :, :1]
        return np.round(frames * 2**15).astype(np.int32)


class MuLan:
    config = types.SimpleNamespace(
        window_seconds=2.0,
        stride_seconds=1.0,
        window_length=2 * RATE,
        stride_length=RATE,
        embed_dim=4,
    )

    def __init__(self):
        self.shapes = []

    def embed_windows(self, audio):
        self.shapes.append(audio.shape)
        windows = max(1, audio.shape[1] // RATE - 1)
        return np.ones((len(audio), windows, 4), np.float32) * audio[:, :1, None]

    def embed_text(self, texts):
        self.shapes.append(len(texts))
        return np.array([[len(text)] * 4 for text in texts], np.float32)


class Dataset:
    """Clips whose samples all hold the number of the clip."""

    def __init__(self, *shards, captions=None, name="clips/tiny/1.0.0"):
        self.name = name
        self._lengths = list(map(len, shards))
        self.clips = [
            {
                "name": f"clip {i}".encode(),
                "audio": np.full(round(s * RATE), i + 1, np.int16),
                "captions": [b"x" * (i + 1)]
                * ((i % 3) if captions is None else captions),
                "tempo_bpm": np.float32(90.5),
                "has_drums": np.bool_(True),
            }
            for i, s in enumerate(s for shard in shards for s in shard)
        ]

    def full_name(self):
        return self.name

    def made_of(self):
        return "these"

    def check_rate(self, sample_rate, of_whom):
        assert sample_rate == RATE

    def shard_lengths(self, split):
        return self._lengths

    def open(self, split):
        return self.clips


@pytest.fixture(autouse=True)
def fakes(monkeypatch):
    """A bundle of the tokenizers above; returns them, and the bundle's hash."""
    mulan = MuLan()
    loaded = types.SimpleNamespace(
        codec=Codec(), semantic=Semantic(), mulan=mulan, melody=None
    )
    loaded.over = lambda mesh: loaded
    box = types.SimpleNamespace(
        tokenizers_hash=lambda: "these",
        parts={},
        loads=0,
        mulan=mulan,
    )

    def load(cls, folder):
        box.loads += 1
        return loaded

    monkeypatch.setattr(tokenizers.Tokenizers, "load", classmethod(load))
    monkeypatch.setattr(bundle.Bundle, "load", classmethod(lambda cls, folder: box))
    tokenizing._load.cache_clear()
    return box


@pytest.fixture
def make_jobs(tmp_path):
    def make(dataset, *, folder=tmp_path, piece_seconds=30, batch_size=8, heard=None):
        return tokenizing.shard_jobs(
            dataset,
            "train",
            bundle=tmp_path / "model",
            folder=folder,
            metadata=tokenizing.describe(dataset, tmp_path / "model", piece_seconds),
            batch_size=batch_size,
            heard=heard,
        )

    folder = tmp_path / "other"
    folder.mkdir()
    return make


def run(jobs_to_do):
    """Does them in this process, and returns metadata and records."""
    jobs.Here().run(jobs_to_do, lambda done, total: None)
    source = token_records.TokenRecordSource(jobs_to_do[0].folder, "train")
    return source.metadata, [source[i] for i in range(len(source))]


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_records_hold_their_own_clip(make_jobs, tmp_path):
    made = make_jobs(Dataset([3.0] * 4, [3.0] * 2))
    assert [job.num_clips for job in made] == [4, 2]
    metadata, records = run(made)
    assert (metadata.semantic_frame_rate, metadata.acoustic_frame_rate) == (25, 50)
    assert (metadata.window_seconds, metadata.stride_seconds) == (2.0, 1.0)
    assert (metadata.tokenizers, metadata.dataset) == ("these", "clips/tiny/1.0.0")
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
    shards = [(tmp_path / f"train-0000{i}-of-00002.array_record") for i in range(2)]
    assert [job.output for job in made] == shards


def test_pieces_lie_in_the_order_of_their_clips(make_jobs, tmp_path):
    dataset = Dataset([7.4, 0.3, 3.0, 2.5])
    # A clip that is itself a part of a file.
    dataset.clips[0]["start_seconds"] = np.float32(20.0)
    _, records = run(make_jobs(dataset, piece_seconds=3))
    assert [
        (r.fields["name"], r.fields["start_seconds"], len(r.acoustic)) for r in records
    ] == [
        ("clip 0", 20.0, 150), ("clip 0", 23.0, 150), ("clip 0", 24.4, 150),
        ("clip 2", 0.0, 150), ("clip 3", 0.0, 126),
    ]  # fmt: skip
    account = tokenizing.read_account(tmp_path, ShardName("train", 0, 1))
    assert account == pieces.Account(4, 5, 12.9, 1, 0.3)


def counting_frames(seconds):
    """A clip of whose acoustic frames each holds its number."""
    dataset = Dataset([seconds])
    samples = np.arange(round(seconds * RATE))
    dataset.clips[0]["audio"] = (samples * 50 // RATE).astype(np.int16)
    return dataset


@pytest.mark.parametrize("seconds", [45.0, 60.0])
def test_crops_start_anywhere_in_a_longer_clip(make_jobs, rng, seconds):
    made = make_jobs(counting_frames(seconds), piece_seconds=pieces.PIECE_SECONDS)
    metadata, (record,) = run(made)
    starts = [
        crop_tokens(record, metadata, rng, seconds=30.0)["acoustic"][0, 0] / 50
        for _ in range(200)
    ]
    # Kolmogorov's distance to the even distribution: in one of a hundred more.
    shares = np.sort(starts) / (seconds - 30.0)
    assert np.abs(shares - np.arange(1, 201) / 200).max() < 1.63 / np.sqrt(200)
    assert len(set(starts)) > 100


def test_a_clip_some_frames_short_serves_a_crop_of_whole_seconds(make_jobs, rng):
    # Thirty seconds of MP3 at 44.1 kHz, as decoders give them.
    metadata, (record,) = run(make_jobs(counting_frames(29.976)))
    crop = crop_tokens(record, metadata, rng, seconds=30.0)
    acoustic = crop["acoustic"][:, 0]
    assert crop["semantic"].shape == (750, 1) and acoustic.shape == (1500,)
    np.testing.assert_array_equal(acoustic[:1499], np.arange(1499))
    assert record.mulan.shape == (29, 4)  # of two seconds each


def test_windows_end_with_their_clip(make_jobs):
    _, records = run(make_jobs(Dataset([5.5, 1.5])))
    assert [len(record.mulan) for record in records] == [4, 1]
    assert [len(record.semantic) for record in records] == [138, 38]
    assert [len(record.acoustic) for record in records] == [276, 76]


def test_few_shapes_are_computed(make_jobs, fakes):
    heard = []
    run(
        make_jobs(
            Dataset([3.0] * 10, [3.0, 2.0], captions=5),
            # A whole number on each of the eight devices.
            batch_size=5,
            heard=lambda clips, seconds: heard.append((clips, seconds)),
        )
    )
    assert fakes.mulan.shapes.count((8, 3000)) == 3
    assert set(fakes.mulan.shapes) == {(8, 3000), (8, 2000), 32}
    assert heard == [(8, 24.0), (10, 6.0), (2, 3.0), (2, 2.0)]
    assert fakes.loads == 1


def test_equal_captions_are_embedded_once(make_jobs, fakes):
    dataset = Dataset([1.0] * 40)
    for clip in dataset.clips:
        clip["captions"] = [b"calm piano", b"drums"]
    _, records = run(make_jobs(dataset))
    assert fakes.mulan.shapes.count(32) == 1
    np.testing.assert_array_equal(records[7].caption_mulan[:, 0], [10, 5])


def test_a_stopped_run_goes_on_to_the_same_bytes(make_jobs, tmp_path):
    dataset = Dataset([3.0, 2.5, 3.0], [0.5], [8.0, 3.2], [3.0] * 9)
    run(make_jobs(dataset, folder=tmp_path / "other", piece_seconds=3))
    whole = content(tmp_path / "other")

    class Stopped(Exception):
        pass

    for batches in range(1, 8):
        left = iter(range(batches))

        def heard(clips, seconds, left=left):
            if next(left, None) is None:
                raise Stopped

        made = make_jobs(dataset, piece_seconds=3, heard=heard)
        try:
            run(made)
        except Stopped:
            assert content(tmp_path).items() < whole.items()
        else:
            break
    assert content(tmp_path) == whole
    assert make_jobs(dataset, piece_seconds=3) == []


def test_what_is_there_is_not_computed_again(make_jobs, fakes):
    dataset = Dataset([3.0], [3.0], [3.0])
    made = make_jobs(dataset)
    run(made)
    made[1].output.unlink()
    fakes.mulan.shapes.clear()
    run(make_jobs(dataset))
    assert fakes.mulan.shapes == [(8, 3000), 32]


def test_a_job_can_be_sent_elsewhere(tmp_path):
    made = tokenizing.ShardJob(
        dataset=audio_dataset.AudioDataset(name="clips", data_dir=str(tmp_path)),
        bundle=tmp_path / "model",
        folder=tmp_path,
        shard=ShardName("train", 1, 2),
        places=(3, 7),
        metadata=tokenizing.describe(Dataset([]), tmp_path / "model", 30),
        batch_size=8,
    )
    assert pickle.loads(pickle.dumps(made)) == made


def test_shards_of_another_number_are_refused(make_jobs):
    made = make_jobs(Dataset([3.0], [3.0], [3.0]))
    made[0].run()
    with pytest.raises(ValueError, match=r"'train' has 2 shards now, and .* some of 3"):
        make_jobs(Dataset([3.0], [3.0]))


def test_records_of_another_set_are_refused(make_jobs, tmp_path):
    (made,) = make_jobs(Dataset([3.0]))
    made.run()
    before = content(tmp_path)
    made.output.unlink()
    (other,) = make_jobs(Dataset([3.0], name="clips/tiny/2.0.0"))
    with pytest.raises(ValueError, match=r"'clips/tiny/1.0.0', not 'clips/tiny/2.0.0'"):
        other.run()
    made.run()
    assert content(tmp_path) == before


def test_a_bundle_that_changed_is_refused(make_jobs, fakes, tmp_path):
    (made,) = make_jobs(Dataset([3.0]))
    fakes.tokenizers_hash = lambda: "others"
    tokenizing._load.cache_clear()
    with pytest.raises(ValueError, match="are others by now, and no longer these"):
        made.run()
    assert content(tmp_path) == {}

"""A source becomes a TFDS data set: splits, account, quarantine, resume, and locks."""

import contextlib
import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from musiclm_jax.data.intake.builder import ACCOUNT, QUARANTINE, ClipsBuilder
from musiclm_jax.data.intake.config import ClipsConfig
from musiclm_jax.data.intake.recordings import Recording, Rejection, Source
from musiclm_jax.data.sets.audio_dataset import AudioDataset, captions_of
from musiclm_jax.data.text.sidecars import Notes
from musiclm_jax.files import one_writer
from musiclm_jax.parallel.jobs import Here

RATE = 16000


@dataclasses.dataclass(frozen=True)
class Noise:
    """Sound in memory: noise of a seed, silence where the seed is zero."""

    seed: int
    seconds: float
    sample_rate: int = RATE
    num_channels: int = 1
    format: str = "noise"

    def audio(self):
        rng = np.random.default_rng(self.seed)
        size = round(self.seconds * RATE)
        return rng.uniform(-0.5, 0.5, size).astype(np.float32) * bool(self.seed)

    def stamp(self):
        return [self.seed, str(self.seconds)]

    def digest(self):
        return hashlib.sha256(self.audio().tobytes()).hexdigest()

    @contextlib.contextmanager
    def open(self):
        yield self

    def blocks(self):
        yield self.audio()[:, None]


def recording(seed, seconds=2.0, split=None, **notes):
    return Recording(
        name=f"{seed:03d}",
        sound=Noise(seed, seconds),
        notes=Notes(**notes),
        split=split,
    )


@dataclasses.dataclass(kw_only=True)
class NoiseConfig(ClipsConfig):
    recordings: tuple
    left_out: tuple = ()

    def title(self):
        return "some noise"

    def content(self):
        yield str(self.recordings)

    def source(self):
        return Source(recordings=self.recordings, left_out=dict(self.left_out))


class NoiseClips(ClipsBuilder):
    """Clips of noise."""


def dataset(tmp_path, recordings, left_out=(), **changes):
    settings = {"clip_seconds": 1.0, "sample_rate": RATE, "min_seconds": 0.5}
    settings |= {"validation_share": 0.2, "test_share": 0.2}
    config = NoiseConfig(
        recordings=tuple(recordings), left_out=left_out, **(settings | changes)
    )
    return AudioDataset(name="noise_clips", data_dir=str(tmp_path), config=config)


def prepare(*arguments, **changes):
    return dataset(*arguments, **changes).prepare(runner=Here())


def lines_of(builder):
    text = Path(builder.data_dir, QUARANTINE).read_text()
    return [json.loads(line) for line in text.splitlines()]


def account_of(builder):
    return json.loads(Path(builder.data_dir, ACCOUNT).read_text())


def test_every_recording_is_written_or_left_out(tmp_path):
    notes = {"captions": ("one", "two"), "aspects": ("loud",), "fields": {"year": 1971}}
    there = [recording(i, **notes) for i in range(1, 31)]
    there += [recording(0, 2.0), recording(31, 0.1)]
    there.sort(key=lambda r: r.name)
    gone = ("gone", Rejection(kind="missing", reason="it is not there"))
    builder = prepare(tmp_path, there, (gone,))
    account = account_of(builder)
    assert account["recordings"] == 33 == account["written"] + account["left_out"]
    assert account["left_out_by_kind"] == {"missing": 1, "silent": 1, "too_short": 1}
    assert account["clips"] == 60 and account["hours"] == pytest.approx(
        1 / 60, abs=1e-4
    )
    assert {line["name"]: line["kind"] for line in lines_of(builder)} == {
        "000": "silent", "031": "too_short", "gone": "missing",
    }  # fmt: skip
    clips = [
        clip
        for split in builder.info.splits
        for clip in dataset(tmp_path, there, (gone,)).open(split)
    ]
    assert set(builder.info.splits) == {"train", "validation", "test"}
    assert len({clip["name"] for clip in clips}) == 60
    clip = next(clip for clip in clips if clip["name"] == b"007@1.00")
    expected = np.round(Noise(7, 2.0).audio()[RATE:] * 2**15)
    np.testing.assert_array_equal(clip["audio"], expected)
    assert captions_of(clip) == ["one", "two"] and clip["aspects"] == [b"loud"]
    assert json.loads(clip["fields"]) == {"year": 1971}
    assert not list(tmp_path.rglob("*.partial"))


def test_new_recordings_move_no_old_one(tmp_path):
    def dealt(folder, recordings):
        music = dataset(folder, recordings)
        return {
            clip["file"]: split
            for split in music.prepare(runner=Here()).info.splits
            for clip in music.open(split)
        }

    few = [recording(i) for i in range(1, 20)]
    more = few + [recording(i) for i in range(20, 25)]
    before, after = dealt(tmp_path / "a", few), dealt(tmp_path / "b", more)
    assert {name: after[name] for name in before} == before
    assert set(before.values()) == {"train", "validation", "test"}


def test_splits_of_the_publisher_stay(tmp_path):
    there = [recording(i, split="test" if i % 2 else "train") for i in range(1, 9)]
    builder = prepare(tmp_path, there)
    assert {n: s.num_examples for n, s in builder.info.splits.items()} == {
        "test": 8, "train": 8,
    }  # fmt: skip


def test_silent_clips_are_listed_with_their_time(tmp_path):
    @dataclasses.dataclass(frozen=True)
    class Late(Noise):
        def audio(self):
            audio = super().audio()
            audio[:RATE] = 0
            return audio

    late = Recording(name="late", sound=Late(1, 3.0), notes=Notes())
    builder = prepare(tmp_path, [late])
    assert account_of(builder)["silent_clips"] == 1
    assert lines_of(builder) == [
        {"name": "late", "kind": "silent", "reason": "this clip of it is silent",
         "start_seconds": 0.0}
    ]  # fmt: skip


def test_what_was_stopped_goes_on(tmp_path, monkeypatch):
    there = [recording(i, 130.0, split="train") for i in range(1, 4)]
    whole = prepare(tmp_path / "whole", there)
    read = []

    class Stopped(Here):
        def run(self, jobs, progress):
            if "array_record" in jobs[0].output.name:
                jobs[0].run()
                raise KeyboardInterrupt
            read.extend(jobs)
            super().run(jobs, progress)

    music = dataset(tmp_path / "again", there)
    with pytest.raises(KeyboardInterrupt):
        music.prepare(runner=Stopped())
    monkeypatch.setattr(Noise, "digest", lambda self: pytest.fail("measured again"))
    again = music.prepare(runner=Here())
    shards = sorted(path.name for path in Path(whole.data_dir).iterdir())
    assert len([name for name in shards if "array_record" in name]) == 3
    for name in shards:
        if "array_record" in name or name in (ACCOUNT, QUARANTINE):
            ours = Path(again.data_dir, name).read_bytes()
            assert ours == Path(whole.data_dir, name).read_bytes(), name


def test_parts_of_what_has_changed_since_are_not_used(tmp_path):
    class Stopped(Here):
        def run(self, jobs, progress):
            super().run(jobs, progress)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dataset(tmp_path, [recording(1)], name="mine").prepare(runner=Stopped())
    music = dataset(tmp_path, [recording(2)], name="mine")
    music.prepare(runner=Here())
    split = next(iter(music.builder().info.splits))
    assert [clip["file"] for clip in music.open(split)] == [b"002", b"002"]
    changed = dataset(tmp_path, [recording(3)], name="mine")
    with pytest.raises(ValueError, match="but was made of other recordings or with"):
        changed.prepare(runner=Here())


def test_two_at_once_are_told(tmp_path):
    music = dataset(tmp_path, [recording(1)])
    partial = Path(f"{music.builder().data_dir}.partial")
    in_use = pytest.raises(ValueError, match=r"2\.0\.0\.partial is in use: another")
    with one_writer.alone(partial), in_use:
        music.prepare(runner=Here())
    assert music.prepare(runner=Here()).info.splits.total_num_examples == 2
    assert [p.name for p in partial.parent.iterdir()] == ["2.0.0"]


def test_nothing_that_can_be_used(tmp_path):
    with pytest.raises(ValueError, match="none of the 2 recordings can be used: 000: "):
        prepare(tmp_path, [recording(0), recording(1, 0.1)])
    with pytest.raises(ValueError, match="there is no recording to prepare"):
        prepare(tmp_path, [])


def test_settings_that_cannot_be(tmp_path):
    with pytest.raises(ValueError, match="must leave recordings to train on"):
        dataset(tmp_path, [], validation_share=0.9)
    with pytest.raises(ValueError, match="a clip at least as long as the shortest"):
        dataset(tmp_path, [], min_seconds=3.0)
    named = AudioDataset(name="noise_clips", data_dir=str(tmp_path), config="other")
    with pytest.raises(ValueError, match="'noise_clips/other' is not prepared in"):
        named.prepare()


def test_name_follows_settings_and_content(tmp_path):
    names = [
        dataset(tmp_path, recordings, **changes).config.name
        for recordings, changes in [
            ([recording(1)], {}),
            ([recording(1)], {}),
            ([recording(2)], {}),
            ([recording(1)], {"loudness": -14.0}),
        ]
    ]
    assert names[0] == names[1] and len(set(names)) == 3
    assert all(name.startswith("some_noise-") for name in names)

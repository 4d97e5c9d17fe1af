import json
import resource

import jax
import numpy as np
import pytest
from tensorboardX.proto import event_pb2
from tensorboardX.record_writer import masked_crc32c

from musiclm_jax.training import writers


def read_lines(folder):
    return [
        json.loads(line)
        for line in (folder / writers.FILE_NAME).read_text().splitlines()
    ]


def read_events(folder):
    """Parses the record format by hand: length, checksum, bytes, checksum."""
    for path in sorted((folder / "tensorboard").iterdir()):
        data = path.read_bytes()
        while data:
            length = int.from_bytes(data[:8], "little")
            event, data = data[12 : 12 + length], data[16 + length :]
            yield event_pb2.Event.FromString(event)
    assert masked_crc32c  # the checksums themselves are the library's business


def test_what_was_written_is_read_back(tmp_path):
    with writers.Writer(tmp_path, step=0) as writer:
        writer.write(1, "train", {"loss/total": 0.5})
        writer.write(2, "eval", {"loss/total": 0.25, "health/x": 3.0})
        writer.write_audio(2, "sample/0", np.full(100, 2.0), sample_rate=24000)
    assert read_lines(tmp_path) == [
        {"step": 1, "split": "train", "loss/total": 0.5},
        {"step": 2, "split": "eval", "loss/total": 0.25, "health/x": 3.0},
    ]
    values = [(e.step, v) for e in read_events(tmp_path) for v in e.summary.value]
    scalars = {
        (step, v.tag): v.simple_value for step, v in values if not v.HasField("audio")
    }
    assert scalars == {
        (1, "loss/total/train"): 0.5,
        (2, "loss/total/eval"): 0.25,
        (2, "health/x/eval"): 3.0,
    }
    (audio,) = [v.audio for _, v in values if v.HasField("audio")]
    assert (audio.sample_rate, audio.num_channels, audio.length_frames) == (
        24000,
        1,
        100,
    )
    assert audio.encoded_audio_string.startswith(b"RIFF")


def test_what_is_not_finite_is_null_and_json_stays_strict(tmp_path):
    with writers.Writer(tmp_path, step=0) as writer:
        writer.write(1, "train", {"a": float("nan"), "b": float("-inf"), "c": 1.0})
    text = (tmp_path / writers.FILE_NAME).read_text()

    def refuse(constant):
        raise AssertionError(constant)

    record = json.loads(text, parse_constant=refuse)
    assert record == {"step": 1, "split": "train", "a": None, "b": None, "c": 1.0}


def test_a_resumed_run_drops_what_it_writes_again(tmp_path):
    with writers.Writer(tmp_path, step=0) as writer:
        for step in range(1, 6):
            writer.write(step, "train", {"x": float(step)})
    with (tmp_path / writers.FILE_NAME).open("a") as lines:
        lines.write('{"step": 3, "spl')  # killed while writing
    with writers.Writer(tmp_path, step=3) as writer:
        writer.write(4, "train", {"x": 40.0})
    assert [(r["step"], r["x"]) for r in read_lines(tmp_path)] == [
        (1, 1.0), (2, 2.0), (3, 3.0), (4, 40.0),
    ]  # fmt: skip
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        writers.FILE_NAME, "tensorboard",
    ]  # fmt: skip


def test_only_the_first_process_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(jax, "process_index", lambda: 1)
    with writers.Writer(tmp_path / "run", step=0) as writer:
        writer.write(1, "train", {"x": 1.0})
        writer.write_audio(1, "a", np.zeros(8), sample_rate=24000)
    assert not (tmp_path / "run").exists()


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(OSError, match="run"):
        writers.Writer(tmp_path / "run", step=0)


def test_a_full_disk_is_named_at_once(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with writers.Writer(tmp_path, step=0) as writer:
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
            with pytest.raises(OSError, match=r"File too large: .*tensorboard"):
                writer.write_audio(1, "a", np.zeros(24_000), sample_rate=24_000)
            with pytest.raises(OSError, match=r"File too large: .*metrics\.jsonl"):
                for step in range(1000):
                    writer.write(step, "train", {})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_another_call_hides_its_steps_in_tensorboard(tmp_path):
    for step in (0, 3):
        with writers.Writer(tmp_path / str(step), step=step):
            pass
        first, start = read_events(tmp_path / str(step))
        assert first.file_version == "brain.Event:2"
        assert start.session_log.status == event_pb2.SessionLog.START
        assert start.step == step + 1

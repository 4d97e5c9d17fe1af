"""Where numbers and sound of a run go: one JSON line a record, and TensorBoard."""

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path

import jax
import numpy as np
from tensorboardX import event_file_writer, summary
from tensorboardX.proto import event_pb2, summary_pb2

from musiclm_jax.files import json_lines, whole_files

FILE_NAME = "metrics.jsonl"
_FLUSH_SECONDS = 30.0


def drop_lines_after(path: Path, step: int) -> None:
    """Removes records of later steps, and a last line that was cut short.

    A run that resumes writes those steps again.
    """
    if not path.exists():
        return
    kept = []
    for line in json_lines.split(path.read_text(encoding="utf-8")):
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if record["step"] <= step:
            kept.append(line + "\n")
    whole_files.write(path, "".join(kept).encode("utf-8"))


class _Events:
    """TensorBoard's file of one call.

    Written by whoever adds to it: tensorboardX's own writer does so in a thread, and
    waits for ever where that thread met a full disk.
    """

    def __init__(self, folder: Path, *, step: int) -> None:
        whole_files.make_folder(folder)
        self._folder = folder
        with whole_files.naming(folder):
            self._file = event_file_writer.EventsWriter(str(folder / "events"))
        # What an earlier call wrote of later steps is hidden from here on.
        start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        self._write(event_pb2.Event(step=step + 1, session_log=start))
        self.flush()

    def add(self, step: int, content: summary_pb2.Summary) -> None:
        self._write(event_pb2.Event(step=step, summary=content))
        if time.monotonic() - self._flushed >= _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        with whole_files.naming(self._folder):
            self._file.flush()
        self._flushed = time.monotonic()

    def close(self) -> None:
        with whole_files.naming(self._folder):
            self._file.close()

    def _write(self, event: event_pb2.Event) -> None:
        event.wall_time = time.time()
        with whole_files.naming(self._folder):
            self._file.write_event(event)


class Writer:
    """Writes metrics of a run; on all processes but the first it does nothing."""

    def __init__(self, model_dir: str | Path, *, step: int) -> None:
        """Opens the files of a run that stands at `step`.

        Args:
            model_dir: folder of the run; created if missing.
            step: records of later steps are removed.
        """
        self._lines: Path | None = None
        self._events: _Events | None = None
        if jax.process_index() != 0:
            return
        folder = Path(model_dir)
        whole_files.make_folder(folder)
        drop_lines_after(folder / FILE_NAME, step)
        self._lines = folder / FILE_NAME
        self._events = _Events(folder / "tensorboard", step=step)

    def write(self, step: int, split: str, metrics: Mapping[str, float]) -> None:
        """Writes one record: `{"step":, "split":, name: value, ...}`.

        Args:
            step: steps taken.
            split: "train" or "eval".
            metrics: scalars; JSON knows no infinity, so not finite becomes null.
        """
        if self._lines is None or self._events is None:
            return
        finite = {k: v if math.isfinite(v) else None for k, v in metrics.items()}
        line = json.dumps({"step": step, "split": split, **finite})
        with (
            whole_files.naming(self._lines),
            self._lines.open("a", encoding="utf-8") as lines,
        ):
            lines.write(line + "\n")
        for name, value in metrics.items():
            self._events.add(step, summary.scalar(f"{name}/{split}", value))

    def write_audio(
        self, step: int, name: str, audio: np.ndarray, *, sample_rate: int
    ) -> None:
        """Adds sound to TensorBoard.

        Args:
            step: steps taken.
            name: slash path.
            audio: [sample], in [-1, 1].
            sample_rate: in Hz.
        """
        if self._events is None:
            return
        clipped = np.clip(np.asarray(audio, np.float32), -1.0, 1.0)
        self._events.add(step, summary.audio(name, clipped[:, None], sample_rate))

    def sync(self) -> None:
        """Returns when all records so far would survive a loss of power."""
        if self._lines is not None and self._lines.exists():
            whole_files.sync(self._lines)
            whole_files.sync(self._lines.parent)

    def close(self) -> None:
        """Flushes the events."""
        if self._events is not None:
            self._events.close()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

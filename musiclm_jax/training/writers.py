"""Where numbers and sound of a run go: one JSON line a record, and TensorBoard."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

import jax
import numpy as np
import tensorboardX

FILE_NAME = "metrics.jsonl"


def drop_lines_after(path: Path, step: int) -> None:
    """Removes records of later steps, and a last line that was cut short.

    A run that resumes writes those steps again.
    """
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if record["step"] <= step:
            kept.append(line + "\n")
    whole = path.with_suffix(".tmp")
    whole.write_text("".join(kept), encoding="utf-8")
    os.replace(whole, path)


class Writer:
    """Writes metrics of a run; on all processes but the first it does nothing."""

    def __init__(self, model_dir: str | Path, *, step: int) -> None:
        """Opens the files of a run that stands at `step`.

        Args:
            model_dir: folder of the run; created if missing.
            step: records of later steps are removed.
        """
        self._lines: Path | None = None
        self._events: tensorboardX.SummaryWriter | None = None
        if jax.process_index() != 0:
            return
        folder = Path(model_dir)
        folder.mkdir(parents=True, exist_ok=True)
        drop_lines_after(folder / FILE_NAME, step)
        self._lines = folder / FILE_NAME
        self._events = tensorboardX.SummaryWriter(
            str(folder / "tensorboard"),
            purge_step=step + 1 if step else None,
            flush_secs=30,
        )

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
        with self._lines.open("a", encoding="utf-8") as lines:
            lines.write(line + "\n")
        for name, value in metrics.items():
            self._events.add_scalar(f"{name}/{split}", value, step)

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
        self._events.add_audio(name, clipped[:, None], step, sample_rate=sample_rate)

    def close(self) -> None:
        """Flushes the events."""
        if self._events is not None:
            self._events.close()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

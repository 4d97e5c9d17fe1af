"""What a crop costs to read, by the length of the clips that it is cut out of: a table.

    python benchmarks/clip_lengths.py [--clips 10 30 60 120 300] [--crops 1 10]

Recordings of noise are prepared in clips of each length, and batches of crops are read
of them as a training would. Clips are read whole, so that the longest crop wants them
long and the shortest wants them short.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
from feeding import cost_of

from musiclm_jax.data.feeding.pipelines import AudioBatches
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.data.sets.audio_folder import AudioFolderConfig
from musiclm_jax.evaluation import report

_RATE = 24000
_RECORDINGS = 8
_BATCH = 16


def write_noise(folder: Path, seconds: float) -> None:
    """Writes recordings of so many seconds."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for index in range(_RECORDINGS):
        noise = 0.1 * rng.standard_normal(round(seconds * _RATE))
        soundfile.write(folder / f"{index}.wav", noise, _RATE)


def prepared(music: Path, data: Path, clip_seconds: float) -> AudioDataset:
    """Prepares the recordings in clips of this length."""
    config = AudioFolderConfig(
        folder=str(music),
        clip_seconds=clip_seconds,
        validation_share=0.0,
        test_share=0.0,
    )
    dataset = AudioDataset(name="audio_folder", data_dir=str(data), config=config)
    dataset.prepare()
    return dataset


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--clips", type=float, nargs="+", default=[10, 30, 60, 120, 300]
    )
    parser.add_argument("--crops", type=float, nargs="+", default=[1, 10])
    parser.add_argument("--seconds", type=float, default=5.0, help="of each row")
    options = parser.parse_args(arguments)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        music = Path(folder) / "music"
        write_noise(music, max(options.clips))
        for clip_seconds in options.clips:
            dataset = prepared(music, Path(folder) / "data", clip_seconds)
            for crop_seconds in options.crops:
                batches = AudioBatches(
                    dataset=dataset,
                    batch_size=_BATCH,
                    crop_seconds=crop_seconds,
                    sample_rate=_RATE,
                    seed=0,
                    num_eval_batches=1,
                ).train_iterator()
                next(batches)
                cost = cost_of(lambda batches=batches: next(batches), options.seconds)
                rows.append(
                    (
                        f"{clip_seconds:g}",
                        f"{crop_seconds:g}",
                        f"{_BATCH / cost.wall:.0f}",
                        f"{1e3 * cost.cpu / _BATCH:.2f}",
                    )
                )
    header = ("clip, s", "crop, s", "examples/s", "CPU ms an example")
    print(report.table(header, rows))
    print(f"\n{report.hardware()}")


if __name__ == "__main__":
    main()

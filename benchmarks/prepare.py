"""How fast `musiclm data prepare` reads music, and how much memory it takes.

    python benchmarks/prepare.py [--minutes 60] [--hours 3] [--processes 2]

Prints one table: hours of stereo music at 44.1 kHz, half MP3 and half FLAC, prepared
in clips at 24 kHz; the time that decoding these files alone takes on the
same number of processes; and the most memory that any process held while it prepared
one file of several hours.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent import futures
from pathlib import Path

import soundfile
from music_files import RATE, song, write_music

_BLOCK = 2**18


def decode(path: Path) -> int:
    """Reads a file block by block, and keeps nothing; returns its samples."""
    with soundfile.SoundFile(path) as file:
        count = 0
        while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
            count += len(block)
        return count


def decode_all(paths: Sequence[Path], processes: int) -> float:
    """Returns the seconds that decoding takes, processes already there."""
    with futures.ProcessPoolExecutor(processes) as pool:
        list(pool.map(decode, paths[:processes]))
        started = time.monotonic()
        list(pool.map(decode, paths))
        return time.monotonic() - started


def prepare(folder: Path, data: Path, processes: int) -> tuple[float, float]:
    """Runs the command; returns its seconds, and the most memory of a process in MB."""
    command = [sys.executable, "-m", "musiclm_jax", "data", "prepare", str(folder)]
    command += [f"--data_dir={data}", f"--processes={processes}"]
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    taken = time.monotonic() - started
    # Of the command and, as it waited for them, of its workers.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return taken, peak / 1024


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0, help="of music")
    parser.add_argument("--hours", type=float, default=3.0, help="of the long file")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        long = work / "long"
        long.mkdir()
        _write_long(long / "long.flac", options.hours)
        taken, peak = prepare(long, work / "data", options.processes)
        print("| what | figure |\n|---|---|")
        print(
            f"| one file of {options.hours:g} h | {peak:,.0f} MB at most, "
            f"{options.hours * 3600 / taken:,.0f} x real time |",
            flush=True,
        )
        seconds = write_music(work / "music", minutes=options.minutes, seed=1)
        alone = decode_all(sorted((work / "music").iterdir()), options.processes)
        taken, _ = prepare(work / "music", work / "data", options.processes)
        print(
            f"| {seconds / 60:,.0f} min of MP3 and FLAC, {options.processes} processes "
            f"| {taken:.1f} s, {seconds / taken:,.0f} x real time |\n"
            f"| decoding alone | {alone:.1f} s, {seconds / alone:,.0f} x real time |\n"
            f"| share of decoding, which is done twice | {2 * alone / taken:.0%} |"
        )


def _write_long(path: Path, hours: float) -> None:
    part = song(0, 120.0)
    with soundfile.SoundFile(path, "w", RATE, part.shape[1]) as file:
        for index in range(round(hours * 30)):
            # Not the same again and again.
            file.write(part * (0.5 + 0.5 * (index % 7) / 7))


if __name__ == "__main__":
    main()

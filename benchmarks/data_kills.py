"""Data work that is killed again and again equals work left alone: prints one table.

    python benchmarks/data_kills.py --kills 20 --seed 0 [--minutes 10] [--verb prepare]

`musiclm data prepare` makes a data set of a folder of MP3 and FLAC files, and
`musiclm tokenize` makes token records of it with the model in the box: once left
alone, then with SIGKILL to the process and its workers at random moments, drawn evenly
from the life of the first, and each time started again by the same command, until it is
through. Then it begins anew, until there were so many kills. Compared is every file,
byte for byte. Ends with 1 where something differs.
"""

import argparse
import collections
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from music_files import write_music

import musiclm_jax

BUNDLE = Path(musiclm_jax.__file__).parent / "assets" / "tiny"


class Verb:
    """A command that writes one folder.

    Attributes:
        name: of the verb.
        output: what it writes, whole or in parts.
    """

    def __init__(self, name: str, arguments: Sequence[object], output: Path):
        """Holds the arguments."""
        self.name, self.output = name, output
        self._command = [sys.executable, "-m", "musiclm_jax", *map(str, arguments)]

    def run(self, seconds: float | None = None) -> bool:
        """Runs it; returns whether it was through, or killed after so many seconds."""
        process = subprocess.Popen(
            self._command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            _, errors = process.communicate(timeout=seconds)
            if process.returncode:
                raise SystemExit(f"data_kills.py: {errors.decode()}")
            return True
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return False

    def files(self) -> dict[str, bytes]:
        """Returns what was written: name -> bytes."""
        return {
            path.relative_to(self.output).as_posix(): path.read_bytes()
            for path in sorted(self.output.rglob("*"))
            if path.is_file()
        }


def measure(verb: Verb, *, kills: int, rng: np.random.Generator) -> collections.Counter:
    """Runs, kills, and compares; returns counts of what was seen."""
    started = time.monotonic()
    verb.run()
    life = time.monotonic() - started
    whole = verb.files()
    seen = collections.Counter(differences=0)
    while seen["kills"] < kills:
        shutil.rmtree(verb.output)
        while seen["kills"] < kills and not verb.run(rng.uniform(0.0, life)):
            seen["kills"] += 1
        verb.run()
        seen["rounds"] += 1
        again = verb.files()
        for name in sorted({*whole, *again}):
            if whole.get(name) != again.get(name):
                print(f"{verb.name}: {name} differs")
                seen["differences"] += 1
    print(
        f"| {verb.name} | {len(whole)} files, {life:.1f} s | {seen['rounds']} | "
        f"{seen['kills']} | {seen['differences'] or 'none'} |",
        flush=True,
    )
    return seen


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="of each verb")
    parser.add_argument("--minutes", type=float, default=10.0, help="of music")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verb", choices=("prepare", "tokenize"), help="one alone")
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    print("| verb | left alone | rounds | kills | differences |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        write_music(work / "music", minutes=options.minutes, seed=options.seed)
        prepare = Verb(
            "prepare",
            ["data", "prepare", work / "music", "--data_dir", work / "data"],
            work / "data",
        )
        if options.verb == "tokenize":
            prepare.run()
        seen = collections.Counter()
        if options.verb != "tokenize":
            seen += measure(prepare, kills=options.kills, rng=rng)
        if options.verb != "prepare":
            (name,) = (path.name for path in (work / "data" / "audio_folder").iterdir())
            tokenize = Verb(
                "tokenize",
                ["tokenize", f"--data_dir={work / 'data'}", f"--bundle={BUNDLE}",
                 f"--dataset=audio_folder/{name}",
                 f"--output={work / 'tokens'}", "--splits=train"],
                work / "tokens",
            )  # fmt: skip
            seen += measure(tokenize, kills=options.kills, rng=rng)
    return 1 if seen["differences"] else 0


if __name__ == "__main__":
    sys.exit(main())

"""Damage of all kinds, seeded, counted by what came of it: prints one table.

    python benchmarks/fuzz.py [--bundles 2000] [--recordings 500] [--gin 300]
        [--prompts 500] [--manifests 300] [--seed 0]

Bundles: damaged, swapped or edited files; what loads must be what was there before.
Manifests: configs edited, and every hash made right again. Recordings of every format:
damaged or joined; a good one lasts as long as its bytes hold. Gin: mistakes in bindings
and files of a training that has all else it needs; one line each and exit code 2.
Prompts: random letters and signs. Ends with 1 where something is wrong, and prints it.
"""

import argparse
import collections
import contextlib
import copy
import io
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import micro_inputs
import numpy as np
import soundfile

from musiclm_jax import bundle
from musiclm_jax.bundle import manifest
from musiclm_jax.cli import main as command
from musiclm_jax.data.intake.recordings import Recording
from musiclm_jax.data.intake.survey import measure
from musiclm_jax.data.sound.audio_files import FileSound
from musiclm_jax.data.sound.open_audio import without_notes
from musiclm_jax.data.text.sidecars import Notes
from musiclm_jax.evaluation import report
from musiclm_jax.files import fingerprints
from musiclm_jax.generation.prompt import parse
from musiclm_jax.training import loop

_PLAIN = (ValueError, OSError)
_SECONDS, _RATE = 3, 24000
_FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "w64": ("W64", "PCM_16"),
}
_GIN_VALUES = (
    "'2'", "None", "-1", "0", "1e400", "[1]", "(3", "{}", "True", "@nothing()", "%NONE",
    "'a", "2.5", "", "1 2", "\x00", "é", "@loop.Cadence", "((1))]", "{'a': 1}",
)  # fmt: skip


class Tally:
    """Counts by outcome, and what was wrong."""

    def __init__(self) -> None:
        """Has counted nothing."""
        self.counts: collections.Counter[tuple[str, str]] = collections.Counter()
        self.wrong: list[str] = []

    def add(self, kind: str, outcome: str) -> None:
        """Counts one trial."""
        self.counts[kind, outcome] += 1

    def fail(self, kind: str, what: str) -> None:
        """Counts one that is wrong."""
        self.add(kind, "WRONG")
        self.wrong.append(f"{kind}: {what}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Tries all kinds; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    trials: dict[str, tuple[int, Callable[..., None]]] = {
        "bundles": (2000, try_bundles),
        "manifests": (300, try_manifests),
        "recordings": (500, try_recordings),
        "gin": (300, try_gin),
        "prompts": (500, try_prompts),
    }
    for name, (count, _) in trials.items():
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    tally = Tally()
    for name, (_, function) in trials.items():
        with tempfile.TemporaryDirectory() as folder:
            rng = random.Random(f"{options.seed} {name}")
            function(Path(folder), getattr(options, name), rng, tally)
    rows = [(*key, str(count)) for key, count in sorted(tally.counts.items())]
    print(report.table(("what", "outcome", "count"), rows))
    print(*tally.wrong[:20], sep="\n")
    print(report.hardware())
    return 1 if tally.wrong else 0


def damaged(data: bytes, rng: random.Random) -> tuple[str, bytes]:
    """Returns a name for the damage, and what is left."""
    how = rng.choice(("bit", "cut", "zeros", "gap"))
    place = rng.randrange(len(data))
    if how == "bit":
        turned = data[place] ^ 1 << rng.randrange(8)
        return how, data[:place] + bytes([turned]) + data[place + 1 :]
    if how == "cut":
        return how, data[:place]
    length = min(rng.randrange(1, 4096), len(data) - place)
    middle = bytes(length) if how == "zeros" else b""
    return how, data[:place] + middle + data[place + length :]


def _linked(target: Path) -> dict[str, Path]:
    """Makes a bundle of links to that in the box; returns its files."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for path in bundle.default_folder().iterdir():
        (target / path.name).symlink_to(path)
    return {path.name: path for path in target.iterdir()}


def _rewrite(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


def try_bundles(folder: Path, count: int, rng: random.Random, tally: Tally) -> None:
    """Damages the model in the box."""
    whole = bundle.Bundle.load(bundle.default_folder())
    for _ in range(count):
        files = _linked(folder / "model")
        name = rng.choice([*files, bundle.MANIFEST, bundle.MANIFEST])
        how = rng.choice(("damage", "swap", "edit"))
        if how == "damage":
            how, data = damaged(files[name].read_bytes(), rng)
            _rewrite(files[name], data)
        elif how == "swap":
            one, other = rng.sample(sorted(files), 2)
            texts = files[one].read_bytes(), files[other].read_bytes()
            _rewrite(files[one], texts[1])
            _rewrite(files[other], texts[0])
        else:
            edited = _edited(json.loads(files[bundle.MANIFEST].read_text()), rng)
            _rewrite(files[bundle.MANIFEST], json.dumps(edited).encode())
        kind = f"bundle, {how}"
        try:
            loaded = bundle.Bundle.load(folder / "model")
            loaded.check()
        except _PLAIN:
            tally.add(kind, "refused in a sentence")
        except Exception as error:
            tally.fail(kind, f"{name}: {error!r}")
        else:
            same = all(
                getattr(loaded, table) == getattr(whole, table)
                for table in ("parts", "files", "sampling", "card", "fits")
            )
            if same:
                tally.add(kind, "the same model")
            else:
                tally.fail(kind, f"{name}: another model was loaded")


def _edited(tables: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Changes one value somewhere in the config of a part."""
    tables = copy.deepcopy(tables)
    place = tables["parts"][rng.choice(sorted(tables["parts"]))]["config"]
    while True:
        key = rng.choice(sorted(place)) if isinstance(place, dict) else None
        if key is None:
            key = rng.randrange(len(place)) if place else None
        if key is None:
            return tables
        if isinstance(place[key], dict | list) and rng.random() < 0.9:
            place = place[key]
            continue
        value = place[key]
        if isinstance(value, int | float) and not isinstance(value, bool):
            place[key] = rng.choice((value + 1, value * 2, -value, 0, "x", None))
        else:
            place[key] = rng.choice((None, 3, "x", [], {}, [value], not value))
        return tables


def try_manifests(folder: Path, count: int, rng: random.Random, tally: Tally) -> None:
    """Edits configs, and makes the hash over the manifest right again."""
    whole = json.loads((bundle.default_folder() / bundle.MANIFEST).read_text())
    whole.pop("sha256")
    for _ in range(count):
        files = _linked(folder / "model")
        edited = _edited(whole, rng)
        edited["sha256"] = fingerprints.of(edited)
        _rewrite(files[bundle.MANIFEST], json.dumps(edited).encode())
        try:
            manifest.read(folder / "model")
            bundle.Bundle.load(folder / "model").check()
        except _PLAIN:
            tally.add("manifest", "refused in a sentence")
        except Exception as error:
            tally.fail("manifest", repr(error))
        else:
            tally.add("manifest", "a model of other settings, which fits")


def try_recordings(folder: Path, count: int, rng: random.Random, tally: Tally) -> None:
    """Damages files of sound of every format."""
    sound = np.random.default_rng(0)
    notes = [np.sin(np.arange(6000) * sound.uniform(0.02, 0.6)) for _ in range(12)]
    audio = 0.4 * np.concatenate(notes)[: _SECONDS * _RATE]
    coded = {}
    for suffix, (container, subtype) in _FORMATS.items():
        file = io.BytesIO()
        soundfile.write(file, audio, _RATE, format=container, subtype=subtype)
        coded[suffix] = file.getvalue()
    for number in range(count):
        suffix = rng.choice(sorted(coded))
        data, how, least = coded[suffix], "joined", 2 * _SECONDS
        if rng.random() < 0.2:
            data = data + data
        else:
            how, data = damaged(data, rng)
            # A bit in an uncompressed sample is a sample; a cut one is not there.
            least = _SECONDS if how in ("bit", "zeros") else 0
        path = folder / f"{number}.{suffix}"
        path.write_bytes(data)
        kind = f"recording, {how}"
        recording = Recording(name=path.name, sound=FileSound(path), notes=Notes())
        try:
            with without_notes():
                facts = measure(recording, silence_db=-60.0)
        except Exception as error:
            tally.fail(kind, f"{suffix}: {error!r}")
            continue
        if facts.rejection is not None:
            tally.add(kind, "named")
        elif facts.seconds < 0.97 * least:
            tally.fail(kind, f"{suffix}: {facts.seconds:.2f} s of {least} s are good")
        else:
            tally.add(kind, "good to its end")
        path.unlink()


def try_gin(folder: Path, count: int, rng: random.Random, tally: Tally) -> None:
    """Makes mistakes in bindings and in files, over a set that is there.

    What is accepted must bring batches; nothing is trained.
    """
    vocabulary = _write_set(folder)
    names = ["MULAN_BATCH", "MULAN_STEPS", "SAMPLE_RATE", "DATA_DIR", "VOCABULARY"]
    names += ["MULAN_PEAK_LR", "MODEL_PARALLEL", "REMAT_POLICY", "NO_SUCH_NAME"]
    names += ["MULAN_EMBED_DIM", "loop.Cadence.log_every", "no_module.x", "MULAN_LOSS"]
    files = ["--gin_file=runs/mulan.gin", f"--gin_file={micro_inputs.SIZES}"]
    for number in range(count):
        name, value = rng.choice(names), rng.choice(_GIN_VALUES)
        given = [f"--gin.DATA_DIR='{folder}/data'"]
        given += [f"--gin.VOCABULARY={str(vocabulary)!r}"]
        given += [f"--model_dir={folder}/run", "--gin.DATASET='audio_folder/s'"]
        if rng.random() < 0.5:
            given.append(f"--gin.{name}={value}")
            kind = "gin, binding"
        else:
            path = folder / f"{number}.gin"
            path.write_text(f"# a file\n{name} = {value}\n", encoding="utf-8")
            given.append(f"--gin_file={path}")
            kind = "gin, file"
        said, told = io.StringIO(), f"{name}={value}"
        try:
            with (
                contextlib.redirect_stderr(said),
                contextlib.redirect_stdout(said),
                mock.patch.object(loop, "fit", _first_batch),
            ):
                status = command.main(["train", *files, *given])
        except Exception as error:
            tally.fail(kind, f"{told}: {error!r}")
            continue
        lines = said.getvalue().strip().split("\n")
        if status == 0:
            tally.add(kind, "accepted, and there are batches")
        elif status == 2 and len(lines) == 1 and lines[0]:
            tally.add(kind, "one line, exit code 2")
        else:
            tally.fail(kind, f"{told}: status {status}, {len(lines)} lines")


def _write_set(folder: Path) -> Path:
    """Makes the data set that is named, and returns the vocabulary of its captions."""
    micro_inputs.write_music(folder / "music", np.random.default_rng(0))
    words, data = folder / "words.json", f"--data_dir={folder / 'data'}"
    name = ["--name=s", "--processes=1"]
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        command.main(["data", "prepare", str(folder / "music"), data, *name])
        command.main(
                ["data", "vocabulary", data, "--dataset=audio_folder/s",
                 f"--output={words}", "--size=100"]
            )  # fmt: skip
    return words


def _first_batch(task: Any, batches: Any, **how: Any) -> None:
    """Stands in for a training: what was accepted must bring a batch."""
    del task, how
    next(batches.train_iterator())


def try_prompts(folder: Path, count: int, rng: random.Random, tally: Tally) -> None:
    """Reads sums of random letters and signs."""
    del folder
    signs = ['"', "“", "”", "*", "+", "-", "audio:", "0.5", "1e9", "a", " ", "\n", "音"]
    for _ in range(count):
        text = "".join(rng.choice(signs) for _ in range(rng.randrange(1, 12)))
        try:
            str(parse(text))
        except _PLAIN:
            tally.add("prompt", "refused in a sentence")
        except Exception as error:
            tally.fail("prompt", f"{text!r}: {error!r}")
        else:
            tally.add("prompt", "read")


if __name__ == "__main__":
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    sys.exit(main())

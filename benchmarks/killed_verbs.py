"""The verbs of `musiclm` that write, each with inputs of micro sizes."""

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import killed
import micro_inputs
import numpy as np
from small_training import Training, records, write_inputs

from musiclm_jax.cli import train
from musiclm_jax.parallel import sharding
from musiclm_jax.training import checkpoints

_SECONDS = "--seconds=0.5"


def prepare(
    work: Path, names: Sequence[str], *, steps: int, processes: int, seed: int
) -> list[killed.Verb]:
    """Makes the inputs, and returns the verbs.

    Args:
        work: a folder without such inputs; they stay in it.
        names: of `NAMES`.
        steps: of the training.
        processes: as which the training runs.
        seed: of the inputs.
    """
    unknown = sorted({*names} - {*NAMES})
    if unknown:
        raise SystemExit(f"there is no verb {unknown[0]}; there are: {NAMES}")
    if (work / "inputs").exists():
        raise SystemExit(f"{work} has such runs already: give another folder")
    inputs = _Inputs(work)
    if {*names} - {"train", "export"}:
        micro_inputs.write(inputs.folder, seed=seed)
    if {*names} & {"train", "export"}:
        rng = np.random.default_rng(seed)
        inputs.training = _training(work, rng, steps=steps, processes=processes)
    verbs = []
    for name in names:
        output = work / "outputs" / name
        output.mkdir(parents=True)
        verbs.append(_VERBS[name](name, inputs, output))
    return verbs


def _training(
    work: Path, rng: np.random.Generator, *, steps: int, processes: int
) -> Training:
    write_inputs(work / "training", rng)
    return Training(work / "training", steps=steps, processes=processes)


class _Inputs:
    """What verbs read, made when it is first asked for."""

    training: Training

    def __init__(self, work: Path) -> None:
        self.folder, self.work = work / "inputs", work
        self.model = f"--model={self.folder / 'model'}"
        self.data = ("--dataset", micro_inputs.DATASET)
        self.data += ("--data_dir", self.folder / "data")

    def made(self, name: str, *arguments: object) -> Path:
        """Returns a file of that name, which a command writes to --output."""
        path = self.folder / name
        if not path.exists():
            command = killed.verb(
                [*arguments, f"--output={path}"],
                name=name,
                output=path,
                read=killed.files,
            ).command
            killed.Place(self.work, "inputs").run(command)
        return path


def _files(
    *arguments: Callable[[_Inputs, Path], Sequence[object]], goes_on: bool = False
) -> Callable[[str, _Inputs, Path], killed.Verb]:
    """A verb all of whose files are compared byte for byte."""
    (say,) = arguments

    def make(name: str, inputs: _Inputs, output: Path) -> killed.Verb:
        return killed.verb(
            say(inputs, output),
            name=name,
            output=output,
            goes_on=goes_on,
            read=killed.files,
        )

    return make


def _train(name: str, inputs: _Inputs, output: Path) -> killed.Verb:
    training = inputs.training
    return killed.Verb(
        name=name,
        command=training.command(output / "run"),
        output=output,
        read=lambda folder: _read_run(folder / "run"),
        victims=training.victims,
    )


def _describe_data(name: str, inputs: _Inputs, output: Path) -> killed.Verb:
    return killed.verb(
        ["data", "describe", *inputs.data, f"--output={output / 'a.html'}"],
        name=name,
        output=output,
        read=_read_page,
    )


def _read_page(folder: Path) -> dict[str, Any]:
    """Returns the page without its sound: each OGG file has a random number in it."""
    found = killed.files(folder)
    return {
        name: re.sub(rb"base64,[\w+/=]+", b"", page) for name, page in found.items()
    }


def _export(name: str, inputs: _Inputs, output: Path) -> killed.Verb:
    run = inputs.folder / "run"
    if not run.exists():
        killed.Place(inputs.work, "inputs").run(inputs.training.command(run))
    return killed.verb(
        ["export", f"--run={run}", "--guidance=2", f"--output={output / 'model'}"],
        name=name,
        output=output,
        read=killed.files,
    )


def _read_run(folder: Path) -> dict[str, Any]:
    """Returns all of a training that must not depend on when it was killed."""
    task, batches, _ = train.load_run(folder)
    shapes = sharding.abstract_state(
        task,
        batches.shapes(),
        sharding.make_mesh(devices=jax.devices()[:1]),
        sharding.DEFAULT_RULES,
    )
    found = checkpoints.restore_latest(folder, shapes)
    leaves = jax.tree_util.tree_leaves_with_path(jax.device_get(found.state))
    arrays = {
        jax.tree_util.keystr(path): hashlib.sha256(leaf.tobytes()).hexdigest()
        for path, leaf in leaves
    }
    said = {
        f"record {number}": {n: v for n, v in record.items() if "time/" not in n}
        for number, record in enumerate(records(folder))
    }
    marks = [tuple(r.values())[2:] for r in said.values() if r["split"] == "train"]
    # They tell which examples a step saw.
    assert len(set(marks)) == len(marks), "two steps have the same figures"
    assert found.position == {"next_batch": found.facts.step}
    return arrays | said | {"position": found.position, "step": found.facts.step}


_VERBS: dict[str, Callable[[str, _Inputs, Path], killed.Verb]] = {
    "generate": _files(
        lambda i, o: ["generate", "calm piano", i.model, _SECONDS, "--num=2",
                      "--overwrite", f"--output={o / 'a.wav'}"]
    ),
    "takes": _files(
        lambda i, o: ["generate", "calm piano", i.model, _SECONDS, "--num=2",
                      "--stages=semantic", "--overwrite",
                      f"--output={o / 'a.safetensors'}"]
    ),
    "render": _files(
        lambda i, o: ["generate", i.model, "--overwrite", f"--output={o / 'a.wav'}",
                      "--render", i.made(
                          "takes.safetensors", "generate", "calm piano", i.model,
                          _SECONDS, "--num=2", "--stages=semantic")]
    ),
    "prompts": _files(
        lambda i, o: ["generate", f"--prompts={i.folder / 'prompts.txt'}", i.model,
                      _SECONDS, "--batch_size=1", f"--output={o / 'pieces'}"],
        goes_on=True,
    ),
    "story": _files(
        lambda i, o: ["story", i.folder / "story.yaml", i.model, "--overwrite",
                      f"--output={o / 'a.flac'}"]
    ),
    "reproduce": _files(
        lambda i, o: ["reproduce", i.made("piece.wav", "generate", "calm piano",
                                          i.model, _SECONDS),
                      i.model, "--overwrite", f"--output={o / 'a.flac'}"]
    ),
    "train": _train,
    "tokenize": _files(
        lambda i, o: ["tokenize", *i.data, f"--bundle={i.folder / 'model'}",
                      f"--output={o / 'tokens'}"],
        goes_on=True,
    ),
    "export": _export,
    "data prepare": _files(
        lambda i, o: ["data", "prepare", i.folder / "music", "--name=s",
                      "--processes=2", f"--data_dir={o / 'data'}"]
    ),
    "data check": _files(
        lambda i, o: ["data", "check", i.folder / "music", "--processes=2",
                      f"--csv={o / 'a.csv'}"]
    ),
    "data vocabulary": _files(
        lambda i, o: ["data", "vocabulary", *i.data, "--size=100",
                      f"--output={o / 'words.json'}"],
        goes_on=True,
    ),
    "data describe": _describe_data,
    "import bert": _files(
        lambda i, o: ["import", "bert", i.folder / "bert",
                      f"--output={o / 'start'}"]
    ),
    "describe": _files(
        lambda i, o: ["describe", i.folder / "music" / "0.wav", "--overwrite",
                      f"--picture={o / 'a.png'}"]
    ),
}  # fmt: skip

NAMES = tuple(_VERBS)
"""Of all verbs."""

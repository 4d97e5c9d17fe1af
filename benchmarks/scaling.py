"""Every training at the paper's size, on slices of every TPU: one command, one page.

    pip install -e ".[tpu]"
    python benchmarks/scaling.py --results docs/scaling.json --output docs/scaling.md

Asks `musiclm precompile`, training by training and slice by slice. An answer takes from
one to forty minutes of a core, and up to 20 GB of memory (the codec on v6e). Each is
kept in the file of results, so the command goes on where it was stopped, and several
can share the file, each with other `--trainings`. With `--slices` it asks for no more
than these. No TPU is needed.
"""

import argparse
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from musiclm_jax.files import whole_files
from musiclm_jax.programs.account import SPARE_SHARE

# Trainings, and the rows of their batches.
ROWS = {
    "codec": 256,
    "semantic": 2048,
    "mulan": 4096,
    "semantic_stage": 256,
    "coarse_stage": 256,
    "fine_stage": 256,
}
SLICES = {
    16: ("v4:2x2x4", "v5e:4x4", "v5p:2x2x4", "v6e:4x4"),
    64: ("v4:4x4x4", "v5e:8x8", "v5p:4x4x4", "v6e:8x8"),
    256: ("v4:4x8x8", "v5e:16x16", "v5p:4x8x8", "v6e:16x16"),
    1024: ("v4:8x8x16", "v5p:8x8x16"),
}
# Share of a chip's peak that a well-fed step is thought to reach, for days of training.
USED_SHARE = 0.4

_GIB = 2**30
_HEAD = """\
# What the paper's trainings need of a TPU slice

Made by `python benchmarks/scaling.py --results docs/scaling.json --output
docs/scaling.md`, which goes on with what is not here yet. The TPU compiler
({versions}) compiled the step that `musiclm train` runs, for slices of
chips that need not be there. **Nothing on this page ran on a TPU.** One row alone:

    musiclm precompile --gin_file=runs/coarse_stage.gin --gin_file=sizes/paper.gin \\
      --topology=v4:4x4x4

- **mesh**: shares of the batch x shares of wide parameters (`MODEL_PARALLEL`).
  Parameters and optimizer state are split over both (`PARAMETER_PARTITIONING_DIMS`).
- **memory**: the compiler's peak on one chip, and its share of the chip's memory. It
  fits where {spare:.0%} stay free.
- **arithmetic**: products and convolutions of a step on one chip, counted from shapes,
  and the time that they take at the chip's peak in bfloat16. What is computed twice to
  save memory counts twice, and so does the codec's pass through the discriminators,
  which the compiler merges for both losses.
- **sent**: what one chip sends in a step, read from the compiled program, and the time
  that it takes were all its links busy. Most of it is sent while others compute.
- **days**: of {steps:,} steps at {used:.0%} of the chip's peak, or at the links' speed
  where that is slower. An estimate: nobody has measured it.
"""


def ask(training: str, topology: str, bindings: list[str]) -> dict[str, Any]:
    """Returns what `musiclm precompile` prints, or why the program does not fit."""
    command = [sys.executable, "-m", "musiclm_jax", "precompile", "--json"]
    command += [f"--gin_file=runs/{training}.gin", "--gin_file=sizes/paper.gin"]
    command += [f"--topology={topology}", *(f"--gin.{b}" for b in bindings)]
    answer = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
    )
    if answer.returncode == 0:
        return {"versions": _versions(), **json.loads(answer.stdout)}
    # The line goes on with what to change, behind a semicolon.
    _, refused, line = answer.stderr.rpartition(f"does not fit {topology}: ")
    if not refused:
        raise SystemExit(f"{' '.join(command)}\n{answer.stderr}")
    reason = line.partition(";")[0]
    return {"versions": _versions(), "topology": topology, "too_large": reason}


def _versions() -> str:
    names = ("jax", "libtpu")
    return ", ".join(f"{name} {metadata.version(name)}" for name in names)


class Answers:
    """What is known, in a file: training -> topology -> facts."""

    def __init__(self, path: Path) -> None:
        """Reads the file, if there is one."""
        self._path = path
        self.facts: dict[str, dict[str, Any]] = {}
        self._read()

    def _read(self) -> None:
        if self._path.is_file():
            self.facts = json.loads(self._path.read_text(encoding="utf-8"))

    def ask(self, training: str, topology: str, *, chips: int) -> None:
        """Asks what the file does not hold yet, and keeps it there."""
        if topology in self.facts.get(training, {}):
            return
        # A row of the batch is not cut; what is left is shared by wide parameters.
        model = max(1, chips // ROWS[training])
        answer = ask(training, topology, [f"MODEL_PARALLEL={model}"])
        self._read()  # another command may have asked meanwhile, of another training
        self.facts.setdefault(training, {})[topology] = answer
        text = json.dumps(self.facts, indent=1, sort_keys=True) + "\n"
        whole_files.write(self._path, text.encode("utf-8"))
        print(training, topology, file=sys.stderr)


def page(answers: Answers, *, steps: int) -> list[str]:
    """Returns the lines of the page."""
    versions = {
        facts["versions"]
        for known in answers.facts.values()
        for facts in known.values()
    }
    lines = _HEAD.format(
        versions=", ".join(sorted(versions)),
        spare=SPARE_SHARE,
        used=USED_SHARE,
        steps=steps,
    ).splitlines()
    for training in ROWS:
        known = answers.facts.get(training, {})
        found = [known[t] for row in SLICES.values() for t in row if t in known]
        if found:
            lines += ["", *_section(training, found, steps)]
    return lines


def _section(training: str, answers: list[dict[str, Any]], steps: int) -> list[str]:
    known = next(facts for facts in answers if "too_large" not in facts)
    shapes = ", ".join(f"{name} {shape}" for name, shape in known["batch"].items())
    return [
        f"## `runs/{training}.gin`",
        "",
        f"{known['parameters'] / 1e6:,.1f}M parameters;",
        f"a batch of {shapes};",
        f"{known['flops'] / 1e12:,.0f} Tflop a step on {known['chips']} chips.",
        "",
        "| slice | chips | mesh | memory of a chip | fits | arithmetic | sent | days |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(facts, steps) for facts in answers),
        "",
        *_limits(answers),
    ]


def _row(facts: dict[str, Any], steps: int) -> str:
    if "too_large" in facts:
        return f"| {facts['topology']} | | | | no: {facts['too_large']} | | | |"
    peak, memory = facts["peak_bytes"], facts["memory_bytes"]
    cells = (
        facts["topology"],
        facts["chips"],
        " x ".join(str(size) for size in facts["mesh"].values()),
        f"{peak / _GIB:.1f} GiB, {peak / memory:.0%}",
        "yes" if facts["fits"] else "no",
        f"{facts['flops_per_chip'] / 1e12:,.1f} Tflop, "
        f"{_figure(facts['least_seconds'] * 1e3)} ms",
        f"{facts['sent_bytes'] / 1e9:.2f} GB, "
        f"{_figure(facts['least_sending_seconds'] * 1e3)} ms",
        _figure(steps * _step_seconds(facts) / 86400),
    )
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _figure(value: float) -> str:
    """As many digits as an estimate is worth."""
    decimals = (value < 1) + (value < 10)
    return f"{value:,.{decimals}f}"


def _step_seconds(facts: dict[str, Any]) -> float:
    return max(facts["least_seconds"] / USED_SHARE, facts["least_sending_seconds"])


def _limits(answers: list[dict[str, Any]]) -> list[str]:
    """What stops the training from growing over more chips."""
    known = [facts for facts in answers if "too_large" not in facts]
    rows = next(iter(known[0]["batch"].values()))[0]
    lines = [
        f"What stops it growing: the batch has {rows:,} rows, so at most as many chips",
        "share it, and others can only share wide parameters.",
    ]
    for chip in dict.fromkeys(facts["topology"].partition(":")[0] for facts in known):
        of_chip = [f for f in known if f["topology"].startswith(f"{chip}:")]
        bound = [f for f in of_chip if f["least_sending_seconds"] > f["least_seconds"]]
        first = min((facts["chips"] for facts in bound), default=None)
        last = max(facts["chips"] for facts in of_chip)
        longer = (
            f"arithmetic takes longer than sending up to {last} chips"
            if first is None
            else f"sending takes longer than arithmetic from {first} chips on"
        )
        lines.append(f"On {chip} {longer}.")
    return lines


def main() -> None:
    """Asks what is not known yet and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, metavar="FILE")
    parser.add_argument("--output", type=Path, metavar="FILE")
    parser.add_argument("--trainings", nargs="*", choices=ROWS, default=list(ROWS))
    every = [topology for row in SLICES.values() for topology in row]
    parser.add_argument("--slices", nargs="*", choices=every, default=every)
    parser.add_argument("--steps", type=int, default=1_000_000)
    options = parser.parse_args()
    answers = Answers(options.results)
    for chips, row in SLICES.items():
        for training in options.trainings:
            for topology in row:
                if topology in options.slices:
                    answers.ask(training, topology, chips=chips)
    text = "\n".join(page(answers, steps=options.steps)) + "\n"
    if options.output is None:
        print(text, end="")
    else:
        whole_files.write(options.output, text.encode("utf-8"))


if __name__ == "__main__":
    main()

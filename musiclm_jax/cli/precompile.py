"""`musiclm precompile`: does a program fit a TPU slice; asks the TPU compiler alone.

No TPU is needed, and no data, bundle or run: all shapes come from the configuration.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from musiclm_jax.cli import config, gin_places, train

_GIB = 2**30
_ADVICE = {
    "train": "take more chips, a smaller batch, --gin.REMAT_POLICY=\"'full'\" or "
    "--gin.PARAMETER_PARTITIONING_DIMS=2",
    "generate": "take more chips or a smaller --num",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Program:
    """What is compiled.

    Attributes:
        traced: a `jax.stages.Traced`.
        mesh: of the chips.
        batch: shapes of what it is given beside parameters and keys.
        parameters: their number.
    """

    traced: Any
    mesh: Any
    batch: dict[str, Any]
    parameters: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    config.add_arguments(parser)
    parser.add_argument(
        "--topology",
        required=True,
        metavar="CHIP:SLICE",
        help="such as v4:4x4x4, v5e:16x16, v5p:4x4x8 or v6e:16x16",
    )
    parser.add_argument(
        "--program",
        choices=("train", "generate"),
        default="train",
        help="the step that trains, or what samples a window from a stage or decodes "
        "it with the codec (default: train)",
    )
    parser.add_argument(
        "--num",
        type=int,
        metavar="N",
        help="pieces that are generated at once (default: one a chip)",
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> None:
    """Compiles and prints.

    Raises:
        ValueError: a configuration or topology that cannot be, or no compiler.
        OSError: a missing file.
    """
    import jax

    # Before anything asks for devices: a TPU that is here must not be taken.
    jax.config.update("jax_platforms", "cpu")
    arguments = config.gin_arguments(options, options.gin_bindings)
    if not arguments.files:
        raise ValueError(
            "no configuration: give a run file and a size file, as "
            "--gin_file=runs/coarse_stage.gin --gin_file=sizes/paper.gin"
        )
    config.load(arguments, blank=gin_places.PLACES)
    trace = _trace_train if options.program == "train" else _trace_generate
    facts = _measure(options, trace)
    if options.json:
        json.dump(facts, sys.stdout, indent=2)
        print()
    else:
        print("\n".join(_lines(facts)))


def _trace_train(options: argparse.Namespace, devices: Sequence[Any]) -> _Program:
    """The step of a training, as `musiclm train` runs it."""
    from musiclm_jax.parallel import sharding
    from musiclm_jax.programs import training

    if options.num is not None:
        raise ValueError("--num is for --program=generate; a batch is set in gin")
    task, batches, rules, model = (
        config.build(train.train, argument)
        for argument in ("task", "batches", "rules", "model_parallel")
    )
    mesh = sharding.make_mesh(model=model, devices=devices)
    shapes = batches.shapes()
    return _Program(
        traced=training.trace_train_step(task, shapes, mesh=mesh, rules=rules),
        mesh=mesh,
        batch=shapes,
        parameters=training.count_parameters(task, shapes),
    )


def _trace_generate(options: argparse.Namespace, devices: Sequence[Any]) -> _Program:
    """One window of a stage or of the codec, as `musiclm generate` runs it."""
    import jax

    from musiclm_jax.generation import programs
    from musiclm_jax.parallel import sharding
    from musiclm_jax.programs import training

    task, batches = (config.build(train.train, name) for name in ("task", "batches"))
    mesh = sharding.make_mesh(devices=devices)
    num = mesh.size if options.num is None else options.num
    params = training.inference_shapes(task, batches.shapes())
    traced, batch = programs.trace_window(task.config, params, num=num, mesh=mesh)
    return _Program(
        traced=traced,
        mesh=mesh,
        batch=batch,
        parameters=sum(leaf.size for leaf in jax.tree.leaves(params)),
    )


def _measure(
    options: argparse.Namespace, trace: Callable[..., _Program]
) -> dict[str, Any]:
    """Compiles what the configuration describes; returns what it needs."""
    from musiclm_jax.programs import chips
    from musiclm_jax.programs.account import TooLarge, account

    topology = options.topology
    chip = chips.chip_of(topology)
    program = trace(options, chips.devices(topology))
    mesh = program.mesh
    try:
        found = account(program.traced, chip=chip, num_chips=mesh.size)
    except TooLarge as error:
        raise ValueError(
            f"the program does not fit {topology}: {error}; {_ADVICE[options.program]}"
        ) from error
    return {
        "topology": topology,
        "chips": mesh.size,
        "mesh": dict(mesh.shape),
        "program": options.program,
        "batch": {name: list(array.shape) for name, array in program.batch.items()},
        "parameters": program.parameters,
        "memory_bytes": chip.memory,
        "argument_bytes": found.argument_bytes,
        "temporary_bytes": found.temporary_bytes,
        "peak_bytes": found.peak_bytes,
        "fits": found.fits,
        "flops": found.flops,
        "flops_per_chip": found.flops_per_chip,
        "least_seconds": found.least_seconds,
        "sent_bytes": found.sent_bytes,
        "least_sending_seconds": found.least_sending_seconds,
        "collectives": {
            kind: dataclasses.asdict(traffic)
            for kind, traffic in found.collectives.items()
        },
        "compile_seconds": round(found.compile_seconds, 1),
    }


def _lines(facts: dict[str, Any]) -> list[str]:
    memory = facts["memory_bytes"]

    def share(name: str) -> str:
        return f"{facts[name] / _GIB:.2f} GiB ({facts[name] / memory:.0%})"

    advice = _ADVICE[facts["program"]]
    call = {"train": "step", "generate": "window"}[facts["program"]]
    mesh = " x ".join(f"{name} {size}" for name, size in facts["mesh"].items())
    rows = [
        ("topology", f"{facts['topology']}, {facts['chips']} chips, {mesh}"),
        ("parameters", f"{facts['parameters']:,}"),
        ("memory of a chip", f"{memory / _GIB:.0f} GiB"),
        ("  arguments", share("argument_bytes")),
        ("  temporaries", share("temporary_bytes")),
        ("  peak", share("peak_bytes")),
        ("fits with a tenth free", "yes" if facts["fits"] else f"no: {advice}"),
        (f"arithmetic of a {call}", f"{facts['flops'] / 1e12:,.2f} Tflop"),
        ("  of a chip", f"{facts['flops_per_chip'] / 1e12:,.3f} Tflop"),
        ("  at the chip's peak", f"{facts['least_seconds'] * 1e3:,.2f} ms"),
    ]
    sent, seconds = facts["sent_bytes"], facts["least_sending_seconds"]
    rows += [
        ("a chip sends", f"{sent / 1e6:,.1f} MB a {call}"),
        ("  at its links' speed", f"{seconds * 1e3:,.2f} ms"),
    ]
    rows += [
        (
            f"  {kind}",
            f"{traffic['count']} a {call}, {traffic['bytes_sent'] / 1e6:,.1f} MB sent",
        )
        for kind, traffic in facts["collectives"].items()
    ]
    rows.append(("compiled in", f"{facts['compile_seconds']} s"))
    width = max(len(name) for name, _ in rows)
    return [f"{name:{width}}  {value}" for name, value in rows]

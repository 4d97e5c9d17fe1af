"""`musiclm train`: one training, as gin files describe it.

The gin files bind `train`, the only function of the command line that they need:

    from musiclm_jax.cli import train as train_command
    train_command.train:
      task = @codec_task.CodecTask()
      batches = @pipelines.AudioBatches()
      model_dir = %MODEL_DIR
      cadence = @loop.Cadence()
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from musiclm_jax.cli import config, errors, processes
from musiclm_jax.files import json_lines
from musiclm_jax.files.ranges import Range


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    config.add_arguments(parser)
    parser.add_argument(
        "--model_dir",
        type=Path,
        metavar="FOLDER",
        help="where the run is kept, and goes on if it is there: --gin.MODEL_DIR",
    )
    parser.add_argument(
        "--minutes", type=float, metavar="M", help="ends the training after this time"
    )
    processes.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Reads the configuration and trains.

    Raises:
        ValueError: a configuration that cannot be.
        OSError: a missing file.
    """
    bindings = list(options.gin_bindings)
    if options.model_dir is not None:
        bindings.append(f"MODEL_DIR={str(options.model_dir)!r}")
    if options.minutes is not None:
        minutes = Range(kind=float, low=0, high=10**8, above_low=True)
        minutes.check("--minutes", options.minutes)
    arguments = config.gin_arguments(options, bindings)
    if not arguments.files:
        raise ValueError(
            "no configuration: give a run file and a size file, as "
            "--gin_file=runs/codec.gin --gin_file=sizes/tiny.gin"
        )

    from musiclm_jax.cli import compilation_cache

    processes.join(options)
    compilation_cache.use()
    config.load(arguments)
    given = {} if options.minutes is None else {"minutes": options.minutes}
    errors.hide_stack_traces()
    with processes.together():
        config.call(train, **given)


def train(
    *,
    task: Any,
    batches: Any,
    model_dir: str,
    cadence: Any,
    minutes: float | None = None,
    seed: int = 0,
    model_parallel: int = 1,
    rules: Any = None,
    part: str | None = None,
    trials: Sequence[Any] = (),
) -> None:
    """Trains one task, or goes on where its run folder stopped.

    Args:
        task: a `training.task.Task`.
        batches: a `training.batches.Batches`.
        model_dir: the run's folder: configuration, checkpoints, metrics.
        cadence: a `training.loop.Cadence`.
        minutes: time after which it is finished too; none means no limit.
        seed: of the parameters' start and of everything drawn in training.
        model_parallel: how many shares wide parameters are cut into; the other devices
            share the batch.
        rules: what `sharding.logical_axis_rules` gives; its default if None.
        part: the part of a bundle that the result belongs to, where the task does not
            say it itself; `musiclm export` reads it.
        trials: of `training.trials.Trial`, what the run is tried by on the way.
    """
    from musiclm_jax.bundle import fitting
    from musiclm_jax.parallel import sharding
    from musiclm_jax.training import loop

    del part
    fitting.check_words(task, batches)
    folder = Path(model_dir)
    with processes.writing(folder):
        loop.fit(
            task,
            batches,
            model_dir=folder,
            cadence=cadence,
            mesh=sharding.make_mesh(model=model_parallel),
            seed=seed,
            minutes=minutes,
            rules=sharding.logical_axis_rules() if rules is None else rules,
            config=config.operative_text(),
            trials=trials,
        )
    print(f"the run is in {folder}")
    print(_last_metrics(folder))


def load_run(folder: Path) -> tuple[Any, Any, str]:
    """Rebuilds what a run trained from the configuration in its folder.

    Returns:
        The task, its batches, and the part of a bundle that the result belongs to.

    Raises:
        FileNotFoundError: the folder holds no run.
        ValueError: its configuration no longer fits this version.
    """
    from musiclm_jax.training import loop

    path = folder / loop.CONFIG_NAME
    if not path.is_file():
        raise FileNotFoundError(f"there is no run in {folder}: it has no {path.name}")
    config.load(config.GinArguments((str(path.resolve()),), (), ()))
    task, batches, part = (
        config.build(train, argument) for argument in ("task", "batches", "part")
    )
    if part is None:
        # A class attribute of a network's task, a property of a stage's.
        part = getattr(task, "PART", None) or task.part
    return task, batches, part


def _last_metrics(folder: Path) -> str:
    """The newest record of each split, one line each."""
    from musiclm_jax.training import writers

    path = folder / writers.FILE_NAME
    if not path.is_file():
        return "no metrics were written"
    newest = {}
    for record in json_lines.read(path):
        newest[record.pop("split")] = record
    return "\n".join(
        f"{split}, step {record.pop('step')}: "
        + ", ".join(f"{k} {v:.4g}" for k, v in record.items() if v is not None)
        for split, record in newest.items()
    )

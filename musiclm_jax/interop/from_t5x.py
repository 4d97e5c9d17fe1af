"""A stage that t5x trained, put into a bundle beside the other parts.

    python -m musiclm_jax.interop.from_t5x --gin_file=runs/t5x_coarse/config.gin \
      --checkpoint=runs/t5x_coarse/checkpoint_1000 --bundle=model

The gin files are those of the training, or the `config.gin` that t5x keeps beside its
checkpoints. t5x keeps no moving average, so the parameters are the last ones.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp
from flax import traverse_util
from flax.linen import meta
from t5x import checkpoints

from musiclm_jax import bundle
from musiclm_jax.cli import config, gin_places, train
from musiclm_jax.lm.task import StageTask

PyTree = Any

_EXIT_ERROR = 2
# Where things are, which the sizes of a stage do not depend on.
_PLACES = ("BUNDLE", "MODEL_DIR", "TOKENS")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Returns:
        The exit status: 0, or 2 after an error of the user's.
    """
    try:
        others, bindings = gin_places.take_bindings(
            sys.argv[1:] if arguments is None else arguments
        )
        options = _parser().parse_args(others)
        config.load(config.gin_arguments(options, bindings), blank=_PLACES)
        task = config.build(train.train, "task")
        params = load_params(task, options.checkpoint)
        bundle.save_part(options.bundle, task.part, task.config, params)
    except (ValueError, OSError) as error:
        print(f"from_t5x: error: {error}", file=sys.stderr)
        return _EXIT_ERROR
    print(f"part {task.part} is in {options.bundle}")
    return 0


def load_params(task: StageTask, checkpoint: str | Path) -> PyTree:
    """Reads the parameters of a stage, and nothing of the optimizer.

    Args:
        task: the stage that was trained.
        checkpoint: a folder `checkpoint_N` of t5x, of its Orbax or its own format.

    Returns:
        Nested dicts of float32 arrays.

    Raises:
        FileNotFoundError: there is no such checkpoint.
        ValueError: it is of another network.
    """
    params = _read(Path(checkpoint))
    boxed = jax.eval_shape(lambda rng: task.init(rng, {}).params, jax.random.key(0))
    have, right = (
        {name: x.shape for name, x in traverse_util.flatten_dict(tree, sep="/").items()}
        for tree in (params, meta.unbox(boxed))
    )
    for name in sorted(have.keys() | right.keys()):
        if have.get(name) != right.get(name):
            raise ValueError(
                f"{checkpoint} is of another network: {name} is "
                f"{have.get(name, 'not there')}, and in the configuration "
                f"{right.get(name, 'not there')}"
            )
    return params


def _read(checkpoint: Path) -> PyTree:
    if (checkpoint / "checkpoint").is_file():
        state = checkpoints.load_t5x_checkpoint(str(checkpoint))
        return jax.tree.map(lambda x: np.asarray(x, np.float32), state["target"])
    folder = (checkpoint / "state").resolve()
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{checkpoint} is no checkpoint of t5x: give a folder checkpoint_N"
        )
    checkpointer = ocp.Checkpointer(ocp.PyTreeCheckpointHandler())
    names = {"target": checkpointer.metadata(folder).item_metadata.tree["target"]}
    as_numpy = ocp.RestoreArgs(restore_type=np.ndarray, dtype=np.float32)
    wanted = ocp.args.PyTreeRestore(
        item=names,
        restore_args=jax.tree.map(lambda _: as_numpy, names),
        partial_restore=True,
    )
    return checkpointer.restore(folder, args=wanted)["target"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m musiclm_jax.interop.from_t5x",
        description="Puts a stage that t5x trained into a bundle.",
        allow_abbrev=False,
    )
    config.add_arguments(parser)
    parser.add_argument("--checkpoint", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--bundle", type=Path, required=True, metavar="FOLDER")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""What a training will be, told from shapes: sizes that go together, and memory."""

from typing import Any

from jax.sharding import Mesh

from musiclm_jax.parallel import memory, sharding
from musiclm_jax.training.task import Task

_ADVICE = "take a smaller batch or network, or more devices"


def of_state(task: Task, batch: Any, mesh: Mesh, rules: sharding.Rules) -> Any:
    """Returns shapes, dtypes and shardings of the first state.

    Raises:
        ValueError: no network is of the sizes that the task asks for, or there is no
            memory for the state and a batch.
    """
    try:
        state = sharding.abstract_state(task, batch, mesh, rules)
    except Exception as error:  # Networks raise whatever their layers raise.
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ValueError(
            f"the sizes of this training do not go together: {reason}"
        ) from error
    needed = memory.bytes_of(state) + memory.bytes_of(batch) // mesh.size
    memory.check("this training", needed, mesh, advice=_ADVICE)
    return state


def check_step(train_step: Any, *given: Any, mesh: Mesh) -> None:
    """Checks that there is memory for a step; compiles it, which is kept.

    Args:
        train_step: what `jax.jit` gave.
        *given: its arguments.
        mesh: that they lie on.

    Raises:
        ValueError: there is not.
    """
    memory.check_program(
        "a step of this training", train_step, *given, mesh=mesh, advice=_ADVICE
    )

"""The state of a training by its shapes, before anything of it is made."""

from typing import Any

from jax.sharding import Mesh

from musiclm_jax.parallel import sharding
from musiclm_jax.training.task import Task


def of_state(task: Task, batch: Any, mesh: Mesh, rules: sharding.Rules) -> Any:
    """Returns shapes, dtypes and shardings of the first state.

    Raises:
        ValueError: no network is of the sizes that the task asks for.
    """
    try:
        return sharding.abstract_state(task, batch, mesh, rules)
    except Exception as error:  # Networks raise whatever their layers raise.
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ValueError(
            f"the sizes of this training do not go together: {reason}"
        ) from error

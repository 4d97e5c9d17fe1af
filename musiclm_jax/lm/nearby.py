"""What a condition says around the time of each token that is guessed, told to it.

A stage finds the condition's tokens of its own time by attention, once it has learned
to. So small and short trainings hardly begin to: what is summed into the guess needs no
search. SoundStorm (2305.09636, section 3.1) adds its conditions to its frames likewise.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.files.ranges import Range
from musiclm_jax.stages import Layout, Stage


@dataclasses.dataclass(frozen=True, kw_only=True)
class Nearby:
    """Which condition is summed, and how much of it.

    Attributes:
        name: of a kind of code in the prefix.
        num_steps: of its tokens, around the time that is guessed.
    """

    name: str
    num_steps: int

    def __post_init__(self):
        Range(kind=int, low=1).check("num_steps of nearby", self.num_steps)

    def stream(self, stage: Stage) -> int:
        """Returns which stream of the stage it is.

        Raises:
            ValueError: the stage does not read it.
        """
        names = [stream.name for stream in stage.prefix]
        if self.name not in names:
            raise ValueError(
                f"nearby names {self.name!r}, and the {stage.name} stage reads "
                f"{', '.join(names)}"
            )
        return names.index(self.name)


def sums(x: jax.Array, kernel: jax.Array, layout: Layout, stream: int) -> jax.Array:
    """Sums a condition's tokens around the time that each position guesses.

    Args:
        x: [batch, position, embed], of the prefix at least.
        kernel: [step, embed, embed], what is made of each of the tokens.
        layout: where tokens lie.
        stream: of the condition.

    Returns:
        [batch, position of the layout, embed], zero where nothing is guessed.
    """
    at = np.flatnonzero(layout.streams == stream)
    steps = x[:, at[0] : at[-1] + 1]
    reach = len(kernel)
    before = (reach - 1) // 2
    padded = jnp.pad(steps, ((0, 0), (before, reach - 1 - before), (0, 0)))
    around = sum(
        padded[:, step : step + len(at)] @ kernel[step] for step in range(reach)
    )
    first = layout.prefix_length - 1
    guessed = layout.query_positions[first:]
    total = len(layout.positions) - layout.prefix_length
    # The last position guesses what would follow.
    step = np.minimum((guessed + 0.5) * len(at) // total, len(at) - 1).astype(np.int32)
    return jnp.pad(around[:, step], ((0, 0), (first, 0), (0, 0)))

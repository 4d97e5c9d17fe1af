"""A residual quantizer whose levels clips and captions share.

Levels that are fitted to what others leave over (`training.quantizer_task`) stand on
each other: where clip and caption differ in the first code, all further ones belong to
different residuals, and agree by chance. Here each level has some directions of its
own, at right angles to those of all others, so that no code depends on one before it;
and they are the directions in which clips and captions vary together, the strongest
first. It is a residual quantizer all the same: what a level takes away lies in its own
directions, so the next finds its part untouched.

    C = cov(clip, caption), made symmetric
    directions of level l: eigenvectors [l * level_dim, (l + 1) * level_dim) of C
    codebook of level l: k-means on the middle of clip and caption in these directions
"""

import dataclasses
from typing import ClassVar

import jax
import jax.numpy as jnp
from flax import struct

from musiclm_jax.layers import code_use, quantization
from musiclm_jax.training.frozen import FrozenNetwork

Batch = dict[str, jax.Array]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SharedQuantizerConfig:
    """How codebooks are fitted.

    Attributes:
        num_quantizers: levels.
        codebook_size: codes a level.
        level_dim: directions a level.
        decay: of the moving averages, see `quantization.ema_update`.
        measure_steps: the first steps, which measure how clips and captions vary
            together and fit nothing.
    """

    num_quantizers: int
    codebook_size: int
    level_dim: int
    decay: float
    measure_steps: int

    def __post_init__(self):
        for name in ("num_quantizers", "codebook_size", "level_dim", "measure_steps"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{name} must be at least 1, got {getattr(self, name)}"
                )
        if not 0.0 <= self.decay < 1.0:
            raise ValueError(f"decay must be in [0, 1), got {self.decay}")


class SharedQuantizerState(struct.PyTreeNode):
    """Codebooks under training, and the sums that their directions follow from.

    Attributes:
        step: [], int32, steps taken.
        count: [], float32, pairs that were measured.
        sums: [side, dim], of clips and of captions.
        products: [dim, dim], sum over pairs of clip times caption.
        rvq: of each level alone: [level, 1, code, dim] and so on.
    """

    step: jax.Array
    count: jax.Array
    sums: jax.Array
    products: jax.Array
    rvq: quantization.RvqState


@dataclasses.dataclass(frozen=True, kw_only=True)
class SharedQuantizerTask:
    """A `training.task.Task` without any gradient.

    Attributes:
        config: how to fit.
        frozen: the trained towers, that map a batch to pairs [pair, side=2, dim].
    """

    config: SharedQuantizerConfig
    frozen: FrozenNetwork

    # Of frames that a batch gives each code evenly, the share below which one is dead.
    DEAD_SHARE: ClassVar[float] = 0.1

    def init(self, rng: jax.Array, batch: Batch) -> SharedQuantizerState:
        """Returns empty codebooks; `rng` is not used.

        Raises:
            ValueError: more directions are asked for than there are.
        """
        del rng
        config = self.config
        pairs = jax.eval_shape(lambda frozen, x: frozen(x), self.frozen, batch)
        dim = pairs.shape[-1]
        if config.num_quantizers * config.level_dim > dim:
            raise ValueError(
                f"{config.num_quantizers} levels of {config.level_dim} directions each "
                f"do not fit into {dim} dimensions"
            )
        level = quantization.init_rvq(
            num_quantizers=1, codebook_size=config.codebook_size, dim=dim
        )
        return SharedQuantizerState(
            step=jnp.zeros((), jnp.int32),
            count=jnp.zeros(()),
            sums=jnp.zeros((2, dim)),
            products=jnp.zeros((dim, dim)),
            rvq=jax.tree.map(
                lambda x: jnp.broadcast_to(x, (config.num_quantizers, *x.shape)), level
            ),
        )

    def train_step(
        self, state: SharedQuantizerState, batch: Batch, rng: jax.Array
    ) -> tuple[SharedQuantizerState, dict[str, jax.Array]]:
        """Measures, or fits once enough has been measured."""
        pairs = self.frozen(batch).astype(jnp.float32)
        measuring = state.step < self.config.measure_steps
        state = jax.lax.cond(
            measuring,
            lambda state: _with_moments(state, pairs),
            lambda state: state.replace(rvq=self._fitted(state, pairs, rng)),
            state,
        )
        metrics = self._metrics(state, pairs)
        return state.replace(step=state.step + 1), metrics

    def eval_step(
        self, state: SharedQuantizerState, batch: Batch
    ) -> dict[str, jax.Array]:
        """Quantises a batch and fits nothing."""
        return self._metrics(state, self.frozen(batch).astype(jnp.float32))

    def inference_params(self, state: SharedQuantizerState) -> dict[str, jax.Array]:
        """Returns `codebooks [level, code, dim]`."""
        return {"codebooks": state.rvq.codebooks[:, 0]}

    def _fitted(
        self, state: SharedQuantizerState, pairs: jax.Array, rng: jax.Array
    ) -> quantization.RvqState:
        """Moves every level towards the middles of pairs [pair, side, dim]."""
        config = self.config
        basis = _basis(state, config.num_quantizers * config.level_dim)
        basis = basis.reshape(-1, config.num_quantizers, config.level_dim)
        middles = pairs.mean(axis=1)
        # Each level's own part of them: [level, pair, time=1, dim].
        parts = jnp.einsum("pd,dlk,elk->lpe", middles, basis, basis)[:, :, None, :]
        even = pairs.shape[0] / config.codebook_size

        def fit_level(level: tuple) -> quantization.RvqState:
            rvq, x, rng = level
            return quantization.update_rvq(
                rvq, x, rng, decay=config.decay, dead_threshold=self.DEAD_SHARE * even
            )[0]

        rngs = jax.random.split(rng, config.num_quantizers)
        return jax.lax.map(fit_level, (state.rvq, parts, rngs))

    def _metrics(
        self, state: SharedQuantizerState, pairs: jax.Array
    ) -> dict[str, jax.Array]:
        """How often the codes of pairs [pair, side, dim] agree, and their use."""
        codebooks = state.rvq.codebooks[:, 0]
        codes = quantization.quantize(codebooks, pairs)
        agree = jnp.mean((codes[:, 0] == codes[:, 1]).astype(jnp.float32), axis=0)
        # Codebooks that are empty yet give everything the same codes.
        agree = jnp.where(state.rvq.initialized, agree, 0.0)
        counts = code_use.count(codes, codebook_size=self.config.codebook_size)
        metrics = {
            "loss/disagreement": 1.0 - jnp.mean(agree),
            "health/agreement_first": agree[0],
            "health/agreement_last": agree[-1],
        }
        return metrics | code_use.metrics(counts)


def _with_moments(
    state: SharedQuantizerState, pairs: jax.Array
) -> SharedQuantizerState:
    """Adds pairs [pair, side, dim] to the sums."""
    return state.replace(
        count=state.count + pairs.shape[0],
        sums=state.sums + pairs.sum(axis=0),
        products=state.products + jnp.einsum("pd,pe->de", pairs[:, 0], pairs[:, 1]),
    )


def _basis(state: SharedQuantizerState, num_directions: int) -> jax.Array:
    """Directions [dim, direction] in which both sides vary together, best first."""
    count = jnp.maximum(state.count, 1.0)
    clip, caption = state.sums / count
    covariance = state.products / count - jnp.outer(clip, caption)
    # Of the symmetric part; eigenvalues come from small to large.
    _, vectors = jnp.linalg.eigh((covariance + covariance.T) / 2)
    return vectors[:, ::-1][:, :num_directions]

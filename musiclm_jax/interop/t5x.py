"""A token stage as a t5x model: t5x's trainer, partitioner, checkpoints and inference.

The loss is that of `StageTask`, not a second one, and a batch is the same: the codes
[batch, time, level] of every kind. What is new here is how t5x learns the logical names
of the parameters' axes:

    flax boxes {"table": LogicallyPartitioned(names)}
    t5x        {"params": {"table": array},
                "params_axes": {"table_axes": AxisMetadata(names)}}
"""

from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from clu import metrics as clu_metrics
from flax.linen import partitioning
from t5x import adafactor, models, optimizers

from musiclm_jax.interop.seqio_task import CodesConverter
from musiclm_jax.lm.config import unroll_params
from musiclm_jax.lm.sampling import SamplingConfig, sample
from musiclm_jax.lm.task import Batch, StageTask

PyTree = Any


class StageModel(models.BaseModel):
    """What t5x asks of a model, answered by a stage's task.

    Attributes:
        task: the stage, its loss, and what training drops. Its optimizer and moving
            average are not used: t5x has its own optimizer, and no average.
        optimizer_def: t5x's optimizer.
        sampling: how `predict_batch` draws codes.
    """

    FEATURE_CONVERTER_CLS = CodesConverter

    def __init__(
        self,
        *,
        task: StageTask,
        optimizer_def: optimizers.OptimizerDefType,
        sampling: SamplingConfig,
    ):
        super().__init__(optimizer_def)
        self.task = task
        self.sampling = sampling

    def get_initial_variables(
        self,
        rng: jax.Array,
        input_shapes: Mapping[str, tuple[int, ...]],
        input_types: Mapping[str, Any] | None = None,
    ) -> dict[str, PyTree]:
        """Returns parameters and the names of their axes, in t5x's two collections."""
        del input_types
        batch = {
            name: jnp.zeros(shape, jnp.int32) for name, shape in input_shapes.items()
        }
        boxed = self.task.init(rng, batch).params
        return {"params": nn.meta.unbox(boxed), "params_axes": params_axes(boxed)}

    def loss_fn(
        self, params: PyTree, batch: Batch, dropout_rng: jax.Array | None
    ) -> tuple[jax.Array, dict[str, clu_metrics.Metric]]:
        """Returns the task's loss and metrics; without a key nothing is dropped."""
        if dropout_rng is None:
            loss, metrics = self.task.loss(params, batch, None)
        else:
            loss, metrics = self.task.train_loss(batch, dropout_rng)(params)
        return loss, {
            name: clu_metrics.Average.from_model_output(value)
            for name, value in metrics.items()
        }

    def score_batch(
        self, params: PyTree, batch: Batch, return_intermediates: bool = False
    ) -> jax.Array:
        """Returns the log-likelihood [batch] of each row's target codes.

        Raises:
            ValueError: intermediates are asked for.
        """
        if return_intermediates:
            raise ValueError("a stage has no intermediates to return with its scores")

        def score(row: Batch) -> jax.Array:
            codes = jax.tree.map(lambda x: x[None], row)
            _, metrics = self.task.loss(params, codes, None)
            count = self.task.config.stage.target.select(codes).size
            return -count * metrics["loss/cross_entropy"]

        return jax.vmap(score)(batch)

    def predict_batch_with_aux(
        self, params: PyTree, batch: Batch, rng: jax.Array | None = None
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        """Samples the target codes [batch, time, level] behind each row's prefix.

        Raises:
            ValueError: there is no key to draw with.
        """
        if rng is None:
            raise ValueError("sampling needs a key: predict_batch got rng=None")
        config = self.task.config
        target = config.stage.target
        rows, frames, _ = batch[target.name].shape
        codes = sample(
            config.unrolled,
            unroll_params(config, params),
            batch,
            jnp.zeros((rows, 0, target.num_levels), jnp.int32),
            num_frames=frames,
            rngs=jax.random.split(rng, rows),
            sampling=self.sampling,
        )
        return codes, {}


def params_axes(boxed: PyTree) -> PyTree:
    """Returns t5x's collection of axis names for parameters in flax's boxes.

    Raises:
        ValueError: a parameter whose axes have no names.
    """
    axes = {}
    for name, value in boxed.items():
        if isinstance(value, Mapping):
            axes[name] = params_axes(value)
        elif isinstance(value, nn.LogicallyPartitioned):
            axes[f"{name}_axes"] = partitioning.AxisMetadata(names=value.names)
        else:
            raise ValueError(f"the axes of parameter {name} have no logical names")
    return axes


def logical_factor_rules() -> dict[str, adafactor.FactorDim]:
    """Returns t5x's rules of how Adafactor factors an axis, with our further names."""
    whole = dict.fromkeys(("streams", "buckets"), adafactor.FactorDim.NONE)
    return {**adafactor.standard_logical_factor_rules(), **whole}

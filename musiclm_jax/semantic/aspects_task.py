"""Fits the codes of aspects: the only training that they need."""

import dataclasses
import functools
from typing import Any, ClassVar

import jax

from musiclm_jax.semantic import centroids
from musiclm_jax.semantic.aspects import AspectsConfig
from musiclm_jax.training.quantizer_task import QuantizerState, QuantizerTask

Batch = dict[str, jax.Array]


@dataclasses.dataclass(frozen=True, kw_only=True)
class AspectsTask:
    """A `training.task.Task` on batches of {"audio": [batch, sample]}.

    Attributes:
        config: of the features.
        decay: see `quantizer_task.QuantizerConfig`, and so the next.
        dead_threshold: see there.
    """

    PART: ClassVar[str] = "semantic"

    config: AspectsConfig
    decay: float
    dead_threshold: float

    @functools.cached_property
    def _kmeans(self) -> QuantizerTask:
        """Of features as they are: their lengths say what counts how much."""
        return centroids.centroids_task(
            self.config,
            {},
            decay=self.decay,
            dead_threshold=self.dead_threshold,
            standardise_steps=0,
        )

    def init(self, rng: jax.Array, batch: Batch) -> QuantizerState:
        """Returns empty codebooks; `rng` is not used."""
        return self._kmeans.init(rng, batch)

    def train_step(
        self, state: QuantizerState, batch: Batch, rng: jax.Array
    ) -> tuple[QuantizerState, dict[str, jax.Array]]:
        """Takes one step of k-means."""
        return self._kmeans.train_step(state, batch, rng)

    def eval_step(self, state: QuantizerState, batch: Batch) -> dict[str, jax.Array]:
        """Quantizes a batch and fits nothing."""
        return self._kmeans.eval_step(state, batch)

    def inference_params(self, state: QuantizerState) -> dict[str, Any]:
        """Returns what `QuantizerTask.inference_params` does."""
        return self._kmeans.inference_params(state)

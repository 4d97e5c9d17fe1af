"""What a training takes from parts that are trained already, by their bundle.

The gin files of such trainings bind these, so that tasks themselves know no bundle.
"""

import dataclasses
import functools

import jax
import numpy as np

from musiclm_jax import bundle as bundle_lib
from musiclm_jax.layers import host_quantization
from musiclm_jax.mulan import embedding
from musiclm_jax.mulan import network as mulan_network
from musiclm_jax.semantic import centroids
from musiclm_jax.training import quantizer_task
from musiclm_jax.training.frozen import FrozenNetwork, name_axes

Batch = dict[str, jax.Array]


def semantic_centroids(
    *, bundle: str, decay: float, dead_threshold: float, standardise_steps: int
) -> quantizer_task.QuantizerTask:
    """Returns the k-means on the semantic part; see `centroids.centroids_task`.

    Args:
        bundle: folder of the bundle that has the part.
        decay: see `quantizer_task.QuantizerConfig`, and so the next two.
        dead_threshold: see there.
        standardise_steps: see there.
    """
    config, params = bundle_lib.load_part(bundle, "semantic")
    return centroids.centroids_task(
        config,
        params,
        decay=decay,
        dead_threshold=dead_threshold,
        standardise_steps=standardise_steps,
    )


def mulan_audio_tower(*, bundle: str) -> FrozenNetwork:
    """Returns what maps {"audio"} to MuLan embeddings [row, 1, embed].

    Of clips alone: fitted to captions too, the quantizer would give captions codes of
    their own, which no clip has (docs/deviations.md).

    Args:
        bundle: folder of the bundle that has the part.
    """
    config, params = bundle_lib.load_part(bundle, "mulan")
    init = functools.partial(mulan_network.init_params, config)
    boxed = jax.eval_shape(init, jax.random.key(0))

    def embed(params: dict, batch: Batch) -> jax.Array:
        return embedding.embed_audio(config, params, batch["audio"])[:, None, :]

    tower = name_axes(params["audio_tower"], boxed["audio_tower"])
    return FrozenNetwork(params={"audio_tower": tower}, apply=embed)


@dataclasses.dataclass(frozen=True)
class FrozenTokenizers:
    """What token records leave to the bundle that made them; read when first asked.

    Attributes:
        bundle: folder of the bundle.
    """

    bundle: str

    def fingerprint(self) -> str:
        """Returns the hash that the bundle's token records carry."""
        return bundle_lib.Bundle.load(self.bundle).tokenizers_hash()

    def mulan_codes(self, embedding: np.ndarray) -> np.ndarray:
        """Returns the MuLan codes [level] of an embedding [dim], int32.

        Raises:
            ValueError: the codebooks are not fitted yet.
        """
        return host_quantization.quantize(self._mulan_codebooks, embedding)

    @functools.cached_property
    def _mulan_codebooks(self) -> np.ndarray:
        """[level, code, dim]."""
        _, params = bundle_lib.load_part(self.bundle, "mulan")
        if "codebooks" not in params:
            raise ValueError(
                f"the part mulan of the model in {self.bundle} has no codebooks: run "
                "and export runs/mulan_rvq.gin first"
            )
        return np.asarray(params["codebooks"])

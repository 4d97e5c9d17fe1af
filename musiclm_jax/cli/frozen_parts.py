"""What a training takes from parts that are trained already, by their bundle.

The gin files of such trainings bind these, so that tasks themselves know no bundle.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from musiclm_jax import bundle as bundle_lib
from musiclm_jax.layers import quantizer_task
from musiclm_jax.mulan import embedding
from musiclm_jax.semantic import centroids

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


def mulan_embedder(*, bundle: str) -> Callable[[Batch], jax.Array]:
    """Returns what maps {"audio"} to MuLan embeddings [row, 1, embed].

    Of clips alone: fitted to captions too, the quantizer would give captions codes of
    their own, which no clip has (docs/deviations.md).

    Args:
        bundle: folder of the bundle that has the part.
    """
    config, params = bundle_lib.load_part(bundle, "mulan")

    def embed(batch: Batch) -> jax.Array:
        return embedding.embed_audio(config, params, batch["audio"])[:, None, :]

    return embed


def mulan_codebooks(*, bundle: str) -> jax.Array:
    """Returns the codebooks [level, code, embed] of the MuLan tokens.

    Args:
        bundle: folder of the bundle that has the part.

    Raises:
        ValueError: they are not fitted yet.
    """
    _, params = bundle_lib.load_part(bundle, "mulan")
    if "codebooks" not in params:
        raise ValueError(
            f"the part mulan of the model in {bundle} has no codebooks: run and export "
            "runs/mulan_rvq.gin first"
        )
    return jnp.asarray(params["codebooks"])


def tokenizers_hash(*, bundle: str) -> str:
    """Returns the hash that token records of this bundle's tokenizers carry.

    Args:
        bundle: folder of the bundle.
    """
    return bundle_lib.Bundle.load(bundle).tokenizers_hash()

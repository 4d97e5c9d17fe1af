"""What a training takes from parts that are trained already, by their bundle.

The gin files of such trainings bind these, so that tasks themselves know no bundle.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax import bundle as bundle_lib
from musiclm_jax.bundle import fitting, melody_tokenizer
from musiclm_jax.layers import host_quantization
from musiclm_jax.melody import network as melody_lib
from musiclm_jax.mulan import embedding
from musiclm_jax.mulan import network as mulan_network
from musiclm_jax.mulan.network import MuLanConfig
from musiclm_jax.semantic import centroids
from musiclm_jax.tokens import Vocabulary
from musiclm_jax.training import quantizer_task
from musiclm_jax.training.frozen import FrozenNetwork, name_axes
from musiclm_jax.training.warm_start import WarmStart

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
    """Returns what maps {"audio"} to MuLan embeddings [row, 1, embed], as the paper's.

    Args:
        bundle: folder of the bundle that has the part.
    """
    config, towers = _mulan_towers(bundle)

    def embed(params: dict, batch: Batch) -> jax.Array:
        return embedding.embed_audio(config, params, batch["audio"])[:, None, :]

    return FrozenNetwork(params={"audio_tower": towers["audio_tower"]}, apply=embed)


def mulan_text_tower(*, bundle: str) -> FrozenNetwork:
    """Returns what maps {"text"} to MuLan embeddings [row, 1, embed].

    Args:
        bundle: folder of the bundle that has the part.
    """
    config, towers = _mulan_towers(bundle)

    def embed(params: dict, batch: Batch) -> jax.Array:
        return embedding.embed_text(config, params, batch["text"])[:, None, :]

    return FrozenNetwork(params={"text_tower": towers["text_tower"]}, apply=embed)


def mulan_both_towers(*, bundle: str) -> FrozenNetwork:
    """Returns what maps {"audio", "text"} to MuLan embeddings [row, side=2, embed].

    Args:
        bundle: folder of the bundle that has the part.
    """
    config, towers = _mulan_towers(bundle)

    def embed(params: dict, batch: Batch) -> jax.Array:
        audio = embedding.embed_audio(config, params, batch["audio"])
        text = embedding.embed_text(config, params, batch["text"])
        return jnp.stack([audio, text], axis=1)

    return FrozenNetwork(params=towers, apply=embed)


def melody_network(*, bundle: str) -> FrozenNetwork:
    """Returns what maps {"audio"} to embeddings of tunes [row, window, embed].

    Args:
        bundle: folder of the bundle that has the part melody.
    """
    config, params = bundle_lib.load_part(bundle, "melody")
    init = functools.partial(melody_lib.init_params, config)
    boxed, embed_dim = jax.eval_shape(init, jax.random.key(0)), config.embed_dim

    def embed(params: dict, batch: Batch) -> jax.Array:
        rows = len(batch["audio"])
        # [row, sample] -> [row * window, sample], and back
        windows = batch["audio"].reshape(-1, config.window_length)
        return melody_lib.embed(config, params, windows).reshape(rows, -1, embed_dim)

    return FrozenNetwork(params=name_axes(params["network"], boxed), apply=embed)


def warm_start(part: str, *, bundle: str | None = None) -> WarmStart:
    """Returns a trained part to go on from.

    Args:
        part: its name.
        bundle: folder of the bundle that has it; the model in the box if None.
    """
    folder = bundle_lib.default_folder() if bundle is None else bundle
    config, params = bundle_lib.load_part(folder, part)
    return WarmStart(config, params, where=f"{part} of the model in {folder}")


def vocabulary(*, bundle: str) -> str:
    """Returns the path of the vocabulary that the text tower reads.

    Args:
        bundle: folder of the bundle that has the file.
    """
    return str(bundle_lib.Bundle.load(bundle).file(bundle_lib.VOCABULARY))


def _mulan_towers(bundle: str) -> tuple[MuLanConfig, dict]:
    """The config of the part, and its towers with the names of their axes."""
    config, params = bundle_lib.load_part(bundle, "mulan")
    init = functools.partial(mulan_network.init_params, config)
    boxed = jax.eval_shape(init, jax.random.key(0))
    towers = {name: name_axes(params[name], boxed[name]) for name in boxed}
    return config, towers


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

    def melody_fingerprint(self) -> str:
        """Returns the hash of the bundle's melody part; empty without one."""
        return melody_tokenizer.fingerprint(bundle_lib.Bundle.load(self.bundle))

    def vocabulary(self) -> Vocabulary:
        """Returns kinds, rates and levels of the codes that the bundle's parts make."""
        configs = {
            part: bundle_lib.load_part(self.bundle, part)[0]
            for part in ("semantic", "codec")
        }
        codebooks = {"mulan": self._mulan_codebooks.shape}
        if self.melody_fingerprint():
            configs["melody"], params = bundle_lib.load_part(self.bundle, "melody")
            codebooks["melody"] = params["codebooks"].shape
        return fitting.tokens_of(configs, codebooks)

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

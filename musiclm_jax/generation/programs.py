"""The programs that generation runs, from shapes alone.

Pieces are shared by the chips and parameters lie whole on each, as in
`generation.pipeline`.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jax.stages import Traced

from musiclm_jax.codec import network as codec_network
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.lm.config import StageConfig, unroll_params
from musiclm_jax.lm.sampling import sample
from musiclm_jax.parallel import sharding

# Of the codec's program; what `MusicLM.generate` makes if not told otherwise.
_DECODED_SECONDS = 10.0


def trace_window(
    config: Any, params: Any, *, num: int, mesh: Mesh
) -> tuple[Traced, dict[str, jax.ShapeDtypeStruct]]:
    """Traces what samples a window of a stage, or what decodes one.

    Args:
        config: of a token stage or of a codec.
        params: its parameters or their shapes.
        num: pieces that are made at once.
        mesh: of devices that need not be there.

    Returns:
        The program, and the codes that it is given.

    Raises:
        ValueError: there is no such program, or the pieces do not divide over the mesh.
    """
    if isinstance(config, StageConfig):
        codes = _prefix_shapes(config, num)
        params = jax.eval_shape(functools.partial(unroll_params, config), params)
        program = functools.partial(_sample_window, config.unrolled)
    elif isinstance(config, codec_network.CodecConfig):
        frames = round(_DECODED_SECONDS * config.frame_rate)
        shape = (num, frames, config.num_quantizers)
        codes = {"acoustic": jax.ShapeDtypeStruct(shape, jnp.int32)}
        program = functools.partial(_decode, config)
    else:
        raise ValueError(
            "nothing is generated with this network alone: give the run file of a "
            "token stage or of the codec"
        )
    everywhere = sharding.replicated(mesh)
    params = jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=everywhere), params
    )
    keys = jax.eval_shape(lambda: jax.random.split(jax.random.key(0), num))
    batch = sharding.abstract_batch({**codes, "keys": keys}, mesh)
    with sharding.use_mesh(mesh, sharding.DEFAULT_RULES):
        return jax.jit(program).trace(params, batch), codes


def _prefix_shapes(config: StageConfig, num: int) -> dict[str, jax.ShapeDtypeStruct]:
    """The codes [batch, time, level] that a window of a stage is conditioned on."""
    shapes = {}
    for stream in config.stage.prefix:
        spec = config.vocabulary.spec(stream.name)
        frames = spec.num_frames(config.stage.crop_seconds)
        shape = (num, frames, spec.num_quantizers)
        shapes[stream.name] = jax.ShapeDtypeStruct(shape, jnp.int32)
    return shapes


def _sample_window(
    config: StageConfig, params: Any, batch: dict[str, jax.Array]
) -> jax.Array:
    """Samples a window of which nothing is known yet."""
    keys = batch.pop("keys")
    prompt = jnp.zeros((len(keys), 0, config.stage.target.num_levels), jnp.int32)
    return sample(
        config,
        params,
        batch,
        prompt,
        num_frames=config.layout(config.stage.crop_seconds).num_frames,
        rngs=keys,
        sampling=getattr(GenerationConfig(), config.stage.name),
    )


def _decode(
    config: codec_network.CodecConfig, params: Any, batch: dict[str, jax.Array]
) -> jax.Array:
    return codec_network.decode(config, params, batch["acoustic"])

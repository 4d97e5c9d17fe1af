"""The melody network: a small vision transformer over the frames of a window.

MusicLM (2301.11325), section 6 and appendix C; ViT (2010.11929), a token a frame and
their mean in the place of a class token.
"""

import dataclasses
import functools

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.layers.attention import attend
from musiclm_jax.layers.dense import GeneralDense
from musiclm_jax.layers.dropout import DROPOUT_RATE, Dropout
from musiclm_jax.layers.dtypes import check_dtype
from musiclm_jax.layers.normalize import unit_length
from musiclm_jax.layers.remat import remat
from musiclm_jax.melody.frames import MelFrames, PitchFrames
from musiclm_jax.parallel.sharding import constrain

_POSITION_STDDEV = 0.02


@dataclasses.dataclass(frozen=True, kw_only=True)
class MelodyConfig:
    """A space of tunes.

    Attributes:
        frames: what is heard of a window.
        embed_dim: dimensions of the space.
        num_layers: of the transformer.
        num_heads: attention heads.
        head_dim: width of a head.
        width: of the residual stream.
        mlp_dim: width inside the feed-forward layers.
        dropout_rate: on attention weights and layer outputs, in training.
        window_seconds: what one embedding hears.
        hop_seconds: from one embedding that a token stage reads to the next.
        stride_seconds: from one window to the next where all of a recording is
            embedded, so that a stretch of it may begin anywhere; hops are whole
            strides.
        dtype: of the layers' computation, "float32" or "bfloat16".
    """

    frames: MelFrames | PitchFrames
    embed_dim: int
    num_layers: int
    num_heads: int
    head_dim: int
    width: int
    mlp_dim: int
    dropout_rate: float
    window_seconds: float
    hop_seconds: float
    stride_seconds: float
    dtype: str

    def __post_init__(self):
        check_dtype(self.dtype)
        DROPOUT_RATE.check("dropout_rate", self.dropout_rate)
        strides = self.hop_seconds / self.stride_seconds
        if self.stride_seconds <= 0 or strides < 1 or strides != round(strides):
            raise ValueError(
                f"hop_seconds={self.hop_seconds} is no whole number of "
                f"stride_seconds={self.stride_seconds}"
            )
        if self.window_seconds < self.hop_seconds:
            raise ValueError(
                f"between windows of window_seconds={self.window_seconds} each "
                f"hop_seconds={self.hop_seconds} something would go unheard"
            )

    @property
    def sample_rate(self) -> int:
        """Of the audio, Hz."""
        return self.frames.sample_rate

    @property
    def window_length(self) -> int:
        """Samples in a window."""
        return round(self.window_seconds * self.sample_rate)

    @property
    def stride_length(self) -> int:
        """Samples from one window to the next."""
        return round(self.stride_seconds * self.sample_rate)

    def module(self, *, remat_policy: str = "none") -> "MelodyNetwork":
        """Returns the network."""
        return MelodyNetwork(self, remat_policy)


class MelodyNetwork(nn.Module):
    """Maps the frames of windows to unit vectors.

    Attributes:
        config: the sizes.
        remat_policy: of `layers.remat.POLICIES`, for the layers.
    """

    config: MelodyConfig
    remat_policy: str = "none"

    @nn.compact
    def __call__(self, frames: jax.Array, *, train: bool) -> jax.Array:
        """Embeds windows.

        Args:
            frames: [batch, frame, feature], of whole windows.
            train: whether dropout acts (needs the rng stream "dropout").

        Returns:
            [batch, embed], of unit length.
        """
        config = self.config
        dense = functools.partial(GeneralDense, dtype=jnp.dtype(config.dtype))
        x = dense((config.width,), ("in", "embed"), name="in")(frames)
        positions = self.param(
            "positions",
            nn.with_logical_partitioning(
                nn.initializers.normal(_POSITION_STDDEV), ("length", "embed")
            ),
            (frames.shape[1], config.width),
        )
        x = x + positions.astype(x.dtype)[None, :, :]
        x = constrain(x, ("batch", "length", "embed"))
        # The last argument of a layer's call says whether it is trained.
        layer = remat(Layer, self.remat_policy, static_argnums=(2,), scan=False)
        for number in range(config.num_layers):
            x = layer(config, name=f"layer{number}")(x, train)
        x = _norm(config.dtype, name="norm")(x).astype(jnp.float32).mean(axis=1)
        out = GeneralDense((config.embed_dim,), ("embed", "out"), name="projection")
        return unit_length(out(x))


class Layer(nn.Module):
    """Attention of every frame to all, then feed-forward, each behind a norm.

    Attributes:
        config: the sizes.
    """

    config: MelodyConfig

    @nn.compact
    def __call__(self, x: jax.Array, train: bool) -> jax.Array:
        """Maps [batch, frame, embed] to the same."""
        config = self.config
        dense = functools.partial(GeneralDense, dtype=jnp.dtype(config.dtype))
        drop = functools.partial(Dropout(config.dropout_rate), train=train)
        y = _norm(config.dtype, name="attention_norm")(x)
        heads = (config.num_heads, config.head_dim)
        # [batch, frame, head, dim] -> [batch, head, frame, dim]
        query, key, value = (
            dense(heads, ("embed", "heads", "kv"), name=name)(y).swapaxes(1, 2)
            for name in ("query", "key", "value")
        )
        y = attend(query, key, value, drop=drop)
        x = x + drop(dense((config.width,), ("heads", "kv", "embed"), name="out")(y))
        y = _norm(config.dtype, name="mlp_norm")(x)
        y = dense((config.mlp_dim,), ("embed", "mlp"), name="mlp_in")(y)
        y = dense((config.width,), ("mlp", "embed"), name="mlp_out")(nn.gelu(y))
        return constrain(x + drop(y), ("batch", "length", "embed"))


def init_params(config: MelodyConfig, rng: jax.Array) -> dict:
    """Draws the parameters, in flax boxes with logical axes."""
    audio = jax.ShapeDtypeStruct((1, config.window_length), jnp.float32)
    shape = jax.eval_shape(config.frames.hear, audio).shape
    return config.module().init(rng, jnp.zeros(shape), train=False)["params"]


def embed(
    config: MelodyConfig,
    params: dict,
    audio: jax.Array,
    *,
    dropout_rng: jax.Array | None = None,
    remat_policy: str = "none",
) -> jax.Array:
    """Embeds windows.

    Args:
        config: of the embedding.
        params: of the network.
        audio: [batch, window_length], at the config's rate.
        dropout_rng: the key of the dropout in training; None for inference.
        remat_policy: of `layers.remat.POLICIES`.

    Returns:
        [batch, embed], of unit length.
    """
    return config.module(remat_policy=remat_policy).apply(
        {"params": params},
        config.frames.hear(audio),
        train=dropout_rng is not None,
        rngs=None if dropout_rng is None else {"dropout": dropout_rng},
    )


def _norm(dtype: str, *, name: str) -> nn.LayerNorm:
    return nn.LayerNorm(
        dtype=dtype,
        scale_init=nn.with_logical_partitioning(nn.initializers.ones, ("embed",)),
        bias_init=nn.with_logical_partitioning(nn.initializers.zeros, ("embed",)),
        name=name,
    )

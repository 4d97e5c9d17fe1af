"""The text tower: BERT's encoder, read off at its first token.

MuLan (2208.12415) takes BERT-base; sizes here are a config. Learned positions, layer
normalisation after each residual sum, GELU, and the last layer's vector at position 0,
where the vocabulary puts [CLS], led by one linear layer into the shared space. BERT's
tanh pooler is left out, for the projection does its work, and so is its segment table:
there is one segment, whose row `bert` adds to the positions.
"""

import dataclasses
import functools

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.files.ranges import Range
from musiclm_jax.layers.attention import attend
from musiclm_jax.layers.dense import GeneralDense
from musiclm_jax.layers.dropout import DROPOUT_RATE, Dropout
from musiclm_jax.layers.dtypes import check_dtype
from musiclm_jax.layers.normalize import unit_length
from musiclm_jax.layers.remat import remat
from musiclm_jax.layers.scan import scan_layers
from musiclm_jax.mulan.projection import projection
from musiclm_jax.parallel.sharding import constrain

# What leads from an encoder into the shared space; all else of a tower is the encoder.
HEAD = ("pooling", "projection")
TABLE_STDDEV = 0.02  # BERT's (1810.04805)
LAYER_NORM_EPSILON = 1e-12


# START and END stand around every text.
_LEAST = {
    "vocab_size": 1,
    "max_length": 3,
    "num_layers": 0,
    "num_heads": 1,
    "embed_dim": 1,
    "mlp_dim": 1,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextTowerConfig:
    """Sizes of the text tower.

    Attributes:
        vocab_size: ids of the vocabulary.
        max_length: tokens a text may have, [CLS] and [SEP] counted.
        num_layers: encoder layers.
        num_heads: attention heads; they share `embed_dim` evenly.
        embed_dim: width of the residual stream.
        mlp_dim: width inside the feed-forward layers.
        dropout_rate: on embeddings, attention weights and layer outputs, in training.
        scan_layers: whether the layers are one loop of the compiled program, with their
            parameters stacked along a leading axis `layers`: for deep towers.
        dtype: of the layers' computation, "float32" or "bfloat16"; softmax and
            projection are float32.
    """

    vocab_size: int
    max_length: int
    num_layers: int
    num_heads: int
    embed_dim: int
    mlp_dim: int
    dropout_rate: float
    scan_layers: bool
    dtype: str

    def __post_init__(self):
        check_dtype(self.dtype)
        for name, least in _LEAST.items():
            Range(kind=int, low=least).check(name, getattr(self, name))
        if self.embed_dim % self.num_heads:
            raise ValueError(
                f"num_heads={self.num_heads} does not divide "
                f"embed_dim={self.embed_dim}."
            )
        DROPOUT_RATE.check("dropout_rate", self.dropout_rate)

    def module(self, embed_dim: int, *, remat_policy: str = "none") -> nn.Module:
        """Returns the tower into a space of `embed_dim` dimensions."""
        return TextTower(self, embed_dim, remat_policy)


class TextTower(nn.Module):
    """Maps texts to unit vectors.

    Attributes:
        config: the sizes.
        embed_dim: dimensions of the shared space.
        remat_policy: of `layers.remat.POLICIES`, for the encoder layers.
    """

    config: TextTowerConfig
    embed_dim: int
    remat_policy: str = "none"

    @nn.compact
    def __call__(self, tokens: jax.Array, *, train: bool) -> jax.Array:
        """Embeds texts; what stands behind their padding does not count.

        Args:
            tokens: [batch, length], int32, [CLS] first, padded with -1 at the end:
                with no id, for vocabularies number [PAD] as they like.
            train: whether dropout acts (needs the rng stream "dropout").

        Returns:
            [batch, embed], of unit length.

        Raises:
            ValueError: if `length` is beyond the learned positions.
        """
        config = self.config
        length = tokens.shape[1]
        if length > config.max_length:
            raise ValueError(
                f"A text of {length} tokens; the text tower reads at most "
                f"{config.max_length}."
            )
        words = _table(config.vocab_size, config.embed_dim, name="words")
        positions = _table(config.max_length, config.embed_dim, name="positions")
        present = tokens >= 0
        x = words(jnp.where(present, tokens, 0))
        x = x + positions(jnp.arange(length))[None, :, :]
        x = constrain(x, ("batch", "length", "embed"))
        x = _layer_norm(config.dtype, name="embedding_norm")(x)
        x = Dropout(config.dropout_rate)(x, train=train)
        x = self._layers(x, present, train)
        pooled = self.pooled(x, present, train=train)
        return unit_length(projection(self.embed_dim, name="projection")(pooled))

    def pooled(self, x: jax.Array, present: jax.Array, *, train: bool) -> jax.Array:
        """Returns what is read off a text: its first token.

        Args:
            x: [batch, length, embed], of the last layer.
            present: [batch, length], bool, false at padding.
            train: whether dropout acts.

        Returns:
            [batch, feature], float32.
        """
        del present, train
        return x[:, 0, :].astype(jnp.float32)

    def _layers(self, x: jax.Array, present: jax.Array, train: bool) -> jax.Array:
        config = self.config
        # The last argument of a layer's call says whether it is trained.
        layer_class = remat(
            EncoderLayer,
            self.remat_policy,
            static_argnums=(3,),
            scan=config.scan_layers,
        )
        if not config.scan_layers:
            for layer in range(config.num_layers):
                x = layer_class(config, name=f"layer{layer}")(x, present, train)
            return x
        return scan_layers(
            lambda layer, x: layer(x, present, train),
            layer_class(config, name="layers"),
            x,
            num_layers=config.num_layers,
        )


class EncoderLayer(nn.Module):
    """Self-attention and feed-forward, each followed by sum and normalisation."""

    config: TextTowerConfig

    @nn.compact
    def __call__(self, x: jax.Array, present: jax.Array, train: bool) -> jax.Array:
        """Runs the layer.

        Args:
            x: [batch, length, embed].
            present: [batch, length], bool, false at padding.
            train: whether dropout acts.

        Returns:
            [batch, length, embed].
        """
        config = self.config
        dropout = Dropout(config.dropout_rate)
        y = SelfAttention(config, name="attention")(x, present, train=train)
        x = _layer_norm(config.dtype, name="attention_norm")(
            x + dropout(y, train=train)
        )
        dense = functools.partial(GeneralDense, dtype=jnp.dtype(config.dtype))
        y = dense((config.mlp_dim,), ("embed", "mlp"), name="mlp_in")(x)
        y = nn.gelu(y, approximate=False)
        y = dense((config.embed_dim,), ("mlp", "embed"), name="mlp_out")(y)
        x = _layer_norm(config.dtype, name="mlp_norm")(x + dropout(y, train=train))
        return constrain(x, ("batch", "length", "embed"))


class SelfAttention(nn.Module):
    """Scaled dot-product attention of every token to every token that is no padding."""

    config: TextTowerConfig

    @nn.compact
    def __call__(self, x: jax.Array, present: jax.Array, *, train: bool) -> jax.Array:
        """Maps `[batch, length, embed]` to the same; `present` as in `EncoderLayer`."""
        config = self.config
        # BERT draws these like its tables, which suits its width alone: in a narrow
        # tower [CLS] would start deaf to the other tokens, all texts in one place.
        dense = functools.partial(GeneralDense, dtype=jnp.dtype(config.dtype))
        heads = (config.num_heads, config.embed_dim // config.num_heads)
        # [batch, length, head, dim] -> [batch, head, length, dim]
        query, key, value = (
            dense(heads, ("embed", "heads", "kv"), name=name)(x).swapaxes(1, 2)
            for name in ("query", "key", "value")
        )
        dropout = Dropout(config.dropout_rate)
        y = attend(
            query,
            key,
            value,
            visible=present[:, None, None, :],
            drop=functools.partial(dropout, train=train),
        )
        axes = ("heads", "kv", "embed")
        return dense((config.embed_dim,), axes, name="out")(y)


def _normal(*axes: str):
    return nn.with_logical_partitioning(nn.initializers.normal(TABLE_STDDEV), axes)


def _zeros(*axes: str):
    return nn.with_logical_partitioning(nn.initializers.zeros, axes)


def _table(rows: int, embed_dim: int, *, name: str) -> nn.Embed:
    return nn.Embed(
        rows, embed_dim, embedding_init=_normal("vocab", "embed"), name=name
    )


def _layer_norm(dtype: str, *, name: str) -> nn.LayerNorm:
    return nn.LayerNorm(
        dtype=dtype,
        epsilon=LAYER_NORM_EPSILON,
        scale_init=nn.with_logical_partitioning(nn.initializers.ones, ("embed",)),
        bias_init=_zeros("embed"),
        name=name,
    )

"""The decoder-only transformer all token stages share.

MusicLM, section 4.1; layers in the manner of T5 1.1: RMS norm before each part, gated
GELU, no biases, one relative position bias for all layers, input and output tied to one
table. Only the gated form gives the paper's parameter count (docs/deviations.md).
"""

import dataclasses

import flax.linen as nn
import jax
import jax.numpy as jnp

from musiclm_jax.layers.attention import Cache, SelfAttention
from musiclm_jax.layers.dropout import DROPOUT_RATE, Dropout
from musiclm_jax.layers.dtypes import check_dtype
from musiclm_jax.layers.product import product
from musiclm_jax.layers.relative_bias import Bias, BiasInit, RelativeBias, t5_start
from musiclm_jax.layers.remat import remat
from musiclm_jax.layers.scan import scan_layers
from musiclm_jax.parallel.sharding import batch_shares, constrain
from musiclm_jax.stages import Layout


@dataclasses.dataclass(frozen=True, kw_only=True)
class TransformerConfig:
    """Sizes of a token transformer; the paper's are in `configs/sizes/paper.gin`.

    Attributes:
        num_layers: layers.
        num_heads: attention heads.
        head_dim: width of a head.
        embed_dim: width between the layers.
        mlp_dim: width inside the gated feed-forward part.
        dropout_rate: of embeddings, attention weights and output, and feed-forward
            part.
        num_buckets: buckets of relative position.
        scan_layers: compile one layer and scan it; worth it for deep stacks. Without a
            cache only: see `StageConfig.unrolled`.
        dtype: of the computation; parameters, softmax and logits are float32.
    """

    num_layers: int
    num_heads: int
    head_dim: int
    embed_dim: int
    mlp_dim: int
    dropout_rate: float
    num_buckets: int
    scan_layers: bool
    dtype: str = "float32"

    def __post_init__(self):
        check_dtype(self.dtype)
        DROPOUT_RATE.check("dropout_rate", self.dropout_rate)


def rms_norm(name: str) -> nn.RMSNorm:
    """T5's layer norm: a scale, no mean, no bias."""
    scale_init = nn.with_logical_partitioning(nn.initializers.ones, ("embed",))
    return nn.RMSNorm(epsilon=1e-6, scale_init=scale_init, name=name)


class GatedMlp(nn.Module):
    """T5 1.1's feed-forward part: gelu(x A) * (x B), then C."""

    config: TransformerConfig

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """[batch, length, embed] -> [batch, length, embed]."""
        config = self.config
        init = nn.initializers.variance_scaling(
            1.0, "fan_in", "normal", in_axis=0, out_axis=(1, 2)
        )
        kernel = self.param(
            "in",
            nn.with_logical_partitioning(init, ("embed", "stack", "mlp")),
            (config.embed_dim, 2, config.mlp_dim),
        ).astype(config.dtype)
        gate, value = jnp.moveaxis(product(x, kernel), 2, 0)
        x = constrain(nn.gelu(gate) * value, ("batch", "length", "mlp"))
        x = Dropout(config.dropout_rate, broadcast_dims=(1,))(x, train=train)
        kernel = self.param(
            "out",
            nn.with_logical_partitioning(
                nn.initializers.lecun_normal(), ("mlp", "embed")
            ),
            (config.mlp_dim, config.embed_dim),
        ).astype(config.dtype)
        return constrain(product(x, kernel), ("batch", "length", "embed"))


class Layer(nn.Module):
    """Attention and feed-forward part, each behind a norm and around a skip."""

    config: TransformerConfig

    @nn.compact
    def __call__(
        self,
        x: jax.Array,
        cache: Cache | None,
        bias: Bias,
        start: jax.Array | int,
        train: bool,
    ) -> tuple[jax.Array, Cache | None]:
        """[batch, query, embed] -> the same, and the cache; see `SelfAttention`."""
        config = self.config
        dropout = Dropout(config.dropout_rate, broadcast_dims=(1,))
        x = constrain(x, ("batch", "length", "embed"))
        attention = SelfAttention(
            config.num_heads,
            config.head_dim,
            config.dropout_rate,
            jnp.dtype(config.dtype),
            name="attention",
        )
        normed = rms_norm("attention_norm")(x).astype(config.dtype)
        y, cache = attention(normed, bias, cache, start, train=train)
        x = x + dropout(y, train=train)
        normed = rms_norm("mlp_norm")(x).astype(config.dtype)
        y = GatedMlp(config, name="mlp")(normed, train=train)
        return x + dropout(y, train=train), cache


class Transformer(nn.Module):
    """Ids in, hidden states out; `logits` scores codes of known levels by them.

    Attributes:
        config: sizes.
        vocab_size: rows of the table of ids.
        num_streams: streams the tokens belong to, the target's last.
        reach: ticks that the relative bias tells apart.
        bias_init: draws the relative bias; training alone needs it.
        remat_policy: of `layers.remat.POLICIES`; changes memory and time alone, and so
            is no part of the sizes.
    """

    config: TransformerConfig
    vocab_size: int
    num_streams: int
    reach: int
    bias_init: BiasInit = t5_start
    remat_policy: str = "none"

    def setup(self):
        """Makes the table, the bias, the layers and the last norm."""
        config = self.config
        self.table = self.param(
            "table",
            nn.with_logical_partitioning(
                nn.initializers.normal(1.0), ("vocab", "embed")
            ),
            (self.vocab_size, config.embed_dim),
        )
        self.relative_bias = RelativeBias(
            config.num_heads,
            self.num_streams,
            config.num_buckets,
            self.reach,
            self.bias_init,
        )
        self.dropout = Dropout(config.dropout_rate)
        # The last argument of a layer's call says whether it is trained.
        layer = remat(
            Layer, self.remat_policy, static_argnums=(5,), scan=config.scan_layers
        )
        if config.scan_layers:
            self.layers = layer(config)
        else:
            self.layers = [layer(config) for _ in range(config.num_layers)]
        self.final_norm = rms_norm(None)

    def __call__(
        self,
        tokens: jax.Array,
        layout: Layout,
        *,
        cache: list[Cache] | None = None,
        start: jax.Array | int = 0,
        train: bool = False,
    ) -> tuple[jax.Array, list[Cache] | None]:
        """Runs the stack.

        Args:
            tokens: [batch, query] ids.
            layout: where they lie, of at least as many tokens as there are keys.
            cache: what `caches.empty_cache` gave, or an earlier call, with room for all
                keys; None where the queries are all there is.
            start: place of the first query among the keys.
            train: whether to drop out.

        Returns:
            [batch, query, embed] float32 hidden states, and the cache.

        Raises:
            ValueError: a cache is given to scanned layers.
        """
        length = tokens.shape[1] if cache is None else cache[0].length
        bias = self.relative_bias(
            jax.lax.dynamic_slice_in_dim(
                jnp.asarray(layout.query_positions), start, tokens.shape[1]
            ),
            jnp.asarray(layout.positions[:length]),
            jnp.asarray(layout.streams[:length]),
            num_shares=batch_shares(tokens.shape[0]),
        )
        x = self.table[tokens].astype(self.config.dtype)
        x = self.dropout(x, train=train)
        if self.config.scan_layers:
            if cache is not None:
                raise ValueError("scanned layers keep no cache: unroll the network")
            x = scan_layers(
                lambda layer, x: layer(x, None, bias, start, train)[0],
                self.layers,
                x,
                num_layers=self.config.num_layers,
            )
            return self.final_norm(x.astype(jnp.float32)), None
        caches = []
        for number, layer in enumerate(self.layers):
            one = None if cache is None else cache[number]
            x, one = layer(x, one, bias, start, train)
            caches.append(one)
        hidden = self.final_norm(x.astype(jnp.float32))
        return hidden, None if cache is None else caches

    def codebooks(
        self, first_id: int, *, num_levels: int, codebook_size: int
    ) -> jax.Array:
        """Rows [level, code, embed] of the table for the codes of neighbouring levels.

        Args:
            first_id: id of code zero of the first level.
            num_levels: how many levels.
            codebook_size: codes a level.
        """
        rows = self.table[first_id : first_id + num_levels * codebook_size]
        return rows.reshape(num_levels, codebook_size, -1)

    def logits(self, hidden: jax.Array, codebooks: jax.Array) -> jax.Array:
        """Scores the codes of levels, each level's own codes alone.

        Args:
            hidden: [..., level, embed], the states that predict those levels.
            codebooks: [level, code, embed], of the same levels.

        Returns:
            [..., level, code], float32.
        """
        scores = jnp.einsum("...le,lce->...lc", hidden, codebooks)
        return scores * hidden.shape[-1] ** -0.5

"""SoundStorm's network: all frames at once, each the sum of its tokens.

SoundStorm (2305.09636), section 3.1.

    MuLan, semantic and acoustic tokens -> one vector a frame -> Conformer
                                        -> a head for each level -> codes

A token that is not known yet is a code of its own, one behind the last of its level.
MuLan tokens, which the paper has not, are added to every frame, as they condition the
stages that stand beside this network.
"""

import dataclasses

import jax
import jax.numpy as jnp
from flax import linen as nn

from musiclm_jax.files.ranges import Range
from musiclm_jax.layers import conformer
from musiclm_jax.layers.dropout import DROPOUT_RATE
from musiclm_jax.layers.dtypes import check_dtype
from musiclm_jax.tokens import TokenSpec, Vocabulary


@dataclasses.dataclass(frozen=True, kw_only=True)
class SoundStormConfig:
    """What the network reads and writes, and its sizes.

    Attributes:
        vocabulary: the kinds of codes.
        crop_seconds: length of its training examples and sampling windows.
        num_layers: Conformer blocks.
        num_heads: of their attention.
        embed_dim: their width.
        mlp_dim: width inside their feed-forward modules.
        kernel_size: taps of their depthwise convolution.
        dropout_rate: in the blocks.
        scan_layers: see `conformer.ConformerStack`.
        dtype: of the computation in the blocks; logits are float32.
        semantic_taps: semantic tokens around each frame that are summed into it, each
            by its distance; the frame's own alone, as it is, if None.
    """

    vocabulary: Vocabulary
    crop_seconds: float
    num_layers: int
    num_heads: int
    embed_dim: int
    mlp_dim: int
    kernel_size: int
    dropout_rate: float
    scan_layers: bool
    dtype: str = "float32"
    semantic_taps: int | None = None

    def __post_init__(self):
        if self.semantic_taps is not None:
            Range(kind=int, low=1).check("semantic_taps", self.semantic_taps)
        if self.target.frame_rate % self.semantic.frame_rate:
            raise ValueError(
                f"acoustic frames at {self.target.frame_rate:g} Hz are no whole number "
                f"for each semantic token at {self.semantic.frame_rate:g} Hz"
            )
        check_dtype(self.dtype)
        DROPOUT_RATE.check("dropout_rate", self.dropout_rate)

    @property
    def target(self) -> TokenSpec:
        """The acoustic codes."""
        return self.vocabulary.spec("acoustic")

    @property
    def semantic(self) -> TokenSpec:
        """The semantic codes."""
        return self.vocabulary.spec("semantic")

    @property
    def window(self) -> int:
        """Frames that it was trained to see at once."""
        return self.target.num_frames(self.crop_seconds)

    @property
    def unknown(self) -> int:
        """The code of an acoustic token that is not known."""
        return self.target.codebook_size

    def build(self, *, remat_policy: str = "none") -> "SoundStorm":
        """Returns the network, without parameters."""
        return SoundStorm(self, remat_policy)


def _table(module: nn.Module, name: str, shape: tuple[int, int, int]) -> jax.Array:
    """Vectors [level, code, embed], of unit variance once the levels are summed."""
    init = nn.initializers.normal(shape[0] ** -0.5)
    axes = ("level", "vocab", "embed")
    return module.param(name, nn.with_logical_partitioning(init, axes), shape)


def _sum_of_levels(table: jax.Array, codes: jax.Array) -> jax.Array:
    """[level, code, embed] and [batch, time, level] -> [batch, time, embed]."""
    return table[jnp.arange(table.shape[0])[None, None, :], codes].sum(axis=2)


def _around(x: jax.Array, taps: jax.Array) -> jax.Array:
    """Sums what taps [tap, embed, embed] make of the steps around each."""
    before = (len(taps) - 1) // 2
    padded = jnp.pad(x, ((0, 0), (before, len(taps) - 1 - before), (0, 0)))
    parts = [padded[:, tap : tap + x.shape[1]] @ taps[tap] for tap in range(len(taps))]
    return sum(parts)


class SoundStorm(nn.Module):
    """The whole network.

    Attributes:
        config: its sizes.
        remat_policy: of `layers.remat.POLICIES`.
    """

    config: SoundStormConfig
    remat_policy: str = "none"

    def setup(self):
        """Makes tables, blocks and heads."""
        config = self.config
        mulan = config.vocabulary.spec("mulan")
        target, embed = config.target, config.embed_dim
        self.mulan = _table(
            self, "mulan", (mulan.num_quantizers, mulan.codebook_size, embed)
        )
        self.no_mulan = self.param(
            "no_mulan",
            nn.with_logical_partitioning(nn.initializers.normal(1.0), ("embed",)),
            (embed,),
        )
        self.semantic = _table(
            self, "semantic", (1, config.semantic.codebook_size, embed)
        )
        if config.semantic_taps is not None:
            self.taps = self.param(
                "taps",
                nn.with_logical_partitioning(
                    nn.initializers.lecun_normal(in_axis=(0, 1)), (None, "embed", None)
                ),
                (config.semantic_taps, embed, embed),
            )
        self.acoustic = _table(
            self, "acoustic", (target.num_quantizers, target.codebook_size + 1, embed)
        )
        self.blocks = conformer.ConformerStack(
            num_layers=config.num_layers,
            num_heads=config.num_heads,
            mlp_dim=config.mlp_dim,
            kernel_size=config.kernel_size,
            dropout_rate=config.dropout_rate,
            scan_layers=config.scan_layers,
            dtype=jnp.dtype(config.dtype),
            remat_policy=self.remat_policy,
        )
        init = nn.initializers.normal(embed**-0.5)
        self.heads = self.param(
            "heads",
            nn.with_logical_partitioning(init, ("level", "embed", "vocab")),
            (target.num_quantizers, embed, target.codebook_size),
        )

    def __call__(
        self,
        codes: dict[str, jax.Array],
        *,
        is_conditioned: jax.Array,
        train: bool = False,
    ) -> jax.Array:
        """Scores the codes of all levels, at every frame.

        Args:
            codes: [batch, time, level] by kind, "mulan" of one frame, and `unknown`
                among the acoustic ones where nothing is known yet.
            is_conditioned: [batch], False where the MuLan tokens are left out.
            train: whether to drop out.

        Returns:
            [batch, time, level, code], float32.
        """
        hidden = self.hear(codes, is_conditioned=is_conditioned, train=train)
        return jnp.einsum("bte,lec->btlc", hidden, self.heads)

    def level(
        self,
        codes: dict[str, jax.Array],
        level: jax.Array,
        *,
        is_conditioned: jax.Array,
    ) -> jax.Array:
        """Scores the codes [batch, time, code] of one level alone; see `__call__`."""
        return self.hear(codes, is_conditioned=is_conditioned) @ self.heads[level]

    def hear(
        self,
        codes: dict[str, jax.Array],
        *,
        is_conditioned: jax.Array,
        train: bool = False,
    ) -> jax.Array:
        """Runs the blocks: [batch, time, embed], float32; see `__call__`."""
        config = self.config
        mulan = _sum_of_levels(self.mulan, codes["mulan"])
        mulan = jnp.where(
            is_conditioned[:, None, None], mulan, self.no_mulan[None, None, :]
        )
        repeats = round(config.target.frame_rate / config.semantic.frame_rate)
        semantic = _sum_of_levels(self.semantic, codes["semantic"])
        if config.semantic_taps is not None:
            semantic = _around(semantic, self.taps)
        semantic = jnp.repeat(semantic, repeats, axis=1)
        x = mulan + semantic + _sum_of_levels(self.acoustic, codes["acoustic"])
        return self.blocks(x, train=train).astype(jnp.float32)

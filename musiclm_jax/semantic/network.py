"""w2v-BERT: speech and music representations from two tasks at once.

w2v-BERT (2108.06209), section 3.1; MusicLM, section 3.1, for the use made of it.

    audio -> log-mel -> 2 convolutions -> latents -> quantizer -> codes, the targets
                                             |
                                             mask -> contrastive blocks -> context
                                                                              |
                          tap: one of these, nothing masked <- masked-prediction blocks
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
from flax import linen as nn
from flax import struct

from musiclm_jax.layers import conformer, dense
from musiclm_jax.layers.dropout import DROPOUT_RATE
from musiclm_jax.layers.dtypes import check_dtype
from musiclm_jax.semantic import quantizer as quantizer_lib
from musiclm_jax.semantic.long_windows import LongWindows
from musiclm_jax.semantic.steps import WindowedSteps
from musiclm_jax.signal import mel as mel_lib

_NUM_CONVOLUTIONS = 2
_CONVOLUTION_STRIDE = 2
# Twice the stride, and as many frames of silence on one side as on the other: of an odd
# kernel no padding puts the middle into the middle of the steps that it stands for.
_CONVOLUTION_KERNEL = 2 * _CONVOLUTION_STRIDE
_CONVOLUTION_PADDING = (_CONVOLUTION_STRIDE // 2,) * 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class W2vBertConfig(WindowedSteps):
    """Sizes of the network and of the tokens made from it.

    Attributes:
        mel: the front end; its rate over 4 is the rate of the tokens.
        log_mel_std: standard deviation over time of the log-mels, about; they are
            divided by it.
        conv_channels: of both convolutions.
        embed_dim: width of the Conformer blocks.
        mlp_dim: width inside their feed-forward modules.
        num_heads: of their attention.
        kernel_size: of their depthwise convolution.
        num_contrastive_layers: blocks of the contrastive module.
        num_masked_layers: blocks of the masked-prediction module.
        dropout_rate: in the blocks.
        codebook_size: codes of the quantizer, the targets of both tasks.
        codebook_dim: their width.
        tap_layer: the block of the masked-prediction module, counted from 1, whose
            output becomes semantic tokens.
        num_centroids: of the k-means on that output: the semantic codes.
        window_seconds: what the network hears at once where tokens are made of longer
            sound, see `windows`: the length that it was trained on.
        stride_seconds: from one such window to the next.
        scan_layers: see `conformer.ConformerStack`.
        dtype: of the computation in the blocks, "float32" or "bfloat16".
        long_windows: heard beside the log-mels; None in the paper.
    """

    mel: mel_lib.MelConfig
    log_mel_std: float
    conv_channels: int
    embed_dim: int
    mlp_dim: int
    num_heads: int
    kernel_size: int
    num_contrastive_layers: int
    num_masked_layers: int
    dropout_rate: float
    codebook_size: int
    codebook_dim: int
    tap_layer: int
    num_centroids: int
    window_seconds: float
    stride_seconds: float
    scan_layers: bool
    dtype: str
    long_windows: LongWindows | None = None

    def __post_init__(self):
        if not 1 <= self.tap_layer <= self.num_masked_layers:
            raise ValueError(
                f"tap_layer must be in 1..num_masked_layers "
                f"({self.num_masked_layers}), got {self.tap_layer}"
            )
        if self.embed_dim % (2 * self.num_heads):
            raise ValueError(
                f"embed_dim must be an even multiple of num_heads ({self.num_heads}), "
                f"got {self.embed_dim}"
            )
        DROPOUT_RATE.check("dropout_rate", self.dropout_rate)
        if self.log_mel_std <= 0.0:
            raise ValueError(f"log_mel_std must be above 0, got {self.log_mel_std}")
        if self.long_windows is not None:
            self.long_windows.check(self.mel, self.hop_length)
        self.check_windows()
        check_dtype(self.dtype)

    @property
    def sample_rate(self) -> int:
        """Of the audio, Hz."""
        return self.mel.sample_rate

    @property
    def hop_length(self) -> int:
        """Samples from one token to the next."""
        return self.mel.hop_length * _CONVOLUTION_STRIDE**_NUM_CONVOLUTIONS

    def up_to_tap(self) -> "W2vBertConfig":
        """Returns the configuration without the blocks after the tap."""
        return dataclasses.replace(self, num_masked_layers=self.tap_layer)

    def embed(self, params: dict, audio: jax.Array) -> jax.Array:
        """Returns the output of the tapped block.

        Args:
            params: holds "network"; more is ignored.
            audio: [batch, sample], whole steps.

        Returns:
            [batch, time, embed], float32.
        """
        return W2vBert(self.up_to_tap()).apply(
            {"params": params["network"]}, audio, method="tap"
        )

    def boxed_network(self) -> dict:
        """Returns {"network": shapes up to the tap, in their boxes}."""
        whole_steps = jax.ShapeDtypeStruct((1, self.hop_length), jnp.float32)
        init = functools.partial(W2vBert(self.up_to_tap()).init, method="tap")
        boxed = jax.eval_shape(init, jax.random.key(0), whole_steps)
        return {"network": boxed["params"]}


class Outputs(struct.PyTreeNode):
    """What the losses are made of.

    Attributes:
        context: [batch, time, codebook_dim], of the contrastive module.
        quantized: of the latents, none of them masked.
        predictions: [batch, time, code], logits of the masked-prediction module.
    """

    context: jax.Array
    quantized: quantizer_lib.Quantized
    predictions: jax.Array


def _dense(features: int, axes: tuple[str, str]) -> dense.GeneralDense:
    init = nn.initializers.xavier_uniform()
    return dense.GeneralDense((features,), axes=axes, kernel_init=init)


class FeatureEncoder(nn.Module):
    """Log-mels to latents, in strided 2-D convolutions over time and frequency.

    The mean over time is taken off each filter, as speech front ends do. What a latent
    hears is centred on the step that it stands for.

    Attributes:
        mel: the front end.
        log_mel_std: divides the log-mels.
        channels: of each convolution.
        long_windows: heard beside the log-mels, if any.
    """

    mel: mel_lib.MelConfig
    log_mel_std: float
    channels: int
    long_windows: LongWindows | None = None

    @nn.compact
    def __call__(self, audio: jax.Array) -> jax.Array:
        """Maps [batch, sample] to [batch, time, latent]."""
        log_mel = mel_lib.log_mel_spectrogram(audio, self.mel)
        # What lasts is colour and level: with it, tokens would tell the clip rather
        # than what happens in it. MuLan tells the colour.
        x = log_mel - log_mel.mean(axis=1, keepdims=True)
        x = x[:, :, :, None] / self.log_mel_std  # [batch, frame, mel, channel]
        for layer in range(_NUM_CONVOLUTIONS):
            x = nn.Conv(
                self.channels,
                kernel_size=(_CONVOLUTION_KERNEL,) * 2,
                strides=(_CONVOLUTION_STRIDE,) * 2,
                padding=(_CONVOLUTION_PADDING,) * 2,
                kernel_init=nn.with_logical_partitioning(
                    nn.initializers.he_normal(), ("kernel", None, "in", "out")
                ),
                # Spread, so that LayerNorm leaves level in the latents from the start.
                bias_init=nn.with_logical_partitioning(
                    nn.initializers.normal(1.0), ("out",)
                ),
                name=f"convolution_{layer}",
            )(x)
            x = nn.relu(x)
        x = x.reshape(*x.shape[:2], -1)  # [batch, time, mel, channel] -> latent
        if self.long_windows is not None:
            heard = self.long_windows.hear(audio, log_mel, self.mel)
            x = jnp.concatenate([x, *heard], axis=-1)
        return conformer.layer_norm(jnp.float32, axis="in", name="norm")(x)


class W2vBert(nn.Module):
    """The whole network.

    Attributes:
        config: its sizes.
        remat_policy: of `layers.remat.POLICIES`, for the blocks; changes memory and
            time alone, and so is no part of the sizes.
    """

    config: W2vBertConfig
    remat_policy: str = "none"

    def setup(self):
        """Builds the parts; the tap reads the first four."""
        config = self.config
        sizes = {
            "num_heads": config.num_heads,
            "mlp_dim": config.mlp_dim,
            "kernel_size": config.kernel_size,
            "dropout_rate": config.dropout_rate,
            "scan_layers": config.scan_layers,
            "dtype": jnp.dtype(config.dtype),
            "remat_policy": self.remat_policy,
        }
        self.encoder = FeatureEncoder(
            config.mel,
            config.log_mel_std,
            config.conv_channels,
            config.long_windows,
        )
        self.projection = _dense(config.embed_dim, ("in", "embed"))
        self.contrastive = conformer.ConformerStack(
            config.num_contrastive_layers, **sizes
        )
        self.masked = conformer.ConformerStack(config.num_masked_layers, **sizes)
        self.quantizer = quantizer_lib.GumbelQuantizer(
            config.codebook_size, config.codebook_dim
        )
        self.context = _dense(config.codebook_dim, ("embed", "out"))
        self.prediction = _dense(config.codebook_size, ("embed", "vocab"))

    def __call__(
        self,
        audio: jax.Array,
        mask: jax.Array,
        *,
        mask_scale: float,
        temperature: jax.Array,
        train: bool,
    ) -> Outputs:
        """Runs both tasks on audio some of whose steps are masked.

        Masked latents are replaced by normal noise, anew each time (section 3.2). Reads
        the random streams `mask`, and `gumbel` and `dropout` in training.

        Args:
            audio: [batch, sample], whole steps.
            mask: [batch, time], bool, True where masked.
            mask_scale: standard deviation of the noise; that of the latents is 1.
            temperature: of the Gumbel softmax, [].
            train: whether dropout and Gumbel noise are on.
        """
        latents = self.encoder(audio)
        quantized = self.quantizer(latents, temperature=temperature, train=train)
        noise = jax.random.normal(self.make_rng("mask"), latents.shape)
        masked = jnp.where(mask[:, :, None], mask_scale * noise, latents)
        context = self.contrastive(self.projection(masked), train=train)
        return Outputs(
            context=self.context(context),
            quantized=quantized,
            predictions=self.prediction(self.masked(context, train=train)),
        )

    def tap(self, audio: jax.Array) -> jax.Array:
        """Returns the last block's output for audio in full sight.

        Args:
            audio: [batch, sample], whole steps.

        Returns:
            [batch, time, embed], float32.
        """
        x = self.projection(self.encoder(audio))
        x = self.contrastive(x, train=False)
        return self.masked(x, train=False).astype(jnp.float32)


def parameters_up_to_tap(config: W2vBertConfig, params: dict) -> dict:
    """Returns the part of unboxed parameters that `W2vBert.tap` reads."""
    kept = {name: params[name] for name in ("encoder", "projection", "contrastive")}
    kept["masked"] = conformer.first_layers(params["masked"], config.tap_layer)
    return kept

"""The quantizer whose codes are the targets of both tasks of w2v-BERT.

wav2vec 2.0 (2006.11477), section 2, with one group, as w2v-BERT uses it.
"""

import jax
import jax.numpy as jnp
from flax import linen as nn
from flax import struct

from musiclm_jax.layers import dense

# wav2vec 2.0 starts from normal weights of deviation one, on latents this wide. Wide:
# at the start the codes are regions of a random projection of the latents, all in use,
# rather than one average code. At other widths the logits are to spread as far.
_WAV2VEC_LATENTS = 512


class Quantized(struct.PyTreeNode):
    """What the quantizer says of the latents.

    Attributes:
        vectors: [batch, time, codebook_dim], rows of the codebook; their gradient is
            that of the Gumbel softmax.
        chosen: [batch, time], int32, the codes of `vectors`: drawn in training.
        codes: [batch, time], int32, the likeliest, without noise.
        logits: [batch, time, code], float32, without noise.
    """

    vectors: jax.Array
    chosen: jax.Array
    codes: jax.Array
    logits: jax.Array


class GumbelQuantizer(nn.Module):
    """Picks one of the codes; the choice is learnt through the Gumbel softmax.

    Attributes:
        codebook_size: number of codes.
        codebook_dim: their width.
    """

    codebook_size: int
    codebook_dim: int

    @nn.compact
    def __call__(
        self, latents: jax.Array, *, temperature: jax.Array, train: bool
    ) -> Quantized:
        """Quantises [batch, time, latent], standardised over batch and time.

        Noise comes from the stream `gumbel` in training.

        Args:
            latents: [batch, time, latent].
            temperature: of the Gumbel softmax, [].
            train: whether the choice is drawn instead of the likeliest.
        """
        # What all steps share (the tilt of the spectrum) would else decide the code.
        mean = latents.mean(axis=(0, 1), keepdims=True)
        latents = (latents - mean) / (latents.std(axis=(0, 1), keepdims=True) + 1e-3)
        logits = dense.GeneralDense(
            (self.codebook_size,),
            axes=("in", "vocab"),
            kernel_init=nn.initializers.variance_scaling(
                _WAV2VEC_LATENTS, "fan_in", "normal"
            ),
            name="logits",
        )(latents)
        codebook = self.param(
            "codebook",
            nn.with_logical_partitioning(
                nn.initializers.normal(1.0), ("vocab", "embed")
            ),
            (self.codebook_size, self.codebook_dim),
        )
        codes = logits.argmax(axis=-1).astype(jnp.int32)
        if not train:
            return Quantized(codebook[codes], codes, codes, logits)
        noisy = logits + jax.random.gumbel(self.make_rng("gumbel"), logits.shape)
        soft = jax.nn.softmax(noisy / temperature)
        chosen = noisy.argmax(axis=-1).astype(jnp.int32)
        hard = jax.nn.one_hot(chosen, self.codebook_size)
        choice = hard + soft - jax.lax.stop_gradient(soft)  # straight through
        return Quantized(choice @ codebook, chosen, codes, logits)

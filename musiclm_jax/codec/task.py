"""The training of the codec: reconstruct, and fool the discriminators.

SoundStream (2107.03312), sections III-C (quantizer) and III-E (objective). One step:

    audio -> encoder -> quantizer (a random number of levels) -> decoder -> decoded
    generator:     the sum of `LOSS_TERMS` by their weights
    codebooks:     follow the embeddings
    discriminators: tell audio from decoded, once `adversarial_start_step` has come
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax import struct

from musiclm_jax.codec import losses, network
from musiclm_jax.codec.discriminators import (
    DiscriminatorConfig,
    Discriminators,
    Features,
)
from musiclm_jax.codec.start import Start
from musiclm_jax.layers import quantization
from musiclm_jax.training.train_state import TrainState, gradient_step

Batch = dict[str, jax.Array]
Metrics = dict[str, jax.Array]
LOSS_TERMS = ("mel", "waveform", "movement", "adversarial", "feature", "commitment")


class CodecState(struct.PyTreeNode):
    """What the training of the codec carries.

    Attributes:
        generator: parameters `{"encoder", "decoder"}` and their optimizer.
        discriminator: parameters of all discriminators and their optimizer.
        rvq: the codebooks.
    """

    generator: TrainState
    discriminator: TrainState
    rvq: quantization.RvqState


@dataclasses.dataclass(frozen=True, kw_only=True)
class CodecTask:
    """Trains the codec.

    Attributes:
        config: of the codec.
        discriminator_config: of the discriminators.
        start: makes the first parameters of encoder and decoder, see `start.py`.
        optimizer: of encoder and decoder.
        discriminator_optimizer: of the discriminators.
        loss_weights: by term, of `LOSS_TERMS`; a number, or a schedule over the steps.
            A term without a weight counts nothing.
        codebook_decay: of the moving averages that codebooks follow (section III-C).
        dead_threshold: frames a batch below which a code is replaced (section III-C).
        noise_share: share of the examples in which noise of the same power takes the
            quantizer's place (0 in the paper).
            Through the noise the gradient tells the encoder what deserves precision,
            which straight through a quantizer it does not (docs/deviations.md).
        min_levels: least number of levels an example is quantized with in training
            (1 in section III-C; the number of quantizers to leave dropout out).
        adversarial_start_step: step from which the discriminators take part (our
            choice, see docs/deviations.md); None if they never do, and cost nothing.
        ema_decay: of the averaged parameters, near `codebook_decay` so that the
            codebooks fit the averaged encoder too.
    """

    config: network.CodecConfig
    discriminator_config: DiscriminatorConfig
    start: Start
    optimizer: optax.GradientTransformation
    discriminator_optimizer: optax.GradientTransformation
    loss_weights: Mapping[str, float | optax.Schedule]
    codebook_decay: float
    dead_threshold: float
    noise_share: float
    min_levels: int = 1
    adversarial_start_step: int | None = 0
    ema_decay: float = 0.99

    PART: ClassVar[str] = "codec"

    def __post_init__(self):
        unknown = sorted(set(self.loss_weights) - set(LOSS_TERMS))
        if unknown or not self.loss_weights:
            raise ValueError(
                f"loss_weights must be among {', '.join(LOSS_TERMS)}; "
                f"got {', '.join(unknown) or 'none'}"
            )
        if not 1 <= self.min_levels <= self.config.num_quantizers:
            raise ValueError(
                f"min_levels must be in 1..{self.config.num_quantizers}, "
                f"got {self.min_levels}"
            )

    def init(self, rng: jax.Array, batch: Batch) -> CodecState:
        """Returns the state before the first step.

        Args:
            rng: a key.
            batch: {"audio": [batch, sample]}, of which only the shape is used.
        """
        encoder_rng, decoder_rng, discriminator_rng = jax.random.split(rng, 3)
        config = self.config
        audio = jnp.zeros((1, batch["audio"].shape[1]), jnp.float32)
        hop = jnp.zeros((1, config.hop_length), jnp.float32)
        embedding = jnp.zeros((1, 1, config.embed_dim), jnp.float32)
        generator = {
            "encoder": network.Encoder(config).init(encoder_rng, hop)["params"],
            "decoder": network.Decoder(config).init(decoder_rng, embedding)["params"],
        }
        generator = self.start(config, generator)
        judges = Discriminators(self.discriminator_config)
        judges = judges.init(discriminator_rng, audio)["params"]
        return CodecState(
            generator=TrainState.create(generator, self.optimizer),
            discriminator=TrainState.create(judges, self.discriminator_optimizer),
            rvq=quantization.init_rvq(
                num_quantizers=config.num_quantizers,
                codebook_size=config.codebook_size,
                dim=config.embed_dim,
            ),
        )

    def train_step(
        self, state: CodecState, batch: Batch, rng: jax.Array
    ) -> tuple[CodecState, Metrics]:
        """Takes a step of the codec, its codebooks and the discriminators.

        Args:
            state: before the step.
            batch: {"audio": [batch, sample]}, at the codec's sample rate.
            rng: a key.
        """
        start_rng, levels_rng, follow_rng, noise_rng = jax.random.split(rng, 4)
        audio = network.pad_to_hop(self.config, batch["audio"])
        num_levels = jax.random.randint(
            levels_rng, audio.shape[:1], self.min_levels, self.config.num_quantizers + 1
        )

        def loss_fn(params: Any) -> tuple[jax.Array, Any]:
            embeddings = self._embed(params, audio)
            frames = jax.lax.stop_gradient(embeddings)
            rvq = quantization.kmeans_init(state.rvq, frames, start_rng)
            codes = quantization.quantize(rvq.codebooks, frames)
            quantized = quantization.dequantize(
                rvq.codebooks, codes, num_levels=num_levels
            )
            passed_on = quantization.noise_for_some(
                embeddings, quantized, noise_rng, share=self.noise_share
            )
            decoded = self._decode(params, passed_on)
            rate = self.config.sample_rate
            terms = {
                "mel": losses.mel_loss(audio, decoded, sample_rate=rate),
                "waveform": losses.waveform(audio, decoded),
                "movement": losses.movement(audio, decoded, sample_rate=rate),
                "commitment": losses.commitment(embeddings, quantized),
            }
            terms["adversarial"], terms["feature"] = self._once_adversarial(
                state.generator.step,
                self._adversarial_terms,
                lambda *_: (jnp.zeros(()), jnp.zeros(())),
                *(state.discriminator.params, audio, decoded),
            )
            total = losses.weighted_sum(terms, self.loss_weights, state.generator.step)
            return total, (terms, decoded, frames, codes, rvq)

        generator, (total, aux), metrics = gradient_step(
            state.generator, self.optimizer, loss_fn, ema_decay=self.ema_decay
        )
        terms, decoded, frames, codes, rvq = aux
        rvq = self._follow(rvq, frames, codes, follow_rng)
        discriminator, discriminator_loss = self._once_adversarial(
            state.generator.step,
            self._discriminator_step,
            lambda state, *_: (state, jnp.zeros(())),
            *(state.discriminator, audio, jax.lax.stop_gradient(decoded)),
        )
        metrics |= {f"loss/{name}": term for name, term in terms.items()}
        metrics |= {"loss/total": total, "loss/discriminator": discriminator_loss}
        metrics |= quantization.codebook_metrics(rvq.counts)
        return CodecState(generator, discriminator, rvq), metrics

    def eval_step(self, state: CodecState, batch: Batch) -> Metrics:
        """Measures the round trip through all levels, with the averaged parameters.

        Args:
            state: of the training.
            batch: {"audio": [batch, sample]}.
        """
        config, audio = self.config, batch["audio"]
        params = self.inference_params(state)
        codes = network.encode(config, params, audio)
        decoded = network.decode(config, params, codes)[:, : audio.shape[1]]
        rate = config.sample_rate
        counts = quantization.code_counts(codes, codebook_size=config.codebook_size)
        return {
            "loss/mel": losses.mel_loss(audio, decoded, sample_rate=rate),
            "quality/log_mel_distance": losses.log_mel_distance(
                audio, decoded, sample_rate=rate
            ),
            "quality/si_sdr_db": losses.si_sdr_db(audio, decoded),
        } | quantization.codebook_metrics(counts)

    def eval_audio(self, state: CodecState, batch: Batch) -> dict[str, jax.Array]:
        """Returns the first example and its round trip, `[sample]` each, to listen to.

        Args:
            state: of the training.
            batch: {"audio": [batch, sample]}.
        """
        audio = batch["audio"][:1]
        params = self.inference_params(state)
        codes = network.encode(self.config, params, audio)
        decoded = network.decode(self.config, params, codes)[0, : audio.shape[1]]
        return {"audio/original": audio[0], "audio/reconstruction": decoded}

    def inference_params(self, state: CodecState) -> network.Params:
        """Returns what `network.encode` and `network.decode` need."""
        return nn.meta.unbox(
            {**state.generator.ema_params, "codebooks": state.rvq.codebooks}
        )

    def _embed(self, params: Any, audio: jax.Array) -> jax.Array:
        encoder = network.Encoder(self.config)
        return encoder.apply({"params": params["encoder"]}, audio)

    def _decode(self, params: Any, embeddings: jax.Array) -> jax.Array:
        decoder = network.Decoder(self.config)
        return decoder.apply({"params": params["decoder"]}, embeddings)

    def _follow(
        self,
        rvq: quantization.RvqState,
        frames: jax.Array,
        codes: jax.Array,
        rng: jax.Array,
    ) -> quantization.RvqState:
        """Moves the codebooks, unless the embeddings are not finite."""
        followed = quantization.ema_update(
            rvq,
            frames,
            codes,
            rng,
            decay=self.codebook_decay,
            dead_threshold=self.dead_threshold,
        )
        finite = jnp.isfinite(jnp.sum(frames))
        return jax.tree.map(lambda n, o: jnp.where(finite, n, o), followed, rvq)

    def _once_adversarial(
        self, step: jax.Array, then: Callable, before: Callable, *operands: Any
    ) -> Any:
        if self.adversarial_start_step is None:
            return before(*operands)
        if self.adversarial_start_step == 0:
            # Without a branch XLA sees that both passes over the two sounds are one.
            return then(*operands)
        started = step >= self.adversarial_start_step
        return jax.lax.cond(started, then, before, *operands)

    def _discriminate(
        self, params: Any, audio: jax.Array, decoded: jax.Array
    ) -> tuple[list[Features], list[Features]]:
        """The features of both sounds, out of one pass over both."""
        features = Discriminators(self.discriminator_config).apply(
            {"params": params}, losses.interleave(audio, decoded)
        )
        pairs = jax.tree.map(losses.apart, features)
        return jax.tree.transpose(
            jax.tree.structure(features), jax.tree.structure((0, 0)), pairs
        )

    def _adversarial_terms(
        self, params: Any, audio: jax.Array, decoded: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        real, fake = self._discriminate(params, audio, decoded)
        return losses.generator_hinge(fake), losses.feature_matching(real, fake)

    def _discriminator_step(
        self, state: TrainState, audio: jax.Array, decoded: jax.Array
    ) -> tuple[TrainState, jax.Array]:
        def loss_fn(params: Any) -> tuple[jax.Array, None]:
            return losses.discriminator_hinge(
                *self._discriminate(params, audio, decoded)
            ), None

        state, (loss, _), _ = gradient_step(
            state, self.discriminator_optimizer, loss_fn
        )
        return state, loss

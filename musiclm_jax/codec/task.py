"""The training of the codec: reconstruct, and fool the discriminators.

SoundStream (2107.03312), sections III-C (quantizer) and III-E (objective). One step:

    audio -> encoder -> quantizer (a random number of levels) -> decoder -> decoded
    codec:          the terms of reconstruction and those of the adversary, balanced at
                    the decoded waveform (`balancer.py`); what draws noise is decoded
                    twice, see `CodecTask._distances`
    codebooks:      follow the embeddings
    discriminators: tell audio from decoded
"""

import dataclasses
import functools
from typing import Any, ClassVar

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax import struct

from musiclm_jax.codec import balancer, losses, network
from musiclm_jax.codec.adversary import Adversary
from musiclm_jax.files.ranges import Range
from musiclm_jax.layers import code_use, quantization
from musiclm_jax.training.train_state import EMA_DECAY, TrainState, gradient_step
from musiclm_jax.training.warm_start import Starts

Batch = dict[str, jax.Array]
Metrics = dict[str, jax.Array]


class CodecState(struct.PyTreeNode):
    """What the training of the codec carries.

    Attributes:
        generator: parameters `{"encoder", "decoder"}`, as far as the codec has them,
            and their optimizer.
        discriminator: likewise of the adversary; None without one.
        rvq: the codebooks.
        balancer: how long the gradients of the terms have been.
    """

    generator: TrainState
    discriminator: TrainState | None
    rvq: quantization.RvqState
    balancer: balancer.BalancerState


_WEIGHT = Range(kind=float, low=0, above_low=True)
_CODEBOOK_DECAY = Range(kind=float, low=0, high=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CodecTask:
    """Trains the codec.

    Attributes:
        config: of the codec.
        optimizer: of encoder and decoder.
        reconstruction: what compares decoded with true sound.
        adversary: the discriminators; None for a codec that reconstructs alone.
        commitment_weight: of `losses.commitment`, which does not depend on the decoded
            sound and is added to the balanced terms.
        codebook_decay: of the moving averages that codebooks follow (section III-C);
            at one they stay, and with them what codes were made by an encoder that
            learns nothing.
        dead_threshold: frames a batch below which a code is replaced (section III-C).
        ema_decay: of the averaged parameters, near `codebook_decay` so that the
            codebooks fit the averaged encoder too.
        quantizer_dropout: whether each example is quantized with the first levels
            alone, a random number of them (section III-C), or always with all.
        balance_decay: of the balancer's averages.
        revival: where dead codes come back, see `quantization.ema_update`.
        start: gives the trained part to go on from; at random if None.
    """

    config: network.CodecConfig
    optimizer: optax.GradientTransformation
    reconstruction: tuple[losses.Term, ...]
    adversary: Adversary | None
    commitment_weight: float
    codebook_decay: float
    dead_threshold: float
    ema_decay: float
    quantizer_dropout: bool = True
    balance_decay: float = 0.999
    revival: float = 1.0
    start: Starts | None = None

    PART: ClassVar[str] = "codec"

    def __post_init__(self):
        for name in ("ema_decay", "balance_decay"):
            EMA_DECAY.check(name, getattr(self, name))
        _CODEBOOK_DECAY.check("codebook_decay", self.codebook_decay)
        for name, weight in self.weights.items():
            _WEIGHT.check(f"the weight of {name}", weight)
        if not self.reconstruction:
            raise ValueError("reconstruction must have a term, got none")

    @property
    def weights(self) -> dict[str, float]:
        """By term, of all that depend on the decoded sound."""
        weights = {term.name: term.weight for term in self.reconstruction}
        return weights | (self.adversary.weights if self.adversary else {})

    def init(self, rng: jax.Array, batch: Batch) -> CodecState:
        """Returns the state before the first step.

        Args:
            rng: a key.
            batch: {"audio": [batch, sample]}, of which only the shape is used.
        """
        params_rng, discriminator_rng = jax.random.split(rng)
        config = self.config
        params = network.init_params(config, params_rng)
        discriminator = None
        if self.adversary is not None:
            audio = jnp.zeros((1, batch["audio"].shape[1]), jnp.float32)
            discriminator = self.adversary.init(discriminator_rng, audio)
        return CodecState(
            generator=TrainState.create(params, self.optimizer),
            discriminator=discriminator,
            rvq=quantization.init_rvq(
                num_quantizers=config.num_quantizers,
                codebook_size=config.codebook_size,
                dim=config.embed_dim,
            ),
            balancer=balancer.init_balancer(self.weights),
        )

    def with_start(self, state: CodecState) -> CodecState:
        """Returns the state of `init`, or the trained part in its place."""
        if self.start is None:
            return state
        ours = {**state.generator.params, "codebooks": state.rvq.codebooks}
        params = self.start(self.PART).put(self.config, ours)
        codebooks = params.pop("codebooks")
        generator = state.generator.replace(
            params=params, ema_params=jax.tree.map(jnp.copy, params)
        )
        return state.replace(
            generator=generator, rvq=quantization.trained_rvq(codebooks)
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
        loss_rng, dead_rng = jax.random.split(rng)
        audio = network.pad_to_hop(self.config, batch["audio"])

        def loss_fn(params: Any) -> tuple[jax.Array, Any]:
            return self._loss(params, state, audio, loss_rng)

        generator, (_, aux), metrics = gradient_step(
            state.generator, self.optimizer, loss_fn, ema_decay=self.ema_decay
        )
        balance, rvq, embeddings, codes, decoded, measured = aux
        rvq = quantization.ema_update(
            rvq, embeddings, codes, dead_rng,
            decay=self.codebook_decay, dead_threshold=self.dead_threshold,
            revival=self.revival, split=self.config.split,
        )  # fmt: skip
        # With a step that was skipped, all that the codec carries stays as it was.
        was_taken = generator.skipped == state.generator.skipped
        balance, rvq = jax.tree.map(
            lambda new, old: jnp.where(was_taken, new, old),
            (balance, rvq),
            (state.balancer, state.rvq),
        )
        discriminator = state.discriminator
        if self.adversary is not None:
            discriminator, measured["loss/discriminator"] = self.adversary.step(
                discriminator, audio, decoded
            )
        metrics = measured | metrics | code_use.metrics(rvq.counts)
        return CodecState(generator, discriminator, rvq, balance), metrics

    def eval_step(self, state: CodecState, batch: Batch) -> Metrics:
        """Measures the round trip through all levels, with the averaged parameters.

        Args:
            state: of the training.
            batch: {"audio": [batch, sample]}.
        """
        config, audio = self.config, batch["audio"]
        codes, decoded = self._round_trip(state, audio)
        rate = config.sample_rate
        counts = code_use.count(codes, codebook_size=config.codebook_size)
        terms = self._compare(audio, decoded)
        metrics = {f"loss/{name}": term for name, term in terms.items()} | {
            "quality/log_mel_distance": losses.log_mel_distance(
                audio, decoded, sample_rate=rate
            ),
            "quality/si_sdr_db": losses.si_sdr_db(audio, decoded),
        }
        return metrics | code_use.metrics(counts)

    def eval_audio(self, state: CodecState, batch: Batch) -> dict[str, jax.Array]:
        """Returns the first example and its round trip, `[sample]` each, to listen to.

        Args:
            state: of the training.
            batch: {"audio": [batch, sample]}.
        """
        audio = batch["audio"][:1]
        _, decoded = self._round_trip(state, audio)
        return {"audio/original": audio[0], "audio/reconstruction": decoded[0]}

    def inference_params(self, state: CodecState) -> network.Params:
        """Returns what `network.encode` and `network.decode` need."""
        return nn.meta.unbox(
            {**state.generator.ema_params, "codebooks": state.rvq.codebooks}
        )

    def _round_trip(
        self, state: CodecState, audio: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Codes [batch, frame, level] and decoded sound, as long as `audio`."""
        params = self.inference_params(state)
        codes = network.encode(self.config, params, audio)
        return codes, network.decode(self.config, params, codes)[:, : audio.shape[1]]

    def _loss(
        self, params: Any, state: CodecState, audio: jax.Array, rng: jax.Array
    ) -> tuple[jax.Array, Any]:
        """What has the balanced gradient, and all that comes about on the way."""
        config = self.config
        kmeans_rng, levels_rng, clock_rng = jax.random.split(rng, 3)
        embeddings = network.embed(config, params, audio)
        frames = jax.lax.stop_gradient(embeddings)
        rvq = quantization.kmeans_init(
            state.rvq, frames, kmeans_rng, split=config.split
        )
        codes = quantization.quantize(rvq.codebooks, frames)
        num_levels = None
        if self.quantizer_dropout:
            num_levels = jax.random.randint(
                levels_rng, audio.shape[:1], 1, config.num_quantizers + 1
            )
        quantized = quantization.dequantize(rvq.codebooks, codes, num_levels=num_levels)
        # The quantizer has no gradient: that of its output goes straight through.
        passed_on = embeddings + jax.lax.stop_gradient(quantized - embeddings)
        if config.draws_noise:
            audio, passed_on = (losses.interleave(x, x) for x in (audio, passed_on))
        decoded = network.sound(config, params, passed_on, clock_rng=clock_rng)
        compare = [functools.partial(self._distances, audio)]
        if self.adversary is not None:
            judges = state.discriminator.params
            compare.append(functools.partial(self.adversary.terms, judges, audio))
        terms, gradients = balancer.waveform_gradients(compare, decoded)
        balance, gradient, shares = balancer.balance(
            state.balancer, gradients, self.weights, decay=self.balance_decay
        )
        terms["commitment"] = losses.commitment(embeddings, quantized)
        loss = balancer.with_gradient(decoded, gradient)
        loss += self.commitment_weight * terms["commitment"]
        measured = {f"loss/{name}": term for name, term in terms.items()}
        measured |= {f"health/share_{name}": share for name, share in shares.items()}
        if config.draws_noise:
            decoded, _ = losses.deinterleave(decoded)
        return loss, (balance, rvq, frames, codes, decoded, measured)

    def _distances(self, audio: jax.Array, decoded: jax.Array) -> balancer.Terms:
        """The terms [] that are made small.

        Noise that differs from the true noise costs, and a steady tone in its place
        costs less. So what chance made of it is given back where sounds are decoded
        twice: this energy distance (2008.01160) is least where decoded sounds vary as
        true ones do.
        """
        terms = self._compare(audio, decoded)
        if not self.config.draws_noise:
            return terms
        apart = self._compare(*losses.deinterleave(decoded))
        return {name: term - apart[name] / 2 for name, term in terms.items()}

    def _compare(self, audio: jax.Array, decoded: jax.Array) -> balancer.Terms:
        """The terms [] of reconstruction."""
        rate = self.config.sample_rate
        return {
            term.name: term(audio, decoded, sample_rate=rate)
            for term in self.reconstruction
        }

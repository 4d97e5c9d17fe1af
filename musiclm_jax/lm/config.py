"""A token stage with its network: everything needed to build it again."""

import dataclasses

import jax

from musiclm_jax.layers.relative_bias import BiasInit, t5_start
from musiclm_jax.layers.scan import unstack_layers
from musiclm_jax.lm.transformer import Transformer, TransformerConfig
from musiclm_jax.stages import Layout, Stage
from musiclm_jax.tokens import TokenSpec, Vocabulary


@dataclasses.dataclass(frozen=True, kw_only=True)
class StageConfig:
    """What a stage reads and writes, in which ids, with a network of which size.

    Attributes:
        stage: the stage.
        vocabulary: the id space.
        network: sizes of its transformer.
        reach_seconds: time over which its relative bias tells distances apart.
    """

    stage: Stage
    vocabulary: Vocabulary
    network: TransformerConfig
    reach_seconds: float

    @property
    def target(self) -> TokenSpec:
        """The kind of code the stage writes."""
        return self.vocabulary.spec(self.stage.target.name)

    @property
    def first_target_id(self) -> int:
        """Id of code zero of the target's first level."""
        target = self.stage.target
        return self.vocabulary.offset(target.name, target.first_level)

    @property
    def unrolled(self) -> "StageConfig":
        """The same stage with its layers side by side, for sampling.

        A loop over tokens around a scan over layers would copy stacked weights and
        caches at every token.
        """
        network = dataclasses.replace(self.network, scan_layers=False)
        return dataclasses.replace(self, network=network)

    def num_frames_of(self, name: str, num_frames: int) -> int:
        """Frames of another kind of code that last as long as so many of the target."""
        return self.vocabulary.spec(name).num_frames(
            num_frames / self.target.frame_rate
        )

    def layout(self, seconds: float) -> Layout:
        """Where the tokens lie for `seconds` of music."""
        return self.stage.layout(self.vocabulary, seconds)

    def build(
        self, *, bias_init: BiasInit = t5_start, remat_policy: str = "none"
    ) -> Transformer:
        """Returns the network, without parameters; see there for the arguments."""
        tick_rate = self.target.frame_rate * self.stage.target.num_levels
        return Transformer(
            config=self.network,
            vocab_size=self.vocabulary.num_rows,
            num_streams=len(self.stage.prefix) + 1,
            reach=round(self.reach_seconds * tick_rate),
            bias_init=bias_init,
            remat_policy=remat_policy,
        )

    def codebooks(self, network: Transformer) -> jax.Array:
        """[level, code, embed], what a network scores the target's codes by."""
        return network.codebooks(
            self.first_target_id,
            num_levels=self.stage.target.num_levels,
            codebook_size=self.target.codebook_size,
        )


def unroll_params(config: StageConfig, params: dict) -> dict:
    """Returns the parameters of a stage for its `unrolled` twin.

    Args:
        config: the stage.
        params: its parameters.
    """
    if not config.network.scan_layers:
        return params
    others = {name: value for name, value in params.items() if name != "layers"}
    stack = unstack_layers(params["layers"], num_layers=config.network.num_layers)
    layers = {f"layers_{number}": layer for number, layer in enumerate(stack)}
    return {**others, **layers}

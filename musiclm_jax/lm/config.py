"""A token stage with its network: everything needed to build it again."""

import dataclasses

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
    """

    stage: Stage
    vocabulary: Vocabulary
    network: TransformerConfig

    @property
    def target(self) -> TokenSpec:
        """The kind of code the stage writes."""
        return self.vocabulary.spec(self.stage.target.name)

    @property
    def first_target_id(self) -> int:
        """Id of code zero of the target's first level."""
        target = self.stage.target
        return self.vocabulary.offset(target.name, target.first_level)

    def layout(self, seconds: float) -> Layout:
        """Where the tokens lie for `seconds` of music."""
        return self.stage.layout(self.vocabulary, seconds)

    def build(self, *, remat_policy: str = "none") -> Transformer:
        """Returns the network, without parameters; see there for the policy."""
        return Transformer(
            config=self.network,
            vocab_size=self.vocabulary.size,
            num_streams=len(self.stage.prefix) + 1,
            remat_policy=remat_policy,
        )

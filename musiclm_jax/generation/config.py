"""How generation samples; MusicLM, section 4.2."""

import dataclasses

from musiclm_jax.lm.sampling import SamplingConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class GenerationConfig:
    """How each stage is sampled.

    Attributes:
        semantic: of the semantic stage (MusicLM, section 4.2, gives temperatures).
        coarse: likewise.
        fine: likewise.
        semantic_overlap: share of a semantic window known from the one before
            (section 6).
        coarse_overlap: share of a coarse window known from the one before (SoundStorm,
            section 4.2, on the same hierarchy).
        candidates: pieces that are made for each that is kept: the one which MuLan
            finds nearest to the prompt (docs/deviations.md).
    """

    semantic: SamplingConfig = SamplingConfig(temperature=1.0, guidance=3.0)
    coarse: SamplingConfig = SamplingConfig(temperature=0.95, guidance=3.0)
    fine: SamplingConfig = SamplingConfig(temperature=0.4)
    semantic_overlap: float = 0.5
    coarse_overlap: float = 0.3
    candidates: int = 1

    def guided(self, guidance: float | None) -> "GenerationConfig":
        """Returns these settings with the stages that see the prompt guided alike.

        Args:
            guidance: of the semantic and the coarse stage; as they are if None.
        """
        if guidance is None:
            return self
        return dataclasses.replace(
            self,
            semantic=dataclasses.replace(self.semantic, guidance=guidance),
            coarse=dataclasses.replace(self.coarse, guidance=guidance),
        )

"""How each stage is sampled; loads no JAX."""

import dataclasses

from musiclm_jax.files.ranges import Range
from musiclm_jax.lm import sampling_config
from musiclm_jax.lm.sampling_config import SamplingConfig
from musiclm_jax.soundstorm.sampling_config import MaskSamplingConfig

STAGES = ("semantic", "coarse", "fine", "soundstorm")

RANGES = {
    "unprompted_temperature": sampling_config.RANGES["temperature"],
    "semantic_overlap": Range(kind=float, low=0, high=1, below_high=True),
    "change_overlap": Range(kind=float, low=0, high=1),
    "coarse_overlap": Range(kind=float, low=0, high=1, below_high=True),
    "candidates": Range(kind=int, low=1, high=32),
}
"""What the attributes of `GenerationConfig` can be that are no stage's."""

_NONE_IS_OWN = ("unprompted_temperature",)


@dataclasses.dataclass(frozen=True, kw_only=True)
class GenerationConfig:
    """How a piece is sampled; by default as in the papers.

    Attributes:
        semantic: how the semantic stage is sampled (MusicLM, section 4.2).
        coarse: how the coarse stage is (likewise).
        fine: how the fine stage is (likewise).
        soundstorm: how SoundStorm's tokens are, where a model has it.
        unprompted_temperature: of the semantic stage where no prompt is to be followed,
            as where a recording goes on; its own if None.
        semantic_overlap: share of a semantic window known from the one before
            (section 6).
        change_overlap: share of a semantic window that is known, at most, where another
            prompt begins; by default all that it holds (docs/deviations.md).
        coarse_overlap: share of a coarse window, or of SoundStorm's, known from the one
            before (SoundStorm, section 4.2, on the same hierarchy).
        candidates: pieces that are made for each that is kept: the one which MuLan
            finds nearest to the prompt (docs/deviations.md).
    """

    semantic: SamplingConfig = SamplingConfig(temperature=1.0)
    coarse: SamplingConfig = SamplingConfig(temperature=0.95)
    fine: SamplingConfig = SamplingConfig(temperature=0.4)
    soundstorm: MaskSamplingConfig = MaskSamplingConfig()
    unprompted_temperature: float | tuple[float, ...] | None = None
    semantic_overlap: float = 0.5
    change_overlap: float = 1.0
    coarse_overlap: float = 0.3
    candidates: int = 1

    def __post_init__(self):
        for stage in STAGES:
            how = getattr(self, stage)
            kind = MaskSamplingConfig if stage == "soundstorm" else SamplingConfig
            if not isinstance(how, kind):
                raise ValueError(f"{stage} is {how!r}; it must be a {kind.__name__}")
        for name, numbers in RANGES.items():
            value = getattr(self, name)
            if value is not None or name not in _NONE_IS_OWN:
                numbers.check(name, value)

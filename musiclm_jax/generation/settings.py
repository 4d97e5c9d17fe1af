"""What is asked of sampling, over what a model has by itself; loads no JAX."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from musiclm_jax.files.ranges import OneOf, Range
from musiclm_jax.generation import config as generation_config
from musiclm_jax.generation.config import STAGES, GenerationConfig
from musiclm_jax.lm import sampling_config
from musiclm_jax.soundstorm import sampling_config as soundstorm_config


@dataclasses.dataclass(frozen=True, kw_only=True)
class SamplingSettings:
    """What is asked of sampling; what is None stays as the model has it.

    Flags, gin files, lines of a prompts file and bundles all say it in these words.

    Attributes:
        temperature: of every stage.
        top_k: of every stage; as many as there are codes, or more, is all.
        top_p: of every stage; one is all.
        guidance: of all that see the prompt: semantic and coarse stage, SoundStorm.
        weight_bits: of every stage.
        semantic_temperature: of this stage alone, as are the others named so; goes
            before the one of every stage. Of a token stage it may be several, see
            `lm.sampling_config`; files that know lists alone give one.
        unprompted_temperature: see `GenerationConfig`; where it is not said, what is
            said of the semantic stage goes for it too.
        semantic_overlap: likewise.
        change_overlap: likewise.
        coarse_overlap: likewise.
        candidates: likewise.
    """

    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    guidance: float | None = None
    weight_bits: int | None = None
    semantic_temperature: float | tuple[float, ...] | None = None
    semantic_top_k: int | None = None
    semantic_top_p: float | None = None
    semantic_guidance: float | None = None
    semantic_weight_bits: int | None = None
    coarse_temperature: float | tuple[float, ...] | None = None
    coarse_top_k: int | None = None
    coarse_top_p: float | None = None
    coarse_guidance: float | None = None
    coarse_weight_bits: int | None = None
    fine_temperature: float | tuple[float, ...] | None = None
    fine_top_k: int | None = None
    fine_top_p: float | None = None
    fine_weight_bits: int | None = None
    soundstorm_iterations: int | None = None
    soundstorm_temperature: float | None = None
    soundstorm_last_temperature: float | None = None
    soundstorm_choice_temperature: float | None = None
    soundstorm_guidance: float | None = None
    soundstorm_mean_levels: int | None = None
    unprompted_temperature: float | tuple[float, ...] | None = None
    semantic_overlap: float | None = None
    change_overlap: float | None = None
    coarse_overlap: float | None = None
    candidates: int | None = None

    def __post_init__(self):
        for name, value in self._given().items():
            if isinstance(value, list) and RANGES[name].several:
                value = tuple(value)
                object.__setattr__(self, name, value)
            RANGES[name].check(name, value)

    def by_stage(self) -> dict[str, float]:
        """Returns what is given; what goes for every stage under the name of each."""
        given = self._given()
        every = {
            name: given.pop(name) for name in sampling_config.RANGES if name in given
        }
        spelled_out = {
            f"{stage}_{name}": value
            for stage in STAGES
            for name, value in every.items()
            if f"{stage}_{name}" in RANGES
        }
        both = spelled_out | given
        if "semantic_temperature" in both:
            both.setdefault("unprompted_temperature", both["semantic_temperature"])
        return both

    def __or__(self, other: "SamplingSettings") -> "SamplingSettings":
        """Returns both; where they differ, the other one goes first."""
        return SamplingSettings(**(self.by_stage() | other.by_stage()))

    def applied_to(self, config: GenerationConfig) -> GenerationConfig:
        """Returns a configuration in which what is given has its place."""
        given = self.by_stage()
        stages = {}
        for stage in STAGES:
            how = getattr(config, stage)
            own = {
                field.name: given.pop(f"{stage}_{field.name}")
                for field in dataclasses.fields(how)
                if f"{stage}_{field.name}" in given
            }
            stages[stage] = dataclasses.replace(how, **own)
        return dataclasses.replace(config, **stages, **given)

    def _given(self) -> dict[str, float]:
        values = dataclasses.asdict(self)
        return {name: value for name, value in values.items() if value is not None}


def read(values: Mapping[str, Any], *, where: str) -> SamplingSettings:
    """Makes settings of what stands in a file.

    Args:
        values: name -> number.
        where: names the place in errors.

    Raises:
        ValueError: an unknown name, or a value that cannot be.
    """
    unknown = sorted(set(values) - set(RANGES))
    if unknown:
        raise ValueError(
            f"{where}: there is no setting {unknown[0]}; there are {', '.join(RANGES)}"
        )
    try:
        return SamplingSettings(**values)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _range_of(name: str) -> Range | OneOf:
    """`semantic_top_k` can be what `top_k` can be."""
    if name.startswith("soundstorm_"):
        return soundstorm_config.RANGES[name.removeprefix("soundstorm_")]
    ranges = generation_config.RANGES | sampling_config.RANGES
    found = next(ranges[known] for known in ranges if name.endswith(known))
    if found.several and name in sampling_config.RANGES:
        # What goes for every stage goes for SoundStorm too.
        return dataclasses.replace(found, several=False)
    return found


RANGES = {
    field.name: _range_of(field.name) for field in dataclasses.fields(SamplingSettings)
}
"""What each of the settings can be."""

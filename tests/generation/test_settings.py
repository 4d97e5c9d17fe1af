import dataclasses

import pytest

from musiclm_jax.generation import settings
from musiclm_jax.generation.config import STAGES, GenerationConfig
from musiclm_jax.generation.settings import SamplingSettings
from musiclm_jax.lm.sampling_config import SamplingConfig


def test_nothing_given_changes_nothing():
    own = GenerationConfig(semantic=SamplingConfig(guidance=2.0), candidates=4)
    assert SamplingSettings().applied_to(own) == own


def test_every_stage_and_one_stage():
    asked = SamplingSettings(temperature=0.7, coarse_temperature=0.9, guidance=2.0)
    config = asked.applied_to(GenerationConfig())
    assert config.semantic == SamplingConfig(temperature=0.7, guidance=2.0)
    assert config.coarse == SamplingConfig(temperature=0.9, guidance=2.0)
    # It does not see the prompt.
    assert config.fine == SamplingConfig(temperature=0.7)


def test_every_setting_reaches_its_place():
    for name in settings.RANGES:
        value = 0.25 if "overlap" in name else 8 if name.endswith("bits") else 1
        value = 0.5 if name.endswith(("temperature", "top_p")) else value
        value = 3 if name.endswith(("top_k", "guidance", "candidates")) else value
        config = SamplingSettings(**{name: value}).applied_to(GenerationConfig())
        before = dataclasses.asdict(GenerationConfig())
        after = dataclasses.asdict(config)
        changed = {
            f"{stage}_{key}" if isinstance(before[stage], dict) else stage
            for stage in before
            for key in (before[stage] if isinstance(before[stage], dict) else [None])
            if (before[stage] if key is None else before[stage][key])
            != (after[stage] if key is None else after[stage][key])
        }
        stages = {f"{s}_{name}" for s in STAGES}
        expected = stages & set(settings.RANGES) or {name}
        if "semantic_temperature" in expected:
            expected = expected | {"unprompted_temperature"}
        assert changed == expected, name


def test_several_temperatures_as_files_know_them():
    """JSON and gin have lists."""
    asked = settings.read({"semantic_temperature": [0.3, 0.8]}, where="here")
    config = asked.applied_to(GenerationConfig())
    assert config.semantic.temperature == (0.3, 0.8)
    assert hash(config) != hash(GenerationConfig())
    cooler = (asked | SamplingSettings(temperature=0.5)).applied_to(config)
    assert cooler.semantic.temperature == 0.5


def test_what_is_said_of_the_semantic_stage_goes_without_a_prompt_too():
    own = {"semantic_temperature": 0.8, "unprompted_temperature": 0.3}
    of_the_model = SamplingSettings(**own)
    config = of_the_model.applied_to(GenerationConfig())
    assert config.unprompted_temperature == 0.3
    for later in ({"temperature": 0.5}, {"semantic_temperature": 0.5}):
        asked = SamplingSettings(**later)
        assert asked.applied_to(config).unprompted_temperature == 0.5
        both = of_the_model | asked
        assert both.applied_to(GenerationConfig()) == asked.applied_to(config)
    alone = SamplingSettings(unprompted_temperature=0.5).applied_to(config)
    assert alone.semantic.temperature == 0.8


def test_the_later_of_two_goes_first():
    first = SamplingSettings(coarse_temperature=0.9, top_k=10, candidates=2)
    second = SamplingSettings(temperature=0.5, semantic_top_k=20)
    both = (first | second).applied_to(GenerationConfig())
    assert both.coarse.temperature == 0.5, "given for every stage, and later"
    assert (both.semantic.top_k, both.coarse.top_k) == (20, 10)
    assert both.candidates == 2
    one_by_one = second.applied_to(first.applied_to(GenerationConfig()))
    assert both == one_by_one


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"tempo": 3}, "here: there is no setting tempo; there are temperature, "),
        ({"fine_guidance": 3.0}, "there is no setting fine_guidance"),
        ({"temperature": "hot"}, "here: temperature is 'hot'; it must be a number"),
        ({"temperature": [0.5, 1.0]}, r"temperature is \[0.5, 1.0\]; it must be a num"),
        ({"semantic_temperature": []}, r"\(\); .* number from 0 on, or several such"),
        ({"fine_temperature": [1, -1]}, "one of fine_temperature is -1; .* from 0 on"),
        ({"soundstorm_temperature": [1.0]}, r"soundstorm_temperature is \[1.0\]; "),
        ({"semantic_top_k": 0}, "semantic_top_k is 0; .* whole number from 1 on"),
        ({"coarse_top_p": 1.01}, "coarse_top_p is 1.01; .* above 0 and at most 1"),
        ({"guidance": float("inf")}, "guidance is inf"),
        ({"candidates": True}, "candidates is True"),
        ({"semantic_overlap": [0.5]}, r"semantic_overlap is \[0.5\]"),
    ],
)
def test_what_cannot_be_is_named(values, message):
    with pytest.raises(ValueError, match=message):
        settings.read(values, where="here")

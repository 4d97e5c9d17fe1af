import pytest

from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.lm.sampling_config import SamplingConfig


def test_the_papers_settings_are_the_defaults():
    """MusicLM, sections 4.2 and 6; nothing is truncated or guided there."""
    config = GenerationConfig()
    assert config.semantic == SamplingConfig(temperature=1.0)
    assert config.coarse == SamplingConfig(temperature=0.95)
    assert config.fine == SamplingConfig(temperature=0.4)
    for stage in (config.semantic, config.coarse, config.fine):
        assert (stage.top_k, stage.top_p, stage.guidance) == (None, None, 1.0)
    assert config.semantic_overlap == 0.5  # 15 of 30 seconds
    assert config.change_overlap == 1.0  # all that a window holds
    assert config.candidates == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"semantic_overlap": 1.0}, "semantic_overlap is 1.0; .* from 0 to below 1"),
        ({"change_overlap": 1.1}, "change_overlap is 1.1; it must be .* from 0 to 1"),
        ({"coarse_overlap": -0.1}, "coarse_overlap is -0.1"),
        ({"coarse_overlap": float("nan")}, "coarse_overlap is nan"),
        ({"candidates": 0}, "candidates is 0; it must be a whole number from 1 to 32"),
        ({"candidates": 1.5}, "candidates is 1.5"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        GenerationConfig(**settings)

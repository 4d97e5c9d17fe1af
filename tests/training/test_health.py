import math

import pytest

from musiclm_jax.training import health

WELL = {
    "loss/total": 1.2,
    "health/skipped_steps": 0.0,
    "health/gradient_norm": 0.7,
    "health/contrastive_minus_chance": -1.1,
    "health/retrieval_rank": 0.1,
    "health/audio_spread": 0.8,
    "health/token_accuracy": 0.4,
    "health/token_accuracy_unigram": 0.1,
    "codebook/used_0": 1.0,
    "codebook/used_min": 0.9,
}


def test_all_is_well():
    assert health.diagnose(WELL) == []
    assert health.diagnose({}) == []


@pytest.mark.parametrize(
    ("metric", "value", "said"),
    [
        ("loss/total", math.nan, "loss 'total' is not finite"),
        ("loss/mel/64", math.inf, "loss 'mel/64' is not finite"),
        ("health/skipped_steps", 31.0, "31 steps skipped because not finite"),
        ("health/discriminator/skipped_steps", 2.0, "discriminator/skipped_steps"),
        ("health/gradient_norm", 0.0, "gradient is zero"),
        ("health/contrastive_minus_chance", 0.001, "loss is at chance"),
        ("health/retrieval_rank", 0.5, "no better than by chance"),
        ("health/audio_spread", 0.001, "audio embeddings have collapsed"),
        ("health/token_accuracy", 0.09, "token accuracy is no better"),
        ("codebook/used_3", 0.12, "only 12 % of the codes are used (3)"),
        ("codebook/used_share", 0.2, "only 20 % of the codes are used (share)"),
    ],
)
def test_one_sickness_one_sentence(metric, value, said):
    (sentence,) = health.diagnose(WELL | {metric: value})
    assert said in sentence


def test_accuracy_needs_its_floor_beside_it():
    assert health.diagnose({"health/token_accuracy": 0.0}) == []
    assert health.read({"health/token_accuracy": 0.0}) == []


def test_readings_stand_beside_their_floors():
    assert health.read(WELL) == [
        "gradient norm 0.7",
        "contrastive loss minus chance -1.100 (learnt nothing: 0)",
        "rank of the true partner 10 % (best 0, chance 50)",
        "token accuracy 40.0 % (always the most frequent: 10.0 %)",
        "codes in use (0) 100 %",
        "codes in use (min) 90 %",
    ]

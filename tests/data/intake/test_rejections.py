"""Rejections: limits, which copy stays, and sentences that say what is wrong."""

import numpy as np
import pytest

from musiclm_jax.data.intake.facts import Facts
from musiclm_jax.data.intake.recordings import Rejection
from musiclm_jax.data.intake.rejections import Limits, find_rejections


def facts(name, *, seconds=10.0, sample_rate=44100, **fields):
    return Facts(
        **{
            "name": name,
            "digest": name,
            "format": "FLAC PCM_16",
            "sample_rate": sample_rate,
            "num_channels": 2,
            "num_samples": round(seconds * sample_rate),
            "peak_db": -1.0,
            **fields,
        }
    )


def kinds(*all_facts, limits=None):
    rejections = find_rejections(all_facts, limits or Limits())
    return {name: rejection.kind for name, rejection in rejections.items()}


@pytest.fixture
def tune(rng) -> str:
    return rng.bytes(100).hex()


@pytest.mark.parametrize(
    ("fields", "kind", "reason"),
    [
        (
            {"peak_db": -70.0},
            "silent",
            "is silent: its peak is -70.0 dB; at least -60 dB is wanted",
        ),
        (
            {"peak_db": None},
            "silent",
            "is silent: its peak is nothing; at least -60 dB is wanted",
        ),
        (
            {"clipped_share": 0.2},
            "clipped",
            "is clipped: 20.0% of its samples lie in flat tops; at most 1.0% is wanted",
        ),
        ({"seconds": 0.4}, "too_short", "lasts 0.40 s; at least 1 s is wanted"),
        (
            {"sample_rate": 8000},
            "low_rate",
            "has 8000 samples a second; at least 16000 are wanted",
        ),
    ],
)
def test_what_is_wrong_with_one(fields, kind, reason):
    found = find_rejections([facts("a", **fields), facts("b")], Limits())
    assert found == {"a": Rejection(kind=kind, reason=reason)}


def test_limits_are_kept_to():
    at_the_limit = facts(
        "a", seconds=2, sample_rate=8000, peak_db=-40.0, clipped_share=0.1
    )
    assert kinds(
        at_the_limit,
        limits=Limits(
            min_seconds=2, min_sample_rate=8000, silence_db=-40, max_clipped_share=0.1
        ),
    ) == {}  # fmt: skip


def test_the_first_rejection_is_named():
    assert kinds(facts("a", seconds=0.1, peak_db=-90.0, sample_rate=10)) == {
        "a": "silent"
    }
    broken = Rejection(kind="truncated", reason="ends too early")
    assert find_rejections([Facts(name="a", rejection=broken)], Limits()) == {
        "a": broken
    }


def test_of_equal_bytes_the_first_name_stays(tune):
    copies = [facts(name, digest="d", fingerprint=tune) for name in "cab"]
    found = find_rejections(copies, Limits())
    reason = "has the same bytes as a; one copy is wanted"
    assert found == {
        name: Rejection(kind="duplicate", reason=reason) for name in ("b", "c")
    }


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({}, {"format": "MP3 MPEG_LAYER_III", "seconds": 10.05}),
        ({}, {"format": "OGG OPUS", "sample_rate": 48000}),
        ({"sample_rate": 48000}, {}),
        ({"num_channels": 2}, {"num_channels": 1}),
        ({"seconds": 10.1}, {}),
    ],
)
def test_the_better_copy_stays(tune, better, worse):
    good = facts("z", fingerprint=tune, **better)
    bad = facts("a", fingerprint=tune, **worse)
    found = find_rejections([bad, good], Limits())
    reason = "sounds like z, which stays; one copy is wanted"
    assert found == {"a": Rejection(kind="near_duplicate", reason=reason)}


def test_among_equals_the_first_name_stays(tune):
    assert kinds(*(facts(name, fingerprint=tune) for name in "bca")) == {
        "b": "near_duplicate",
        "c": "near_duplicate",
    }


def test_other_lengths_are_other_recordings(tune):
    short = facts("a", fingerprint=tune)
    assert kinds(short, facts("b", fingerprint=tune, seconds=12)) == {}
    assert kinds(short, facts("b", fingerprint=tune, seconds=10.7)) != {}


def test_sound_without_fingerprint_is_nobodys_copy():
    assert kinds(facts("a"), facts("b")) == {}


def test_what_is_broken_replaces_nothing(tune):
    clipped = facts("a", digest="d", fingerprint=tune, clipped_share=0.5)
    lower = facts("b", sample_rate=22050, fingerprint=tune)
    assert kinds(clipped, lower) == {"a": "clipped"}


def test_what_has_left_takes_nothing_with_it(rng):
    # b is near to a and to c, which are not near to each other.
    bits = rng.integers(0, 2, 1600).astype(bool)
    prints = []
    for start in (0, 200, 400):
        changed = bits.copy()
        changed[:start] ^= True
        prints.append(np.packbits(changed).tobytes().hex())
    found = find_rejections(
        [facts(name, fingerprint=p) for name, p in zip("abc", prints, strict=True)],
        Limits(),
    )
    assert {name: rejection.kind for name, rejection in found.items()} == {
        "b": "near_duplicate"
    }


def test_order_does_not_matter(rng, tune):
    many = [facts(f"{i}", fingerprint=rng.bytes(100).hex()) for i in range(20)]
    many += [facts(f"copy {i}", fingerprint=many[i].fingerprint) for i in range(10)]
    expected = find_rejections(many, Limits())
    assert len(expected) == 10
    shuffled = [many[i] for i in rng.permutation(len(many))]
    assert find_rejections(shuffled, Limits()) == expected
    assert list(expected) == sorted(expected)


def test_an_empty_source():
    assert find_rejections([], Limits()) == {}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"min_seconds": -1}, "min_seconds -1 and min_sample_rate .* 0 or more"),
        ({"silence_db": 3}, "silence_db is 3; .* must be 0 or less"),
        ({"max_clipped_share": 2}, "max_clipped_share is 2; it must be 0 to 1"),
    ],
)
def test_senseless_limits(fields, message):
    with pytest.raises(ValueError, match=message):
        Limits(**fields)

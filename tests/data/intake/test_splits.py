"""Which recordings are held out."""

import hashlib

import pytest

from musiclm_jax.data.intake.facts import Facts
from musiclm_jax.data.intake.prepare import Splits
from musiclm_jax.data.intake.recordings import Recording
from musiclm_jax.data.text.sidecars import Notes

SPLITS = Splits(validation_share=0.05, test_share=0.1)


def known(number, *, split=None, digest=None):
    name = f"{number}.wav"
    digest = digest or hashlib.sha256(name.encode()).hexdigest()
    recording = Recording(name=name, sound=None, notes=Notes(), split=split)
    return recording, Facts(name=name, digest=digest)


def names(dealt):
    return {split: [r.name for r, _ in there] for split, there in dealt.items()}


def late(number):
    """One whose hash is near the end of all, where nothing is held out."""
    return known(number, digest=f"f{number:063x}")


def test_shares_are_those_of_the_hash():
    everything = [known(number) for number in range(4000)]
    dealt = SPLITS.deal(everything)
    counts = {split: len(there) for split, there in dealt.items()}
    assert counts["validation"] == pytest.approx(200, abs=60)
    assert counts["test"] == pytest.approx(400, abs=80)
    assert sum(counts.values()) == 4000
    # New ones move no old one.
    few = names(SPLITS.deal(everything[:1000]))
    assert all(set(few[split]) <= set(names(dealt)[split]) for split in few)


def test_of_few_some_are_held_out_all_the_same():
    dealt = names(SPLITS.deal([late(number) for number in range(5, 0, -1)]))
    assert dealt == {
        "train": ["5.wav", "4.wav", "3.wav"],
        "validation": ["1.wav"],
        "test": ["2.wav"],
    }


def test_one_alone_is_trained_on():
    assert names(SPLITS.deal([late(1)])) == {"train": ["1.wav"]}


def test_of_two_one_is_for_validation():
    dealt = names(SPLITS.deal([late(1), late(2)]))
    assert dealt == {"train": ["2.wav"], "validation": ["1.wav"]}


def test_nothing_is_held_out_where_nobody_asked():
    all_of_it = Splits(validation_share=0.0, test_share=0.0)
    dealt = names(all_of_it.deal([late(number) for number in range(3)]))
    assert dealt == {"train": ["0.wav", "1.wav", "2.wav"]}


def test_what_a_publisher_dealt_stays():
    published = [known(number, split="train") for number in range(3)]
    assert names(SPLITS.deal(published)).keys() == {"train"}
    dealt = names(SPLITS.deal([*published, known(9, split="test"), late(7)]))
    assert dealt["test"] == ["9.wav"]
    assert dealt["validation"] == ["7.wav"]

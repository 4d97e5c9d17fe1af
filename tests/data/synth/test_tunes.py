import dataclasses

import numpy as np
import pytest

from musiclm_jax.data.synth import piece, tunes
from musiclm_jax.data.synth.corpus import Corpus

CORPUS = Corpus(num_clips=40, clip_seconds=10.0, seed=0)


@pytest.fixture(scope="module")
def music():
    """A stretch with a melody."""
    rng = np.random.default_rng(0)
    found = (tunes.stretch(CORPUS.piece(i), rng, seconds=4.0) for i in range(40))
    return next(part for part in found if part is not None)


def test_splits_share_no_tune():
    found = tunes.SynthTunes(CORPUS)
    train, held_out = found.open("train"), found.open("validation")
    assert len(train) > len(held_out) > 0
    assert not set(train.indices) & set(held_out.indices)
    with pytest.raises(ValueError, match="no split 'tests': there are train"):
        found.open("tests")


def test_a_stretch_has_a_tune(music):
    lead = [note for note in music.notes if note.role == "lead"]
    assert len(lead) >= 3 and music.clip_seconds == 4.0
    assert all(0 <= note.start_seconds < 4.0 for note in music.notes)


def test_without_a_melody_there_is_none(music):
    others = tuple(note for note in music.notes if note.role != "lead")
    without = dataclasses.replace(music, notes=others)
    assert tunes.stretch(without, np.random.default_rng(0), seconds=4.0) is None


def test_another_player_plays_the_same_tune(music):
    """The same pitch classes in the same order, out of tune by less than a semitone."""
    lead = [note for note in music.notes if note.role == "lead"]
    other = tunes.alone(music, np.random.default_rng(3))
    assert {note.role for note in other.notes} == {"lead"}
    assert {note.timbre for note in other.notes} == {other.lead}
    assert other.lead in piece.TIMBRES and not other.hits
    assert abs(len(other.notes) - len(lead)) <= 1
    pairs = list(zip(lead, other.notes, strict=False))[:3]
    offsets = [(new.pitch - old.pitch + 6) % 12 - 6 for old, new in pairs]
    assert np.abs(offsets).max() < 1.0
    late = [new.start_seconds - old.start_seconds for old, new in pairs]
    assert np.abs(late).max() < 0.3


def test_pairs_are_sound_and_repeat():
    found = tunes.SynthTunes(CORPUS).open("train")
    sounds = found.pair(1, np.random.default_rng(7), seconds=4.0)
    again = found.pair(1, np.random.default_rng(7), seconds=4.0)
    for sound, same in zip(sounds, again, strict=True):
        assert sound.shape == (4 * 24000,) and sound.dtype == np.float32
        assert 0.01 < np.abs(sound).max() <= 1.0
        np.testing.assert_array_equal(sound, same)
    assert not np.allclose(*sounds)

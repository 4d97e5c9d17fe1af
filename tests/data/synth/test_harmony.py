import numpy as np
import pytest

from musiclm_jax.data.synth import harmony, piece


def voice(roots, *, key="C", mode="major", colour="triad", centre=60.0):
    return harmony.voice_chords(roots, key=key, mode=mode, colour=colour, centre=centre)


def test_semitones_of_the_minor_dominant_raises_the_leading_note():
    assert harmony.semitones(6, "minor", 0) == 10
    assert harmony.semitones(6, "minor", 4) == 11
    assert harmony.semitones(6, "major", 4) == 11
    assert harmony.semitones(-1, "minor", 4) == -1
    assert harmony.semitones(7, "minor", 4) == 12


def test_symbols():
    assert [c.symbol for c in voice((0, 5, 3, 4))] == ["C", "Am", "F", "G"]
    minor = voice((0, 3, 4), key="A", mode="minor", colour="seventh")
    assert [c.symbol for c in minor] == ["Am7", "Dm7", "E7"]
    assert voice((0,), key="E", mode="minor", colour="power")[0].symbol == "E5"
    assert voice((6,))[0].symbol == "Bdim"


@pytest.mark.parametrize("colour", harmony.COLOURS)
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_chords_hold_only_notes_of_their_scale(mode, colour):
    for root in range(7):
        scale = {harmony.semitones(d, mode, root) % 12 for d in range(7)}
        (chord,) = voice((root,), mode=mode, colour=colour)
        assert {tone % 12 for tone in chord.tones} <= scale
        assert list(chord.tones) == sorted(set(chord.tones))
        assert len(chord.tones) >= 3
        # Those that stay on their root reach further; the others are turned.
        reach = {"power": 18, "spread": 25, "added": 14}.get(colour, 13)
        assert max(abs(np.array(chord.tones) - 60.0)) <= reach


def test_bass_plays_root_third_fifth_octave_in_the_bass_register():
    (chord,) = voice((0,), key="A", mode="minor")
    root, third, fifth, octave = chord.bass
    assert (third - root, fifth - root, octave - root) == (3, 7, 12)
    assert root % 12 == 9
    assert 28 <= root <= 43


def test_progressions_are_degrees_of_four_bars():
    for school in harmony.PROGRESSIONS.values():
        assert set(school) == set(piece.MODES)
        for progressions in school.values():
            assert len(set(progressions)) >= 5
            assert all(len(roots) == 4 for roots in progressions)
            assert all(0 <= root < 7 for roots in progressions for root in roots)
            assert any(roots[0] == 0 for roots in progressions)

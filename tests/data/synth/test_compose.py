import collections

import numpy as np
import pytest

from musiclm_jax.data.synth import patterns, piece
from musiclm_jax.data.synth.compose import compose, paired_melody_id
from musiclm_jax.data.synth.style_table import STYLES
from musiclm_jax.data.synth.styles import LEAD_CENTRES

SECONDS = 10.0


@pytest.fixture(scope="module")
def pieces():
    return [compose(0, index, clip_seconds=SECONDS) for index in range(120)]


def melody(music):
    return [note for note in music.notes if note.role == "lead"]


def test_the_same_arguments_give_the_same_piece():
    assert compose(3, 5, clip_seconds=4.0) == compose(3, 5, clip_seconds=4.0)
    assert compose(3, 5, clip_seconds=4.0) != compose(3, 6, clip_seconds=4.0)
    assert compose(3, 5, clip_seconds=4.0) != compose(4, 5, clip_seconds=4.0)


def test_what_a_piece_says_is_what_it_plays(pieces):
    for music in pieces:
        low, high = piece.TEMPO_CLASSES[music.tempo_class]
        assert low <= music.tempo_bpm <= high
        assert music.lead_family == piece.TIMBRES[music.lead]
        assert {note.timbre for note in melody(music)} == {music.lead}
        assert set(music.instruments) == {note.timbre for note in music.notes}
        assert music.instruments[0] == music.lead
        assert music.has_drums == bool(music.hits)
        assert {hit.sound for hit in music.hits} <= set(piece.DRUM_SOUNDS)
        bar_seconds = 60.0 / music.tempo_bpm * music.beats_per_bar
        assert len(music.chords) == int(np.ceil(SECONDS / bar_seconds - 1e-6))
        for note in music.notes:
            assert 0 <= note.start_seconds < SECONDS
            assert note.duration_seconds > 0
            assert 20 <= note.pitch <= 110
            assert 0 < note.velocity <= 1


def test_music_starts_at_once_and_goes_on(pieces):
    for music in pieces:
        starts = [note.start_seconds for note in music.notes]
        assert starts[0] < 0.1
        assert max(np.diff([*starts, SECONDS])) < 4.5
        assert len({section.start_seconds for section in music.sections}) == len(
            music.sections
        )
        assert music.sections[0].start_seconds == 0.0


def test_roles_keep_to_their_sections():
    index, music = next(
        (index, music)
        for index in range(100)
        if (music := compose(1, index, clip_seconds=SECONDS, style="techno")).dynamics
        == "drops"
        and len(music.sections) > 2
    )
    pause, end = music.sections[1].start_seconds, music.sections[2].start_seconds
    assert "drums" not in music.sections[1].roles, index
    inside = [h for h in music.hits if pause <= h.start_seconds < end - 1e-6]
    assert not inside
    assert [h for h in music.hits if h.start_seconds < pause]
    assert [h for h in music.hits if h.start_seconds >= end - 1e-6]


def test_styles_lean_without_deciding(pieces):
    assert {music.style for music in pieces} == set(piece.STYLES)
    tempo = collections.defaultdict(set)
    families = collections.defaultdict(set)
    for music in pieces:
        tempo[music.style].add(music.tempo_class)
        families[music.style].add(music.lead_family)
    assert np.mean([len(found) for found in tempo.values()]) > 1.5
    assert np.mean([len(found) for found in families.values()]) > 1.5
    for attribute in ("tempo_class", "lead_family", "energy", "mode", "has_drums"):
        counts = collections.Counter(getattr(music, attribute) for music in pieces)
        assert max(counts.values()) < 0.75 * len(pieces)


def test_a_melody_survives_another_orchestration():
    first = compose(0, 2, clip_seconds=SECONDS)
    leads = set()
    for index in (3, 4, 5):
        other = compose(0, index, clip_seconds=SECONDS, melody_id=2)
        assert other.melody_id == first.melody_id == 2
        assert other.mode == first.mode
        leads.add((other.style, other.lead))
        intervals = [np.diff([n.pitch for n in melody(m)]) for m in (first, other)]
        shared = min(map(len, intervals))
        assert shared >= 4
        np.testing.assert_array_equal(intervals[0][:shared], intervals[1][:shared])
        beats = [
            np.array([n.start_seconds for n in melody(m)][: shared + 1])
            * (m.tempo_bpm / 60)
            for m in (first, other)
        ]
        # Players and swing move notes by less than a sixteenth and a bit.
        assert np.abs(beats[0] - beats[1]).max() < 0.35
    assert len(leads) > 1


def test_pairs_are_neighbours():
    ids = [paired_melody_id(0, index, 0.3) for index in range(400)]
    paired = sum(ids[i + 1] == i for i in range(0, 400, 2))
    assert 40 <= paired <= 80
    assert all(ids[i] == i for i in range(0, 400, 2))
    assert [paired_melody_id(0, i, 0.0) for i in range(4)] == [0, 1, 2, 3]
    assert [paired_melody_id(0, i, 1.0) for i in range(4)] == [0, 0, 2, 2]


def test_styles_name_what_exists():
    for style in STYLES.values():
        assert set(style.grooves) <= set(patterns.GROOVES)
        assert all(kit in piece.DRUM_KITS for kit, _ in style.kits)
        assert all(lead in LEAD_CENTRES for lead, _ in style.leads)
        assert len(style.tempo) == len(style.energy) == 3
        for part in style.parts:
            table = patterns.BASS if part.role == "bass" else patterns.CHORDS
            assert set(part.patterns) <= set(table)
            assert all(timbre in piece.TIMBRES for timbre, _ in part.timbres)
    for steps in [*patterns.CHORDS.values(), *patterns.BASS.values()]:
        assert len(steps) == 16


def test_bad_arguments():
    with pytest.raises(ValueError, match="clip_seconds"):
        compose(0, 0, clip_seconds=0.0)
    with pytest.raises(ValueError, match="'polka' is not one of"):
        compose(0, 0, clip_seconds=1.0, style="polka")

import collections
import itertools

import numpy as np
import pytest

from musiclm_jax.data.synth import grooves, patterns, piece, rhythms
from musiclm_jax.data.synth.compose import compose, paired_melody_id
from musiclm_jax.data.synth.style_table import STYLES
from musiclm_jax.data.synth.styles import DOUBLES, LEAD_CENTRES, POLYPHONIC, SAME

SECONDS = 10.0


@pytest.fixture(scope="module")
def pieces():
    return [compose(0, index, clip_seconds=SECONDS) for index in range(240)]


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
        assert set(music.instruments) == {note.timbre for note in music.notes}
        if music.lead == piece.NOTHING:
            assert music.style == "drums alone" and not music.notes
            assert {music.lead_family, music.key, music.mode} == {piece.NOTHING}
        else:
            assert music.lead_family == piece.TIMBRES[music.lead]
            assert {note.timbre for note in melody(music)} == {music.lead}
            assert music.instruments[0] == music.lead
        assert music.has_drums == bool(music.hits)
        assert {hit.sound for hit in music.hits} <= set(piece.DRUM_SOUNDS)
        bar_seconds = 60.0 / music.tempo_bpm * music.beats_per_bar
        num_bars = int(np.ceil(SECONDS / bar_seconds - 1e-6))
        assert len(music.chords) in (0, num_bars)
        for note in music.notes:
            assert 0 <= note.start_seconds < SECONDS
            assert note.duration_seconds > 0
            assert 20 <= note.pitch <= 110
            assert 0 < note.velocity <= 1


def test_music_starts_at_once_and_goes_on(pieces):
    for music in pieces:
        starts = sorted(n.start_seconds for n in (*music.notes, *music.hits))
        assert starts[0] < 0.1 or music.style == "solo passage"
        # A slow bar of one note.
        assert max(np.diff([0.0, *starts, SECONDS])) < 6.5
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
    assert np.mean([len(found) for found in tempo.values()]) > 2
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
        for names in style.grooves:
            assert names and set(names) <= set(grooves.FOURS)
        assert all(kit in piece.DRUM_KITS for kit, _ in style.kits)
        assert all(lead in (*LEAD_CENTRES, piece.NOTHING) for lead, _ in style.leads)
        assert all(feel in rhythms.FEELS for feel, _ in style.idiom.feels)
        assert all(kind in piece.DYNAMICS for kind, _ in style.dynamics)
        assert len(style.tempo) == len(style.energy) == 3
        for part in style.parts:
            named = DOUBLES if part.role == "double" else patterns.names_of(part.role)
            assert set(part.patterns) <= set(named)
            assert all(t in (*piece.TIMBRES, SAME) for t, _ in part.timbres)


@pytest.mark.parametrize("beats_per_bar", piece.METRES)
def test_patterns_fill_their_bars(beats_per_bar):
    for role in ("chords", "bass"):
        for name in patterns.names_of(role):
            for busy in (0.0, 0.5, 1.0):
                steps = patterns.in_metre(role, name, beats_per_bar, busy)
                assert len(steps) == patterns.STEPS_PER_BAR[beats_per_bar]
                assert set(steps) <= set(".-xXw123456")


def test_every_instrument_and_voice_is_heard_alone():
    passages = [
        compose(0, index, clip_seconds=SECONDS, style="solo passage")
        for index in range(600)
    ]
    assert {music.lead for music in passages} == set(LEAD_CENTRES)
    for music in passages:
        assert music.instruments == (music.lead,) and not music.has_drums
        if music.lead_family in ("voice", "winds") and music.lead != "choir":
            ends = [n.start_seconds for n in music.notes][1:]
            assert music.lead in POLYPHONIC or len(set(ends)) == len(ends)


def test_a_clip_changes_as_its_dynamics_say():
    found = collections.defaultdict(list)
    for index in range(400):
        music = compose(3, index, clip_seconds=SECONDS)
        if len(music.sections) > 1:
            found[music.dynamics].append([set(s.roles) for s in music.sections])
    for roles in found["enters"]:
        assert "lead" not in roles[0] and "lead" in roles[1]
    for roles in found["stops"]:
        assert roles[1] == {"lead"}
    for roles in found["builds"]:
        assert all(a <= b for a, b in itertools.pairwise(roles))
    for roles in found["relaxes"]:
        assert all(a >= b for a, b in itertools.pairwise(roles))
    assert any(a < b for roles in found["builds"] for a, b in itertools.pairwise(roles))
    assert set(found) == set(piece.DYNAMICS)


def test_machines_keep_the_grid_and_players_do_not():
    def off_grid(style):
        music = next(
            m
            for index in range(60)
            if (m := compose(4, index, clip_seconds=SECONDS, style=style)).has_drums
            and m.beats_per_bar == 4
        )
        step = 60.0 / music.tempo_bpm / 4
        places = [hit.start_seconds / step for hit in music.hits]
        return max(abs(place - round(place)) * step for place in places)

    assert off_grid("techno") < 1e-6
    assert 1e-4 < off_grid("rock") < 0.03


def test_registers_are_told_as_they_came_out(pieces):
    means = collections.defaultdict(list)
    for music in pieces:
        if music.lead != piece.NOTHING:
            height = np.mean([n.pitch for n in melody(music)])
            means[music.register].append(height - LEAD_CENTRES[music.lead])
    assert max(means["low"]) < -6 <= min(means["middle"])
    assert max(means["middle"]) <= 6 < min(means["high"])


def test_bad_arguments():
    with pytest.raises(ValueError, match="clip_seconds"):
        compose(0, 0, clip_seconds=0.0)
    with pytest.raises(ValueError, match="'polka' is not one of"):
        compose(0, 0, clip_seconds=1.0, style="polka")

import numpy as np
import pytest

from musiclm_jax.data.synth import harmony, melody, piece, rhythms

IDIOM = melody.Idiom(tuple((feel, 1.0) for feel in rhythms.FEELS), ("song", "jazz"))


def themes(mode="major", beats_per_bar=4, count=20):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        yield melody.make_theme(
            rng, mode=mode, beats_per_bar=beats_per_bar, idiom=IDIOM
        )


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("beats_per_bar", piece.METRES)
def test_a_theme_is_sung_in_its_scale_and_fills_its_bars(mode, beats_per_bar):
    for theme in themes(mode, beats_per_bar):
        assert theme.num_beats == 2 * melody.SECTION_BARS * beats_per_bar
        ends = [note.start_beat + note.num_beats for note in theme.notes]
        starts = [note.start_beat for note in theme.notes]
        assert all(e <= s + 1e-9 for e, s in zip(ends, starts[1:], strict=False))
        assert ends[-1] <= theme.num_beats + 1e-9
        assert starts[0] == 0.0
        for note in theme.notes:
            root = theme.roots[int((note.start_beat + 1e-9) // beats_per_bar)]
            assert note.semitones == harmony.semitones(note.degree, mode, root)
            assert -3 <= note.degree <= 12
        bars = {int((note.start_beat + 1e-9) // beats_per_bar) for note in theme.notes}
        assert bars == set(range(2 * melody.SECTION_BARS))


def test_every_bar_opens_on_its_chord():
    for theme in themes():
        for bar, root in enumerate(theme.roots):
            inside = [n for n in theme.notes if int((n.start_beat + 1e-9) // 4) == bar]
            assert (inside[0].degree - root) % 7 in (0, 2, 4)


def test_motifs_come_back():
    def rhythm(theme, bar):
        return [
            (round(n.start_beat - 4 * bar, 6), n.num_beats)
            for n in theme.notes
            if int((n.start_beat + 1e-9) // 4) == bar
        ]

    for theme in themes():
        bars = [rhythm(theme, bar) for bar in range(3)]
        assert len({tuple(bar) for bar in bars}) < 3


def test_another_seed_is_another_theme():
    first, second = themes(count=2)
    assert first != second


@pytest.mark.parametrize("beats_per_bar", piece.METRES)
def test_bars_of_rhythm_are_many_and_whole(beats_per_bar, rng):
    bars = rhythms.all_bars(beats_per_bar)
    assert len(bars) > {4: 600, 3: 300, 2: 80}[beats_per_bar]
    for bar in bars:
        np.testing.assert_allclose(np.abs(bar).sum(), beats_per_bar)
    drawn = {
        rhythms.draw_bar(rng, feel, beats_per_bar)
        for feel in rhythms.FEELS
        for _ in range(100)
    }
    assert all(max(bar) > 0 for bar in drawn)
    assert len(drawn) > 60


def test_feels_move_as_they_are_called(rng):
    def count(feel):
        bars = [rhythms.draw_bar(rng, feel, 4) for _ in range(200)]
        return np.mean([sum(length > 0 for length in bar) for bar in bars])

    assert count("sparse") < count("long") < count("even") < count("running")
    swung = [rhythms.draw_bar(rng, "triplet", 4) for _ in range(50)]
    assert any(
        abs(3 * length % 1) < 1e-9 != length % 0.5 for b in swung for length in b
    )


def test_a_section_that_ends_on_the_tonic_chord_ends_on_the_tonic():
    for theme in themes(count=40):
        for bar in (3, 7):
            inside = [n for n in theme.notes if int((n.start_beat + 1e-9) // 4) == bar]
            if theme.roots[bar] == 0:
                assert inside[-1].degree % 7 == 0

import numpy as np
import pytest

from musiclm_jax.data.synth import harmony, melody


def themes(mode="major", beats_per_bar=4, count=20):
    for seed in range(count):
        rng = np.random.default_rng(seed)
        yield melody.make_theme(rng, mode=mode, beats_per_bar=beats_per_bar)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("beats_per_bar", [3, 4])
def test_a_theme_is_sung_in_its_scale_and_fills_its_bars(mode, beats_per_bar):
    for theme in themes(mode, beats_per_bar):
        assert theme.num_beats == 2 * melody.SECTION_BARS * beats_per_bar
        ends = [note.start_beat + note.num_beats for note in theme.notes]
        starts = [note.start_beat for note in theme.notes]
        assert all(e <= s + 1e-9 for e, s in zip(ends, starts[1:], strict=False))
        assert ends[-1] <= theme.num_beats
        for note in theme.notes:
            root = theme.roots[int(note.start_beat // beats_per_bar)]
            assert note.semitones == harmony.semitones(note.degree, mode, root)
            assert -3 <= note.degree <= 12
        bars = {int(note.start_beat // beats_per_bar) for note in theme.notes}
        assert bars == set(range(2 * melody.SECTION_BARS))


def test_every_bar_opens_on_its_chord():
    for theme in themes():
        for bar, root in enumerate(theme.roots):
            inside = [n for n in theme.notes if int(n.start_beat // 4) == bar]
            assert (inside[0].degree - root) % 7 in (0, 2, 4)


def test_motifs_come_back():
    def rhythm(theme, bar):
        return [
            (n.start_beat - 4 * bar, n.num_beats)
            for n in theme.notes
            if int(n.start_beat // 4) == bar
        ]

    for theme in themes():
        bars = [rhythm(theme, bar) for bar in range(3)]
        assert bars[0] == bars[1] or bars[0] == bars[2]


def test_another_seed_is_another_theme():
    first, second = themes(count=2)
    assert first != second

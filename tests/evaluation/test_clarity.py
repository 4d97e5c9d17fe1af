import numpy as np
import pytest

from musiclm_jax.evaluation import clarity
from musiclm_jax.evaluation.examples import Examples
from musiclm_jax.evaluation.material import Drawn, Material

RATE = 8000
SECONDS = 6
SCALE = (0, 2, 4, 5, 7, 9, 11, 12)


@pytest.mark.parametrize(
    ("caption", "tonic"),
    [
        ("A waltz. The key is F# minor", 6),
        ("the key is eb major, slow", 3),
        ("The key is A minor.", 9),
        ("it is in a minor key", -1),
        ("in a major key, key is unclear", -1),
        ("", -1),
    ],
)
def test_only_a_named_key_counts(caption, tonic):
    assert clarity.named_tonic(caption) == tonic


def scale(tonic):
    """Notes of a major scale on the beat, held and struck."""
    times = np.arange(SECONDS * RATE) / RATE
    step = (times / 0.5).astype(int) % len(SCALE)
    hz = 261.63 * 2 ** ((tonic + np.array(SCALE)[step]) / 12)
    chord = sum(
        np.sin(2 * np.pi * 130.8 * 2 ** ((tonic + k) / 12) * times) for k in (0, 4, 7)
    )
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    return 0.2 * np.sin(phase) * np.exp(-np.mod(times, 0.5) / 0.15) + 0.05 * chord


@pytest.fixture
def split():
    captions = ("the key is D major", "the key is C major", "drums", "slow")
    return [
        {
            "captions": [caption],
            "has_drums": caption == "drums",
            "key": "none" if caption == "drums" else "C",
        }
        for caption in captions
    ]


def test_each_clip_is_asked_what_its_caption_asks(split, rng):
    beat = np.zeros(SECONDS * RATE)
    beat[:: RATE // 2] = 1.0
    noise = 0.1 * rng.standard_normal(SECONDS * RATE)
    # The second is in another key than the caption says; the last has none.
    audio = np.stack([scale(2), scale(7), beat, noise])
    examples = Examples(split, (0, 1, 2, 3))
    found = clarity.measure(audio, examples, RATE)
    assert found.pulse > 0.9
    assert found.key > 0.7
    assert found.tonic == 0.5


def test_what_nothing_asks_for_is_not_a_number(split):
    found = clarity.measure(scale(0)[None], Examples(split, (3,)), RATE)
    assert np.isnan(found.pulse) and np.isnan(found.tonic)
    assert found.key > 0.7


def test_table_sets_the_forms_beside_each_other(split, rng):
    audio = np.stack([scale(2), scale(0), scale(4), scale(9)])
    examples = Examples(split, (0, 1, 2, 3))
    drawn = Drawn(
        train=examples, validation=examples, test=examples, asked=examples.first(2)
    )
    material = Material(
        drawn=drawn,
        sample_rate=RATE,
        true=audio,
        decoded=rng.standard_normal(audio.shape),
        generated=None,
    )
    rows = {row[0]: row[1:] for row in clarity.figures(material).rows}
    clips, true, codec, generated = rows["tonic is the one that the caption names"]
    assert (clips, true, generated) == (2, 1.0, None)
    clips, true, codec, _ = rows["partials kept"]
    assert (clips, true) == (2, 1.0) and codec < 0.6
    clips, true, codec, _ = rows["log-mel distance"]
    assert true == 0.0 and codec > 1.0
    clips, *pulses = rows["pulse clarity of clips with drums, median"]
    assert clips == 0 and np.isnan(pulses[:2]).all()

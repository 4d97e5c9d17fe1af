import numpy as np
import pytest

from musiclm_jax.evaluation.batches import in_batches
from musiclm_jax.evaluation.examples import Examples


@pytest.fixture
def split():
    return [
        {
            "audio": np.full(4, 2**14 + number, np.int16),
            "captions": [b"short", f"the longer one, {number}".encode(), b"mid"],
            "style": f"style {number}".encode(),
            "has_drums": np.bool_(number % 2),
        }
        for number in range(70)
    ]


def test_what_is_drawn_is_drawn_once(split, rng):
    drawn = Examples.draw(split, 50, rng)
    assert len(drawn) == len(set(drawn.indices)) == 50
    assert len(Examples.draw(split, 100, rng)) == 70
    assert drawn.first(3).indices == drawn.indices[:3]


def test_labels_captions_and_sound_belong_together(split):
    examples = Examples(split, (5, 2))
    assert examples.labels("style") == ["style 5", "style 2"]
    assert examples.labels("has_drums") == ["True", "False"]
    assert examples.captions() == ["the longer one, 5", "the longer one, 2"]
    audio = examples.audio()
    assert audio.dtype == np.float32
    np.testing.assert_array_equal(audio[:, 0] * 2**15, [2**14 + 5, 2**14 + 2])


def test_all_batches_have_one_shape(split):
    shapes = []

    def measure(sound):
        shapes.append(sound.shape)
        return sound[:, :1] * 2**15 - 2**14

    examples = Examples(split, tuple(range(70)))
    np.testing.assert_array_equal(examples.measured(measure)[:, 0], np.arange(70))
    assert len(set(shapes)) == 1


def test_rows_in_batches_come_back_in_order():
    sizes = []

    def double(rows):
        sizes.append(len(rows))
        return 2 * rows

    np.testing.assert_array_equal(
        in_batches(double, np.arange(11), 4), 2 * np.arange(11)
    )
    assert sizes == [4, 4, 4]

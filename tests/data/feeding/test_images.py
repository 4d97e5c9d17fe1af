"""Batches of pictures with their descriptions."""

import jax
import numpy as np
import pytest
from PIL import Image

from musiclm_jax.data.feeding.images import ImageBatches, view_of
from musiclm_jax.data.feeding.mixtures import Mixture
from musiclm_jax.data.image.image_folder import ImageFolder
from musiclm_jax.data.sets.painted_scenes import PaintedScenes
from musiclm_jax.data.text import vocabulary


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "vocabulary.json"
    trained = vocabulary.train_vocabulary(["calm piano", "fast techno, 120 bpm"], 60)
    vocabulary.save_vocabulary(trained, path)
    return str(path)


@pytest.fixture
def batches(words):
    def make(dataset=None):
        return ImageBatches(
            dataset=dataset or PaintedScenes(num_pictures=32),
            batch_size=4,
            seed=3,
            num_eval_batches=2,
            image_size=16,
            vocabulary=words,
            text_length=6,
        )

    return make


def equal(first, second):
    jax.tree.map(np.testing.assert_array_equal, first, second)


def test_batches_have_the_shapes_they_say(batches):
    batch = next(batches().train_iterator())
    said = batches().shapes()
    assert {name: (x.shape, x.dtype) for name, x in batch.items()} == {
        name: (x.shape, x.dtype) for name, x in said.items()
    }
    assert len(np.unique(batch["image"].reshape(4, -1), axis=0)) == 4


def test_a_run_that_resumes_sees_what_it_would_have_seen(batches):
    stream = batches().train_iterator()
    for _ in range(9):  # into the second epoch
        next(stream)
    position, expected = stream.get_state(), next(stream)
    again = batches().train_iterator()
    again.set_state(position)
    equal(next(again), expected)


def test_evaluation_is_the_same_each_time_and_held_out(batches):
    first, again = (list(batches().eval_batches()) for _ in range(2))
    assert first
    for one, other in zip(first, again, strict=True):
        equal(one, other)
    seen = [PaintedScenes(num_pictures=32).open(s)[0]["image"] for s in
            ("train", "validation", "test")]  # fmt: skip
    assert not np.array_equal(seen[0], seen[1]) and not np.array_equal(*seen[1:])


def test_own_pictures_beside_painted_ones(batches, tmp_path):
    for number in range(3):
        Image.new("RGB", (9, 9), (250, number, 250)).save(tmp_path / f"{number}.png")
        (tmp_path / f"{number}.txt").write_text("calm piano")
    (tmp_path / "broken.png").write_bytes(b"x")
    (tmp_path / "broken.txt").write_text("calm")
    own = ImageFolder(folder=str(tmp_path), side=24)
    mixture = Mixture(((PaintedScenes(num_pictures=32), 1.0), (own, 1.0)))
    batch = next(batches(mixture).train_iterator())
    pink = [(picture[..., [0, 2]] > 150).all() for picture in batch["image"]]
    assert sum(pink) == 2


def test_a_view_is_a_part_of_the_picture(rng):
    ramp = np.linspace(0, 200, 96)[None, :, None]
    image = np.broadcast_to(ramp, (96, 96, 3)).astype(np.uint8)
    views = [view_of(image, 24, rng) for _ in range(40)]
    rises = [view[:, -1, 0].mean() > view[:, 0, 0].mean() for view in views]
    assert 5 < sum(rises) < 35, "about half are mirrored"
    spans = [float(np.ptp(view[12, :, 0].astype(float))) for view in views]
    assert min(spans) > 60 and max(spans) > 1.3 * min(spans), "of other sizes"
    assert all(np.ptp(view[:, 5].astype(int), axis=0).max() <= 2 for view in views)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: PaintedScenes(num_pictures=3), "num_pictures is 3; it must be 16"),
        (lambda: PaintedScenes(num_pictures=16).open("odd"), "have no split 'odd'"),
    ],
)
def test_scenes_that_cannot_be(make, said):
    with pytest.raises(ValueError, match=said):
        make()

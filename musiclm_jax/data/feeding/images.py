"""Pictures with one of their descriptions, for the image tower."""

import dataclasses
from typing import Any

import grain
import jax
import numpy as np
from PIL import Image, ImageEnhance

from musiclm_jax.data.feeding.mixtures import Mixture, in_order, parts_of
from musiclm_jax.data.feeding.pipelines import Batch, Batches, Shapes
from musiclm_jax.data.feeding.streams import Usable
from musiclm_jax.data.image.image_folder import ImageFolder
from musiclm_jax.data.sets.painted_scenes import PaintedScenes
from musiclm_jax.data.text.vocabulary import encode_texts, load_vocabulary
from musiclm_jax.files import fingerprints

# Of a picture's area, what a view shows of it; and how much longer one side may be.
_SHOWN = (0.5, 1.0)
_STRETCH = 4 / 3
# Of brightness, contrast and colour, how far they may be off.
_OFF = 0.2


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageBatches(Batches):
    """Views of pictures with one of their captions.

    A batch is {"image": [batch, row, column, channel=3] uint8, "text": [batch, length]
    int32}. Each time that a picture comes round, its view and its caption are drawn
    anew.

    Attributes:
        dataset: the pictures, of one data set or of several; one without captions gives
            way to the next.
        image_size: pixels of a view, each way.
        vocabulary: file of the text tower's tokenizer.
        text_length: ids kept of each caption.
    """

    dataset: PaintedScenes | ImageFolder | Mixture
    image_size: int
    vocabulary: str
    text_length: int

    def shapes(self) -> Shapes:
        """Returns shapes and dtypes of a batch over all processes."""
        rows, size = self.batch_size, self.image_size
        return {
            "image": jax.ShapeDtypeStruct((rows, size, size, 3), np.uint8),
            "text": jax.ShapeDtypeStruct((rows, self.text_length), np.int32),
        }

    def made_of(self) -> dict[str, str]:
        """Returns the fingerprints of the pictures and of the vocabulary."""
        pictures = {
            f"pictures of {each.name}": each.made_of()
            for each in parts_of(self.dataset)
        }
        return pictures | {"vocabulary": fingerprints.of_file(self.vocabulary)}

    def examples(self, split: str, *, repeat: bool) -> grain.MapDataset:
        """Returns the pairs of a split; see `Batches`."""
        tokenizer = load_vocabulary(self.vocabulary)

        def read(dataset: PaintedScenes | ImageFolder) -> Usable:
            return Usable(
                dataset.open(split),
                lambda picture: bool(picture["captions"]),
                f"picture of split {split!r} of {dataset.name} that can be read",
                lambda: "all are broken",
            )

        def pair(picture: dict[str, Any], rng: np.random.Generator) -> Batch:
            captions = picture["captions"]
            caption = captions[rng.integers(len(captions))]
            return {
                "image": view_of(picture["image"], self.image_size, rng),
                "text": encode_texts(tokenizer, [caption], self.text_length)[0],
            }

        pictures = in_order(self.dataset, read, self.seed, repeat=repeat)
        return pictures.random_map(pair)


def view_of(image: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Returns a part of a picture, perhaps mirrored, in somewhat other light.

    Args:
        image: [row, column, channel=3], uint8.
        size: pixels of the view, each way.
        rng: source of all that is drawn.

    Returns:
        [size, size, channel=3], uint8.
    """
    height, width = image.shape[:2]
    share = np.sqrt(rng.uniform(*_SHOWN))
    stretch = np.exp(rng.uniform(-1, 1) * np.log(_STRETCH) / 2)
    wide, high = (min(1.0, share * s) for s in (stretch, 1 / stretch))
    left, top = rng.uniform(0, [1 - wide, 1 - high])
    box = (left * width, top * height, (left + wide) * width, (top + high) * height)
    view = Image.fromarray(image).resize(
        (size, size), Image.Resampling.BILINEAR, box=box
    )
    if rng.random() < 0.5:
        view = view.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        view = change(view).enhance(rng.uniform(1 - _OFF, 1 + _OFF))
    return np.asarray(view)

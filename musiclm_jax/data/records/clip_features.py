"""What every data set of clips knows of a clip, as features of TFDS."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow_datasets as tfds


def clip_features(**others: Any) -> tfds.features.FeaturesDict:
    """Returns the features of a clip.

    Args:
        **others: what one data set knows besides; name -> feature or dtype.
    """
    text = tfds.features.Text
    # As bytes: a list of protocol buffer integers is many times larger, and slow to
    # read.
    audio = tfds.features.Tensor(shape=(None,), dtype=np.int16, encoding="bytes")
    return tfds.features.FeaturesDict(
        {
            "name": text(),
            "audio": audio,
            "captions": tfds.features.Sequence(text()),
            "aspects": tfds.features.Sequence(text()),
            **others,
        }
    )


def serializer(
    features: tfds.features.FeaturesDict,
) -> Callable[[dict[str, Any]], bytes]:
    """Returns a function from a clip to its record: the same clip, the same bytes."""
    to_proto = tfds.core.example_serializer.ExampleSerializer(
        features.get_serialized_info()
    ).get_tf_example

    def serialize(clip: dict[str, Any]) -> bytes:
        # TFDS leaves the order of the fields open.
        encoded = features.encode_example(clip)
        return to_proto(encoded).SerializeToString(deterministic=True)

    return serialize

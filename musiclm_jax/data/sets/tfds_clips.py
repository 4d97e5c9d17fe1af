"""A data set that TFDS has, cut into clips like all others."""

import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from musiclm_jax.data.intake.builder import ClipsBuilder
from musiclm_jax.data.intake.config import ClipsConfig
from musiclm_jax.data.intake.recordings import Recording, Source
from musiclm_jax.data.intake.tfds_examples import ExampleSet, ExampleSound
from musiclm_jax.data.text.sidecars import Notes

# Names of features that say what a recording sounds like.
_CAPTIONS = ("caption", "captions", "description")
_ASPECTS = ("label", "genre", "instrument", "style")
_SPLITS = {"train": "train", "validation": "validation", "test": "test"}


@dataclasses.dataclass(kw_only=True)
class TfdsClipsConfig(ClipsConfig):
    """Which set, and how it is cut.

    Attributes:
        tfds_name: TFDS name, such as "gtzan", or "name/configuration".
        source_dir: where it is prepared, as array_record.
    """

    _PLACES: ClassVar[tuple[str, ...]] = ("source_dir",)

    tfds_name: str
    source_dir: str

    def title(self) -> str:
        """Returns the set's name."""
        return self.tfds_name

    def content(self) -> Iterator[str]:
        """Yields version and sizes of the set, and the sizes of its files."""
        found = ExampleSet.find(self.tfds_name, self.source_dir)
        yield f"{found.folder.name} {found.splits}"
        for split in found.splits:
            yield f"{split} {[path.stat().st_size for path in found.files(split)]}"

    def source(self) -> Source:
        """Lists the examples.

        A set with splits of its own keeps them; of a single one, shares are held out.

        Raises:
            FileNotFoundError: the set is not prepared.
            ValueError: its sound cannot be read.
        """
        found = ExampleSet.find(self.tfds_name, self.source_dir)
        recordings = [
            Recording(
                name=f"{split}/{index:08d}",
                sound=ExampleSound(found, split, index),
                notes=_notes(found.others(example)),
                split=_SPLITS.get(split, "train") if len(found.splits) > 1 else None,
            )
            for split in found.splits
            for index, example in enumerate(found.examples(split))
        ]
        return Source(recordings=tuple(recordings), left_out={})


class TfdsClips(ClipsBuilder):
    """Clips of the examples of another TFDS data set."""


def _notes(features: dict[str, Any]) -> Notes:
    def texts(names: tuple[str, ...]) -> tuple[str, ...]:
        values = np.ravel([features[n] for n in names if features.get(n)]).tolist()
        return tuple(value for value in values if isinstance(value, str))

    return Notes(captions=texts(_CAPTIONS), aspects=texts(_ASPECTS), fields=features)

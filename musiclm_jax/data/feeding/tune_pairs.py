"""Two performances of each tune, for the melody network: MusicLM, section 6."""

import dataclasses
from typing import Protocol

import grain
import jax
import numpy as np

from musiclm_jax.data.feeding.crops import crop_length
from musiclm_jax.data.feeding.pipelines import Batch, Batches, Shapes
from musiclm_jax.data.feeding.streams import shuffled


class Tunes(Protocol):
    """Tunes by place."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def pair(
        self, place: int, rng: np.random.Generator, *, seconds: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns the same stretch of a tune in two sounds, each [sample] float32."""
        ...


class TuneSet(Protocol):
    """What has tunes.

    Attributes:
        sample_rate: of their sound, Hz.
    """

    sample_rate: int

    def open(self, split: str) -> Tunes:
        """Returns those of a split."""
        ...

    def made_of(self) -> str:
        """Returns a fingerprint of them all."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class TunePairs(Batches):
    """The same stretch of a tune, in two sounds.

    A batch is {"first": [batch, sample], "second": [batch, sample]}, float32.

    Attributes:
        tunes: what has them.
        crop_seconds: length of a stretch.
    """

    tunes: TuneSet
    crop_seconds: float

    def shapes(self) -> Shapes:
        """Returns shapes and dtypes of a batch over all processes."""
        length = crop_length(self.crop_seconds, self.tunes.sample_rate)
        shape = jax.ShapeDtypeStruct((self.batch_size, length), np.float32)
        return {"first": shape, "second": shape}

    def made_of(self) -> dict[str, str]:
        """Returns the fingerprint of the tunes."""
        return {"tunes": self.tunes.made_of()}

    def examples(self, split: str, *, repeat: bool) -> grain.MapDataset:
        """Returns the pairs of a split; see `Batches`."""
        tunes = self.tunes.open(split)

        def pair(place: int, rng: np.random.Generator) -> Batch:
            first, second = tunes.pair(place, rng, seconds=self.crop_seconds)
            return {"first": first, "second": second}

        places = shuffled(range(len(tunes)), self.seed, repeat=repeat)
        return places.random_map(pair)

"""Tunes as folders of recordings: a folder a tune, each file another performance.

    tunes/happy birthday/band.flac   tunes/happy birthday/hummed.wav   tunes/...

All recordings of a tune begin together and keep time together. A tune belongs to
"train" or "validation" by the name of its folder, whatever else is there.
"""

import dataclasses
import hashlib
from pathlib import Path

import numpy as np

from musiclm_jax.data.intake import stretch
from musiclm_jax.data.sound import audio_files
from musiclm_jax.files import fingerprints

# One tune in so many is held out.
_HELD_OUT = 10
# So much of a recording is read at most.
_MOST_SECONDS = 600.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class TuneFolders:
    """A folder of tunes.

    Attributes:
        folder: has a folder for each.
        sample_rate: that they are brought to, Hz.
    """

    folder: str
    sample_rate: int

    def open(self, split: str) -> "Tunes":
        """Returns the tunes of a split.

        Raises:
            FileNotFoundError: there is no such folder.
            ValueError: no tune of it has two recordings, or the split is empty.
        """
        found = self._tunes()
        chosen = [found[name] for name in found if _split(name) == split]
        if not chosen:
            raise ValueError(
                f"of the {len(found)} tunes in {self.folder} none is in {split!r}: "
                f"their names decide, one in {_HELD_OUT} is held out; add tunes"
            )
        return Tunes(tuple(chosen), self.sample_rate)

    def made_of(self) -> str:
        """Returns a fingerprint of the recordings: their names and sizes."""
        return fingerprints.of(
            [
                [name, path.name, path.stat().st_size]
                for name, recordings in self._tunes().items()
                for path in recordings
            ]
        )

    def _tunes(self) -> dict[str, tuple[Path, ...]]:
        root = Path(self.folder).expanduser()
        if not root.is_dir():
            raise FileNotFoundError(f"there is no folder of tunes {root}")
        found = {
            tune.name: recordings
            for tune in sorted(root.iterdir())
            if tune.is_dir() and len(recordings := _recordings(tune)) > 1
        }
        if not found:
            raise ValueError(
                f"no folder in {root} has two recordings: a tune is a folder with two "
                "or more, which begin together"
            )
        return found


@dataclasses.dataclass(frozen=True)
class Tunes:
    """Tunes by place.

    Attributes:
        recordings: of each tune, two at least.
        sample_rate: that they are brought to, Hz.
    """

    recordings: tuple[tuple[Path, ...], ...]
    sample_rate: int

    def __len__(self) -> int:
        return len(self.recordings)

    def pair(
        self, place: int, rng: np.random.Generator, *, seconds: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns the same stretch of two recordings of a tune.

        Args:
            place: of the tune.
            rng: chooses them.
            seconds: of the stretch; shorter recordings are followed by silence.

        Returns:
            Two of [sample] float32.

        Raises:
            ValueError: a recording cannot be read.
        """
        paths = self.recordings[place]
        chosen = rng.permutation(len(paths))[:2]
        sounds = [
            stretch.start(
                paths[i], seconds=_MOST_SECONDS, sample_rate=self.sample_rate
            ).audio
            for i in chosen
        ]
        length = round(seconds * self.sample_rate)
        room = min(map(len, sounds)) - length
        start = int(rng.integers(max(room, 0) + 1))
        cut = (sound[start : start + length] for sound in sounds)
        first, second = (np.pad(x, (0, length - len(x))) for x in cut)
        return first, second


def _recordings(tune: Path) -> tuple[Path, ...]:
    return tuple(
        path for path in sorted(tune.iterdir()) if path.suffix in audio_files.SUFFIXES
    )


def _split(name: str) -> str:
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    held_out = int.from_bytes(digest[:8], "big") % _HELD_OUT == 0
    return "validation" if held_out else "train"

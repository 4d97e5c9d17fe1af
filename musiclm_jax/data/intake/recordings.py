"""Sources of recordings, before anything is known of their sound."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from musiclm_jax.data.text.sidecars import Notes


class OpenSound(Protocol):
    """Sound that is being read, from its start on.

    Attributes:
        format: name of the container and encoding, such as "WAV PCM_16".
        sample_rate: in Hz.
        num_channels: of each block.
    """

    format: str
    sample_rate: int
    num_channels: int

    def blocks(self) -> Iterator[np.ndarray]:
        """Yields [sample, channel] float32, a few seconds at a time.

        Raises:
            ValueError: what follows cannot be decoded; a RejectionError names the kind.
        """
        ...


class Sound(Protocol):
    """Sound that can be read, again and again, in any process."""

    def stamp(self) -> list[int | str]:
        """Returns what changes when the bytes do, told without reading them."""
        ...

    def digest(self) -> str:
        """Returns a hash of the bytes, in hexadecimal.

        Raises:
            OSError: they cannot be read.
        """
        ...

    def open(self) -> contextlib.AbstractContextManager[OpenSound]:
        """Opens it for reading.

        Raises:
            OSError: it cannot be read.
            ValueError: it is no sound; a RejectionError names the kind.
        """
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recording:
    """One piece of a source.

    Attributes:
        name: unlike all others of its source, such as the path below a folder.
        sound: how it is read.
        notes: what is written about it.
        split: where its publisher puts it; None leaves it to its content.
    """

    name: str
    sound: Sound
    notes: Notes
    split: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rejection:
    """Why something is left out.

    Attributes:
        kind: one word of `KINDS`.
        reason: a sentence with what was found and what is wanted.
    """

    kind: str
    reason: str


def rejected(kind: str, reasons: dict[str, str]) -> dict[str, Rejection]:
    """Returns name -> rejection of one kind, given name -> reason."""
    return {name: Rejection(kind=kind, reason=reasons[name]) for name in reasons}


class RejectionError(ValueError):
    """What is wrong with a sound, where its reader can name it."""

    def __init__(self, kind: str, reason: str):
        """Tells the rejection.

        Args:
            kind: one word of `KINDS`.
            reason: what was found and what is wanted, of the sound as the subject.
        """
        super().__init__(reason)
        self.rejection = Rejection(kind=kind, reason=reason)


KINDS = (
    "missing",  # named in a table, but not there
    "unlisted",  # there, but not in the table of its set
    "ambiguous",  # several may be what a table names
    "outside",  # a path that leaves the folder
    "notes",  # captions that cannot be understood
    "unreadable",
    "empty",
    "truncated",
    "not_finite",
    "silent",
    "clipped",
    "too_short",
    "low_rate",
    "duplicate",
    "near_duplicate",
)
"""All kinds of rejections, in the order in which one that has several is named."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """What lies there.

    Attributes:
        recordings: in any order; kept sorted by name.
        left_out: name -> rejection of what can be seen without opening any sound.
        remarks: sentences on what is odd and left nothing out, such as rows that stand
            in a table twice.
    """

    recordings: tuple[Recording, ...]
    left_out: dict[str, Rejection]
    remarks: tuple[str, ...] = ()

    def __post_init__(self):
        by_name = sorted(self.recordings, key=lambda recording: recording.name)
        object.__setattr__(self, "recordings", tuple(by_name))

"""Settings of data sets of clips."""

import dataclasses
import re
from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import tensorflow_datasets as tfds

from musiclm_jax.data.intake.clips import Cut
from musiclm_jax.data.intake.prepare import Splits
from musiclm_jax.data.intake.recordings import Source
from musiclm_jax.data.intake.rejections import Limits
from musiclm_jax.files import fingerprints
from musiclm_jax.files.ranges import Range

_NAME_HASH_LENGTH = 8
# What TFDS reads in a name again, and no file system takes for something else.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+.-]{0,99}")
_VERSION = re.compile(r"\d+\.\d+\.\d+")

RANGES = {
    "clip_seconds": Range(kind=float, low=0.1, high=86400),
    "min_seconds": Range(kind=float, low=0.01, high=86400),
    "min_sample_rate": Range(kind=int, low=0, high=2**20),
    "silence_db": Range(kind=float, low=-200, high=0),
    "max_clipped_share": Range(kind=float, low=0, high=1),
    "loudness": Range(kind=float, low=-70, high=0),
    # In Hz; smaller numbers are meant as kHz.
    "sample_rate": Range(kind=int, low=1000, high=2**20),
    "validation_share": Range(kind=float, low=0, high=1, below_high=True),
    "test_share": Range(kind=float, low=0, high=1, below_high=True),
}
"""What the numbers of a `ClipsConfig` can be."""


@dataclasses.dataclass(kw_only=True)
class ClipsConfig(tfds.core.BuilderConfig):
    """Which recordings, what is left out of them, and how they are cut.

    Attributes:
        name: under which TFDS files the result. Not given, it is made of `title()` and
            the start of `fingerprint()`, so that a source that changed is read again.
        clip_seconds: length of a clip. The last clip of a recording ends where it ends;
            a shorter recording is one clip. Crops are cut out of clips, so the longest
            needs room in them; and a clip is read whole, for however short a crop.
        min_seconds: shorter recordings are left out.
        min_sample_rate: recordings of lower rates are left out, in Hz.
        silence_db: recordings and clips that nowhere get louder are left out; relative
            to full scale.
        max_clipped_share: recordings with more flat tops are left out.
        loudness: of each recording, in LUFS (ITU-R BS.1770-4), as far as its peaks
            leave room; None leaves them as they are.
        trim_silence: whether silence at both ends of a recording is cut off.
        sample_rate: of the clips, in Hz.
        validation_share: share of the recordings, by a hash of their content.
        test_share: likewise.
    """

    # Names of files and folders among the settings.
    _PLACES: ClassVar[tuple[str, ...]] = ()

    name: str = ""
    clip_seconds: float = 60.0
    min_seconds: float = 1.0
    min_sample_rate: int = Limits.min_sample_rate
    silence_db: float = Limits.silence_db
    max_clipped_share: float = Limits.max_clipped_share
    loudness: float | None = None
    trim_silence: bool = False
    sample_rate: int = 24000
    validation_share: float = 0.05
    test_share: float = 0.05

    def __post_init__(self):
        # What cannot be is said here, before anything is read.
        for name, numbers in RANGES.items():
            if getattr(self, name) is not None or name != "loudness":
                numbers.check(name, getattr(self, name))
        if self.name:
            _check_name(self.name)
        self.cut(), self.limits(), self.splits()
        self.name = self.name or self._name_from_content()

    @abstractmethod
    def source(self) -> Source:
        """Lists the recordings.

        Raises:
            OSError: there is no such folder or table.
            ValueError: a table that cannot be understood.
        """

    @abstractmethod
    def title(self) -> str:
        """Returns a few words for the name."""

    @abstractmethod
    def content(self) -> Iterator[str]:
        """Yields what changes when the recordings do, for the name."""

    def limits(self) -> Limits:
        """Returns what is left out."""
        return Limits(
            min_seconds=self.min_seconds,
            min_sample_rate=self.min_sample_rate,
            silence_db=self.silence_db,
            max_clipped_share=self.max_clipped_share,
        )

    def cut(self) -> Cut:
        """Returns how recordings become clips."""
        return Cut(
            clip_seconds=self.clip_seconds,
            min_seconds=self.min_seconds,
            sample_rate=self.sample_rate,
            silence_db=self.silence_db,
            loudness=self.loudness,
            trim_silence=self.trim_silence,
        )

    def splits(self) -> Splits:
        """Returns what is held out."""
        return Splits(
            validation_share=self.validation_share, test_share=self.test_share
        )

    def fingerprint(self) -> str:
        """Returns a hash of these settings and of what lies there, in hexadecimal.

        Where it lies is no part of it: a folder that is named another way, or moved, is
        the same.
        """
        settings = {
            field.name: str(getattr(self, field.name))
            for field in dataclasses.fields(self)
            if field.name not in ("name", *self._PLACES)
        }
        return fingerprints.of([settings, *self.content()])

    def _name_from_content(self) -> str:
        slug = re.sub(r"[^A-Za-z0-9]+", "_", self.title()).strip("_") or "audio"
        return f"{slug}-{self.fingerprint()[:_NAME_HASH_LENGTH]}"


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None or _VERSION.fullmatch(name) or name.endswith("."):
        raise ValueError(
            f"name is {name[:60]!r}; it must be up to 100 letters A to Z, digits "
            "and _ - + ., begin with a letter, digit or _, and be no version, as "
            "'my_music'"
        )

"""What there is to say of a split of clips: numbers and words, and no sound of it."""

import collections
import dataclasses
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musiclm_jax.data.sets.audio_dataset import captions_of, plain

MOST_CLIPS = 4000
"""So many clips of a split are looked at; of more, a random choice."""

FLOOR_DB = -96.0
"""Level of digital silence: what 16 bits can hold lies above."""

_FULL_SCALE = 2**15
_MOST_LEFT_OUT = 50
_LABEL_LENGTH = 60
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
# They join the others, and say nothing of the music.
_JOINING = frozenset(
    (
        "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "in",
        "is", "it", "its", "of", "on", "or", "that", "the", "there", "this", "to",
        "with",
    )
)  # fmt: skip
# What every clip has, and what is told apart from the other fields.
_OWN = ("name", "audio", "captions", "aspects", "file", "start_seconds", "fields")


@dataclasses.dataclass(kw_only=True)
class Description:
    """What was seen of a split; a few numbers and words for each clip.

    Attributes:
        seconds: of each clip.
        peak_db: of the loudest sample of each clip, relative to full scale.
        rms_db: level of each clip's mean power, relative to full scale.
        num_at_full_scale: clips that reach it.
        captions: number of captions -> clips that have so many.
        caption_words: of each caption.
        words: word -> captions that have it, without those that only join others.
        aspects: aspect -> clips that have it.
        fields: name -> values of it, those of lists one by one.
    """

    seconds: list[float] = dataclasses.field(default_factory=list)
    peak_db: list[float] = dataclasses.field(default_factory=list)
    rms_db: list[float] = dataclasses.field(default_factory=list)
    num_at_full_scale: int = 0
    captions: collections.Counter[int] = dataclasses.field(
        default_factory=collections.Counter
    )
    caption_words: list[int] = dataclasses.field(default_factory=list)
    words: collections.Counter[str] = dataclasses.field(
        default_factory=collections.Counter
    )
    aspects: collections.Counter[str] = dataclasses.field(
        default_factory=collections.Counter
    )
    fields: dict[str, list[str | float]] = dataclasses.field(
        default_factory=lambda: collections.defaultdict(list)
    )

    def add(self, clip: dict[str, Any], sample_rate: int) -> None:
        """Looks at one more clip, as TFDS gives it."""
        self.seconds.append(len(clip["audio"]) / sample_rate)
        peak_db, rms_db = levels(clip["audio"])
        self.peak_db.append(peak_db)
        self.rms_db.append(rms_db)
        self.num_at_full_scale += _peak(clip["audio"]) >= _FULL_SCALE - 1
        captions = captions_of(clip)
        self.captions[len(captions)] += 1
        for caption in captions:
            words = _WORD.findall(caption.lower())
            self.caption_words.append(len(words))
            self.words.update(set(words) - _JOINING)
        self.aspects.update({_label(plain(a)) for a in clip.get("aspects", ())})
        for name, value in fields_of(clip).items():
            self.fields[name] += _values(value)


def describe(
    clips: Sequence[dict[str, Any]],
    indices: Iterable[int],
    *,
    sample_rate: int,
    progress: Callable[[float], None],
) -> Description:
    """Looks at clips, one after the other.

    Args:
        clips: random access to a split.
        indices: of the clips to look at.
        sample_rate: of the clips, in Hz.
        progress: is told the share that is done.
    """
    indices = list(indices)
    description = Description()
    for count, index in enumerate(indices):
        description.add(clips[int(index)], sample_rate)
        progress((count + 1) / len(indices))
    return description


def choose(length: int, most: int, *, seed: int) -> np.ndarray:
    """Returns at most `most` of the numbers below `length`: random ones, in order."""
    if length <= most:
        return np.arange(length)
    chosen = np.random.default_rng(seed).choice(length, most, replace=False)
    return np.sort(chosen)


def levels(audio: np.ndarray) -> tuple[float, float]:
    """Returns peak and RMS of [sample] int16 in dB of full scale."""
    power = np.square(audio, dtype=np.float64).mean() if audio.size else 0.0
    return _db(_peak(audio)), _db(power**0.5)


def fields_of(clip: dict[str, Any]) -> dict[str, Any]:
    """Returns what is known of a clip besides its captions, aspects and place.

    Some sets have a feature for each field, others one JSON text of all.
    """
    own = {name: plain(value) for name, value in clip.items() if name not in _OWN}
    return own | json.loads(plain(clip.get("fields", b"{}")) or "{}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What a data set does not have.

    Attributes:
        kinds: kind of rejection -> how many.
        first: the first of them: name, kind, reason.
    """

    kinds: collections.Counter[str]
    first: list[tuple[str, str, str]]


def read_left_out(path: Path) -> LeftOut | None:
    """Reads the list that lies beside a data set; None where there is no list.

    Raises:
        ValueError: a line cannot be understood.
    """
    if not path.exists():
        return None
    left_out = LeftOut(kinds=collections.Counter(), first=[])
    for number, line in enumerate(_lines(path), start=1):
        try:
            row = json.loads(line)
            name, kind, reason = (row[key] for key in ("name", "kind", "reason"))
        except (ValueError, KeyError, TypeError):
            raise ValueError(
                f"{path}, line {number}: not an object with name, kind and reason"
            ) from None
        if "start_seconds" in row:
            name = f"{name} at {row['start_seconds']:g} s"
        left_out.kinds[kind] += 1
        if len(left_out.first) < _MOST_LEFT_OUT:
            left_out.first.append((name, kind, reason))
    return left_out


def _lines(path: Path) -> Iterator[str]:
    # Names of files may hold bytes that are no text.
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        yield from file


def _peak(audio: np.ndarray) -> int:
    # int16 has no positive counterpart of its lowest number.
    return max(int(audio.max(initial=0)), -int(audio.min(initial=0)))


def _db(level: float) -> float:
    return max(20 * math.log10(max(level, 1e-9) / _FULL_SCALE), FLOOR_DB)


def _values(value: Any) -> list[str | float]:
    """Returns the values of a field: none, one, or those of a list."""
    if isinstance(value, list):
        return [item for part in value for item in _values(part)]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, int | float):
        return [value] if math.isfinite(value) else []
    return [_label(value)] if isinstance(value, str) and value.strip() else []


def _label(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LABEL_LENGTH else f"{text[: _LABEL_LENGTH - 1]}…"

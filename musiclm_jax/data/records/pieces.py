"""A clip as pieces that are tokenised each by itself, and an account of their sound."""

import dataclasses

import numpy as np

PIECE_SECONDS = 60
"""Length of a piece where none is given: room for the longest crop to lie anywhere."""

# A recording of whole seconds ends up to some frames of its encoder before them.
_COMPLETED_SECONDS = 0.1


@dataclasses.dataclass(frozen=True)
class Account:
    """What became of the sound of a shard, or of several: in = written + left out.

    Attributes:
        clips: that came in.
        records: that were written.
        seconds: of sound in the records.
        short_clips: that were left out, for they do not last a second.
        short_seconds: of these clips.
    """

    clips: int = 0
    records: int = 0
    seconds: float = 0.0
    short_clips: int = 0
    short_seconds: float = 0.0

    def __add__(self, other: "Account") -> "Account":
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return Account(*(a + b for a, b in pairs))


@dataclasses.dataclass(frozen=True)
class Piece:
    """A stretch of a clip that is tokenised by itself.

    Attributes:
        clip: number of the clip, among those of its shard.
        start: first sample of the piece in the clip.
        seconds: that its tokens last.
        audio: [sample] of whole seconds, so that few lengths are compiled. What the
            sound does not fill is filled with the sound before it, reversed: what hears
            beyond a frame hears music there and no silence.
    """

    clip: int
    start: int
    seconds: float
    audio: np.ndarray


def cut(
    audio: np.ndarray, second: int, *, clip: int, piece_seconds: int, frame_rate: int
) -> list[Piece]:
    """Cuts a clip into pieces, none where it does not last a second.

    A clip that is no longer than a piece is one. Of a longer one all pieces are of one
    length, and the last ends where the clip ends: rather some sound twice than a piece
    too short for a crop.

    Args:
        audio: [sample] of the clip.
        second: samples of one.
        clip: number of the clip.
        piece_seconds: most that a piece lasts.
        frame_rate: frames in a second; a piece has a whole number of them.
    """
    length = piece_seconds * second
    if len(audio) < second:
        return []
    if len(audio) <= length:
        seconds = _lasting(len(audio), second, frame_rate)
        filled = np.pad(audio, (0, -len(audio) % second), mode="reflect")
        return [Piece(clip, 0, seconds, filled)]
    starts = [*range(0, len(audio) - length, length), len(audio) - length]
    return [
        Piece(clip, start, float(piece_seconds), audio[start : start + length])
        for start in starts
    ]


def _lasting(num_samples: int, second: int, frame_rate: int) -> float:
    """Returns seconds of whole frames: one that the sound only begins counts.

    So do those up to a whole second that lacks little, for crops are of whole seconds.
    """
    seconds = -(-num_samples // second)
    if seconds * second - num_samples <= _COMPLETED_SECONDS * second:
        return float(seconds)
    return -(-num_samples * frame_rate // second) / frame_rate


def account_of(num_samples: int, num_pieces: int, second: int) -> Account:
    """Says what became of a clip that was cut into so many pieces."""
    seconds = num_samples / second
    if not num_pieces:
        return Account(clips=1, short_clips=1, short_seconds=seconds)
    return Account(clips=1, records=num_pieces, seconds=seconds)

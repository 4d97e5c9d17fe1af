"""A clip as pieces of whole seconds, and an account of what is left out of them."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Account:
    """What became of the sound of a shard, or of several: in = written + left out.

    Attributes:
        clips: that came in.
        records: that were written.
        seconds: of sound in the records.
        short_clips: that were left out, for they do not last a second.
        short_seconds: of these clips.
        end_seconds: left out behind the last whole second of clips.
    """

    clips: int = 0
    records: int = 0
    seconds: float = 0.0
    short_clips: int = 0
    short_seconds: float = 0.0
    end_seconds: float = 0.0

    def __add__(self, other: "Account") -> "Account":
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return Account(*(a + b for a, b in pairs))


def cut(num_samples: int, second: int, piece_seconds: int) -> list[tuple[int, int]]:
    """Cuts a clip into pieces of whole seconds, so that few lengths are compiled.

    The last of several pieces ends where the clip ends, and begins up to a second
    before the end of the one before it. Of a clip of one piece the end is left out that
    is no whole second: the tokenizers of meaning hear the silence that would fill it.

    Args:
        num_samples: of the clip.
        second: samples of one.
        piece_seconds: most that a piece lasts.

    Returns:
        First sample of each piece, and the first behind it.
    """
    longest = piece_seconds * second
    if num_samples <= longest:
        whole = num_samples // second * second
        return [(0, whole)] if whole else []
    ends = range(longest, num_samples + 1, longest)
    pieces = [(end - longest, end) for end in ends]
    rest = num_samples - ends[-1]
    if rest:
        pieces.append((num_samples - -(-rest // second) * second, num_samples))
    return pieces


def account_of(num_samples: int, pieces: list[tuple[int, int]], second: int) -> Account:
    """Says what became of a clip that `cut` cut into these pieces."""
    covered = pieces[-1][1] / second if pieces else 0.0
    left = num_samples / second - covered
    return Account(
        clips=1,
        records=len(pieces),
        seconds=covered,
        short_clips=0 if pieces else 1,
        short_seconds=0.0 if pieces else left,
        end_seconds=left if pieces else 0.0,
    )

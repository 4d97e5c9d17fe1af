"""Judges recordings by what was measured of them."""

import dataclasses
from collections.abc import Iterator, Sequence

from musiclm_jax.data.intake.facts import Facts
from musiclm_jax.data.intake.likeness import alike, alike_behind
from musiclm_jax.data.intake.recordings import Rejection

# How far apart the lengths of copies may lie: silence at their ends, encoders' delays.
_LENGTH_TOLERANCE = 0.03
_LENGTH_TOLERANCE_SECONDS = 0.5
_LOSSLESS = ("PCM", "FLOAT", "DOUBLE", "ALAC")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """What is wanted of a recording.

    Attributes:
        min_seconds: shorter ones are left out.
        min_sample_rate: in Hz. Slower ones lack what music has above half of it.
        silence_db: those that nowhere get louder are left out; relative to full scale.
        max_clipped_share: of the samples, those in flat tops at the peak. Loud masters
            have a few in a thousand.
    """

    min_seconds: float = 1.0
    min_sample_rate: int = 16000
    silence_db: float = -60.0
    max_clipped_share: float = 0.01

    def __post_init__(self):
        if self.min_seconds < 0 or self.min_sample_rate < 0:
            raise ValueError(
                f"min_seconds {self.min_seconds:g} and min_sample_rate "
                f"{self.min_sample_rate} must be 0 or more"
            )
        if self.silence_db > 0:
            raise ValueError(
                f"silence_db is {self.silence_db:g}; relative to full scale, it must "
                "be 0 or less"
            )
        if not 0 <= self.max_clipped_share <= 1:
            raise ValueError(
                f"max_clipped_share is {self.max_clipped_share:g}; it must be 0 to 1"
            )


def find_rejections(facts: Sequence[Facts], limits: Limits) -> dict[str, Rejection]:
    """Finds the recordings that are to be left out.

    Of copies, the best one stays; what has another rejection is nobody's copy.

    Args:
        facts: of all recordings of a source, in any order.
        limits: what is wanted.

    Returns:
        Name -> rejection, sorted by name.
    """
    rejections = {}
    for each in facts:
        rejection = each.rejection or next(_own_rejections(each, limits), None)
        if rejection is not None:
            rejections[each.name] = rejection
    for find in (_duplicates, _near_duplicates):
        rejections |= find([each for each in facts if each.name not in rejections])
    return dict(sorted(rejections.items()))


def _own_rejections(facts: Facts, limits: Limits) -> Iterator[Rejection]:
    """Yields what is wrong with one, in the order of KINDS."""
    if facts.peak_db is None or facts.peak_db < limits.silence_db:
        loudest = "nothing" if facts.peak_db is None else f"{facts.peak_db:.1f} dB"
        yield Rejection(
            kind="silent",
            reason=f"is silent: its peak is {loudest}; at least "
            f"{limits.silence_db:g} dB is wanted",
        )
    if facts.clipped_share > limits.max_clipped_share:
        yield Rejection(
            kind="clipped",
            reason=f"is clipped: {facts.clipped_share:.1%} of its samples lie in flat "
            f"tops; at most {limits.max_clipped_share:.1%} is wanted",
        )
    if facts.seconds < limits.min_seconds:
        yield Rejection(
            kind="too_short",
            reason=f"lasts {facts.seconds:.2f} s; at least {limits.min_seconds:g} s is "
            "wanted",
        )
    if facts.sample_rate < limits.min_sample_rate:
        yield Rejection(
            kind="low_rate",
            reason=f"has {facts.sample_rate} samples a second; at least "
            f"{limits.min_sample_rate} are wanted",
        )


def _duplicates(facts: Sequence[Facts]) -> dict[str, Rejection]:
    """The first by name stays."""
    rejections, first = {}, {}
    for each in sorted(facts, key=lambda each: each.name):
        stays = first.setdefault(each.digest, each.name)
        if stays != each.name:
            rejections[each.name] = Rejection(
                kind="duplicate",
                reason=f"has the same bytes as {stays}; one copy is wanted",
            )
    return rejections


def _near_duplicates(facts: Sequence[Facts]) -> dict[str, Rejection]:
    """The best stays, and all that are near to none that stays."""
    ranked = sorted((each for each in facts if each.fingerprint), key=_rank)
    rejections: dict[str, Rejection] = {}
    for better, worse in alike([each.fingerprint for each in ranked]):
        stays, goes = ranked[better], ranked[worse]
        if {stays.name, goes.name} & rejections.keys() or not _same_length(stays, goes):
            continue
        if not alike_behind(stays.fingerprint_behind, goes.fingerprint_behind):
            continue
        rejections[goes.name] = Rejection(
            kind="near_duplicate",
            reason=f"sounds like {stays.name}, which stays; one copy is wanted",
        )
    return rejections


def _rank(facts: Facts) -> tuple:
    """Sorts the best first: what copies lose comes before what they may gain."""
    is_lossy = not facts.format.partition(" ")[2].startswith(_LOSSLESS)
    return (
        is_lossy,
        -facts.sample_rate,
        -facts.num_channels,
        -facts.seconds,
        facts.name,
    )


def _same_length(one: Facts, other: Facts) -> bool:
    longer = max(one.seconds, other.seconds)
    tolerance = _LENGTH_TOLERANCE_SECONDS + _LENGTH_TOLERANCE * longer
    return abs(one.seconds - other.seconds) <= tolerance

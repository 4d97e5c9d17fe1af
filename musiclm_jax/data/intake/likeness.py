"""Finds the fingerprints that are alike among many, in linear time.

Locality-sensitive hashing (Indyk & Motwani, 1998): fingerprints meet where they agree
in a few bits drawn at random, and only those that meet are compared.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from musiclm_jax.data.intake.fingerprint import (
    LATER_ROWS,
    MAX_ROWS,
    ROW_BITS,
    to_rows,
)

MAX_DISTANCE = 0.18
"""Share of the bits in which copies may differ. Of the synthetic corpus, copies differ
in 0.02 on average and up to 0.16 (MP3 of the worst quality at half the sample rate);
different pieces in 0.20 and more where two seconds are heard, and from 0.36 on where it
is fifteen."""

_SURE_ROWS = 26
"""Shorter ones must be more alike, as chance has more of a say: in 0.12 at 12 rows."""

_LATER_AT_ONCE = 4
# Of so few bits copies may differ in more; different pieces do in about 0.4.
_MAX_LATER_DISTANCE = 0.27
_MAX_SHIFT = 2  # rows by which the starts may lie apart
_NUM_TABLES = 96
_KEY_BITS = 20
# Rows that the bits of a table are drawn from: late ones help where the start is faint,
# early ones are in short recordings too.
_SPANS = (8, 24, 96)
# Whom one is compared with, of those that are met in a table: the first.
_NUM_MET = 4
_NUM_AT_ONCE = 2**14


def alike(fingerprints: Sequence[str]) -> np.ndarray:
    """Finds the pairs that are alike.

    Where many are alike, each is paired with the first of them, but not all with all.

    Args:
        fingerprints: none of them empty.

    Returns:
        [pair, 2] indices, the smaller one first; pairs in order.
    """
    near = [np.zeros((0, 2), int)]
    if len(fingerprints) < 2:  # nobody to meet, and the tables take a while
        return near[0]
    rows, lengths = _stack(fingerprints)
    for met in _meetings(rows, lengths):
        shorter = np.minimum(1, lengths[met].min(axis=1) / _SURE_ROWS)
        limits = MAX_DISTANCE * np.sqrt(shorter)
        near.append(met[_distances(rows, lengths, met) <= limits])
    return np.unique(np.concatenate(near), axis=0)


def distance(one: str, other: str) -> float:
    """Returns the share of bits in which two fingerprints differ, at the best shift."""
    rows, lengths = _stack([one, other])
    return float(_distances(rows, lengths, np.array([[0, 1]]))[0])


def alike_behind(one: str, other: str) -> bool:
    """Says whether two recordings whose beginnings are alike go on alike to their end.

    Not on the whole, where one that ends otherwise would pass, but half a minute after
    the other.
    """
    first, second = (to_rows(each).reshape(-1, LATER_ROWS) for each in (one, other))
    count = min(len(first), len(second))
    inner = slice(_MAX_SHIFT, LATER_ROWS - _MAX_SHIFT)
    for start in range(max(0, count - _LATER_AT_ONCE) + 1 if count else 0):
        these = slice(start, start + _LATER_AT_ONCE)
        differing = [
            np.bitwise_count(
                first[:count][these, inner]
                ^ np.roll(second[:count], shift, axis=1)[these, inner]
            ).mean()
            for shift in range(-_MAX_SHIFT, _MAX_SHIFT + 1)
        ]
        if min(differing) > _MAX_LATER_DISTANCE * ROW_BITS:
            return False
    return True


def _stack(fingerprints: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Returns [fingerprint, row] uint16, filled up with zeros, and [fingerprint]."""
    rows = np.zeros((len(fingerprints), MAX_ROWS), np.uint16)
    lengths = np.zeros(len(fingerprints), int)
    for index, fingerprint in enumerate(fingerprints):
        own = to_rows(fingerprint)
        rows[index, : len(own)] = own
        lengths[index] = len(own)
    return rows, lengths


def _meetings(rows: np.ndarray, lengths: np.ndarray) -> Iterator[np.ndarray]:
    """Yields [pair, 2] of those that share a key, and perhaps nothing else."""
    rng = np.random.default_rng(0)  # any bits, but always the same
    for table in range(_NUM_TABLES):
        span = _SPANS[table % len(_SPANS)]
        places = rng.permutation(span * ROW_BITS)[:_KEY_BITS]
        (members,) = np.nonzero(lengths >= span + 2 * _MAX_SHIFT)
        keys = _keys(rows[members], places, _MAX_SHIFT)
        order = np.argsort(keys, kind="stable")
        in_order = np.append(keys[order], -1)
        for shift in range(2 * _MAX_SHIFT + 1):
            wanted = _keys(rows[members], places, shift)
            first = np.searchsorted(in_order[:-1], wanted)
            for place in range(_NUM_MET):
                at = np.minimum(first + place, len(members))
                (found,) = np.nonzero(in_order[at] == wanted)
                pairs = np.stack([order[at[found]], found], axis=1)
                pairs = members[np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)]
                for start in range(0, len(pairs), _NUM_AT_ONCE):
                    yield pairs[start : start + _NUM_AT_ONCE]


def _keys(rows: np.ndarray, places: np.ndarray, shift: int) -> np.ndarray:
    """[member, row] -> [member]: the bits at some places, as one number."""
    keys = np.zeros(len(rows), int)
    for place in places:
        row, bit = divmod(int(place), ROW_BITS)
        keys = 2 * keys + (rows[:, row + shift] >> bit & 1)
    return keys


def _distances(rows: np.ndarray, lengths: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """[pair, 2] -> [pair]: share of differing bits where both have any."""
    best = np.ones(len(pairs))
    for shift in range(-_MAX_SHIFT, _MAX_SHIFT + 1):
        early, late = pairs.T if shift >= 0 else pairs.T[::-1]
        common = np.minimum(lengths[early], lengths[late] - abs(shift))
        differing = np.bitwise_count(
            rows[early, : MAX_ROWS - abs(shift)] ^ rows[late, abs(shift) :]
        )
        is_common = np.arange(differing.shape[1]) < common[:, None]
        num_differing = np.where(is_common, differing, 0).sum(axis=1)
        best = np.minimum(best, num_differing / (ROW_BITS * np.maximum(common, 1)))
    return best

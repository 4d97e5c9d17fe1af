"""How far one sound lies from another by its samples and by its level."""

import numpy as np

from musiclm_jax.data.intake.loudness import loudness_of


def si_sdr(reference: np.ndarray, other: np.ndarray) -> float:
    """Returns the scale-invariant signal to distortion ratio (1811.02508), in dB.

    What a codec makes of phases counts fully, though nobody hears it.

    Args:
        reference: [sample].
        other: [sample], of the same moments.

    Returns:
        Infinite where the other is the reference at another level, and NaN where one of
        both is silent all through.
    """
    length = min(len(reference), len(other))
    true, made = (
        np.asarray(sound[:length], np.float64) for sound in (reference, other)
    )
    true, made = true - true.mean(), made - made.mean()
    if not (true.any() and made.any()):
        return float("nan")
    target = (made @ true) / (true @ true) * true
    power, rest = target @ target, np.square(made - target).sum()
    with np.errstate(divide="ignore"):
        return float(10.0 * (np.log10(power) - np.log10(rest)))


def loudness_error(reference: np.ndarray, other: np.ndarray, sample_rate: int) -> float:
    """Returns by how many LU two sounds [sample] differ (BS.1770); NaN of silence."""
    found = [loudness_of(sound, sample_rate) for sound in (reference, other)]
    if None in found:
        return float("nan")
    return abs(found[0] - found[1])

"""Whether pitch is kept: partials of music, and the tone of held notes.

Spectral distances hardly see a note that is off by a semitone; a listener does.
"""

import numpy as np

CENTS = 30.0
"""How far a partial may lie from the one it stands for, and be the same note."""

# Long enough to tell neighbouring low notes; the band holds fundamentals and the
# partials that melodies are heard by.
_WINDOW = 8192
_BAND_HZ = (80.0, 2000.0)
_NUM_LOUD = 5
# Among so many peaks of the other sound a partial may be found.
_NUM_FOUND = 15
# Spectra whose largest magnitude is below hold no music.
_SILENCE = 1.0
_MAX_PARTIALS = 30


def partials_kept(reference: np.ndarray, other: np.ndarray, sample_rate: int) -> float:
    """Returns the share of the loudest partials that another sound has too.

    Of each spectrum of the reference the few highest peaks count, wherever the other
    sound has one of its high peaks within `CENTS`.

    Args:
        reference: [sample], float in [-1, 1].
        other: [sample], of the same moments.
        sample_rate: of both, Hz.

    Returns:
        In [0, 1]; NaN where the reference is silent all through.
    """
    length = min(len(reference), len(other))
    hop = round(0.2 * sample_rate)
    kept = total = 0
    pairs = zip(
        _spectra(reference[:length], hop), _spectra(other[:length], hop), strict=True
    )
    for true, made in pairs:
        if true.max() < _SILENCE:
            continue
        wanted = spectral_peaks(true, sample_rate, count=_NUM_LOUD)
        found = spectral_peaks(made, sample_rate, count=_NUM_FOUND)
        total += len(wanted)
        if len(found):
            cents = 1200.0 * np.abs(np.log2(wanted[:, None] / found[None, :]))
            kept += int((cents.min(axis=1, initial=np.inf) < CENTS).sum())
    return kept / total if total else float("nan")


def spectral_peaks(spectrum: np.ndarray, sample_rate: int, *, count: int) -> np.ndarray:
    """Returns the frequencies of the highest peaks, between bins by a parabola.

    Args:
        spectrum: [bin], magnitudes from zero frequency to half the sample rate.
        sample_rate: Hz.
        count: how many peaks at most.

    Returns:
        [peak], Hz, the highest first.
    """
    bin_hz = sample_rate / 2 / (len(spectrum) - 1)
    low, high = (int(hz / bin_hz) for hz in _BAND_HZ)
    level = np.log(spectrum[low:high] + 1e-9)
    middle = level[1:-1]
    place = 1 + np.flatnonzero((middle > level[:-2]) & (middle >= level[2:]))
    place = place[np.argsort(-level[place], kind="stable")[:count]]
    before, at, after = (level[place + step] for step in (-1, 0, 1))
    shift = 0.5 * (before - after) / (before - 2 * at + after - 1e-12)
    return (low + place + shift) * bin_hz


def held_note(
    audio: np.ndarray, sample_rate: int, *, nominal_hz: float
) -> tuple[float, float]:
    """Measures the tone of a note that is held.

    The fundamental is the one, within a semitone of what was played, whose harmonics
    gather most of the spectrum; what lies beside these harmonics is noise.

    Args:
        audio: [sample], the held part of a note.
        sample_rate: Hz.
        nominal_hz: the fundamental that was played.

    Returns:
        Distance of the fundamental from what was played, cents, never negative; and
        harmonics to noise, dB.

    Raises:
        ValueError: the note is shorter than a window of the analysis.
    """
    if len(audio) < _WINDOW:
        raise ValueError(
            f"a held note must last at least {_WINDOW / sample_rate:.2f} s to be "
            f"measured, not {len(audio) / sample_rate:.2f} s"
        )
    window = np.blackman(len(audio) + 1)[:-1]
    padded = 4 * (1 << (len(audio) - 1).bit_length())
    power = np.square(np.abs(np.fft.rfft(audio * window, padded)))
    bin_hz = sample_rate / padded
    # Half the main lobe of the window.
    lobe = 3 * padded / len(audio)
    tried = nominal_hz * 2.0 ** (np.arange(-100.0, 101.0) / 1200.0)
    harmonics = np.arange(1, _MAX_PARTIALS + 1)
    harmonics = harmonics[harmonics * tried[-1] < sample_rate / 2 - lobe * bin_hz]
    places = tried[:, None] * harmonics[None, :] / bin_hz
    at_lines = power[np.round(places).astype(int)]
    best = int(np.sqrt(at_lines).sum(axis=1).argmax())
    lines = np.arange(len(power))[:, None]
    is_tone = (np.abs(lines - places[best][None, :]) <= lobe).any(axis=1)
    top = int(places[best][-1] + lobe)
    power, is_tone = power[:top], is_tone[:top]
    # Noise lies under the harmonics too, as much as beside them.
    noise = power[~is_tone].mean() * top
    tone = max(power.sum() - noise, 0.0)
    cents = abs(1200.0 * np.log2(tried[best] / nominal_hz))
    return float(cents), float(10.0 * np.log10((tone + 1e-12) / (noise + 1e-12)))


def _spectra(audio: np.ndarray, hop: int) -> np.ndarray:
    """Returns magnitudes [frame, bin] of windows centred on multiples of the hop."""
    padded = np.pad(np.asarray(audio, np.float64), _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::hop]
    return np.abs(np.fft.rfft(frames * np.hanning(_WINDOW + 1)[:-1]))

"""What is measured and not probed: beat, key, and what the codec keeps."""

import dataclasses
import re
from collections.abc import Callable

import numpy as np

from musiclm_jax.data.synth.piece import KEYS, NOTHING
from musiclm_jax.evaluation.examples import Examples
from musiclm_jax.evaluation.key import key_clarity
from musiclm_jax.evaluation.material import Material
from musiclm_jax.evaluation.pitch import partials_kept
from musiclm_jax.evaluation.pulse import pulse_clarity
from musiclm_jax.evaluation.report import Figures
from musiclm_jax.evaluation.spectral_distance import log_mel_distance

# As the captions of the corpus say it: "a minor key" names none.
_NAMED_KEY = re.compile(r"\bkey is ([a-g][b#]?) (?:major|minor)\b", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clarity:
    """Of one form of some clips: true, after the codec, or generated.

    Attributes:
        pulse: median pulse clarity of the clips with drums.
        key: median key clarity of the clips with pitched instruments.
        tonic: share of the clips whose caption names a key that have its tonic.
    """

    pulse: float
    key: float
    tonic: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kept:
    """What a codec keeps of clips, means over them.

    Attributes:
        partials: see `pitch.partials_kept`.
        log_mel: see `spectral_distance.log_mel_distance`.
    """

    partials: float
    log_mel: float


def measure(audio: np.ndarray, examples: Examples, sample_rate: int) -> Clarity:
    """Measures clips by what was asked for; NaN where nothing was.

    Args:
        audio: [clip, sample], in any form.
        examples: the clips that they are, or were generated for.
        sample_rate: Hz.
    """
    asks = questions(examples)
    pulses = [pulse_clarity(sound, sample_rate)[0] for sound in audio[asks["beat"]]]
    keys = [key_clarity(sound, sample_rate) for sound in audio]
    clarity = np.array([clarity for clarity, _ in keys])
    is_right = np.array([key % 12 for _, key in keys]) == _tonics(examples)
    return Clarity(
        pulse=_over(np.median, np.array(pulses)),
        key=_over(np.median, clarity[asks["pitch"]]),
        tonic=_over(np.mean, is_right[asks["tonic"]]),
    )


def figures(material: Material) -> Figures:
    """Sets the forms of the clips that are asked for beside each other."""
    examples, sample_rate = material.drawn.asked, material.sample_rate
    true, decoded = (
        sound[: len(examples)] for sound in (material.true, material.decoded)
    )
    forms = [
        None if audio is None else measure(audio, examples, sample_rate)
        for audio in (true, decoded, material.generated)
    ]
    asks, keeps = questions(examples), kept(true, decoded, sample_rate)
    clarity = (
        ("pulse clarity of clips with drums, median", "beat", "pulse"),
        ("key clarity of clips with pitches, median", "pitch", "key"),
        ("tonic is the one that the caption names", "tonic", "tonic"),
    )
    rows = [
        (
            name,
            int(asks[asked].sum()),
            *(form and getattr(form, field) for form in forms),
        )
        for name, asked, field in clarity
    ]
    rows.append(("partials kept", len(examples), 1.0, keeps.partials, None))
    rows.append(("log-mel distance", len(examples), 0.0, keeps.log_mel, None))
    columns = ("figure", "clips", "true", "codec", "generated")
    return Figures("Beat, key and partials", columns, tuple(rows))


def questions(examples: Examples) -> dict[str, np.ndarray]:
    """Returns which clips ask for a beat, for pitches, for a named key: [clip] bool."""
    return {
        "beat": np.array(examples.labels("has_drums")) == str(True),
        "pitch": np.array(examples.labels("key")) != NOTHING,
        "tonic": _tonics(examples) >= 0,
    }


def named_tonic(caption: str) -> int:
    """Returns the pitch class from C of the key that a caption names; -1 if none."""
    found = _NAMED_KEY.search(caption)
    return KEYS.index(found[1].capitalize()) if found else -1


def kept(reference: np.ndarray, decoded: np.ndarray, sample_rate: int) -> Kept:
    """Compares clips [clip, sample] with what a codec made of them."""
    pairs = list(zip(reference, decoded, strict=True))
    return Kept(
        # A clip that is silent all through has no partials to keep.
        partials=float(np.nanmean([partials_kept(*p, sample_rate) for p in pairs])),
        log_mel=float(np.mean([log_mel_distance(*p, sample_rate) for p in pairs])),
    )


def _tonics(examples: Examples) -> np.ndarray:
    return np.array([named_tonic(caption) for caption in examples.captions()])


def _over(statistic: Callable[[np.ndarray], float], values: np.ndarray) -> float:
    return float(statistic(values)) if len(values) else float("nan")

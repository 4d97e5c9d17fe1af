"""What a codec keeps of clips by the number of its levels that are decoded."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from musiclm_jax.bundle.tokenizers import CodecTokenizer
from musiclm_jax.evaluation import codebook_use, intervals
from musiclm_jax.evaluation.batches import in_batches
from musiclm_jax.evaluation.findings import Finding
from musiclm_jax.evaluation.pitch import partials_kept
from musiclm_jax.evaluation.report import Figures
from musiclm_jax.evaluation.spectral_distance import log_mel_distance, stft_distance
from musiclm_jax.evaluation.waveform_distance import loudness_error, si_sdr

BIT_RATE = "bit rate, bits/s"
# Of a reference and another sound [sample]; NaN where there is nothing to measure.
Measure = Callable[[np.ndarray, np.ndarray], float]


def measures(sample_rate: int) -> dict[str, tuple[Measure, str]]:
    """Returns what is measured of clips, by name, and whether low or high is better."""
    return {
        "SI-SDR, dB": (si_sdr, "high"),
        "STFT distance": (stft_distance, "low"),
        "log-mel distance": (lambda *p: log_mel_distance(*p, sample_rate), "low"),
        "loudness error, LU": (lambda *p: loudness_error(*p, sample_rate), "low"),
        "partials kept": (lambda *p: partials_kept(*p, sample_rate), "high"),
    }


def curve(
    codec: CodecTokenizer,
    audio: np.ndarray,
    levels: Sequence[int],
    asked: Mapping[str, tuple[Measure, str]],
    *,
    batch: int,
) -> Iterator[Finding]:
    """Yields means over clips, with their intervals, at each number of levels.

    Args:
        codec: of a model.
        audio: [clip, sample], none silent all through.
        levels: how many are decoded, one after the other.
        asked: see `measures`.
        batch: clips at once.
    """
    config = codec.config
    codes = in_batches(codec.tokenize, audio, batch)
    for num in levels:
        of = level_name(num)
        rate = codebook_use.bit_rate(num, config.codebook_size, codec.frame_rate)
        yield Finding(measure=BIT_RATE, of=of, value=float(rate), better="low")
        decoded = in_batches(codec.decode, codes[:, :, :num], batch)
        for name, (measure, better) in asked.items():
            values = [measure(*pair) for pair in zip(audio, decoded, strict=True)]
            yield _mean(name, of, np.array(values), better)


def use(codec: CodecTokenizer, audio: np.ndarray, *, batch: int) -> Figures:
    """Returns a table of how each level of the quantizer is used by clips."""
    codes = in_batches(codec.tokenize, audio, batch)
    size = codec.config.codebook_size
    found = codebook_use.measure(codes, size)
    rows = zip(
        range(1, codes.shape[-1] + 1),
        found.used.tolist(),
        found.perplexity.tolist(),
        np.log2(found.perplexity).tolist(),
        strict=True,
    )
    count = codes.shape[0] * codes.shape[1]
    title = f"Use of {size} codes a level in {count:,} frames"
    columns = ("level", "share used", "perplexity", "bits a frame")
    return Figures(title, columns, tuple(rows))


def table(title: str, findings: Sequence[Finding]) -> Figures:
    """Lays the findings of `curve` out: a row each measure, a column each number."""
    columns = dict.fromkeys(finding.of for finding in findings)
    found = {(finding.measure, finding.of): finding.value for finding in findings}
    rows = [
        (measure, *(found[measure, of] for of in columns))
        for measure in dict.fromkeys(finding.measure for finding in findings)
    ]
    return Figures(title, ("figure", *columns), tuple(rows))


def level_name(num: int) -> str:
    """Returns whose figures those at a number of levels are."""
    return f"codec, {num} level{'s' if num > 1 else ''}"


def _mean(measure: str, of: str, values: np.ndarray, better: str) -> Finding:
    known = values[np.isfinite(values)]
    lacking = len(values) - len(known)
    low, high = intervals.of_mean(known) if len(known) else (None, None)
    return Finding(
        measure=measure,
        of=of,
        value=float(known.mean()) if len(known) else None,
        low=low,
        high=high,
        better=better,
        remark=f"{lacking} of {len(values)} clips have none" if lacking else "",
    )

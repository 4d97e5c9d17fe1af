"""Random stretches of a clip: of its sound, or of all its token streams together."""

import math
from collections.abc import Callable

import numpy as np

from musiclm_jax.data.records.token_records import TokenMetadata, TokenRecord
from musiclm_jax.files.ranges import Range
from musiclm_jax.tokens import TokenSpec

# What the length of a vector counts as at least.
SMALLEST_LENGTH = 1e-6


def crop_length(seconds: float, sample_rate: int) -> int:
    """Returns the samples of a crop of sound.

    Raises:
        ValueError: there is no such crop, or no such rate.
    """
    Range(kind=float, low=0, above_low=True).check("crop_seconds", seconds)
    Range(kind=int, low=1).check("sample_rate", sample_rate)
    return round(seconds * sample_rate)


def silence_behind(audio: np.ndarray, length: int) -> np.ndarray:
    """Fills up sound [sample] with zeros: [length]."""
    return np.pad(audio, (0, length - len(audio)))


def repeated(audio: np.ndarray, length: int) -> np.ndarray:
    """Repeats sound [sample], of one sample at least, until it is [length].

    As MuLan's windows do with a piece that is shorter than one (`mulan.embedding`).
    """
    return np.resize(audio, length)


def crop_audio(
    audio: np.ndarray,
    length: int,
    rng: np.random.Generator,
    *,
    fill: Callable[[np.ndarray, int], np.ndarray],
) -> np.ndarray:
    """Cuts a random stretch out of a clip.

    Args:
        audio: [sample] int16.
        length: samples of the crop.
        rng: source of the position.
        fill: brings a clip of at most `length` to it: `silence_behind` or `repeated`.

    Returns:
        [length] float32 in [-1, 1].
    """
    start = int(rng.integers(max(len(audio) - length, 0) + 1))
    return fill(audio[start : start + length] / np.float32(2**15), length)


def crop_tokens(
    record: TokenRecord,
    metadata: TokenMetadata,
    rng: np.random.Generator,
    *,
    seconds: float,
    melody: TokenSpec | None = None,
) -> dict[str, np.ndarray]:
    """Cuts the same random stretch of time out of every stream of a clip.

    A crop starts where a frame of every stream starts, so tokens stay aligned; of the
    melody the windows nearest to its hops are taken.

    Args:
        record: the clip.
        metadata: frame rates and windows of the record.
        rng: source of the position.
        seconds: length of the crop.
        melody: frames of the melody; None leaves it out.

    Returns:
        {"mulan": [dim], "semantic": [time, level], "acoustic": [time, level]}, and
        perhaps "melody": [time, level].

    Raises:
        ValueError: the crop is no whole number of frames, or longer than the clip.
    """
    rate = metadata.common_rate
    length = round(seconds * rate)
    if abs(length - seconds * rate) > 1e-6:
        raise ValueError(
            f"crop_seconds {seconds} is no multiple of 1/{rate} s, so token streams "
            "could not be cut at the same time"
        )
    room = math.floor(record.seconds(metadata) * rate) - length
    if room < 0:
        raise ValueError(
            f"a clip of {record.seconds(metadata):.2f} s is shorter than a crop of "
            f"{seconds} s"
        )
    start = int(rng.integers(room + 1)) / rate
    return stretch_of(record, metadata, start, seconds, melody=melody)


def stretch_of(
    record: TokenRecord,
    metadata: TokenMetadata,
    start_seconds: float,
    seconds: float,
    *,
    melody: TokenSpec | None = None,
) -> dict[str, np.ndarray]:
    """Cuts a known stretch of time out of every stream of a clip; see `crop_tokens`.

    Args:
        record: the clip.
        metadata: frame rates and windows of the record.
        start_seconds: where frames of every stream start.
        seconds: length of the stretch, whole frames of every stream.
        melody: frames of the melody; None leaves it out.
    """

    def cut(codes: np.ndarray, frame_rate: int) -> np.ndarray:
        start = round(start_seconds * frame_rate)
        return codes[start : start + round(seconds * frame_rate)]

    tokens = {
        "mulan": mean_of_windows(record.mulan, metadata, start_seconds, seconds),
        # [time] -> [time, level]
        "semantic": cut(record.semantic, metadata.semantic_frame_rate)[:, None],
        "acoustic": cut(record.acoustic, metadata.acoustic_frame_rate),
    }
    if melody is not None:
        stride = metadata.melody_stride_seconds
        places = melody_frames(
            len(record.melody), start_seconds, melody, seconds, stride_seconds=stride
        )
        tokens["melody"] = record.melody[places]
    return tokens


def melody_frames(
    num_windows: int,
    start_seconds: float,
    spec: TokenSpec,
    seconds: float,
    *,
    stride_seconds: float,
) -> np.ndarray:
    """Says which windows are the melody of a stretch: the nearest to each hop of it.

    Args:
        num_windows: that there are, a stride apart.
        start_seconds: start of the stretch.
        spec: how many frames a second there are.
        seconds: length of the stretch.
        stride_seconds: from one window to the next.

    Returns:
        [frame] places of windows; beyond the last it stands again.
    """
    starts = start_seconds + np.arange(spec.num_frames(seconds)) / spec.frame_rate
    places = np.round(starts / stride_seconds).astype(int)
    return np.clip(places, 0, num_windows - 1)


def mean_of_windows(
    mulan: np.ndarray, metadata: TokenMetadata, start_seconds: float, seconds: float
) -> np.ndarray:
    """Embeds a stretch of a clip: the mean of the windows that overlap it most.

    In a stretch longer than a window these are the windows that lie inside it; for a
    shorter one, those that contain it. Where none does either, the nearest ones.

    Args:
        mulan: [window, dim].
        metadata: length and stride of the windows.
        start_seconds: start of the stretch.
        seconds: length of the stretch.

    Returns:
        [dim], of unit length.
    """
    starts = np.arange(len(mulan)) * metadata.stride_seconds
    ends = starts + metadata.window_seconds
    overlaps = np.minimum(ends, start_seconds + seconds)
    overlaps = overlaps - np.maximum(starts, start_seconds)
    return unit_length(mulan[overlaps > overlaps.max() - 1e-6].mean(axis=0))


def unit_length(embedding: np.ndarray) -> np.ndarray:
    """Scales a vector to length one, as float32; a zero vector stays zero.

    As `layers.normalize.unit_length`, for the threads that read data.
    """
    length = np.linalg.norm(embedding)
    return (embedding / max(length, SMALLEST_LENGTH)).astype(np.float32)

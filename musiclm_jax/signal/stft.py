"""Short-time Fourier transform with a frame count that is exact for any hop."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.parallel.rows import shard_map_rows


def hann_window(length: int) -> np.ndarray:
    """Returns the periodic Hann window `[length]`, float32."""
    phase = 2.0 * np.pi * np.arange(length) / length
    return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)


def frame(audio: jax.Array, *, frame_length: int, hop_length: int) -> jax.Array:
    """Cuts audio into overlapping frames, one for each whole hop.

    The audio is padded with `frame_length - hop_length` zeros, half on either side, so
    that frame `i` is centred on hop `i`.

    Args:
        audio: [batch, sample].
        frame_length: samples in a frame.
        hop_length: samples from one frame to the next.

    Returns:
        [batch, sample // hop_length, frame_length].

    Raises:
        ValueError: if the hop is not in 1..frame_length, or longer than the audio.
    """
    if not 1 <= hop_length <= frame_length:
        raise ValueError(
            f"hop_length must be in 1..frame_length ({frame_length}), got {hop_length}"
        )
    num_samples = audio.shape[1]
    if num_samples < hop_length:
        raise ValueError(
            f"audio of {num_samples} samples is shorter than a hop ({hop_length})"
        )
    left = (frame_length - hop_length) // 2
    right = frame_length - hop_length - left
    padded = jnp.pad(audio, ((0, 0), (left, right)))
    return slide(padded, frame_length=frame_length, hop_length=hop_length)


def slide(audio: jax.Array, *, frame_length: int, hop_length: int) -> jax.Array:
    """Cuts audio into overlapping frames, all within it.

    Frames are built from slices rather than a gather, whose gradient (a scatter) is
    slow on every backend.

    Args:
        audio: [batch, sample], a frame at least.
        frame_length: samples in a frame.
        hop_length: samples from one frame to the next.

    Returns:
        [batch, 1 + (sample - frame_length) // hop_length, frame_length].
    """
    batch, num_samples = audio.shape
    num_frames = 1 + (num_samples - frame_length) // hop_length
    hops_per_frame = -(-frame_length // hop_length)
    num_hops = num_frames + hops_per_frame - 1
    # The last frame's last hop may reach beyond the audio, where it is cut off again.
    hops = jnp.pad(audio, ((0, 0), (0, hop_length)))[:, : num_hops * hop_length]
    # [batch, sample] -> [batch, hop, sample in hop]
    hops = hops.reshape(batch, num_hops, hop_length)
    shifted = [hops[:, i : i + num_frames] for i in range(hops_per_frame)]
    return jnp.concatenate(shifted, axis=-1)[:, :, :frame_length]


def stft(
    audio: jax.Array,
    *,
    frame_length: int,
    hop_length: int,
    fft_length: int | None = None,
) -> jax.Array:
    """Returns the short-time Fourier transform under a periodic Hann window.

    Not normalised: a sine of amplitude 1 peaks at a quarter of `frame_length`.

    Args:
        audio: [batch, sample], float32.
        frame_length: samples under the window.
        hop_length: samples from one frame to the next.
        fft_length: samples given to the transform, zeros after the frame; the frame
            length if None.

    Returns:
        [batch, sample // hop_length, fft_length // 2 + 1], complex64.

    Raises:
        ValueError: if `fft_length` is shorter than the frame, and as `frame` does.
    """
    fft_length = frame_length if fft_length is None else fft_length
    if fft_length < frame_length:
        raise ValueError(
            f"fft_length must be at least frame_length ({frame_length}), "
            f"got {fft_length}"
        )
    frames = frame(
        audio.astype(jnp.float32), frame_length=frame_length, hop_length=hop_length
    )
    return transform(frames, fft_length=fft_length)


def transform(frames: jax.Array, *, fft_length: int) -> jax.Array:
    """Fourier transforms of `frames [batch, frame, sample]` under a Hann window.

    Returns:
        [batch, frame, fft_length // 2 + 1], complex64.
    """
    frames = frames * hann_window(frames.shape[-1])[None, None, :]
    return shard_map_rows(functools.partial(jnp.fft.rfft, n=fft_length), frames)

"""A folder as people have it: all formats, odd names, and all kinds of broken files."""

import itertools
import pathlib
from collections.abc import Callable

import numpy as np
import soundfile

# Suffix, container, encoding, samples a second, channels.
FORMATS = (
    (".flac", "FLAC", "PCM_16", 44100, 2),
    (".wav", "WAV", "PCM_16", 44100, 2),
    (".mp3", "MP3", "MPEG_LAYER_III", 44100, 2),
    (".ogg", "OGG", "VORBIS", 48000, 2),
    (".opus", "OGG", "OPUS", 48000, 2),
    (".aiff", "AIFF", "PCM_16", 44100, 1),
    (".WAV", "WAV", "PCM_24", 48000, 1),
    (".wav", "WAVEX", "FLOAT", 32000, 6),
    (".flac", "FLAC", "PCM_24", 48000, 6),
    (".mp3", "MP3", "MPEG_LAYER_III", 22050, 1),
    (".ogg", "OGG", "VORBIS", 44100, 6),
    (".opus", "OGG", "OPUS", 24000, 1),
    (".aif", "AIFF", "PCM_24", 16000, 2),
    (".caf", "CAF", "PCM_16", 44100, 2),
    (".w64", "W64", "PCM_16", 44100, 1),
    (".wav", "RF64", "PCM_16", 24000, 1),
    (".au", "AU", "PCM_16", 22050, 2),
)
_LOSSLESS = [
    index for index, (_, _, coding, *_) in enumerate(FORMATS) if "PCM" in coding
]
_NAMES = (
    "Track {}",
    "Stück № {}",
    'it\'s "live" {}',
    "a,b;c {}",
    "песня_{}",
    "x{}.take.2",
)
_FOLDERS = ("", "albums/First (1971)", "albums/Ünsere", "misc/a/b c")


def make_recordings(
    folder: pathlib.Path, num_good: int, num_broken_each: int
) -> dict[str, str | None]:
    """Writes the files.

    Args:
        folder: to write to.
        num_good: healthy files, each of another music.
        num_broken_each: files of each kind of damage; copies are of healthy files.

    Returns:
        Path below the folder -> kind of rejection, or None.
    """
    kinds: dict[str, str | None] = {}
    for index in range(num_good):
        kinds[_good_name(index)] = None
        write(folder / _good_name(index), music(index), index)
    for kind, number in itertools.product(_WRITERS, range(num_broken_each)):
        # Sorted behind all others: of equal files, the first stays.
        path = folder / "яя" / f"{kind} {number}"
        path.parent.mkdir(exist_ok=True)
        path = _WRITERS[kind](path, number, num_good)
        kinds[path.relative_to(folder).as_posix()] = kind
    return kinds


def music(seed: int, seconds: float | None = None) -> Callable[[int, int], np.ndarray]:
    """Composes chords at random; returns what plays them: (rate, channels) -> sound."""
    rng = np.random.default_rng(seed)
    seconds = seconds or rng.uniform(2.2, 3.2)
    beat = rng.uniform(0.15, 0.35)
    # [note]
    starts = np.repeat(np.arange(0, seconds, beat), 3)
    starts = starts + rng.choice([0, beat / 2], len(starts))
    pitches = rng.integers(40, 90, len(starts))
    loudness = rng.uniform(0.2, 1, len(starts))
    decays = rng.uniform(2, 9, len(starts))
    pans = rng.uniform(0.3, 1, (len(starts), 6)).astype(np.float32)

    def play(rate: int, num_channels: int) -> np.ndarray:
        """Returns [sample, channel]."""
        audio = np.zeros((round(seconds * rate), num_channels), np.float32)
        for start, pitch, gain, decay, pan in zip(
            starts, pitches, loudness, decays, pans, strict=True
        ):
            first = round(start * rate)
            length = max(0, min(len(audio) - first, rate // 2))
            time = np.arange(length, dtype=np.float32) / np.float32(rate)
            hertz = np.float32(440 * 2 ** ((pitch - 69) / 12))
            tone = sum(
                np.sin(np.float32(2 * np.pi * k) * hertz * time) / k
                for k in (1, 2, 3)
                if k * hertz < rate / 2
            )
            tone = tone * np.float32(gain) * np.exp(np.float32(-decay) * time)
            audio[first : first + len(time)] += tone[:, None] * pan[:num_channels]
        return 0.7 * audio / np.abs(audio).max()

    return play


def write(path: pathlib.Path, play: Callable, index: int, **changes) -> None:
    """Writes music in the format of that index."""
    _, container, coding, rate, channels = FORMATS[index % len(FORMATS)]
    rate, channels = changes.get("rate", rate), changes.get("channels", channels)
    _write(path, play(rate, channels), rate, container, coding)


def _write(path, audio, rate, container, coding) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with soundfile.SoundFile(
        path, "w", rate, audio.shape[1], format=container, subtype=coding
    ) as file:
        for start in range(0, len(audio), rate):  # all at once, Vorbis crashes
            file.write(audio[start : start + rate])


def _good_name(index: int) -> str:
    name = _NAMES[index % len(_NAMES)].format(index)
    folder = _FOLDERS[index % len(_FOLDERS)]
    suffix = FORMATS[index % len(FORMATS)][0]
    return str(pathlib.PurePosixPath(folder) / (name + suffix))


def _unreadable(path, number, num_good):
    path = path.with_suffix(FORMATS[number % len(FORMATS)][0])
    rng = np.random.default_rng(number)
    words = "these are words, and no sound\n" * 99
    path.write_bytes(rng.bytes(5000) if number % 2 else words.encode())
    return path


def _empty(path, number, num_good):
    path = path.with_suffix(".wav")
    path.touch()
    if number % 2:
        _write(path, np.zeros((0, 1)), 44100, "WAV", "PCM_16")
    return path


def _truncated(path, number, num_good):
    path = path.with_suffix(FORMATS[number % len(FORMATS)][0])
    write(path, music(10**6 + number), number)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * (0.4 + 0.5 * (number % 7) / 6))])
    return path


def _not_finite(path, number, num_good):
    path = path.with_suffix(".wav")
    audio = music(2 * 10**6 + number)(44100, 2)
    audio[len(audio) // 2, number % 2] = (np.nan, np.inf, -np.inf)[number % 3]
    _write(path, audio, 44100, "WAV", "FLOAT")
    return path


def _silent(path, number, num_good):
    path = path.with_suffix(".flac")
    noise = np.random.default_rng(number).uniform(-1, 1, (3 * 44100, 2))
    _write(path, (number % 2) * 1e-4 * noise, 44100, "FLAC", "PCM_16")
    return path


def _clipped(path, number, num_good):
    path = path.with_suffix(".flac")
    audio = np.clip(8 * music(3 * 10**6 + number)(44100, 2), -1, 1)
    _write(path, (1.0, 0.5)[number % 2] * audio, 44100, "FLAC", "PCM_16")
    return path


def _too_short(path, number, num_good):
    path = path.with_suffix(FORMATS[number % len(FORMATS)][0])
    write(path, music(4 * 10**6 + number, seconds=0.4), number)
    return path


def _low_rate(path, number, num_good):
    path = path.with_suffix(".wav")
    write(path, music(5 * 10**6 + number), 1, rate=(8000, 11025)[number % 2])
    return path


def _duplicate(path, number, num_good):
    original = path.parent.parent / _good_name(number % num_good)
    path = path.with_suffix(original.suffix)
    path.write_bytes(original.read_bytes())
    return path


def _near_duplicate(path, number, num_good):
    """Copies that are worse than a lossless original in one way or another."""
    originals = [i for i in range(num_good) if i % len(FORMATS) in _LOSSLESS]
    seed = originals[number % len(originals)]
    *_, rate, channels = FORMATS[seed % len(FORMATS)]
    audio = music(seed)(rate, channels)
    lead = np.zeros((rate // 5, channels))
    suffix, container, coding, changed = (
        (".mp3", "MP3", "MPEG_LAYER_III", audio[:, :2]),
        (".ogg", "OGG", "VORBIS", 0.2 * audio),
        (
            ".flac",
            "FLAC",
            "PCM_16",
            0.5 * audio.mean(axis=1, keepdims=True)[: -rate // 9],
        ),
        (".ogg", "OGG", "VORBIS", np.concatenate([lead, audio])),
    )[number // len(originals) % 4 if number >= len(originals) else number % 4]
    path = path.with_suffix(suffix)
    _write(path, changed, rate, container, coding)
    return path


_WRITERS = {
    "unreadable": _unreadable,
    "empty": _empty,
    "truncated": _truncated,
    "not_finite": _not_finite,
    "silent": _silent,
    "clipped": _clipped,
    "too_short": _too_short,
    "low_rate": _low_rate,
    "duplicate": _duplicate,
    "near_duplicate": _near_duplicate,
}

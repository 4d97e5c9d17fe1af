"""`musiclm tokenize`: a data set to token records, by the tokenizers of a bundle.

The token stages train on these records, so that no frozen network runs beside them.
"""

import argparse
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from musiclm_jax.cli import config
from musiclm_jax.cli.progress import Progress

# Captions are embedded so many at once.
_CAPTIONS_AT_ONCE = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    config.add_arguments(parser)
    parser.add_argument(
        "--dataset",
        default="synth_music",
        metavar="NAME",
        help="a TFDS data set of clips; runs/tokenize.gin says more than a name can",
    )
    parser.add_argument("--data_dir", metavar="FOLDER", help="where data sets are kept")
    parser.add_argument(
        "--bundle",
        required=True,
        type=Path,
        metavar="FOLDER",
        help="has codec, semantic and mulan",
    )
    parser.add_argument("--output", required=True, type=Path, metavar="FOLDER")
    parser.add_argument(
        "--splits", default="train,validation,test", help="joined by commas"
    )
    parser.add_argument(
        "--batch_size", type=int, default=8, help="clips that are computed at once"
    )
    parser.add_argument(
        "--piece_seconds",
        type=int,
        default=30,
        help="longer clips are cut into pieces of this length",
    )


def run(options: argparse.Namespace) -> None:
    """Finds the data set and writes its records.

    Raises:
        ValueError: an argument, configuration, data set or bundle that cannot be.
        OSError: a missing file.
    """
    for name in ("batch_size", "piece_seconds"):
        if getattr(options, name) < 1:
            raise ValueError(
                f"--{name} is {getattr(options, name)}; it must be 1 or more"
            )
    given = {
        "bundle": options.bundle,
        "output": options.output,
        "splits": tuple(filter(None, options.splits.split(","))),
        "batch_size": options.batch_size,
        "piece_seconds": options.piece_seconds,
    }
    arguments = config.gin_arguments(options, options.gin_bindings)
    if arguments.files:
        config.load(arguments)
        config.call(tokenize, **given)
        return
    if options.data_dir is None:
        raise ValueError(
            "no data set: give --data_dir, or --gin_file=runs/tokenize.gin"
        )

    from musiclm_jax.data.audio_dataset import AudioDataset

    dataset = AudioDataset(name=options.dataset, data_dir=options.data_dir)
    tokenize(dataset=dataset, **given)


def tokenize(
    *,
    dataset: Any,
    bundle: Path,
    output: Path,
    splits: tuple[str, ...],
    batch_size: int,
    piece_seconds: int,
) -> None:
    """Writes the records of every split that is not there yet.

    Args:
        dataset: a `data.audio_dataset.AudioDataset`.
        bundle: folder of a bundle that has codec, semantic and mulan.
        output: folder of the records.
        splits: of the data set.
        batch_size: pieces that are computed at once.
        piece_seconds: longer clips are cut into pieces of this length.
    """
    from musiclm_jax import bundle as bundle_lib
    from musiclm_jax import tokenizers as tokenizers_lib
    from musiclm_jax.cli import compilation_cache
    from musiclm_jax.data import token_records

    compilation_cache.use()
    tokenizers = tokenizers_lib.Tokenizers.load(bundle)
    fingerprint = bundle_lib.Bundle.load(bundle).tokenizers_hash()
    metadata = token_records.TokenMetadata(
        semantic_frame_rate=round(tokenizers.semantic.frame_rate),
        acoustic_frame_rate=round(tokenizers.codec.frame_rate),
        window_seconds=tokenizers.mulan.config.window_seconds,
        stride_seconds=tokenizers.mulan.config.stride_seconds,
        tokenizers=fingerprint,
    )
    for split in splits:
        if _is_there(output, split, fingerprint):
            print(f"{split}: is there already")
            continue
        clips = dataset.open(split)
        started = time.monotonic()
        pieces = _pieces(clips, tokenizers.codec.sample_rate, piece_seconds)
        with Progress() as progress:
            records = _Counted(
                split,
                len(clips),
                tokenizers,
                _batches(pieces, batch_size),
                progress,
            )
            count = token_records.write_token_records(
                output, split, records=records, metadata=metadata
            )
        taken = time.monotonic() - started
        print(
            f"{split}: {count} records, {records.seconds / 3600:.2f} h of sound in "
            f"{taken / 60:.1f} min, {records.seconds / taken:.1f} x real time"
        )
    print(output)


def _is_there(folder: Path, split: str, fingerprint: str) -> bool:
    from musiclm_jax.data import token_records

    try:
        token_records.TokenRecordSource(folder, split, tokenizers=fingerprint)
    except FileNotFoundError:
        return False
    return True


def _pieces(
    clips: Iterable[dict[str, Any]], sample_rate: int, piece_seconds: int
) -> Iterator[tuple[int, Any, dict[str, Any]]]:
    """Yields (index of the clip, audio [sample], fields).

    A piece lasts whole seconds, so that few lengths are compiled: what is left behind
    the last one is dropped, and a clip of less than a second is filled with silence.
    """
    import numpy as np

    for index, clip in enumerate(clips):
        audio = np.asarray(clip["audio"], np.float32) / 2**15
        audio = np.pad(audio, (0, max(0, sample_rate - len(audio))))
        fields = {"captions": []}
        fields |= {k: _plain(v) for k, v in clip.items() if k != "audio"}
        for start in range(
            0, len(audio) - sample_rate + 1, piece_seconds * sample_rate
        ):
            piece = audio[start : start + piece_seconds * sample_rate]
            piece = piece[: len(piece) // sample_rate * sample_rate]
            yield index, piece, fields | {"start_seconds": start // sample_rate}


def _batches(pieces: Iterable[tuple], batch_size: int) -> Iterator[list[tuple]]:
    """Yields lists of pieces of one length."""
    waiting: dict[int, list[tuple]] = {}
    for piece in pieces:
        group = waiting.setdefault(len(piece[1]), [])
        group.append(piece)
        if len(group) == batch_size:
            yield waiting.pop(len(piece[1]))
    yield from waiting.values()


class _Counted:
    """The records of batches of pieces; counts seconds and shows progress."""

    def __init__(self, split, num_clips, tokenizers, batches, progress):
        self.seconds = 0.0
        self._split = split
        self._num_clips = num_clips
        self._tokenizers = tokenizers
        self._batches = batches
        self._progress = progress

    def __iter__(self):
        started = time.monotonic()
        sample_rate = self._tokenizers.codec.sample_rate
        batch_size = 0
        for batch in self._batches:
            # All batches get the size of the first: one shape a length.
            batch_size = max(batch_size, len(batch))
            yield from _records(self._tokenizers, batch, batch_size)
            self.seconds += sum(len(audio) for _, audio, _ in batch) / sample_rate
            speed = self.seconds / (time.monotonic() - started)
            self._progress(
                self._split,
                (batch[-1][0] + 1) / self._num_clips,
                detail=f"{self.seconds / 3600:.2f} h, {speed:.1f} x real time",
            )


def _records(tokenizers: Any, batch: list[tuple], batch_size: int) -> Iterator[Any]:
    """Yields the token record of each piece of a batch."""
    import numpy as np

    from musiclm_jax.data.token_records import TokenRecord

    audio = np.stack([audio for _, audio, _ in batch])
    audio = np.pad(audio, ((0, batch_size - len(batch)), (0, 0)))
    windows = tokenizers.mulan.embed_windows(audio)
    semantic = tokenizers.semantic.tokenize(audio)
    acoustic = tokenizers.codec.tokenize(audio)
    captions = [caption for _, _, fields in batch for caption in fields["captions"]]
    embeddings = _embed_captions(tokenizers.mulan, captions)
    first = 0
    for row, (_, _, fields) in enumerate(batch):
        last = first + len(fields["captions"])
        yield TokenRecord(
            mulan=windows[row],
            caption_mulan=embeddings[first:last],
            semantic=semantic[row, :, 0],
            acoustic=acoustic[row],
            fields=fields,
        )
        first = last


def _embed_captions(mulan: Any, captions: list[str]) -> Any:
    """Returns [caption, embed], computed in groups of one size."""
    import numpy as np

    groups = [np.zeros((0, mulan.config.embed_dim), np.float32)]
    for start in range(0, len(captions), _CAPTIONS_AT_ONCE):
        group = captions[start : start + _CAPTIONS_AT_ONCE]
        filled = group + [""] * (_CAPTIONS_AT_ONCE - len(group))
        groups.append(mulan.embed_text(filled)[: len(group)])
    return np.concatenate(groups)


def _plain(value: Any) -> Any:
    """Turns what TFDS gives into what JSON holds."""
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value

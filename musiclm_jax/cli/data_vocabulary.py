"""`musiclm data vocabulary`: the word pieces of a data set's captions.

MuLan's text tower reads them, so a file that is there may belong to a trained model: it
is never replaced by another vocabulary. Training is deterministic, so the same command
on the same captions finds what it would write, and is done.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from musiclm_jax.cli.progress import Progress
from musiclm_jax.files import whole_files
from musiclm_jax.files.ranges import Range


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument(
        "--dataset",
        action="append",
        required=True,
        metavar="NAME",
        help="a TFDS data set of clips; may be repeated",
    )
    parser.add_argument(
        "--data_dir", required=True, metavar="FOLDER", help="where data sets are kept"
    )
    parser.add_argument("--split", default="train", help="whose captions are read")
    parser.add_argument("--output", required=True, type=Path, metavar="FILE")
    parser.add_argument(
        "--size", required=True, type=int, metavar="N", help="most entries it may have"
    )


def run(options: argparse.Namespace) -> None:
    """Reads the captions, trains, and writes the vocabulary.

    Raises:
        ValueError: an argument or data set that cannot be, no captions, or a file that
            holds another vocabulary.
        OSError: what cannot be read or written.
    """
    Range(kind=int, low=1, high=10**7).check("--size", options.size)
    output = options.output.expanduser()
    whole_files.check_folder(output.parent)
    if output.parent.is_dir():
        whole_files.check_output(output)

    from musiclm_jax.data.text import vocabulary

    captions = _Captions(options.dataset, options.data_dir, options.split)
    tokenizer = vocabulary.train_vocabulary(captions, options.size)
    if not captions.num_captions:
        names = ", ".join(options.dataset)
        raise ValueError(f"no clip of split {options.split!r} of {names} has a caption")
    print(
        f"{captions.num_captions} captions of {captions.num_clips} clips, of which "
        f"{captions.num_silent} have none"
    )
    entries = f"{tokenizer.get_vocab_size()} entries"
    if output.exists():
        if output.read_text(encoding="utf-8") != tokenizer.to_str():
            raise ValueError(
                f"{output} is there and is not the vocabulary of these captions at "
                f"--size={options.size}; give another --output, or delete it first if "
                "no model reads it"
            )
        print(f"{output}: is there already, {entries}")
        return
    vocabulary.save_vocabulary(tokenizer, output)
    print(f"{output}: {entries}")


class _Captions:
    """The captions of data sets; counts, and shows progress."""

    def __init__(self, names: list[str], data_dir: str, split: str):
        self.num_clips = self.num_captions = self.num_silent = 0
        self._names, self._data_dir, self._split = names, data_dir, split

    def __iter__(self) -> Iterator[str]:
        from musiclm_jax.data.sets.audio_dataset import AudioDataset, read_captions

        for name in self._names:
            dataset = AudioDataset(name=name, data_dir=self._data_dir)
            num_clips = len(dataset.open(self._split))
            with Progress() as progress:
                clips = read_captions(dataset, self._split)
                for number, captions in enumerate(clips, start=1):
                    self.num_clips += 1
                    self.num_captions += len(captions)
                    self.num_silent += not captions
                    progress(name, number / num_clips)
                    yield from captions

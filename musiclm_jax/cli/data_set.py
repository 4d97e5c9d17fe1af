"""Arguments that name a data set, by flags or by gin files."""

import argparse
from collections.abc import Callable
from typing import Any

from musiclm_jax.cli import config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what `call` reads."""
    config.add_arguments(parser)
    add_flags(parser)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds what `by_name` reads."""
    parser.add_argument(
        "--dataset",
        default="synth_music",
        metavar="NAME",
        help="of a TFDS data set of clips, perhaps with its configuration, as in "
        "audio_folder/my_music (synth_music)",
    )
    parser.add_argument("--data_dir", metavar="FOLDER", help="where data sets are kept")


def by_name(options: argparse.Namespace) -> Any:
    """Returns the `data.sets.audio_dataset.AudioDataset` that the flags name."""
    from musiclm_jax.data.sets.audio_dataset import AudioDataset

    return AudioDataset(name=options.dataset, data_dir=options.data_dir)


def call(
    options: argparse.Namespace,
    function: Callable[..., None],
    by_flags: Callable[[argparse.Namespace], Any] = by_name,
    **given: Any,
) -> None:
    """Calls a function with the data set that gin files, or else the flags, say.

    Args:
        options: parsed.
        function: takes a `data.sets.audio_dataset.AudioDataset` as `dataset`.
        by_flags: what makes one of the flags.
        **given: the function's other arguments.

    Raises:
        ValueError: a configuration that cannot be, or no data set.
    """
    arguments = config.gin_arguments(options, options.gin_bindings)
    if arguments.files:
        config.load(arguments)
        config.call(function, **given)
        return
    if options.data_dir is None:
        raise ValueError(
            f"no data set: give --data_dir, or --gin_file=runs/{function.__name__}.gin"
        )
    function(dataset=by_flags(options), **given)

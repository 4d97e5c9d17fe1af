"""Arguments that say which recordings there are, and who works on them."""

import argparse
import os
from typing import Any

from musiclm_jax.cli import config, workers

_SETTINGS = {
    "name": (str, "of the data set; made of the folder's and a hash if not given"),
    "clip_seconds": (float, "most that a clip lasts"),
    "min_seconds": (float, "shorter recordings are left out"),
    "min_sample_rate": (int, "recordings of lower rates are left out, in Hz"),
    "silence_db": (float, "what gets no louder is silence, in dB of full scale"),
    "max_clipped_share": (float, "recordings with more flat tops are left out"),
    "loudness": (float, "that recordings are brought to, in LUFS"),
    "sample_rate": (int, "of the clips, in Hz"),
    "validation_share": (float, "share of the recordings that is held out"),
    "test_share": (float, "likewise"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what `dataset` and `runner` read."""
    config.add_arguments(parser)
    parser.add_argument(
        "folder", nargs="?", metavar="FOLDER", help="of audio files, at any depth"
    )
    parser.add_argument(
        "--dataset",
        default="audio_folder",
        metavar="NAME",
        help="audio_folder (if not given), music_caps, fma, or tfds:NAME",
    )
    parser.add_argument(
        "--table",
        default="",
        metavar="FILE",
        help="captions of the folder; the set's own table",
    )
    parser.add_argument("--data_dir", metavar="FOLDER", help="where data sets are kept")
    for name, (kind, text) in _SETTINGS.items():
        shown = "NAME" if kind is str else "NUMBER"
        parser.add_argument(f"--{name}", type=kind, metavar=shown, help=text)
    parser.add_argument(
        "--trim_silence",
        action="store_true",
        default=None,
        help="cut silence off at both ends",
    )
    parser.add_argument(
        "--processes",
        type=int,
        metavar="NUMBER",
        default=os.cpu_count() or 1,
        help="that work at once on this machine (one a core)",
    )
    workers.add_arguments(parser)


def dataset(options: argparse.Namespace) -> Any:
    """Returns the `data.sets.audio_dataset.AudioDataset` that the flags describe.

    Raises:
        ValueError: an argument that cannot be.
        OSError: there is no such folder or set.
    """
    from musiclm_jax.data.sets import audio_folder, fma, music_caps, tfds_clips
    from musiclm_jax.data.sets.audio_dataset import AudioDataset

    settings = {
        name: getattr(options, name)
        for name in (*_SETTINGS, "trim_silence")
        if getattr(options, name) is not None
    }
    data_dir = options.data_dir or ""
    name, _, tfds_name = options.dataset.partition(":")
    if name == "tfds" and tfds_name:
        if not data_dir:
            raise ValueError(f"--dataset {options.dataset} needs --data_dir: its place")
        config = tfds_clips.TfdsClipsConfig(
            tfds_name=tfds_name, source_dir=data_dir, **settings
        )
        return AudioDataset(name="tfds_clips", data_dir=data_dir, config=config)
    configs = {
        "audio_folder": audio_folder.AudioFolderConfig,
        "music_caps": music_caps.MusicCapsConfig,
        "fma": fma.FmaConfig,
    }
    if name not in configs or tfds_name:
        raise ValueError(
            f"--dataset {options.dataset} is none of {', '.join(configs)}, tfds:NAME"
        )
    if options.folder is None:
        raise ValueError(f"--dataset {name} needs the FOLDER of its audio files")
    config = configs[name](folder=options.folder, table=options.table, **settings)
    return AudioDataset(name=name, data_dir=data_dir, config=config)


def runner(options: argparse.Namespace) -> Any:
    """Returns the `parallel.jobs.Runner` that the flags describe.

    Raises:
        ValueError: an argument that cannot be.
    """
    from musiclm_jax.parallel.jobs import Processes

    return workers.chosen(options, Processes(options.processes))

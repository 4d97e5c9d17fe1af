"""`musiclm data prepare`: recordings to a data set of clips, in shards.

Stopped or killed, it goes on where it stopped when it is called again.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from musiclm_jax.cli import data_set, recordings
from musiclm_jax.cli.progress import Progress
from musiclm_jax.files import whole_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    recordings.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")


def run(options: argparse.Namespace) -> None:
    """Prepares the data set, and says what became of the recordings.

    Raises:
        ValueError: an argument, configuration or table that cannot be; no recording
            that can be used; another process that prepares the same set.
        OSError: a missing folder or table; a disk that is full.
    """
    if options.data_dir:
        whole_files.check_folder(Path(options.data_dir).expanduser())
    given = {"runner": recordings.runner(options), "as_json": options.json}
    data_set.call(options, prepare, recordings.dataset, **given)


def prepare(*, dataset: Any, runner: Any, as_json: bool) -> None:
    """Prepares a data set unless it is there, and prints what it holds.

    Args:
        dataset: a `data.sets.audio_dataset.AudioDataset`.
        runner: a `parallel.jobs.Runner`.
        as_json: whether counts are printed as JSON.
    """
    from musiclm_jax.data.intake.builder import ACCOUNT

    with Progress() as progress:
        builder = dataset.prepare(runner=runner, progress=progress)
    folder = Path(builder.data_dir)
    splits = {name: info.num_examples for name, info in builder.info.splits.items()}
    account = {"folder": str(folder), "splits": splits}
    if (folder / ACCOUNT).exists():  # not beside a set of another kind
        account |= json.loads((folder / ACCOUNT).read_text(encoding="utf-8"))
    if as_json:
        print(json.dumps(account, indent=1))
        return
    if "recordings" in account:
        print("\n".join(_words(account)))
    print(", ".join(f"{name} {count:,} clips" for name, count in splits.items()))
    print(folder)
    name = f"{builder.name}/{builder.builder_config.name}"
    print(
        f"to train on it: --gin.DATA_DIR=\"'{dataset.data_dir}'\" "
        f"--gin.DATASET=\"'{name}'\""
    )


def _words(account: dict[str, Any]) -> list[str]:
    from musiclm_jax.data.intake.builder import QUARANTINE

    lines = [
        f"{account['recordings']:,} recordings: {account['written']:,} written "
        f"({account['hours']:.2f} h), {account['left_out']:,} left out"
    ]
    kinds = account["left_out_by_kind"].items()
    if kinds:
        lines.append(", ".join(f"{count:,} {kind}" for kind, count in kinds))
    if account["silent_clips"]:
        lines.append(f"{account['silent_clips']:,} silent clips")
    if kinds or account["silent_clips"]:
        lines.append(f"each with its reason in {QUARANTINE} beside the shards")
    return lines + account["remarks"]

"""`musiclm data describe`: a page to look at, of a prepared data set.

One HTML file that needs nothing else: counts, histograms, what was left out, and some
clips as spectrograms with their sound.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from musiclm_jax.cli import data_set
from musiclm_jax.cli.progress import Progress
from musiclm_jax.files import whole_files
from musiclm_jax.files.ranges import Range

_RANGES = {
    "clips": Range(kind=int, low=1, high=10**6),
    # In Hz; smaller numbers are meant as kHz.
    "sample_rate": Range(kind=int, low=1000, high=2**20),
    "seed": Range(kind=int, low=0, high=2**32 - 1),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    data_set.add_arguments(parser)
    parser.add_argument("--split", default="train", help="which split is described")
    parser.add_argument(
        "--clips", type=int, default=12, help="to be seen and heard on the page"
    )
    parser.add_argument(
        "--sample_rate", type=int, default=24000, help="of the data set, in Hz"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="decides which clips are chosen"
    )
    parser.add_argument("--output", required=True, type=Path, metavar="FILE.html")


def run(options: argparse.Namespace) -> None:
    """Finds the data set and writes its page.

    Raises:
        ValueError: an argument, configuration or data set that cannot be.
        OSError: a missing folder; an output that cannot be written.
    """
    for name, numbers in _RANGES.items():
        numbers.check(f"--{name}", getattr(options, name))
    whole_files.check_output(options.output)
    given = {
        "split": options.split,
        "num_cards": options.clips,
        "sample_rate": options.sample_rate,
        "seed": options.seed,
        "output": options.output,
    }
    data_set.call(options, describe, **given)


def describe(
    *,
    dataset: Any,
    split: str,
    num_cards: int,
    sample_rate: int,
    seed: int,
    output: Path,
) -> None:
    """Writes the page of a split.

    Args:
        dataset: a `data.sets.audio_dataset.AudioDataset`.
        split: of the data set.
        num_cards: clips to be seen and heard.
        sample_rate: of the data set, in Hz.
        seed: decides which clips are chosen.
        output: file to write.

    Raises:
        ValueError: the data set is not prepared, or has no such split.
    """
    import jax

    # A training may hold the accelerator, and pictures need none.
    jax.config.update("jax_platforms", "cpu")
    from musiclm_jax.data.intake import description, page
    from musiclm_jax.data.intake.builder import ACCOUNT, QUARANTINE

    builder = dataset.builder()
    if not builder.is_prepared():
        raise ValueError(
            f"data set {dataset.name!r} is not prepared in {dataset.data_dir}: prepare "
            "it first"
        )
    clips = dataset.open(split)
    dataset.check_rate(sample_rate, "--sample_rate")
    folder = Path(builder.data_dir)
    left_out = description.read_left_out(folder / QUARANTINE)
    described, drawn = _look(clips, num_cards, sample_rate, seed)
    head = page.Head(
        name=builder.info.full_name,
        folder=str(folder),
        splits={name: info.num_examples for name, info in builder.info.splits.items()},
        split=split,
        sample_rate=sample_rate,
        notes=_account(folder / ACCOUNT),
    )
    whole_files.write(output, page.render(head, described, left_out, drawn))
    print(output)


def _look(clips: Any, num_cards: int, sample_rate: int, seed: int) -> tuple[Any, list]:
    """Returns the description of many clips, and the cards of a few."""
    from musiclm_jax.data.intake import cards, description

    many = description.choose(len(clips), description.MOST_CLIPS, seed=seed)
    few = description.choose(len(clips), num_cards, seed=seed)
    drawn = []
    with Progress() as progress:
        described = description.describe(
            clips,
            many,
            sample_rate=sample_rate,
            progress=lambda share: progress("looking at clips", share),
        )
        for count, index in enumerate(few):
            drawn.append(cards.draw(clips[int(index)], sample_rate))
            progress("drawing clips", (count + 1) / len(few))
    return described, drawn


def _account(path: Path) -> list[str]:
    """Says what became of the recordings, where a set is made of some."""
    if not path.exists():
        return []
    account = json.loads(path.read_text(encoding="utf-8"))
    return [
        f"It is made of {account['recordings']:,} recordings: {account['written']:,} "
        f"were written, {account['left_out']:,} left out.",
        *account["remarks"],
    ]

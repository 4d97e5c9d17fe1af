"""`musiclm listen score`: who won a listening test, and whether by more than chance."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from musiclm_jax.cli import outputs
from musiclm_jax.files import whole_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument(
        "answers", nargs="+", type=Path, metavar="FILE", help="that a listener saved"
    )
    parser.add_argument(
        "--test", type=Path, required=True, metavar="KEY", help="the key.json of it"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE.json", help="write the figures as JSON"
    )
    outputs.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Reads all answers, and prints who is preferred.

    Raises:
        ValueError: a key or answers that are damaged, incomplete, or of another test.
        OSError: a file that is missing or cannot be written.
    """
    if options.output is not None:
        whole_files.check_output(options.output)
        outputs.check_free(options.output, "output", options)
    elif options.overwrite:
        raise ValueError("--overwrite is for --output, and none is given")
    from musiclm_jax.evaluation.listening import answers, key, preference

    asked = key.Key.read(options.test)
    outcome = preference.score(asked, answers.read_all(options.answers, asked))
    print("\n".join(_lines(outcome)))
    if options.output is not None:
        text = json.dumps(outcome.json(), ensure_ascii=False, indent=1, allow_nan=False)
        whole_files.write(options.output, (text + "\n").encode())


def _lines(outcome: Any) -> Iterator[str]:
    from musiclm_jax.evaluation.listening.preference import SIGNIFICANCE
    from musiclm_jax.evaluation.report import table

    yield f"{outcome.listeners} listeners, {outcome.questions} questions to each"
    yield ""
    rows = [
        (s.name, str(s.wins), str(s.ties), str(s.ratings), f"{s.wins / s.ratings:.1%}")
        for s in outcome.systems
    ]
    yield table(("system", "wins", "ties", "ratings", "win share"), rows)
    yield ""
    rows = [
        (
            f"{pair.first} - {pair.second}",
            f"{pair.first_wins} - {pair.second_wins}",
            str(pair.ties),
            f"{pair.p:.2g}",
            f"{pair.p_corrected:.2g}",
            "yes" if pair.is_decisive else "no",
        )
        for pair in outcome.pairs
    ]
    yield table(("pair", "wins", "ties", "Wilcoxon p", "corrected", "decisive"), rows)
    yield ""
    yield (
        f"decisive: below {SIGNIFICANCE:g} after Bonferroni over {len(rows)} "
        f"{'pair' if len(rows) == 1 else 'pairs'} of systems"
    )
    if outcome.listeners > 1:
        yield (
            f"two listeners take the same side in {outcome.agreement.same_side:.0%} of "
            f"cases; Krippendorff's alpha {outcome.agreement.alpha:.2f}"
        )

"""`musiclm data check`: what is wrong with which recording, before anything is made.

What it names is what `musiclm data prepare` would leave out.
"""

import argparse
import collections
import contextlib
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from musiclm_jax.cli import errors, recordings
from musiclm_jax.cli.progress import Progress
from musiclm_jax.files import one_writer, temporary, whole_files

# Recordings that are named under each kind of rejection.
_NAMED = 5
_COLUMNS = (
    "name", "kind", "reason", "format", "sample_rate", "num_channels", "seconds",
    "peak_db", "loudness", "clipped_share",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    recordings.add_arguments(parser)
    parser.add_argument("--csv", type=Path, metavar="FILE", help="all, a row each")
    parser.add_argument(
        "--json", action="store_true", help="print counts and all names as JSON"
    )
    parser.add_argument(
        "--work",
        type=Path,
        metavar="FOLDER",
        help="keeps what was measured, so that a check that was stopped goes on",
    )


def run(options: argparse.Namespace) -> int:
    """Measures all recordings and says what is wrong with them.

    Returns:
        The exit status: that of an error where there is no place for the CSV, which is
        told before the work; the rest is done all the same.

    Raises:
        ValueError: an argument or table that cannot be.
        OSError: a missing folder or table; an output that cannot be written.
    """
    settings = recordings.dataset(options).config
    runner = recordings.runner(options)
    output, status = options.csv, 0
    if output is not None:
        try:
            whole_files.check_output(output)
        except OSError as error:
            errors.say(error)
            output, status = None, errors.EXIT_ERROR
    with _work(options.work) as work, Progress() as progress:
        rows = check(settings, work, runner=runner, progress=progress)
    print(_json(rows) if options.json else "\n".join(_table(rows)))
    if output is not None:
        _write_csv(rows, output)
    return status


def _work(folder: Path | None) -> contextlib.AbstractContextManager[Path]:
    if folder is None:
        return temporary.folder()
    whole_files.check_folder(folder)
    return one_writer.alone(folder)


def check(
    settings: Any, folder: Path, *, runner: Any, progress: Any
) -> list[dict[str, Any]]:
    """Measures all recordings.

    Args:
        settings: a `data.intake.config.ClipsConfig`.
        folder: keeps what was measured.
        runner: a `parallel.jobs.Runner`.
        progress: is told.

    Returns:
        A row for each recording, sorted by name; `kind` is empty where nothing is
        wrong.
    """
    from musiclm_jax.data.intake import prepare

    source, limits = settings.source(), settings.limits()
    facts = prepare.survey(
        source, folder, silence_db=limits.silence_db, runner=runner, progress=progress
    )
    rejections = prepare.judge(source, facts, limits)
    known = {measured.name: measured for measured in facts}
    rows = []
    for name in sorted({*known, *rejections}):
        measured, rejection = known.get(name), rejections.get(name)
        row = {"name": name, "kind": "", "reason": ""}
        if rejection is not None:
            row |= {"kind": rejection.kind, "reason": rejection.reason}
        row |= {column: getattr(measured, column, None) for column in _COLUMNS[3:]}
        rows.append(row)
    return rows


def _counts(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    kinds = collections.Counter(row["kind"] for row in rows if row["kind"])
    good = [row for row in rows if not row["kind"]]
    return {
        "recordings": len(rows),
        "good": len(good),
        "left_out": sum(kinds.values()),
        "left_out_by_kind": dict(kinds.most_common()),
        "hours": round(sum(row["seconds"] or 0.0 for row in good) / 3600, 4),
    }


def _json(rows: Sequence[dict[str, Any]]) -> str:
    bad = [{c: row[c] for c in _COLUMNS[:3]} for row in rows if row["kind"]]
    return json.dumps(_counts(rows) | {"rejections": bad}, ensure_ascii=True, indent=1)


def _table(rows: Sequence[dict[str, Any]]) -> list[str]:
    counts = _counts(rows)
    lines = [
        f"{counts['recordings']:,} recordings: {counts['good']:,} good "
        f"({counts['hours']:.2f} h), {counts['left_out']:,} to be left out"
    ]
    for kind, count in counts["left_out_by_kind"].items():
        lines.append(f"\n{kind} ({count:,})")
        named = [row for row in rows if row["kind"] == kind]
        lines += [f"  {row['name']}: {row['reason']}" for row in named[:_NAMED]]
        if count > _NAMED:
            lines.append(f"  and {count - _NAMED:,} more: --csv or --json names all")
    # Names of files may hold bytes that are no text.
    return [line.encode("utf-8", "replace").decode("utf-8") for line in lines]


def _write_csv(rows: Sequence[dict[str, Any]], path: Path) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    whole_files.write(path, text.getvalue().encode("utf-8", "surrogateescape"))

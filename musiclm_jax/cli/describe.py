"""`musiclm describe`: what is heard in recordings: loudness, pulse, tempo and key.

`musiclm data describe` is of prepared data sets instead.
"""

import argparse
import json
import math
from pathlib import Path
from typing import Any

from musiclm_jax.cli import errors, outputs
from musiclm_jax.cli.progress import format_seconds
from musiclm_jax.files import whole_files

_SUFFIX = ".png"
# Pitch classes that are named, the most heard first.
_NAMED = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="of sound, of any format"
    )
    parser.add_argument(
        "--picture",
        type=Path,
        metavar="FILE.png",
        help="write a spectrogram of the recording; for one FILE",
    )
    outputs.add_arguments(parser)
    parser.add_argument(
        "--json", action="store_true", help="print a line of JSON for each file"
    )


def run(options: argparse.Namespace) -> int:
    """Listens to each file and says what is heard, or what is wrong with it.

    Returns:
        The exit status: that of an error if any file could not be described.

    Raises:
        ValueError: an argument that cannot be.
        OSError: a picture that cannot be written.
    """
    _check_picture(options)
    from musiclm_jax.evaluation import recording

    status = 0
    for count, path in enumerate(options.files):
        try:
            heard = recording.hear(path)
        except ValueError as error:
            if errors.are_traces_asked_for():
                raise
            errors.say(error)
            status = errors.EXIT_ERROR
            continue
        if options.picture is not None:
            _draw(heard, options.picture)
        if options.json:
            print(json.dumps(_report(heard, options.picture), allow_nan=False))
        else:
            print(*([""] if count else []), *_lines(heard, options.picture), sep="\n")
    return status


def _check_picture(options: argparse.Namespace) -> None:
    path = options.picture
    if path is None:
        if options.overwrite:
            raise ValueError("--overwrite is for --picture, and none is given")
        return
    if len(options.files) > 1:
        raise ValueError(
            f"--picture is of one recording; {len(options.files)} files are given"
        )
    whole_files.check_output(path)
    if path.suffix.lower() != _SUFFIX:
        raise ValueError(
            f"{path.name} ends in {path.suffix or 'no suffix'!r}; pictures are written "
            f"as {_SUFFIX}"
        )
    outputs.check_free(path, "picture", options)


def _draw(heard: Any, path: Path) -> None:
    import jax

    # A training may hold the accelerator, and a picture needs none.
    jax.config.update("jax_platforms", "cpu")
    from musiclm_jax.data.intake.labelled_pictures import labelled_png

    picture = labelled_png(
        heard.stretch.audio,
        heard.stretch.sample_rate,
        start_seconds=heard.stretch.start_seconds,
    )
    whole_files.write(path, picture)


def _report(heard: Any, picture: Path | None) -> dict[str, Any]:
    """Returns what is printed as JSON; None is what a recording does not have."""
    from musiclm_jax.data.synth.piece import KEYS
    from musiclm_jax.evaluation.key import key_name

    facts = heard.stretch.facts
    return {
        "file": facts.name,
        "format": facts.format,
        "seconds": round(facts.seconds, 3),
        "sample_rate": facts.sample_rate,
        "channels": facts.num_channels,
        "loudness_lufs": None if facts.loudness is None else round(facts.loudness, 2),
        "peak_db": round(facts.peak_db, 2),
        "clipped_share": round(facts.clipped_share, 6),
        "heard_from_seconds": round(heard.stretch.start_seconds, 3),
        "heard_seconds": round(heard.stretch.seconds, 3),
        "pulse_clarity": round(heard.pulse, 3),
        "tempo_bpm": None if math.isnan(heard.bpm) else round(heard.bpm, 1),
        "key_clarity": round(heard.key_clarity, 3),
        "key": key_name(heard.key) if heard.key_clarity else None,
        "pitch_classes": {
            name: round(float(share), 3)
            for name, share in zip(KEYS, heard.chroma, strict=True)
        },
        "picture": None if picture is None else str(picture),
    }


def _lines(heard: Any, picture: Path | None) -> list[str]:
    """Lays the report out for people."""
    report = _report(heard, picture)
    classes = sorted(report["pitch_classes"].items(), key=lambda item: -item[1])
    start, end = (
        heard.stretch.start_seconds,
        heard.stretch.start_seconds + heard.stretch.seconds,
    )
    is_part = heard.stretch.seconds < heard.stretch.facts.seconds - 1
    loudness, tempo = report["loudness_lufs"], report["tempo_bpm"]
    clipped = report["clipped_share"]
    rows = {
        "length": f"{report['seconds']:.2f} s",
        "format": f"{report['format']}, {report['sample_rate']} Hz, "
        f"{report['channels']} channel{'s' if report['channels'] > 1 else ''}",
        "loudness": "too soft to be measured"
        if loudness is None
        else f"{loudness:.1f} LUFS",
        "peak": f"{report['peak_db']:.1f} dB"
        + (f", {clipped:.2%} of the samples in flat tops" if clipped else ""),
        "listened to": f"{format_seconds(start)} to {format_seconds(end)}"
        if is_part
        else "",
        "pulse": f"{heard.pulse:.2f}" + (f" at {tempo:.0f} bpm" if tempo else ""),
        "key": f"{heard.key_clarity:.2f}"
        + (f" for {report['key']}" if report["key"] else ""),
        "pitches": ", ".join(
            f"{name} {share:.0%}" for name, share in classes[:_NAMED] if share
        ),
        "picture": report["picture"] or "",
    }
    width = max(map(len, rows))
    # Names of files may hold bytes that are no text.
    name = report["file"].encode("utf-8", "replace").decode("utf-8")
    return [name, *(f"  {row:<{width}}  {text}" for row, text in rows.items() if text)]

"""`musiclm generate`: music for a prompt, written to an audio file.

Everything given is checked before JAX is loaded, so that a slip is answered at once.
"""

import argparse
import dataclasses
import json
import math
import re
import sys
import time
from pathlib import Path
from typing import Any

from musiclm_jax.cli import interrupts
from musiclm_jax.cli.progress import Progress

_MAX_PROMPT = 1000
_MAX_SECONDS = 600.0
_MAX_NUM = 64
_MAX_GUIDANCE = 20.0
_MAX_CANDIDATES = 32
_SEEDS = 2**32
_NAME_LENGTH = 48


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the verb."""
    parser.add_argument("prompt", metavar="PROMPT", help="what the music should be")
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="length, 10 if not given"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="the same seed gives the same music"
    )
    parser.add_argument(
        "--num", type=int, default=1, help="pieces of music, each in a file of its own"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="a .wav, .flac, .ogg or .mp3 file; named after the prompt if not given",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="FOLDER",
        help="a bundle that `musiclm export` made; the one in the box if not given",
    )
    parser.add_argument(
        "--guidance",
        type=float,
        metavar="G",
        help="how closely to follow the prompt: 1 as trained, more is closer",
    )
    parser.add_argument(
        "--candidates",
        type=int,
        metavar="N",
        help="pieces made for each that is kept, the one nearest to the prompt",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace a file that is in the way"
    )
    parser.add_argument(
        "--json", action="store_true", help="print what was made as JSON"
    )


def run(options: argparse.Namespace) -> None:
    """Generates, writes and reports.

    Raises:
        ValueError: an argument that cannot be.
        OSError: a file or folder that cannot be written or read.
    """
    started = time.monotonic()
    check(options)
    files = output_files(options)

    with interrupts.end_at_once():
        audio, sample_rate = _generate(options)

    from musiclm_jax.data.sound import audio_files

    for path, samples in zip(files, audio, strict=True):
        audio_files.write_audio(path, samples, sample_rate)
    if options.json:
        report = {
            "files": [str(path) for path in files],
            "seed": options.seed,
            "prompt": options.prompt,
            "seconds": options.seconds,
            "sample_rate": sample_rate,
            "model": str(options.model) if options.model else "in the box",
            "wall_seconds": round(time.monotonic() - started, 3),
        }
        json.dump(report, sys.stdout, ensure_ascii=False)
        print()
    else:
        print(*files, sep="\n")


def _generate(options: argparse.Namespace) -> tuple[Any, int]:
    """Returns [num, sample] and the sample rate."""
    from musiclm_jax.cli import compilation_cache
    from musiclm_jax.generation.config import GenerationConfig
    from musiclm_jax.generation.pipeline import MusicLM

    compilation_cache.use()
    model = MusicLM.load(options.model)
    settings = GenerationConfig().guided(options.guidance)
    if options.candidates is not None:
        settings = dataclasses.replace(settings, candidates=options.candidates)
    with Progress() as progress:
        audio = model.generate(
            options.prompt,
            seconds=options.seconds,
            seed=options.seed,
            num=options.num,
            config=settings,
            progress=progress,
        )
    return audio, model.sample_rate


def check(options: argparse.Namespace) -> None:
    """Checks everything but the files.

    Raises:
        ValueError: what was given, and what is right.
    """
    prompt = options.prompt
    if not prompt.strip():
        raise ValueError('the prompt is empty: say what the music should be, as "jazz"')
    if len(prompt) > _MAX_PROMPT:
        raise ValueError(
            f"the prompt has {len(prompt):,} characters; at most {_MAX_PROMPT:,} "
            "can be used"
        )
    try:
        prompt.encode()
    except UnicodeEncodeError as error:
        raise ValueError("the prompt is not text: give it in UTF-8") from error
    _check_range("--seconds", options.seconds, 0.0, _MAX_SECONDS, above=True)
    _check_range("--seed", options.seed, 0, _SEEDS - 1)
    _check_range("--num", options.num, 1, _MAX_NUM)
    if options.guidance is not None:
        _check_range("--guidance", options.guidance, 0.0, _MAX_GUIDANCE)
    if options.candidates is not None:
        _check_range("--candidates", options.candidates, 1, _MAX_CANDIDATES)


def output_files(options: argparse.Namespace) -> list[Path]:
    """Returns where each piece goes, after checking that it can go there.

    Raises:
        ValueError: a suffix that is no audio format.
        OSError: no such folder, or a file is in the way.
    """
    from musiclm_jax.data.sound import audio_files

    output = options.output or Path(f"{_name(options.prompt)}-{options.seed}.wav")
    files = [output]
    if options.num > 1:
        names = [f"{output.stem}-{i + 1}{output.suffix}" for i in range(options.num)]
        files = [output.with_name(name) for name in names]
    for path in files:
        audio_files.check_output(path)
        if path.exists() and not options.overwrite:
            raise FileExistsError(
                f"{path} is in the way: choose another --output, or give --overwrite"
            )
    return files


def _check_range(name, value, low, high, *, above=False) -> None:
    is_inside = low < value <= high if above else low <= value <= high
    if not is_inside or not math.isfinite(value):
        bounds = f"above {low:,} and at most" if above else f"from {low:,} to"
        raise ValueError(f"{name} is {value}; it must be {bounds} {high:,}")


def _name(prompt: str) -> str:
    """A file name made of the prompt's words."""
    words = re.findall(r"\w+", prompt.lower())
    name = "-".join(words)
    if len(name) > _NAME_LENGTH:
        name = name[:_NAME_LENGTH].rpartition("-")[0] or name[:_NAME_LENGTH]
    return name or "music"

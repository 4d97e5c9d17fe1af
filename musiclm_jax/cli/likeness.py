"""`musiclm generate --check_memorisation`: how near pieces come to a training set."""

import argparse
import dataclasses
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what `opened` reads."""
    parser.add_argument(
        "--check_memorisation",
        type=Path,
        metavar="INDEX",
        help="say how near each piece comes to the training set of which `musiclm "
        "index` made this file",
    )


def opened(options: argparse.Namespace) -> Any:
    """Returns the `TokenIndex` that is asked for, or None.

    Raises:
        FileNotFoundError: there is no such file, or no model.
        ValueError: it is damaged, or of another tokenizer than the model's, or no sound
            is made here that it could be asked of.
    """
    path = options.check_memorisation
    if path is None:
        return None
    if options.prompts or options.render or options.stages == "semantic":
        raise ValueError(
            "--check_memorisation hears the pieces of one PROMPT: give it without "
            "--prompts, --render and --stages semantic"
        )
    from musiclm_jax.bundle import Bundle, default_folder
    from musiclm_jax.evaluation import token_index

    index = token_index.load(path)
    index.check(Bundle.load(options.model or default_folder()), where=str(path))
    return index


def told(index: Any, model: Any, audio: Iterable[Any]) -> list[dict[str, Any]]:
    """Says on stderr how near each piece comes, and returns it for its card.

    Args:
        index: what `opened` gave.
        model: that made them, a `MusicLM`.
        audio: pieces [sample].
    """
    from musiclm_jax.evaluation import memorisation, nearness

    tokenizer, found = model.tokenizers.semantic, []
    distances = memorisation.centroid_distances(tokenizer.params["codebooks"][0])
    for samples in audio:
        codes = tokenizer.tokenize(samples[None])[0, :, 0]
        near = nearness.of_piece(codes, index, distances)
        print(f"musiclm: {near.sentence()}", file=sys.stderr)
        found.append({"dataset": index.dataset, **dataclasses.asdict(near)})
    return found

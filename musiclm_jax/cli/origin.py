"""What makes pieces here and now: the model that is chosen, and for cards all else."""

import argparse
import platform
from pathlib import Path
from typing import Any

from musiclm_jax import __version__
from musiclm_jax.generation.cards import Origin


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--model`, the folder that `here` takes."""
    parser.add_argument(
        "--model",
        type=Path,
        metavar="FOLDER",
        help="a bundle that `musiclm export` made; the one in the box if not given",
    )


def load(folder: Path | None) -> Any:
    """Loads what makes pieces, a `MusicLM`, and finds compiled programs again.

    Raises:
        FileNotFoundError: there is no bundle.
        ValueError: it is damaged.
    """
    from musiclm_jax.cli import compilation_cache
    from musiclm_jax.generation.pipeline import MusicLM

    compilation_cache.use()
    return MusicLM.load(folder)


def here(folder: Path | None) -> Origin:
    """Describes a bundle, that in the box if None, and what computes.

    Raises:
        FileNotFoundError: there is no bundle.
        ValueError: it is damaged.
    """
    import jax

    from musiclm_jax.bundle import Bundle, default_folder

    return Origin(
        model=Bundle.load(folder or default_folder()).content_hash(),
        device=jax.devices()[0].device_kind,
        versions={
            "musiclm_jax": __version__,
            "jax": jax.__version__,
            "python": platform.python_version(),
        },
    )

"""Text in, music out: MusicLM in JAX, with all of its parts and their trainings."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["MusicLM", "__version__"]


def __getattr__(name: str) -> Any:
    # Loaded on first use, so that `import musiclm_jax` does not load JAX.
    if name == "MusicLM":
        from musiclm_jax.generation.pipeline import MusicLM

        return MusicLM
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

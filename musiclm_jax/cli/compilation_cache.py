"""Keeps compiled programs on disk, so that a second run need not compile again."""

import os
from pathlib import Path

_VARIABLE = "MUSICLM_CACHE_DIR"


def folder() -> Path:
    """Returns where compiled programs are kept: `MUSICLM_CACHE_DIR`, or the user's."""
    given = os.environ.get(_VARIABLE)
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "musiclm_jax"


def use() -> None:
    """Lets JAX keep what it compiles; JAX's own setting goes first where it is set."""
    import jax

    if jax.config.jax_compilation_cache_dir is None:
        jax.config.update("jax_compilation_cache_dir", str(folder()))
    # Every program: the small ones are many, and add up.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)

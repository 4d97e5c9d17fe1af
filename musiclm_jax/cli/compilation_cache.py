"""Keeps compiled programs on disk, so that a second run need not compile again."""

import glob
import os
import re
import warnings
from pathlib import Path
from typing import Any

_VARIABLE = "MUSICLM_CACHE_DIR"
# What JAX warns of where an entry is damaged: it compiles, but keeps the entry.
_UNREADABLE = re.compile("Error reading persistent compilation cache entry for '(.*?)'")


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
    if warnings.showwarning is not _show:
        _shown_by.append(warnings.showwarning)
        warnings.showwarning = _show


_shown_by: list[Any] = []


def _show(message: Any, *where: Any, **how: Any) -> None:
    """Removes the entries of a program that cannot be read: JAX writes them anew."""
    found = _UNREADABLE.match(str(message))
    if found is None:
        _shown_by[-1](message, *where, **how)
        return
    import jax

    kept = Path(jax.config.jax_compilation_cache_dir)
    for entry in kept.glob(f"{glob.escape(found[1])}-*"):
        entry.unlink(missing_ok=True)

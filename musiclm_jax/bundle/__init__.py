"""A model on disk, the tokenizers it holds, and data sets as their tokens."""

from musiclm_jax.bundle.folder import (
    TOKENIZERS,
    VOCABULARY,
    Bundle,
    default_folder,
    load_part,
)
from musiclm_jax.bundle.kinds import kinds
from musiclm_jax.bundle.manifest import FORMAT, MANIFEST
from musiclm_jax.bundle.saving import (
    extend_part,
    remove_part,
    save_card,
    save_file,
    save_part,
    save_sampling,
    save_words,
)

__all__ = [
    "FORMAT",
    "MANIFEST",
    "TOKENIZERS",
    "VOCABULARY",
    "Bundle",
    "default_folder",
    "extend_part",
    "kinds",
    "load_part",
    "remove_part",
    "save_card",
    "save_file",
    "save_part",
    "save_sampling",
    "save_words",
]

"""What trained tokenizers must tell of themselves where their tokens are read."""

from typing import Protocol

import numpy as np

from musiclm_jax.tokens import TokenSpec, Vocabulary


class FrozenTokenizers(Protocol):
    """What the token records do not hold of the tokenizers that made them."""

    def fingerprint(self) -> str:
        """Returns the hash that the records must carry."""
        ...

    def melody_fingerprint(self) -> str:
        """Returns the hash that records with melody codes must carry."""
        ...

    def vocabulary(self) -> Vocabulary:
        """Returns kinds, rates and levels of the codes that they make."""
        ...

    def mulan_codes(self, embedding: np.ndarray) -> np.ndarray:
        """Returns the MuLan codes [level] of an embedding [dim] of unit length."""
        ...


def check_kinds(asked: Vocabulary, made: Vocabulary) -> None:
    """Compares the kinds of codes that a run has with those of the tokenizers.

    Raises:
        ValueError: they differ in a rate, in levels or in the size of a codebook, or
            the tokenizers make no such kind.
    """
    made_names = [spec.name for spec in made.specs]
    for spec in asked.specs:
        if spec.name not in made_names:
            raise ValueError(
                f"the run reads {spec.name} tokens, and the bundle has no part that "
                f"makes them: train and export runs/{spec.name}.gin first"
            )
        if spec != made.spec(spec.name):
            raise ValueError(
                f"the run has {words(spec)}, and the tokenizers make "
                f"{words(made.spec(spec.name))}: let the run's sizes say the same "
                "(configs/shared/token_batches.gin)"
            )


def check_melody(made_by: str, tokenizers: FrozenTokenizers) -> None:
    """Compares what made the melody codes of records with what the run has.

    Raises:
        ValueError: there are none, or they are of another part.
    """
    if made_by != tokenizers.melody_fingerprint():
        raise ValueError(
            "the token records have no melody codes of this bundle: tokenize the audio "
            "again, into another folder"
        )


def words(spec: TokenSpec) -> str:
    """Returns what a kind of tokens is, for a sentence."""
    rate = f" at {spec.frame_rate:g} Hz" if spec.frame_rate else ""
    return (
        f"{spec.name} tokens of {spec.num_quantizers} x {spec.codebook_size} "
        f"codes{rate}"
    )

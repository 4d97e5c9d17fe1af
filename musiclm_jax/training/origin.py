"""What a run learns from: it goes on with what it began with, or not at all."""

import dataclasses
from pathlib import Path

from musiclm_jax.training.batches import Batches
from musiclm_jax.training.checkpoints import Restored
from musiclm_jax.training.frozen import FrozenNetwork, frozen_made_of


def unchanged(
    found: Restored,
    batches: Batches,
    frozen: FrozenNetwork | None,
    model_dir: str | Path,
    *,
    config: str,
) -> Restored:
    """Returns what was found, with the fingerprints of data and network in its facts.

    Raises:
        ValueError: the run began with others. Runs of before do not say with which.
    """
    made_of = batches.made_of() | frozen_made_of(frozen)
    began = found.facts.made_of
    other = [name for name in began if made_of.get(name) != began[name]]
    if other:
        raise ValueError(
            f"{model_dir} holds a run that began with another "
            f"{' and another '.join(other)} than there is now: give it what it began "
            "with, or choose another model_dir"
        )
    facts = dataclasses.replace(found.facts, config=config, made_of=made_of)
    return dataclasses.replace(found, facts=facts)

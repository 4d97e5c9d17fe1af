"""Among how many codes a stage is in doubt, level by level, beside what counting says.

A stage scores held-out tokens as in its training: its prefix is of the clip itself, and
each code is given all before it. The unigram's perplexity is that of the very codes
that are scored, so that whoever knows no more than how often each code comes does no
better.
"""

import dataclasses
import functools
from collections.abc import Callable

import jax
import numpy as np

from musiclm_jax.evaluation import intervals
from musiclm_jax.evaluation.batches import in_batches
from musiclm_jax.evaluation.findings import Finding
from musiclm_jax.evaluation.token_clips import TokenClips
from musiclm_jax.generation.hierarchy import StageModel
from musiclm_jax.generation.pipeline import MusicLM
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.lm.teacher_forcing import target_logits
from musiclm_jax.tokens import TokenSpec


@dataclasses.dataclass(frozen=True, kw_only=True)
class LevelPerplexity:
    """How surprised a stage is by one level of its target.

    Attributes:
        stage: its name.
        level: of the codes, from 1.
        value: of the stage.
        low: lower end of its interval, over clips.
        high: upper end of it.
        unigram: of the codes by how often they come.
    """

    stage: str
    level: int
    value: float
    low: float
    high: float
    unigram: float


def figures(
    model: MusicLM,
    clips: TokenClips,
    *,
    batch: int = 8,
    done: Callable[[str], None] = lambda what: None,
) -> tuple[Finding, ...]:
    """Measures every stage of a model; SoundStorm, which is none, is left out.

    Args:
        model: with its stages.
        clips: held out.
        batch: clips at once.
        done: told what is done.

    Raises:
        ValueError: the clips lack codes that a stage reads.
    """
    found = []
    for each in by_level(model, clips, batch=batch, done=done):
        name = f"perplexity of the {each.stage} stage, level {each.level}"
        found.append(
            Finding(
                measure=name,
                of="stage",
                value=each.value,
                low=each.low,
                high=each.high,
                better="low",
            )
        )
        found.append(
            Finding(measure=name, of="unigram", value=each.unigram, better="low")
        )
    return tuple(found)


def by_level(
    model: MusicLM,
    clips: TokenClips,
    *,
    batch: int,
    done: Callable[[str], None],
) -> list[LevelPerplexity]:
    """Returns what `figures` tells of; see there."""
    found = []
    for stage in stages_of(model):
        config = stage.config
        codes = clips.codes(
            min(config.stage.crop_seconds, clips.seconds), melody=_melody_of(config)
        )
        surprisal = surprisals(stage, codes, batch=batch).mean(axis=1)
        counted = unigram(
            np.asarray(config.stage.target.select(codes)), config.target.codebook_size
        )
        first = config.stage.target.first_level
        for column, of_clips in enumerate(surprisal.T):
            low, high = intervals.of_mean(of_clips)
            found.append(
                LevelPerplexity(
                    stage=config.stage.name,
                    level=first + column + 1,
                    value=float(np.exp(of_clips.mean())),
                    low=float(np.exp(low)),
                    high=float(np.exp(high)),
                    unigram=float(counted[column]),
                )
            )
        done(f"{config.stage.name} stage")
    return found


def stages_of(model: MusicLM) -> list[StageModel]:
    """Returns the token stages that a model has, in the order of the hierarchy."""
    acoustics = model.networks.acoustics
    return [
        stage
        for stage in (model.networks.semantic, acoustics.coarse, acoustics.fine)
        if stage is not None
    ]


def surprisals(
    stage: StageModel, codes: dict[str, np.ndarray], *, batch: int
) -> np.ndarray:
    """Returns minus the log probability, in nats, of each code of a stage's target.

    Args:
        stage: a trained one.
        codes: [clip, time, level] of every kind, of one stretch of time.
        batch: clips at once.

    Returns:
        [clip, time, level].
    """
    num = len(next(iter(codes.values())))
    return in_batches(
        lambda numbers: _surprisals(
            stage.config, stage.params, {n: c[numbers] for n, c in codes.items()}
        ),
        np.arange(num),
        batch,
    )


def unigram(codes: np.ndarray, codebook_size: int) -> np.ndarray:
    """Returns the perplexity [level] of codes [clip, time, level] by their counts."""
    found = []
    for level in np.moveaxis(codes, -1, 0):
        counts = np.bincount(level.ravel(), minlength=codebook_size)
        shares = counts[counts > 0] / level.size
        found.append(np.exp(-(shares * np.log(shares)).sum()))
    return np.array(found)


@functools.partial(jax.jit, static_argnames="config")
def _surprisals(
    config: StageConfig, params: dict, codes: dict[str, jax.Array]
) -> jax.Array:
    prefix = config.stage.prefix_tokens(config.vocabulary, codes)
    target = config.stage.target.select(codes)
    network = config.build().bind({"params": params})
    logits = target_logits(config, network, prefix, target)
    score = jax.numpy.take_along_axis(logits, target[..., None], axis=-1)[..., 0]
    return jax.nn.logsumexp(logits, axis=-1) - score


def _melody_of(config: StageConfig) -> TokenSpec | None:
    """Returns what melody codes are, where the stage reads them."""
    if "melody" not in config.stage.conditions:
        return None
    return config.vocabulary.spec("melody")

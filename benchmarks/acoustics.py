"""SoundStorm beside the coarse and the fine stage: seconds for one piece; one table.

    python benchmarks/acoustics.py [--seconds 30] [--rounds 3]

Networks of `sizes/tiny.gin` with random weights, the stages with as many layers as
SoundStorm has blocks, which are of about one size. Both write all levels behind the
same semantic tokens, SoundStorm with the iterations that the model in the box has, and
with the paper's. Measured in turn in one process, after a first time that compiles;
the figures are medians.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from musiclm_jax.cli import compilation_cache, config, gin_places, train
from musiclm_jax.evaluation import report
from musiclm_jax.generation import spans
from musiclm_jax.generation.acoustics import Acoustics
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.generation.filling import SoundStormModel
from musiclm_jax.generation.hierarchy import StageModel, no_progress
from musiclm_jax.generation.score import Score
from musiclm_jax.generation.writing import Networks
from musiclm_jax.lm.config import unroll_params
from musiclm_jax.programs import training
from musiclm_jax.soundstorm.sampling_config import MaskSamplingConfig

# What the codec makes of codes; only how far they lie from each other matters.
_CODE_WIDTH = 64


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    compilation_cache.use()
    # Whose tokens are given: it writes nothing.
    semantic = _stage("semantic")
    stages = Networks(semantic, Acoustics(_stage("coarse"), _stage("fine"), None))
    storm = Networks(semantic, Acoustics(None, None, _soundstorm()))
    ways = {
        "coarse and fine stage": (stages, MaskSamplingConfig()),
        "SoundStorm, one iteration a level": (storm, MaskSamplingConfig(iterations=1)),
        "SoundStorm, the paper's iterations": (storm, MaskSamplingConfig()),
    }
    calls = {
        name: _writer(networks, how, options.seconds)
        for name, (networks, how) in ways.items()
    }
    for call in calls.values():
        call()
    found = [
        {name: _seconds(call) for name, call in calls.items()}
        for _ in range(options.rounds)
    ]
    took = {name: statistics.median(turn[name] for turn in found) for name in calls}
    slowest = took["coarse and fine stage"]
    rows = [
        [name, f"{_size(ways[name][0]) / 1e6:.1f}", f"{t:.2f}", f"{slowest / t:.1f}"]
        for name, t in took.items()
    ]
    header = ("what writes", "million weights in layers", "seconds", "times fewer")
    print(f"{report.table(header, rows)}\n\n{report.hardware()}")


def _stage(name: str) -> StageModel:
    task, params = _load(f"{name}_stage", "LM_LAYERS=%SOUNDSTORM_LAYERS")
    layers = unroll_params(task.config, params)
    return StageModel(task.config.unrolled, layers)


def _soundstorm() -> SoundStormModel:
    task, params = _load("soundstorm")
    target = task.config.target
    shape = (target.num_quantizers, target.codebook_size, _CODE_WIDTH)
    return SoundStormModel(task.config, params, _random(shape))


def _load(run: str, *bindings: str) -> tuple[Any, Any]:
    """Returns a training at the box's size, and random parameters."""
    files = (f"runs/{run}.gin", "sizes/tiny.gin")
    config.load(config.GinArguments(files, bindings, ()), blank=gin_places.PLACES)
    task, batches = (config.build(train.train, name) for name in ("task", "batches"))
    params = training.inference_shapes(task, batches.shapes())
    return task, jax.tree.map(lambda x: _random(x.shape), params)


def _random(shape: tuple[int, ...]) -> jax.Array:
    rng = np.random.default_rng(0)
    return jnp.asarray(0.02 * rng.standard_normal(shape, np.float32))


def _writer(
    networks: Networks, how: MaskSamplingConfig, seconds: float
) -> Callable[[], None]:
    """What writes all acoustic tokens of a piece."""
    vocabulary = next(iter(networks.configs().values())).vocabulary
    semantic, mulan = vocabulary.spec("semantic"), vocabulary.spec("mulan")
    score = Score(
        spans=spans.one({"mulan": jnp.zeros((1, 1, mulan.num_quantizers), jnp.int32)}),
        seconds=seconds,
        rngs=jax.random.split(jax.random.key(0), 1),
        semantic=jnp.zeros((1, semantic.num_frames(seconds), 1), jnp.int32),
    )
    settings = GenerationConfig(soundstorm=how)

    def write() -> None:
        for codes in networks.write(score, config=settings, progress=no_progress):
            jax.block_until_ready(codes)

    return write


def _seconds(call: Callable[[], None]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _size(networks: Networks) -> int:
    """Counts the weights of layers and blocks, without tables and heads."""
    acoustics = networks.acoustics
    models = [acoustics.coarse, acoustics.fine, acoustics.soundstorm]
    return sum(
        leaf.size
        for model in models
        if model is not None
        for name, part in model.params.items()
        if name.startswith(("layers", "blocks"))
        for leaf in jax.tree.leaves(part)
    )


if __name__ == "__main__":
    sys.exit(main())

"""What thirty seconds of music take at the papers' sizes, from shapes alone; one table.

    python benchmarks/paper_chain.py [--share 0.5]

Of each network on the way from MuLan's tokens to sound: how often it is run, the bytes
of weights and caches that these runs read, and their arithmetic. A run takes as long as
the slower of the two at the rates of a chip's data sheet, of which `--share` is thought
to be reached; start-up, the text tower and copies are left out. Semantic and acoustic
networks read bfloat16, the codec float32. Coarse and fine stage stand for SoundStorm
below the line. Nothing of this was measured.
"""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from musiclm_jax.cli import config, gin_places, train
from musiclm_jax.codec import network as codec_network
from musiclm_jax.evaluation import report
from musiclm_jax.generation import programs
from musiclm_jax.lm.sampling import cache_bytes
from musiclm_jax.lm.sampling_config import SamplingConfig
from musiclm_jax.parallel import peaks, sharding
from musiclm_jax.parallel.arithmetic import count_flops
from musiclm_jax.programs import training
from musiclm_jax.soundstorm.sampling_config import MaskSamplingConfig

SECONDS = 30.0
# Bytes that the memory gives a second: Google's pages on TPU versions, NVIDIA's data
# sheets.
CHIPS = {
    "TPU v5e": (peaks.FLOPS["TPU v5 lite"], 819e9),
    "TPU v6e": (peaks.FLOPS["TPU v6 lite"], 1640e9),
    "NVIDIA H200": (peaks.FLOPS["NVIDIA H200"], 4800e9),
}


@dataclasses.dataclass(frozen=True)
class Part:
    """A network on the way.

    Attributes:
        name: of it.
        passes: how often it is run, one behind the other.
        bytes: that all passes read.
        flops: of all passes.
    """

    name: str
    passes: int
    bytes: float
    flops: float

    def least_seconds(self, flops: float, memory: float) -> float:
        """What it takes of arithmetic and memory, whichever is longer."""
        return max(self.flops / flops, self.bytes / memory)


def main(arguments: Sequence[str] | None = None) -> None:
    """Counts and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=float, default=0.5, help="of a chip's rates")
    options = parser.parse_args(arguments)
    chain = [stage("semantic_stage"), soundstorm(), codec()]
    others = [stage("coarse_stage"), stage("fine_stage")]

    def row(name: str, parts: Sequence[Part]) -> list[str]:
        times = (
            sum(part.least_seconds(*rates) for part in parts) / options.share
            for rates in CHIPS.values()
        )
        return [
            name,
            str(sum(part.passes for part in parts)),
            f"{sum(part.bytes for part in parts) / 1e9:.1f}",
            f"{sum(part.flops for part in parts) / 1e12:.1f}",
            *(f"{seconds:.2f}" for seconds in times),
        ]

    rows = [row(part.name, [part]) for part in chain]
    rows.append(row("the chain", chain))
    rows += [row(part.name, [part]) for part in others]
    rows.append(row("the chain with these", [chain[0], *others, chain[-1]]))
    header = (
        "network",
        "passes",
        "GB read",
        "Tflop",
        *(f"s, {chip}" for chip in CHIPS),
    )
    print(report.table(header, rows))
    print(f"\n{SECONDS:g} s, one piece, {options.share:g} of the chips' rates")


def stage(run: str) -> Part:
    """Of a token stage, window by window; windows share nothing here."""
    task, params = _load(run)
    windows = SECONDS / task.config.stage.crop_seconds
    mesh = sharding.make_mesh(devices=jax.devices()[:1])
    traced, _ = programs.trace_window(task.config, params, num=1, mesh=mesh)
    layout = task.config.layout(task.config.stage.crop_seconds)
    steps = layout.num_frames * task.config.stage.target.num_levels
    cache = cache_bytes(
        task.config.unrolled,
        rows=1,
        num_frames=layout.num_frames,
        sampling=SamplingConfig(),
    )
    weights = 2 * (_size(params) - params["table"].size)
    weights += 2 * task.config.target.codebook_size * task.config.network.embed_dim
    return Part(
        run,
        round(steps * windows),
        # Half of the last cache, on average.
        windows * steps * (weights + cache / 2),
        windows * count_flops(traced.jaxpr),
    )


def soundstorm() -> Part:
    """Of SoundStorm, one window of all."""
    task, params = _load("soundstorm")
    network, target = task.config, task.config.target
    passes = MaskSamplingConfig().iterations + target.num_quantizers - 1
    codes = {
        spec.name: jax.ShapeDtypeStruct(
            (
                1,
                spec.num_frames(SECONDS) if spec.frame_rate else 1,
                spec.num_quantizers,
            ),
            jnp.int32,
        )
        for spec in network.vocabulary.specs
        if spec.name in ("mulan", "semantic", "acoustic")
    }
    jaxpr = jax.make_jaxpr(
        lambda params, codes: network.build().apply(
            {"params": params},
            codes,
            jnp.int32(0),
            is_conditioned=jnp.ones(1, bool),
            method="level",
        )
    )(params, codes)
    read = 2 * (_size(params) - params["acoustic"].size - params["heads"].size)
    return Part("soundstorm", passes, passes * read, passes * count_flops(jaxpr))


def codec() -> Part:
    """Of the codec's decoder, once."""
    task, params = _load("codec")
    network = task.config
    shape = (1, round(SECONDS * network.frame_rate), network.num_quantizers)
    jaxpr = jax.make_jaxpr(
        lambda params, codes: codec_network.decode(network, params, codes)
    )(params, jax.ShapeDtypeStruct(shape, jnp.int32))
    return Part("codec", 1, 4 * _size(params["decoder"]), count_flops(jaxpr))


def _load(run: str) -> tuple[Any, Any]:
    """Returns a training at the paper's size, and its parameters as shapes."""
    files = (f"runs/{run}.gin", "sizes/paper.gin")
    config.load(config.GinArguments(files, (), ()), blank=gin_places.PLACES)
    task, batches = (config.build(train.train, name) for name in ("task", "batches"))
    return task, training.inference_shapes(task, batches.shapes())


def _size(params: Any) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(params))


if __name__ == "__main__":
    sys.exit(main())

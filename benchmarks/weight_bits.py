"""What fewer bits a weight cost and save where a stage is sampled; two tables.

    python benchmarks/weight_bits.py --tokens FOLDER [--model FOLDER] [--split test]
    python benchmarks/weight_bits.py --topology v5e:2x2

With tokens: nats a code that a bundle's stages lose on clips that are held out. Export
the bundle in 16 bits, or its own eight are what is measured. With a topology: bytes of
all that the loop over tokens is given to read, weights and full caches, in the program
that the TPU compiler makes of the semantic stage for one of its chips, at each size of
`benchmarks/decoding.py` and one row; no TPU is needed.
"""

import argparse
import dataclasses
import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import decoding
import jax
import jax.numpy as jnp

from musiclm_jax import stages, tokens
from musiclm_jax.bundle import Bundle
from musiclm_jax.evaluation import perplexity, report
from musiclm_jax.evaluation.token_clips import TokenClips
from musiclm_jax.generation.pipeline import MusicLM
from musiclm_jax.lm import weights
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.lm.sampling import sample
from musiclm_jax.lm.sampling_config import SamplingConfig
from musiclm_jax.parallel import sharding
from musiclm_jax.programs import chips

BITS = (32, 16, 8)
# Of the kinds of numbers in a compiled program.
_BYTES = {"f32": 4, "s32": 4, "u32": 4, "bf16": 2, "s8": 1, "pred": 1}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=Path, help="records of `musiclm tokenize`")
    parser.add_argument("--model", type=Path, help="a bundle with token stages")
    parser.add_argument("--split", default="test")
    parser.add_argument("--num_clips", type=int, default=100)
    parser.add_argument("--topology", help="such as v5e:2x2")
    options = parser.parse_args(arguments)
    if (options.tokens is None) == (options.topology is None):
        parser.error("give --tokens and --model, or --topology")
    if options.tokens is not None and options.model is None:
        parser.error("--tokens wants the --model whose stages read them")
    # Before anything asks for devices: a TPU that is here must not be taken.
    jax.config.update("jax_platforms", "cpu")
    try:
        table = lost(options) if options.tokens else read(options.topology)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(f"{table}\n\n{report.hardware()}")


def lost(options: argparse.Namespace) -> str:
    """Tells nats a code, and how many more they are with fewer bits."""
    model = MusicLM.load(options.model)
    clips = TokenClips.draw(
        options.tokens,
        options.split,
        model.tokenizers.mulan,
        tokenizers=Bundle.load(options.model).tokenizers_hash(),
        num=options.num_clips,
        seed=0,
    )
    lines = []
    for stage in perplexity.stages_of(model):
        config = stage.config
        codes = clips.codes(min(config.stage.crop_seconds, clips.seconds))
        nats = {}
        for bits in BITS:
            rounded = weights.whole(weights.keep(stage.params, bits))
            rounded = dataclasses.replace(stage, params=rounded)
            nats[bits] = perplexity.surprisals(rounded, codes, batch=8).mean()
        lines += [
            [
                config.stage.name,
                str(bits),
                f"{nats[bits]:.4f}",
                f"{nats[bits] - nats[32]:+.4f}",
            ]
            for bits in BITS
        ]
    return report.table(("stage", "bits", "nats a code", "lost"), lines)


def read(topology: str) -> str:
    """Tells what a step reads, and the share of that with all bits."""
    chip = chips.devices(topology)[:1]
    lines = []
    for name, size in decoding.SIZES.items():
        found = {bits: step_bytes(size, bits, chip) for bits in BITS}
        lines += [
            [
                name,
                str(bits),
                f"{found[bits] / 1e6:.1f}",
                f"{found[bits] / found[32]:.2f}",
            ]
            for bits in BITS
        ]
    return report.table(("size", "bits", "MB a step", "of 32 bits"), lines)


def step_bytes(size: decoding.Size, bits: int, chip: Sequence[jax.Device]) -> int:
    """Compiles the sampling of a window; returns what its loop is given to read.

    That is all but the table of ids, of which a step reads a row.
    """
    config = StageConfig(
        stage=stages.SEMANTIC,
        vocabulary=tokens.music_vocabulary(),
        network=decoding.network_config(size, scan_layers=False),
        reach_seconds=stages.SEMANTIC.crop_seconds,
    )
    mesh = sharding.make_mesh(devices=chip)
    everywhere = sharding.replicated(mesh)

    def draw(params: dict, mulan: jax.Array, prompt: jax.Array, key: jax.Array) -> Any:
        return sample(
            config,
            params,
            {"mulan": mulan},
            prompt,
            num_frames=size.steps,
            rngs=jax.random.wrap_key_data(key),
            sampling=SamplingConfig(weight_bits=bits),
        )

    arguments = (
        jax.eval_shape(lambda: decoding.random_params(config)),
        jax.ShapeDtypeStruct((1, 1, 12), jnp.int32),
        jax.ShapeDtypeStruct((1, 0, 1), jnp.int32),
        jax.ShapeDtypeStruct((1, 2), jnp.uint32),
    )
    arguments = jax.tree.map(
        lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=everywhere), arguments
    )
    with sharding.use_mesh(mesh, sharding.DEFAULT_RULES):
        text = jax.jit(draw).lower(*arguments).compile().as_text()
    # The last segment's: all positions are there.
    *_, given = re.findall(r"= \((.*)\) while\(", text)
    arrays = [
        (_BYTES[kind], [int(axis) for axis in shape.split(",") if axis])
        for kind, shape in re.findall(r"(\w+)\[([\d,]*)\]", given)
    ]
    table = config.vocabulary.num_rows
    return sum(num * math.prod(shape) for num, shape in arrays if shape[:1] != [table])


if __name__ == "__main__":
    sys.exit(main())

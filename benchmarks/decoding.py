"""Steps a second of sampling, beside what reading the weights allows; one table.

    taskset -c 0 python benchmarks/decoding.py [--against CHECKOUT] [--rounds N] \
      [--rows 1 2 32] [--clock processor]

Float32, the semantic stage, as many rows as are told; of one row the layers are
scanned too, and unrolled as `MusicLM.load` does. A step reads all weights once, and
the keys and values of each row: the limit is their bytes over the rate of the fastest
of several ways to read as many in the same run. With `--against`, the package of
another checkout is measured in turn with ours. Every measurement is a process of its
own; the figures are medians. The processor's clock, on one core, counts little of what
else the machine does.
"""

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax.linen import meta

from musiclm_jax import stages, tokens
from musiclm_jax.evaluation import report
from musiclm_jax.lm.config import StageConfig
from musiclm_jax.lm.sampling import SamplingConfig, sample
from musiclm_jax.lm.task import StageTask
from musiclm_jax.lm.transformer import TransformerConfig

OURS = Path(__file__).parents[1]


@dataclasses.dataclass(frozen=True)
class Size:
    """Of a network, and how many tokens it writes."""

    num_layers: int
    num_heads: int
    embed_dim: int
    mlp_dim: int
    steps: int


SIZES = {
    "6 x 256": Size(6, 4, 256, 1024, 750),
    "24 x 1024": Size(24, 16, 1024, 4096, 150),
}
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}


@dataclasses.dataclass(frozen=True)
class Case:
    """What is measured: whose package, which layers, how many rows."""

    folder: Path
    layers: str
    rows: int

    def __str__(self) -> str:
        """As the table calls it."""
        other = "" if self.folder == OURS else f", {self.folder.name}"
        return f"{self.layers}, {self.rows} rows{other}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="another checkout")
    parser.add_argument("--sizes", nargs="*", choices=SIZES, default=list(SIZES))
    parser.add_argument("--rows", nargs="*", type=int, default=[1])
    parser.add_argument("--rounds", type=int, default=3, help="of all measurements")
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument(
        "--weight_bits", type=int, default=32, help="see musiclm_jax/lm/weights.py"
    )
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--layers", default="unscanned", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        print(json.dumps(measure(options)))
        return
    header = ("size", "layers", "steps/s", "limit", "share", "rows over one row's")
    lines = [line for size in options.sizes for line in _lines(size, options)]
    print(f"{report.table(header, lines)}\n\n{report.hardware()}")


def _lines(size: str, options: argparse.Namespace) -> list[list[str]]:
    """Measures one size in turn; returns the lines of its table."""
    folders = [OURS, *([options.against] if options.against else [])]
    cases = [Case(folder, "unscanned", n) for n in options.rows for folder in folders]
    if 1 in options.rows:
        cases.append(Case(OURS, "scanned", 1))
    found = [
        [
            run(size, case, clock=options.clock, weight_bits=options.weight_bits)
            for case in cases
        ]
        for _ in range(options.rounds)
    ]
    lines = []
    for number, case in enumerate(cases):
        rate = statistics.median(turn[number]["rate"] for turn in found)
        # What disturbs a measurement makes it slower.
        limit = max(turn[number]["limit"] for turn in found)
        first = statistics.median(turn[0]["rate"] for turn in found)
        gain = rate * case.rows / (first * cases[0].rows)
        figures = (rate, limit, rate / limit, gain)
        lines.append([size, str(case), *(f"{figure:.2f}" for figure in figures)])
    return lines


def run(
    size: str, case: Case, *, clock: str, weight_bits: int = 32
) -> dict[str, float]:
    """Measures in a new process, with the package of a checkout."""
    asked = ("--measure", size, "--layers", case.layers, "--rows", str(case.rows))
    how = ("--clock", clock, "--weight_bits", str(weight_bits))
    made = subprocess.run(
        [sys.executable, __file__, *asked, *how],
        env={**os.environ, "PYTHONPATH": str(case.folder.resolve())},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(made.stdout)


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Returns steps a second, and those that the memory would allow."""
    size, rows = SIZES[options.measure], options.rows[0]
    config = _make(
        StageConfig,
        stage=stages.SEMANTIC,
        vocabulary=tokens.music_vocabulary(),
        network=network_config(size, scan_layers=options.layers == "scanned"),
        reach_seconds=stages.SEMANTIC.crop_seconds,
    )
    params = random_params(config)
    sampling = _make(SamplingConfig, weight_bits=options.weight_bits)
    draw = _sampler(*_as_loaded(config, params), rows, size.steps, sampling)
    jax.block_until_ready(draw())
    # All weights, of the table the codes of one level, and half of the last caches.
    read = sum(x.size for x in jax.tree.leaves(params)) - params["table"].size
    read += config.target.codebook_size * size.embed_dim
    read = read * options.weight_bits // 32
    read += rows * size.num_layers * size.steps * size.embed_dim
    clock = CLOCKS[options.clock]
    return {
        "rate": size.steps / _seconds(draw, clock),
        "limit": 1 / min(_seconds(way, clock, times=10) for way in _reading(read)),
    }


def random_params(config: StageConfig) -> dict:
    """Random ones."""
    task = _make(
        StageTask,
        config=config,
        optimizer=optax.sgd(0.0),
        condition_dropout_rates={"mulan": 0.0},
        condition_dropout_rate=0.0,
        z_loss=0.0,
        ema_decay=0.0,
        average_decay=0.0,
    )
    state = jax.eval_shape(lambda rng: task.init(rng, {}), jax.random.key(0))
    rng = np.random.default_rng(0)
    return jax.tree.map(
        lambda x: jnp.asarray(0.02 * rng.standard_normal(x.shape, np.float32)),
        meta.unbox(state.params),
    )


def network_config(size: Size, *, scan_layers: bool) -> TransformerConfig:
    """Returns the sizes of a network, of this package or of another checkout's."""
    return _make(
        TransformerConfig,
        num_layers=size.num_layers,
        num_heads=size.num_heads,
        head_dim=size.embed_dim // size.num_heads,
        embed_dim=size.embed_dim,
        mlp_dim=size.mlp_dim,
        dropout_rate=0.0,
        num_buckets=32,
        max_distance=128,
        scan_layers=scan_layers,
    )


def _make(kind: type, **values: Any) -> Any:
    """Makes a config of the fields it has: another checkout's may have others."""
    names = {field.name for field in dataclasses.fields(kind)}
    return kind(**{name: value for name, value in values.items() if name in names})


def _as_loaded(config: StageConfig, params: dict) -> tuple[StageConfig, dict]:
    """What `MusicLM.load` makes of scanned layers; another checkout has none here."""
    if not config.network.scan_layers:
        return config, params
    from musiclm_jax.lm.config import unroll_params

    return config.unrolled, jax.block_until_ready(unroll_params(config, params))


def _sampler(
    config: StageConfig, params: dict, rows: int, steps: int, sampling: SamplingConfig
) -> Callable[[], object]:
    """What draws so many tokens behind the MuLan tokens."""
    codes = {"mulan": jnp.zeros((rows, 1, 12), jnp.int32)}
    prompt = jnp.zeros((rows, 0, 1), jnp.int32)
    keys = jax.random.split(jax.random.key(0), rows)

    def draw() -> jax.Array:
        return sample(
            config,
            params,
            codes,
            prompt,
            num_frames=steps,
            rngs=keys,
            sampling=sampling,
        )

    return draw


def _reading(size: int) -> list[Callable[[], object]]:
    """Ways to read so many float32 numbers: their sum, and products with a vector."""
    width = 1024
    matrix, vector = jnp.ones((size // width, width)), jnp.ones(width)
    numbers, column, multiply = np.asarray(matrix), matrix[:, 0], jax.jit(jnp.dot)
    ways = [
        numbers.sum,
        lambda: multiply(matrix, vector),
        lambda: multiply(column, matrix),
    ]
    for way in ways:
        jax.block_until_ready(way())
    return ways


def _seconds(
    run: Callable[[], object], clock: Callable[[], float], *, times: int = 1
) -> float:
    start = clock()
    for _ in range(times):
        jax.block_until_ready(run())
    return (clock() - start) / times


if __name__ == "__main__":
    main()

"""Steps a second of sampling, beside what reading the weights allows; one table.

    taskset -c 0 python benchmarks/decoding.py [--against CHECKOUT] [--rounds N]

Batch of one, float32, the semantic stage. A step reads all weights once: the limit is
their bytes over the rate at which a matrix-vector product of as many bytes reads them
in the same run. With `--against`, the package of another checkout is measured in turn
with ours, and the last column is our rate over that of its unscanned layers. Every
measurement is a process of its own; the rows are medians.
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

_OURS = Path(__file__).parents[1]


@dataclasses.dataclass(frozen=True)
class Size:
    """Of a network, and how many tokens it writes."""

    num_layers: int
    num_heads: int
    embed_dim: int
    mlp_dim: int
    steps: int


_SIZES = {
    "6 x 256": Size(6, 4, 256, 1024, 750),
    "24 x 1024": Size(24, 16, 1024, 4096, 150),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="another checkout")
    parser.add_argument("--sizes", nargs="*", choices=_SIZES, default=list(_SIZES))
    parser.add_argument("--rounds", type=int, default=3, help="of all measurements")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        size, layers = options.measure
        print(json.dumps(measure(_SIZES[size], scan_layers=layers == "scanned")))
        return
    print("| size | layers | steps/s | limit of the memory | over the other's |")
    print("|---|---|---|---|---|")
    for size in options.sizes:
        for row in _rows(size, options.against, options.rounds):
            print(row)
    print(f"\n{report.hardware()}")


def _rows(size: str, against: Path | None, rounds: int) -> list[str]:
    """Measures one size in turn; returns the lines of its table."""
    runs = [("unscanned", _OURS), ("scanned", _OURS)]
    if against:
        runs.append(("unscanned", against))
    found = [[_run(size, *run) for run in runs] for _ in range(rounds)]
    rates, limits = (
        [
            statistics.median(turn[run][which] for turn in found)
            for run in range(len(runs))
        ]
        for which in ("rate", "limit")
    )
    # What disturbs a measurement makes it slower.
    limit = max(limits)
    lines = []
    for (layers, folder), rate in zip(runs, rates, strict=True):
        name = layers if folder == _OURS else f"{layers}, {folder.name}"
        ratio = f"{rate / rates[-1]:.2f}" if against else ""
        lines.append(f"| {size} | {name} | {rate:.1f} | {limit:.1f} | {ratio} |")
    return lines


def _run(size: str, layers: str, folder: Path) -> dict[str, float]:
    """Measures in a new process, with the package of a checkout."""
    made = subprocess.run(
        [sys.executable, __file__, "--measure", size, layers],
        env={**os.environ, "PYTHONPATH": str(folder.resolve())},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(made.stdout)


def measure(size: Size, *, scan_layers: bool) -> dict[str, float]:
    """Returns steps a second, and those that the memory would allow."""
    config = _make(
        StageConfig,
        stage=stages.SEMANTIC,
        vocabulary=tokens.music_vocabulary(),
        network=_network(size, scan_layers=scan_layers),
        reach_seconds=stages.SEMANTIC.crop_seconds,
    )
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
    params = jax.tree.map(
        lambda x: jnp.asarray(0.02 * rng.standard_normal(x.shape, np.float32)),
        meta.unbox(state.params),
    )
    run = _sampler(*_as_loaded(config, params), size.steps)
    run()
    # All weights, and of the table the codes of one level.
    read = sum(x.size for x in jax.tree.leaves(params)) - params["table"].size
    read += config.target.codebook_size * size.embed_dim
    return {
        "rate": size.steps / _seconds(run),
        "limit": 1 / _seconds(_product(read, size.embed_dim), times=10),
    }


def _network(size: Size, *, scan_layers: bool) -> TransformerConfig:
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


def _sampler(config: StageConfig, params: dict, steps: int) -> Callable[[], object]:
    """What draws so many tokens behind the MuLan tokens."""
    codes = {"mulan": jnp.zeros((1, 1, 12), jnp.int32)}
    prompt = jnp.zeros((1, 0, 1), jnp.int32)
    keys = jax.random.split(jax.random.key(0), 1)

    def run() -> jax.Array:
        return sample(
            config,
            params,
            codes,
            prompt,
            num_frames=steps,
            rngs=keys,
            sampling=SamplingConfig(),
        )

    return run


def _product(size: int, width: int) -> Callable[[], object]:
    """What reads so many float32 numbers in a matrix-vector product."""
    matrix, vector = jnp.ones((size // width, width)), jnp.ones(width)
    multiply = jax.jit(jnp.dot)
    jax.block_until_ready(multiply(matrix, vector))
    return lambda: multiply(matrix, vector)


def _seconds(run: Callable[[], object], *, times: int = 1) -> float:
    start = time.perf_counter()
    for _ in range(times):
        jax.block_until_ready(run())
    return (time.perf_counter() - start) / times


if __name__ == "__main__":
    main()

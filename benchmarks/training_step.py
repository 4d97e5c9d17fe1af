"""What a training step takes, and the share of what the machine multiplies; one table.

    python benchmarks/training_step.py --gin_file=runs/semantic_stage.gin \
      --gin_file=sizes/paper.gin --gin.SEMANTIC_STAGE_BATCH=1 [--steps N]

Any run file and size, with the batch that fits: examples are made up, since what they
hold changes no time. The rate of the machine is that of large products of matrices in
the training's own kind of number, measured in turn with the steps, so that what
disturbs the one disturbs the other. The arithmetic is that of `time/tflops_per_second`.
"""

import argparse
import resource
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
from musiclm_jax.parallel import peaks, sharding
from musiclm_jax.parallel.arithmetic import count_flops
from musiclm_jax.programs import training
from musiclm_jax.training import loop
from musiclm_jax.training.frozen import put_frozen

# Rows and columns of the matrices that tell the machine's rate.
_SIDE = 8192
_SIDE_ON_CPU = 2048


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    config.add_arguments(parser)
    parser.add_argument("--steps", type=int, default=5)
    compilation_cache.use()
    try:
        others, bindings = gin_places.take_bindings(
            sys.argv[1:] if arguments is None else arguments
        )
        options = parser.parse_args(others)
        config.load(config.gin_arguments(options, bindings), blank=gin_places.PLACES)
        task, batches, rules, model = (
            config.build(train.train, argument)
            for argument in ("task", "batches", "rules", "model_parallel")
        )
    except (OSError, ValueError) as error:
        parser.error(str(error))
    mesh = sharding.make_mesh(model=model)
    rows = measure(task, batches.shapes(), mesh, rules, num=options.steps)
    print(f"{report.table(('figure', 'value'), rows)}\n\n{report.hardware()}")


def measure(
    task: Any, shapes: dict[str, Any], mesh: Any, rules: Any, *, num: int
) -> list[tuple[str, str]]:
    """Takes so many steps, after one that compiles."""
    state = sharding.init_state(task, shapes, jax.random.key(0), mesh=mesh, rules=rules)
    rng = np.random.default_rng(0)
    batch = sharding.put_batch(
        {name: _made_up(shape, rng) for name, shape in shapes.items()}, mesh
    )
    frozen = put_frozen(task, mesh, rules)
    given = (batch, np.int32(0), frozen)
    with sharding.use_mesh(mesh, rules):
        traced = loop.compile_train_step(task, state, seed=0).trace(state, *given)
        flops, step = count_flops(traced.jaxpr), traced.lower().compile()
    numbers = getattr(task.config, "network", task.config)
    multiply, of_product = _product(getattr(numbers, "dtype", "float32"))
    seconds, rates = [], []
    for _ in range(num + 1):
        rates.append(of_product / _seconds(multiply))
        started = time.perf_counter()
        state, _ = jax.block_until_ready(step(state, *given))
        seconds.append(time.perf_counter() - started)
    # What disturbs a product makes it slower.
    took, rate = statistics.median(seconds[1:]), max(rates)
    rate *= mesh.size
    peak = peaks.of_mesh(mesh)
    return [
        ("parameters", f"{training.count_parameters(task, shapes):,}"),
        ("batch", str({name: list(array.shape) for name, array in shapes.items()})),
        ("seconds a step", f"{took:.3f}"),
        ("Tflop a step", f"{flops / 1e12:.3f}"),
        ("Tflop/s", f"{flops / took / 1e12:.3f}"),
        ("Tflop/s of large products", f"{rate / 1e12:.3f}"),
        ("share of that", f"{flops / took / rate:.2f}"),
        (
            "share of the data sheet's peak",
            "not known" if peak is None else f"{flops / took / peak:.2f}",
        ),
        ("peak memory, GB", f"{_peak_bytes(mesh) / 1e9:.1f}"),
    ]


def _made_up(shape: jax.ShapeDtypeStruct, rng: np.random.Generator) -> np.ndarray:
    if np.issubdtype(shape.dtype, np.floating):
        return np.asarray(0.1 * rng.standard_normal(shape.shape), shape.dtype)
    return np.zeros(shape.shape, shape.dtype)


def _product(dtype: str) -> tuple[Callable[[], Any], int]:
    """What multiplies two large matrices, and its arithmetic."""
    side = _SIDE_ON_CPU if jax.default_backend() == "cpu" else _SIDE
    matrix = jnp.ones((side, side), dtype)
    multiply = jax.jit(jnp.dot)
    return lambda: multiply(matrix, matrix), 2 * side**3


def _seconds(call: Callable[[], Any], times: int = 5) -> float:
    started = time.perf_counter()
    for _ in range(times):
        jax.block_until_ready(call())
    return (time.perf_counter() - started) / times


def _peak_bytes(mesh: Any) -> int:
    """Of a device; of the process where devices keep no count."""
    device = mesh.devices.flat[0]
    found = (device.memory_stats() or {}).get("peak_bytes_in_use")
    return found or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    sys.exit(main())

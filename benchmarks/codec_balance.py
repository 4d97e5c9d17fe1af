"""What share of the gradient each loss of the codec has: one table, by step.

    python benchmarks/codec_balance.py --steps 300 --every 50

The discriminators, their weights and their learning rate are the paper's
(`runs/codec.gin`, `sizes/paper.gin`); the codec is narrow, crops are short and a batch
is one of them, so that a CPU can do it, and there is no warm-up: discriminators change
soonest then. A share is the length of a term's gradient at the decoded sound over the
sum of all lengths; in brackets the moving average of the length that it was divided by.
`--gin.NAME=value` changes anything else.
"""

import argparse
from collections.abc import Iterator, Sequence

import jax
import numpy as np

from musiclm_jax.cli import config, train
from musiclm_jax.evaluation import report

FILES = ("runs/codec.gin", "sizes/paper.gin")
SMALL = (
    "CODEC_CHANNELS=4",
    "CODEC_EMBED_DIM=32",
    "CODEC_CODES=64",
    "CODEC_BATCH=1",
    "CODEC_CROP_SECONDS=0.1",
    "CODEC_DEAD_THRESHOLD=0.02",
    "CODEC_WARMUP_STEPS=1",
)


def sounds(shape: tuple[int, int], sample_rate: int) -> Iterator[np.ndarray]:
    """Yields chords that swell in noise, [batch, sample]."""
    rng, (rows, length) = np.random.default_rng(0), shape
    time = np.arange(length) / sample_rate
    while True:
        hz, phase = rng.uniform([100, 0], [4000, 6], (rows, 3, 2)).T[..., None]
        chord = np.sin(2 * np.pi * hz * time + phase).sum(axis=0)
        swell = np.logspace(-2, 0, length) * rng.uniform(0.1, 0.3, (rows, 1))
        yield ((chord + 0.3 * rng.normal(size=shape)) * swell).astype(np.float32)


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--every", type=int, default=5, help="steps between rows")
    options, bindings = parser.parse_known_args(arguments)
    bindings = [text.removeprefix("--gin.") for text in bindings]
    config.load(
        config.GinArguments(FILES, (*SMALL, *bindings), ()),
        blank=("MODEL_DIR", "DATA_DIR"),
    )
    task = config.build(train.train, "task")
    audio = config.build(train.train, "batches").shapes()["audio"]
    step = jax.jit(task.train_step, donate_argnums=0)
    sound = sounds(audio.shape, 24_000)
    state = jax.jit(task.init)(jax.random.key(0), {"audio": next(sound)})

    names, whole = list(task.weights), sum(task.weights.values())
    wanted = {name: task.weights[name] / whole for name in names}
    print(
        "| step |",
        " | ".join(f"{n} (length)" for n in names),
        "| loss/mel | loss/discriminator |",
    )
    print("|---" * (len(names) + 3) + "|")
    print("| wanted |", " | ".join(f"{wanted[n]:.1%}" for n in names), "| | |")
    worst = 1.0
    for number in range(options.steps):
        state, metrics = step(state, {"audio": next(sound)}, jax.random.key(number))
        metrics = jax.device_get(metrics)
        shares = {name: metrics[f"health/share_{name}"] for name in names}
        for name in names:
            ratio = shares[name] / wanted[name]
            worst = max(worst, ratio, 1 / max(ratio, 1e-9))
        if number % options.every == 0 or number == options.steps - 1:
            lengths = {
                n: state.balancer.norms[n] / state.balancer.memory for n in names
            }
            cells = " | ".join(f"{shares[n]:.1%} ({lengths[n]:.2g})" for n in names)
            print(
                f"| {number + 1} | {cells} | {metrics['loss/mel']:.1f} "
                f"| {metrics['loss/discriminator']:.3f} |",
                flush=True,
            )
    print(f"\nfarthest from what the weights say: {worst:.2f}x")
    print(f"\n{report.hardware()}")


if __name__ == "__main__":
    main()

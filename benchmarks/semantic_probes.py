r"""What semantic tokens tell of the music: one command, one table.

    python benchmarks/semantic_probes.py --data_dir data [--dataset NAME] \
      [--model FOLDER ...] [--json]

A clip is the histogram of its tokens; linear probes learn to tell attributes from those
of clips of the train split (the penalty chosen on validation), and are judged on the
test split. Beside each model stand random features: w2v-BERT of `sizes/tiny.gin` as it
starts, with as many centroids as the model has, fitted to the same train clips.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from musiclm_jax import bundle
from musiclm_jax.bundle.semantic_tokenizer import SemanticTokenizer
from musiclm_jax.cli import compilation_cache, config, train
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.evaluation import probe, report
from musiclm_jax.semantic import centroids
from musiclm_jax.training.frozen import with_frozen

ATTRIBUTES = ("style", "tempo_class", "has_drums", "lead_family", "key")
_AT_ONCE = 8
_FITTING_STEPS = 300
_RUN = ("runs/semantic.gin", "sizes/tiny.gin")

Splits = dict[str, list[dict[str, Any]]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    options = _parser().parse_args(arguments)
    compilation_cache.use()
    dataset = AudioDataset(name=options.dataset, data_dir=str(options.data_dir))
    splits = {
        name: _choose(dataset.open(name), count, options.seed)
        for name, count in (
            ("train", options.num_train),
            ("validation", options.num_test),
            ("test", options.num_test),
        )
    }
    rows = {"chance": _chance(splits["test"])}
    sizes = set()
    for folder in options.model or [bundle.default_folder()]:
        tokenizer = SemanticTokenizer(*bundle.load_part(folder, "semantic"))
        sizes.add(tokenizer.config.num_centroids)
        rows[str(folder)] = measure(tokenizer, splits)
    for size in sorted(sizes):
        tokenizer = random_tokenizer(size, splits["train"], options.seed)
        rows[f"random features, {size} centroids"] = measure(tokenizer, splits)
    counts = {name: len(clips) for name, clips in splits.items()}
    if options.json:
        print(json.dumps({"rows": rows, "clips": counts}, indent=2))
        return
    cells = [
        [name, *(f"{row[a]:.3f}" for a in ATTRIBUTES)] for name, row in rows.items()
    ]
    print(report.table(("tokens", *ATTRIBUTES), cells))
    print(f"\nclips: {counts}; {report.hardware()}")


def measure(tokenizer: SemanticTokenizer, splits: Splits) -> dict[str, float]:
    """Returns attribute -> accuracy on the test clips."""
    histograms = {
        name: _histograms(tokenizer.tokenize, clips, tokenizer.config.num_centroids)
        for name, clips in splits.items()
    }
    found = {}
    for attribute in ATTRIBUTES:
        labels = {n: [_label(c, attribute) for c in splits[n]] for n in splits}
        fitted = probe.fit(
            histograms["train"],
            labels["train"],
            validation_features=histograms["validation"],
            validation_labels=labels["validation"],
            views=np.ones((1, histograms["train"].shape[1]), bool),
        )
        found[attribute] = fitted.accuracy(histograms["test"], labels["test"])
    return found


def random_tokenizer(
    num_centroids: int, clips: list[dict[str, Any]], seed: int
) -> SemanticTokenizer:
    """Returns tokens of w2v-BERT as it starts."""
    given = (f"SEMANTIC_CODES={num_centroids}", "MODEL_DIR=''", "DATA_DIR=''")
    config.load(config.GinArguments(_RUN, given, ()))
    start = config.build(train.train, "task")
    batches = [
        _audio(clips[at : at + _AT_ONCE]) for at in range(0, len(clips), _AT_ONCE)
    ]
    state = jax.jit(start.init)(jax.random.key(seed), {"audio": batches[0]})
    params = start.inference_params(state)
    task = centroids.centroids_task(
        start.config, params, decay=0.99, dead_threshold=2.0, standardise_steps=20
    )
    step = jax.jit(lambda frozen, *x: with_frozen(task, frozen).train_step(*x))
    fitted = task.init(jax.random.key(seed), {"audio": batches[0]})
    for number in range(_FITTING_STEPS):
        batch = {"audio": batches[number % len(batches)]}
        rng = jax.random.fold_in(jax.random.key(seed), number)
        fitted, _ = step(task.frozen, fitted, batch, rng)
    return SemanticTokenizer(start.config, params | task.inference_params(fitted))


def _histograms(
    tokenize: Callable[[np.ndarray], np.ndarray], clips: list[dict], size: int
) -> np.ndarray:
    """Returns the share of each code, [clip, code]."""
    found = []
    for at in range(0, len(clips), _AT_ONCE):
        codes = tokenize(_audio(clips[at : at + _AT_ONCE]))[:, :, 0]
        found += [np.bincount(row, minlength=size) / len(row) for row in codes]
    return np.stack(found).astype(np.float32)


def _audio(clips: list[dict]) -> np.ndarray:
    return np.stack([clip["audio"] for clip in clips]).astype(np.float32) / 2**15


def _choose(clips: Sequence[dict], count: int, seed: int) -> list[dict]:
    order = np.random.default_rng(seed).permutation(len(clips))[:count]
    return [clips[int(place)] for place in np.sort(order)]


def _label(clip: dict, attribute: str) -> str:
    value = clip[attribute]
    # TFDS gives text as bytes.
    return value.decode() if isinstance(value, bytes) else str(value)


def _chance(clips: list[dict]) -> dict[str, float]:
    return {a: probe.chance([_label(c, a) for c in clips]) for a in ATTRIBUTES}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data_dir", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--dataset", default="synth_music", metavar="NAME")
    parser.add_argument(
        "--model", type=Path, action="append", metavar="FOLDER", help="a bundle"
    )
    parser.add_argument("--num_train", type=int, default=1000)
    parser.add_argument("--num_test", type=int, default=480)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main()

"""Steps a second beside Hugging Face's GPT-2 of as many parameters; one table.

    taskset -c 0 python benchmarks/peers.py --peer_python VENV/bin/python [--rounds N] \
      [--clock processor]

Batch of one, float32, as many threads as cores. The peer's interpreter has torch and
transformers, which this project's has not: a loop with its cache that takes the best
token. Its feed-forward part has no gate and is wider instead, so that the layers of
both have the same number of weights; it too starts with twelve tokens and scores one
codebook. Ours and theirs are measured in turn, each in a process of its own; the
figures are medians. See `decoding.py` for the sizes, the limit and the clocks.
"""

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Sequence

_PROMPT_LENGTH = 12
_CODES = 1024


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer_python", help="an interpreter that has transformers")
    parser.add_argument("--sizes", nargs="*", default=["6 x 256", "24 x 1024"])
    parser.add_argument("--rounds", type=int, default=3, help="of all measurements")
    parser.add_argument("--clock", choices=("wall", "processor"), default="wall")
    parser.add_argument("--measure", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.measure:
        print(json.dumps(measure(options.measure, clock=options.clock)))
    elif options.peer_python:
        _compare(options)
    else:
        parser.error("--peer_python is missing: an interpreter that has transformers")


def _compare(options: argparse.Namespace) -> None:
    """Measures all sizes in turn and prints the table."""
    # The peer's interpreter, which reads this file too, has none of these.
    import decoding

    from musiclm_jax.evaluation import report

    ours = decoding.Case(decoding.OURS, "unscanned", 1)
    lines = []
    for name in options.sizes:
        found = [
            (
                decoding.run(name, ours, clock=options.clock),
                _peer(decoding.SIZES[name], options),
            )
            for _ in range(options.rounds)
        ]
        mine, theirs = (
            statistics.median(turn[side]["rate"] for turn in found) for side in (0, 1)
        )
        limit = max(turn[0]["limit"] for turn in found)
        figures = (mine, theirs, mine / theirs, limit, mine / limit)
        lines.append([name, *(f"{figure:.2f}" for figure in figures)])
    header = ("size", "steps/s", "GPT-2", "times", "limit of the memory", "share")
    versions = f"torch {found[0][1]['torch']}, transformers {found[0][1]['version']}"
    print(f"{report.table(header, lines)}\n\n{report.hardware()}, {versions}")


def _peer(size: object, options: argparse.Namespace) -> dict:
    """Measures the other in a process of its own interpreter."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    asked = ("--measure", json.dumps(vars(size)))
    made = subprocess.run(
        [options.peer_python, __file__, *asked, "--clock", options.clock],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(made.stdout)


def measure(size: dict[str, int], *, clock: str) -> dict:
    """Returns steps a second of GPT-2, and the versions; for the peer's interpreter."""
    import torch
    import transformers

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    config = transformers.GPT2Config(
        vocab_size=_CODES,
        n_positions=_PROMPT_LENGTH + size["steps"],
        n_layer=size["num_layers"],
        n_head=size["num_heads"],
        n_embd=size["embed_dim"],
        # Two matrices that have the weights of three.
        n_inner=size["mlp_dim"] * 3 // 2,
        bos_token_id=None,
        eos_token_id=None,
    )
    network = transformers.GPT2LMHeadModel(config).eval()
    now = {"wall": time.perf_counter, "processor": time.process_time}[clock]

    def draw(steps: int) -> float:
        """Returns the seconds that so many tokens take."""
        tokens, cache = torch.zeros((1, _PROMPT_LENGTH), dtype=torch.long), None
        start = now()
        with torch.inference_mode():
            for _ in range(steps):
                made = network(tokens, past_key_values=cache, use_cache=True)
                tokens, cache = made.logits[:, -1:].argmax(-1), made.past_key_values
        return now() - start

    draw(5)
    return {
        "rate": size["steps"] / draw(size["steps"]),
        "torch": torch.__version__,
        "version": transformers.__version__,
    }


if __name__ == "__main__":
    main()

"""How surprised each stage is by held-out tokens, level by level; prints one table.

    python benchmarks/perplexity.py --tokens FOLDER [--model FOLDER] [--json]

Beside it the perplexity of the same codes by how often they come: see
docs/memorisation.md. `--split train` shows how much a stage knows its training set.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from musiclm_jax.bundle import Bundle, default_folder
from musiclm_jax.cli import compilation_cache
from musiclm_jax.evaluation import perplexity
from musiclm_jax.evaluation.report import Figures, Stopwatch, show
from musiclm_jax.evaluation.token_clips import TokenClips
from musiclm_jax.generation.pipeline import MusicLM

_COLUMNS = ("stage", "level", "perplexity", "low", "high", "unigram")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = _parser()
    options = parser.parse_args(arguments)
    compilation_cache.use()
    folder = options.model or default_folder()
    watch = Stopwatch()
    try:
        model = MusicLM.load(folder)
        clips = TokenClips.draw(
            options.tokens,
            options.split,
            model.tokenizers.mulan,
            tokenizers=Bundle.load(folder).tokenizers_hash(),
            num=options.num_clips,
            seed=options.seed,
        )
        watch.lap("model and clips loaded")
        found = perplexity.by_level(model, clips, batch=options.batch, done=watch.lap)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    title = (
        f"Perplexity on {len(clips)} clips of split {options.split} of "
        f"{options.model or 'the model in the box'}, seed {options.seed}"
    )
    rows = [
        (each.stage, each.level, each.value, each.low, each.high, each.unigram)
        for each in found
    ]
    table = Figures(title, _COLUMNS, tuple(rows))
    show(table, options, watch, as_json=options.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="a bundle; else the one in the box")
    parser.add_argument(
        "--tokens", type=Path, required=True, help="records of `musiclm tokenize`"
    )
    parser.add_argument("--split", default="test")
    parser.add_argument("--num_clips", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=8, help="clips at once")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""How much of its training clips a model goes on with by heart; prints one table.

    python benchmarks/memorisation.py --tokens FOLDER [--model FOLDER] [--json]

MusicLM, sections 4.4 and 5: see docs/memorisation.md. `--split test` has it go on with
clips that it never saw: what is found there is no memory.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from musiclm_jax.bundle import Bundle, default_folder
from musiclm_jax.cli import compilation_cache
from musiclm_jax.evaluation import intervals, memorisation
from musiclm_jax.evaluation.report import Figures, Stopwatch, show
from musiclm_jax.evaluation.token_clips import TokenClips
from musiclm_jax.generation.pipeline import MusicLM


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = _parser()
    options = parser.parse_args(arguments)
    compilation_cache.use()
    watch = Stopwatch()
    try:
        curve = measure(options, watch)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    table = table_of(curve, title=_title(options))
    show(table, options, watch, as_json=options.json)


def measure(options: argparse.Namespace, watch: Stopwatch) -> memorisation.Curve:
    """Loads model and clips, and measures."""
    folder = options.model or default_folder()
    given = options.given or [0]
    model = MusicLM.load(folder)
    tokens = max(given) + memorisation.CONTINUATION
    clips = TokenClips.draw(
        options.tokens,
        options.split,
        model.tokenizers.mulan,
        tokenizers=Bundle.load(folder).tokenizers_hash(),
        num=options.num_clips,
        seed=options.seed,
        seconds=tokens / model.tokenizers.semantic.frame_rate,
    )
    watch.lap("model and clips loaded")
    return memorisation.curve(
        model, clips, prompts=options.given, batch=options.batch, done=watch.lap
    )


def table_of(curve: memorisation.Curve, *, title: str) -> Figures:
    """Lays a curve out, a row for each number of tokens that are given."""
    rows = []
    for point in curve.points:
        is_near = point.is_near(curve.threshold)
        exact, near = (
            (float(found.mean()), _ends(intervals.of_share(found.sum(), len(found))))
            for found in (point.is_exact, is_near)
        )
        costs = point.costs()
        bits = [memorisation.entropies(c).mean() for c in (point.made, point.true)]
        rows.append((point.given, *exact, *near, costs.mean(), costs.min(), *bits))
    approximate = f"cost below {curve.threshold:.3g}"
    columns = ("tokens given", "exact", "exact, %", approximate, "below, %")
    columns += ("mean cost", "least", "bits", "of the clip")
    return Figures(title, columns, tuple(rows))


def _ends(interval: tuple[float, float]) -> str:
    """Returns an interval of a share, in percent."""
    return " to ".join(f"{100 * end:.1f}" for end in interval)


def _title(options: argparse.Namespace) -> str:
    return (
        f"Memorisation of {options.num_clips} clips of split {options.split} by "
        f"{options.model or 'the model in the box'}, seed {options.seed}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="a bundle; else the one in the box")
    parser.add_argument(
        "--tokens", type=Path, required=True, help="records of `musiclm tokenize`"
    )
    parser.add_argument("--split", default="train")
    parser.add_argument("--num_clips", type=int, default=100)
    parser.add_argument(
        "--given",
        type=int,
        nargs="+",
        help="tokens of each clip, a point of the curve each; else 0, 25, 50, ...",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=20, help="clips at once")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""How much of the prompt is in the music: one command, one table.

    python benchmarks/control.py --data_dir data [--model FOLDER] [--json]

Probes learn to tell attributes from true clips of the train split (penalty and view
chosen on the validation split), and never hear a generated clip. They then judge true
clips of the test split (the ceiling), the same clips after the codec at the levels that
are generated, and clips that were generated from captions of those clips. The caption
of a clip is its longest, which in the synthetic corpus is one of whole sentences; what
it leaves out counts too. A second table has what needs no probe: pulse and key, each
where the prompt asks for it, and the partials that the codec keeps.
"""

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from musiclm_jax.cli import compilation_cache
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.evaluation import clarity, control, material, report
from musiclm_jax.evaluation.batches import in_batches
from musiclm_jax.evaluation.cycle_consistency import cycle_consistency
from musiclm_jax.evaluation.pairs import PairMeans
from musiclm_jax.generation.pipeline import MusicLM
from musiclm_jax.generation.settings import SamplingSettings


@dataclasses.dataclass(frozen=True)
class Result:
    """All that is printed.

    Attributes:
        rows: the table of what is probed.
        clarity: the table of what is measured.
        generated_match: captions and the clips generated from them.
        true_match: captions and their true clips.
        num_clips: what was done -> over how many clips.
        wall_seconds: what was done -> how long it took.
    """

    rows: tuple[control.Row, ...]
    clarity: report.Figures
    generated_match: PairMeans
    true_match: PairMeans
    num_clips: dict[str, int]
    wall_seconds: dict[str, float]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    options = _parser().parse_args(arguments)
    if not 2 <= options.num_generated <= options.num_test:
        raise SystemExit("control.py: --num_generated must be from 2 to --num_test")
    compilation_cache.use()
    model = MusicLM.load(options.model)
    asked = SamplingSettings(guidance=options.guidance)
    model = dataclasses.replace(model, sampling=asked.applied_to(model.sampling))
    dataset = AudioDataset(
        name=options.dataset,
        data_dir=str(options.data_dir),
        config=options.dataset_config,
    )
    splits = {name: dataset.open(name) for name in ("train", "validation", "test")}
    sizes = material.Sizes(
        num_train=options.num_train,
        num_test=options.num_test,
        num_generated=options.num_generated,
        batch=options.batch,
        seed=options.seed,
    )
    result = measure(model, splits, sizes)
    if options.json:
        found = dataclasses.asdict(result) | {"clarity": result.clarity.json()}
        found |= {"hardware": report.hardware()}
        settings = {"settings": vars(options)}
        print(json.dumps({**settings, **found}, indent=2, default=str))
    else:
        print(_text(result, options))


def measure(
    model: MusicLM, splits: dict[str, Sequence[dict[str, Any]]], sizes: material.Sizes
) -> Result:
    """Does all that the module says."""
    watch = report.Stopwatch()
    codec, mulan = model.tokenizers.codec, model.tokenizers.mulan
    drawn = material.draw(splits, sizes)
    heard = material.make(
        drawn,
        codec,
        levels=model.networks.acoustics.num_levels,
        model=model,
        sizes=sizes,
    )
    watch.lap("codec and generation")
    rows = control.judge(heard, control.probes_of(heard))
    watch.lap("probes")
    measured = clarity.figures(heard)
    watch.lap("beat and key")
    prompts = mulan.embed_text(drawn.asked.captions())
    matches = [
        cycle_consistency(
            prompts,
            in_batches(mulan.embed_audio, sound, sizes.batch),
            seed=sizes.seed,
        )
        for sound in (heard.generated, heard.true[: len(drawn.asked)])
    ]
    watch.lap("prompt match")
    num_clips = {
        "train": len(drawn.train),
        "validation": len(drawn.validation),
        "held out": len(drawn.test),
        "generated": len(drawn.asked),
    }
    return Result(rows, measured, *matches, num_clips, watch.wall_seconds)


def _text(result: Result, options: argparse.Namespace) -> str:
    lines = [control.figures(result.rows).text(), "", result.clarity.text(), ""]
    matches = (("generated", result.generated_match), ("true clips", result.true_match))
    for name, match in matches:
        lines.append(
            f"prompt match, {name}: {match.excess.value:+.3f} "
            f"(95 % from {match.excess.low:+.3f} to {match.excess.high:+.3f}): mean "
            f"cosine {match.matched.value:.3f}, of shuffled prompts "
            f"{match.shuffled.value:.3f}"
        )
    lines += [
        "clips: " + ", ".join(f"{n} {name}" for name, n in result.num_clips.items()),
        f"seed {options.seed}; guidance "
        f"{'as the model has it' if options.guidance is None else options.guidance}",
        "wall seconds: "
        + ", ".join(f"{name} {s:g}" for name, s in result.wall_seconds.items()),
        report.hardware(),
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="a bundle; else the one in the box")
    parser.add_argument(
        "--data_dir", type=Path, required=True, help="where TFDS keeps, or builds, data"
    )
    parser.add_argument("--dataset", default="synth_music")
    parser.add_argument("--dataset_config", help="its first if not given")
    parser.add_argument("--num_train", type=int, default=1500)
    parser.add_argument("--num_test", type=int, default=150)
    parser.add_argument("--num_generated", type=int, default=128)
    parser.add_argument("--guidance", type=float, help="the model's own if not given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=16, help="captions at once")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main()

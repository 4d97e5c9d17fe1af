"""What is heard of a model: one command, one page.

    python benchmarks/heard.py --data_dir data [--model FOLDER] [--real FOLDER] [--json]

    the codec            held notes, real recordings, speed
    beat, key, partials  of true clips, after the codec, and of what is generated
    control              of probes, see `benchmarks/control.py`
    acoustic tokens      whether they keep the beat of true semantic ones
    semantic tokens      probes, beside those of tokens that cost no training
    MuLan                tempo in the text's embedding; levels that carry meaning
    memorised            runs of tokens that generated music shares with training clips
    unseen prompts       whether music does what they plainly ask

The codec is heard at the levels that are generated. A bundle that is not finished is
measured as far as it goes; what is missing is told.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from musiclm_jax.bundle import default_folder
from musiclm_jax.cli import compilation_cache
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.evaluation import clarity, control, page, unseen_prompts
from musiclm_jax.evaluation import material as material_lib
from musiclm_jax.evaluation.excerpts import Excerpts
from musiclm_jax.evaluation.parts import Parts
from musiclm_jax.evaluation.report import Figures, Stopwatch, hardware

_SPLITS = ("train", "validation", "test")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not 1 <= options.num_generated <= options.num_test:
        parser.error("--num_generated must be from 1 to --num_test")
    compilation_cache.use()
    try:
        parts = Parts.load(options.model or default_folder())
        prompts = unseen_prompts.read(options.unseen)
        dataset = AudioDataset(
            name=options.dataset,
            data_dir=str(options.data_dir),
            config=options.dataset_config,
        )
        splits = {name: dataset.open(name) for name in _SPLITS}
        _check_levels(parts, options.levels)
        real = _recordings(parts, options)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    if not options.json:
        print("\n".join(_head(parts, options)), flush=True)
    tables = []
    for table in measure(parts, splits, prompts, real, options):
        tables.append(table.json())
        if not options.json:
            print(f"\n{table.text()}", flush=True)
    if options.json:
        found = {
            "settings": vars(options),
            "missing": parts.missing,
            "tables": tables,
            "hardware": hardware(),
        }
        print(json.dumps(found, indent=2, default=str))


def measure(
    parts: Parts,
    splits: dict[str, Sequence[dict[str, Any]]],
    prompts: Sequence[unseen_prompts.UnseenPrompt],
    real: Excerpts | None,
    options: argparse.Namespace,
) -> Iterator[Figures]:
    """Yields a table for each thing that can be measured."""
    watch = Stopwatch()
    sizes = material_lib.Sizes(
        num_train=options.num_train,
        num_test=options.num_test,
        num_generated=options.num_generated,
        batch=options.batch,
        seed=options.seed,
    )
    drawn = material_lib.draw(splits, sizes)
    if parts.codec is not None:
        levels = options.levels or _levels(parts)
        yield page.codec_figures(parts.codec, levels, real, batch=sizes.batch)
        watch.lap("codec")
        material = material_lib.make(
            drawn, parts.codec, levels=levels, model=parts.model, sizes=sizes
        )
        watch.lap("clips coded and made")
        yield clarity.figures(material)
        probes = control.probes_of(material)
        yield control.figures(control.judge(material, probes))
        watch.lap("control")
        if _has_semantic(parts):
            yield page.acoustics_figures(parts.model, material, sizes)
            watch.lap("acoustics alone")
        if parts.model is not None:
            yield page.unseen_figures(parts.model, material, probes, prompts, sizes)
            watch.lap("unseen prompts")
    if parts.semantic is not None:
        yield page.semantic_figures(parts.semantic, drawn, seed=sizes.seed)
        watch.lap("semantic tokens")
        if _has_semantic(parts):
            yield page.memorised_figures(parts.model, drawn, sizes)
            watch.lap("memorised")
    if parts.mulan is not None:
        yield page.mulan_figures(parts.mulan, drawn)
        watch.lap("MuLan")


def _check_levels(parts: Parts, levels: int | None) -> None:
    if levels is None or parts.codec is None:
        return
    most = parts.codec.config.num_quantizers
    if not 1 <= levels <= most:
        raise ValueError(f"--levels must be from 1 to the codec's {most}, not {levels}")


def _recordings(parts: Parts, options: argparse.Namespace) -> Excerpts | None:
    """Cuts excerpts where some are asked for, and there is a codec to hear them."""
    if options.real is None or parts.codec is None:
        return None
    found = Excerpts.cut(options.real, parts.codec.sample_rate, num=options.num_real)
    for name in found.left_out:
        print(f"left out, too short or not to be read: {name}", file=sys.stderr)
    return found


def _has_semantic(parts: Parts) -> bool:
    """Whether anything writes semantic tokens."""
    return parts.model is not None and parts.model.networks.semantic is not None


def _levels(parts: Parts) -> int:
    if parts.model is None:
        return parts.codec.config.num_quantizers
    return parts.model.networks.acoustics.num_levels


def _head(parts: Parts, options: argparse.Namespace) -> Iterator[str]:
    """Yields the lines above the tables."""
    yield f"# What is heard of {options.model or 'the model in the box'}\n"
    yield from (f"missing: {sentence}" for sentence in parts.missing)
    yield (
        f"{options.num_train} training clips, {options.num_test} held out, "
        f"{options.num_generated} of their captions; seed {options.seed}"
    )
    yield hardware()


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
    parser.add_argument(
        "--real", type=Path, help="a folder of recordings, for the codec"
    )
    parser.add_argument("--num_real", type=int, default=16, help="of them, at most")
    parser.add_argument(
        "--levels", type=int, help="of the codec; else those that are generated, or all"
    )
    parser.add_argument(
        "--unseen",
        type=Path,
        default=Path(__file__).with_name("unseen_prompts.json"),
        help="prompts, with what is expected of their music",
    )
    parser.add_argument("--num_train", type=int, default=1000)
    parser.add_argument("--num_test", type=int, default=150)
    parser.add_argument("--num_generated", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=16, help="clips at once")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())

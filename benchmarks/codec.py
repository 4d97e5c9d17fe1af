"""What a codec keeps, by the levels that are decoded: its curve and its codebooks.

    python benchmarks/codec.py --data_dir data [--model FOLDER] [--levels 1,4,12]

Means over clips of the test split; `--json` has their intervals. `--visqol` adds
ViSQOL, which the package visqol-python measures; it takes several times as long.
Tones, recordings and speed are measured by `benchmarks/heard.py`.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from musiclm_jax.bundle import default_folder
from musiclm_jax.bundle.tokenizers import CodecTokenizer
from musiclm_jax.cli import compilation_cache
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.evaluation import codec_curve, visqol
from musiclm_jax.evaluation.examples import Examples
from musiclm_jax.evaluation.parts import Parts
from musiclm_jax.evaluation.report import hardware

_LEVELS = (1, 2, 4, 8, 12)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = _parser()
    options = parser.parse_args(arguments)
    compilation_cache.use()
    try:
        codec = _codec(options.model or default_folder())
        levels = _levels(options.levels, codec)
        asked = codec_curve.measures(codec.sample_rate)
        if options.visqol:
            asked["ViSQOL, MOS-LQO"] = (visqol.scorer(codec.sample_rate), "high")
        if options.num < 1 or options.batch < 1:
            raise ValueError("--num and --batch must be at least 1")
        split = AudioDataset(
            name=options.dataset,
            data_dir=str(options.data_dir),
            config=options.dataset_config,
        ).open("test")
        audio = Examples.draw(split, options.num, np.random.default_rng(0)).audio()
    except (OSError, ValueError) as error:
        parser.error(str(error))
    found = tuple(codec_curve.curve(codec, audio, levels, asked, batch=options.batch))
    use = codec_curve.use(codec, audio, batch=options.batch)
    if options.json:
        told = {
            "settings": vars(options),
            "findings": [vars(finding) for finding in found],
            "codebooks": use.json(),
            "hardware": hardware(),
        }
        print(json.dumps(told, indent=2, default=str))
        return
    title = f"Codec of {options.model or 'the model in the box'}, {len(audio)} clips"
    print(codec_curve.table(title, found).text(), use.text(), hardware(), sep="\n\n")


def _codec(folder: Path) -> CodecTokenizer:
    codec = Parts.load(folder).codec
    if codec is None:
        raise ValueError(f"{folder} has no codec")
    return codec


def _levels(text: str | None, codec: CodecTokenizer) -> list[int]:
    most = codec.config.num_quantizers
    if text is None:
        return [num for num in _LEVELS if num <= most]
    parts = text.split(",")
    if not all(part.isdecimal() and 1 <= int(part) <= most for part in parts):
        raise ValueError(f"--levels is {text!r}; it must be like 1,4, each 1 to {most}")
    return list(dict.fromkeys(map(int, parts)))


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
    parser.add_argument("--levels", metavar="N,N", help="that are decoded")
    parser.add_argument("--num", type=int, default=32, help="clips of the test split")
    parser.add_argument("--batch", type=int, default=16, help="clips at once")
    parser.add_argument("--visqol", action="store_true", help="measure it too")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())

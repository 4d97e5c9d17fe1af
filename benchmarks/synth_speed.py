"""How fast music is composed and rendered on one core: prints a row for each player.

python benchmarks/synth_speed.py --clips 100 [--soundfont FluidR3_GM.sf2]
"""

import argparse
import time

from musiclm_jax.data.synth.corpus import Corpus
from musiclm_jax.evaluation import report

_WARM_UP = 20


def main() -> None:
    """Times a run of clips after some that load the caches of the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--soundfont", default="", help="SF2 file; oscillators if none")
    options = parser.parse_args()
    rows = []
    for soundfont in dict.fromkeys(("", options.soundfont)):
        spent = core_seconds(options.clips, options.seconds, soundfont)
        music = options.clips * options.seconds
        rows.append(
            (
                "SoundFont" if soundfont else "oscillators",
                str(options.clips),
                f"{spent / options.clips:.3f}",
                f"{options.clips / spent:.1f}",
                f"{music / spent:.0f}",
            )
        )
    header = ("player", "clips", "core seconds a clip", "clips a core second", "x real")
    print(report.table(header, rows))
    print(report.hardware())


def core_seconds(clips: int, seconds: float, soundfont: str) -> float:
    """Returns the CPU time of some clips, captions and all."""
    corpus = Corpus(
        num_clips=clips + _WARM_UP, clip_seconds=seconds, seed=0, soundfont=soundfont
    )
    corpus.check()
    for index in range(_WARM_UP):
        corpus.example(index)
    start = time.process_time()
    for index in range(_WARM_UP, clips + _WARM_UP):
        corpus.example(index)
    return time.process_time() - start


if __name__ == "__main__":
    main()

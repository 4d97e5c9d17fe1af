"""How fast music is composed and rendered on one core: prints one table row.

python benchmarks/synth_speed.py --clips 100
"""

import argparse
import time

from musiclm_jax.data.synth.corpus import Corpus


def main() -> None:
    """Times a run of clips after a few that load the caches of the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    warm_up = 5
    corpus = Corpus(
        num_clips=arguments.clips + warm_up, clip_seconds=arguments.seconds, seed=0
    )
    for index in range(warm_up):
        corpus.example(index)
    start = time.process_time()
    for index in range(warm_up, arguments.clips + warm_up):
        corpus.example(index)
    spent = time.process_time() - start
    music = arguments.clips * arguments.seconds
    print("| clips | seconds of music | core seconds | times real time |")
    print("|---|---|---|---|")
    print(f"| {arguments.clips} | {music:.0f} | {spent:.1f} | {music / spent:.0f} |")


if __name__ == "__main__":
    main()

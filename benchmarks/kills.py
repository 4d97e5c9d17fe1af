"""Commands killed again and again end as those left alone: prints one table.

    python benchmarks/kills.py [--kills 200] [--verbs generate,train,...] [--seed 0]
        [--processes 2] [--steps 60] [--work FOLDER]

Each verb of `musiclm` that writes does its work once left alone. Then it is started
again and again by the same command, on inputs of micro sizes (`micro_inputs.py`), and
gets SIGKILL, SIGTERM, SIGHUP or Ctrl-C in turn at random moments, drawn evenly from the
time that it takes; after some kills it may end. The first starts have no compiled
program at hand. With --processes the training runs as several (launch/processes.sh),
and one of them, drawn at random, gets what a terminal would not send to all.

After each: no process of it runs on, no temporary folder stays, every file that has its
name is whole; nothing unfinished either, but after SIGKILL, for which that holds once
the command has ended by itself. What says that it ended well has made all. At the end:
what is there is what the undisturbed run made, byte for byte; of a training every
record of the metrics, the position in the data, and every array of the last checkpoint.
What a verb keeps was made once. Ends with 1 where something is wrong, and prints it.
"""

import argparse
import collections
import contextlib
import dataclasses
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import killed
import killed_verbs
import numpy as np

from musiclm_jax.cli import errors
from musiclm_jax.evaluation import report

# After so many kills a command may end.
_KILLS_IN_A_ROUND = 4


@dataclasses.dataclass
class Result:
    """What came of the kills of a verb.

    Attributes:
        name: of the verb.
        seconds: that it takes, left alone.
        kills: by signal.
        rounds: how often it went through, and was compared.
        slowest: seconds from a signal to the end, the most.
        faults: all that is wrong.
    """

    name: str
    seconds: float = 0.0
    kills: collections.Counter[int] = dataclasses.field(
        default_factory=collections.Counter
    )
    rounds: int = 0
    slowest: float = 0.0
    faults: list[str] = dataclasses.field(default_factory=list)

    def row(self) -> tuple[str, ...]:
        """Returns what the table says of it."""
        counts = (str(self.kills[number]) for number in killed.SIGNALS)
        wrong = str(len(self.faults) or "none")
        left_alone = f"{self.seconds:.1f}"
        slowest = f"{self.slowest:.1f}"
        return self.name, left_alone, *counts, str(self.rounds), slowest, wrong


_HEAD = (
    "verb",
    "seconds",
    *(signal.Signals(number).name for number in killed.SIGNALS),
    "ends compared",
    "slowest end, s",
    "wrong",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; returns the exit status."""
    options = _parser().parse_args(arguments)
    errors.hide_stack_traces()
    for number in killed.SIGNALS:
        if signal.getsignal(number) is signal.SIG_IGN:
            # In the background of a shell, under nohup: what is started would, too.
            signal.signal(number, signal.default_int_handler)
    with contextlib.ExitStack() as stack:
        work = options.work
        if work is None:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        verbs = killed_verbs.prepare(
            work.absolute(),
            options.verbs,
            steps=options.steps,
            processes=options.processes,
            seed=options.seed,
        )
        results = []
        for number, verb in enumerate(verbs):
            share = (options.kills - sum(r.kills.total() for r in results)) / (
                len(verbs) - number
            )
            rng = np.random.default_rng([options.seed, number])
            results.append(measure(work.absolute(), verb, round(share), rng))
            # Many kills take long, and a terminal may not be there at the end.
            print("|", " | ".join(results[-1].row()), "|", flush=True)
            print(*results[-1].faults, sep="\n", flush=True)
    print("\n" + report.table(_HEAD, [result.row() for result in results]))
    total = sum((result.kills for result in results), collections.Counter())
    print(f"{total.total()} kills of {len(results)} verbs")
    faults = [f"{r.name}: {fault}" for r in results for fault in r.faults]
    print(*faults[:20], report.hardware(), sep="\n")
    return 1 if faults else 0


def measure(
    work: Path, verb: killed.Verb, kills: int, rng: np.random.Generator
) -> Result:
    """Runs a verb, kills it so many times, and compares.

    Args:
        work: has folders of its own for each verb.
        verb: what is killed.
        kills: how many.
        rng: of the moments, and of victims where there are several.
    """
    result = Result(verb.name)
    place = killed.Place(work, f"{verb.name}-whole")
    result.seconds = life = place.run(verb.command)
    whole = verb.read(verb.output)
    place = killed.Place(work, f"{verb.name}-killed")
    numbers = _in_turn(rng)
    while (left := kills - result.kills.total()) > 0:
        shutil.rmtree(verb.output)
        verb.output.mkdir()
        # Some die early, some late: what goes on does not always begin.
        count = min(left, _KILLS_IN_A_ROUND)
        _kill(place, verb, whole, count, life, numbers, rng, result)
        # Programs are compiled by now.
        life = min(life, place.run(verb.command))
        result.rounds += 1
        result.faults += [f"{p} is left" for p in killed.unfinished(verb.output)]
        result.faults += _differences(whole, verb.read(verb.output))
    return result


def _kill(
    place: killed.Place,
    verb: killed.Verb,
    whole: dict,
    kills: int,
    life: float,
    numbers: Iterator[int],
    rng: np.random.Generator,
    result: Result,
) -> None:
    """Starts and kills, until there were so many or it was through."""
    made: dict[str, tuple[int, int]] = {}
    for _ in range(kills):
        number = next(numbers)
        death = place.kill(verb, number, rng.uniform(0.0, life), rng)
        result.faults += death.faults
        result.faults += killed.halves(verb.output)
        if death.status == 0:
            result.faults += _differences(whole, verb.read(verb.output))
        if verb.goes_on:
            now = killed.marks(verb.output)
            again = [n for n, mark in made.items() if now.get(n) not in (mark, None)]
            result.faults += [f"{name} was made again" for name in again]
            made |= now
        if death.was_through:
            break
        result.kills[number] += 1
        result.slowest = max(result.slowest, death.seconds)


def _in_turn(rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from rng.permutation(killed.SIGNALS).tolist()


def _differences(whole: dict, again: dict) -> Iterator[str]:
    for name in sorted({*whole, *again}):
        if whole.get(name) != again.get(name):
            yield f"{name} is not that of the run left alone"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200, help="of all verbs together")
    parser.add_argument(
        "--verbs",
        type=lambda text: text.split(","),
        default=list(killed_verbs.NAMES),
        help="joined by commas: " + ", ".join(killed_verbs.NAMES),
    )
    parser.add_argument("--steps", type=int, default=60, help="of each training")
    parser.add_argument("--processes", type=int, default=1, help="of each training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="a new folder, which stays")
    return parser


if __name__ == "__main__":
    sys.exit(main())

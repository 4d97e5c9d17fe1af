"""Work in pieces under Apache Beam: on Dataflow, Flink, Spark, or on this machine."""

import re
import shlex
from collections.abc import Sequence
from typing import Any

from musiclm_jax.parallel.jobs import Job, Progress


class Beam:
    """Shares the pieces among the workers of a Beam runner.

    The pieces leave files, so every worker must see the folders that they read and
    write under the same names, and have this package.
    """

    def __init__(self, arguments: str):
        """Starts nothing yet.

        Args:
            arguments: Beam's own, as on a command line; its direct runner without any.

        Raises:
            ValueError: Beam is not installed.
        """
        try:
            import apache_beam
        except ImportError:
            raise ValueError(
                'Apache Beam is not installed: pip install "musiclm_jax[beam]"'
            ) from None
        self._beam = apache_beam
        self._arguments = shlex.split(arguments)

    def run(self, jobs: Sequence[Job], progress: Progress) -> None:
        """Does what is not done yet, and returns when all is.

        Raises:
            ValueError: what the first piece that failed says.
        """
        waiting = [job for job in jobs if not job.output.exists()]
        progress(len(jobs) - len(waiting), len(jobs))
        if waiting:
            try:
                self._share(waiting)
            except Exception as error:  # Beam wraps them, in its own way a runner
                raise ValueError(_cause(error)) from error
        progress(len(jobs), len(jobs))

    def _share(self, jobs: Sequence[Job]) -> None:
        with self._beam.Pipeline(argv=self._arguments) as pipeline:
            _ = (
                pipeline
                | self._beam.Create(jobs, reshuffle=False)
                # Each piece may go to another worker.
                | self._beam.Reshuffle()
                | self._beam.Map(_run)
            )


# Beam checks annotations at run time, and protocols cannot be.
def _run(job: Any) -> None:
    if not job.output.exists():
        job.run()


def _cause(error: Exception) -> str:
    """Returns the message of what a piece raised, out of Beam's report of it."""
    text = str(error)
    raised = re.findall(r"^\w+: (.*)$", text, re.MULTILINE)
    cause, _, _ = (raised[-1] if raised else text).partition(" [while running")
    return f"Apache Beam: {cause}"

"""Carries what the loop measured to files and eyes."""

import time
from collections.abc import Callable, Iterable, Mapping

import jax

from musiclm_jax.training.evaluation import Evaluation
from musiclm_jax.training.health import diagnose, read
from musiclm_jax.training.progress import Progress
from musiclm_jax.training.task import Metrics, State
from musiclm_jax.training.writers import Writer


def _headline(values: Mapping[str, float]) -> float | None:
    """The loss that is shown: a training with one loss need not call it total."""
    losses = [value for name, value in values.items() if name.startswith("loss/")]
    return values.get("loss/total", losses[0] if losses else None)


class NotFinite(ValueError):
    """Too many steps in a row had a loss or gradient that was not finite."""


class Report:
    """Writes records of training and evaluation, and says what is sick."""

    def __init__(
        self,
        writer: Writer,
        progress: Progress,
        rates: Callable[[float], dict[str, float]],
        *,
        log_every: int,
        max_skipped_in_row: int,
    ) -> None:
        """Starts with nothing written.

        Args:
            writer: of the run's files.
            progress: what a person sees.
            rates: what is recorded of so many steps a second.
            log_every: steps between records of training metrics.
            max_skipped_in_row: skipped steps without one between them that end a run.
        """
        self._writer = writer
        self._progress = progress
        self._rates = rates
        self._log_every = log_every
        self._latest: dict[str, float] = {}
        self._logged: tuple[int, float] | None = None
        self._max_skipped_in_row = max_skipped_in_row
        self._skipped: tuple[int, float, int] | None = None

    def train(self, ended: Iterable[tuple[int, Metrics]]) -> None:
        """Takes `(step, metrics)` of ended steps; reads only what is to be written.

        Raises:
            NotFinite: too many steps were skipped one after the other.
        """
        for step, metrics in ended:
            if step % self._log_every and step != 1:
                continue
            values = {k: float(v) for k, v in jax.device_get(metrics).items()}
            now = time.monotonic()
            speed = {}
            if self._logged is not None:
                steps, seconds = step - self._logged[0], now - self._logged[1]
                speed = self._rates(steps / max(seconds, 1e-9))
            self._logged = (step, now)
            self._latest = values
            self._progress.show(_headline(values), speed.get("time/share_of_peak"))
            self._writer.write(step, "train", values | speed)
            self._count_skipped(step, values.get("health/skipped_steps", 0.0))

    def _count_skipped(self, step: int, skipped: float) -> None:
        """Counts in a row what was skipped since the last record, if all was."""
        last_step, last_skipped, in_row = self._skipped or (step, skipped, 0)
        passed = step - last_step
        in_row = in_row + passed if skipped - last_skipped == passed else 0
        self._skipped = (step, skipped, in_row)
        if in_row >= self._max_skipped_in_row:
            raise NotFinite(
                f"the last {in_row} steps up to {step} were not finite and were "
                "skipped: the run stops; its last checkpoint is as it was. Lower the "
                "learning rate, or look at the data"
            )

    def tried(self, step: int, name: str, figures: Mapping[str, float]) -> None:
        """Writes what a trial found, and says it."""
        self._writer.write(step, name, figures)
        told = "; ".join(f"{what} {value:.4g}" for what, value in figures.items())
        self._progress.say(f"step {step}: {name}: {told}")

    def evaluate(self, step: int, evaluation: Evaluation, state: State) -> None:
        """Evaluates, writes the result, and says in plain words what is sick."""
        metrics = evaluation.metrics(state)
        if not metrics:
            return
        self._writer.write(step, "eval", metrics)
        for name, audio in evaluation.audio(state).items():
            self._writer.write_audio(
                step, name, audio, sample_rate=evaluation.sample_rate
            )
        losses = [f"{k} {v:.4g}" for k, v in metrics.items() if k.startswith("loss/")]
        seen = self._latest | metrics
        self._progress.say(f"step {step}: " + "; ".join(losses + read(seen)))
        for sentence in diagnose(seen):
            self._progress.say(f"step {step}: WARNING: {sentence}")

"""What a person sees while a training runs: a bar, or a line now and then."""

import sys
import time

import jax
import tqdm

LINE_SECONDS = 30.0


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class Progress:
    """Shows step, loss, speed and time left on stderr, on the first process only."""

    def __init__(self, *, step: int, num_steps: int) -> None:
        """Starts at `step` of `num_steps`."""
        self._first = self._step = step
        self._num_steps = num_steps
        self._start = self._shown = time.monotonic()
        self._loss: float | None = None
        self._share: float | None = None
        self._is_shown = jax.process_index() == 0
        self._bar = None
        if self._is_shown and sys.stderr.isatty():
            self._bar = tqdm.tqdm(
                total=num_steps,
                initial=step,
                dynamic_ncols=True,
                bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} {postfix}",
            )

    def show(self, loss: float | None, share_of_peak: float | None) -> None:
        """Takes the loss that is shown from here on, and the share, if it is known."""
        self._loss, self._share = loss, share_of_peak

    def advance(self, step: int, *, budget_left_seconds: float | None) -> None:
        """Moves to `step`; prints if it is time to."""
        self._step = step
        if not self._is_shown:
            return
        if self._bar is not None:
            self._bar.set_postfix_str(self._text(budget_left_seconds), refresh=False)
            self._bar.update(step - self._bar.n)
        elif time.monotonic() - self._shown >= LINE_SECONDS:
            self._shown = time.monotonic()
            self.say(f"step {step}/{self._num_steps} {self._text(budget_left_seconds)}")

    def say(self, line: str) -> None:
        """Prints a line without breaking the bar."""
        if not self._is_shown:
            return
        if self._bar is not None:
            self._bar.write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leaves the bar as it stands."""
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def steps_per_second(self) -> float:
        """Mean speed of this call, evaluations and compiling included."""
        return (self._step - self._first) / max(1e-9, time.monotonic() - self._start)

    def _text(self, budget_left_seconds: float | None) -> str:
        speed = self.steps_per_second
        left = (self._num_steps - self._step) / max(1e-9, speed)
        if budget_left_seconds is not None:
            left = min(left, budget_left_seconds)
        loss = "" if self._loss is None else f"loss {self._loss:.4g}, "
        share = "" if self._share is None else f"{self._share:.0%} of peak, "
        return f"{loss}{speed:.3g} steps/s, {share}{_duration(left)} left"

"""What every kind of semantic features says of its steps and windows."""

import numpy as np


class WindowedSteps:
    """What follows from the hop and the seconds of windows of a configuration.

    Attributes:
        sample_rate: of the audio, Hz.
        hop_length: samples from one token to the next.
        window_seconds: what is heard at once.
        stride_seconds: from one window to the next.
    """

    sample_rate: int
    hop_length: int
    window_seconds: float
    stride_seconds: float

    @property
    def frame_rate(self) -> float:
        """Tokens a second, Hz."""
        return self.sample_rate / self.hop_length

    @property
    def window_steps(self) -> int:
        """Tokens of a window."""
        return round(self.window_seconds * self.frame_rate)

    @property
    def stride_steps(self) -> int:
        """Tokens from one window to the next."""
        return round(self.stride_seconds * self.frame_rate)

    def tells_alone(self, aspect: str, num_steps: int) -> np.ndarray:
        """Returns which steps [time] tell of an aspect and nothing else: none does."""
        del aspect
        return np.zeros(num_steps, bool)

    def check_windows(self) -> None:
        """Raises ValueError for windows that leave out what lies between them."""
        if not 1 <= self.stride_steps <= self.window_steps:
            raise ValueError(
                f"stride_seconds must be in 1/{self.frame_rate:g}..window_seconds "
                f"({self.window_seconds}), got {self.stride_seconds}"
            )

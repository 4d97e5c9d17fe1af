"""What windows of 25 ms are too short for: pitch, and the speed of the beat."""

import dataclasses

import jax

from musiclm_jax.semantic import harmony, rhythm
from musiclm_jax.signal import mel as mel_lib
from musiclm_jax.signal.log_frequency import LogFrequencyConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class LongWindows:
    """Features from long windows, beside log-mels.

    Attributes:
        lines: of the harmony; their hop is that of the tokens.
        rhythm: the tempi.
    """

    lines: LogFrequencyConfig
    rhythm: rhythm.RhythmConfig

    def check(self, mel: mel_lib.MelConfig, hop_length: int) -> None:
        """Raises ValueError where these do not go with log-mels and their steps."""
        if self.lines.sample_rate != mel.sample_rate:
            raise ValueError(
                f"lines must be at {mel.sample_rate} Hz as mel is, got "
                f"{self.lines.sample_rate}"
            )
        if self.lines.hop_length != hop_length or hop_length % mel.hop_length:
            raise ValueError(
                f"the hop of lines must be that of the tokens, a multiple of mel's "
                f"({mel.hop_length}), got {self.lines.hop_length}"
            )

    def hear(
        self, audio: jax.Array, log_mel: jax.Array, mel: mel_lib.MelConfig
    ) -> tuple[jax.Array, jax.Array]:
        """Returns harmony and rhythm at every step.

        Args:
            audio: [batch, sample], whole steps.
            log_mel: [batch, frame, mel], of the same audio.
            mel: of `log_mel`.

        Returns:
            [batch, time, pitch class] and [batch, time, tempo], see `harmony` and
            `rhythm`.
        """
        beats = rhythm.tempogram(
            rhythm.onsets(log_mel, mel.frame_rate),
            self.rhythm,
            frame_rate=mel.frame_rate,
            hop_length=self.lines.hop_length // mel.hop_length,
        )
        return harmony.pitch_classes(audio, self.lines), beats

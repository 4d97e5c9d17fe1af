"""Stub."""

import dataclasses
from pathlib import Path
import numpy as np
from musiclm_jax import whole_files
from musiclm_jax.data.intake.facts import Facts
from musiclm_jax.data.intake.recordings import Recording, Fault


def measure(r, *, silence_db):
    try:
        with r.sound.open() as s:
            n = 0
            peak = 0.0
            for b in s.blocks():
                n += len(b)
                peak = max(peak, float(np.abs(b).max()))
            return Facts(
                name=r.name,
                digest=r.sound.digest(),
                format=s.format,
                sample_rate=s.sample_rate,
                num_channels=s.num_channels,
                num_samples=n,
                peak_db=20 * np.log10(peak + 1e-9),
                sound_end=n,
            )
    except (ValueError, OSError) as e:
        return Facts(name=r.name, fault=Fault(kind="unreadable", reason=str(e)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class SurveyJob:
    recordings: tuple
    output: Path
    silence_db: float

    def run(self):
        whole_files.write(
            self.output,
            "".join(
                measure(r, silence_db=self.silence_db).to_json() + "\n"
                for r in self.recordings
            ).encode(),
        )

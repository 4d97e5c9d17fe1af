"""What is measured of a recording, once; everything else follows from it."""

import dataclasses
import json
from typing import Any

from musiclm_jax.data.intake.recordings import Rejection


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of the sound of one recording.

    Attributes:
        name: of the recording.
        rejection: why it cannot be used whatever is wanted of it, if so; what could
            not be measured for it is zero, empty or None.
        digest: hash of its bytes, in hexadecimal.
        format: of the container and encoding.
        sample_rate: in Hz.
        num_channels: before it is mixed to mono.
        num_samples: that could be read, of each channel.
        peak_db: the loudest sample of any channel, relative to full scale.
        loudness: of the mono mix, integrated, in LUFS; None where nothing passes the
            gates. ITU-R BS.1770-4.
        clipped_share: of the samples, those in flat tops at the peak.
        sound_start: first sample that is no silence.
        sound_end: behind the last one.
        fingerprint: of the mono sound, in hexadecimal; alike for copies at another
            level, rate or encoding. Empty where there is too little sound for one.
        fingerprint_behind: of what that does not hear of a longer recording.
    """

    name: str
    rejection: Rejection | None = None
    digest: str = ""
    format: str = ""
    sample_rate: int = 0
    num_channels: int = 0
    num_samples: int = 0
    peak_db: float | None = None
    loudness: float | None = None
    clipped_share: float = 0.0
    sound_start: int = 0
    sound_end: int = 0
    fingerprint: str = ""
    fingerprint_behind: str = ""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.num_samples / self.sample_rate if self.sample_rate else 0.0

    def to_json(self) -> str:
        """Returns one line."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, line: str) -> "Facts":
        """Reads what `to_json` wrote."""
        fields: dict[str, Any] = json.loads(line)
        if fields["rejection"] is not None:
            fields["rejection"] = Rejection(**fields["rejection"])
        return cls(**fields)

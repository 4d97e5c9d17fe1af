"""Stub."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    min_seconds: float = 1.0
    min_sample_rate: int = 16000
    silence_db: float = -60.0
    max_clipped_share: float = 0.01


def find_faults(facts, limits):
    from musiclm_jax.data.intake.recordings import Fault

    out = {}
    seen = {}
    for f in facts:
        if f.fault:
            out[f.name] = f.fault
        elif f.seconds < limits.min_seconds:
            out[f.name] = Fault(kind="too_short", reason=f"lasts {f.seconds}")
        elif f.digest in seen:
            out[f.name] = Fault(kind="duplicate", reason="copy of " + seen[f.digest])
        else:
            seen[f.digest] = f.name
    return out

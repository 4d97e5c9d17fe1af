"""From a source to shards: measure, judge, deal to splits, write; all of it resumable.

    source -> facts of each recording -> rejections -> splits -> shards of clips

Each step follows from the ones before it alone, so that work which was killed, or which
other machines did, leaves the same shards. In = written + left out.
"""

import collections
import dataclasses
import functools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from musiclm_jax.data.intake.clips import Cut
from musiclm_jax.data.intake.facts import Facts
from musiclm_jax.data.intake.recordings import Recording, Rejection, Source
from musiclm_jax.data.intake.rejections import Limits, find_rejections
from musiclm_jax.data.intake.shards import ShardJob, split_into_shards
from musiclm_jax.data.intake.survey import survey_job
from musiclm_jax.data.records.resumable_builder import Progress, Shard
from musiclm_jax.files import json_lines
from musiclm_jax.parallel.jobs import Runner

Known = tuple[Recording, Facts]
"""A recording, and what was measured of it."""

# Recordings that are measured in one piece of work: enough pieces to share.
_MOST_MEASURED, _SURVEYS = 256, 256


@dataclasses.dataclass(frozen=True, kw_only=True)
class Splits:
    """Which share of the recordings is held out, by a hash of their content.

    New recordings move no old one, unless none was held out.

    Attributes:
        validation_share: of the recordings.
        test_share: likewise.
    """

    validation_share: float
    test_share: float

    def __post_init__(self):
        held_out = self.validation_share + self.test_share
        if min(self.validation_share, self.test_share) < 0 or held_out >= 1:
            raise ValueError(
                f"validation_share {self.validation_share} and test_share "
                f"{self.test_share} must leave recordings to train on"
            )

    def deal(self, known: Sequence[Known]) -> dict[str, list[Known]]:
        """Returns split -> its recordings, none of the splits empty.

        Of few recordings the hash may hold out none. Trainings want to be validated, so
        one is taken from those that are left to train on, if there are others.
        """
        dealt: dict[str, list[Known]] = {}
        for recording, facts in known:
            dealt.setdefault(self._of(recording, facts), []).append((recording, facts))
        # Validation first: trainings refuse to do without it.
        for split, share in reversed(self._shares().items()):
            there = dealt.get("train", [])
            free = [k for k in there if k[0].split is None]
            if share and split not in dealt and free and len(there) > 1:
                dealt[split] = [min(free, key=lambda k: k[1].digest)]
                there.remove(dealt[split][0])
        return dealt

    def _of(self, recording: Recording, facts: Facts) -> str:
        if recording.split is not None:
            return recording.split
        return self.of(facts.digest)

    def of(self, digest: str) -> str:
        """Returns the split of content with this hash, in hex."""
        position = int(digest[:16], 16) / 2**64
        end = 0.0
        for split, share in self._shares().items():
            end += share
            if position < end:
                return split
        return "train"

    def _shares(self) -> dict[str, float]:
        return {"test": self.test_share, "validation": self.validation_share}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Prepared:
    """What became of a source.

    Attributes:
        shards: split -> its files, none of them empty.
        left_out: recording -> why.
        silent: recording -> starts of its silent clips, which were left out too.
        written: recording -> how many clips of it were written.
        seconds: of the clips.
        remarks: sentences on what is odd about the source, and left nothing out.
    """

    remarks: tuple[str, ...]
    shards: dict[str, list[Shard]]
    left_out: dict[str, Rejection]
    silent: dict[str, list[float]]
    written: dict[str, int]
    seconds: float

    def account(self) -> dict[str, Any]:
        """Returns the counts, for JSON."""
        kinds = collections.Counter(
            rejection.kind for _, rejection in sorted(self.left_out.items())
        )
        return {
            "recordings": len(self.written) + len(self.left_out),
            "written": len(self.written),
            "left_out": len(self.left_out),
            "left_out_by_kind": dict(kinds.most_common()),
            "clips": sum(self.written.values()),
            "silent_clips": sum(map(len, self.silent.values())),
            "hours": round(self.seconds / 3600, 4),
            "remarks": list(self.remarks),
        }

    def quarantine(self) -> Iterator[dict[str, Any]]:
        """Yields a line for each recording and each clip that was left out."""
        for name, rejection in sorted(self.left_out.items()):
            yield {"name": name, **dataclasses.asdict(rejection)}
        for name, starts in sorted(self.silent.items()):
            for start in starts if name in self.written else ():
                reason = "this clip of it is silent"
                line = {"name": name, "kind": "silent", "reason": reason}
                yield line | {"start_seconds": start}


def survey(
    source: Source,
    folder: Path,
    *,
    silence_db: float,
    runner: Runner,
    progress: Progress,
) -> list[Facts]:
    """Measures each recording of a source.

    Args:
        source: the recordings.
        folder: keeps what was measured, for the next call, and of which files it was:
            of those that changed it is measured anew.
        silence_db: level below which is silence, relative to full scale.
        runner: where it is done.
        progress: is told.
    """
    recordings = source.recordings
    size = min(max(len(recordings) // _SURVEYS, 1), _MOST_MEASURED)
    groups = [
        recordings[start : start + size] for start in range(0, len(recordings), size)
    ]
    jobs = [survey_job(group, folder, silence_db=silence_db) for group in groups]
    runner.run(jobs, functools.partial(_tell, progress, "measuring"))
    return [each for job in jobs for each in _read_facts(job.output)]


def _read_facts(path: Path) -> list[Facts]:
    try:
        text = path.read_text(encoding="utf-8")
        return [Facts.from_json(line) for line in json_lines.split(text)]
    except (ValueError, TypeError, KeyError):
        raise ValueError(
            f"{path}, which keeps what was measured, is damaged: delete it, and it is "
            "made anew"
        ) from None


def judge(
    source: Source, facts: Sequence[Facts], limits: Limits
) -> dict[str, Rejection]:
    """Returns name -> rejection of all that cannot be used."""
    return source.left_out | find_rejections(facts, limits)


def prepare(
    source: Source,
    folder: Path,
    *,
    limits: Limits,
    cut: Cut,
    splits: Splits,
    runner: Runner,
    progress: Progress,
) -> Prepared:
    """Writes the clips of all recordings that can be used.

    Args:
        source: the recordings.
        folder: for shards, and all that a later call goes on from; it must be of the
            same source and settings.
        limits: what is left out.
        cut: how recordings become clips.
        splits: what is held out.
        runner: where it is done.
        progress: is told.

    Raises:
        ValueError: no recording can be used.
    """
    facts = survey(
        source, folder, silence_db=limits.silence_db, runner=runner, progress=progress
    )
    left_out = judge(source, facts, limits)
    known = zip(source.recordings, facts, strict=True)
    dealt = splits.deal([k for k in known if k[0].name not in left_out])
    jobs = {
        split: [
            ShardJob(
                records=folder / f"{split}-{index:05d}.array_record",
                work=tuple(work),
                cut=cut,
            )
            for index, work in enumerate(split_into_shards(dealt[split]))
        ]
        for split in sorted(dealt)
    }
    all_jobs = [job for of_split in jobs.values() for job in of_split]
    for job in all_jobs:
        if not job.records.exists():
            job.output.unlink(missing_ok=True)
    runner.run(all_jobs, functools.partial(_tell, progress, "writing"))
    prepared = _collect(jobs, left_out, cut, source.remarks)
    if not prepared.shards:
        raise ValueError(_nothing_left(source, prepared.left_out))
    return prepared


def _collect(
    jobs: dict[str, list[ShardJob]],
    left_out: dict[str, Rejection],
    cut: Cut,
    remarks: tuple[str, ...],
) -> Prepared:
    """Reads what the jobs left behind."""
    shards: dict[str, list[Shard]] = {}
    written: dict[str, int] = {}
    silent: dict[str, list[float]] = {}
    num_samples = 0
    for split, of_split in jobs.items():
        for job in of_split:
            summary = json.loads(job.output.read_text(encoding="utf-8"))
            written |= summary["written"]
            silent |= summary["silent"]
            num_samples += summary["num_samples"]
            if summary["num_clips"]:
                shard = Shard(
                    path=job.records,
                    num_clips=summary["num_clips"],
                    num_bytes=job.records.stat().st_size,
                )
                shards.setdefault(split, []).append(shard)
    # Channels may cancel each other, or all of a recording lie between two levels.
    quiet = {
        name: Rejection(kind="silent", reason="each clip of its mono mix is silent")
        for name, num_clips in written.items()
        if not num_clips
    }
    return Prepared(
        remarks=remarks,
        shards=shards,
        left_out=left_out | quiet,
        silent=silent,
        written={name: count for name, count in written.items() if count},
        seconds=num_samples / cut.sample_rate,
    )


def _nothing_left(source: Source, left_out: dict[str, Rejection]) -> str:
    if not source.recordings and not left_out:
        return "there is no recording to prepare"
    some = [
        f"{name}: {rejection.reason}"
        for name, rejection in sorted(left_out.items())[:3]
    ]
    return f"none of the {len(left_out)} recordings can be used: {'; '.join(some)}"


def _tell(progress: Progress, what: str, done: int, total: int) -> None:
    progress(what, done / total if total else 1.0)

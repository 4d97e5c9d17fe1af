"""What a training is tried by on the way: pieces, or the codec, on a few clips.

For `training.trials`. The figures are those of `musiclm evaluate` and
`benchmarks/codec.py`; of so few clips they tell one step from another, no more.
"""

import contextlib
import dataclasses
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from musiclm_jax import bundle as bundle_lib
from musiclm_jax.bundle.codec_tokenizer import CodecTokenizer
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.evaluation import codec_curve, forms, making, scores
from musiclm_jax.evaluation.course import Course, Settings
from musiclm_jax.evaluation.examples import Examples
from musiclm_jax.evaluation.findings import Finding
from musiclm_jax.generation.hierarchy import no_progress
from musiclm_jax.generation.pipeline import MusicLM

_NO_TAGGER = "a training fits no tagger"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PiecesTrial:
    """Has a bundle, with what the run has learnt in it, make music for captions.

    Attributes:
        bundle: folder of the other parts.
        dataset: whose captions are the prompts.
        settings: which of them, and from which clips distances are measured.
        every: see `training.trials.Trial`, and so the next.
        name: see there.
    """

    bundle: str
    dataset: AudioDataset
    settings: Settings
    every: int
    name: str = "pieces"

    def check(self, task: Any, params: Any) -> None:
        """See `training.trials.Trial`."""
        with self._model(task, params) as (model, _):
            Course.draw(self.settings, self.dataset, model)

    def measure(self, task: Any, params: Any) -> dict[str, float]:
        """See `training.trials.Trial`."""
        with self._model(task, params) as (model, bundle):
            course = Course.draw(self.settings, self.dataset, model)
            found = list(self._findings(course, bundle))
        return _figures(
            finding
            for finding in found
            if finding.of in (scores.GENERATED, scores.SHUFFLED)
        )

    def _findings(self, course: Course, bundle: bundle_lib.Bundle) -> Iterator[Finding]:
        model, asked = course.model, course.asked
        made = making.generate(
            model,
            asked.captions,
            seconds=course.seconds,
            seed=self.settings.seed,
            batch=self.settings.batch,
        )
        how = course.listener(bundle, no_progress)
        pieces = forms.Form(
            scores.GENERATED, asked.names, lambda numbers: made[numbers]
        )
        measured = how.forms(asked, pieces)
        reference = how.reference(course.reference, with_features=False)
        yield from how.findings(asked, reference, measured, _NO_TAGGER)

    @contextlib.contextmanager
    def _model(
        self, task: Any, params: Any
    ) -> Iterator[tuple[MusicLM, bundle_lib.Bundle]]:
        """Puts what was learnt among the other parts, in a folder of its own."""
        part = getattr(task, "PART", None) or task.part
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / "model"
            shutil.copytree(self.bundle, whole, copy_function=_link)
            bundle_lib.save_part(whole, part, task.config, params)
            yield MusicLM.load(whole), bundle_lib.Bundle.load(whole)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CodecTrial:
    """Has a codec on its way code and decode clips; see `codec_curve.measures`.

    Attributes:
        dataset: of the clips.
        split: of it.
        num: clips.
        levels: how many of its levels are decoded, one number after the other.
        seed: of what is drawn: the same at each trial.
        every: see `training.trials.Trial`, and so the next.
        name: see there.
    """

    dataset: AudioDataset
    split: str = "validation"
    num: int = 8
    levels: tuple[int, ...]
    seed: int = 0
    every: int
    name: str = "codec"

    def check(self, task: Any, params: Any) -> None:
        """See `training.trials.Trial`."""
        del params
        most = task.config.num_quantizers
        if not self.levels or not all(1 <= level <= most for level in self.levels):
            raise ValueError(
                f"trial {self.name}: levels must be from 1 to the codec's {most}, got "
                f"{self.levels}"
            )
        self.dataset.check_rate(task.config.sample_rate, "the codec")
        self.dataset.open(self.split)

    def measure(self, task: Any, params: Any) -> dict[str, float]:
        """See `training.trials.Trial`."""
        codec = CodecTokenizer(task.config, params)
        clips = Examples.draw(
            self.dataset.open(self.split), self.num, np.random.default_rng(self.seed)
        )
        found = codec_curve.curve(
            codec,
            clips.audio(),
            self.levels,
            codec_curve.measures(codec.sample_rate),
            batch=self.num,
        )
        return _figures(found)


def _figures(findings: Iterable[Finding]) -> dict[str, float]:
    """Returns those that have a value, by what was measured and of whom."""
    return {
        f"{finding.measure}/{finding.of}": finding.value
        for finding in findings
        if finding.value is not None
    }


def _link(source: str, target: str) -> None:
    """Copies a file that nobody changes: without its bytes where that can be."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)

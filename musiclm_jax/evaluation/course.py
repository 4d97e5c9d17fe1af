"""The whole course of an evaluation but the sampling: what to ask, what came of it.

draw -> prompts -> (pieces, by whoever samples) -> findings
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from musiclm_jax.bundle import Bundle
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.data.sound import audio_files
from musiclm_jax.evaluation import drawing, forms, listener, scores, tagger
from musiclm_jax.evaluation.drawing import Drawn
from musiclm_jax.evaluation.embedders import Classifier, Embedder
from musiclm_jax.evaluation.features import MIN_SECONDS
from musiclm_jax.evaluation.findings import Clip, Findings
from musiclm_jax.evaluation.listener import Listener
from musiclm_jax.evaluation.scores import Measured
from musiclm_jax.evaluation.tagger import Tagger
from musiclm_jax.files import fingerprints
from musiclm_jax.generation import names
from musiclm_jax.generation.pipeline import MusicLM
from musiclm_jax.generation.prompt import literal
from musiclm_jax.generation.request import RANGES, Request

CLIPS = "clips"
"""Folder of the pieces, below that of the report."""

_TRUE = "true"
_TAGGER = "tagger.safetensors"
_SUFFIX = ".flac"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What is evaluated, and how much of it.

    Attributes:
        split: whose captions are the prompts.
        reference: split from whose clips distances are measured.
        balanced: whether prompts are of MusicCaps' balanced subset alone.
        num: captions, or all there are.
        num_reference: clips of the reference, or all there are.
        seconds: of the pieces; None takes the length of the clips.
        seed: of what is drawn and sampled.
        batch: clips that are heard at once.
    """

    split: str
    reference: str
    balanced: bool
    num: int
    num_reference: int
    seconds: float | None
    seed: int
    batch: int

    def __post_init__(self):
        if self.seconds is not None and self.seconds < MIN_SECONDS:
            raise ValueError(
                f"seconds is {self.seconds:g}; what is evaluated must last at least "
                f"{MIN_SECONDS:g} s"
            )


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """An evaluation.

    Attributes:
        settings: what is asked.
        dataset: whose clips are drawn.
        model: that is evaluated.
        asked: the clips whose captions are the prompts.
        reference: true clips from which distances are measured.
    """

    settings: Settings
    dataset: AudioDataset
    model: MusicLM
    asked: Drawn
    reference: Drawn

    @classmethod
    def draw(
        cls, settings: Settings, dataset: AudioDataset, model: MusicLM
    ) -> "Course":
        """Draws clips.

        Raises:
            ValueError: no such split, another rate, or fewer than two clips of use.
        """
        if not dataset.is_prepared():
            raise ValueError(
                f"data set {dataset.name!r} is not prepared in {dataset.data_dir}: "
                "musiclm data prepare makes it"
            )
        dataset.check_rate(model.sample_rate, "the model")
        split = dataset.open(settings.split)
        source = dataset.open(settings.reference)
        rng = np.random.default_rng(settings.seed)

        def check_caption(caption: str) -> None:
            Request(prompt=literal(caption))
            model.tokenizers.mulan.check_text(caption)

        seconds = settings.seconds
        asked = drawing.draw(
            drawing.balanced(split) if settings.balanced else split,
            num=settings.num,
            num_samples=seconds and round(seconds * model.sample_rate),
            rng=rng,
            check_caption=check_caption,
        )
        if asked.num_samples < MIN_SECONDS * model.sample_rate:
            raise ValueError(
                f"the clips last {asked.num_samples / model.sample_rate:g} s, and what "
                f"is evaluated must last at least {MIN_SECONDS:g} s"
            )
        is_same = settings.reference == settings.split
        reference = drawing.draw(
            source,
            num=settings.num_reference,
            num_samples=asked.num_samples,
            rng=rng,
            check_caption=None,
            without=asked.names if is_same else (),
        )
        return cls(
            settings=settings,
            dataset=dataset,
            model=model,
            asked=asked,
            reference=reference,
        )

    @property
    def seconds(self) -> float:
        """Length of the pieces."""
        return self.asked.num_samples / self.model.sample_rate

    def prompts(self) -> list[dict[str, Any]]:
        """Returns a line of a prompts file for each caption."""
        seeds = RANGES["seed"].high + 1
        return [
            {
                "prompt": literal(caption),
                "name": file,
                "seconds": self.seconds,
                # One seed for all would give all the same chance.
                "seed": int((self.settings.seed + number) % seeds),
            }
            for number, (caption, file) in enumerate(
                zip(self.asked.captions, self.files, strict=True)
            )
        ]

    @property
    def files(self) -> list[str]:
        """Names of the files of the pieces."""
        return [
            f"{number:05}-{names.slug(name)}{_SUFFIX}"
            for number, name in enumerate(self.asked.names)
        ]

    def listener(
        self,
        bundle: Bundle,
        progress: Callable[[str, float], None],
        *,
        embedders: tuple[Embedder, ...] = (),
        classifiers: tuple[Classifier, ...] = (),
    ) -> Listener:
        """Returns what hears the clips.

        Args:
            bundle: of the model.
            progress: called with what is being done and the share of it that is done.
            embedders: that hear them beside the model's own.
            classifiers: that KLD is measured with beside a tagger.
        """
        tokenizers = self.model.tokenizers
        return Listener(
            tokenizers=tokenizers,
            levels=self.model.networks.acoustics.num_levels,
            embedders=(*listener.own_embedders(tokenizers, bundle), *embedders),
            classifiers=classifiers,
            batch=self.settings.batch,
            seed=self.settings.seed,
            progress=progress,
        )

    def findings(
        self, folder: Path, how: Listener, *, judge: Tagger | None, card: dict[str, Any]
    ) -> Findings:
        """Measures all pieces, and puts the true clips beside them.

        Args:
            folder: of the report, with the pieces.
            how: they are heard.
            judge: what KLD is measured with; if None, one is fitted where there are
                labels, and kept in the folder.
            card: what else is known of this evaluation.

        Raises:
            ValueError: a piece that cannot be used.
        """
        generated = forms.of_files(
            scores.GENERATED,
            self.asked.names,
            [folder / CLIPS / file for file in self.files],
            num_samples=self.asked.num_samples,
            sample_rate=self.model.sample_rate,
        )
        measured = how.forms(self.asked, generated)
        reference, judge = self._judged(how, folder, judge)
        figures = tuple(how.findings(self.asked, reference, measured, judge))
        agreement = how.agreement(self.asked.captions, measured[scores.GENERATED])
        self._keep_true(folder)
        return Findings(
            title=f"{card['model_name']} on {self.dataset.full_name()}, "
            f"{len(self.asked)} clips of {self.settings.split}",
            card=card | self._card(how, judge),
            figures=figures,
            clips=tuple(self._clips(agreement)),
        )

    def _judged(
        self, how: Listener, folder: Path, judge: Tagger | None
    ) -> tuple[Measured, Tagger | str]:
        """Measures the reference, and fits what KLD is measured with to it."""
        path, made_of = folder / _TAGGER, self._made_of()
        if judge is None and path.exists():
            kept = tagger.load(path)
            judge = kept if kept.made_of == made_of else None
        is_fitted = judge is None and tagger.can_be_fitted(self.reference.labels)
        reference = how.reference(self.reference, with_features=is_fitted)
        if is_fitted:
            judge = how.fit_tagger(self.reference, reference, made_of)
            judge.save(path)
        return reference, judge or (
            "not measured: the reference has no labels to fit a tagger to, and no "
            "--tagger is given"
        )

    def _made_of(self) -> dict[str, Any]:
        return {
            "dataset": self.dataset.made_of(),
            "clips": fingerprints.of([self.settings.reference, *self.reference.names]),
            "seconds": self.seconds,
            "sample_rate": self.model.sample_rate,
        }

    def _keep_true(self, folder: Path) -> None:
        (folder / _TRUE).mkdir(exist_ok=True)
        for number, file in enumerate(self.files):
            (sound,) = self.asked.audio(np.array([number]))
            audio_files.write_audio(
                folder / _TRUE / file, sound, self.model.sample_rate
            )

    def _clips(self, agreement: np.ndarray) -> list[Clip]:
        return [
            Clip(
                name=name,
                prompt=caption,
                generated=f"{CLIPS}/{file}",
                true=f"{_TRUE}/{file}",
                agreement=float(cosine),
            )
            for name, caption, file, cosine in zip(
                self.asked.names,
                self.asked.captions,
                self.files,
                agreement,
                strict=True,
            )
        ]

    def _card(self, how: Listener, judge: Tagger | str) -> dict[str, Any]:
        return {
            "dataset": self.dataset.full_name(),
            "dataset_made_of": self.dataset.made_of(),
            **dataclasses.asdict(self.settings),
            "num": len(self.asked),
            "num_reference": len(self.reference),
            "seconds": self.seconds,
            "left_out": self.asked.left_out | self.reference.left_out,
            "embedders": [embedder.name for embedder in how.embedders],
            "classifiers": [classifier.name for classifier in how.classifiers],
            "tagger": judge.name if isinstance(judge, Tagger) else None,
        }

"""From what was measured of each form of the clips to the figures of the report."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from musiclm_jax.evaluation import (
    diversity,
    finite,
    frechet,
    intervals,
    pairs,
    retrieval,
)
from musiclm_jax.evaluation.clarity import named_tonic
from musiclm_jax.evaluation.cycle_consistency import cycle_consistency
from musiclm_jax.evaluation.findings import Finding
from musiclm_jax.evaluation.frechet import Gaussian
from musiclm_jax.evaluation.intervals import Estimate
from musiclm_jax.evaluation.label_divergence import divergences
from musiclm_jax.evaluation.pairs import PairMeans
from musiclm_jax.evaluation.tagger import Tagger

GENERATED, SHUFFLED = "generated", "shuffled"
"""Whose figures those of the pieces are; and where each has the caption of another."""

_DISTANCE = "FAD"
_RECALLED = (1, 10)


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of a form of the clips.

    Attributes:
        of: the form's name.
        clips: their names.
        values: name of a measure -> [clip, ...].
    """

    of: str
    clips: tuple[str, ...]
    values: Mapping[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[name]

    def mean_window(self, embedder: str) -> np.ndarray:
        """Returns one vector a clip [clip, dim] of [clip, window, dim]."""
        return self.values[embedder].mean(axis=1)


def distances(
    embedder: str, reference: Measured, forms: Sequence[Measured], *, seed: int
) -> Iterator[Finding]:
    """Yields the Frechet distances of each form from other true clips.

    Raises:
        ValueError: an embedding that is not finite; it names the clip.
    """
    gaussian = Gaussian.of(reference[embedder], reference.clips)
    found = {
        form.of: frechet.measure(
            form[embedder],
            gaussian,
            [f"{name} ({form.of})" for name in form.clips],
            seed=seed,
        )
        for form in forms
    }
    for of, each in found.items():
        yield _finding(
            f"{_DISTANCE} ({embedder})",
            of,
            each.plain,
            better="low",
            remark=each.remark,
        )
    for of, each in found.items():
        yield _finding(
            f"{_DISTANCE}-infinity ({embedder})",
            of,
            each.extrapolated,
            better="low",
            remark=each.remark and "extrapolated from too few clips",
        )


def warnings(findings: Iterable[Finding]) -> list[str]:
    """Returns a sentence for each distance that is measured of too few clips."""
    said = {
        each.measure: each.remark
        for each in findings
        if each.measure.startswith(f"{_DISTANCE} (") and each.remark
    }
    return [f"{measure}: {remark}" for measure, remark in said.items()]


def label_divergences(
    name: str,
    labels: Callable[[Measured], Mapping[str, np.ndarray]],
    true: Measured,
    forms: Sequence[Measured],
    *,
    seed: int,
) -> Iterator[Finding]:
    """Yields KLD of each form, and of the generated pieces with others' clips.

    Args:
        name: of who tells labels.
        labels: what they are of a form, attribute -> log-probabilities [clip, class].
        true: the clips.
        forms: of them.
        seed: of resamples.
    """
    told = labels(true)
    for form in forms:
        heard = labels(form)
        for logs in heard.values():
            finite.check(logs, form.clips, f"label ({form.of})")
        found = pairs.means(divergences(told, heard), seed=seed)
        yield from _pair_findings(f"KLD ({name})", form.of, found, better="low")


def labels_told(
    tagger: Tagger,
    labels: Mapping[str, Sequence[str]],
    forms: Sequence[Measured],
    *,
    seed: int,
) -> Iterator[Finding]:
    """Yields how many labels of the clips the tagger finds in each form.

    On true clips it is how well the tagger hears; nothing where they have no labels.
    """
    known = [name for name in tagger.probes if name in labels]
    for form in forms if known else ():
        is_right = [
            tagger.probes[name].predict(form["features"]) == np.array(labels[name])
            for name in known
        ]
        yield _mean_finding(
            f"labels told right ({tagger.name})",
            form.of,
            np.mean(is_right, axis=0),
            seed=seed,
            remark="mean over " + ", ".join(known),
        )


def prompt_fit(
    mulan: str, prompts: np.ndarray, forms: Sequence[Measured], *, seed: int
) -> Iterator[Finding]:
    """Yields MCC and retrieval of each form, and what other captions would give.

    Args:
        mulan: name of the embedder whose text tower `prompts` are of.
        prompts: [clip, dim].
        forms: each is judged; those that are generated with others' captions too.
        seed: of the resamples.
    """
    for form in forms:
        found = cycle_consistency(prompts, form.mean_window(mulan), seed=seed)
        yield from _pair_findings(f"MCC ({mulan})", form.of, found, better="high")
    num = len(prompts)
    for at in _RECALLED:
        for form in forms if at < num else ():
            likeness = pairs.cosines(prompts, form.mean_window(mulan))
            yield _mean_finding(
                f"recall@{at} of {num} captions ({mulan})",
                form.of,
                retrieval.recalled(likeness, at),
                seed=seed,
                remark=f"by chance {at / num:.3f}",
            )


def diversities(
    embedder: str, forms: Sequence[Measured], *, seed: int
) -> Iterator[Finding]:
    """Yields how different the clips of each form are from each other."""
    for form in forms:
        found = diversity.mean_distance(form.mean_window(embedder), seed=seed)
        yield _finding(
            f"mean cosine distance of two clips ({embedder})",
            form.of,
            found,
            better="near",
        )


def clarities(
    captions: Sequence[str], forms: Sequence[Measured], *, seed: int
) -> Iterator[Finding]:
    """Yields beat and key of each form."""
    tonics = np.array([named_tonic(caption) for caption in captions])
    is_named = tonics >= 0
    for name in ("pulse clarity", "key clarity"):
        for form in forms:
            column = form[name][:, 0]
            yield _mean_finding(name, form.of, column, seed=seed, better="near")
    for form in forms if is_named.any() else ():
        is_right = form["key clarity"][:, 1].astype(int) % 12 == tonics
        yield _mean_finding(
            "tonic is the one that the caption names",
            form.of,
            is_right[is_named],
            seed=seed,
            remark=f"{is_named.sum()} captions name one",
        )


def partials(codec: Measured, *, seed: int) -> Finding:
    """Returns which share of the loudest partials the codec keeps."""
    kept = codec["partials"]
    return _mean_finding("partials kept", codec.of, kept[np.isfinite(kept)], seed=seed)


def silence(generated: Measured, *, seed: int) -> Finding:
    """Returns the share of pieces in which nothing is heard."""
    return _mean_finding(
        "silent pieces", generated.of, generated["is silent"], seed=seed, better="low"
    )


def _pair_findings(
    measure: str, of: str, found: PairMeans, *, better: str
) -> Iterator[Finding]:
    yield _finding(measure, of, found.matched, better=better)
    if of == GENERATED:
        yield _finding(measure, SHUFFLED, found.shuffled, better=better)


def _finding(
    measure: str, of: str, found: Estimate, *, better: str, remark: str = ""
) -> Finding:
    figures = dataclasses.asdict(found)
    return Finding(measure=measure, of=of, better=better, remark=remark, **figures)


def _mean_finding(
    measure: str,
    of: str,
    values: np.ndarray,
    *,
    seed: int,
    better: str = "high",
    remark: str = "",
) -> Finding:
    low, high = intervals.of_mean(values, seed=seed)
    return Finding(
        measure=measure,
        of=of,
        value=float(np.mean(values)),
        low=low,
        high=high,
        better=better,
        remark=remark,
    )

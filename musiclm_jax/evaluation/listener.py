"""A model measured like MusicLM's Table 1: its pieces beside true clips and noise.

    reference   true clips of another split: what FAD is measured from
    true        held-out clips, whose captions are the prompts: what can be reached
    codec       the same through the codec: what the stages cannot do better than
    generated   made from the captions
    noise       as loud as the clips; and these with more and more noise

MusicLM, sections 4.4 and 5.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import soxr

from musiclm_jax.bundle import Bundle
from musiclm_jax.bundle.tokenizers import Tokenizers
from musiclm_jax.data.intake.rejections import Limits
from musiclm_jax.data.sound import audio_files
from musiclm_jax.evaluation import features, forms, pairs, scores, tagger
from musiclm_jax.evaluation.drawing import Drawn
from musiclm_jax.evaluation.embedders import (
    Classifier,
    Embedder,
    MuLanEmbedder,
    SemanticEmbedder,
)
from musiclm_jax.evaluation.findings import Finding
from musiclm_jax.evaluation.forms import Change, Form
from musiclm_jax.evaluation.key import key_clarity
from musiclm_jax.evaluation.pitch import partials_kept
from musiclm_jax.evaluation.pulse import pulse_clarity
from musiclm_jax.evaluation.scores import Measured
from musiclm_jax.evaluation.tagger import Tagger

SNRS_DB = (30.0, 20.0, 10.0, 0.0)
"""Signal-to-noise ratios of the clips with noise."""

_SHOWN = 8  # letters of a fingerprint
_EMBEDDERS = {"mulan": MuLanEmbedder, "semantic": SemanticEmbedder}


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Listener:
    """Hears clips in all their forms, and says what it found.

    Attributes:
        tokenizers: of the model, for codec and captions.
        levels: of the codec that are generated.
        embedders: the first is MuLan's, with the text tower of `tokenizers`.
        classifiers: that KLD is measured with beside a tagger.
        batch: clips at once.
        seed: of noise and of resamples.
        progress: called with what is being done and the share of it that is done.
    """

    tokenizers: Tokenizers
    levels: int
    embedders: tuple[Embedder, ...]
    classifiers: tuple[Classifier, ...]
    batch: int
    seed: int
    progress: Callable[[str, float], None]

    @property
    def sample_rate(self) -> int:
        """Of all clips, Hz."""
        return self.tokenizers.codec.sample_rate

    def reference(self, drawn: Drawn, *, with_features: bool) -> Measured:
        """Measures the clips from which distances are taken.

        Args:
            drawn: the clips.
            with_features: whether what a tagger hears is measured too.
        """
        measures = self._embeddings()
        if with_features:
            measures["features"] = self._features
        return self._measure(Form("reference", drawn.names, drawn.audio), measures)

    def fit_tagger(
        self, drawn: Drawn, reference: Measured, made_of: Mapping[str, Any]
    ) -> Tagger:
        """Fits a tagger to what `reference` measured; see `tagger.fit`."""
        return tagger.fit(reference["features"], drawn.labels, made_of=made_of)

    def forms(self, drawn: Drawn, generated: Form) -> dict[str, Measured]:
        """Measures clips in all their forms.

        Args:
            drawn: the true clips.
            generated: the pieces, in the same order.

        Raises:
            ValueError: a piece that cannot be read.
        """
        true = Form("true", drawn.names, drawn.audio)
        heard = self._embeddings() | {
            **self._classes(),
            "features": self._features,
            "pulse clarity": self._each(pulse_clarity),
            "key clarity": self._each(key_clarity),
            "is silent": self._each(_is_silent),
        }

        def kept(numbers: np.ndarray, sound: np.ndarray) -> np.ndarray:
            both = zip(true.read(numbers), sound, strict=True)
            return np.array([partials_kept(*pair, self.sample_rate) for pair in both])

        codec = forms.after_codec(true, self.tokenizers.codec, levels=self.levels)
        whole = [
            (generated, heard),
            (true, heard),
            (codec, heard | {"partials": kept}),
            (forms.noise_like(true, seed=self.seed), heard),
        ]
        levels = [
            (forms.with_noise(true, level, seed=self.seed), self._embeddings())
            for level in SNRS_DB
        ]
        found = [self._measure(form, measures) for form, measures in whole + levels]
        return {measured.of: measured for measured in found}

    def findings(
        self,
        drawn: Drawn,
        reference: Measured,
        measured: dict[str, Measured],
        judge: Tagger | str,
    ) -> Iterator[Finding]:
        """Yields all figures.

        Args:
            drawn: the clips.
            reference: what `reference` gave.
            measured: what `forms` gave.
            judge: the tagger, or why there is none.

        Raises:
            ValueError: an embedding that is not finite.
        """
        true, codec, generated, noise = (
            measured[name] for name in ("true", "codec", scores.GENERATED, "noise")
        )
        ordered = [true, codec, generated, noise]
        levels = [form for form in measured.values() if form not in ordered]
        for number, embedder in enumerate(self.embedders):
            self.progress("distances", number / len(self.embedders))
            yield from scores.distances(
                embedder.name, reference, [*ordered, *levels], seed=self.seed
            )
        yield from self._divergences(drawn, ordered, judge)
        yield from scores.prompt_fit(
            self.embedders[0].name,
            self._prompts(drawn.captions),
            ordered,
            seed=self.seed,
        )
        for embedder in self.embedders:
            yield from scores.diversities(
                embedder.name, [true, generated], seed=self.seed
            )
        yield from scores.clarities(drawn.captions, ordered, seed=self.seed)
        yield scores.partials(codec, seed=self.seed)
        yield scores.silence(generated, seed=self.seed)

    def agreement(self, captions: Sequence[str], generated: Measured) -> np.ndarray:
        """Returns the cosine of each caption and its piece, [clip]."""
        music = generated.mean_window(self.embedders[0].name)
        return np.diagonal(pairs.cosines(self._prompts(captions), music))

    def _divergences(
        self, drawn: Drawn, ordered: Sequence[Measured], judge: Tagger | str
    ) -> Iterator[Finding]:
        """Yields KLD of all who tell labels; `ordered` begins with the true clips."""
        true, *forms = ordered
        if isinstance(judge, Tagger):
            yield from scores.label_divergences(
                judge.name,
                lambda form: judge.log_probabilities(form["features"]),
                true,
                forms,
                seed=self.seed,
            )
            yield from scores.labels_told(judge, drawn.labels, ordered, seed=self.seed)
        else:
            yield Finding(
                measure="KLD",
                of=scores.GENERATED,
                value=None,
                better="low",
                remark=judge,
            )
        for name in (classifier.name for classifier in self.classifiers):
            yield from scores.label_divergences(
                name,
                lambda form, name=name: {"class": form[_classes_of(name)]},
                true,
                forms,
                seed=self.seed,
            )

    def _prompts(self, captions: Sequence[str]) -> np.ndarray:
        return self.tokenizers.mulan.embed_text(list(captions))

    def _measure(self, form: Form, measures: dict[str, Change]) -> Measured:
        values = form.measured(
            measures,
            batch=self.batch,
            progress=lambda share: self.progress(f"measuring: {form.name}", share),
        )
        return Measured(form.name, form.clips, values)

    def _embeddings(self) -> dict[str, Change]:
        return {
            embedder.name: _embedding(embedder, self.sample_rate)
            for embedder in self.embedders
        }

    def _classes(self) -> dict[str, Change]:
        return {
            _classes_of(classifier.name): _classification(classifier, self.sample_rate)
            for classifier in self.classifiers
        }

    def _features(self, numbers: np.ndarray, sound: np.ndarray) -> np.ndarray:
        return features.extract(
            sound, sample_rate=self.sample_rate, batch_size=len(numbers)
        )

    def _each(self, measure: Callable[[np.ndarray, int], Any]) -> Change:
        def all_of(numbers: np.ndarray, sound: np.ndarray) -> np.ndarray:
            del numbers
            return np.array([measure(each, self.sample_rate) for each in sound])

        return all_of


def own_embedders(tokenizers: Tokenizers, bundle: Bundle) -> tuple[Embedder, ...]:
    """Returns what a bundle's own parts hear, MuLan first."""
    return tuple(
        make(getattr(tokenizers, part), bundle.parts[part]["sha256"][:_SHOWN])
        for part, make in _EMBEDDERS.items()
    )


def _is_silent(audio: np.ndarray, sample_rate: int) -> bool:
    del sample_rate
    return audio_files.is_silent(audio, Limits.silence_db)


def _embedding(embedder: Embedder, sample_rate: int) -> Change:
    """Returns what maps sound to [clip, window, dim], at the rate of the embedder."""

    def embed(numbers: np.ndarray, sound: np.ndarray) -> np.ndarray:
        heard = _at_rate(sound, sample_rate, embedder.sample_rate)
        found = np.asarray(embedder.embed(heard))
        return found.reshape(len(numbers), -1, found.shape[-1])

    return embed


def _classification(classifier: Classifier, sample_rate: int) -> Change:
    """Returns what maps sound to [clip, class], at the rate of the classifier."""

    def classify(numbers: np.ndarray, sound: np.ndarray) -> np.ndarray:
        del numbers
        heard = _at_rate(sound, sample_rate, classifier.sample_rate)
        return classifier.log_probabilities(heard)

    return classify


def _classes_of(classifier: str) -> str:
    return f"classes of {classifier}"


def _at_rate(sound: np.ndarray, rate: int, needed: int) -> np.ndarray:
    return sound if rate == needed else soxr.resample(sound.T, rate, needed).T

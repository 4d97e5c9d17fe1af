"""From stored examples to batches: endless for training, finite for evaluation.

Three values, one for each kind of training; `Batches` says what each can do. Where one
data set stands, a `Mixture` of several may stand. Everything random is drawn from the
seed and the position in the stream, so a run that resumes sees what it would have seen.
"""

import abc
import dataclasses
import itertools
import pathlib
from collections.abc import Iterator
from typing import Any

import grain
import jax
import numpy as np
import tokenizers

from musiclm_jax.data.feeding import origins
from musiclm_jax.data.feeding.crops import (
    crop_audio,
    crop_length,
    crop_tokens,
    repeated,
    silence_behind,
    unit_length,
)
from musiclm_jax.data.feeding.frozen_tokenizers import FrozenTokenizers, check_kinds
from musiclm_jax.data.feeding.mixtures import Mixture, in_order, parts_of
from musiclm_jax.data.feeding.streams import BatchStream, Usable, batched, first_batches
from musiclm_jax.data.records.token_records import TokenRecord, TokenRecordSource
from musiclm_jax.data.sets.audio_dataset import AudioDataset, captions_of, read_captions
from musiclm_jax.data.text.vocabulary import (
    encode_texts,
    load_vocabulary,
    save_vocabulary,
    train_vocabulary,
)
from musiclm_jax.files import fingerprints
from musiclm_jax.files.ranges import Range
from musiclm_jax.tokens import Vocabulary

Batch = dict[str, np.ndarray]
Shapes = dict[str, jax.ShapeDtypeStruct]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Batches(abc.ABC):
    """What all are: examples by place, and batches of them.

    Attributes:
        batch_size: examples in a batch, over all processes.
        seed: of the order, and of all that is drawn for an example.
        num_eval_batches: most batches that an evaluation sees.
        train_split: split that training reads.
        eval_split: split that evaluation reads.
    """

    batch_size: int
    seed: int
    num_eval_batches: int
    train_split: str = "train"
    eval_split: str = "validation"

    def __post_init__(self):
        for name in ("batch_size", "num_eval_batches"):
            Range(kind=int, low=1).check(name, getattr(self, name))

    @abc.abstractmethod
    def shapes(self) -> Shapes:
        """Returns shapes and dtypes of a batch over all processes."""

    @abc.abstractmethod
    def made_of(self) -> dict[str, str]:
        """Returns the name of whatever batches are made from -> its fingerprint."""

    @abc.abstractmethod
    def examples(self, split: str, *, repeat: bool) -> grain.MapDataset:
        """Returns the examples of a split in the order of its batches, by place.

        Args:
            split: name of the split.
            repeat: whether they come round again for ever, in another order and
                cropped elsewhere each time.
        """

    def train_iterator(self) -> BatchStream:
        """Returns endless batches of this process's rows, with a position."""
        return batched(self.examples(self.train_split, repeat=True), self.batch_size)

    def eval_batches(self) -> Iterator[Batch]:
        """Returns a few held-out batches, the same at each call."""
        examples = self.examples(self.eval_split, repeat=False)
        return first_batches(examples, self.batch_size, self.num_eval_batches)


@dataclasses.dataclass(frozen=True, kw_only=True)
class AudioBatches(Batches):
    """Random crops of sound, for the codec and the semantic model.

    A batch is {"audio": [batch, sample] float32}.

    Attributes:
        dataset: the clips, of one data set or of several.
        crop_seconds: length of a crop; shorter clips are filled up with silence.
        sample_rate: samples a second in the data set.
    """

    dataset: AudioDataset | Mixture
    crop_seconds: float
    sample_rate: int

    def shapes(self) -> Shapes:
        """Returns shapes and dtypes of a batch over all processes."""
        length = crop_length(self.crop_seconds, self.sample_rate)
        shape = (self.batch_size, length)
        return {"audio": jax.ShapeDtypeStruct(shape, np.float32)}

    def made_of(self) -> dict[str, str]:
        """Returns the fingerprints of the data sets."""
        return origins.of_sets(parts_of(self.dataset))

    def examples(self, split: str, *, repeat: bool) -> grain.MapDataset:
        """Returns the crops of a split; see `Batches`."""
        length = crop_length(self.crop_seconds, self.sample_rate)

        def crop(clip: dict[str, Any], rng: np.random.Generator) -> Batch:
            audio = crop_audio(clip["audio"], length, rng, fill=silence_behind)
            return {"audio": audio}

        def read(dataset: AudioDataset) -> Any:
            return origins.open_clips(dataset, split, self.sample_rate)

        clips = in_order(self.dataset, read, self.seed, repeat=repeat)
        return clips.random_map(crop)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CaptionedBatches(Batches):
    """Crops of sound with one of their captions, for MuLan.

    A batch is {"audio": [batch, sample] float32, "text": [batch, length] int32}. Each
    time that a clip comes round, its crop and its caption are drawn anew.

    Attributes:
        dataset: the clips, of one data set or of several; a clip without captions gives
            way to the next.
        crop_seconds: length of a crop; shorter clips are repeated, as MuLan does.
        sample_rate: samples a second in the data set.
        vocabulary: file of the tokenizer; trained from the captions if not there.
        vocab_size: entries of a vocabulary that is trained.
        text_length: ids kept of each caption.
    """

    dataset: AudioDataset | Mixture
    crop_seconds: float
    sample_rate: int
    vocabulary: str
    vocab_size: int
    text_length: int

    def shapes(self) -> Shapes:
        """Returns shapes and dtypes of a batch over all processes."""
        rows, length = self.batch_size, crop_length(self.crop_seconds, self.sample_rate)
        return {
            "audio": jax.ShapeDtypeStruct((rows, length), np.float32),
            "text": jax.ShapeDtypeStruct((rows, self.text_length), np.int32),
        }

    def made_of(self) -> dict[str, str]:
        """Returns the fingerprints of the data sets and of the vocabulary."""
        self.tokenizer()
        words = {"vocabulary": fingerprints.of_file(self._vocabulary_file)}
        return origins.of_sets(parts_of(self.dataset)) | words

    @property
    def _vocabulary_file(self) -> pathlib.Path:
        return pathlib.Path(self.vocabulary).expanduser()

    def tokenizer(self) -> tokenizers.Tokenizer:
        """Returns the tokenizer, trained and written first if it is not there."""
        path = self._vocabulary_file
        if not path.exists():
            captions = itertools.chain.from_iterable(
                clip_captions
                for dataset in parts_of(self.dataset)
                for clip_captions in read_captions(dataset, self.train_split)
            )
            save_vocabulary(train_vocabulary(captions, self.vocab_size), path)
        return load_vocabulary(path)

    def examples(self, split: str, *, repeat: bool) -> grain.MapDataset:
        """Returns the pairs of a split; see `Batches`."""
        tokenizer = self.tokenizer()
        length = crop_length(self.crop_seconds, self.sample_rate)

        def read(dataset: AudioDataset) -> Usable:
            return Usable(
                origins.open_clips(dataset, split, self.sample_rate),
                lambda clip: bool(captions_of(clip)),
                f"clip of split {split!r} of {dataset.name} with a caption to learn "
                "from",
                lambda: "write some beside the recordings, or in a table of the folder",
            )

        def pair(clip: dict[str, Any], rng: np.random.Generator) -> Batch:
            captions = captions_of(clip)
            caption = captions[rng.integers(len(captions))]
            return {
                "audio": crop_audio(clip["audio"], length, rng, fill=repeated),
                "text": encode_texts(tokenizer, [caption], self.text_length)[0],
            }

        clips = in_order(self.dataset, read, self.seed, repeat=repeat)
        return clips.random_map(pair)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TokenBatches(Batches):
    """Crops of tokenised clips, for the token transformers.

    A batch is {"mulan": [batch, time=1, level], "semantic": [batch, time, level=1],
    "acoustic": [batch, time, level]}, all int32 and of the same stretch of time, and
    "melody" likewise where the vocabulary has it. A clip shorter than a crop gives way
    to the next one.

    Attributes:
        folder: token records, of one folder or of several that the same tokenizers
            wrote.
        tokenizers: what made them.
        vocabulary: rates and levels of the codes.
        crop_seconds: length of a crop, the stage's own.
        caption_share: share of examples whose conditioning is the embedding of one of
            their captions and not of their sound; the paper's is zero.
    """

    folder: str | Mixture
    tokenizers: FrozenTokenizers
    vocabulary: Vocabulary
    crop_seconds: float
    caption_share: float

    def __post_init__(self):
        super().__post_init__()
        Range(kind=float, low=0, high=1).check("caption_share", self.caption_share)

    def shapes(self) -> Shapes:
        """Returns shapes and dtypes of a batch over all processes."""
        return {
            spec.name: jax.ShapeDtypeStruct((self.batch_size, frames, levels), np.int32)
            for spec in self.vocabulary.specs
            for frames in [spec.num_frames(self.crop_seconds)]
            for levels in [spec.num_quantizers]
        }

    def made_of(self) -> dict[str, str]:
        """Returns the fingerprints of the token records and of their tokenizers."""
        records = origins.of_records(parts_of(self.folder))
        return records | {"model": self.tokenizers.fingerprint()}

    def examples(self, split: str, *, repeat: bool) -> grain.MapDataset:
        """Returns the crops of a split; see `Batches`.

        Raises:
            ValueError: the tokenizers make other codes than the vocabulary says, or the
                records have other rates.
        """
        check_kinds(self.vocabulary, self.tokenizers.vocabulary())
        origins.check_rates(self.vocabulary, parts_of(self.folder))
        fingerprint = self.tokenizers.fingerprint()
        seconds = self.crop_seconds

        def read(folder: str) -> Usable:
            path = pathlib.Path(folder).expanduser()
            source = TokenRecordSource(path, split, tokenizers=fingerprint)
            return Usable(
                source,
                lambda record: record.seconds(source.metadata) >= seconds,
                f"clip of split {split!r} in {path} that lasts crop_seconds={seconds}",
                lambda: origins.advice_on_length(source),
            )

        records = in_order(self.folder, read, self.seed, repeat=repeat)
        # The same in all folders: it is about the tokenizers.
        metadata = origins.metadata_of(parts_of(self.folder)[0])
        melody = origins.melody_of(self.vocabulary, metadata, self.tokenizers)

        def crop(record: TokenRecord, rng: np.random.Generator) -> Batch:
            example = crop_tokens(record, metadata, rng, seconds=seconds, melody=melody)
            if rng.random() < self.caption_share and len(record.caption_mulan):
                caption = rng.integers(len(record.caption_mulan))
                example["mulan"] = unit_length(record.caption_mulan[caption])
            # [level] -> [time, level]
            codes = self.tokenizers.mulan_codes(example["mulan"])[None, :]
            return {**example, "mulan": codes}

        return records.random_map(crop)

"""Batches: what is in them, that they repeat for a seed, and that they resume."""

import dataclasses
import json

import numpy as np
import pytest

from musiclm_jax.data.feeding import streams
from musiclm_jax.data.feeding.mixtures import Mixture
from musiclm_jax.data.feeding.pipelines import (
    AudioBatches,
    CaptionedBatches,
    TokenBatches,
)
from musiclm_jax.data.records.token_records import (
    TokenMetadata,
    TokenRecord,
    write_shard,
)
from musiclm_jax.data.records.token_shards import ShardName
from musiclm_jax.data.text.vocabulary import load_vocabulary
from musiclm_jax.tokens import TokenSpec, music_vocabulary

CLIP_LENGTH = 4000  # of tiny_clips


def audio_batches(dataset, *, seed: int = 0, batch_size: int = 3) -> AudioBatches:
    return AudioBatches(
        dataset=dataset,
        batch_size=batch_size,
        crop_seconds=0.5,
        sample_rate=1000,
        seed=seed,
        num_eval_batches=2,
    )


def take(iterator, count: int) -> list[dict[str, np.ndarray]]:
    return [next(iterator) for _ in range(count)]


def assert_equal(first, second):
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        assert a.keys() == b.keys()
        for name in a:
            np.testing.assert_array_equal(a[name], b[name])


def test_audio_crops_are_stretches_of_clips(tiny_clips):
    batches = take(audio_batches(tiny_clips).train_iterator(), 14)
    crops = np.concatenate([batch["audio"] for batch in batches])
    assert crops.shape == (42, 500) and crops.dtype == np.float32
    samples = crops * 2**15
    clips = samples[:, 0] // CLIP_LENGTH
    for crop, clip in zip(samples, clips, strict=True):
        if clip:  # a ramp that stays in one clip
            np.testing.assert_array_equal(np.diff(crop), 1)
            assert crop[-1] // CLIP_LENGTH == clip
        else:  # the short clip, then silence
            np.testing.assert_array_equal(crop[:100], np.arange(100))
            assert not crop[100:].any()
    # Six epochs of seven clips: each comes as often, its crops differ.
    np.testing.assert_array_equal(np.unique(clips, return_counts=True)[1], 6)
    assert len(np.unique(samples[clips == 3, 0])) == 6


def test_an_epoch_has_another_order(tiny_clips):
    batches = take(audio_batches(tiny_clips, batch_size=7).train_iterator(), 3)
    orders = [tuple(batch["audio"][:, 0] * 2**15 // CLIP_LENGTH) for batch in batches]
    assert len(set(orders)) == 3


def test_equal_seeds_give_equal_batches(tiny_clips):
    first, second, other = (
        take(audio_batches(tiny_clips, seed=seed).train_iterator(), 3)
        for seed in (4, 4, 5)
    )
    assert_equal(first, second)
    assert any(
        (a["audio"] != b["audio"]).any() for a, b in zip(first, other, strict=True)
    )


def test_resumes_where_it_stopped(tiny_clips):
    batches = audio_batches(tiny_clips)
    iterator = batches.train_iterator()
    take(iterator, 4)
    state = json.loads(json.dumps(iterator.get_state()))
    expected = take(iterator, 3)
    resumed = batches.train_iterator()
    resumed.set_state(state)
    assert_equal(take(resumed, 3), expected)


def test_evaluation_ends_and_is_the_same_each_time(tiny_clips):
    batches = audio_batches(tiny_clips, batch_size=1)
    first, second = list(batches.eval_batches()), list(batches.eval_batches())
    assert len(first) == 2
    assert_equal(first, second)


def test_a_split_smaller_than_a_batch_fills_one(tiny_clips):
    batches = audio_batches(tiny_clips, batch_size=5)
    first, second = list(batches.eval_batches()), list(batches.eval_batches())
    assert len(first) == 1 and len(first[0]["audio"]) == 5
    assert_equal(first, second)


def test_unknown_split_and_data_set(tiny_clips, tmp_path):
    with pytest.raises(ValueError, match=r"'dev', but: train \(7\), validation"):
        tiny_clips.open("dev")
    missing = type(tiny_clips)(name="not_there", data_dir=str(tmp_path))
    with pytest.raises(ValueError, match="no data set 'not_there'"):
        missing.prepare()


@pytest.fixture
def captioned(tiny_clips, tmp_path) -> CaptionedBatches:
    return CaptionedBatches(
        dataset=tiny_clips,
        batch_size=2,
        crop_seconds=0.5,
        sample_rate=1000,
        vocabulary=str(tmp_path / "new" / "vocabulary.json"),
        vocab_size=60,
        text_length=8,
        seed=0,
        num_eval_batches=1,
    )


def test_captions_belong_to_their_clips(captioned):
    batches = take(captioned.train_iterator(), 12)
    tokenizer = load_vocabulary(captioned.vocabulary)
    said = set()
    for batch in batches:
        assert batch["text"].shape == (2, 8) and batch["text"].dtype == np.int32
        for audio, text in zip(batch["audio"], batch["text"], strict=True):
            caption = tokenizer.decode(text[text >= 0].tolist())
            clip = int(audio[0] * 2**15) // CLIP_LENGTH
            assert caption in (f"slow tune {clip}", f"piano number {clip}")
            said.add(caption)
    # The last clip has none.
    assert not any("6" in caption for caption in said)


def test_clips_shorter_than_a_crop_are_repeated_for_mulan_alone(captioned, tiny_clips):
    """Of the clips the first one is, which has 100 samples from zero on."""
    clip, short = np.arange(100) / np.float32(2**15), 0
    for batch in take(captioned.train_iterator(), 6):
        for audio in batch["audio"][batch["audio"][:, 0] == 0]:
            np.testing.assert_array_equal(audio, np.concatenate([clip] * 5))
            short += 1
    assert short
    batches = take(audio_batches(tiny_clips).train_iterator(), 6)
    crops = np.concatenate([batch["audio"] for batch in batches])
    for audio in crops[crops[:, 0] == 0]:
        np.testing.assert_array_equal(audio, np.pad(clip, (0, 400)))


def test_every_caption_of_a_clip_is_drawn_over_the_epochs(captioned):
    batches = take(captioned.train_iterator(), 28)  # eight epochs
    tokenizer = load_vocabulary(captioned.vocabulary)
    rows = [row[row >= 0].tolist() for batch in batches for row in batch["text"]]
    said = {tokenizer.decode(row) for row in rows}
    assert said == {
        f"{w} {clip}" for w in ("slow tune", "piano number") for clip in range(6)
    }


def test_clips_without_a_caption_are_told_of(captioned, caplog):
    streams._say_once.cache_clear()
    take(captioned.train_iterator(), 8)
    assert any("with a caption to learn from: those" in m for m in caplog.messages)


def test_captioned_batches_resume(captioned):
    iterator = captioned.train_iterator()
    take(iterator, 3)
    state, expected = iterator.get_state(), take(iterator, 2)
    resumed = captioned.train_iterator()
    resumed.set_state(state)
    assert_equal(take(resumed, 2), expected)


class Tokenizers:
    """The codes of an embedding are its numbers, in millionths."""

    def fingerprint(self):
        return METADATA.tokenizers

    def vocabulary(self):
        return VOCABULARY

    def mulan_codes(self, embedding):
        return np.round(1e6 * embedding).astype(np.int32)


METADATA = TokenMetadata(
    semantic_frame_rate=25,
    acoustic_frame_rate=50,
    window_seconds=2.0,
    stride_seconds=1.0,
    tokenizers="a" * 64,
    dataset="clips/1.0.0",
    piece_seconds=30,
)


def token_record(clip: int, seconds: int, rng: np.random.Generator) -> TokenRecord:
    """Codes count time, so that a crop shows where it lies; level 1 is the clip."""
    acoustic = np.stack([np.arange(50 * seconds), np.full(50 * seconds, clip)], axis=-1)
    return TokenRecord(
        mulan=rng.normal(size=(seconds - 1, 8)),
        caption_mulan=rng.normal(size=(2, 8)),
        semantic=np.arange(25 * seconds),
        acoustic=acoustic,
        fields={"name": f"clip {clip}"},
    )


@pytest.fixture
def records(tmp_path, rng) -> list[TokenRecord]:
    made = [token_record(clip, 6 if clip else 2, rng) for clip in range(5)]
    for split in ("train", "validation"):
        name = ShardName(split, 0, 1)
        write_shard(tmp_path, name, records=made, metadata=METADATA)
    return made


VOCABULARY = music_vocabulary(
    mulan=TokenSpec("mulan", 10**6, 8, 0.0),
    acoustic=TokenSpec("acoustic", 1024, 2, 50.0),
)


def token_batches(
    folder, *, caption_share: float = 0.0, crop_seconds: float = 3.0
) -> TokenBatches:
    return TokenBatches(
        folder=str(folder),
        tokenizers=Tokenizers(),
        vocabulary=VOCABULARY,
        batch_size=2,
        crop_seconds=crop_seconds,
        caption_share=caption_share,
        seed=0,
        num_eval_batches=2,
    )


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            TokenSpec("acoustic", 1024, 2, 25.0),
            "acoustic tokens of 2 x 1024 codes at 25 Hz",
        ),
        (
            TokenSpec("acoustic", 512, 2, 50.0),
            "acoustic tokens of 2 x 512 codes at 50 Hz",
        ),
        (
            TokenSpec("acoustic", 1024, 3, 50.0),
            "acoustic tokens of 3 x 1024 codes at 50 Hz",
        ),
    ],
)
def test_codes_that_the_tokenizers_do_not_make(records, tmp_path, spec, said):
    batches = dataclasses.replace(
        token_batches(tmp_path),
        vocabulary=music_vocabulary(mulan=VOCABULARY.spec("mulan"), acoustic=spec),
    )
    with pytest.raises(
        ValueError, match=f"the run has {said}, and the tokenizers make "
    ):
        batches.train_iterator()


def test_token_streams_stay_aligned(records, tmp_path):
    starts = set()
    for batch in take(token_batches(tmp_path).train_iterator(), 10):
        assert batch["semantic"].shape == (2, 75, 1)
        assert batch["acoustic"].shape == (2, 150, 2)
        assert batch["semantic"].dtype == batch["acoustic"].dtype == np.int32
        semantic, acoustic = batch["semantic"][..., 0], batch["acoustic"][..., 0]
        np.testing.assert_array_equal(acoustic[:, ::2], semantic * 2)
        # The clip of two seconds is too short for a crop.
        assert (batch["acoustic"][..., 1] > 0).all()
        starts |= set(semantic[:, 0].tolist())
    assert len(starts) > 5


def test_conditioning_is_the_mean_of_the_windows_inside(records, tmp_path):
    for batch in take(token_batches(tmp_path).train_iterator(), 6):
        for mulan, semantic, acoustic in zip(
            batch["mulan"], batch["semantic"], batch["acoustic"], strict=True
        ):
            start = semantic[0, 0] / 25
            windows = records[acoustic[0, 1]].mulan
            inside = [windows[w] for w in range(5) if start <= w and w + 2 <= start + 3]
            mean = np.mean(inside, axis=0)
            expected = mean / np.linalg.norm(mean)
            np.testing.assert_allclose(mulan[0] / 1e6, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_share_of_examples_conditioned_on_a_caption(records, tmp_path, share):
    captions = np.concatenate([record.caption_mulan for record in records])
    captions /= np.linalg.norm(captions, axis=-1, keepdims=True)
    iterator = token_batches(tmp_path, caption_share=share).train_iterator()
    codes = np.concatenate([batch["mulan"][:, 0] for batch in take(iterator, 40)])
    mulan = codes / 1e6
    found = np.mean((mulan @ captions.T).max(axis=-1) > 1 - 1e-5)
    assert found == share if share in (0, 1) else abs(found - share) < 0.2
    np.testing.assert_allclose(np.linalg.norm(mulan, axis=-1), 1, rtol=1e-5)


def test_token_batches_resume_and_evaluate(records, tmp_path):
    batches = token_batches(tmp_path, caption_share=0.5)
    iterator = batches.train_iterator()
    take(iterator, 3)
    state, expected = iterator.get_state(), take(iterator, 3)
    resumed = batches.train_iterator()
    resumed.set_state(state)
    assert_equal(take(resumed, 3), expected)
    assert_equal(list(batches.eval_batches()), list(batches.eval_batches()))


@pytest.fixture
def all_kinds(tiny_clips, captioned, records, tmp_path):
    """All kinds of batches by name, of four examples; of one data set and of two."""
    tokens = token_batches(tmp_path, caption_share=0.5)
    others = tmp_path / "others"
    made = [token_record(clip, 4, np.random.default_rng(clip)) for clip in (7, 8, 9)]
    for split in ("train", "validation"):
        name = ShardName(split, 0, 1)
        write_shard(others, name, records=made, metadata=METADATA)
    clips = Mixture(parts=((tiny_clips, 2.0), (tiny_clips, 1.0)))
    folders = Mixture(parts=((str(tmp_path), 1.0), (str(others), 3.0)))
    audio = audio_batches(tiny_clips)
    kinds = {
        "audio": audio,
        "captioned": captioned,
        "tokens": tokens,
        "mixed audio": dataclasses.replace(audio, dataset=clips),
        "mixed captioned": dataclasses.replace(captioned, dataset=clips),
        "mixed tokens": dataclasses.replace(tokens, folder=folders),
    }
    return {k: dataclasses.replace(v, batch_size=4) for k, v in kinds.items()}


KINDS = [
    f"{how}{what}"
    for how in ("", "mixed ")
    for what in ("audio", "captioned", "tokens")
]


@pytest.mark.parametrize("kind", KINDS)
def test_any_number_of_hosts_reads_one_sequence(all_kinds, processes, kind):
    def read(num_hosts, count, *, skip=0):
        shares = []
        for host in range(num_hosts):
            processes(host, num_hosts)
            iterator = all_kinds[kind].train_iterator()
            iterator.set_state({"next_batch": skip})
            shares.append(take(iterator, count))
            assert iterator.get_state() == {"next_batch": skip + count}
        return [
            {name: np.concatenate([b[name] for b in batch]) for name in batch[0]}
            for batch in zip(*shares, strict=True)
        ]

    # More than one epoch, and on in the middle of one.
    alone = read(1, 7)
    for num_hosts in (2, 4):
        assert_equal(read(num_hosts, 7), alone)
        assert_equal(read(num_hosts, 2, skip=5), alone[5:])


def test_a_mixture_of_token_folders_keeps_its_weights(all_kinds):
    mixed = all_kinds["mixed tokens"]
    for batches in (take(mixed.train_iterator(), 9), list(mixed.eval_batches())):
        clips = np.concatenate([b["acoustic"][:, 0, 1] for b in batches])
        assert np.mean(clips > 6) == 3 / 4


def test_a_mixture_refuses_tokens_of_other_tokenizers(all_kinds, tmp_path):
    metadata = dataclasses.replace(METADATA, tokenizers="b" * 64)
    made = [token_record(1, 4, np.random.default_rng(0))]
    strange = tmp_path / "strange"
    name = ShardName("train", 0, 1)
    write_shard(strange, name, records=made, metadata=metadata)
    folders = Mixture(parts=((str(tmp_path), 1.0), (str(strange), 1.0)))
    batches = dataclasses.replace(all_kinds["tokens"], folder=folders)
    with pytest.raises(
        ValueError, match="strange were made by tokenizers bbbbbbbbbbbb"
    ):
        batches.train_iterator()


def test_shapes_are_those_of_a_batch(tiny_clips, captioned, records, tmp_path):
    for batches in (audio_batches(tiny_clips), captioned, token_batches(tmp_path)):
        shapes, batch = batches.shapes(), next(batches.train_iterator())
        assert {k: (s.shape, s.dtype) for k, s in shapes.items()} == {
            k: (a.shape, a.dtype) for k, a in batch.items()
        }


def test_tokens_of_other_tokenizers_are_refused(records, tmp_path):
    batches = token_batches(tmp_path)
    batches.tokenizers.fingerprint = lambda: "b" * 64
    with pytest.raises(ValueError, match="made by tokenizers aaaaaaaaaaaa"):
        batches.train_iterator()


@pytest.mark.parametrize("name", ["semantic", "acoustic"])
def test_records_of_other_rates_are_refused(records, tmp_path, name):
    path = tmp_path / "metadata.json"
    rate = f'"{name}_frame_rate": '
    there = {"semantic": 25, "acoustic": 50}[name]
    text = path.read_text()
    assert f"{rate}{there}," in text
    path.write_text(text.replace(f"{rate}{there},", f"{rate}{2 * there},"))
    said = f"have {2 * there} {name} frames a second, and this run {there}: tokenize"
    with pytest.raises(ValueError, match=said):
        token_batches(tmp_path).train_iterator()


def test_token_batches_say_what_is_wrong(records, tmp_path):
    with pytest.raises(
        ValueError,
        match=r"no clip of split 'train' .*crop_seconds=9.0: the longest lasts 6 s; "
        r"prepare longer clips \(--clip_seconds\)",
    ):
        token_batches(tmp_path, crop_seconds=9.0).train_iterator()
    with pytest.raises(ValueError, match="caption_share is 2"):
        token_batches(tmp_path, caption_share=2)

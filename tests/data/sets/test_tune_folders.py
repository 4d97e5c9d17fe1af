import numpy as np
import pytest

from musiclm_jax.data.feeding.tune_pairs import TunePairs
from musiclm_jax.data.sets.tune_folders import TuneFolders
from musiclm_jax.data.sound import audio_files

RATE = 8000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("tunes")
    rng = np.random.default_rng(0)
    for number in range(30):
        tune = root / f"tune {number}"
        tune.mkdir()
        sound = 0.1 * rng.standard_normal(RATE)
        audio_files.write_audio(tune / "band.wav", sound, RATE)
        audio_files.write_audio(tune / "hummed.flac", -sound, RATE)
    (root / "alone").mkdir()
    audio_files.write_audio(root / "alone" / "one.wav", sound, RATE)
    (root / "notes.txt").write_text("no tune")
    return root


def test_every_tune_is_in_one_split(folder):
    found = TuneFolders(folder=str(folder), sample_rate=RATE)
    train, held_out = found.open("train"), found.open("validation")
    assert len(train) + len(held_out) == 30 and len(held_out) >= 1
    assert not set(train.recordings) & set(held_out.recordings)


def test_pairs_are_the_same_stretch_of_two_recordings(folder):
    tunes = TuneFolders(folder=str(folder), sample_rate=RATE).open("train")
    first, second = tunes.pair(0, np.random.default_rng(0), seconds=0.5)
    assert first.shape == (RATE // 2,)
    np.testing.assert_allclose(first, -second, atol=2e-4)
    long, _ = tunes.pair(0, np.random.default_rng(0), seconds=1.5)
    assert not long[RATE:].any() and long[:RATE].any()


def test_batches(folder):
    batches = TunePairs(
        tunes=TuneFolders(folder=str(folder), sample_rate=RATE),
        crop_seconds=0.5,
        batch_size=4,
        seed=0,
        num_eval_batches=1,
    )
    batch = next(batches.train_iterator())
    for name, spec in batches.shapes().items():
        assert (batch[name].shape, batch[name].dtype) == (spec.shape, spec.dtype)
    (held_out,) = batches.eval_batches()
    assert held_out["first"].shape == (4, RATE // 2)


def test_what_is_no_folder_of_tunes(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder of tunes"):
        TuneFolders(folder=str(tmp_path / "none"), sample_rate=RATE).open("train")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"no folder in .* has two recordings"):
        TuneFolders(folder=str(tmp_path), sample_rate=RATE).open("train")
    for name in ("a.wav", "b.wav"):
        audio_files.write_audio(tmp_path / "empty" / name, np.ones(9) / 9, RATE)
    splits = ("train", "validation")
    found = TuneFolders(folder=str(tmp_path), sample_rate=RATE)
    lengths = []
    for split in splits:
        try:
            lengths.append(len(found.open(split)))
        except ValueError as error:
            assert "of the 1 tunes" in str(error) and repr(split) in str(error)
    assert lengths == [1]

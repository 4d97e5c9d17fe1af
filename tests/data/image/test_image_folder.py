"""Pictures of a folder, with what is written about them."""

import logging
import re

import numpy as np
import pytest
from PIL import Image

from musiclm_jax.data.image.image_folder import ImageFolder


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "more").mkdir()
    for number in range(20):
        name = f"{'more/' if number % 2 else ''}{number}.png"
        Image.new("RGB", (10, 10), (number, 0, 0)).save(tmp_path / name)
        (tmp_path / name).with_suffix(".txt").write_text(f"mood {number}\ncalm\n")
    return tmp_path


def by_split(folder, **settings):
    dataset = ImageFolder(folder=str(folder), side=16, **settings)
    found = {}
    for split in ("train", "validation", "test"):
        try:
            pictures = dataset.open(split)
        except ValueError:
            continue
        found[split] = {int(picture["image"][0, 0, 0]): picture for picture in pictures}
    return found


def test_every_picture_is_in_one_split_by_its_content(folder):
    shares = {"validation_share": 0.3, "test_share": 0.2}
    found = by_split(folder, **shares)
    assert sorted(n for there in found.values() for n in there) == list(range(20))
    assert set(found) == {"train", "validation", "test"}
    picture = found["train"].popitem()[1]
    assert picture["image"].shape == (16, 16, 3) and picture["image"].dtype == np.uint8
    (folder / "0.png").rename(folder / "renamed.png")
    (folder / "0.txt").rename(folder / "renamed.txt")
    again = by_split(folder, **shares)
    where = [
        next(s for s, there in f.items() if 0 in there)
        for f in (by_split(folder, **shares), again)
    ]
    assert where[0] == where[1]
    assert {s: len(there) for s, there in again.items()} == {
        s: len(there) + (s == "train") for s, there in found.items()
    }


def test_captions_come_from_files_beside_and_from_a_table(folder):
    (folder / "3.json").write_text("{}")  # beside nothing: 3 lies in more/
    (folder / "captions.csv").write_text("file,caption\nmore/1.png,from the table\n")
    (folder / "2.txt").unlink()
    (folder / "2.json").write_text('{"captions": ["slow", "blue"]}')
    found = by_split(folder)
    captions = {n: p["captions"] for there in found.values() for n, p in there.items()}
    assert captions[1] == ("from the table", "mood 1", "calm")
    assert captions[2] == ("slow", "blue")


def test_of_two_pictures_one_is_held_out(tmp_path):
    for number in range(2):
        Image.new("RGB", (9, 9), (number, 0, 0)).save(tmp_path / f"{number}.png")
        (tmp_path / f"{number}.txt").write_text("calm")
    found = by_split(tmp_path, validation_share=0.0, test_share=0.0)
    assert {split: len(there) for split, there in found.items()} == {
        "train": 1,
        "validation": 1,
    }


def test_a_broken_picture_is_told_and_has_no_captions(tmp_path, caplog):
    for name in ("a", "b"):
        (tmp_path / f"{name}.jpg").write_bytes(name.encode())
        (tmp_path / f"{name}.txt").write_text("calm")
    pictures = ImageFolder(folder=str(tmp_path)).open("train")
    with caplog.at_level(logging.WARNING):
        assert pictures[0]["captions"] == ()
    assert "is broken or no picture" in caplog.text and "left out" in caplog.text


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((), "there are no pictures in "),
        (("a.png",), "has a caption: write some beside them, a.txt beside a.jpg"),
        (("a.png", "a.txt", "a.csv", "b.csv"), "has several tables (a.csv, b.csv)"),
    ],
)
def test_folders_that_cannot_be_used(tmp_path, files, said):
    for name in files:
        (tmp_path / name).write_text("calm")
    with pytest.raises(ValueError, match=re.escape(said)):
        ImageFolder(folder=str(tmp_path)).open("train")


def test_no_folder_and_no_split(tmp_path, folder):
    with pytest.raises(FileNotFoundError, match="there is no folder nowhere of pictu"):
        ImageFolder(folder="nowhere").open("train")
    with pytest.raises(ValueError, match=r"no pictures .* in split 'odd', but: train"):
        ImageFolder(folder=str(folder)).open("odd")

"""The Free Music Archive's tables and files."""

import csv

import pytest

from musiclm_jax.data.intake.fma_source import fma_source
from musiclm_jax.data.intake.recordings import KINDS
from musiclm_jax.data.sound.audio_files import FileSound
from musiclm_jax.data.text.captions import MADE

# Some of the published columns, in their order; the others are as little to us.
COLUMNS = [
    *(("album", "comments"), ("album", "tags"), ("album", "title"), ("artist", "bio")),
    *(("artist", "name"), ("artist", "tags"), ("set", "split"), ("set", "subset")),
    *(("track", "date_created"), ("track", "genre_top"), ("track", "genres")),
    *(("track", "genres_all"), ("track", "language_code"), ("track", "license")),
    *(("track", "tags"), ("track", "title")),
]
HEADER = [
    ["", *(group for group, _ in COLUMNS)],
    ["", *(name for _, name in COLUMNS)],
    ["track_id", *([""] * len(COLUMNS))],
]


def track(number, **cells):
    cells = {
        "album.title": "Live, at last",
        "artist.name": "The Band",
        "artist.bio": 'They say: "Hello",\nand play.',
        "set.split": "training",
        "set.subset": "small",
        "track.genre_top": "Hip-Hop",
        "track.genres": "[21]",
        "track.genres_all": "[21, 4]",
        "track.tags": "['loud', ' loud', 'lo-fi']",
        "track.title": "Blue Train",
    } | {name.replace("__", "."): cell for name, cell in cells.items()}
    return [str(number), *(cells.get(f"{group}.{name}", "") for group, name in COLUMNS)]


@pytest.fixture
def fma(tmp_path):
    root = tmp_path / "fma"

    def made(rows, *files, genres="21,9,0,Hip-Hop,21\n4,1,0,French,4\n", header=HEADER):
        (root / "fma_metadata").mkdir(parents=True, exist_ok=True)
        with (root / "fma_metadata/tracks.csv").open("w", newline="") as file:
            csv.writer(file).writerows([*header, *rows])
        if genres:
            (root / "fma_metadata/genres.csv").write_text(
                f"genre_id,#tracks,parent,title,top_level\n{genres}"
            )
        for file in files:
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).touch()
        return root

    return made


def names(source):
    assert {rejection.kind for rejection in source.left_out.values()} <= set(KINDS)
    return [recording.name for recording in source.recordings]


def rejections(source):
    return {
        name: (rejection.kind, rejection.reason)
        for name, rejection in source.left_out.items()
    }


def test_what_the_tables_say(fma):
    rows = [
        track(2),
        track(3000, set__split="validation", track__tags="", track__title="Track 1"),
        track(123456, set__split="test", track__genre_top="", track__genres_all="[]"),
    ]
    files = ["000/000002.mp3", "003/003000.mp3", "123/123456.wav", "README.txt"]
    root = fma(rows, *(f"fma_small/{file}" for file in files))
    source = fma_source(root)
    assert names(source) == files[:3] and not source.left_out
    assert source.remarks == ("3 tracks of FMA small are there, 0 gone",)
    first, second, third = source.recordings
    assert first.sound == FileSound(root.resolve() / "fma_small" / files[0])
    assert [r.split for r in source.recordings] == ["train", "validation", "test"]
    assert first.notes.aspects == ("Hip-Hop", "French", "loud", "lo-fi")
    assert first.notes.captions == (
        "a hip-hop piece, loud, lo-fi",
        "hip-hop and french music: loud, lo-fi",
        "hip-hop, french, loud, lo-fi",
        'a hip-hop piece called "Blue Train"',
    )
    assert first.notes.fields == {
        "track_id": 2,
        "title": "Blue Train",
        "artist": "The Band",
        "album": "Live, at last",
        "genre_top": "Hip-Hop",
        "subset": "small",
        "genres": ["Hip-Hop", "French"],
        "tags": ["loud", "lo-fi"],
        MADE: True,
    }
    assert second.notes.captions[0] == "a hip-hop piece" and "Track" not in str(
        second.notes.captions
    )
    assert third.notes.captions[0] == "a piece of music: loud, lo-fi"


def test_larger_subsets_hold_the_smaller(fma):
    subsets = ["small", "medium", "large"]
    rows = [track(i, set__subset=subset) for i, subset in enumerate(subsets)]
    root = fma(rows, "fma_medium/000/000000.mp3", "fma_full/000/000002.mp3")
    gone = "tracks.csv has it in FMA medium, but there is no such file"
    source = fma_source(root, "medium")
    assert rejections(source) == {"000/000001.mp3": ("missing", gone)}
    assert source.remarks == ("1 tracks of FMA medium are there, 1 gone",)
    assert len(fma_source(root, "full").left_out) == 2
    # A folder of files may be given itself, and a track of a larger subset is welcome.
    (root / "fma_medium/000/000002.mp3").touch()
    source = fma_source(root / "fma_medium")
    assert names(source) == ["000/000000.mp3", "000/000002.mp3"]
    assert rejections(source) == {"000/000001.mp3": ("missing", gone)}


def test_files_that_the_table_does_not_tell_apart(fma):
    files = ["000/000002.mp3", "000/000002.wav", "000/000003.mp3", "cover.mp3"]
    root = fma([track(2), track(4)], *(f"fma_small/{file}" for file in files))
    (root / "fma_small/000/000004.mp3").touch()
    source = fma_source(root)
    assert names(source) == ["000/000004.mp3"]
    reason = "several files have the number of one track; keep one of 000/000002.mp3, "
    assert rejections(source) == {
        "000/000002.mp3": ("ambiguous", f"{reason}000/000002.wav"),
        "000/000002.wav": ("ambiguous", f"{reason}000/000002.wav"),
        "000/000003.mp3": ("unlisted", "tracks.csv has no track 3"),
        "cover.mp3": ("unlisted", "its name is no number of a track"),
    }


def test_doubled_rows(fma):
    rows = [track(2), track(2), track(3), track(3, track__title="Another"), track(4)]
    files = [f"fma_small/000/00000{number}.mp3" for number in (2, 3, 4)]
    source = fma_source(fma(rows, *files))
    assert names(source) == ["000/000002.mp3", "000/000004.mp3"]
    reason = "tracks.csv line 10: another row says something else of the same track"
    assert rejections(source) == {"000/000003.mp3": ("notes", reason)}
    assert source.remarks[0] == (
        "rows of tracks.csv that say again what another says count once: line 6"
    )


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"track__tags": "loud"}, "'loud' is no list of texts like ['sad', 'slow']"),
        (
            {"track__genres_all": "['x']"},
            "\"['x']\" is no list of numbers like [17, 10]",
        ),
        ({"set__split": "dev"}, "its set.split 'dev' is none of training, validation"),
        ({"set__subset": "tiny"}, "its set.subset 'tiny' is none of small, medium,"),
    ],
)
def test_rows_that_cannot_be_understood(fma, cells, reason):
    files = [f"fma_small/000/00000{number}.mp3" for number in (1, 2)]
    source = fma_source(fma([track(1), track(2, **cells), track(3, **cells)], *files))
    assert names(source) == ["000/000001.mp3"]
    for name in ("000/000002.mp3", "000/000003.mp3"):
        kind, found = rejections(source)[name]
        assert kind == "notes" and found.startswith("tracks.csv line ")
        assert reason in found


def test_rows_without_a_number(fma):
    root = fma([track("x"), track(1)], "fma_small/000/000001.mp3", genres="")
    source = fma_source(root)
    reason = "its track_id 'x' is no number"
    assert rejections(source) == {"tracks.csv line 4": ("notes", reason)}
    assert source.recordings[0].notes.fields["genres"] == ["Hip-Hop"]
    assert source.remarks[0].startswith("there is no genres.csv beside ")


def test_what_cannot_go_on(fma, tmp_path):
    root = fma([track(1)])
    with pytest.raises(
        FileNotFoundError, match="fma has no folder fma_small or fma_med"
    ):
        fma_source(root)
    with pytest.raises(FileNotFoundError, match=r"fma has no folder fma_large$"):
        fma_source(root, "large")
    with pytest.raises(
        ValueError, match="no subset 'tiny' of FMA, but: small, medium, "
    ):
        fma_source(root, "tiny")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        fma_source(tmp_path / "nowhere")
    for subset in ("small", "medium"):
        (root / f"fma_{subset}").mkdir()
    with pytest.raises(
        ValueError, match="fma has several subsets, small, medium; choo"
    ):
        fma_source(root)
    with pytest.raises(
        ValueError, match=r"no track has a file in .*fma_small; they are"
    ):
        fma_source(root, "small")
    fma([], header=[["track_id", "title"], ["1", "x"]])
    with pytest.raises(
        ValueError, match=r"needs columns track_id, set.split, .*; it has"
    ):
        fma_source(root, "small")
    fma([track(1)], genres="x,1,2,Rock,3\n")
    with pytest.raises(
        ValueError, match=r"genres.csv line 2: its genre_id 'x' is no num"
    ):
        fma_source(root, "small")
    (root / "fma_metadata/tracks.csv").rename(tmp_path / "t.csv")
    with pytest.raises(
        FileNotFoundError, match=r"there is no tracks.csv in .*; it is in"
    ):
        fma_source(root / "fma_small")
    with pytest.raises(FileNotFoundError, match=r"there is no table .*none.csv"):
        fma_source(root, "small", tmp_path / "none.csv")


def test_the_table_may_lie_elsewhere(fma, tmp_path):
    root = fma([track(1)], "fma_small/000/000001.mp3")
    (root / "fma_metadata").rename(tmp_path / "tables")
    source = fma_source(root, table=tmp_path / "tables" / "tracks.csv")
    assert names(source) == ["000/000001.mp3"]
    assert source.recordings[0].notes.fields["genres"] == ["Hip-Hop", "French"]

"""What lies in a folder, what is written about it, and what is left out."""

import json
import os
import pathlib
import unicodedata

import pytest

from musiclm_jax.data.intake.folder_source import folder_source
from musiclm_jax.data.intake.recordings import KINDS
from musiclm_jax.data.sound.audio_files import READABLE_SUFFIXES, FileSound
from musiclm_jax.data.text.captions import MADE


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


def put(folder, *files):
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names(source):
    assert all(rejection.kind in KINDS for rejection in source.left_out.values())
    return [recording.name for recording in source.recordings]


def notes(source):
    return {recording.name: recording.notes for recording in source.recordings}


def rejections(source):
    return {
        name: (rejection.kind, rejection.reason)
        for name, rejection in source.left_out.items()
    }


def test_sound_is_found_at_any_depth(music):
    files = [f"{index}/deep/a{s}" for index, s in enumerate(READABLE_SUFFIXES)]
    put(music, *files, "B.WAV", "a/b.wav", "a.b.wav", "cover.jpg", "readme")
    put(music, ".hidden.wav", ".hidden/a.wav", "._a.wav")
    source = folder_source(music)
    assert names(source) == sorted([*files, "B.WAV", "a/b.wav", "a.b.wav"])
    assert not source.left_out and not source.remarks
    for recording in source.recordings:
        assert recording.sound == FileSound(music.resolve() / recording.name)
        assert recording.split is None


def test_sound_that_is_not_read_is_named(music):
    put(music, "a.M4A", "b.wma", "c.wav")
    (music / "d.wav").mkdir()
    os.mkfifo(music / "e.wav")
    source = folder_source(music)
    assert names(source) == ["c.wav"]
    listed = rejections(source)
    kind, reason = listed.pop("a.M4A")
    assert kind == "unreadable" and reason.startswith(".m4a cannot be read; convert it")
    assert listed.pop("b.wma")[0] == "unreadable"
    assert listed == {"e.wav": ("unreadable", "it is no file")}


def test_links_are_followed_inside_the_folder_alone(music, tmp_path):
    put(music, "live/a.wav", ".store/b.wav", ".store/more/c.wav")
    put(tmp_path, "elsewhere/d.wav")
    (music / "one.wav").symlink_to("live/a.wav")
    (music / "stored.wav").symlink_to(".store/b.wav")
    (music / "store").symlink_to(".store")
    (music / "again").symlink_to("live")
    (music / "gone.wav").symlink_to("nowhere.wav")
    (music / "far.wav").symlink_to(tmp_path / "elsewhere" / "d.wav")
    (music / "far").symlink_to("../elsewhere")
    source = folder_source(music)
    assert names(source) == [
        *("live/a.wav", "one.wav", "store/b.wav", "store/more/c.wav", "stored.wav")
    ]
    elsewhere = tmp_path.resolve() / "elsewhere"
    outside = f"outside the folder {music.resolve()}"
    assert rejections(source) == {
        "gone.wav": ("missing", "it is a link that leads nowhere"),
        "far.wav": ("outside", f"it is a link to {elsewhere}/d.wav, {outside}"),
        "far": ("outside", f"it is a link to {elsewhere}, {outside}"),
    }
    assert source.remarks == ("again is a link to live, which counts once",)


def test_links_in_a_circle(music):
    put(music, "a/x.wav", "b/y.wav", ".hidden/z.wav")
    (music / "a" / "to b").symlink_to("../b")
    (music / "b" / "to a").symlink_to("../a")
    (music / "a" / "up").symlink_to("..")
    (music / "to hidden").symlink_to(".hidden")
    (music / ".hidden" / "up").symlink_to("..")
    (music / "me.wav").symlink_to("me.wav")
    source = folder_source(music)
    assert names(source) == ["a/x.wav", "b/y.wav", "to hidden/z.wav"]
    assert sorted(source.remarks) == [
        "a/to b is a link to b, which counts once",
        "a/up is a link to the folder itself, which counts once",
        "b/to a is a link to a, which counts once",
        "to hidden/up is a link to the folder itself, which counts once",
    ]
    kind, reason = rejections(source)["me.wav"]
    assert kind == "unreadable" and reason.startswith("it cannot be reached: ")


def test_a_folder_without_the_right_to_read(music, monkeypatch):
    put(music, "open/a.wav", "shut/b.wav")
    scandir = os.scandir

    def guarded(path):
        if os.fspath(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    # The superuser, as which tests may run, is never refused.
    monkeypatch.setattr(os, "scandir", guarded)
    source = folder_source(music)
    assert names(source) == ["open/a.wav"]
    reason = "the folder cannot be listed: Permission denied"
    assert rejections(source) == {"shut": ("unreadable", reason)}


def test_names_that_are_no_text(music):
    odd = os.fsdecode(b"caf\xe9.wav")
    put(music, odd, "caf\\xe9.wav", "line\nbreak.wav")
    (music / os.fsdecode(b"caf\xe9.txt")).write_text("slow piano")
    (music / "t.jsonl").write_text(json.dumps({"file": odd, "year": 1971}))
    source = folder_source(music)
    assert names(source) == ["caf\\\\xe9.wav", "caf\\xe9.wav", "line\nbreak.wav"]
    by_name = notes(source)
    assert by_name["caf\\xe9.wav"].captions == ("slow piano",)
    assert by_name["caf\\xe9.wav"].fields == {"year": 1971}
    for recording in source.recordings:
        recording.name.encode()
        assert recording.sound.path.is_file()


def test_notes_from_every_place(music):
    put(music, "a.wav", "b.wav", "sub/c.wav", "d.wav")
    (music / "a.txt").write_text("calm piano\n\n  slow, sad tune \n")
    (music / "b.json").write_text('{"aspects": ["loud"], "genre": "Rock", "year": 1}')
    (music / "sub/c.json").write_text('{"caption": "one", "mood": "glad"}')
    (music / "all.csv").write_text(
        'file,caption,mood,by\n./sub/c.wav,"two, ""three""",sad,A\nsub//c.wav,four,,B\n'
        f"{music.resolve()}/a.wav,calm piano\n"
    )
    source = folder_source(music)
    assert not source.left_out and not source.remarks
    by_name = notes(source)
    assert by_name["a.wav"].captions == ("calm piano", "slow, sad tune")
    assert by_name["b.wav"].captions == ("a rock piece, loud", "rock, loud")
    assert by_name["b.wav"].fields == {"genre": "Rock", "year": 1, MADE: True}
    assert by_name["sub/c.wav"].captions == ('two, "three"', "four", "one")
    assert by_name["sub/c.wav"].fields["mood"] == "glad"
    assert by_name["d.wav"].captions == ()


def test_rows_that_name_nothing_in_the_folder(music, tmp_path):
    put(music, "a.wav", ".b.wav", "c.flv", "live/d.wav")
    put(tmp_path, "x.wav")
    (music / "far").symlink_to("..")
    (music / "alias").symlink_to("live")
    table = ["gone.wav", "../x.wav", f"{tmp_path}/x.wav", "far/x.wav", ".b.wav"]
    table += ["c.flv", "alias/d.wav", "live/../a.wav", "../music/a.wav"]
    rows = [f"{file},text {index}\n" for index, file in enumerate(table)]
    (music / "t.csv").write_text("file,caption\n" + "".join(rows) + ",lost\n")
    source = folder_source(music)
    by_name = notes(source)
    assert by_name["live/d.wav"].captions == ("text 6",)
    assert by_name["a.wav"].captions == ("text 7", "text 8")
    listed = rejections(source)
    assert listed.pop("far")[0] == "outside"
    there = "it is hidden or its name ends in none of .wav, "
    for file, kind, reason in [
        ("gone.wav", "missing", "but there is no such file"),
        ("../x.wav", "outside", "lies outside the folder"),
        (f"{tmp_path}/x.wav", "outside", "lies outside the folder"),
        ("far/x.wav", "outside", "lies outside the folder"),
        (".b.wav", "unreadable", there),
        ("c.flv", "unreadable", there),
        ("t.csv line 11", "notes", "the row names no file"),
    ]:
        found_kind, found_reason = listed.pop(file)
        assert found_kind == kind and reason in found_reason
    assert not listed


def test_accents_that_one_system_takes_apart(music):
    put(music, unicodedata.normalize("NFD", "fünf.wav"))
    name = unicodedata.normalize("NFC", "fünf.wav")
    (music / "t.csv").write_text(f"file,caption\n{name},five\n")
    source = folder_source(music)
    assert not source.left_out and source.recordings[0].notes.captions == ("five",)


def test_damaged_notes_leave_their_recording_out(music):
    put(music, "a.wav", "b.wav", "c.wav", "d.wav")
    (music / "a.json").write_text("{broken")
    (music / "b.txt").write_bytes(b"caf\xe9")
    (music / "t.csv").write_text(
        "file,caption\nc.wav,slow, sad\nc.wav,fine\nd.wav,fine\nd.wav,fine\ne.wav,a,b\n"
    )
    source = folder_source(music)
    assert names(source) == ["d.wav"]
    listed = rejections(source)
    for name, reason in {
        "a.wav": "a.json is not JSON: ",
        "b.wav": "b.txt is not text in UTF-8, nor in UTF-16 with its mark: byte 3 is",
        "c.wav": "t.csv line 2 cannot be understood: it has 3 cells under 2 columns; a",
    }.items():
        kind, found = listed.pop(name)
        assert kind == "notes" and reason in found
    assert listed.pop("e.wav")[0] == "missing"
    assert not listed
    assert source.remarks == (
        "rows of t.csv that say again what another says count once: line 5",
    )


def test_notes_that_cannot_be_read(music, monkeypatch):
    odd = os.fsdecode(b"\xe9.json")
    put(music, "a.wav", "a.txt", os.fsdecode(b"\xe9.wav"), odd)
    open_path = pathlib.Path.open

    def guarded(path, *arguments, **named):
        if path.name == "a.txt":
            raise PermissionError(13, "Permission denied", str(path))
        return open_path(path, *arguments, **named)

    monkeypatch.setattr(pathlib.Path, "open", guarded)
    listed = rejections(folder_source(music))
    root = music.resolve()
    assert listed["a.wav"] == (
        "notes",
        f"{root}/a.txt cannot be read: Permission denied",
    )
    kind, reason = listed["\\xe9.wav"]
    assert kind == "notes"
    assert reason.startswith(f"{root}/\\udce9.json is not JSON: Expecting value")


def test_text_that_belongs_to_no_sound(music):
    put(music, "a.wav", "a.txt", "b.m4a", "b.txt", "sub/a.mp3", "sub/a.mp3.json")
    put(music, *(f"more/{index}.txt" for index in range(30)))
    (remark,) = folder_source(music).remarks
    assert remark.startswith(
        "no sound lies beside these, which are not read (a.txt and"
    )
    assert "): more/0.txt, more/1.txt, more/10.txt, " in remark
    assert remark.endswith(" and 11 more")
    put(music, *(f"more/{index}.wav" for index in range(30)))
    assert folder_source(music).remarks[0].endswith("): sub/a.mp3.json")


def test_which_table(music, tmp_path):
    put(music, "a.wav")
    (music / "a.csv").write_text("file,caption\na.wav,one\n")
    (music / "b.jsonl").write_text('{"file": "a.wav", "caption": "two"}\n')
    (music / "._a.csv").write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"has several tables \(a.csv, b.jsonl\); nam"):
        folder_source(music)
    assert notes(folder_source(music, music / "b.jsonl"))["a.wav"].captions == ("two",)
    with pytest.raises(
        FileNotFoundError, match=r"there is no table of captions .*none"
    ):
        folder_source(music, tmp_path / "none.csv")


def test_folders_without_sound(music, tmp_path):
    with pytest.raises(
        ValueError, match=r"there are no audio files in .*music; looked"
    ):
        folder_source(music)
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        folder_source(tmp_path / "nowhere")

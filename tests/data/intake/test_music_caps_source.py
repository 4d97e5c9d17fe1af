"""The published table of MusicCaps and a folder of clips."""

import pytest

from musiclm_jax.data.intake.music_caps_source import music_caps_source
from musiclm_jax.data.intake.recordings import KINDS
from musiclm_jax.data.sound.audio_files import FileSound
from musiclm_jax.data.text.captions import MADE

HEADER = (
    "ytid,start_s,end_s,audioset_positive_labels,aspect_list,caption,author_id,"
    "is_balanced_subset,is_audioset_eval\n"
)
A, B, C = "-0_aaaaaaa-", "bbbbbbbbbbb", "_c-ccccccc_"


def row(ytid, start=30, *, aspects="\"['slow', 'sad']\"", caption="A tune.", end="4,F"):
    flags = {"4,F": "4,False,False", "9,T": "9,True,True"}.get(end, end)
    return (
        f'{ytid},{start},{int(start) + 10},"/m/1,/m/2",{aspects},"{caption}",{flags}\n'
    )


@pytest.fixture
def source(tmp_path):
    def made(rows, *files, header=HEADER):
        (tmp_path / "t.csv").write_text(header + "".join(rows))
        for file in files:
            path = tmp_path / "clips" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        source = music_caps_source(tmp_path / "t.csv", tmp_path / "clips")
        assert {rejection.kind for rejection in source.left_out.values()} <= set(KINDS)
        return source

    return made


def names(source):
    return [recording.name for recording in source.recordings]


def rejections(source):
    return {
        name: (rejection.kind, rejection.reason)
        for name, rejection in source.left_out.items()
    }


def test_all_columns_are_kept(source, tmp_path):
    quoted = row(A, caption='Slow, ""sad"".\nTwo lines.', end="9,T")
    joined = source([quoted, row(B)], f"{A}.wav", f"sub/{B}.mp3")
    first, second = joined.recordings
    assert first.name == f"{A}.wav" and first.split == "test"
    assert first.sound == FileSound(tmp_path.resolve() / "clips" / f"{A}.wav")
    assert first.notes.captions == ('Slow, "sad".\nTwo lines.',)
    assert first.notes.aspects == ("slow", "sad")
    assert first.notes.fields == {
        "ytid": A,
        "start_s": 30,
        "end_s": 40,
        "audioset_positive_labels": ["/m/1", "/m/2"],
        "author_id": "9",
        "is_balanced_subset": True,
        "is_audioset_eval": True,
    }
    assert second.name == f"sub/{B}.mp3" and second.split is None
    assert not joined.left_out
    assert joined.remarks == ("2 of 2 clips of t.csv are there, 0 gone",)


@pytest.mark.parametrize("ytid", [A, B, C])
@pytest.mark.parametrize(
    "name",
    [
        *("{}.wav", "[{}]-[30-40].flac", "{}_30_40.flac", "{}-30-40.mp3", "{}_30.ogg"),
        *("A title: - 7 [{}].opus", "{}_30000_40000.flac", "{}_30.0_40.0.wav"),
        *("{} 48k.wav", "[{}].wav", "{}_30.000,40.000.wav"),
    ],
)
def test_names_that_downloaders_write(source, name, ytid):
    assert names(source([row(ytid)], name.format(ytid))) == [name.format(ytid)]


def test_which_are_gone(source):
    joined = source([row(A), row(B), row(C)], f"{A}.wav", f"{B}_50_60.wav", f"{C}.m4a")
    assert names(joined) == [f"{A}.wav"]
    listed = rejections(joined)
    kind, reason = listed.pop(B)
    assert kind == "missing" and reason.startswith(
        "the table has it, but no clip's name"
    )
    kind, reason = listed.pop(f"{B}_50_60.wav")
    assert (
        kind == "unlisted" and "has its id at second 30; its name says other" in reason
    )
    # It is there, if of no use: not gone.
    assert listed.pop(f"{C}.m4a")[0] == "unreadable" and not listed
    assert joined.remarks == ("2 of 3 clips of t.csv are there, 1 gone",)


def test_clips_without_a_row(source):
    joined = source([row(A)], f"{A}.wav", f"{B}.wav", "song.wav", f"{A}x.wav")
    assert names(joined) == [f"{A}.wav"]
    no_id = (
        "its name neither begins with a YouTube id of eleven letters nor has one in "
    )
    assert rejections(joined) == {
        f"{B}.wav": (
            "unlisted",
            f"no row of the table that can be understood has the id {B}",
        ),
        "song.wav": ("unlisted", f"{no_id}brackets"),
        f"{A}x.wav": ("unlisted", f"{no_id}brackets"),
    }


def test_several_clips_of_one_video(source):
    # The seconds decide, whether or not another clip has none.
    joined = source([row(A)], f"{A}.wav", f"{A}_30_40.wav", f"{A}_0_10.wav")
    assert names(joined) == [f"{A}_30_40.wav"]
    assert {kind for kind, _ in rejections(joined).values()} == {"unlisted"}
    assert len(joined.left_out) == 2
    # A video may be there with several moments.
    joined = source([row(A), row(A, 60)], f"{A}_60_70.wav")
    assert names(joined) == [f"{A}_30_40.wav", f"{A}_60_70.wav"]
    joined = source([row(A), row(A, 90)])
    assert names(joined) == [f"{A}_30_40.wav"]
    assert joined.left_out[f"{A}@90"].kind == "missing"


def test_clips_that_nothing_tells_apart(source):
    joined = source([row(A), row(B)], f"{A}.wav", f"{A}.mp3", f"{B}.wav")
    assert names(joined) == [f"{B}.wav"]
    reason = f"several clips may be those of one row; keep one of {A}.mp3, {A}.wav"
    assert rejections(joined) == {
        f"{A}.wav": ("ambiguous", reason),
        f"{A}.mp3": ("ambiguous", reason),
    }


def test_doubled_rows(source):
    rows = [row(A), row(B), row(A), row(B, caption="Another.", end="9,T")]
    joined = source(rows, f"{A}.wav", f"{B}.wav")
    first, second = joined.recordings
    assert first.notes.captions == ("A tune.",)
    assert second.notes.captions == ("A tune.", "Another.")
    assert second.notes.fields["author_id"] == ["4", "9"] and second.split == "test"
    assert joined.remarks == (
        "2 of 2 clips of t.csv are there, 0 gone",
        "rows of t.csv that say again what another says count once: line 4",
    )


def test_a_row_without_a_caption(source):
    (recording,) = source([row(A, caption="")], f"{A}.wav").recordings
    assert recording.notes.captions == ("a piece of music: slow, sad", "slow, sad")
    assert recording.notes.fields[MADE] is True


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(A, aspects="slow"), "'slow' is no list of texts like ['sad', 'slow']"),
        (row(A, aspects=r"['\ud83d']"), "is no list of texts like"),
        (row(A, aspects='"[1, 2]"'), "'[1, 2]' is no list of texts"),
        (row(A, aspects='"__import__(1)"'), "'__import__(1)' is no list of texts"),
        (row(A, end="4,False,no"), "is_audioset_eval 'no' is neither True nor False"),
        (row(A, end="4,True,True,x"), "it has 10 cells under 9 columns"),
        (row(A).replace(",40,", ",x,"), "its end_s 'x' is no number of seconds"),
    ],
)
def test_rows_that_cannot_be_understood(source, bad, reason):
    joined = source([row(B), bad], f"{A}.wav", f"{B}.wav")
    assert names(joined) == [f"{B}.wav"]
    ((name, (kind, found)),) = rejections(joined).items()
    assert (name, kind) == (f"{A}.wav", "notes")
    assert found.startswith("t.csv line 3: ") and reason in found


def test_rows_that_name_no_moment(source):
    joined = source([row("short"), row(A).replace(",30,", ",,"), row(B)], f"{B}.wav")
    assert rejections(joined) == {
        "t.csv line 2": ("notes", "its ytid 'short' has not eleven letters of an id"),
        "t.csv line 3": ("notes", "its start_s '' is no number of seconds"),
    }


def test_what_cannot_go_on(source, tmp_path):
    with pytest.raises(
        ValueError, match=r"none of the 1 rows of .*t.csv has a clip in "
    ):
        source([row(A)], "song.wav")
    with pytest.raises(
        ValueError, match=r"needs columns ytid, .* and is_audioset_eval;"
    ):
        source([], header="ytid,caption\n")
    with pytest.raises(FileNotFoundError, match=r"there is no table .*none.csv"):
        music_caps_source(tmp_path / "none.csv", tmp_path / "clips")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere"):
        (tmp_path / "t.csv").write_text(HEADER)
        music_caps_source(tmp_path / "t.csv", tmp_path / "nowhere")

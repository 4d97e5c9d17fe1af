"""Nothing wrong in silence: each case is a kind of mistake, and what is said of it.

A case does what somebody does, and returns the status and all that was said. Wanted are
the status, and words of the answer.
"""

import io
import json
import os
import shutil
import struct
import subprocess
import sys
from unittest import mock

import numpy as np
import pytest
import soundfile

from musiclm_jax import MusicLM, bundle
from musiclm_jax.cli import gin_types
from musiclm_jax.files import fingerprints, one_writer, temporary, whole_files
from musiclm_jax.parallel import memory


def check(said, folder, *flags):
    status, out, err = said("data", "check", folder, "--processes=1", *flags)
    return status, out + err


def kept_facts_of_a_file_that_changed(said, pile, tmp_path, **_):
    check(said, pile, f"--work={tmp_path / 'kept'}")
    (pile / "1.wav").write_bytes(b"")
    return check(said, pile, f"--work={tmp_path / 'kept'}")


def kept_facts_of_another_folder(said, pile, tmp_path, sound, **_):
    check(said, pile, f"--work={tmp_path / 'kept'}")
    sound(tmp_path / "other" / "x.wav")
    return check(said, tmp_path / "other", f"--work={tmp_path / 'kept'}")


def the_same_folder_by_another_name(prepared, pile, tmp_path, **_):
    prepared()
    (tmp_path / "link").symlink_to(pile)
    status, out, err = prepared(folder=f"{tmp_path}/./link/")
    return status, out + err


def a_set_made_of_something_else(prepared, pile, sound, **_):
    prepared()
    sound(pile / "0.wav", seed=9)
    status, out, err = prepared()
    return status, out + err


def a_name_with_a_line_in_it(said, pile, **_):
    (pile / "0.wav").rename(pile / "a\u2028b.wav")
    (pile / "1.wav").rename(pile / "a\u0085b.wav")
    return check(said, pile)


def a_name_that_leaves_the_folder(prepared, **_):
    status, out, err = prepared("--name=../x")
    return status, out + err


def a_set_of_another_rate(said, prepared, box, tmp_path, **_):
    prepared("--sample_rate=16000")
    where = ["--dataset=audio_folder/s", f"--data_dir={tmp_path / 'd'}"]
    status, out, err = said("data", "describe", *where, f"--output={tmp_path / 'p'}")
    return status, out + err


def a_damaged_shard(said, prepared, tmp_path, **_):
    prepared()
    (path,) = (tmp_path / "d" / "audio_folder" / "s").glob("*/*-train*")
    path.write_bytes(path.read_bytes()[:-5000])
    where = ["--dataset=audio_folder/s", f"--data_dir={tmp_path / 'd'}", "--size=99"]
    status, out, err = said("data", "vocabulary", *where, f"--output={tmp_path / 'v'}")
    return status, out + err


def a_vocabulary_that_is_none(said, box, tmp_path, **_):
    (tmp_path / "v.json").write_text('{"a": 1}')
    status, out, err = said(
        "export", f"--vocabulary={tmp_path / 'v.json'}", f"--output={box}"
    )
    assert bundle.Bundle.load(box).file(bundle.VOCABULARY).is_file()
    return status, out + err


def the_vocabulary_of_another_model(said, box, tmp_path, **_):
    there = json.loads(bundle.Bundle.load(box).file(bundle.VOCABULARY).read_text())
    there["model"]["vocab"]["calm"] = there["model"]["vocab"].pop("piano")
    (tmp_path / "v.json").write_text(json.dumps(there))
    status, out, err = said(
        "export", f"--vocabulary={tmp_path / 'v.json'}", f"--output={box}"
    )
    return status, out + err


def a_bit_of_a_manifest(said, box, **_):
    path = box / bundle.MANIFEST
    path.write_text(path.read_text().replace("24000", "26000", 1))
    status, out, err = said("info", box)
    return status, out + err


def a_config_of_other_shapes(said, box, **_):
    path = box / bundle.MANIFEST
    tables = json.loads(path.read_text())
    tables["parts"]["semantic_stage"]["config"]["network"]["mlp_dim"] += 8
    del tables["sha256"]
    tables["sha256"] = fingerprints.of(tables)
    path.write_text(json.dumps(tables))
    status, out, err = said("info", box)
    return status, out + err


def a_card_with_parts(said, box, tmp_path, **_):
    (tmp_path / "card.json").write_text('{"x": {"parts": {"codec": {"minutes": 3}}}}')
    said("export", f"--card={tmp_path / 'card.json'}", f"--output={box}")
    status, out, err = said("info", box)
    return status, out + err


def float_sound_beyond_full_scale(prepared, tmp_path, sound, **_):
    from musiclm_jax.data.sets.audio_dataset import AudioDataset

    sound(tmp_path / "loud" / "a.wav", gain=20000, subtype="FLOAT")
    sound(tmp_path / "loud" / "b.wav", seed=1, gain=2, subtype="FLOAT")
    prepared(folder=tmp_path / "loud")
    clips = AudioDataset(name="audio_folder/s", data_dir=str(tmp_path / "d"))
    split = clips.open("train")
    full = [np.mean(np.abs(clip["audio"].astype(int)) >= 32767) for clip in split]
    return 0, f"{max(full) < 0.001}"


def coded(seed, container, subtype=None):
    file = io.BytesIO()
    file.name = f"x.{container.lower()}"
    sound = np.random.default_rng(seed).uniform(-0.3, 0.3, 3 * 48000)
    soundfile.write(file, sound, 48000, format=container, subtype=subtype)
    return file.getvalue()


def joined_files(said, tmp_path, **_):
    folder = tmp_path / "joined"
    folder.mkdir()
    for name, kind in (
        ("a.ogg", ("OGG", "VORBIS")),
        ("b.flac", ("FLAC",)),
        ("c.wav", ("WAV",)),
        ("d.aiff", ("AIFF",)),
        ("e.caf", ("CAF",)),
    ):
        (folder / name).write_bytes(coded(1, *kind) + coded(2, *kind))
    return check(said, folder)


def an_mpeg_header_that_says_half(said, tmp_path, **_):
    data = bytearray(coded(7, "MP3"))
    place = max(data.find(b"Xing"), data.find(b"Info")) + 8
    (count,) = struct.unpack_from(">I", data, place)
    struct.pack_into(">I", data, place, count // 2)
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "a.mp3").write_bytes(data)
    status, out = check(said, tmp_path / "half", f"--csv={tmp_path / 'c.csv'}")
    seconds = float((tmp_path / "c.csv").read_text().split("\n")[1].split(",")[6])
    return status, f"{seconds >= 3.0} {out}"


def a_lost_page(said, tmp_path, **_):
    data = coded(3, "OGG", "VORBIS")
    second = data.find(b"OggS", len(data) // 2)
    third = data.find(b"OggS", second + 4)
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / "a.ogg").write_bytes(data[:second] + data[third:])
    return check(said, tmp_path / "lost")


def a_bit_of_the_last_page(said, tmp_path, **_):
    data = bytearray(coded(3, "OGG", "VORBIS"))
    data[-100] ^= 1
    (tmp_path / "last").mkdir()
    (tmp_path / "last" / "a.ogg").write_bytes(data)
    return check(said, tmp_path / "last")


def one_beginning_and_two_ends(said, tmp_path, **_):
    rng = np.random.default_rng(0)

    def music(seconds):
        notes = [np.sin(np.arange(2000) * rng.uniform(0.02, 0.9)) for _ in range(8)]
        return np.concatenate(
            [notes[rng.integers(8)] * np.hanning(2000) for _ in range(4 * seconds)]
        )

    start = music(45)
    (tmp_path / "two").mkdir()
    for name in ("a", "b"):
        sound = 0.4 * np.concatenate([start, music(45)])
        soundfile.write(tmp_path / "two" / f"{name}.wav", sound, 8000)
    return check(said, tmp_path / "two", "--min_sample_rate=8000")


def a_table_without_a_place(said, pile, tmp_path, **_):
    return check(said, pile, f"--csv={tmp_path / 'nowhere' / 'c.csv'}")


def a_name_that_is_too_long(said, tmp_path, **_):
    name = tmp_path / ("y" * 245 + ".wav")
    status, out, err = said("generate", "jazz", f"--output={name}")
    assert ".tmp" not in err
    return status, out + err


def numbers_that_are_none(prepared, **_):
    answers = [
        prepared(flag)
        for flag in (
            "--clip_seconds=inf",
            "--silence_db=nan",
            "--loudness=14",
            "--sample_rate=0",
        )
    ]
    assert all(status == 2 and err.count("\n") == 1 for status, _, err in answers)
    return 2, "".join(err for _, _, err in answers)


def two_writers(said, box, tmp_path, **_):
    (tmp_path / "card.json").write_text("{}")
    with one_writer.alone(box):
        status, out, err = said(
            "export", f"--card={tmp_path / 'card.json'}", f"--output={box}"
        )
    return status, out + err


def more_than_there_is_memory_for(said, tmp_path, **_):
    with mock.patch.object(memory, "_host_free", return_value=200 * 2**20):
        status, out, err = said(
            "generate", "jazz", "--num=64", f"--output={tmp_path / 'a.wav'}"
        )
    assert err.count("\n") == 1
    return status, out + err


CASES = {
    kept_facts_of_a_file_that_changed: (0, "2 good"),
    kept_facts_of_another_folder: (0, "1 recordings: 1 good"),
    the_same_folder_by_another_name: (0, "3 written"),
    a_set_made_of_something_else: (2, "was made of other recordings"),
    a_name_with_a_line_in_it: (0, "3 recordings: 3 good"),
    a_name_that_leaves_the_folder: (2, "name is '../x'; it must be"),
    a_set_of_another_rate: (2, "have 16000 samples a second, and --sample_rate"),
    a_damaged_shard: (2, "-00000-of-00001 is damaged or cut short"),
    a_vocabulary_that_is_none: (2, "is not a tokenizer.json"),
    the_vocabulary_of_another_model: (2, "is not the vocabulary that the text tower"),
    a_bit_of_a_manifest: (2, "is damaged: its content does not match its hash"),
    a_config_of_other_shapes: (2, "part semantic_stage does not fit its config"),
    a_card_with_parts: (0, "minutes  3"),
    float_sound_beyond_full_scale: (0, "True"),
    joined_files: (0, "5 to be left out"),
    an_mpeg_header_that_says_half: (0, "True 1 recordings: 1 good"),
    a_lost_page: (0, "is missing, at byte"),
    a_bit_of_the_last_page: (0, "to the end are no whole page"),
    one_beginning_and_two_ends: (0, "2 recordings: 2 good"),
    a_table_without_a_place: (2, "3 recordings: 3 good"),
    a_name_that_is_too_long: (2, "yyy.wav: File name too long"),
    numbers_that_are_none: (2, "loudness is 14.0; it must be a number from -70 to 0"),
    more_than_there_is_memory_for: (2, "the semantic stage of 64 pieces at once needs"),
    two_writers: (2, "is in use: another process writes there"),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_it_is_said(case, said, pile, prepared, box, sound, tmp_path):
    status, words = case(
        said=said, pile=pile, prepared=prepared, box=box, sound=sound, tmp_path=tmp_path
    )
    wanted, answer = CASES[case]
    assert status == wanted, words
    assert answer in words, words
    assert "Traceback" not in words


@pytest.mark.parametrize(
    ("hint", "good", "bad"),
    [
        (int, 3, "3"),
        (int, 3, 2.5),
        (int, 1, True),
        (float, 1, float("nan")),
        (str, "a", 5),
        (tuple[int, ...], (1, 2), 3),
        (tuple[int, ...], [1], ["a"]),
        (float | None, None, "x"),
    ],
)
def test_values_of_a_configuration_have_their_types(hint, good, bad):
    assert gin_types.fits(hint, good) and not gin_types.fits(hint, bad)
    assert gin_types.words(hint)


def test_a_temporary_folder_ends_with_a_process_that_is_killed(tmp_path):
    code = (
        "import os, signal\n"
        "from musiclm_jax.files import temporary\n"
        "with temporary.folder() as place:\n"
        "    print(place, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    place = done.stdout.strip()
    # The shell that waits holds no stream of ours; it ends within seconds.
    with temporary.folder():
        for _ in range(100):
            if not os.path.exists(place):
                break
            subprocess.run(["sleep", "0.1"], check=True)
    assert place and not os.path.exists(place)


def test_an_output_is_tried_and_nothing_is_left(tmp_path):
    whole_files.check_output(tmp_path / "a")
    whole_files.check_folder(tmp_path / "b" / "c")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="file is a file, not a folder"):
        whole_files.check_folder(tmp_path / "file" / "c")


@pytest.mark.slow
def test_the_end_of_a_long_prompt_is_heard():
    mulan = MusicLM.load().tokenizers.mulan
    start = "calm slow soft solo piano with gentle strings " * 8
    first, second = mulan.embed_text([f"{start}fast techno drums", f"{start}sad flute"])
    assert first @ second < 0.9999
    np.testing.assert_allclose(np.linalg.norm(first), 1.0, rtol=1e-5)
    assert mulan.unheard("jazz 音") == ["音"]


def test_bundles_of_before_are_read(box):
    path = box / bundle.MANIFEST
    tables = json.loads(path.read_text())
    del tables["sha256"], tables["fits"]
    path.write_text(json.dumps(tables))
    assert bundle.Bundle.load(box).load_part("semantic")[0].num_centroids > 0
    shutil.rmtree(box)

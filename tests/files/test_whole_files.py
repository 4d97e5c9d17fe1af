import hashlib
import os
import subprocess
import sys

import pytest

from musiclm_jax.files import whole_files

DATA = b"music"
SHA256 = hashlib.sha256(DATA).hexdigest()


def test_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    whole_files.write(path, DATA)
    assert path.read_bytes() == DATA
    assert os.listdir(tmp_path) == ["a"]


def test_failed_write_leaves_the_old_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def stop(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(whole_files.os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        whole_files.write(path, DATA)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("kind", ["appearing", "folder_appearing"])
def test_what_a_killed_writer_left_is_swept(tmp_path, kind):
    code = (
        "import os, pathlib, signal\n"
        "from musiclm_jax.files import whole_files\n"
        f"with whole_files.{kind}(pathlib.Path('a*')):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path)
    (left,) = os.listdir(tmp_path)
    (tmp_path / ".hidden").touch()
    # Of another file: nobody knows whether that is to be written again.
    whole_files.write(tmp_path / "a", DATA)
    assert sorted(os.listdir(tmp_path)) == sorted([left, ".hidden", "a"])
    whole_files.write(tmp_path / "a*", DATA)
    assert sorted(os.listdir(tmp_path)) == [".hidden", "a", "a*"]


def test_what_is_being_written_stays(tmp_path):
    with whole_files.appearing(tmp_path / "a") as temporary:
        whole_files.sweep(tmp_path)
        with whole_files.folder_appearing(tmp_path / "b") as folder:
            whole_files.sweep(tmp_path)
            assert temporary.exists() and folder.exists()
            (folder / "c").touch()
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_two_writers_of_a_file_have_two_names(tmp_path):
    with whole_files.appearing(tmp_path / "a") as first:
        first.write_bytes(b"one")
        whole_files.write(tmp_path / "a", b"two")
    assert (tmp_path / "a").read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["a"]


def test_a_sweep_does_not_stop_another_writer(tmp_path):
    with whole_files.appearing(tmp_path / "a") as temporary:
        temporary.write_bytes(b"same")
        whole_files.write(tmp_path / "a", b"same")
        whole_files.sweep(tmp_path)
    assert (tmp_path / "a").read_bytes() == b"same"
    assert os.listdir(tmp_path) == ["a"]


def test_errors_of_the_writer_are_its_own(tmp_path):
    whole_files.write(tmp_path / "a", b"old")
    with (
        pytest.raises(FileNotFoundError, match="nowhere"),
        whole_files.appearing(tmp_path / "a") as temporary,
    ):
        temporary.write_bytes(b"new")
        (tmp_path / "nowhere").read_bytes()
    assert os.listdir(tmp_path) == ["a"]


def test_read_checks_what_it_reads(tmp_path):
    path = tmp_path / "a"
    with pytest.raises(FileNotFoundError, match="a is missing"):
        whole_files.read(path, size=5, sha256=SHA256)
    path.write_bytes(DATA)
    assert whole_files.read(path, size=5, sha256=SHA256) == DATA
    with pytest.raises(ValueError, match="damaged: 5 bytes, and 6 are right"):
        whole_files.read(path, size=6, sha256=SHA256)
    path.write_bytes(b"noise")
    with pytest.raises(ValueError, match="does not match its hash"):
        whole_files.read(path, size=5, sha256=SHA256)


def test_what_a_library_writes_is_abandoned(tmp_path):
    ours, others = tmp_path / "new.x_a", tmp_path / "new.x_b"
    with whole_files.written_by_a_library(tmp_path, "new.*_a"):
        for folder in (ours, others):
            folder.mkdir()
            (folder / "half").touch()
        whole_files.abandon()
        assert [*tmp_path.iterdir()] == [others]
    ours.mkdir()
    whole_files.abandon()
    assert {*tmp_path.iterdir()} == {ours, others}

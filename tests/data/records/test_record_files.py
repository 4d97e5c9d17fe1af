"""Files of records: whole, or not there, and a full disk is told."""

import os

import pytest
from array_record.python.array_record_data_source import ArrayRecordDataSource

from musiclm_jax.data.records import record_files
from musiclm_jax.data.records.record_files import write_records


@pytest.mark.parametrize("is_compressed", [False, True])
def test_records_come_back(tmp_path, is_compressed):
    records = [bytes([i]) * 1000 for i in range(5)]
    path = tmp_path / "a.array_record"
    assert write_records(path, iter(records), is_compressed=is_compressed) == 5
    source = ArrayRecordDataSource(str(path))
    assert [source[i] for i in range(5)] == records
    assert os.listdir(tmp_path) == [path.name]


def test_nothing_is_left_of_what_fails(tmp_path):
    def records():
        yield b"one"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_records(tmp_path / "a", records(), is_compressed=True)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("moment", ["write", "close"])
def test_a_full_disk_is_an_error_of_the_system(tmp_path, monkeypatch, moment):
    class Writer:
        def __init__(self, path, options):
            pass

        def write(self, record):
            self._fail("write")

        def close(self):
            self._fail("close")

        def _fail(self, here):
            if here == moment:
                raise RuntimeError("write() failed: No space left on device; at byte 1")

    monkeypatch.setattr(record_files.array_record_module, "ArrayRecordWriter", Writer)
    with pytest.raises(OSError, match="No space left on device") as caught:
        write_records(tmp_path / "a", [b"one"], is_compressed=True)
    assert caught.value.filename == str(tmp_path / "a")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OSError, match="No such file or directory"):
        write_records(tmp_path / "no" / "a", [b"one"], is_compressed=True)

"""Checkpoints that another hand wrote (`tf_files.py`), whole and damaged."""

import numpy as np
import pytest

from musiclm_jax.evaluation.published_networks import sorted_table, tf_checkpoint


def same(found, right):
    assert found.keys() == right.keys()
    for name, array in right.items():
        assert found[name].dtype == array.dtype, name
        np.testing.assert_array_equal(found[name], array, strict=True, err_msg=name)
    return True


def string_entry(tf_files, data):
    """An entry of one string, which lies at the start of the first file."""
    entry = tf_files.field(1, 7) + tf_files.field(2, b"")
    return entry + tf_files.field(5, len(data))


def test_tables_share_what_keys_have_in_common(tmp_path, tf_files):
    right = [(f"key{n:03}".encode(), bytes([n]) * n) for n in range(50)]
    (tmp_path / "table").write_bytes(tf_files.table(right))
    found = [
        (key, bytes(value)) for key, value in sorted_table.entries(tmp_path / "table")
    ]
    assert found == right
    assert sorted_table.is_one(tmp_path / "table")
    (tmp_path / "short").write_bytes(b"abc")
    assert not sorted_table.is_one(tmp_path / "short")


def test_a_bundle_by_any_of_its_names(tmp_path, tf_files, tensors):
    folder = tmp_path / "saved" / "variables"
    folder.mkdir(parents=True)
    prefix = folder / "variables"
    tf_files.bundle(prefix, tensors)
    for path in (tmp_path / "saved", prefix, *folder.iterdir()):
        assert tf_checkpoint.prefix_of(path) == prefix
    same(tf_checkpoint.read_bundle(prefix), tensors)
    assert tf_checkpoint.prefix_of(tmp_path) is None


def test_an_older_checkpoint(tmp_path, tf_files, tensors):
    path = tmp_path / "model.ckpt"
    path.write_bytes(tf_files.old_checkpoint(tensors, halves=["net/conv1/weights"]))
    same(tf_checkpoint.read_table(path), tensors)


def test_tensors_go_by_the_names_of_their_objects(tmp_path, tf_files, tensors):
    keys = {f"_variables/{n}/VALUE": name for n, name in enumerate(tensors)}
    attributes = [
        tf_files.field(1, b"VALUE")
        + tf_files.field(2, name.encode())
        + tf_files.field(3, key.encode())
        for key, name in keys.items()
    ]
    nodes = b"".join(tf_files.field(1, tf_files.field(2, each)) for each in attributes)
    stored = tf_files.number(len(nodes)) + b"crc." + nodes
    prefix = tmp_path / "model"
    graph = string_entry(tf_files, stored)
    # Behind the tensors of the first file: the writer puts it in a third one instead.
    graph += tf_files.field(3, 2)
    extra = [(b"_CHECKPOINTABLE_OBJECT_GRAPH", graph)]
    by_key = {key: tensors[name] for key, name in keys.items()}
    tf_files.bundle(prefix, by_key, extra=extra)
    (tmp_path / "model.data-00002-of-00002").write_bytes(stored)
    same(tf_checkpoint.read_bundle(prefix), tensors)


def broken(path):
    """Yields the file cut off, and with one byte changed, in many places."""
    whole = path.read_bytes()
    for place in range(0, len(whole), 1 + len(whole) // 30):
        yield whole[:place]
        yield whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :]
    path.write_bytes(whole)


def is_plain(read, path, right):
    """Whether a damaged file is told in a sentence, or the damage is of no account."""
    try:
        return same(read(path), right)
    except ValueError as error:
        assert str(error).startswith(f"{path} is no checkpoint, or damaged: ")
        return "\n" not in str(error)


def test_a_damaged_bundle(tmp_path, tf_files, tensors):
    prefix = tmp_path / "model"
    tf_files.bundle(prefix, tensors)
    for path in sorted(tmp_path.iterdir()):
        for data in broken(path):
            path.write_bytes(data)
            assert is_plain(tf_checkpoint.read_bundle, prefix, tensors)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        tf_checkpoint.read_bundle(prefix)


def test_a_damaged_older_checkpoint(tmp_path, tf_files, tensors):
    path = tmp_path / "model.ckpt"
    path.write_bytes(tf_files.old_checkpoint(tensors))
    for data in broken(path):
        path.write_bytes(data)
        assert is_plain(tf_checkpoint.read_table, path, tensors)


def test_changed_numbers_are_found_by_their_checksum(tmp_path, tf_files, tensors):
    prefix = tmp_path / "model"
    tf_files.bundle(prefix, tensors)
    path = tmp_path / "model.data-00000-of-00002"
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="a tensor has another checksum"):
        tf_checkpoint.read_bundle(prefix)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endian": 1}, "its numbers are big-endian"),
        ({"extra": [(b"z", b"\x08\x0e")]}, r"of a type that is not read here \(14\)"),
        ({"extra": [(b"z", b"\x08\x01\x3a\x00")]}, "is stored in slices"),
        ({"extra": [(b"z", b"\x08\x01\x28\x7f")]}, "data-00000-of-00002 is too short"),
        ({"extra": [(b"z", b"\x0b")]}, r"a field of no known kind \(3\)"),
        ({"extra": [(b"z", b"\x12\x7f")]}, "a field reaches beyond its message"),
        ({"extra": [(b"z", b"\x08" + b"\xff" * 20)]}, "a number does not end"),
        ({"extra": [(b"z", b"\x08\x01\x38\x01")]}, "field 7 is a number"),
        ({"extra": [(b"z", b"\x0a\x00")]}, "field 1 is no number"),
    ],
)
def test_what_is_not_read_is_said(tmp_path, tf_files, tensors, change, words):
    tf_files.bundle(tmp_path / "model", tensors, **change)
    with pytest.raises(ValueError, match=words):
        tf_checkpoint.read_bundle(tmp_path / "model")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"kind": 1}, "a block is compressed by Snappy, which is not read here"),
        ({"kind": 9}, "a block is compressed by another means"),
    ],
)
def test_compressed_tables(tmp_path, tf_files, how, words):
    (tmp_path / "table").write_bytes(tf_files.table([(b"a", b"b")], **how))
    with pytest.raises(ValueError, match=words):
        tf_checkpoint.read_table(tmp_path / "table")


def test_an_older_checkpoint_that_lacks_a_part(tmp_path, tf_files, tensors):
    path = tmp_path / "model.ckpt"
    path.write_bytes(tf_files.old_checkpoint(tensors, halves=["net/conv1/weights"]))
    entries = [(k, bytes(v)) for k, v in sorted_table.entries(path)]
    kept = [(k, v) for k, v in entries if b"conv1/weights\0\1\2" not in k]
    assert len(kept) == len(entries) - 1
    path.write_bytes(tf_files.table(kept))
    with pytest.raises(ValueError, match="net/conv1/weights is not whole"):
        tf_checkpoint.read_table(path)
    path.write_bytes(tf_files.table(kept[1:]))
    with pytest.raises(ValueError, match="it lists no tensors"):
        tf_checkpoint.read_table(path)
    huge = tf_files.field(1, b"a") + tf_files.field(3, 1)
    huge += tf_files.field(2, tf_files.field(2, tf_files.field(1, 2**62)) * 2)
    meta = tf_files.field(1, tf_files.field(1, huge))
    path.write_bytes(tf_files.table([(b"", meta)]))
    with pytest.raises(ValueError, match="is larger than the file"):
        tf_checkpoint.read_table(path)

"""TensorFlow's files of tensors, written plainly: for tests of what reads them."""

import struct

NUMBERS = {"float32": 1, "float64": 2, "int32": 3, "int64": 9}
PACKED = {"float32": (5, "<f4"), "float64": (6, "<f8"), "int64": (10, None)}


def masked_crc(data):
    register = 0xFFFFFFFF
    for byte in bytes(data):
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    crc = register ^ 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32


def number(value):
    value %= 2**64
    data = b""
    while value > 127:
        data += bytes([value % 128 + 128])
        value //= 128
    return data + bytes([value])


def field(index, value):
    """A field of a message: a number, or bytes."""
    if isinstance(value, int):
        return number(8 * index) + number(value)
    return number(8 * index + 2) + number(len(value)) + value


def shape_of(array):
    return b"".join(field(2, field(1, int(size))) for size in array.shape)


def block(entries, restart_every=3):
    data, restarts, last = b"", [], b""
    for count, (key, value) in enumerate(entries):
        shared = 0
        if count % restart_every:
            while key[: shared + 1] == last[: shared + 1] and shared < len(last):
                shared += 1
        else:
            restarts.append(len(data))
        data += number(shared) + number(len(key) - shared) + number(len(value))
        data += key[shared:] + value
        last = key
    restarts = restarts or [0]
    return data + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def table(entries, *, kind=0, per_block=4):
    """A sorted table of (key, value)."""
    data, index = b"", []

    def add(content):
        nonlocal data
        handle = number(len(data)) + number(len(content))
        content += bytes([kind])
        data += content + struct.pack("<I", masked_crc(content))
        return handle

    entries = sorted(entries)
    for first in range(0, len(entries), per_block):
        part = entries[first : first + per_block]
        index.append((part[-1][0] + b"\0", add(block(part))))
    others = add(block([]))
    footer = others + add(block(index, restart_every=1))
    return data + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def bundle(prefix, tensors, *, extra=(), endian=0):
    """`PREFIX.index` and two files of data."""
    files, entries = [b"", b""], []
    for count, (name, array) in enumerate(tensors.items()):
        raw, place = array.tobytes(), count % 2
        entry = field(1, NUMBERS[array.dtype.name]) + field(2, shape_of(array))
        entry += field(3, place) + field(4, len(files[place])) + field(5, len(raw))
        entry += number(8 * 6 + 5) + struct.pack("<I", masked_crc(raw))
        entries.append((name.encode(), entry))
        files[place] += raw
    header = field(1, 2) + field(2, endian) + field(3, field(1, 1))
    data = table([(b"", header), *entries, *extra])
    prefix.with_name(prefix.name + ".index").write_bytes(data)
    for place, raw in enumerate(files):
        prefix.with_name(f"{prefix.name}.data-0000{place}-of-00002").write_bytes(raw)


def packed(array):
    index, how = PACKED[array.dtype.name]
    if how:
        return field(index, array.astype(how).tobytes())
    return field(index, b"".join(number(int(value)) for value in array.ravel()))


def old_checkpoint(tensors, *, halves=()):
    """One table of everything; some tensors in two slices of their first axis."""
    meta, entries = b"", []
    for name, array in tensors.items():
        cuts = [(None, None)]
        if name in halves:
            cuts = [(0, 2), (2, len(array) - 2)]
        slices = []
        for start, length in cuts:
            rest = field(1, b"") * (array.ndim - 1)
            whole = field(1, b"") * array.ndim
            cut = field(1, field(1, start) + field(2, length)) if length else b""
            slices.append(cut + rest if length else whole)
            part = array[start : start + length] if length else array
            saved = field(1, name.encode()) + field(2, slices[-1])
            saved += field(3, packed(part))
            key = b"\0" + name.encode() + b"\0\1" + bytes([start or 0])
            entries.append((key, field(2, saved)))
        one = field(1, name.encode()) + field(2, shape_of(array))
        one += field(3, NUMBERS[array.dtype.name])
        meta += field(1, one + b"".join(field(4, each) for each in slices))
    return table([(b"", field(1, meta)), *entries])

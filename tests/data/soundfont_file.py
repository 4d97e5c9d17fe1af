"""Writes SoundFonts of one sine: enough of SoundFont 2.04 for a player of it."""

import struct

import numpy as np

RATE = 44_100
_TONE_HZ, _ROOT_KEY = 440.0, 69
_SECONDS = 0.5
_INSTRUMENT, _SAMPLE_ID, _SAMPLE_MODES = 41, 53, 54
_LOOPED = 1


def write(path, programs, drum_kits):
    """Writes a file.

    Args:
        path: of it.
        programs: numbers of instruments that it has.
        drum_kits: numbers of kits that it has.
    """
    count = int(RATE * _SECONDS)
    periods = round(_TONE_HZ * _SECONDS)
    time = np.arange(count + 46) * (periods / count)
    sound = (0.6 * 32767 * np.sin(2 * np.pi * time)).astype("<i2")
    sound[count:] = 0
    presets = [(0, number) for number in programs]
    presets += [(128, number) for number in drum_kits]
    pdta = _list(
        b"pdta",
        *_presets(presets),
        *_instrument(),
        _chunk(b"shdr", _sample(count) + _name("EOS") + bytes(26)),
    )
    info = _list(
        b"INFO",
        _chunk(b"ifil", struct.pack("<HH", 2, 4)),
        _chunk(b"isng", b"EMU8000\0"),
        _chunk(b"INAM", b"sine\0\0"),
    )
    body = info + _list(b"sdta", _chunk(b"smpl", sound.tobytes())) + pdta
    path.write_bytes(_chunk(b"RIFF", b"sfbk" + body))


def _presets(presets):
    """phdr, pbag, pmod and pgen: each preset is the one instrument."""
    heads = b"".join(
        _name(f"{bank}:{number}") + struct.pack("<HHHIII", number, bank, i, 0, 0, 0)
        for i, (bank, number) in enumerate(presets)
    )
    heads += _name("EOP") + struct.pack("<HHHIII", 0, 0, len(presets), 0, 0, 0)
    bags = b"".join(struct.pack("<HH", i, 0) for i in range(len(presets) + 1))
    generators = struct.pack("<HH", _INSTRUMENT, 0) * len(presets)
    return (
        _chunk(b"phdr", heads),
        _chunk(b"pbag", bags),
        _chunk(b"pmod", bytes(10)),
        _chunk(b"pgen", generators + bytes(4)),
    )


def _instrument():
    """inst, ibag, imod and igen: the one sample, looped."""
    heads = _name("sine") + struct.pack("<H", 0) + _name("EOI") + struct.pack("<H", 1)
    generators = struct.pack("<HH", _SAMPLE_MODES, _LOOPED)
    generators += struct.pack("<HH", _SAMPLE_ID, 0)
    return (
        _chunk(b"inst", heads),
        _chunk(b"ibag", struct.pack("<HHHH", 0, 0, 2, 0)),
        _chunk(b"imod", bytes(10)),
        _chunk(b"igen", generators + bytes(4)),
    )


def _sample(count):
    """The header of the sample, which loops as a whole."""
    places = struct.pack("<IIIII", 0, count, 0, count, RATE)
    return _name("sine") + places + struct.pack("<BbHH", _ROOT_KEY, 0, 0, 1)


def _name(text):
    return text.encode().ljust(20, b"\0")


def _chunk(kind, content):
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _list(kind, *chunks):
    return _chunk(b"LIST", kind + b"".join(chunks))

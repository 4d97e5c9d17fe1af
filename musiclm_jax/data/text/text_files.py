"""Text as people save it: UTF-8 with or without a mark, or UTF-16 with one."""

import codecs
import pathlib

_ENCODINGS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_BLOCK_BYTES = 2**20


def encoding_of(path: pathlib.Path) -> str:
    """Finds the encoding of a file, all of which has been decoded then.

    Returns:
        A name that `open` knows; a mark at the start is no part of what it reads.

    Raises:
        ValueError: some byte of it belongs to no text; it is named.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(max(map(len, _ENCODINGS)))
        encoding = next(
            (name for mark, name in _ENCODINGS.items() if start.startswith(mark)),
            "utf-8",
        )
        file.seek(0)
        # Block by block: tables of large sets have hundreds of megabytes.
        decoder = codecs.getincrementaldecoder(encoding)()
        while True:
            block = file.read(_BLOCK_BYTES)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                # What the decoder held back from the last block comes first.
                first = file.tell() - len(error.object)
                raise ValueError(
                    f"{path} is not text in UTF-8, nor in UTF-16 with its mark: byte "
                    f"{first + error.start} is 0x{error.object[error.start]:02x}"
                ) from None
            if "\0" in text:
                raise ValueError(
                    f"{path} is not text: it has zeros between its letters, as UTF-16 "
                    "without its mark has; save it as UTF-8"
                )
            if not block:
                return encoding


def read_text(path: pathlib.Path) -> str:
    """Reads a whole file.

    Raises:
        ValueError: it is no text.
        OSError: it cannot be read.
    """
    return path.read_text(encoding=encoding_of(path))

"""Names of the files that pieces are written to."""

import re
import unicodedata
from pathlib import PurePath

_SLUG_LETTERS = 48
# File systems hold 255, and a file that is being written has some more than its name.
_MOST_BYTES = 220
_SUFFIX = ".wav"
# Windows keeps these for devices, whatever their suffix.
_RESERVED = {"con", "prn", "aux", "nul"}
_RESERVED |= {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}


def slug(prompt: str) -> str:
    """Makes a name, without suffix, of the prompt's words."""
    name = "-".join(re.findall(r"\w+", prompt.lower()))
    if len(name) > _SLUG_LETTERS:
        name = name[:_SLUG_LETTERS].rpartition("-")[0] or name[:_SLUG_LETTERS]
    return name or "music"


def file_name(name: str, suffixes: tuple[str, ...]) -> str:
    """Checks a name that somebody gave, and adds a suffix where it has none.

    Args:
        name: of a file, without a folder.
        suffixes: of the formats of sound; what else follows a dot is no suffix.

    Raises:
        ValueError: it cannot be the name of a file in a given folder, on any system.
    """
    _check(name)
    is_sound = PurePath(name).suffix.lower() in suffixes
    return name if is_sound else name + _SUFFIX


def same_file(name: str) -> str:
    """Returns what two names share that some systems take for the same file."""
    return unicodedata.normalize("NFC", name).casefold()


def _check(name: object) -> None:
    if not isinstance(name, str):
        raise ValueError(f"name is {name}; it must be text")
    if re.search(r'[/\\:*?"<>|\x00-\x1f\x7f]', name):
        wrong = "names a place, or has signs that no file name can have"
    elif name.startswith((".", " ")) or name.endswith((".", " ")) or not name:
        wrong = "is empty, or begins or ends with a dot or a space"
    elif name.partition(".")[0].rstrip().lower() in _RESERVED:
        wrong = "is kept for devices by some systems"
    elif len(name.encode(errors="replace")) > _MOST_BYTES - len(_SUFFIX):
        wrong = f"has more than {_MOST_BYTES - len(_SUFFIX)} bytes"
    elif name != name.encode(errors="replace").decode():
        wrong = "is not text"
    else:
        return
    shown = name if len(name) <= 60 else name[:57] + "..."
    raise ValueError(
        f"name is {shown!r}, which {wrong}; give the plain name of a file, as "
        "'calm-piano' or 'calm-piano.flac'"
    )

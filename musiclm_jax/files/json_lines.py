"""JSON lines: one value a line, and a line ends at a line feed alone.

Letters of a name may end a line for Python (`str.splitlines`), and JSON may hold them.
"""

import json
from pathlib import Path
from typing import Any


def split(text: str) -> list[str]:
    """Returns the lines that hold something."""
    return [line for line in text.split("\n") if line.strip()]


def read(path: Path) -> list[Any]:
    """Returns the values of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: a line is no JSON; it names the line.
    """
    values = []
    for number, line in enumerate(split(path.read_text(encoding="utf-8")), start=1):
        try:
            values.append(json.loads(line))
        except (ValueError, RecursionError):
            raise ValueError(f"{path}, line {number}: it is not valid JSON") from None
    return values

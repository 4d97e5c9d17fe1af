"""Pieces of work that other processes can import."""

import dataclasses
import os
from pathlib import Path

from musiclm_jax import whole_files


@dataclasses.dataclass(frozen=True)
class Note:
    """Writes a text; an empty one is an error, and one kills the process."""

    output: Path
    text: str

    def run(self):
        if not self.text:
            raise ValueError(f"there is nothing to write to {self.output.name}")
        if self.text == "die":
            os._exit(9)
        whole_files.write(self.output, self.text.encode())

"""Pieces of work that other processes can import."""

import dataclasses
import os
import signal
from pathlib import Path

from musiclm_jax.files import whole_files


@dataclasses.dataclass(frozen=True)
class Note:
    """Writes a text; an empty one is an error, and two are no good for the process."""

    output: Path
    text: str

    def run(self):
        if not self.text:
            raise ValueError(f"there is nothing to write to {self.output.name}")
        if self.text == "die":
            os._exit(9)
        if self.text == "ctrl-c":
            os.kill(os.getpid(), signal.SIGINT)
        whole_files.write(self.output, self.text.encode())

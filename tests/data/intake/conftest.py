"""A folder of all formats and kinds of damage, and recordings of what lies in one."""

import importlib.util
import pathlib
from collections.abc import Callable
from types import ModuleType

import pytest

from musiclm_jax.data.intake.recordings import Recording
from musiclm_jax.data.sound.audio_files import FileSound
from musiclm_jax.data.text.sidecars import Notes


@pytest.fixture(scope="session")
def recordings_folder() -> ModuleType:
    """The maker of folders, `recordings_folder.py` beside this file."""
    path = pathlib.Path(__file__).with_name("recordings_folder.py")
    spec = importlib.util.spec_from_file_location("recordings_folder", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def recording() -> Callable[[pathlib.Path], Recording]:
    """Makes a recording of a file."""

    def make(path: pathlib.Path, name: str = "") -> Recording:
        return Recording(name=name or path.name, sound=FileSound(path), notes=Notes())

    return make

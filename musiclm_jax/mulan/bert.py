"""BERT's encoder (1810.04805) as others publish it, in the text tower's form.

What is read is a folder in Hugging Face's layout: `config.json` and
`model.safetensors`, with weights as [out, in]. Never a pickle, which may run anything.
The tower computes what BERT does, hidden state by hidden state: of its two segments a
single text uses the first, whose row is added to every position here, and the pooler
and the heads of its pretraining are left behind.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors

from musiclm_jax.files.params_file import Params
from musiclm_jax.mulan.text_tower import LAYER_NORM_EPSILON, TextTowerConfig

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
_PICKLE = "pytorch_model.bin"
_PREFIX = "bert."
_ENCODER = ("embeddings.", "encoder.")
# No parameter: 0, 1, 2, ...
_POSITION_IDS = "embeddings.position_ids"
# Names of the layer normalisation in older files.
_OLD_NAMES = {".gamma": ".weight", ".beta": ".bias"}
# Field of the tower's config -> theirs.
_SIZES = {
    "vocab_size": "vocab_size",
    "max_length": "max_position_embeddings",
    "num_layers": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "embed_dim": "hidden_size",
    "mlp_dim": "intermediate_size",
}
# What the tower computes; BERT's own values where a config does not say.
_FIXED = {
    "hidden_act": "gelu",
    "layer_norm_eps": LAYER_NORM_EPSILON,
    "position_embedding_type": "absolute",
}

Tensors = Mapping[str, np.ndarray]


def read(folder: str | Path) -> tuple[TextTowerConfig, Params]:
    """Reads an encoder.

    Args:
        folder: holds `config.json` and `model.safetensors`.

    Returns:
        Its sizes, and the parameters of a `TextTower` of them without its projection,
        layer by layer, float32.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a file is damaged, or of an encoder that the tower cannot be.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    config = _read_config(folder / CONFIG)
    tensors = _read_tensors(folder, config)
    return config, _params(config, tensors)


def _read_config(path: Path) -> TextTowerConfig:
    if not path.is_file():
        raise FileNotFoundError(f"there is no BERT in {path.parent}: no {path.name}")
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise ValueError(f"{path} is not valid JSON") from None
    if not isinstance(fields, dict) or fields.get("model_type") != "bert":
        kind = fields.get("model_type") if isinstance(fields, dict) else None
        raise ValueError(
            f"{path} describes a model of type {kind!r}; the text tower can start as "
            "one of type 'bert' alone"
        )
    for name, right in _FIXED.items():
        if fields.get(name, right) != right:
            raise ValueError(
                f"{path} has {name}={fields[name]!r}; the text tower computes with "
                f"{right!r} alone"
            )
    for name in _SIZES.values():
        if type(fields.get(name)) is not int or fields[name] < 1:
            raise ValueError(f"{path} has no positive number {name}")
    try:
        return TextTowerConfig(
            **{ours: fields[theirs] for ours, theirs in _SIZES.items()},
            # A training has its own; see `text_start.tower_config`.
            dropout_rate=0.0,
            scan_layers=False,
            dtype="float32",
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _read_tensors(folder: Path, config: TextTowerConfig) -> Tensors:
    """Reads what belongs to the encoder, by its names without a prefix."""
    path = folder / WEIGHTS
    if not path.is_file():
        if (folder / _PICKLE).is_file():
            raise ValueError(
                f"{folder} has its weights in {_PICKLE} alone, and a pickle is never "
                f"read: save them as {WEIGHTS} first"
            )
        raise FileNotFoundError(f"there is no BERT in {folder}: no {WEIGHTS}")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = _plain_names(file.keys())
            slices = {plain: file.get_slice(name) for plain, name in names.items()}
            _check(path, slices, _shapes(config))
            tensors = {plain: file.get_tensor(name) for plain, name in names.items()}
    except safetensors.SafetensorError:
        raise ValueError(f"{path} is damaged: not a safetensors file") from None
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise ValueError(f"{path}: {name} is not finite")
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def _plain_names(names: list[str]) -> dict[str, str]:
    """The encoder's tensors: name without prefix, in today's words -> in the file."""
    plain = {}
    for name in names:
        short = name.removeprefix(_PREFIX)
        for old, new in _OLD_NAMES.items():
            if short.endswith(f"LayerNorm{old}"):
                short = short.removesuffix(old) + new
        if short.startswith(_ENCODER) and short != _POSITION_IDS:
            plain[short] = name
    return plain


def _check(path: Path, slices: dict[str, Any], shapes: dict[str, tuple]) -> None:
    missing = sorted(shapes.keys() - slices.keys())
    if missing:
        raise ValueError(
            f"{path} lacks {len(missing)} tensors of the BERT that {CONFIG} describes, "
            f"such as {missing[0]}"
        )
    more = sorted(slices.keys() - shapes.keys())
    if more:
        raise ValueError(
            f"{path} has {len(more)} tensors more than the BERT that {CONFIG} "
            f"describes, such as {more[0]}"
        )
    for name, shape in shapes.items():
        found = tuple(slices[name].get_shape())
        if len(found) != len(shape) or any(
            there == 0 or size not in (None, there)
            for there, size in zip(found, shape, strict=True)
        ):
            right = ["any" if size is None else size for size in shape]
            raise ValueError(
                f"{path}: {name} is {list(found)}; by {CONFIG} it is {right}"
            )
        dtype = slices[name].get_dtype()
        if dtype not in ("F16", "F32", "F64"):
            raise ValueError(f"{path}: {name} is {dtype}; save it in float32 (F32)")


def _shapes(config: TextTowerConfig) -> dict[str, tuple[int | None, ...]]:
    """Shape of each tensor of the encoder; None where any size will do."""
    width, inner = config.embed_dim, config.mlp_dim
    shapes: dict[str, tuple[int | None, ...]] = {
        "embeddings.word_embeddings.weight": (config.vocab_size, width),
        "embeddings.position_embeddings.weight": (config.max_length, width),
        "embeddings.token_type_embeddings.weight": (None, width),
    }
    blocks = {"embeddings.LayerNorm": (width,)}
    for number in range(config.num_layers):
        layer = f"encoder.layer.{number}"
        for name in ("query", "key", "value"):
            blocks[f"{layer}.attention.self.{name}"] = (width, width)
        blocks[f"{layer}.attention.output.dense"] = (width, width)
        blocks[f"{layer}.attention.output.LayerNorm"] = (width,)
        blocks[f"{layer}.intermediate.dense"] = (inner, width)
        blocks[f"{layer}.output.dense"] = (width, inner)
        blocks[f"{layer}.output.LayerNorm"] = (width,)
    for name, shape in blocks.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes


def _params(config: TextTowerConfig, tensors: Tensors) -> Params:
    heads = (config.num_heads, config.embed_dim // config.num_heads)

    def norm(name: str) -> Params:
        return {"scale": tensors[f"{name}.weight"], "bias": tensors[f"{name}.bias"]}

    def dense(name: str, inputs: tuple[int, ...], features: tuple[int, ...]) -> Params:
        kernel = tensors[f"{name}.weight"].T.reshape(*inputs, *features)
        return {"kernel": kernel, "bias": tensors[f"{name}.bias"].reshape(features)}

    def layer(name: str) -> Params:
        width, inner = (config.embed_dim,), (config.mlp_dim,)
        attention = {
            part: dense(f"{name}.attention.self.{part}", width, heads)
            for part in ("query", "key", "value")
        }
        out = dense(f"{name}.attention.output.dense", heads, width)
        return {
            "attention": attention | {"out": out},
            "attention_norm": norm(f"{name}.attention.output.LayerNorm"),
            "mlp_in": dense(f"{name}.intermediate.dense", width, inner),
            "mlp_out": dense(f"{name}.output.dense", inner, width),
            "mlp_norm": norm(f"{name}.output.LayerNorm"),
        }

    segment = tensors["embeddings.token_type_embeddings.weight"][0]
    positions = tensors["embeddings.position_embeddings.weight"] + segment[None, :]
    return {
        "words": {"embedding": tensors["embeddings.word_embeddings.weight"]},
        "positions": {"embedding": positions},
        "embedding_norm": norm("embeddings.LayerNorm"),
        **{
            f"layer{number}": layer(f"encoder.layer.{number}")
            for number in range(config.num_layers)
        },
    }

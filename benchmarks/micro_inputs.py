"""What every verb of the command line needs, so small that it takes seconds.

music/        recordings with captions
data/         them, as the data set `audio_folder/s`
words.json    the word pieces of their captions
bert/         a published language model, of random numbers
model/        a bundle of random parameters, of the sizes of tests/micro.gin
prompts.txt   a prompt a line
story.yaml    a story of two spans
"""

import functools
import json
from pathlib import Path

import flax.linen as nn
import jax
import numpy as np
import safetensors.numpy
import soundfile

from musiclm_jax import bundle
from musiclm_jax.cli import config, gin_places, train
from musiclm_jax.cli.main import main

SIZES = Path(__file__).parents[1] / "tests" / "micro.gin"
DATASET = "audio_folder/s"
_RATE = 24000
_PLAYERS = ("calm piano", "fast drums", "sad flute", "loud strings", "slow synth")
_PARTS = ("codec", "semantic", "mulan", "semantic_stage", "coarse_stage", "fine_stage")
# Run -> the part that it adds codebooks to.
_CODEBOOKS = {"centroids": "semantic", "mulan_rvq": "mulan"}
_HEADS = tuple(f"attention.self.{name}" for name in ("query", "key", "value"))
_PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "calm", "loud", "##ly", "jazz")


def write(work: Path, *, seed: int = 0) -> None:
    """Writes all of it into a new folder."""
    rng = np.random.default_rng(seed)
    write_music(work / "music", rng)
    _do("data", "prepare", work / "music", "--name=s", "--processes=1",
        f"--data_dir={work / 'data'}")  # fmt: skip
    words = work / "words.json"
    _do("data", "vocabulary", f"--dataset={DATASET}", f"--data_dir={work / 'data'}",
        f"--output={words}", "--size=100")  # fmt: skip
    write_bert(work / "bert", rng)
    write_bundle(work / "model", words, rng)
    (work / "prompts.txt").write_text("\n".join(_PLAYERS) + "\n")
    spans = "".join(f"  - {{seconds: 0.6, prompt: {p}}}\n" for p in _PLAYERS[:2])
    (work / "story.yaml").write_text(f"seed: 1\nspans:\n{spans}")


def write_music(folder: Path, rng: np.random.Generator, *, count: int = 12) -> None:
    """Writes recordings of some seconds, each with a caption."""
    folder.mkdir(parents=True)
    for number in range(count):
        notes = [
            np.sin(np.arange(6000) * rng.uniform(0.02, 0.6)) * np.hanning(6000)
            for _ in range(rng.integers(8, 14))
        ]
        soundfile.write(folder / f"{number}.wav", 0.4 * np.concatenate(notes), _RATE)
        player = _PLAYERS[number % len(_PLAYERS)]
        (folder / f"{number}.txt").write_text(f"{player}, number {number}\n")


def write_bert(folder: Path, rng: np.random.Generator) -> None:
    """Writes a language model of one layer under Hugging Face's names."""
    folder.mkdir(parents=True)
    width, inner = 8, 12
    sizes = {
        "embeddings.word_embeddings": (len(_PIECES), width),
        "embeddings.position_embeddings": (16, width),
        "embeddings.token_type_embeddings": (2, width),
    }
    linear = {
        **dict.fromkeys(_HEADS, (width, width)),
        "attention.output.dense": (width, width),
        "intermediate.dense": (inner, width),
        "output.dense": (width, inner),
    }
    layer = "encoder.layer.0."
    weights = {f"{name}.weight": shape for name, shape in sizes.items()}
    for name, shape in linear.items():
        weights |= {f"{layer}{name}.weight": shape, f"{layer}{name}.bias": shape[:1]}
    for name in ("embeddings.", f"{layer}attention.output.", f"{layer}output."):
        weights |= {f"{name}LayerNorm.{kind}": (width,) for kind in ("weight", "bias")}
    drawn = {
        name: rng.normal(size=shape).astype(np.float32)
        for name, shape in weights.items()
    }
    safetensors.numpy.save_file(drawn, folder / "model.safetensors")
    fields = {
        "model_type": "bert",
        "vocab_size": len(_PIECES),
        "max_position_embeddings": 16,
        "type_vocab_size": 2,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "hidden_size": width,
        "intermediate_size": inner,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
    }
    (folder / "config.json").write_text(json.dumps(fields))
    (folder / "vocab.txt").write_text("\n".join(_PIECES) + "\n")


def write_bundle(folder: Path, words: Path, rng: np.random.Generator) -> None:
    """Writes all parts that make music, of random parameters."""
    bundle.save_file(folder, bundle.VOCABULARY, words.read_bytes())
    for run in (*_PARTS, *_CODEBOOKS):
        task, shapes = _task(run, folder)
        state = jax.eval_shape(task.init, jax.random.key(0), shapes)
        wanted = nn.meta.unbox(jax.eval_shape(task.inference_params, state))
        params = jax.tree_util.tree_map_with_path(functools.partial(_draw, rng), wanted)
        if run in _CODEBOOKS:
            bundle.extend_part(folder, _CODEBOOKS[run], params)
        else:
            bundle.save_part(folder, run, task.config, params)


def _task(run: str, folder: Path):
    """Returns the task of a run file, and the shapes of its batches."""
    files = (f"runs/{run}.gin", str(SIZES))
    frozen = (f"BUNDLE={str(folder)!r}",) if run in _CODEBOOKS else ()
    config.load(config.GinArguments(files, frozen, ()), blank=gin_places.PLACES)
    return (
        config.build(train.train, "task"),
        config.build(train.train, "batches").shapes(),
    )


def _draw(rng: np.random.Generator, path, leaf) -> np.ndarray:
    scale = 1.0 if path[-1].key == "scale" else 0.0
    return (scale + 0.3 * rng.normal(size=leaf.shape)).astype(leaf.dtype)


def _do(*arguments: object) -> None:
    if main([str(argument) for argument in arguments]):
        raise SystemExit(f"failed: {arguments}")

"""What is written while the power is cut, and what must be there after it.

Each scene prints a word for each thing that it says is done. This file is a script too:
the writing happens in a process of its own, which is recorded.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import killed
import numpy as np
import small_training
from micro_inputs import write_music

from musiclm_jax import bundle
from musiclm_jax.cli.main import main
from musiclm_jax.data.records import record_files, token_records
from musiclm_jax.data.records.token_shards import ShardName
from musiclm_jax.data.sets.audio_dataset import AudioDataset
from musiclm_jax.data.text import vocabulary
from musiclm_jax.generation import cards, request
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.training import checkpoints

_TIMES = 5


@dataclass(frozen=True)
class Scene:
    """Something that is written.

    Attributes:
        prepare: makes the inputs, and what is there before.
        write: writes, and prints what is done.
        check: says what is wrong, given the words that were printed.
    """

    prepare: Callable[[Path, Path], None]
    write: Callable[[Path, Path], None]
    check: Callable[[Path, Path, Sequence[str]], Iterator[str]]


def _nothing(inputs: Path, there: Path) -> None:
    del inputs, there


def _tell(word: object) -> None:
    print(word, flush=True)


# A bundle, one of whose parts is replaced again and again.


def _copy_bundle(inputs: Path, there: Path) -> None:
    del inputs
    box = bundle.Bundle.load(bundle.default_folder())
    bundle.save_part(there / "model", "semantic", *box.load_part("semantic"))


def _write_bundle(inputs: Path, there: Path) -> None:
    del inputs
    for folder in (there / "model", there / "new" / "model"):
        config, params = bundle.load_part(there / "model", "semantic")
        for time in range(_TIMES):
            changed = params | {"codebooks": jnp.full_like(params["codebooks"], time)}
            bundle.save_part(folder, "semantic", config, changed)
            bundle.save_card(folder, {"time": time})
            _tell(f"{folder.parent.name}:{time}")


def _check_bundle(inputs: Path, there: Path, said: Sequence[str]) -> Iterator[str]:
    del inputs
    for folder in (there / "model", there / "new" / "model"):
        told = [int(w.partition(":")[2]) for w in said if w.startswith(_of(folder))]
        if not told and not (folder / bundle.MANIFEST).exists():
            if folder == there / "model":
                yield "the bundle is gone"
            continue
        try:
            found = bundle.Bundle.load(folder)
            found.check()
            _, params = found.load_part("semantic")
        except Exception as error:  # whatever is raised, it does not load
            yield f"{folder}: {error!r}"
            continue
        card, part = found.card.get("time", -1), float(params["codebooks"].flat[0])
        if told and (card < told[-1] or part < told[-1]):
            yield f"{folder}: told of {told[-1]}; there are {card} and {part:g}"


def _of(folder: Path) -> str:
    return f"{folder.parent.name}:"


# Checkpoints of a small state.


def _state(step: int) -> dict[str, jax.Array]:
    return {
        "weights": jnp.full((64, 32), float(step)),
        "bias": jnp.arange(8.0) + step,
    }


def _write_checkpoints(inputs: Path, there: Path) -> None:
    del inputs
    for step in range(1, 2 * _TIMES + 1):
        with checkpoints.Checkpoints(there / "run") as kept:
            facts = checkpoints.Facts(step=step, used_seconds=0.0, config="c")
            kept.save(_state(step), {"next": step}, facts)
        _tell(step)


def _check_checkpoints(inputs: Path, there: Path, said: Sequence[str]) -> Iterator[str]:
    del inputs
    shapes = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(
            leaf.shape, leaf.dtype, sharding=leaf.sharding
        ),
        _state(0),
    )
    try:
        found = checkpoints.restore_latest(there / "run", shapes)
    except Exception as error:  # whatever is raised, it does not load
        yield repr(error)
        return
    step = 0 if found is None else found.facts.step
    if said and step < int(said[-1]):
        yield f"told of step {said[-1]}; the last is {step}"
    if found is not None and float(found.state["bias"][0]) != step:
        yield f"step {step} has the state of another"


# A training: what its metrics say goes as far as its checkpoint.


def _write_tokens(inputs: Path, there: Path) -> None:
    del there
    small_training.write_inputs(inputs, np.random.default_rng(0))


def _train(inputs: Path, there: Path) -> None:
    training = small_training.Training(inputs, steps=60)
    if main(training.command(there / "run")[3:]):
        raise SystemExit("the training failed")
    _tell(60)


def _check_training(inputs: Path, there: Path, said: Sequence[str]) -> Iterator[str]:
    del inputs
    folder = there / "run" / "checkpoints"
    steps = [int(p.name) for p in folder.glob("*") if p.name.isdigit()]
    step = max(steps, default=0)
    if step < max([0, *(int(word) for word in said if word.isdigit())]):
        yield f"told of {said[-1]}; the last checkpoint is of {step}"
    if not step:
        return
    try:
        checkpoints.load(there / "run", _shapes_of(there / "run"))
    except Exception as error:  # whatever is raised, it does not load
        yield repr(error)
    lines = (there / "run" / "metrics.jsonl").read_text().split("\n")
    told = set()
    for line in lines:
        try:
            told.add(json.loads(line)["step"])
        except ValueError:
            break
    if missing := set(range(1, step + 1)) - told:
        yield f"no metrics of {len(missing)} steps before {step}"


def _shapes_of(folder: Path):
    from musiclm_jax.cli import train
    from musiclm_jax.parallel import sharding

    task, batches, _ = train.load_run(folder)
    mesh = sharding.make_mesh(devices=jax.devices()[:1])
    rules = sharding.DEFAULT_RULES
    return sharding.abstract_state(task, batches.shapes(), mesh, rules)


# Shards of token records.


def _write_shards(inputs: Path, there: Path) -> None:
    del inputs
    rng = np.random.default_rng(0)
    metadata = token_records.TokenMetadata(
        semantic_frame_rate=25, acoustic_frame_rate=50, window_seconds=10.0,
        stride_seconds=1.0, tokenizers="t", dataset="d/1.0.0", piece_seconds=2,
    )  # fmt: skip
    for number in range(_TIMES):
        records = [
            token_records.TokenRecord(
                mulan=rng.normal(size=(1, 4)),
                caption_mulan=rng.normal(size=(0, 4)),
                semantic=rng.integers(0, 9, 50),
                acoustic=rng.integers(0, 9, (100, 2)),
                fields={"number": number},
            )
            for _ in range(3)
        ]
        name = ShardName("train", number, _TIMES)
        token_records.write_shard(
            there / "deep" / "tokens", name, records=records, metadata=metadata
        )
        _tell(name)


def _check_shards(inputs: Path, there: Path, said: Sequence[str]) -> Iterator[str]:
    del inputs
    folder = there / "deep" / "tokens"
    for word in said:
        if not (folder / f"{word}.array_record").exists():
            yield f"told of {word}, which is gone"
    for path in folder.glob("[!.]*.array_record"):
        try:
            token_records.read_metadata(folder)
            records = record_files.Records([path])
            parts = [token_records.TokenRecord.from_bytes(each) for each in records]
            if [len(part.semantic) for part in parts] != [50] * 3:
                yield f"{path} has other records"
        except Exception as error:  # whatever is raised, it does not load
            yield repr(error)


# A data set of clips.


def _write_recordings(inputs: Path, there: Path) -> None:
    del there
    write_music(inputs / "music", np.random.default_rng(0), count=5)
    _prepare(inputs, inputs / "whole")


def _prepare(inputs: Path, folder: Path) -> None:
    where = ["--name=s", "--processes=1", f"--data_dir={folder}"]
    if main(["data", "prepare", str(inputs / "music"), *where]):
        raise SystemExit("the set was not prepared")


def _write_set(inputs: Path, there: Path) -> None:
    _prepare(inputs, there / "data")
    _tell("done")


def _check_set(inputs: Path, there: Path, said: Sequence[str]) -> Iterator[str]:
    data = there / "data"
    is_there = (data / "audio_folder" / "s" / "2.0.0").is_dir()
    if "done" in said and not is_there:
        yield "told of a set that is gone"
    try:
        if is_there:
            clips = AudioDataset(name="audio_folder/s", data_dir=str(data)).open(
                "train"
            )
            if not all(len(clips[n]["audio"]) for n in range(len(clips))):
                yield "a clip is empty"
        _prepare(inputs, data)
    except (Exception, SystemExit) as error:  # whatever is raised, it does not go on
        yield repr(error)
        return
    wanted, found = killed.files(inputs / "whole"), killed.files(data)
    for name in sorted({*wanted, *found}):
        if wanted.get(name) != found.get(name):
            yield f"{name} is not that of the set left alone"


# Music, its cards, and a vocabulary.


def _write_music(inputs: Path, there: Path) -> None:
    del inputs
    origin = cards.Origin(
        **{name: "x" for name in cards.Origin.__dataclass_fields__}  # all are texts
    )
    for number, suffix in enumerate((".wav", ".flac", ".ogg", ".mp3")):
        audio = 0.1 * np.sin(np.arange(24000) * 0.01 * (1 + number))
        card = cards.make(
            request.Request(prompt="jazz"),
            place=0,
            num=1,
            config=GenerationConfig(),
            origin=origin,
            audio=audio,
        )
        cards.write(there / f"a{suffix}", audio, 24000, card)
        _tell(f"a{suffix}")
    words = vocabulary.train_vocabulary(["calm piano", "loud drums"], 40)
    vocabulary.save_vocabulary(words, there / "words" / "v.json")
    _tell("words/v.json")


def _check_music(inputs: Path, there: Path, said: Sequence[str]) -> Iterator[str]:
    del inputs
    for word in said:
        if not (there / word).exists():
            yield f"told of {word}, which is gone"
    yield from killed.halves(there)
    for path in (p for s in cards_suffixes() for p in there.glob(f"a{s}")):
        try:
            assert cards.read(path)["prompt"] == "jazz"
            assert len(killed.soundfile.read(path)[0]) >= 24000
        except Exception as error:  # whatever is raised, it is not whole
            yield f"{path}: {error!r}"


def cards_suffixes() -> tuple[str, ...]:
    """Returns the formats that are written."""
    return (".wav", ".flac", ".ogg", ".mp3")


SCENES = {
    "bundle": Scene(_copy_bundle, _write_bundle, _check_bundle),
    "checkpoints": Scene(_nothing, _write_checkpoints, _check_checkpoints),
    "training": Scene(_write_tokens, _train, _check_training),
    "records": Scene(_nothing, _write_shards, _check_shards),
    "data set": Scene(_write_recordings, _write_set, _check_set),
    "music": Scene(_nothing, _write_music, _check_music),
}
"""By name."""


if __name__ == "__main__":
    _, _name, _inputs, _there = sys.argv
    SCENES[_name].write(Path(_inputs), Path(_there))

"""How much of the prompt is in the music: one command, one table.

    python benchmarks/control.py --data_dir data [--model FOLDER] [--json]

Probes learn to tell attributes from true clips of the train split (penalty and view
chosen on the validation split), and never hear a generated clip. They then judge true
clips of the test split (the ceiling), the same clips after the codec, and clips that
were generated from captions of those clips. The caption of a clip is its longest, which
in the synthetic corpus is one of whole sentences; what it leaves out counts too.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from musiclm_jax.cli import compilation_cache
from musiclm_jax.data.sets.audio_dataset import AudioDataset, captions_of
from musiclm_jax.evaluation import control, features, report
from musiclm_jax.evaluation.prompt_match import PromptMatch, prompt_match
from musiclm_jax.generation.pipeline import MusicLM
from musiclm_jax.generation.settings import SamplingSettings

_READ_AT_ONCE = 32


@dataclasses.dataclass(frozen=True)
class Result:
    """All that is printed.

    Attributes:
        rows: the table.
        generated_match: captions and the clips generated from them.
        true_match: captions and their true clips.
        num_clips: what was done -> over how many clips.
        wall_seconds: what was done -> how long it took.
    """

    rows: tuple[control.Row, ...]
    generated_match: PromptMatch
    true_match: PromptMatch
    num_clips: dict[str, int]
    wall_seconds: dict[str, float]


class _Stopwatch:
    """Says on stderr what is being done, and keeps how long it took."""

    def __init__(self):
        self.wall_seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.wall_seconds[name] = round(now - self._last, 1)
        self._last = now
        print(f"{name}: {self.wall_seconds[name]} s", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    options = _parser().parse_args(arguments)
    if not 2 <= options.num_generated <= options.num_test:
        raise SystemExit("control.py: --num_generated must be from 2 to --num_test")
    compilation_cache.use()
    model = MusicLM.load(options.model)
    dataset = AudioDataset(
        name=options.dataset,
        data_dir=str(options.data_dir),
        config=options.dataset_config,
    )
    splits = {name: dataset.open(name) for name in ("train", "validation", "test")}
    result = measure(model, splits, options)
    if options.json:
        found = {**dataclasses.asdict(result), "hardware": report.hardware()}
        settings = {"settings": vars(options)}
        print(json.dumps({**settings, **found}, indent=2, default=str))
    else:
        print(_text(result, options))


def measure(
    model: MusicLM, splits: dict[str, Sequence[dict]], options: argparse.Namespace
) -> Result:
    """Does all that the module says."""
    watch = _Stopwatch()
    rng = np.random.default_rng(options.seed)
    train = _choose(splits["train"], options.num_train, rng)
    test = _choose(splits["test"], options.num_test, rng)
    train_clips = _measure_true(splits["train"], train, model.sample_rate)
    everything = range(len(splits["validation"]))
    validation_clips = _measure_true(
        splits["validation"], everything, model.sample_rate
    )
    watch.lap("features of true clips")
    probes = control.fit_probes(train_clips, validation_clips)
    watch.lap("probes")

    held_out = [splits["test"][int(i)] for i in test]
    audio = np.stack([_float_audio(clip) for clip in held_out])
    held_out_clips = _clips(audio, held_out, model.sample_rate)
    decoded = _round_trip(model, audio, options.batch)
    round_trip_clips = _clips(decoded, held_out, model.sample_rate)
    watch.lap("held-out clips and codec")

    asked = held_out[: options.num_generated]
    captions = [caption_of(clip) for clip in asked]
    generated = _generate(model, captions, audio.shape[1], options)
    watch.lap("generation")
    generated_clips = _clips(generated, asked, model.sample_rate)
    rows = control.score(
        probes,
        held_out=held_out_clips,
        round_trip=round_trip_clips,
        generated=generated_clips,
    )
    prompts = model.tokenizers.mulan.embed_text(captions)
    matches = [
        prompt_match(prompts, _embed(model, sound, options.batch), seed=options.seed)
        for sound in (generated, audio[: len(asked)])
    ]
    watch.lap("scores")
    num_clips = {
        "train": len(train),
        "validation": len(everything),
        "held out": len(held_out),
        "generated": len(asked),
    }
    return Result(rows, *matches, num_clips, watch.wall_seconds)


def caption_of(clip: dict[str, Any]) -> str:
    """Returns the longest caption of a clip."""
    return max(captions_of(clip), key=len)


def labels_of(clips: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Returns attribute -> label of each clip."""
    return {
        attribute: [
            # TFDS gives text as bytes.
            value.decode() if isinstance(value, bytes) else str(value)
            for value in (clip[attribute] for clip in clips)
        ]
        for attribute in control.ATTRIBUTES
    }


def _choose(source: Sequence, num: int, rng: np.random.Generator) -> np.ndarray:
    """Draws `num` clips, or all if there are fewer."""
    return rng.permutation(len(source))[:num]


def _measure_true(
    source: Sequence[dict], indices: Sequence[int], sample_rate: int
) -> control.Clips:
    """Measures clips, a few in memory at a time."""
    measured, known = [], []
    for part in _batches(indices, _READ_AT_ONCE):
        clips = [source[int(i)] for i in part]
        audio = np.stack([_float_audio(clip) for clip in clips])
        measured.append(features.extract(audio, sample_rate=sample_rate))
        known += [{name: clip[name] for name in control.ATTRIBUTES} for clip in clips]
    return control.Clips(np.concatenate(measured), labels_of(known))


def _clips(audio: np.ndarray, clips: list[dict], sample_rate: int) -> control.Clips:
    measured = features.extract(audio, sample_rate=sample_rate)
    return control.Clips(measured, labels_of(clips))


def _round_trip(model: MusicLM, audio: np.ndarray, batch: int) -> np.ndarray:
    """Returns audio [clip, sample] after the codec."""
    codec = model.tokenizers.codec
    parts = [codec.decode(codec.tokenize(part)) for part in _batches(audio, batch)]
    return np.concatenate(parts)[:, : audio.shape[1]]


def _generate(
    model: MusicLM, captions: list[str], num_samples: int, options: argparse.Namespace
) -> np.ndarray:
    """Returns audio [caption, sample]."""
    parts = []
    asked = SamplingSettings(guidance=options.guidance)
    config = asked.applied_to(model.sampling)
    key = jax.random.key(options.seed)
    for indices in _batches(np.arange(len(captions)), options.batch):
        # The last batch is filled up, so that one shape is compiled.
        filled = np.resize(indices, options.batch)
        music = model.generate_from_mulan(
            model.tokenizers.mulan.text_codes([captions[i] for i in filled]),
            seconds=num_samples / model.sample_rate,
            rngs=jax.vmap(jax.random.fold_in, (None, 0))(key, filled),
            config=config,
        )
        parts.append(music[: len(indices)])
        done = indices[-1] + 1
        print(f"  generated {done} of {len(captions)}", file=sys.stderr)
    return np.concatenate(parts)


def _embed(model: MusicLM, audio: np.ndarray, batch: int) -> np.ndarray:
    """Returns MuLan embeddings [clip, embed]."""
    mulan = model.tokenizers.mulan
    return np.concatenate([mulan.embed_audio(part) for part in _batches(audio, batch)])


def _batches(items: Sequence, size: int) -> Iterator[Sequence]:
    return (items[first : first + size] for first in range(0, len(items), size))


def _float_audio(clip: dict[str, Any]) -> np.ndarray:
    """Returns [sample] float32 in [-1, 1]."""
    return np.asarray(clip["audio"]) / np.float32(2**15)


def _text(result: Result, options: argparse.Namespace) -> str:
    header = ("attribute", "chance", "true (ceiling)", "codec", "generated",
              "codec / ceiling", "control")  # fmt: skip
    rows = [
        (row.attribute, *(f"{value:.3f}" for value in dataclasses.astuple(row)[1:]))
        for row in result.rows
    ]
    lines = [report.table(header, rows), ""]
    matches = (("generated", result.generated_match), ("true clips", result.true_match))
    for name, match in matches:
        lines.append(
            f"prompt match, {name}: {match.excess:+.3f} "
            f"(95 % from {match.low:+.3f} to {match.high:+.3f}): mean cosine "
            f"{match.matched:.3f}, of shuffled prompts {match.shuffled:.3f}"
        )
    lines += [
        "clips: " + ", ".join(f"{n} {name}" for name, n in result.num_clips.items()),
        f"seed {options.seed}; guidance "
        f"{'as the model has it' if options.guidance is None else options.guidance}",
        "wall seconds: "
        + ", ".join(f"{name} {s:g}" for name, s in result.wall_seconds.items()),
        report.hardware(),
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="a bundle; else the one in the box")
    parser.add_argument(
        "--data_dir", type=Path, required=True, help="where TFDS keeps, or builds, data"
    )
    parser.add_argument("--dataset", default="synth_music")
    parser.add_argument("--dataset_config", help="its first if not given")
    parser.add_argument("--num_train", type=int, default=1500)
    parser.add_argument("--num_test", type=int, default=150)
    parser.add_argument("--num_generated", type=int, default=128)
    parser.add_argument("--guidance", type=float, help="the model's own if not given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=16, help="captions at once")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main()

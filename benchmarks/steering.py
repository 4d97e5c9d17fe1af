"""Whether what steers is heard: one command, one table.

    python benchmarks/steering.py --data_dir data [--model FOLDER] [--pieces N]
        [--only MEASURE] [--json]

Recordings are true clips of the test split, prompts their captions. Each row has the
mean, between which values it lies in 95 of 100 cases, and what it is by chance or of
shuffled conditions (the floor).

    continuation   how often tempo and key of a given and of its new half agree; pulse
                   across the seam
    performance    chroma over time of a piece and of the clip that it performs
    variation      rank correlation of strength and likeness to the source, negated
    blend          rank correlation of a prompt's weight and of MuLan's match with it
    travel         spans of a way whose end is nearer to its goal than its beginning is
    story          spans that match their own prompt better than their neighbour's, by
                   MuLan and by probes, which tell true clips so (the ceiling)
    melody         chroma over time of a piece and of the tune that it was asked for, at
                   the best transposition; of the clip that the tune is from (ceiling);
                   what probes tell of the prompt, with a tune and without
    seams          of stories: jump over the level around it, less than true clips show
    length         peak memory and seconds of five minutes beside those of one
    kept           whether five minutes end with the tempo, key and pulse of their start
    pictures       of two opposite texts the right one is nearer to a painted picture;
                   of a calm and a lively one a probe tells the music apart, as it does
                   with true clips (the ceiling)
    stream         parts that are those of the whole, bit for bit
    again          pieces that a second call makes bit for bit the same
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from musiclm_jax.cli import compilation_cache
from musiclm_jax.data.sets.audio_dataset import AudioDataset, captions_of
from musiclm_jax.data.sets.painted_scenes import PaintedScenes
from musiclm_jax.data.synth import tunes
from musiclm_jax.data.synth.corpus import Corpus
from musiclm_jax.data.synth.render import render
from musiclm_jax.evaluation import control, features, intervals, opposites
from musiclm_jax.evaluation import probe as probe_lib
from musiclm_jax.evaluation.examples import Examples
from musiclm_jax.evaluation.key import key_of, pitch_classes
from musiclm_jax.evaluation.pulse import pulse_clarity
from musiclm_jax.evaluation.report import Figures, Stopwatch, hardware
from musiclm_jax.generation.pipeline import MusicLM
from musiclm_jax.generation.prompt import parse
from musiclm_jax.generation.story import Story, StorySpan

_SECONDS = 8.0
# Of the same tempo are those that lie so near, also an octave apart.
_TEMPO = 0.06
_CHROMA_SECONDS = 0.5
# Of a corpus that nothing was trained on.
_TUNES_SEED = 77
_STRENGTHS = (0.1, 0.3, 0.5, 0.8, 1.0)
_WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
# A sixteenth of these is held out; clips of each energy that teach the probe.
_PICTURES, _PROBED = 2048, 120

# Five minutes of so many pieces, of which the first and the last half minute are heard.
_LONG_PIECES, _KEPT_SECONDS = 12, 30.0

# Name, value of each piece, and what it is by chance or of shuffled conditions.
Row = tuple[str, Sequence[float], float | None]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    options = _parser().parse_args(arguments)
    compilation_cache.use()
    model = MusicLM.load(options.model)
    dataset = AudioDataset(
        name=options.dataset,
        data_dir=str(options.data_dir),
        config=options.dataset_config,
    )
    watch, rows = Stopwatch(), []
    with tempfile.TemporaryDirectory() as folder:
        clips = list(_clips(dataset.open("test"), model, options, Path(folder)))
        for measures, given in (
            (_OF_CLIPS, (model, clips)),
            (_OF_CORPUS, (model, dataset, options.pieces, Path(folder))),
        ):
            for measure in measures:
                if options.only in (None, measure.__name__):
                    rows += measure(*given)
                    watch.lap(measure.__name__)
    figures = Figures(
        "Steering",
        ("figure", "pieces", "mean", "from", "to", "by chance"),
        tuple(
            (name, len(values), _mean(values), *intervals.of_mean(values), chance)
            for name, values, chance in rows
        ),
    )
    if options.json:
        print(json.dumps({**figures.json(), "hardware": hardware()}, indent=2))
    else:
        print(f"{figures.text()}\n\n{hardware()}")


@dataclasses.dataclass(frozen=True, eq=False)
class Clip:
    """A true clip.

    Attributes:
        path: of its file.
        audio: [sample].
        caption: its longest.
    """

    path: str
    audio: np.ndarray
    caption: str


def continuation(model: MusicLM, clips: list[Clip]) -> Iterator[Row]:
    """Yields how often halves agree, and how often those of other pieces do."""
    half, rate = _SECONDS / 2, model.sample_rate
    firsts, seconds = [], []
    for clip in clips:
        made = model.generate(
            continue_from=clip.path, prompt_seconds=half, seconds=_SECONDS
        )[0]
        middle = round(half * rate)
        firsts.append(made[:middle])
        seconds.append(made[middle:])
    yield from _agreement("continuation", firsts, seconds, rate)
    quarter, across = round(half / 2 * rate), []
    for first, second in zip(firsts, seconds, strict=True):
        seam = np.concatenate([first[-quarter:], second[:quarter]])
        pulses = [pulse_clarity(part, rate)[0] for part in (first, second, seam)]
        across.append(pulses[2] - _mean(pulses[:2]))
    yield "continuation: pulse across the seam, less that within", across, None


def performance(model: MusicLM, clips: list[Clip]) -> Iterator[Row]:
    """Yields how alike harmony runs in a clip and its performance, and in another."""
    made = [
        model.generate(other.caption, perform=clip.path, seconds=_SECONDS)[0]
        for clip, other in zip(clips, _others(clips), strict=True)
    ]
    rate = model.sample_rate
    own = [_chroma_match(c.audio, m, rate) for c, m in zip(clips, made, strict=True)]
    shuffled = [
        _chroma_match(c.audio, m, rate)
        for c, m in zip(_others(clips), made, strict=True)
    ]
    yield "performance: chroma over time", own, _mean(shuffled)


def variation(model: MusicLM, clips: list[Clip]) -> Iterator[Row]:
    """Yields how steadily likeness falls with strength."""
    found = []
    for clip in clips:
        likeness = []
        for strength in _STRENGTHS:
            made = model.generate(vary=clip.path, strength=strength, seconds=_SECONDS)
            likeness.append(_chroma_match(clip.audio, made[0], model.sample_rate))
        found.append(-_rank_correlation(_STRENGTHS, likeness))
    yield "variation: likeness falls with strength", found, None


def blend(model: MusicLM, clips: list[Clip]) -> Iterator[Row]:
    """Yields how steadily the match with a prompt rises with its weight."""
    found = []
    for clip, other in zip(clips, _others(clips), strict=True):
        match = []
        for weight in _WEIGHTS:
            prompt = f'"{_quoted(clip)}" * {weight} + "{_quoted(other)}" * {1 - weight}'
            made = model.generate(prompt, seconds=_SECONDS, num=2)
            match.append(_match(model, made, clip) - _match(model, made, other))
        found.append(_rank_correlation(_WEIGHTS, match))
    yield "blend: match rises with weight", found, None


def travel(model: MusicLM, clips: list[Clip]) -> Iterator[Row]:
    """Yields how often the end is nearer to the goal than the beginning is."""
    arrived = []
    for clip, other in zip(clips, _others(clips), strict=True):
        made = model.generate(clip.caption, to=other.caption, seconds=2 * _SECONDS)
        begins, ends = np.split(made, 2, axis=1)
        towards = [
            _match(model, part, other) - _match(model, part, clip)
            for part in (begins, ends)
        ]
        arrived.append(float(towards[1] > towards[0]))
    yield "travel: the end is nearer to the goal", arrived, 0.5


def story(model: MusicLM, clips: list[Clip]) -> Iterator[Row]:
    """Yields how often a span matches its own prompt better than its neighbour's."""
    right, seams, rate = [], [], model.sample_rate
    for clip, other in zip(clips, _others(clips), strict=True):
        made = _tell(model, clip.caption, other.caption)
        seams.append(_jump(made, round(_SECONDS * rate), rate))
        first, second = np.split(made[None], 2, axis=1)
        right.append(_match(model, first, clip) > _match(model, first, other))
        right.append(_match(model, second, other) > _match(model, second, clip))
    yield "story: spans match their own prompt", right, 0.5
    moments = [round(share * _SECONDS * rate) for share in np.linspace(0.1, 0.9, 40)]
    true = [_jump(clip.audio, moment, rate) for clip in clips for moment in moments]
    calm = [seam <= np.percentile(true, 99) for seam in seams]
    yield "seams: no jump beyond true music's", calm, None


def melody(model: MusicLM, clips: list[Clip]) -> Iterator[Row]:
    """Yields how alike chroma runs in a tune and in what was asked to play it."""
    if not _hears_tunes(model):
        return
    rate, made = model.sample_rate, []
    with tempfile.TemporaryDirectory() as folder:
        found = list(_tunes(len(clips), Path(folder), rate))
        for tune, clip in zip(found, clips, strict=True):
            asked = {"melody": tune.path, "seconds": _SECONDS, "num": 2}
            made.append(model.generate(clip.caption, **asked))
    true = [[tune.true] for tune in found]
    for name, played in (("the true clips", true), ("pieces", made)):
        own, others = [], []
        for i, several in enumerate(played):
            other = found[(i + 1) % len(found)]
            own += [_tune_match(found[i].hummed, piece, rate) for piece in several]
            others += [_tune_match(other.hummed, piece, rate) for piece in several]
        yield f"melody: chroma of the tune in {name}", own, _mean(others)


def melody_sound(
    model: MusicLM, dataset: AudioDataset, num: int, folder: Path
) -> Iterator[Row]:
    """Yields what probes tell of what captions ask for, with a tune and without."""
    if not _hears_tunes(model):
        return
    rate = model.sample_rate
    test, probes = _probed(dataset, num, rate)
    tunes_of = [tune.path for tune in _tunes(num, folder, rate)]
    for name, melodies in (("with", tunes_of), ("without", [None] * num)):
        made = [
            model.generate(caption, melody=melody, seconds=_SECONDS)[0]
            for caption, melody in zip(test.captions(), melodies, strict=True)
        ]
        heard = control.Clips.of(test, rate, np.stack(made))
        right = [
            probe.predict(heard.features) == np.array(heard.labels[attribute])
            for attribute, probe in probes.items()
        ]
        chance = [probe_lib.chance(labels) for labels in heard.labels.values()]
        told = np.stack(right).mean(axis=0).tolist()
        yield f"melody: the probes tell the prompt, {name} a tune", told, _mean(chance)


def story_sound(
    model: MusicLM, dataset: AudioDataset, num: int, folder: Path
) -> Iterator[Row]:
    """Yields how often probes tell a span from its neighbour, and a true clip."""
    del folder
    rate, spans = model.sample_rate, []
    test, probes = _probed(dataset, num, rate)
    captions = test.captions()
    for caption, other in zip(captions, [*captions[1:], captions[0]], strict=True):
        spans.append(np.split(_tell(model, caption, other), 2))
    firsts, seconds = (np.stack(part) for part in zip(*spans, strict=True))
    true = test.audio()[:, : firsts.shape[1]]
    own = {attribute: np.array(test.labels(attribute)) for attribute in probes}
    others = {attribute: np.roll(labels, -1) for attribute, labels in own.items()}
    for name, first, second in (
        ("the probes tell spans from their neighbours", firsts, seconds),
        ("and true clips", true, np.roll(true, -1, axis=0)),
    ):
        right = [
            *_nearer_labels(probes, first, rate, own, others),
            *_nearer_labels(probes, second, rate, others, own),
        ]
        yield f"story: {name}", right, 0.5


def _tell(model: MusicLM, *captions: str) -> np.ndarray:
    """Returns a story [sample] without transitions."""
    spans = tuple(
        StorySpan(seconds=_SECONDS, prompt=parse(caption), transition=0.0)
        for caption in captions
    )
    return np.concatenate(list(model.tell(Story(spans=spans))))


def _nearer_labels(
    probes: dict[str, probe_lib.Probe],
    audio: np.ndarray,
    rate: int,
    own: dict[str, np.ndarray],
    other: dict[str, np.ndarray],
) -> list[float]:
    """Whether of each clip [clip, sample] more labels are its own than the other's.

    As many of both are half right.
    """
    heard = features.extract(audio, sample_rate=rate)
    lead = np.zeros(len(audio), int)
    for attribute, probe in probes.items():
        told = probe.predict(heard)
        lead += (told == own[attribute]).astype(int) - (told == other[attribute])
    return ((np.sign(lead) + 1) / 2).tolist()


def _probed(
    dataset: AudioDataset, num: int, rate: int
) -> tuple[Examples, dict[str, probe_lib.Probe]]:
    """Draws so many test clips, and fits probes to others."""
    rng = np.random.default_rng(0)
    train, validation, test = (
        Examples.draw(dataset.open(split), count, rng)
        for split, count in (("train", 3 * _PROBED), ("validation", _PROBED),
                             ("test", num))
    )  # fmt: skip
    probes = control.fit_probes(
        control.Clips.of(train, rate), control.Clips.of(validation, rate)
    )
    return test, probes


@dataclasses.dataclass(frozen=True, eq=False)
class Tune:
    """A tune of a corpus that nothing was trained on.

    Attributes:
        path: of a file of it, as a stranger recorded it.
        hummed: [sample], the tune alone.
        true: [sample], the music that it is from.
    """

    path: str
    hummed: np.ndarray
    true: np.ndarray


def _tunes(num: int, folder: Path, rate: int) -> Iterator[Tune]:
    corpus = Corpus(num_clips=40 * num, clip_seconds=_SECONDS, seed=_TUNES_SEED)
    rng, made = np.random.default_rng(0), 0
    for index in range(corpus.num_clips):
        music = tunes.stretch(corpus.piece(index), rng, seconds=_SECONDS)
        if music is None or made == num:
            continue
        hummed = render(tunes.alone(music, rng), corpus.player)
        path = folder / f"tune{index}.wav"
        soundfile.write(path, tunes.recorded(hummed, rng), rate)
        yield Tune(str(path), hummed, render(music, corpus.player))
        made += 1


def _hears_tunes(model: MusicLM) -> bool:
    tokenizers = model.tokenizers
    return tokenizers.melody is not None or tokenizers.semantic.tells_tunes


def length(model: MusicLM, clips: list[Clip]) -> Iterator[Row]:
    """Yields what five minutes take beside one, each in a process of its own."""
    del model
    peaks, times = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        # The first compiles for all.
        for seconds in (60, 60, 300):
            output = Path(folder) / f"{seconds}.wav"
            command = [sys.executable, "-m", "musiclm_jax", "generate"]
            command += [clips[0].caption, f"--seconds={seconds}", "--overwrite"]
            started = time.monotonic()
            process = subprocess.Popen(
                [*command, f"--output={output}"], stderr=subprocess.DEVNULL
            )
            _, status, usage = os.wait4(process.pid, 0)
            if status:
                raise SystemExit(f"steering.py: {seconds} s of music failed")
            times[seconds] = time.monotonic() - started
            peaks[seconds] = usage.ru_maxrss
    yield "length: memory of 300 s over that of 60 s", [peaks[300] / peaks[60]], None
    yield "length: seconds of 300 s over 5 of 60 s", [times[300] / times[60] / 5], None


def kept(model: MusicLM, clips: list[Clip]) -> Iterator[Row]:
    """Yields whether five minutes end with the beat and key that they began with."""
    rate = model.sample_rate
    ends, stretch = [], round(_KEPT_SECONDS * rate)
    for clip in clips[:_LONG_PIECES]:
        made = model.generate(clip.caption, seconds=300.0)[0]
        ends.append((made[:stretch], made[-stretch:]))
    firsts, lasts = map(list, zip(*ends, strict=True))
    yield from _agreement("five minutes", firsts, lasts, rate)
    lost = [
        pulse_clarity(last, rate)[0] - pulse_clarity(first, rate)[0]
        for first, last in ends
    ]
    yield "five minutes: pulse at the end, less that at the beginning", lost, None


def pictures(
    model: MusicLM, dataset: AudioDataset, num: int, folder: Path
) -> Iterator[Row]:
    """Yields how often held-out pictures are told apart, and so is their music."""
    if model.tokenizers.mulan.images is None:
        return
    scenes = PaintedScenes(num_pictures=_PICTURES).open("test")
    paths = opposites.write_pictures(scenes, folder)
    for name, right in opposites.nearer_texts(model, scenes, paths):
        yield f"pictures: {name}, nearer text", right, 0.5
    rate, length = model.sample_rate, round(_SECONDS * model.sample_rate)
    probe = opposites.energy_probe(
        dataset.open("train"),
        dataset.open("validation"),
        num=_PROBED,
        length=length,
        sample_rate=rate,
    )
    true, _ = opposites.clips_of(dataset.open("test"), _PROBED // 4, length)
    ceiling = opposites.told(probe, *np.split(true, 2), rate)
    sides = []
    for energy in opposites.ENERGIES:
        fitting = zip(scenes, paths, strict=True)
        shown = [path for scene, path in fitting if scene["energy"] == energy][:num]
        prompts = [f'image:"{path}"' for path in shown]
        sides.append(model.generate(prompts, seconds=_SECONDS))
    right = opposites.told(probe, *sides, rate)
    yield "pictures: the probe tells which is which", right, 0.5
    yield "pictures: and of true clips", ceiling, 0.5


def streamed(model: MusicLM, clips: list[Clip]) -> Iterator[Row]:
    """Yields how often parts and a second call are the piece, bit for bit."""
    stream, again = [], []
    for clip in clips[:2]:
        whole = model.generate(clip.caption, seconds=_SECONDS)[0]
        parts = np.concatenate(list(model.stream(clip.caption, seconds=_SECONDS)))
        stream.append(np.array_equal(whole, parts))
        second = model.generate(clip.caption, seconds=_SECONDS)[0]
        again.append(np.array_equal(whole, second))
    yield "stream: equal to the whole", stream, None
    yield "again: equal", again, None


_OF_CLIPS = (
    continuation,
    performance,
    variation,
    blend,
    travel,
    story,
    melody,
    length,
    kept,
    streamed,
)
_OF_CORPUS = (melody_sound, story_sound, pictures)


def _clips(
    dataset: Sequence[dict[str, Any]],
    model: MusicLM,
    options: argparse.Namespace,
    folder: Path,
) -> Iterator[Clip]:
    places = np.linspace(0, len(dataset) - 1, options.pieces).astype(int)
    for place in places:
        clip = dataset[int(place)]
        audio = np.asarray(clip["audio"], np.float32) / 2**15
        audio = audio[: round(_SECONDS * model.sample_rate)]
        path = folder / f"{place}.wav"
        soundfile.write(path, audio, model.sample_rate)
        yield Clip(str(path), audio, max(captions_of(clip), key=len))


def _others(clips: list[Clip]) -> list[Clip]:
    return [*clips[1:], clips[0]]


def _quoted(clip: Clip) -> str:
    return clip.caption.replace('"', "'")


def _agreement(
    what: str, firsts: list[np.ndarray], seconds: list[np.ndarray], rate: int
) -> Iterator[Row]:
    """Yields how often tempo and key of two parts agree, and of parts of two pieces."""
    for name, agree in (("tempo", _same_tempo), ("key", _same_key)):
        own = [agree(a, b, rate) for a, b in zip(firsts, seconds, strict=True)]
        others = [
            agree(a, b, rate)
            for i, a in enumerate(firsts)
            for j, b in enumerate(seconds)
            if i != j
        ]
        yield f"{what}: {name} agrees", own, _mean(others)


def _same_tempo(first: np.ndarray, second: np.ndarray, rate: int) -> bool:
    ratio = pulse_clarity(first, rate)[1] / pulse_clarity(second, rate)[1]
    return any(abs(ratio / octave - 1) < _TEMPO for octave in (0.5, 1.0, 2.0))


def _same_key(first: np.ndarray, second: np.ndarray, rate: int) -> bool:
    keys = [key_of(pitch_classes(part, rate))[1] for part in (first, second)]
    return keys[0] == keys[1]


def _chroma_match(
    first: np.ndarray, second: np.ndarray, rate: int, *, turned: int = 0
) -> float:
    """Mean cosine of the pitch classes of short stretches, their means taken off.

    Args:
        first: [sample].
        second: [sample].
        rate: Hz.
        turned: semitones that the second is transposed by.
    """
    step = round(_CHROMA_SECONDS * rate)
    length = min(len(first), len(second)) // step * step
    chroma = [
        np.stack(
            [pitch_classes(part, rate) for part in np.split(x[:length], length // step)]
        )
        for x in (first, second)
    ]
    chroma = [c - c.mean(axis=1, keepdims=True) for c in chroma]
    chroma[1] = np.roll(chroma[1], turned * chroma[1].shape[1] // 12, axis=1)
    lengths = np.linalg.norm(chroma[0], axis=1) * np.linalg.norm(chroma[1], axis=1)
    return float(
        ((chroma[0] * chroma[1]).sum(axis=1) / np.maximum(lengths, 1e-9)).mean()
    )


def _tune_match(tune: np.ndarray, piece: np.ndarray, rate: int) -> float:
    """`_chroma_match` at the transposition that suits best."""
    return max(_chroma_match(tune, piece, rate, turned=turn) for turn in range(12))


def _jump(audio: np.ndarray, moment: int, rate: int) -> float:
    """The largest step between samples near a moment, over the level around it."""
    near, around = round(0.005 * rate), round(0.1 * rate)
    step = np.abs(np.diff(audio[moment - near : moment + near])).max()
    level = np.sqrt(np.mean(audio[moment - around : moment + around] ** 2))
    return float(step / max(level, 1e-4))


def _match(model: MusicLM, audio: np.ndarray, clip: Clip) -> float:
    """Mean cosine of pieces [piece, sample] and the caption of a clip."""
    mulan = model.tokenizers.mulan
    heard = mulan.embed_audio(audio)
    return float((heard @ mulan.embed_text([clip.caption])[0]).mean())


def _rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    ranks = [np.argsort(np.argsort(x)) for x in (first, second)]
    return float(np.corrcoef(*ranks)[0, 1])


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data_dir", type=Path, required=True)
    parser.add_argument("--dataset", default="synth_music")
    parser.add_argument("--dataset_config", default=None)
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--pieces", type=int, default=12, help="of each row (12)")
    parser.add_argument(
        "--only",
        choices=[measure.__name__ for measure in (*_OF_CLIPS, *_OF_CORPUS)],
        help="one of the measures; all if not given",
    )
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main()

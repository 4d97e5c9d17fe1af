"""Tables of a model's parts, one after another: what `benchmarks/heard.py` prints."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from musiclm_jax.bundle.semantic_tokenizer import SemanticTokenizer
from musiclm_jax.bundle.tokenizers import (
    CodecTokenizer,
    MuLanTokenizer,
)
from musiclm_jax.evaluation import (
    clarity,
    held_notes,
    making,
    memorised,
    prompt_levels,
    rival_tokens,
    token_probes,
    unseen_prompts,
)
from musiclm_jax.evaluation.excerpts import Excerpts
from musiclm_jax.evaluation.material import Drawn, Material, Sizes
from musiclm_jax.evaluation.probe import Probe
from musiclm_jax.evaluation.report import Figures
from musiclm_jax.generation.pipeline import MusicLM
from musiclm_jax.semantic.network import W2vBertConfig

_TEMPO = "tempo_class"
# Clips whose frames the k-means of tokens that cost no training is fitted to.
_KMEANS_CLIPS = 120
_TIMED_SECONDS = 10
_TIMED_CALLS = 3


def codec_figures(
    codec: CodecTokenizer, levels: int, real: Excerpts | None, *, batch: int
) -> Figures:
    """Measures held notes, recordings and speed at so many levels."""

    def decoded(audio: np.ndarray) -> np.ndarray:
        return making.round_trip(codec, audio, levels=levels, batch=batch)

    notes = held_notes.play(codec.sample_rate)
    (cents, harmonics), (coded_cents, coded_harmonics) = (
        held_notes.tone(audio, codec.sample_rate) for audio in (notes, decoded(notes))
    )
    rows = [
        ("held notes: cents off, median", cents, coded_cents),
        ("held notes: harmonics to noise, dB, median", harmonics, coded_harmonics),
    ]
    if real is not None:
        kept = clarity.kept(real.audio, decoded(real.audio), codec.sample_rate)
        name = f"{len(real.names)} recordings"
        rows.append((f"{name}: partials kept", 1.0, kept.partials))
        rows.append((f"{name}: log-mel distance", 0.0, kept.log_mel))
    sound = np.zeros((1, _TIMED_SECONDS * codec.sample_rate), np.float32)
    codes = codec.tokenize(sound)[:, :, :levels]
    speeds = _speed(lambda: codec.tokenize(sound)), _speed(lambda: codec.decode(codes))
    for name, speed in zip(("encodes", "decodes"), speeds, strict=True):
        rows.append((f"{name}, times real time", None, speed))
    title = f"Codec, {levels} of {codec.config.num_quantizers} levels"
    return Figures(title, ("figure", "true", "codec"), tuple(rows))


def acoustics_figures(model: MusicLM, material: Material, sizes: Sizes) -> Figures:
    """Listens to what writes acoustic tokens, given the true semantic ones of clips."""
    examples = material.drawn.asked
    true = material.true[: len(examples)]
    made = making.acoustics_alone(model, true, seed=sizes.seed, batch=sizes.batch)
    forms = [
        clarity.measure(audio, examples, material.sample_rate) for audio in (true, made)
    ]
    rows = (
        ("pulse clarity of clips with drums, median", *(f.pulse for f in forms)),
        ("key clarity of clips with pitches, median", *(f.key for f in forms)),
    )
    title = "Acoustic tokens written behind true semantic ones"
    return Figures(title, ("figure", "true", "written"), rows)


def unseen_figures(
    model: MusicLM,
    material: Material,
    probes: dict[str, Probe],
    prompts: Sequence[unseen_prompts.UnseenPrompt],
    sizes: Sizes,
) -> Figures:
    """Makes music for prompts whose words no caption holds."""
    made = making.generate(
        model,
        [prompt.text for prompt in prompts],
        seconds=material.clip_seconds,
        seed=sizes.seed,
        batch=sizes.batch,
    )
    said = unseen_prompts.said_of(
        made, material.generated, probes, material.sample_rate
    )
    told = unseen_prompts.told_right(prompts, said)
    rows = [*told.right.items(), ("all, by the music of other prompts", told.shuffled)]
    title = f"{len(prompts)} unseen prompts"
    return Figures(title, ("expectation", "told right"), tuple(rows))


def semantic_figures(
    semantic: SemanticTokenizer, drawn: Drawn, *, seed: int
) -> Figures:
    """Probes histograms of tokens, of the network and of what costs no training."""
    config, audio = semantic.config, drawn.train.first(_KMEANS_CLIPS).audio()
    tokenizers = {
        "of the model": lambda sound: semantic.tokenize(sound)[:, :, 0],
        "log-mel": rival_tokens.log_mel(config, audio, seed=seed),
    }
    if isinstance(config, W2vBertConfig):
        untrained = rival_tokens.untrained(config, audio, seed=seed)
        tokenizers["of it untrained"] = untrained
    found = {}
    examples = (drawn.train, drawn.validation, drawn.test)
    for name, tokenize in tokenizers.items():
        histograms = [
            token_probes.histograms(part.measured(tokenize), config.num_centroids)
            for part in examples
        ]
        found[name] = token_probes.accuracies(histograms, examples)
    rows = [
        (attribute, *(found[name][attribute] for name in tokenizers))
        for attribute in token_probes.ATTRIBUTES
    ]
    return Figures("Semantic tokens, probed", ("attribute", *tokenizers), tuple(rows))


def memorised_figures(model: MusicLM, drawn: Drawn, sizes: Sizes) -> Figures:
    """Compares generated semantic tokens with those of training clips."""
    semantic = model.tokenizers.semantic

    def tokenize(audio: np.ndarray) -> np.ndarray:
        return semantic.tokenize(audio)[:, :, 0]

    trained, held_out = (p.measured(tokenize) for p in (drawn.train, drawn.asked))
    generated = making.semantic_tokens(
        model,
        drawn.asked.captions(),
        seconds=held_out.shape[1] / semantic.frame_rate,
        seed=sizes.seed,
        batch=sizes.batch,
    )
    pieces = {
        "generated": generated,
        "the same, shuffled": memorised.shuffled(generated, seed=sizes.seed),
        "held-out clips": held_out,
    }
    rows = []
    for name, codes in pieces.items():
        runs = memorised.longest_runs(codes, trained)
        rows.append((name, len(codes), int(runs.max()), float(np.median(runs))))
    title = f"Longest run of semantic tokens shared with {len(trained)} training clips"
    return Figures(title, ("tokens", "clips", "longest", "median"), tuple(rows))


def mulan_figures(mulan: MuLanTokenizer, drawn: Drawn) -> Figures:
    """Tells tempo from either tower, and compares the codes of both."""
    examples = (drawn.train, drawn.validation, drawn.test)
    audio = [part.measured(mulan.embed_audio) for part in examples]
    text = mulan.embed_text(drawn.test.captions())
    tempo, labels = token_probes.fit(_TEMPO, audio, examples), drawn.test.labels(_TEMPO)
    shares = prompt_levels.agreement(mulan.quantize(text), mulan.quantize(audio[2]))
    rows = [
        ("tempo, of the sound's embedding", tempo.accuracy(audio[2], labels)),
        ("tempo, of the text's, by the same probe", tempo.accuracy(text, labels)),
        (
            f"levels at which text and sound agree above {prompt_levels.AGREES}",
            prompt_levels.num_meaningful(shares),
        ),
        *((f"they agree, level {n}", s) for n, s in enumerate(shares.tolist(), 1)),
    ]
    return Figures("MuLan", ("figure", "value"), tuple(rows))


def _speed(call: Callable[[], Any]) -> float:
    """Returns how many times real time, the fastest of some calls behind the first."""
    call()
    seconds = []
    for _ in range(_TIMED_CALLS):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return _TIMED_SECONDS / min(seconds)

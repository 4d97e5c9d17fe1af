"""An evaluation from the command line, of stand-ins that obey and are quick."""

import dataclasses
import json
import types
import zipfile

import numpy as np
import pytest
import soundfile

from musiclm_jax.cli import compilation_cache, data_set
from musiclm_jax.cli.main import main
from musiclm_jax.evaluation import frechet, listener, probe, tagger
from musiclm_jax.evaluation.findings import Findings
from musiclm_jax.evaluation.published_networks import cnn14, vggish
from musiclm_jax.generation import pipeline
from musiclm_jax.generation.config import GenerationConfig

RATE = 8000
SECONDS = 5.0
STYLES = ("low", "high")
LEVELS = [f"true + noise, SNR {snr:g} dB" for snr in listener.SNRS_DB]


def sound_of(style, seed):
    """A beat of tones whose pitch tells the style."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(SECONDS * RATE)) / RATE
    beat = np.exp(-np.mod(times, rng.uniform(0.4, 0.5)) / 0.1)
    hz = (300.0, 1500.0)[STYLES.index(style)] * rng.uniform(0.95, 1.05)
    return (0.2 * beat * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def clips(num, first, **more):
    made = []
    for number in range(first, first + num):
        style = STYLES[number % 2]
        audio = np.round(sound_of(style, number) * 2**15).astype(np.int16)
        caption = f'"{style}" music in the key, {number}'
        made.append(
            {
                "name": f"folder/clip {number}".encode(),
                "audio": audio,
                "captions": [caption.encode()],
                "style": style.encode(),
            }
            | more
        )
    return made


@dataclasses.dataclass
class Dataset:
    """A data set in memory."""

    splits: dict
    rate: int = RATE
    name: str = "made_up"
    data_dir: str = "nowhere"
    is_there: bool = True

    def is_prepared(self):
        return self.is_there

    def open(self, split):
        if split not in self.splits:
            raise ValueError(f"it has no clips in split {split!r}")
        return self.splits[split]

    def check_rate(self, rate, whose):
        if rate != self.rate:
            raise ValueError(f"{whose} has {rate}, and the clips {self.rate}")

    def made_of(self):
        return "made of this"

    def full_name(self):
        return "made_up/1.0.0"


class MuLan:
    """Places sound and text by style alone."""

    name, sample_rate = "MuLan 12345678", RATE

    def check_text(self, text):
        if "unknown" in text:
            raise ValueError("the model knows no word of it")

    def embed_text(self, texts):
        return np.array([[1.0, 0.2] if "low" in text else [0.2, 1.0] for text in texts])

    def embed(self, audio):
        spectrum = np.abs(np.fft.rfft(audio))
        bounds = np.searchsorted(np.fft.rfftfreq(audio.shape[1], 1 / RATE), [800, 2500])
        bands = np.stack([part.mean(axis=1) for part in np.split(spectrum, bounds, 1)])
        return (bands / (bands.sum(axis=0) + 1e-9)).T[:, :2]


class Codec:
    sample_rate = RATE

    def tokenize(self, audio):
        return np.round(audio[:, :, None] * 100)

    def decode(self, codes):
        return (codes.sum(axis=-1) / 100).astype(np.float32)


class Model:
    """Plays the style that its caption names."""

    sample_rate = RATE
    sampling = GenerationConfig()
    networks = types.SimpleNamespace(acoustics=types.SimpleNamespace(num_levels=1))
    tokenizers = types.SimpleNamespace(mulan=MuLan(), codec=Codec())
    pieces_left = None
    made = ()
    seeds = ()

    @classmethod
    def load(cls, folder=None):
        return cls()

    def generate(self, prompts, *, seconds, seed, config):
        if Model.pieces_left is not None:
            if Model.pieces_left < len(prompts):
                raise KeyboardInterrupt
            Model.pieces_left -= len(prompts)
        Model.made += tuple(prompts)
        Model.seeds += tuple(seed)
        styles = ["low" if "low" in prompt else "high" for prompt in prompts]
        pieces = zip(styles, seed, strict=True)
        length = round(seconds * RATE)
        return np.stack([sound_of(style, 99 + n)[:length] for style, n in pieces])


@pytest.fixture(autouse=True)
def dataset(monkeypatch, tmp_path):
    found = Dataset({"train": clips(16, 0), "test": clips(8, 100)})
    monkeypatch.setattr(data_set, "by_name", lambda options: found)
    monkeypatch.setattr(pipeline, "MusicLM", Model)
    for name, value in (("pieces_left", None), ("made", ()), ("seeds", ())):
        monkeypatch.setattr(Model, name, value)
    monkeypatch.setattr(listener, "own_embedders", lambda t, b: (MuLan(),))
    monkeypatch.setattr(compilation_cache, "use", lambda: None)
    monkeypatch.setattr("jax.device_count", lambda: 1)
    monkeypatch.setattr(probe, "_STEPS", 30)
    monkeypatch.setattr(probe, "L2_GRID", (1e-3,))
    monkeypatch.setattr(frechet, "NUM_RESAMPLES", 20)
    monkeypatch.chdir(tmp_path)
    return found


def evaluate(*arguments, output="out"):
    command = ["evaluate", "--data_dir=data", f"--output={output}", "--batch_size=4"]
    return main([*command, *arguments])


def report(folder="out"):
    with open(f"{folder}/report.json") as file:
        return Findings.from_json(json.load(file))


def value(found, measure, of):
    (figure,) = [
        each
        for each in found.figures
        if each.measure.startswith(measure) and each.of == of
    ]
    return figure.value


def wrong(capsys, *arguments, **how):
    capsys.readouterr()
    assert evaluate(*arguments, **how) == 2
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith("musiclm: error: ")
    return last


def test_all_that_is_measured(tmp_path, capsys):
    assert evaluate("--seed=3") == 0
    found, said = report(), capsys.readouterr()
    fad = [
        value(found, "FAD (MuLan 12345678)", of)
        for of in ("true", "codec", "noise", *LEVELS)
    ]
    assert fad[0] <= fad[1] < fad[2]
    assert fad[0] < fad[3] < fad[4] < fad[5] < fad[6] < fad[2], "steadily"
    for measure, shuffled_is in (("KLD", 1), ("MCC", -1)):
        own, other = (
            next(
                f for f in found.figures if f.measure.startswith(measure) and f.of == of
            )
            for of in ("generated", "shuffled")
        )
        assert shuffled_is * (other.value - own.value) > 0
        ends = (own.high, other.low) if shuffled_is > 0 else (other.high, own.low)
        assert ends[0] < ends[1], "the intervals lie apart"
    assert value(found, "labels told right (tagger", "generated") == 1.0
    assert value(found, "recall@1 of 8", "generated") <= 0.5  # four have one style
    assert value(found, "silent pieces", "generated") == 0.0
    for measure in ("pulse clarity", "key clarity", "mean cosine distance"):
        assert np.isfinite(value(found, measure, "generated"))
    assert "| FAD (MuLan 12345678)" in said.out and found.title in said.out
    assert "warning" not in said.err, "8 clips are enough for 2 dimensions"
    assert found.title == "the model in the box on made_up/1.0.0, 8 clips of test"
    card = found.card
    assert (card["num"], card["num_reference"], card["seconds"]) == (8, 16, SECONDS)
    assert card["dataset_made_of"] == "made of this" and card["hardware"]
    assert sorted(Model.seeds) == list(range(3, 11)), "each piece has its own chance"
    for clip in found.clips:
        number = int(clip.name.removeprefix("folder/clip "))
        assert clip.prompt == f'"{STYLES[number % 2]}" music in the key, {number}'
        true, rate = soundfile.read(tmp_path / "out" / clip.true)
        right = sound_of(STYLES[number % 2], number)
        np.testing.assert_allclose(true, right, atol=2**-15)
        assert rate == soundfile.info(tmp_path / "out" / clip.generated).samplerate
        assert clip.agreement > 0.8
    # A caption that begins with a quote is no sum of prompts.
    assert any(prompt.startswith("“") for prompt in Model.made)


def test_a_warning_of_too_few_clips(capsys):
    assert evaluate("--num=2") == 0
    warned = [line for line in capsys.readouterr().err.splitlines() if "warn" in line]
    (line,) = warned
    assert line.startswith(
        "musiclm: warning: FAD (MuLan 12345678): 2 clips for 2 dimensions: too large"
    )


def test_stopped_and_started_again(tmp_path, capsys, monkeypatch):
    assert evaluate(output="whole") == 0
    Model.made, Model.pieces_left = (), 4
    assert evaluate() == 130
    assert not (tmp_path / "out/report.json").exists()
    Model.pieces_left = None
    assert evaluate() == 0
    assert len(Model.made) == 8, "each piece once"
    assert (tmp_path / "out/report.json").read_bytes() == (
        tmp_path / "whole/report.json"
    ).read_bytes()
    # All is there: nothing is made or fitted.
    monkeypatch.setattr(probe, "fit", None)
    assert evaluate() == 0
    assert len(Model.made) == 8
    # A piece that is broken is named, and all others are kept.
    piece = sorted((tmp_path / "out/clips").glob("*.flac"))[2]
    piece.write_bytes(b"no sound")
    assert f"{piece.name} is broken or no audio" in wrong(capsys)
    piece.unlink()
    assert evaluate() == 0
    assert len(Model.made) == 12, "a batch of which one piece was missing"


def test_a_folder_of_something_else(tmp_path, capsys):
    assert evaluate() == 0
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    for flag, words in (
        ("--seed=1", "holds another evaluation"),
        ("--num=4", "holds another evaluation"),
        ("--temperature=0.5", "with another sampling"),
    ):
        assert words in wrong(capsys, flag)
    now = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert now == before
    (tmp_path / "other").mkdir()
    (tmp_path / "other/a.txt").touch()
    words = "other holds something else (a.txt): choose another --output"
    assert words in wrong(capsys, output="other")
    assert "is a file, not a folder" in wrong(capsys, output="other/a.txt")


def test_another_tagger_and_none(tmp_path, capsys, dataset):
    assert evaluate() == 0
    for clip in dataset.splits["train"]:
        del clip["style"]
    assert evaluate(output="none") == 0
    (kld,) = [f for f in report("none").figures if f.measure.startswith("KLD")]
    assert kld.value is None and "no labels" in kld.remark and "--tagger" in kld.remark
    assert not (tmp_path / "none/tagger.safetensors").exists()
    assert evaluate("--tagger=out/tagger.safetensors", output="given") == 0
    for of in ("generated", "shuffled", "codec", "noise"):
        assert value(report("given"), "KLD", of) == value(report(), "KLD", of)
    assert "there is no tagger nowhere" in wrong(capsys, "--tagger=nowhere")
    Model.made = ()
    made = tagger.load(tmp_path / "out/tagger.safetensors")
    long = dataclasses.replace(made, made_of=made.made_of | {"seconds": 10.0})
    long.save(tmp_path / "long.safetensors")
    said = wrong(capsys, "--tagger=long.safetensors", output="wrong")
    assert "fitted to clips of 10 s at 8000 Hz, and these are of 5 s at 8000 Hz" in said
    assert not (tmp_path / "wrong").exists() and not Model.made


class Loudness:
    """A stand-in for a published network, of what the file says."""

    sample_rate = RATE

    def __init__(self, path):
        self.name = f"VGGish {path.read_text()}"

    def embed(self, audio):
        return np.abs(audio).reshape(len(audio), 5, -1, 2).mean(axis=2)


def test_published_embedders(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(vggish, "load", Loudness)
    for name in ("one", "two", "same"):
        (tmp_path / name).write_text("1a2b3c4d" if name != "two" else "5e6f7a8b")
    assert evaluate("--embedder=vggish=one", "--embedder=vggish=two") == 0
    for name in ("VGGish 1a2b3c4d", "VGGish 5e6f7a8b", "MuLan 12345678"):
        assert value(report(), f"FAD ({name})", "generated") >= 0
    assert report().card["embedders"] == [
        "MuLan 12345678",
        "VGGish 1a2b3c4d",
        "VGGish 5e6f7a8b",
    ]
    twice = wrong(capsys, "--embedder=vggish=one", "--embedder=vggish=same")
    assert "given twice with the same weights (VGGish 1a2b3c4d)" in twice


class Styles:
    """A stand-in for CNN14: two classes, told from MuLan's stand-in."""

    name, sample_rate = "CNN14 1a2b3c4d", RATE // 2

    def __init__(self, path):
        assert path.exists()

    def log_probabilities(self, audio):
        assert audio.shape[1] == SECONDS * RATE / 2
        doubled = np.repeat(audio, 2, axis=1)
        bands = MuLan().embed(doubled)
        odds = np.stack([bands[:, 0], 1 - bands[:, 0]], axis=1) + 0.1
        return np.log(odds / odds.sum(axis=1, keepdims=True))


def test_published_classifier(tmp_path, monkeypatch):
    monkeypatch.setattr(cnn14, "load", Styles)
    (tmp_path / "weights").touch()
    assert evaluate("--classifier=cnn14=weights") == 0
    found = report()
    assert found.card["classifiers"] == ["CNN14 1a2b3c4d"]
    kld = {
        of: value(found, "KLD (CNN14 1a2b3c4d)", of)
        for of in ("codec", "generated", "shuffled", "noise")
    }
    assert min(kld.values()) >= 0
    assert max(kld["codec"], kld["generated"]) < min(kld["shuffled"], kld["noise"])
    assert value(found, "KLD (tagger", "generated") >= 0, "the tagger is heard too"


def test_a_classifier_that_says_nothing(tmp_path, capsys, monkeypatch):
    class Silent(Styles):
        def log_probabilities(self, audio):
            told = super().log_probabilities(audio)
            told[2] = np.nan
            return told

    monkeypatch.setattr(cnn14, "load", Silent)
    (tmp_path / "weights").touch()
    said = wrong(capsys, "--classifier=cnn14=weights")
    assert "label (codec) of clip" in said and "is not finite; 2 of 8" in said
    assert len(list((tmp_path / "out/clips").glob("*.flac"))) == 8, "pieces are kept"


@pytest.mark.parametrize("network", ["vggish", "cnn14"])
def test_published_embedders_that_cannot_be_read(tmp_path, capsys, network):
    (tmp_path / "text").write_text("no weights")
    (tmp_path / "folder").mkdir()
    np.savez(tmp_path / "other.npz", kernel=np.zeros(3))
    with zipfile.ZipFile(tmp_path / "net.pth", "w") as file:
        file.writestr("archive/data.pkl", b"a program")
    for path, words in (
        ("nowhere", "there are no weights nowhere"),
        ("text", "text is damaged, or neither .safetensors, .npz nor"),
        ("folder", "folder is a folder without variables/variables.index"),
        ("other.npz", "other.npz is of another network: it lacks"),
        ("net.pth", "a file of PyTorch must first be stored as .safetensors"),
    ):
        assert words in wrong(capsys, f"--embedder={network}={path}")
    assert "of another network" in wrong(capsys, "--classifier=cnn14=other.npz")
    assert not list((tmp_path / "out").glob("*")) and not Model.made


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--embedder=trill=x"],
            "NAME=WEIGHTS, and NAME one of: vggish, cnn14",
        ),
        (["--embedder=vggish"], "--embedder is 'vggish'; it must be NAME=WEIGHTS"),
        (["--embedder=vggish="], "--embedder is 'vggish='; it must be"),
        (["--classifier=vggish=x"], "NAME=WEIGHTS, and NAME one of: cnn14"),
        (["--num=0"], "num is 0; it must be a whole number from 2"),
        (["--num=-3"], "num is -3"),
        (["--num_reference=1"], "num_reference is 1"),
        (["--seconds=nan"], "seconds is nan"),
        (["--seconds=2"], "seconds is 2; what is evaluated must last at least 5 s"),
        (["--seconds=6"], "0 of 8 clips can be used, and two are the least that"),
        (["--seed=-1"], "seed is -1"),
        (["--batch_size=0"], "batch_size is 0"),
        (["--split=nowhere"], "no clips in split 'nowhere'"),
        (["--reference=test"], "8 captions are the prompts: ask for fewer by --num"),
        (["--balanced"], "has the mark is_balanced_subset"),
    ],
)
def test_wrong_input_leaves_nothing_behind(tmp_path, capsys, arguments, words):
    assert words in wrong(capsys, *arguments)
    assert not (tmp_path / "out").exists() and not Model.made


def test_sets_that_cannot_be_used(tmp_path, capsys, dataset, monkeypatch):
    dataset.is_there = False
    assert "'made_up' is not prepared in nowhere" in wrong(capsys)
    dataset.is_there, dataset.rate = True, 16000
    assert "the model has 8000, and the clips 16000" in wrong(capsys)
    dataset.rate = RATE
    for change, words in (
        ({"captions": []}, "of 8: it has no caption"),
        ({"captions": [b"unknown"]}, "of 8: the model knows no word of it"),
        ({"audio": np.zeros(8, np.int16)}, "of 8: it is silent"),
    ):
        dataset.splits["test"] = clips(8, 100, **change)
        assert words in wrong(capsys)
    dataset.splits["test"] = clips(8, 100)
    assert not (tmp_path / "out").exists()
    heard = MuLan.embed

    def embed(self, audio):
        found = heard(self, audio)
        found[1] = np.nan
        return found

    monkeypatch.setattr(MuLan, "embed", embed)
    assert "is not finite" in wrong(capsys)
    assert len(list((tmp_path / "out/clips").glob("*.flac"))) == 8, "pieces are kept"
    assert evaluate("--num=4", output="others") == 2


def test_no_data_set(capsys):
    assert main(["evaluate", "--output=out"]) == 2
    assert "--data_dir says where data sets are kept" in capsys.readouterr().err

"""The benchmark scripts on a made-up corpus and models that obey, or do not."""

import importlib.util
import json
import types
from pathlib import Path

import numpy as np
import pytest
import soundfile

from musiclm_jax.evaluation import control
from musiclm_jax.evaluation.material import Sizes
from musiclm_jax.evaluation.parts import Parts

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SAMPLE_RATE = 8000
NUM_SAMPLES = 5 * SAMPLE_RATE


def load_script(name):
    spec = importlib.util.spec_from_file_location(
        f"benchmark_{name}", BENCHMARKS / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_clips(num, seed):
    """Clips whose attributes are two each, and can all be heard."""
    rng = np.random.default_rng(seed)
    times = np.arange(NUM_SAMPLES) / SAMPLE_RATE
    clips = []
    for index in range(num):
        style, tempo, drums, lead = rng.integers(2, size=4)
        period = (0.4, 0.9)[tempo]
        beat = np.exp(-np.mod(times, period) / 0.1)
        audio = 0.1 * beat * np.sin(2 * np.pi * (300, 700)[style] * times)
        audio += 0.05 * np.sin(2 * np.pi * (1500, 2500)[lead] * times)
        audio += 0.1 * drums * beat**8 * rng.standard_normal(NUM_SAMPLES)
        clips.append(
            {
                "audio": np.round(audio * 2**15).astype(np.int16),
                "captions": [b"short", f"the longer caption {seed} {index}".encode()],
                "style": f"style {style}".encode(),
                "tempo_class": ("fast", "slow")[tempo].encode(),
                "has_drums": np.bool_(drums),
                "lead_family": f"lead {lead}".encode(),
                "key": b"C",
            }
        )
    return clips


class Codec:
    """Loses nothing but the last bits; its second level is nothing but noise."""

    sample_rate = SAMPLE_RATE
    frame_rate = float(SAMPLE_RATE)
    config = types.SimpleNamespace(num_quantizers=2, codebook_size=60_001)

    def tokenize(self, audio):
        codes = np.round((audio + 1) * 30_000).astype(np.int32)
        noise = np.random.default_rng(0).integers(0, 6000, codes.shape)
        return np.stack([codes, noise], axis=-1)

    def decode(self, codes):
        noise = codes[..., 1:].sum(axis=-1) - 3000 * (codes.shape[-1] - 1)
        return ((codes[..., 0] + noise) / 30_000 - 1).astype(np.float32)


class MuLan:
    """Knows each caption and each clip by its place in the corpus."""

    def __init__(self, clips):
        self.audio = np.stack([clip["audio"] / 2**15 for clip in clips])
        self.captions = [clip["captions"][1].decode() for clip in clips]

    def text_codes(self, texts):
        return np.array([[[self.captions.index(text)]] for text in texts])

    def embed_text(self, texts):
        return np.eye(len(self.captions))[self.text_codes(texts)[:, 0, 0]]

    def embed_audio(self, audio):
        distance = np.abs(audio[:, None, ::50] - self.audio[None, :, ::50]).sum(-1)
        return np.eye(len(self.captions))[distance.argmin(axis=1)]


class Model:
    """Gives the clip of the caption, or always the same one."""

    sample_rate = SAMPLE_RATE
    networks = types.SimpleNamespace(acoustics=types.SimpleNamespace(num_levels=1))

    def __init__(self, clips, *, obeys):
        mulan = MuLan(clips)
        self.tokenizers = types.SimpleNamespace(codec=Codec(), mulan=mulan)
        self.obeys = obeys
        self.batches = []

    def generate_from_mulan(self, mulan, *, seconds, rngs):
        self.batches.append((len(mulan), len(rngs)))
        assert seconds * SAMPLE_RATE == NUM_SAMPLES
        pieces = mulan[:, 0, 0] if self.obeys else np.zeros(len(mulan), int)
        return self.tokenizers.mulan.audio[pieces].astype(np.float32)


@pytest.fixture(scope="module")
def splits():
    return {
        "train": make_clips(24, 0),
        "validation": make_clips(8, 1),
        "test": make_clips(12, 2),
    }


SIZES = Sizes(num_train=24, num_test=12, num_generated=10, batch=4, seed=0)


def test_control_of_a_model_that_obeys_is_one(splits):
    script = load_script("control")
    model = Model(splits["test"], obeys=True)
    result = script.measure(model, splits, SIZES)
    mean = result.rows[-1]
    assert mean.ceiling > 0.9
    assert mean.round_trip_ratio == pytest.approx(1.0, abs=0.1)
    assert mean.control == pytest.approx(1.0, abs=0.2)
    assert result.generated_match.matched.value > 0.7  # some clips are equal
    assert result.generated_match.excess.low > 0.5
    # The last batch is filled up, and every caption has a key of its own.
    assert model.batches == [(4, 4)] * 3
    assert result.num_clips["generated"] == 10
    rows = {row["figure"]: row for row in result.clarity.json()["rows"]}
    pulse = rows["pulse clarity of clips with drums, median"]
    assert pulse["generated"] == pytest.approx(pulse["true"], abs=0.05)
    assert rows["partials kept"]["codec"] > 0.9
    text = script._text(result, types.SimpleNamespace(seed=0, guidance=None))
    assert all(name in text for name in (*control.ATTRIBUTES, "mean", "seed 0"))


def test_control_of_a_model_that_does_not_listen_is_none(splits):
    script = load_script("control")
    model = Model(splits["test"], obeys=False)
    result = script.measure(model, splits, SIZES)
    assert result.rows[-1].control < 0.3
    assert (
        result.generated_match.excess.low <= 0.0 <= result.generated_match.excess.high
    )


def test_control_refuses_more_captions_than_clips():
    script = load_script("control")
    with pytest.raises(SystemExit, match="num_generated"):
        script.main(["--data_dir=x", "--num_test=4", "--num_generated=5"])


def heard_options(*arguments):
    script = load_script("heard")
    given = ["--data_dir=x", "--num_train=24", "--num_test=6", "--num_generated=6"]
    return script, script._parser().parse_args([*given, "--batch=3", *arguments])


def codec_alone():
    return Parts(
        codec=Codec(),
        semantic=None,
        mulan=None,
        model=None,
        missing=("mulan: not in the bundle",),
    )


def test_heard_goes_as_far_as_a_codec(splits):
    script, options = heard_options("--levels=1")
    tables = list(script.measure(codec_alone(), splits, (), None, options))
    titles = [table.title for table in tables]
    assert titles == ["Codec, 1 of 2 levels", "Beat, key and partials", "Control"]
    cents, harmonics = tables[0].rows[:2]
    assert cents[1:] == pytest.approx([cents[1]] * 2, abs=2.0)
    assert harmonics[1:] == pytest.approx([harmonics[1]] * 2, abs=3.0)
    assert all(np.isnan(row[-1]) for row in tables[2].rows)
    json.dumps([table.json() for table in tables], allow_nan=False)


def test_heard_prints_each_table_and_what_is_missing(
    splits, monkeypatch, capsys, tmp_path
):
    script, _ = heard_options()
    monkeypatch.setattr(script.Parts, "load", lambda folder: codec_alone())
    dataset = types.SimpleNamespace(open=splits.get)
    monkeypatch.setattr(script, "AudioDataset", lambda **_: dataset)
    monkeypatch.setattr(script.compilation_cache, "use", lambda: None)
    arguments = ["--data_dir=x", "--num_train=24", "--num_test=6", "--num_generated=6"]
    script.main(arguments)
    text = capsys.readouterr().out
    assert text.startswith("# What is heard of the model in the box")
    assert "missing: mulan: not in the bundle" in text
    assert text.count("\n## ") == 3
    times = np.arange(6 * 16000) / 16000
    soundfile.write(tmp_path / "a.wav", 0.1 * np.sin(2 * np.pi * 440 * times), 16000)
    soundfile.write(tmp_path / "b.wav", np.zeros(100), 16000)
    script.main([*arguments, "--json", f"--real={tmp_path}", "--levels=1"])
    told = capsys.readouterr()
    assert "left out, too short or not to be read: b.wav" in told.err
    found = json.loads(told.out)
    assert found["missing"] == ["mulan: not in the bundle"]
    assert [len(table["rows"]) for table in found["tables"]] == [6, 5, 5]
    kept = found["tables"][0]["rows"][2]
    assert kept["figure"] == "1 recordings: partials kept"
    assert kept["codec"] > 0.9


def test_heard_decodes_all_levels_where_none_are_generated(splits):
    script, options = heard_options()
    tables = list(script.measure(codec_alone(), splits, (), None, options))
    assert tables[0].title == "Codec, 2 of 2 levels"
    assert dict(zip(tables[1].columns, tables[1].rows[-1], strict=True))["codec"] > 1.0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--num_test=4", "--num_generated=5"], "--num_generated must be from 1"),
        (["--model=nowhere"], "there is no model in nowhere"),
        (["--unseen=nowhere.json"], "nowhere.json"),
        (["--levels=7"], "--levels must be from 1 to the codec's 6, not 7"),
        (["--real=nowhere"], "there is no folder nowhere"),
    ],
)
def test_heard_says_what_is_wrong(arguments, sentence, monkeypatch, capsys):
    script = load_script("heard")
    monkeypatch.setattr(script.AudioDataset, "open", lambda self, split: [])
    with pytest.raises(SystemExit) as stopped:
        script.main(["--data_dir=x", *arguments])
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err


def test_codec_prints_its_curve(splits, monkeypatch, capsys):
    script = load_script("codec")
    monkeypatch.setattr(script.Parts, "load", lambda folder: codec_alone())
    dataset = types.SimpleNamespace(open=splits.get)
    monkeypatch.setattr(script, "AudioDataset", lambda **_: dataset)
    monkeypatch.setattr(script.compilation_cache, "use", lambda: None)
    script.main(["--data_dir=x", "--num=3", "--batch=2"])
    text = capsys.readouterr().out
    assert text.startswith("## Codec of the model in the box, 3 clips")
    assert "codec, 1 level | codec, 2 levels" in text
    script.main(["--data_dir=x", "--num=3", "--levels=2", "--json"])
    found = json.loads(capsys.readouterr().out)
    kept = {each["measure"]: each for each in found["findings"]}
    assert kept["partials kept"]["of"] == "codec, 2 levels"
    assert kept["SI-SDR, dB"]["low"] <= kept["SI-SDR, dB"]["value"]
    assert [row["level"] for row in found["codebooks"]["rows"]] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--levels=3"], "--levels is '3'; it must be like 1,4, each 1 to 2"),
        (["--levels=1,x"], "--levels is '1,x'"),
        (["--num=0"], "--num and --batch must be at least 1"),
    ],
)
def test_codec_says_what_is_wrong(arguments, sentence, monkeypatch, capsys):
    script = load_script("codec")
    monkeypatch.setattr(script.Parts, "load", lambda folder: codec_alone())
    monkeypatch.setattr(script.compilation_cache, "use", lambda: None)
    with pytest.raises(SystemExit) as stopped:
        script.main(["--data_dir=x", *arguments])
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err


class SlowModel:
    """Takes a known time for each stage."""

    def generate(self, prompt, *, seconds, seed, progress):
        del prompt, seconds, seed
        self.clock.now += 3.0
        progress("semantic", 0.5)
        progress("semantic", 1.0)
        self.clock.now += 1.0
        progress("sound", 1.0)
        self.clock.now += 1.0


def test_generate_times_stages_from_their_progress(monkeypatch, tmp_path, capsys):
    script = load_script("generate")
    clock = types.SimpleNamespace(now=0.0)
    monkeypatch.setattr(script.time, "perf_counter", lambda: clock.now)
    commands = []

    def run(command, **_):
        commands.append(command)
        clock.now += 20.0

    monkeypatch.setattr(script.subprocess, "run", run)
    monkeypatch.setenv("MUSICLM_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setattr(script.compilation_cache, "use", lambda: None)
    model = SlowModel()
    model.clock = clock
    monkeypatch.setattr(script.MusicLM, "load", classmethod(lambda cls, path: model))
    script.main(["--json", "--seconds=10", "--num_seeds=3"])
    rows = json.loads(capsys.readouterr().out)["timings"]
    seconds = {row["what"]: row["wall_seconds"] for row in rows}
    assert list(seconds.values()) == [20.0, 20.0, 5.0, 3.0, 2.0]
    assert rows[2]["times_real_time"] == 2.0
    assert len(commands) == 2 and commands[0][3] == "generate"


def test_feeding_counts_what_a_call_takes(monkeypatch):
    script = load_script("feeding")
    clock = types.SimpleNamespace(wall=0.0, cpu=0.0)
    monkeypatch.setattr(script.time, "perf_counter", lambda: clock.wall)
    monkeypatch.setattr(script.time, "process_time", lambda: clock.cpu)

    def work(wall, cpu):
        clock.wall += wall
        clock.cpu += cpu

    read = script.cost_of(lambda: work(0.25, 0.5), 2.0)
    step = script.cost_of(lambda: work(4.0, 6.0), 2.0)
    assert (read, step) == (script.Cost(0.25, 0.5), script.Cost(4.0, 6.0))
    row = script.Row("coarse_stage", 4, 2.0, read, step)
    assert row.cells() == [
        "coarse_stage",
        "16 (32 s of sound)",
        "1 (2 s of sound)",
        "16.0",
        "500.00",
        "6000.0",
        "12.0",
    ]


@pytest.mark.parametrize("name", ["memorisation", "perplexity"])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model=nowhere"], "there is no model in nowhere"),
        ([], "nowhere holds no token records"),
    ],
)
def test_measures_of_tokens_say_what_is_wrong(
    name, arguments, sentence, monkeypatch, capsys
):
    script = load_script(name)
    monkeypatch.setattr(script.compilation_cache, "use", lambda: None)
    if not arguments:
        tokenizers = types.SimpleNamespace(
            mulan=None, semantic=types.SimpleNamespace(frame_rate=25.0)
        )
        model = types.SimpleNamespace(tokenizers=tokenizers)
        loader = types.SimpleNamespace(load=lambda folder: model)
        monkeypatch.setattr(script, "MusicLM", loader)
    with pytest.raises(SystemExit) as stopped:
        script.main(["--tokens=nowhere", *arguments])
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err


def test_the_curve_has_a_row_for_each_number_of_tokens():
    script = load_script("memorisation")
    lib = script.memorisation
    true = np.tile(np.arange(125) % 7, (4, 1)) + np.arange(4)[:, None]
    made = true.copy()
    made[2:] = 0
    distances = lib.centroid_distances(np.random.default_rng(0).normal(size=(12, 3)))
    points = [
        lib.Continuations(given=given, made=made, true=true, distances=distances)
        for given in (0, 25)
    ]
    curve = lib.Curve(threshold=0.1, points=tuple(points))
    table = script.table_of(curve, title="a curve")
    assert [row["tokens given"] for row in table.json()["rows"]] == [0, 25]
    row = table.json()["rows"][0]
    assert (row["exact"], row["cost below 0.1"]) == (0.5, 0.5)
    assert row["exact, %"] == "6.8 to 93.2"
    assert row["bits"] == pytest.approx(row["of the clip"] / 2)

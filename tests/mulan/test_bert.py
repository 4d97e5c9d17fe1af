"""Published BERTs become text towers that compute the same, or one plain sentence."""

import json
import re

import jax
import numpy as np
import pytest
import safetensors.numpy
import scipy.special

from musiclm_jax.cli.main import main
from musiclm_jax.data.text.vocabulary import encode_texts, load_vocabulary
from musiclm_jax.files import config_json, params_file
from musiclm_jax.mulan import text_start
from musiclm_jax.mulan.text_tower import TextTower, TextTowerConfig

PIECES = [
    "calm", "piano", "[CLS]", "##s", "[UNK]", "and", "[SEP]", "drum", ",", "[PAD]",
    "slow", "fast", "guitar",
]  # fmt: skip
CONFIG = {
    "model_type": "bert",
    "vocab_size": len(PIECES),
    "max_position_embeddings": 12,
    "type_vocab_size": 2,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "hidden_size": 8,
    "intermediate_size": 20,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
}
# Another depth, more heads, one segment, and no word on what BERT does anyway.
OTHER_CONFIG = {
    "model_type": "bert",
    "vocab_size": len(PIECES),
    "max_position_embeddings": 9,
    "type_vocab_size": 1,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "hidden_size": 24,
    "intermediate_size": 16,
}
TEXTS = ["Calm pianos, and SLOW drums", "guitar"]


def draw(config):
    """Random weights under Hugging Face's names, as [out, in]."""
    rng = np.random.default_rng(0)
    width, inner = config["hidden_size"], config["intermediate_size"]
    weights = {}

    def matrix(name, *shape):
        weights[f"{name}.weight"] = rng.normal(size=shape) * 0.5

    def linear(name, inputs, outputs):
        matrix(name, outputs, inputs)
        weights[f"{name}.bias"] = rng.normal(size=outputs) * 0.5

    def norm(name):
        weights[f"{name}.weight"] = rng.uniform(0.5, 2.0, width)
        weights[f"{name}.bias"] = rng.normal(size=width)

    matrix("embeddings.word_embeddings", config["vocab_size"], width)
    matrix("embeddings.position_embeddings", config["max_position_embeddings"], width)
    matrix("embeddings.token_type_embeddings", config["type_vocab_size"], width)
    norm("embeddings.LayerNorm")
    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        for part in ("query", "key", "value"):
            linear(f"{layer}.attention.self.{part}", width, width)
        linear(f"{layer}.attention.output.dense", width, width)
        norm(f"{layer}.attention.output.LayerNorm")
        linear(f"{layer}.intermediate.dense", width, inner)
        linear(f"{layer}.output.dense", inner, width)
        norm(f"{layer}.output.LayerNorm")
    return {name: value.astype(np.float32) for name, value in weights.items()}


def hidden_states(config, weights, ids):
    """BERT (1810.04805) of one text [length], in double precision, head by head.

    Yields [length, width] after each layer.
    """
    weights = {name: value.astype(np.float64) for name, value in weights.items()}

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(x, name):
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def gelu(x):
        return x * (1 + scipy.special.erf(x / np.sqrt(2))) / 2

    tables = [
        weights[f"embeddings.{kind}_embeddings.weight"]
        for kind in ("word", "position", "token_type")
    ]
    x = tables[0][ids] + tables[1][: len(ids)] + tables[2][[0] * len(ids)]
    x = norm(x, "embeddings.LayerNorm")
    dim = config["hidden_size"] // config["num_attention_heads"]
    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        query, key, value = (
            linear(x, f"{layer}.attention.self.{part}")
            for part in ("query", "key", "value")
        )
        heads = []
        for first in range(0, config["hidden_size"], dim):
            head = slice(first, first + dim)
            scores = query[:, head] @ key[:, head].T / np.sqrt(dim)
            heads.append(scipy.special.softmax(scores, axis=-1) @ value[:, head])
        y = linear(np.concatenate(heads, axis=-1), f"{layer}.attention.output.dense")
        x = norm(x + y, f"{layer}.attention.output.LayerNorm")
        y = gelu(linear(x, f"{layer}.intermediate.dense"))
        x = norm(x + linear(y, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        yield x


@pytest.fixture
def folder(tmp_path):
    """A BERT of `CONFIG` with an older vocabulary."""
    folder = tmp_path / "bert"
    folder.mkdir()
    write(folder, CONFIG, draw(CONFIG))
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n")
    return folder


def write(folder, config, weights):
    (folder / "config.json").write_text(json.dumps(config))
    weights = {name: np.ascontiguousarray(value) for name, value in weights.items()}
    safetensors.numpy.save_file(weights, folder / "model.safetensors")


def import_bert(folder, output):
    assert main(["import", "bert", str(folder), "--output", str(output)]) == 0


def tower_states(start, texts):
    """Ids of texts, and hidden states of a tower [layer, text, length, width]."""
    fields = json.loads((start / text_start.CONFIG).read_text())
    config = config_json.from_json(TextTowerConfig, fields, where="")
    data = (start / text_start.WEIGHTS).read_bytes()
    params = params_file.from_bytes(data, where="")
    projection = {"kernel": np.ones((config.embed_dim, 3)), "bias": np.ones(3)}
    ids = encode_texts(load_vocabulary(start / text_start.VOCABULARY), texts, 9)
    _, found = jax.jit(
        lambda ids: TextTower(config, 3).apply(
            {"params": params | {"projection": projection}},
            ids,
            train=False,
            capture_intermediates=lambda module, _: "layer" in (module.name or ""),
        )
    )(ids)
    layers = found["intermediates"]
    states = [layers[f"layer{i}"]["__call__"][0] for i in range(config.num_layers)]
    return ids, states


@pytest.mark.parametrize("config", [CONFIG, OTHER_CONFIG])
def test_hidden_states_are_berts(folder, tmp_path, config):
    weights = draw(config)
    write(folder, config, weights)
    import_bert(folder, tmp_path / "start")
    ids, states = tower_states(tmp_path / "start", TEXTS)
    for row, text in enumerate(ids):
        text = text[text >= 0]
        expected = hidden_states(config, weights, text)
        for layer, (state, right) in enumerate(zip(states, expected, strict=True)):
            actual = state[row, : len(text)]
            np.testing.assert_allclose(actual, right, atol=1e-5, err_msg=str(layer))


def test_names_of_older_files_and_of_whole_models_mean_the_same(folder, tmp_path):
    import_bert(folder, tmp_path / "new")
    weights = {"cls.predictions.bias": np.ones(3, np.float32)}
    for name, value in draw(CONFIG).items():
        if "LayerNorm" in name:
            name = name.replace(".weight", ".gamma").replace(".bias", ".beta")
        weights[f"bert.{name}"] = value
    weights["bert.pooler.dense.weight"] = np.ones((8, 8), np.float32)
    weights["bert.embeddings.position_ids"] = np.arange(12)[None]
    write(folder, CONFIG, weights)
    import_bert(folder, tmp_path / "old")
    for name in (text_start.CONFIG, text_start.WEIGHTS, text_start.VOCABULARY):
        new, old = ((tmp_path / place / name).read_bytes() for place in ("new", "old"))
        assert new == old


def test_half_precision_is_read_in_single(folder, tmp_path):
    half = {name: value.astype(np.float16) for name, value in draw(CONFIG).items()}
    write(folder, CONFIG, half)
    import_bert(folder, tmp_path / "start")
    data = (tmp_path / "start" / text_start.WEIGHTS).read_bytes()
    words = params_file.from_bytes(data, where="")["words"]["embedding"]
    assert words.dtype == np.float32
    np.testing.assert_array_equal(words, half["embeddings.word_embeddings.weight"])


def test_both_forms_of_a_vocabulary_are_read_alike(folder, tmp_path, capsys):
    import_bert(folder, tmp_path / "old")
    assert capsys.readouterr().out == (
        f"{tmp_path / 'old'}: 2 layers of 8, 2 heads, 13 word pieces\n"
    )
    # As they are published: cut and filled up at some length.
    tokenizer = load_vocabulary(tmp_path / "old" / text_start.VOCABULARY)
    tokenizer.enable_padding(length=7, pad_id=9)
    tokenizer.enable_truncation(7)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "vocab.txt").unlink()
    import_bert(folder, tmp_path / "new")
    old, new = (
        encode_texts(load_vocabulary(tmp_path / name / text_start.VOCABULARY), TEXTS, 9)
        for name in ("old", "new")
    )
    np.testing.assert_array_equal(old, new)
    assert old[1].tolist() == [2, 12, 6, -1, -1, -1, -1, -1, -1]


def test_capitals_count_where_the_model_says_so(folder, tmp_path):
    (folder / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    import_bert(folder, tmp_path / "start")
    ids = encode_texts(
        load_vocabulary(tmp_path / "start" / text_start.VOCABULARY), ["Calm", "calm"], 3
    )
    assert ids.tolist() == [[2, 4, 6], [2, 0, 6]]


def changed(**fields):
    """Another config.json."""
    return {"config": CONFIG | fields}


def with_weights(change):
    """Another model.safetensors."""
    weights = draw(CONFIG)
    change(weights)
    return {"weights": weights}


QUERY = "encoder.layer.1.attention.self.query.weight"
WRONG = {
    "another architecture": (
        changed(model_type="roberta"),
        "config.json describes a model of type 'roberta'; the text tower can start as "
        "one of type 'bert' alone",
    ),
    "no architecture": (
        {"config": {"layers": 3}},
        "config.json describes a model of type None",
    ),
    "no object": ({"config": [1]}, "config.json describes a model of type None"),
    "another activation": (
        changed(hidden_act="relu"),
        "config.json has hidden_act='relu'; the text tower computes with 'gelu' alone",
    ),
    "another epsilon": (
        changed(layer_norm_eps=1e-5),
        "config.json has layer_norm_eps=1e-05; the text tower computes with 1e-12",
    ),
    "relative positions": (
        changed(position_embedding_type="relative_key"),
        "config.json has position_embedding_type='relative_key'",
    ),
    "no depth": (
        changed(num_hidden_layers=0),
        "config.json has no positive number num_hidden_layers",
    ),
    "text for a number": (
        changed(hidden_size="8"),
        "config.json has no positive number hidden_size",
    ),
    "heads that do not divide": (
        changed(num_attention_heads=3),
        "config.json: num_heads=3 does not divide embed_dim=8.",
    ),
    "missing tensors": (
        with_weights(lambda weights: weights.pop(QUERY)),
        f"model.safetensors lacks 1 tensors of the BERT that config.json describes, "
        f"such as {QUERY}",
    ),
    "missing layers": (
        changed(num_hidden_layers=3),
        "model.safetensors lacks 16 tensors of the BERT that config.json describes, "
        "such as encoder.layer.2.attention.output.LayerNorm.bias",
    ),
    "layers too many": (
        changed(num_hidden_layers=1),
        "model.safetensors has 16 tensors more than the BERT that config.json "
        "describes, such as encoder.layer.1.attention.output.LayerNorm.bias",
    ),
    "a tensor of another shape": (
        changed(intermediate_size=19),
        "model.safetensors: encoder.layer.0.intermediate.dense.weight is [20, 8]; by "
        "config.json it is [19, 8]",
    ),
    "integers": (
        with_weights(lambda w: w.update({QUERY: np.ones((8, 8), np.int8)})),
        f"model.safetensors: {QUERY} is I8; save it in float32 (F32)",
    ),
    "not finite": (
        with_weights(lambda w: w.update({QUERY: w[QUERY] * np.inf})),
        f"model.safetensors: {QUERY} is not finite",
    ),
    "another vocabulary": (
        {"vocab.txt": "\n".join(PIECES[:-1])},
        "has 12 pieces with ids up to 11, and the model 13 of them: one does not "
        "belong to the other",
    ),
    "no vocabulary": (
        {"vocab.txt": None},
        "neither tokenizer.json nor vocab.txt",
    ),
    "a vocabulary of another kind": (
        {"tokenizer.json": "{}"},
        "tokenizer.json is not a tokenizer.json",
    ),
    "no config": ({"config.json": None}, "no config.json"),
    "a config that is none": ({"config.json": "{"}, "config.json is not valid JSON"),
    "no weights": ({"model.safetensors": None}, "no model.safetensors"),
    "weights that are none": (
        {"model.safetensors": "some text"},
        "model.safetensors is damaged: not a safetensors file",
    ),
    "a pickle": (
        {"model.safetensors": None, "pytorch_model.bin": "a pickle"},
        "has its weights in pytorch_model.bin alone, and a pickle is never read: save "
        "them as model.safetensors first",
    ),
    "wrong words of the tokenizer": (
        {"tokenizer_config.json": "[1]"},
        "tokenizer_config.json is not a JSON object",
    ),
}


@pytest.mark.parametrize(("change", "words"), WRONG.values(), ids=WRONG)
def test_wrong_folders_are_one_sentence(folder, tmp_path, capsys, change, words):
    for name, content in change.items():
        if name == "config":
            (folder / "config.json").write_text(json.dumps(content))
        elif name == "weights":
            write(folder, CONFIG, content)
        elif content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_text(content)
    before = sorted(tmp_path.rglob("*"))
    output = tmp_path / "new" / "start"
    assert main(["import", "bert", str(folder), "--output", str(output)]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert re.search(f"^musiclm: error: .*{re.escape(words)}", captured.err)
    assert str(folder) in captured.err
    assert sorted(tmp_path.rglob("*")) == before


def test_numbers_that_numpy_has_no_type_for_are_named(folder, tmp_path, capsys):
    path = folder / "model.safetensors"
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    words = header["embeddings.word_embeddings.weight"]
    words |= {"dtype": "BF16", "shape": [13, 8]}
    words["data_offsets"][1] -= 2 * 13 * 8
    rest = [entry for entry in header.values() if entry is not words]
    for entry in rest:
        if entry["data_offsets"][0] >= words["data_offsets"][1]:
            entry["data_offsets"] = [end - 2 * 13 * 8 for end in entry["data_offsets"]]
    text = json.dumps(header).encode()
    body = data[8 + size : len(data) - 2 * 13 * 8]
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
    assert main(["import", "bert", str(folder), f"--output={tmp_path / 'a'}"]) == 2
    assert "word_embeddings.weight is BF16; save it in float32" in (
        capsys.readouterr().err
    )


def test_what_is_there_stays(folder, tmp_path, capsys):
    for output in (tmp_path / "file", tmp_path / "folder"):
        if output.name == "file":
            output.write_text("mine")
        else:
            output.mkdir()
        assert main(["import", "bert", str(folder), "--output", str(output)]) == 2
        error = f"musiclm: error: {output} is there already; give another --output\n"
        assert capsys.readouterr().err == error
    assert (tmp_path / "file").read_text() == "mine"
    assert not list((tmp_path / "folder").iterdir())


def test_a_folder_that_is_not_there(tmp_path, capsys):
    assert main(["import", "bert", str(tmp_path / "none"), "--output=new"]) == 2
    assert f"there is no folder {tmp_path / 'none'}" in capsys.readouterr().err


def test_a_full_disk_leaves_nothing(folder, tmp_path, capsys, monkeypatch):
    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(text_start.Path, "write_bytes", fail)
    output = tmp_path / "start"
    assert main(["import", "bert", str(folder), "--output", str(output)]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["bert"]

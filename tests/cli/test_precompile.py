import functools
import importlib.util
import json
import os
import subprocess
import sys
import types

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from musiclm_jax import bundle
from musiclm_jax.cli import main
from musiclm_jax.mulan import network, text_tower
from musiclm_jax.programs import account, chips

RUN = ["--gin_file=runs/semantic_stage.gin", "--gin_file=sizes/tiny.gin"]


@pytest.fixture
def here(monkeypatch):
    """The devices of this process stand in for a slice's."""
    monkeypatch.setattr(chips, "devices", lambda topology: jax.devices())


def test_table_and_json_say_the_same(here, capsys):
    arguments = ["precompile", *RUN, "--topology=v5e:4x2"]
    arguments += ["--gin.LM_LAYERS=1", "--gin.SEMANTIC_STAGE_SECONDS=1.0"]
    assert main.main([*arguments, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["chips"] == 8 and facts["mesh"] == {"data": 8, "model": 1}
    assert facts["batch"]["semantic"] == [8, 25, 1]
    assert facts["fits"] and facts["peak_bytes"] < facts["memory_bytes"] == 16 * 2**30
    # Twice forward, four times back, for each parameter that multiplies and token.
    tokens = 8 * (6 + 25 - 1)
    in_products = 256 * 3 * 256 + 256 * 256 + 3 * 256 * 1024
    assert facts["flops"] > 6 * tokens * in_products
    assert facts["flops"] < 1.5 * 6 * tokens * in_products
    assert main.main(arguments) == 0
    table = capsys.readouterr().out
    assert f"parameters              {facts['parameters']:,}" in table
    assert "fits with a tenth free  yes" in table


def test_window_of_a_stage_and_of_the_codec(here, capsys):
    arguments = ["precompile", "--gin_file=sizes/tiny.gin", "--topology=v5e:4x2"]
    arguments += ["--program=generate", "--num=16"]
    stage = ["--gin_file=runs/coarse_stage.gin", "--gin.LM_LAYERS=1"]
    stage.append("--gin.COARSE_STAGE_SECONDS=0.2")
    codec, tones = ["--gin_file=runs/codec.gin"], ["--gin_file=runs/tone_codec.gin"]
    facts = {}
    for name, own in (("stage", stage), ("codec", codec), ("tones", tones)):
        assert main.main([*arguments, *own, "--json"]) == 0
        facts[name] = json.loads(capsys.readouterr().out)
        assert facts[name]["mesh"] == {"data": 8, "model": 1}
    assert facts["stage"]["batch"] == {"mulan": [16, 1, 6], "semantic": [16, 5, 1]}
    assert facts["codec"]["batch"] == {"acoustic": [16, 500, 12]}
    assert facts["tones"]["batch"] == {"acoustic": [16, 250, 12]}
    # Each token but the last passes the stage; nothing is guided in the papers.
    tokens = 16 * (6 + 5 + 5 * 2)
    in_products = 256 * 3 * 256 + 256 * 256 + 3 * 256 * 1024
    in_scores = 16 * (5 * 2) * 512 * 256
    products = tokens * in_products + in_scores
    assert 2 * products < facts["stage"]["flops"] < 1.5 * 2 * products
    # Pieces share no arithmetic, so chips have nothing to say to each other.
    assert facts["stage"]["sent_bytes"] < 1000
    assert main.main([*arguments, *stage]) == 0
    assert "Tflop" in (table := capsys.readouterr().out) and "of a window" in table


def test_a_training_on_a_frozen_part_takes_its_sizes_from_the_bundle(
    here, capsys, monkeypatch
):
    tower = text_tower.TextTowerConfig(
        vocab_size=20,
        max_length=16,
        num_layers=1,
        num_heads=2,
        embed_dim=8,
        mlp_dim=16,
        dropout_rate=0.0,
        scan_layers=False,
        dtype="float32",
    )
    config = types.SimpleNamespace(text_tower=tower, embed_dim=128)
    init = functools.partial(tower.module(128).init, train=False)
    tokens = jnp.ones((1, 16), jnp.int32)
    boxed = jax.eval_shape(init, jax.random.key(0), tokens)["params"]
    params = jax.tree.map(lambda x: np.zeros(x.shape, x.dtype), nn.meta.unbox(boxed))
    monkeypatch.setattr(
        bundle, "load_part", lambda *_: (config, {"text_tower": params})
    )
    monkeypatch.setattr(network, "init_params", lambda *_: {"text_tower": boxed})
    arguments = ["precompile", "--gin_file=runs/image_tower.gin", "--json"]
    arguments += ["--gin_file=sizes/tiny.gin", "--topology=v5e:4x2"]
    arguments += [
        "--gin.IMAGE_WIDTHS=(8,)",
        "--gin.IMAGE_SIZE=16",
        "--gin.VOCABULARY=''",
    ]
    assert main.main(arguments) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["batch"] == {"image": [64, 16, 16, 3], "text": [64, 16]}
    assert facts["fits"] and facts["sent_bytes"] > 0
    # The tower alone is trained.
    convolutions = 8 * (8 * 8 * 3 + 2 * 9 * 8 + 3) + 2 * 3 * 8
    ends = 8 * 4 + (5 * 8 + 1) * 128
    assert facts["parameters"] == convolutions + ends + 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--topology=v5e:4x2"], "no configuration: give a run file"),
        ([*RUN, "--topology=v9:2"], "v9:2 is of no chip that is known"),
        ([*RUN, "--topology=v5e:4x2", "--gin.SEMANTIC_STAGE_BATCH=3"], "3 rows"),
        ([*RUN, "--topology=v5e:4x2", "--gin.MODEL_PARALLEL=3"], "does not divide"),
        ([*RUN, "--topology=v5e:4x2", "--num=8"], "--num is for --program=generate"),
        (
            [*RUN, "--topology=v5e:4x2", "--program=generate", "--num=3"],
            "3 rows, which do not divide over the 8",
        ),
        (
            [
                "--gin_file=runs/semantic.gin",
                "--gin_file=sizes/tiny.gin",
                "--topology=v5e:4x2",
                "--program=generate",
            ],
            "nothing is generated with this network alone",
        ),
        ([*RUN], "--topology"),
    ],
)
def test_one_line_for_what_cannot_be(here, capsys, arguments, message):
    assert main.main(["precompile", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_what_does_not_fit_says_what_to_change(here, capsys, monkeypatch):
    def too_large(*args, **options):
        raise account.TooLarge("54G of 31G")

    monkeypatch.setattr(account, "account", too_large)
    assert main.main(["precompile", *RUN, "--topology=v5e:4x2"]) == 2
    error = capsys.readouterr().err
    assert "does not fit v5e:4x2: 54G of 31G; take more chips" in error


@pytest.mark.skipif(
    importlib.util.find_spec("libtpu") is None,
    reason="the TPU compiler is not installed: pip install musiclm_jax[tpu]",
)
def test_the_tpu_compiler_itself():
    arguments = ["precompile", *RUN, "--topology=v5e:4x2", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "musiclm_jax", *arguments],
        env={**os.environ, "XLA_FLAGS": ""},
        capture_output=True,
        check=True,
        text=True,
    )
    facts = json.loads(done.stdout)
    assert facts["chips"] == 8 and 0 < facts["peak_bytes"] < facts["memory_bytes"]
    assert facts["collectives"]

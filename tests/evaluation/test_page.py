"""The tables of a whole model: the one in the box, on clips of its corpus."""

import numpy as np
import pytest
import soundfile

from musiclm_jax.bundle import default_folder
from musiclm_jax.data.synth.corpus import Corpus
from musiclm_jax.evaluation import control, material, page, unseen_prompts
from musiclm_jax.evaluation.excerpts import Excerpts
from musiclm_jax.evaluation.parts import Parts

SIZES = material.Sizes(num_train=16, num_test=4, num_generated=2, batch=2, seed=0)


@pytest.fixture(scope="module")
def parts():
    return Parts.load(default_folder())


@pytest.fixture(scope="module")
def drawn():
    corpus = Corpus(num_clips=26, clip_seconds=5.0, seed=0)
    examples = [corpus.example(index) for index in range(corpus.num_clips)]
    splits = {
        "train": examples[:16],
        "validation": examples[16:22],
        "test": examples[22:],
    }
    return material.draw(splits, SIZES)


def shares(table):
    """All figures of a table that are between 0 and 1, and how many there are."""
    cells = [cell for row in table.rows for cell in row[1:] if cell is not None]
    assert all(0.0 <= cell <= 1.0 for cell in cells)
    return len(cells)


def test_codec(parts, tmp_path):
    times = np.arange(6 * 16000) / 16000
    soundfile.write(tmp_path / "a.wav", 0.1 * np.sin(2 * np.pi * 440 * times), 16000)
    real = Excerpts.cut(tmp_path, 24000, num=1)
    table = page.codec_figures(parts.codec, 3, real, batch=2)
    assert table.title == "Codec, 3 of 6 levels"
    found = {row[0]: row[1:] for row in table.rows}
    cents, coded_cents = found["held notes: cents off, median"]
    assert cents < 8.0 and coded_cents >= 0.0
    assert found["1 recordings: partials kept"][0] == 1.0
    assert found["decodes, times real time"][1] > 0.0


@pytest.mark.slow
def test_semantic_tokens(parts, drawn):
    table = page.semantic_figures(parts.semantic, drawn, seed=0)
    assert table.columns == ("attribute", "of the model", "log-mel")
    assert shares(table) == 10


@pytest.mark.slow
def test_mulan(parts, drawn):
    table = page.mulan_figures(parts.mulan, drawn)
    assert len(table.rows) == 3 + 6
    assert 0 <= table.rows[2][1] <= 6


@pytest.mark.slow
def test_what_is_generated(parts, drawn):
    model = parts.model
    made = material.make(
        drawn,
        parts.codec,
        levels=model.networks.acoustics.num_levels,
        model=model,
        sizes=SIZES,
    )
    assert made.true.shape == made.decoded.shape == (4, 5 * 24000)
    assert made.generated.shape == (2, 5 * 24000)
    probes = control.probes_of(made)
    assert len(control.judge(made, probes)) == 5
    assert len(page.acoustics_figures(model, made, SIZES).rows) == 2
    prompts = [unseen_prompts.UnseenPrompt("nap", {"onsets": "few"})] * 2
    assert shares(page.unseen_figures(model, made, probes, prompts, SIZES)) == 3
    table = page.memorised_figures(model, drawn, SIZES)
    assert [row[1] for row in table.rows] == [2, 2, 2]
    assert all(0 <= row[2] <= 125 for row in table.rows)

"""The papers' numbers against `sizes/paper.gin` with each run file, one by one.

What departs from a number has its row in docs/deviations.md, named here beside it; a
row that no longer departs fails as well.
"""

import operator
import re
from pathlib import Path

import jax
import pytest

from musiclm_jax import stages
from musiclm_jax.cli import config, train
from musiclm_jax.generation.config import GenerationConfig
from musiclm_jax.training import schedules

ROWS = Path(__file__).parent.parent / "docs" / "deviations.md"
GIVEN = ("MODEL_DIR", "DATA_DIR", "VOCABULARY", "BUNDLE", "TOKENS")

# Run, what is read of its task and batches, the paper's number, the paper's place.
CARD = [
    ("codec", "task.config.sample_rate", 24_000, "MusicLM 3.1"),
    ("codec", "task.config.hop_length", 480, "MusicLM 3.1"),
    ("codec", "task.config.frame_rate", 50.0, "MusicLM 3.1"),
    ("codec", "task.config.num_quantizers", 12, "MusicLM 3.1"),
    ("codec", "task.config.codebook_size", 1024, "MusicLM 3.1"),
    ("codec", "task.config.encoder_channels", 32, "SoundStream V-D"),
    ("codec", "task.config.decoder_channels", 32, "SoundStream V-D"),
    ("codec", "task.config.channel_multipliers", (2, 4, 8, 16), "SoundStream III-A"),
    ("codec", "task.config.residual_dilations", (1, 3, 9), "SoundStream III-A"),
    ("codec", "task.config.kernel_size", 7, "SoundStream III-A"),
    ("codec", "task.config.bottleneck_kernel_size", 3, "SoundStream III-A"),
    ("codec", "task.codebook_decay", 0.99, "SoundStream III-C"),
    ("codec", "task.dead_threshold", 2.0, "SoundStream III-C"),
    ("codec", "task.quantizer_dropout", True, "SoundStream III-C"),
    ("codec", "task.commitment_weight", 0.0, "SoundStream III-E: none listed"),
    ("codec", "task.weights.mel", 1.0, "SoundStream III-E"),
    ("codec", "task.weights.adversarial", 1.0, "SoundStream III-E"),
    ("codec", "task.weights.feature", 100.0, "SoundStream III-E"),
    (
        "codec",
        "task.reconstruction.0.window_lengths",
        (64, 128, 256, 512, 1024, 2048),
        "SoundStream III-E",
    ),
    ("codec", "task.adversary.config.wave_factors", (1, 2, 4), "SoundStream III-D"),
    ("codec", "task.adversary.config.wave_strides", (4,) * 4, "SoundStream III-D"),
    ("codec", "task.adversary.config.group_size", 4, "SoundStream III-D"),
    ("codec", "task.adversary.config.max_wave_channels", 1024, "SoundStream III-D"),
    ("codec", "task.adversary.config.frame_length", 1024, "SoundStream III-D"),
    ("codec", "task.adversary.config.stft_hop_length", 256, "SoundStream III-D"),
    ("codec", "task.adversary.config.stft_channels", 32, "SoundStream III-D"),
    ("semantic", "task.config.mel.num_mels", 80, "w2v-BERT 3.1"),
    ("semantic", "task.config.frame_rate", 25.0, "MusicLM 3.1"),
    ("semantic", "task.config.embed_dim", 1024, "w2v-BERT XL"),
    ("semantic", "task.config.num_heads", 8, "w2v-BERT XL"),
    ("semantic", "task.config.kernel_size", 5, "w2v-BERT XL"),
    ("semantic", "task.config.num_contrastive_layers", 12, "w2v-BERT XL"),
    ("semantic", "task.config.num_masked_layers", 12, "w2v-BERT XL"),
    ("semantic", "task.config.codebook_size", 1024, "w2v-BERT 3.1"),
    ("semantic", "task.config.codebook_dim", 1024, "w2v-BERT 3.1"),
    ("semantic", "task.config.tap_layer", 7, "MusicLM 3.1"),
    ("semantic", "task.config.num_centroids", 1024, "MusicLM 3.1"),
    ("semantic", "task.pretraining.mask_start_probability", 0.065, "w2v-BERT 3.2"),
    ("semantic", "task.pretraining.mask_span", 10, "w2v-BERT 3.2"),
    ("semantic", "task.pretraining.mask_scale", 1.0, "w2v-BERT 3.2: random vectors"),
    ("semantic", "task.pretraining.contrastive_weight", 1.0, "w2v-BERT 3.2"),
    ("semantic", "task.pretraining.masked_weight", 1.0, "w2v-BERT 3.2"),
    ("semantic", "task.pretraining.diversity_weight", 0.1, "w2v-BERT 3.2"),
    ("semantic", "batches.batch_size", 2048, "w2v-BERT 4.2"),
    ("semantic", "cadence.num_steps", 400_000, "w2v-BERT 4.2"),
    ("mulan", "task.config.embed_dim", 128, "MusicLM 2.5"),
    ("mulan", "task.config.audio_tower.stage_sizes", (3, 4, 6, 3), "ResNet-50"),
    ("mulan", "task.config.audio_tower.width", 64, "ResNet-50"),
    ("mulan", "task.config.text_tower.num_layers", 12, "BERT-base"),
    ("mulan", "task.config.text_tower.num_heads", 12, "BERT-base"),
    ("mulan", "task.config.text_tower.embed_dim", 768, "BERT-base"),
    ("mulan", "task.config.text_tower.mlp_dim", 3072, "BERT-base"),
    ("mulan", "task.config.text_tower.max_length", 512, "MuLan"),
    ("mulan", "task.config.window_seconds", 10.0, "MusicLM 3.1"),
    ("mulan", "task.config.stride_seconds", 1.0, "MusicLM 3.1"),
    ("mulan", "batches.crop_seconds", 10.0, "MusicLM 3.1"),
    ("melody", "task.config.num_layers", 12, "MusicLM C"),
    ("melody", "task.config.num_heads", 6, "MusicLM C"),
    ("melody", "task.config.width", 512, "MusicLM C"),
    ("melody", "task.config.mlp_dim", 1024, "MusicLM C"),
    ("melody", "task.config.embed_dim", 192, "MusicLM C"),
    ("melody", "task.config.window_seconds", 4.0, "MusicLM C"),
    ("melody", "task.config.hop_seconds", 3.0, "MusicLM C"),
]
for run, seconds, levels in (
    ("semantic_stage", 30.0, 1),
    ("coarse_stage", 10.0, 4),
    ("fine_stage", 3.0, 8),
):
    CARD += [
        (run, "task.config.network.num_layers", 24, "MusicLM 4.1"),
        (run, "task.config.network.num_heads", 16, "MusicLM 4.1"),
        (run, "task.config.network.head_dim", 64, "MusicLM 4.1"),
        (run, "task.config.network.embed_dim", 1024, "MusicLM 4.1"),
        (run, "task.config.network.mlp_dim", 4096, "MusicLM 4.1"),
        (run, "task.config.network.dropout_rate", 0.1, "MusicLM 4.1"),
        (run, "task.config.network.num_buckets", 32, "T5"),
        (run, "task.config.stage.crop_seconds", seconds, "MusicLM 4.2"),
        (run, "task.config.stage.target.num_levels", levels, "MusicLM 3.2"),
        (run, "task.z_loss", 0.0, "MusicLM: none"),
        (run, "task.condition_dropout_rates.mulan", 0.0, "MusicLM: none"),
        (run, "batches.crop_seconds", seconds, "MusicLM 4.2"),
        (run, "batches.batch_size", 256, "AudioLM IV"),
        (run, "batches.caption_share", 0.0, "MusicLM 3.1"),
        (run, "cadence.num_steps", 1_000_000, "AudioLM IV"),
    ]

# What departs, and the row of docs/deviations.md that says so.
DEPARTURES = {
    "task.commitment_weight": "commitment loss of the codec",
    "task.weights.adversarial": "weights of the codec's losses",
    "task.weights.feature": "weights of the codec's losses",
    "task.pretraining.mask_scale": "noise in place of masked latents",
    "task.z_loss": "z-loss of the stages",
    "task.condition_dropout_rates.mulan": "conditioning left out",
}


def read(place, path):
    """Follows attributes, indices and keys."""
    for name in path.split(".")[1:]:
        if isinstance(place, dict):
            place = place[name]
        elif name.isdigit():
            place = place[int(name)]
        else:
            place = operator.attrgetter(name)(place)
    return place


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    folder = tmp_path_factory.mktemp("card")
    given = "\n".join(f"{name} = {name.lower()!r}" for name in GIVEN)
    (folder / "given.gin").write_text(given)
    found = {}

    def load(run, *built):
        if run not in found:
            files = (f"runs/{run}.gin", "sizes/paper.gin", "given.gin")
            config.load(config.GinArguments(files, (), (str(folder),)))
            parts = ("task", "batches", "cadence")
            found[run] = {part: config.build(train.train, part) for part in parts}
        return found[run]

    return load


@pytest.fixture(scope="module")
def rows():
    """First cells of the table."""
    return set(re.findall(r"^\| ([^|]+?) \|", ROWS.read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("run", "path", "number", "paper"), CARD, ids=[f"{r}-{p}" for r, p, _, _ in CARD]
)
def test_number_is_the_papers_or_has_its_row(load, rows, run, path, number, paper):
    part = path.partition(".")[0]
    found = read(load(run)[part], path)
    if path in DEPARTURES:
        assert found != number, f"{path} is the paper's ({paper}): it needs no row"
        assert DEPARTURES[path] in rows
    else:
        assert found == number, f"{path} is {found}, in {paper} it is {number}"


def test_w2v_bert_learns_by_the_papers_optimizer_and_schedule(load):
    """w2v-BERT 4.2: Adam, no decay, the rate of a Transformer, peak after warm-up."""
    optimizer = load("semantic")["task"].optimizer
    params = {"kernel": jax.numpy.ones((4, 4))}
    state = optimizer.init(params)
    counts = [leaf for leaf in jax.tree.leaves(state) if leaf.dtype == "int32"]
    assert counts, "no schedule counts its steps"

    def rate(step):
        at = jax.tree.map(lambda x: x + step if x.dtype == "int32" else x, state)
        gradient = {"kernel": 1e-3 * jax.numpy.ones((4, 4))}
        updates, _ = optimizer.update(gradient, at, params)
        still, _ = optimizer.update(
            jax.tree.map(jax.numpy.zeros_like, params), at, params
        )
        assert not still["kernel"].any(), "weights decay"
        return float(abs(updates["kernel"][0, 0]))

    wanted = schedules.warmup_rsqrt(peak_lr=2e-3, warmup_steps=25_000)
    scale = rate(24_999) / float(wanted(24_999))
    for step in (12_499, 99_999, 399_999):
        # Adam's correction of its averages depends on the step only at the beginning.
        assert rate(step) / float(wanted(step)) == pytest.approx(scale, rel=1e-3)


def test_sampling_is_the_papers():
    """MusicLM 4.2 and 6: temperatures, nothing cut off, half a window kept."""
    found = GenerationConfig()
    temperatures = [
        getattr(found, s).temperature for s in ("semantic", "coarse", "fine")
    ]
    assert temperatures == [1.0, 0.95, 0.4]
    for name in ("semantic", "coarse", "fine"):
        stage = getattr(found, name)
        assert (stage.top_k, stage.top_p, stage.guidance) == (None, None, 1.0)
    assert found.semantic_overlap == 0.5
    assert found.candidates == 1


def test_lengths_of_the_papers_sequences(load):
    """Conditioning and target of a crop, counted by hand."""
    tokens = {"semantic_stage": 12 + 750, "coarse_stage": 12 + 250 + 2000}
    tokens["fine_stage"] = 600 + 1200
    for run, length in tokens.items():
        stage = load(run)["task"].config
        layout = stage.layout(stage.stage.crop_seconds)
        assert len(layout.positions) == length
    assert stages.SEMANTIC.prefix[0].num_levels == 12

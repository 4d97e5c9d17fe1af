"""Bundles that are not finished are measured as far as they go."""

import pytest

from musiclm_jax import bundle
from musiclm_jax.evaluation.parts import Parts


def copy(folder, *parts, without=()):
    """Puts parts of the model in the box into a folder."""
    box = bundle.Bundle.load(bundle.default_folder())
    for part in parts:
        config, params = box.load_part(part)
        kept = {name: value for name, value in params.items() if name not in without}
        bundle.save_part(folder, part, config, kept)


def test_a_codec_alone(tmp_path):
    copy(tmp_path, "codec")
    parts = Parts.load(tmp_path)
    assert parts.codec.sample_rate == 24000
    assert (parts.semantic, parts.mulan, parts.model) == (None, None, None)
    assert parts.missing == (
        "semantic: not in the bundle",
        "mulan: not in the bundle",
        "semantic_stage: not in the bundle, so nothing is generated",
        "coarse_stage or soundstorm: not in the bundle, so nothing is generated",
    )


def test_a_network_without_its_centroids_is_missing(tmp_path):
    copy(tmp_path, "semantic", without=("codebooks",))
    parts = Parts.load(tmp_path)
    assert (parts.codec, parts.semantic) == (None, None)
    assert "semantic: its centroids are not fitted yet" in parts.missing


def test_tokenizers_alone(tmp_path):
    copy(tmp_path, "codec", "semantic", "mulan")
    vocabulary = bundle.Bundle.load(bundle.default_folder()).file(bundle.VOCABULARY)
    bundle.save_file(tmp_path, bundle.VOCABULARY, vocabulary.read_bytes())
    parts = Parts.load(tmp_path)
    assert parts.mulan.embed_text(["a slow waltz"]).shape == (1, 128)
    assert parts.semantic.frame_rate == 25.0
    assert parts.model is None and len(parts.missing) == 2


def test_a_finished_model_lacks_nothing():
    parts = Parts.load(bundle.default_folder())
    assert parts.missing == ()
    assert parts.codec is parts.model.tokenizers.codec
    assert parts.model.networks.acoustics.num_levels == 6


def test_no_bundle(tmp_path):
    with pytest.raises(FileNotFoundError, match="no model in"):
        Parts.load(tmp_path)

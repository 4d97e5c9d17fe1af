import numpy as np
import pytest

from musiclm_jax import bundle
from musiclm_jax.cli import frozen_parts


def test_nothing_is_read_before_it_is_asked_for(monkeypatch):
    tokenizers = frozen_parts.FrozenTokenizers(bundle="not there")
    with pytest.raises(FileNotFoundError, match="not there"):
        tokenizers.fingerprint()
    with pytest.raises(FileNotFoundError, match="not there"):
        tokenizers.mulan_codes(np.zeros(6))
    codebooks = np.eye(6, dtype=np.float32)[None]
    parts = {"mulan": (None, {"codebooks": codebooks})}
    monkeypatch.setattr(bundle, "load_part", lambda folder, part: parts[part])
    assert tokenizers.mulan_codes(np.eye(6)[4]).tolist() == [4]


def test_codebooks_that_are_not_fitted_are_named(monkeypatch):
    monkeypatch.setattr(bundle, "load_part", lambda folder, part: (None, {}))
    tokenizers = frozen_parts.FrozenTokenizers(bundle="model")
    with pytest.raises(ValueError, match=r"model has no codebooks: .*mulan_rvq.gin"):
        tokenizers.mulan_codes(np.zeros(6))

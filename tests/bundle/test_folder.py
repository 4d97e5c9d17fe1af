import dataclasses
import json

import numpy as np
import pytest

from musiclm_jax import bundle
from musiclm_jax.files import whole_files


@dataclasses.dataclass(frozen=True)
class Inner:
    strides: tuple[int, ...]
    rate: float


@dataclasses.dataclass(frozen=True)
class Outer:
    name: str
    size: int
    is_causal: bool
    inner: Inner
    pair: tuple[Inner, str]
    window: float | None


CONFIG = Outer(
    name="tiny",
    size=3,
    is_causal=True,
    inner=Inner((2, 4), 0.5),
    pair=(Inner((), 1.0), "x"),
    window=None,
)


@pytest.fixture(autouse=True)
def _own_kind(monkeypatch):
    for place in (bundle.folder, bundle.saving):
        monkeypatch.setattr(place, "kinds", lambda: {"outer": Outer})


@pytest.fixture
def params(rng):
    return {
        "encoder": {"kernel": rng.standard_normal((3, 4)).astype(np.float32)},
        "scale": np.float32(1.5),
        "counts": np.array([1e6, 0.0], np.float32),
        "codes": np.arange(3, dtype=np.int32),
    }


def _same(got, want, tolerance=1e-3):
    assert set(got) == set(want)
    for name, value in want.items():
        if isinstance(value, dict):
            _same(got[name], value, tolerance)
        else:
            assert got[name].shape == np.shape(value)
            np.testing.assert_allclose(got[name], value, rtol=tolerance)


def test_part_comes_back(tmp_path, params):
    folder = tmp_path / "deep" / "model"
    bundle.save_part(folder, "codec", CONFIG, params)
    config, loaded = bundle.load_part(folder, "codec")
    assert config == CONFIG
    _same(loaded, params)
    assert loaded["encoder"]["kernel"].dtype == np.float32
    assert loaded["codes"].dtype == np.int32
    entry = bundle.Bundle.load(folder).parts["codec"]
    assert entry["parameters"] == 12 + 1 + 2 + 3


def test_floats_are_stored_in_half_precision(tmp_path, rng):
    kernel = rng.standard_normal((100, 100)).astype(np.float32)
    bundle.save_part(tmp_path, "codec", CONFIG, {"kernel": kernel})
    assert bundle.Bundle.load(tmp_path).parts["codec"]["bytes"] < 2 * kernel.size + 200
    _, loaded = bundle.load_part(tmp_path, "codec")
    np.testing.assert_array_equal(loaded["kernel"], kernel.astype(np.float16))


def test_a_part_stays_in_its_bits_when_codebooks_are_added(tmp_path, rng):
    kernel = rng.standard_normal((100, 100)).astype(np.float32)
    bundle.save_part(tmp_path, "mulan", CONFIG, {"kernel": kernel}, bits=8)
    _, once = bundle.load_part(tmp_path, "mulan")
    assert np.abs(once["kernel"] - kernel).max() <= np.abs(kernel).max() / 250
    bundle.extend_part(tmp_path, "mulan", {"codebooks": np.ones((2, 3))})
    assert bundle.Bundle.load(tmp_path).parts["mulan"]["bytes"] < 1.1 * kernel.size
    _, twice = bundle.load_part(tmp_path, "mulan")
    np.testing.assert_allclose(twice["kernel"], once["kernel"], rtol=1e-6)


def test_a_part_of_before_is_in_half_precision(tmp_path, params):
    bundle.save_part(tmp_path, "mulan", CONFIG, params)
    path = tmp_path / bundle.MANIFEST
    manifest = json.loads(path.read_text())
    del manifest["parts"]["mulan"]["bits"], manifest["sha256"], manifest["fits"]
    path.write_text(json.dumps(manifest))
    bundle.extend_part(tmp_path, "mulan", {"codebooks": np.ones((2, 3))})
    _, loaded = bundle.load_part(tmp_path, "mulan")
    _same({name: loaded[name] for name in params}, params)


def test_replaced_part_leaves_no_file_behind(tmp_path, params):
    bundle.save_part(tmp_path, "codec", CONFIG, params)
    bundle.save_part(tmp_path, "mulan", CONFIG, params)
    bundle.save_file(tmp_path, bundle.VOCABULARY, b"{}")
    bundle.save_card(tmp_path, {"hours": 1.5})
    bundle.save_sampling(tmp_path, {"guidance": 3.0})
    bundle.save_part(tmp_path, "codec", dataclasses.replace(CONFIG, size=4), {})
    loaded = bundle.Bundle.load(tmp_path)
    assert loaded.load_part("codec")[0].size == 4
    assert loaded.load_part("mulan")[0].size == 3
    assert loaded.file(bundle.VOCABULARY).read_bytes() == b"{}"
    assert loaded.card == {"hours": 1.5}
    assert loaded.sampling == {"guidance": 3.0}
    entries = [*loaded.parts.values(), *loaded.files.values()]
    files = {entry["file"] for entry in entries}
    assert {path.name for path in tmp_path.iterdir()} == files | {bundle.MANIFEST}


def test_a_part_that_is_taken_out_leaves_nothing_behind(tmp_path, params):
    bundle.save_part(tmp_path, "codec", CONFIG, params)
    alone = bundle.Bundle.load(tmp_path)
    bundle.save_part(tmp_path, "mulan", CONFIG, {})
    bundle.remove_part(tmp_path, "mulan")
    loaded = bundle.Bundle.load(tmp_path)
    assert (loaded.parts, loaded.fits) == (alone.parts, alone.fits)
    file = loaded.parts["codec"]["file"]
    assert {path.name for path in tmp_path.iterdir()} == {file, bundle.MANIFEST}
    with pytest.raises(ValueError, match="has no part mulan; it has: codec"):
        bundle.remove_part(tmp_path, "mulan")


def test_failed_write_leaves_the_old_bundle(tmp_path, params, monkeypatch):
    bundle.save_part(tmp_path, "codec", CONFIG, params)
    real = whole_files.os.replace

    def fail(source, target):
        if str(target).endswith(bundle.MANIFEST):
            raise OSError("disk full")
        real(source, target)

    monkeypatch.setattr(whole_files.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        bundle.save_part(tmp_path, "codec", CONFIG, {})
    _, loaded = bundle.load_part(tmp_path, "codec")
    _same(loaded, params)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("change", ["cut", "flip", "missing"])
def test_damaged_part_is_named(tmp_path, params, change):
    bundle.save_part(tmp_path, "codec", CONFIG, params)
    (path,) = tmp_path.glob("codec-*.safetensors")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    if change == "missing":
        path.unlink()
    else:
        path.write_bytes(data if change == "flip" else data[:-5])
    words = {"cut": "damaged", "flip": "does not match", "missing": "is missing"}
    with pytest.raises((ValueError, OSError), match=words[change]) as error:
        bundle.load_part(tmp_path, "codec")
    assert path.name in str(error.value)
    assert "\n" not in str(error.value)


def _edit(folder, **changes):
    path = folder / bundle.MANIFEST
    manifest = json.loads(path.read_text()) | changes
    manifest.pop("sha256", None)
    path.write_text(json.dumps(manifest))


def test_other_version_is_refused(tmp_path, params):
    bundle.save_part(tmp_path, "codec", CONFIG, params)
    _edit(tmp_path, format=2)
    with pytest.raises(ValueError, match=r"format 2; .* reads format 1"):
        bundle.Bundle.load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', "\x00"])
def test_damaged_manifest_is_refused(tmp_path, text):
    (tmp_path / bundle.MANIFEST).write_text(text)
    with pytest.raises(ValueError, match=bundle.MANIFEST):
        bundle.Bundle.load(tmp_path)


def test_manifest_that_is_not_text_is_refused(tmp_path):
    (tmp_path / bundle.MANIFEST).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="damaged"):
        bundle.Bundle.load(tmp_path)


@pytest.mark.parametrize("file", ["../secret", "/etc/passwd", "a/b"])
def test_files_outside_the_folder_are_refused(tmp_path, params, file):
    bundle.save_part(tmp_path, "codec", CONFIG, params)
    entry = bundle.Bundle.load(tmp_path).parts["codec"]
    _edit(tmp_path, parts={"codec": entry | {"file": file}})
    with pytest.raises(ValueError, match="outside the folder"):
        bundle.Bundle.load(tmp_path)


def test_no_bundle_and_no_part(tmp_path, params):
    with pytest.raises(FileNotFoundError, match="no model in"):
        bundle.Bundle.load(tmp_path / "nowhere")
    bundle.save_part(tmp_path, "codec", CONFIG, params)
    with pytest.raises(ValueError, match="no part mulan; it has: codec"):
        bundle.load_part(tmp_path, "mulan")
    with pytest.raises(ValueError, match="has no vocabulary"):
        bundle.Bundle.load(tmp_path).file(bundle.VOCABULARY)


def test_config_is_strict(tmp_path, params):
    bundle.save_part(tmp_path, "codec", CONFIG, params)
    entry = bundle.Bundle.load(tmp_path).parts["codec"]
    config = entry["config"]
    wrong = {
        "unknown field colour": config | {"colour": 1},
        "missing field size": {k: v for k, v in config.items() if k != "size"},
        "size is 3.0, not int": config | {"size": 3.0},
        "size is True, not int": config | {"size": True},
        "is_causal is 1, not bool": config | {"is_causal": 1},
        "rate is '1', not float": config | {"inner": config["inner"] | {"rate": "1"}},
        "name is None, not str": config | {"name": None},
        "is 7, not a table": config | {"inner": 7},
        "pair is ": config | {"pair": []},
    }
    for message, value in wrong.items():
        _edit(tmp_path, parts={"codec": entry | {"config": value}})
        with pytest.raises(ValueError, match=message):
            bundle.load_part(tmp_path, "codec")


def test_whole_number_is_a_float_where_one_is_due(tmp_path, params):
    bundle.save_part(tmp_path, "codec", CONFIG, params)
    entry = bundle.Bundle.load(tmp_path).parts["codec"]
    entry["config"]["inner"]["rate"] = 2
    _edit(tmp_path, parts={"codec": entry})
    config, _ = bundle.load_part(tmp_path, "codec")
    assert isinstance(config.inner.rate, float)


def test_unknown_kind_is_refused(tmp_path, params):
    bundle.save_part(tmp_path, "codec", CONFIG, params)
    entry = bundle.Bundle.load(tmp_path).parts["codec"]
    _edit(tmp_path, parts={"codec": entry | {"kind": "later"}})
    with pytest.raises(ValueError, match="of kind 'later'"):
        bundle.load_part(tmp_path, "codec")
    with pytest.raises(ValueError, match="cannot be described by a Inner"):
        bundle.save_part(tmp_path, "codec", CONFIG.inner, params)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_parameters_that_are_not_finite_are_refused(tmp_path, bad):
    with pytest.raises(ValueError, match="a/kernel is not finite"):
        bundle.save_part(tmp_path, "codec", CONFIG, {"a": {"kernel": np.array(bad)}})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "a/b", 3])
def test_parameter_names_are_checked(tmp_path, name):
    with pytest.raises(ValueError, match="cannot be named"):
        bundle.save_part(tmp_path, "codec", CONFIG, {name: np.zeros(1)})


def test_hash_of_the_tokenizers_follows_their_parts(tmp_path, params):
    for part in ("codec", "semantic"):
        bundle.save_part(tmp_path, part, CONFIG, params)
    with pytest.raises(ValueError, match="has no part mulan yet"):
        bundle.Bundle.load(tmp_path).tokenizers_hash()
    bundle.save_part(tmp_path, "mulan", CONFIG, params)
    before = bundle.Bundle.load(tmp_path).tokenizers_hash()
    bundle.save_part(tmp_path, "coarse_stage", CONFIG, {})
    assert bundle.Bundle.load(tmp_path).tokenizers_hash() == before
    bundle.extend_part(tmp_path, "mulan", {"codebooks": np.ones(3)})
    assert bundle.Bundle.load(tmp_path).tokenizers_hash() != before
    _, extended = bundle.load_part(tmp_path, "mulan")
    _same(extended, params | {"codebooks": np.ones(3)})


def test_hash_of_the_content_follows_every_file_and_nothing_else(tmp_path, params):
    def content_hash():
        return bundle.Bundle.load(tmp_path).content_hash()

    bundle.save_part(tmp_path, "codec", CONFIG, params)
    first = content_hash()
    bundle.save_card(tmp_path, {"hours": 1.5})
    bundle.save_sampling(tmp_path, {"guidance": 3.0})
    assert content_hash() == first
    bundle.save_file(tmp_path, bundle.VOCABULARY, b"{}")
    second = content_hash()
    bundle.save_part(tmp_path, "codec", CONFIG, {})
    assert len({first, second, content_hash()}) == 3


def test_a_manifest_of_before_has_no_settings(tmp_path, params):
    bundle.save_part(tmp_path, "codec", CONFIG, params)
    path = tmp_path / bundle.MANIFEST
    manifest = json.loads(path.read_text())
    assert manifest.pop("sampling") == {} and manifest.pop("sha256")
    path.write_text(json.dumps(manifest))
    assert bundle.Bundle.load(tmp_path).sampling == {}
    _edit(tmp_path, sampling=[])
    with pytest.raises(ValueError, match="card, sampling or fits are no tables"):
        bundle.Bundle.load(tmp_path)

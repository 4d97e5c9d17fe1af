import warnings
from pathlib import Path

import jax
import pytest
from jax.experimental.compilation_cache.compilation_cache import reset_cache

from musiclm_jax.cli import compilation_cache


@pytest.fixture(autouse=True)
def _restore():
    names = [
        "jax_compilation_cache_dir",
        "jax_persistent_cache_min_compile_time_secs",
        "jax_persistent_cache_min_entry_size_bytes",
    ]
    before = {name: getattr(jax.config, name) for name in names}
    yield
    for name, value in before.items():
        jax.config.update(name, value)


def test_folder_follows_the_environment(monkeypatch):
    monkeypatch.delenv("MUSICLM_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert compilation_cache.folder() == Path("/cache/musiclm_jax")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert compilation_cache.folder() == Path.home() / ".cache" / "musiclm_jax"
    monkeypatch.setenv("MUSICLM_CACHE_DIR", "/own")
    assert compilation_cache.folder() == Path("/own")


def test_jax_is_told_once(monkeypatch, tmp_path):
    monkeypatch.setenv("MUSICLM_CACHE_DIR", str(tmp_path))
    jax.config.update("jax_compilation_cache_dir", None)
    compilation_cache.use()
    assert jax.config.jax_compilation_cache_dir == str(tmp_path)
    assert jax.config.jax_persistent_cache_min_compile_time_secs == 0.0
    jax.config.update("jax_compilation_cache_dir", "/theirs")
    compilation_cache.use()
    assert jax.config.jax_compilation_cache_dir == "/theirs"


def test_a_cut_entry_is_written_anew(monkeypatch, tmp_path):
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setenv("MUSICLM_CACHE_DIR", str(tmp_path))
    jax.config.update("jax_compilation_cache_dir", None)
    compilation_cache.use()
    reset_cache()

    def compute():
        return jax.jit(lambda x: 3 * x + 1, inline=False)(2.0)

    compute()
    (entry,) = tmp_path.glob("*lambda*-cache")
    whole = entry.read_bytes()
    entry.write_bytes(whole[: len(whole) // 2])
    jax.clear_caches()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", compilation_cache._show)
        assert compute() == 7
    assert len(entry.read_bytes()) > len(whole) // 2
    reset_cache()

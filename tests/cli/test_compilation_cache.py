from pathlib import Path

import jax
import pytest

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

"""What there is no memory for is told from shapes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from musiclm_jax.parallel import memory, sharding

GIB = 2**30


@pytest.fixture
def mesh():
    return sharding.make_mesh(devices=jax.devices()[:2])


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A host with 3 GiB left, and a container of 2 GiB that has taken one."""
    files = {
        "_HOST": f"MemTotal: 99 kB\nMemAvailable: {2 * 2**20} kB\nSwapFree: 1048576 kB",
        "_LIMIT": str(2 * GIB),
        "_TAKEN": f"anon {GIB}\nfile 5000\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(memory, name, tmp_path / name)
    return tmp_path


def test_devices_of_a_host_share_its_memory(host, mesh):
    memory.check("it", GIB // 2, mesh, advice="less")
    said = r"it needs 1.1 GiB of memory at least, and 1.0 GiB are free: less"
    with pytest.raises(ValueError, match=said):
        memory.check("it", 55 * GIB // 100, mesh, advice="less")
    memory.check_host("it", GIB, advice="less")


@pytest.mark.parametrize("limit", ["max", None])
def test_without_a_container_all_is_there(host, limit):
    (host / "_LIMIT").write_text(limit) if limit else (host / "_LIMIT").unlink()
    memory.check_host("it", 3 * GIB, advice="less")
    with pytest.raises(ValueError, match=r"3\.0 GiB are free"):
        memory.check_host("it", 3 * GIB + 1, advice="less")


def test_where_nobody_knows_nothing_is_refused(host):
    (host / "_HOST").unlink()
    memory.check_host("it", 2**60, advice="less")


def test_bytes_are_those_of_one_device(mesh):
    rows = NamedSharding(mesh, PartitionSpec("data"))
    tree = {
        "halves": jax.ShapeDtypeStruct((4, 3), np.float32, sharding=rows),
        "whole": jax.ShapeDtypeStruct((5,), jnp.bfloat16),
        "array": np.zeros((2, 2), np.int8),
    }
    assert memory.bytes_of(tree) == 2 * 3 * 4 + 5 * 2 + 4


def test_a_program_is_compiled_once(mesh, monkeypatch):
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, seconds, **_: (
            compiled.append(event)
            if event == "/jax/core/compile/backend_compile_duration"
            else None
        )
    )
    program = jax.jit(lambda x, y: jnp.sin(x) @ x + y, donate_argnums=0)
    place = sharding.replicated(mesh)
    x = jax.device_put(jnp.ones((64, 64)), place)
    compiled.clear()
    memory.check_program("it", program, x, np.float32(1), mesh=mesh, advice="less")
    program(x, np.float32(1))
    assert len(compiled) == 1
    # What it makes on its way is counted, and what it gives; not what it is given.
    monkeypatch.setattr(memory, "_host_free", lambda: 2 * 64 * 64 * 4 - 1)
    x = jax.device_put(jnp.ones((64, 64)), place)
    with pytest.raises(ValueError, match="it needs"):
        memory.check_program("it", program, x, np.float32(1), mesh=mesh, advice="less")

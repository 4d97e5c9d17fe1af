"""Strict settings for every test, and the two random sources tests start from."""

import os
import signal

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=8"
    # Eight devices on two busy cores may keep each other waiting for long.
    " --xla_cpu_collective_call_terminate_timeout_seconds=600"
)

import jax
import numpy as np
import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Tests in the background of a shell: what they start would ignore Ctrl-C too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)
jax.config.update("jax_disable_most_optimizations", True)


@pytest.fixture
def rng() -> np.random.Generator:
    """NumPy's generator, seeded."""
    return np.random.default_rng(0)


@pytest.fixture
def key() -> jax.Array:
    """A JAX key, seeded."""
    return jax.random.key(0)

"""Strict settings for every test, the two random sources, and a reader of pages."""

import html.parser
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


class HtmlReader(html.parser.HTMLParser):
    """Checks that elements are closed in order; keeps elements and texts."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def attributes(self, name):
        return [a[name] for _, a in self.elements if name in a]


@pytest.fixture
def read_html() -> type[HtmlReader]:
    """Reads the text of a page."""
    return HtmlReader

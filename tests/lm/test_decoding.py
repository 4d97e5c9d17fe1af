"""What the compiled loop over tokens moves: no weight and no cache."""

import dataclasses
import math
import re

import jax
import jax.numpy as jnp
import pytest
from flax.linen import meta

from musiclm_jax.lm import sampling

# Moves numbers, and computes nothing.
MOVES = {"copy", "transpose", "slice", "dynamic-slice", "concatenate"}
# The smallest weight, [embed, heads * kv].
WEIGHT = 256 * 256


@pytest.fixture
def optimized():
    """Compiles as users do, and not as quickly as the other tests."""
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", True)


@pytest.fixture
def compiled(stage_config):
    """Compiles the sampling of a wider stage; returns the program's text."""

    def make(*, guided=False):
        config = stage_config("semantic")
        sizes = {"num_heads": 4, "head_dim": 64, "embed_dim": 256, "mlp_dim": 384}
        network = dataclasses.replace(config.network, **sizes)
        config = dataclasses.replace(config, network=network)
        layout = config.layout(config.stage.crop_seconds)
        tokens = jnp.zeros((1, len(layout.positions)), jnp.int32)
        variables = jax.eval_shape(
            lambda rng: config.build().init(rng, tokens, layout),
            jax.random.key(0),
        )
        prefix = jnp.zeros((1, layout.prefix_length), jnp.int32)
        lowered = sampling._sample.lower(
            config,
            meta.unbox(variables)["params"],
            prefix,
            prefix if guided else None,
            jnp.zeros((1, 0, 1), jnp.int32),
            jax.random.split(jax.random.key(0), 1),
            jnp.ones(1),
            jnp.float32(1.0),
            None,
            num_frames=layout.num_frames,
            top_k=None,
            top_p=None,
            weight_bits=None,
        )
        return lowered.compile().as_text()

    return make


def computations(text):
    """The lines of each computation of a program, by its name."""
    found, lines = {}, None
    for line in text.splitlines():
        if start := re.match(r"(?:ENTRY )?%?([\w.-]+) .*\{$", line):
            lines = found[start[1]] = []
        elif lines is not None:
            lines.append(line)
    return found


def moved_in_loops(text, *, smallest):
    """Moves of so many numbers in the bodies of loops and in all that these call."""
    found = computations(text)
    waiting = re.findall(r"body=%?([\w.-]+)", text)
    inside, moves = set(), []
    while waiting:
        name = waiting.pop()
        if name in inside:
            continue
        inside.add(name)
        for line in found[name]:
            waiting += re.findall(r"(?:calls|to_apply|body)=%?([\w.-]+)", line)
            part = re.search(r" = \w+\[([\d,]+)\]\S* ([\w-]+)\(", line)
            if not part or part[2] not in MOVES:
                continue
            if math.prod(map(int, part[1].split(","))) >= smallest:
                moves.append(line.strip())
    assert inside
    return moves


def test_sampling_moves_no_weight_at_a_token(compiled, optimized):
    assert moved_in_loops(compiled(), smallest=WEIGHT) == []


@pytest.mark.parametrize("guided", [False, True])
def test_sampling_moves_no_cache_at_a_token(compiled, optimized, guided):
    """Keys and values of a layer, [row * heads, length, kv], stay where they lie."""
    text = compiled(guided=guided)
    shapes = set(re.findall(r"[48],(\d+,64)\]\S* dynamic-update-slice\(", text))
    assert len(shapes) == 1
    ending = f",{shapes.pop()}]"
    moves = moved_in_loops(text, smallest=1)
    assert [line for line in moves if ending in line.split(" = ")[1][:40]] == []


def test_a_turned_weight_would_be_seen(optimized):
    """The product that the compiler turns round, in a loop."""

    def run(x, kernel):
        def step(x, _):
            gate, value = jnp.einsum("ble,esm->sblm", x, kernel)
            return jnp.tanh(gate * value), None

        return jax.lax.scan(step, x, length=9)[0]

    lowered = jax.jit(run).lower(jnp.ones((1, 1, 64)), jnp.ones((64, 2, 64)))
    assert moved_in_loops(lowered.compile().as_text(), smallest=64 * 2 * 64)

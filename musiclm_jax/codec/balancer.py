"""Losses of any scale, each with its share of the gradient.

EnCodec (2210.13438), section 3.4. What the codec is trained to lower are sums and means
of very different sizes, all functions of the decoded waveform. There, their gradients
are brought to one length each and added up by their weights:

    g_i = d loss_i / d waveform,    m_i = moving average of |g_i|
    g   = sum_i  w_i / sum(w)  *  g_i / clip(m_i, |g_i|, 2 |g_i|)  /  sqrt(samples)

and g goes on through the decoder. A weight is then a share of the gradient, whatever
the scale of its loss.

The paper divides by the average alone. Discriminators that have just begun to tell real
from decoded have gradients that grow many times within the average's memory, and would
take far more than their share; so no term is ever longer than its weight says. Nor is
one that has a gradient shorter than half of that: shares stay within twice what the
weights say, both ways, at every step. The root makes a term as long as the gradient of
a mean absolute difference of the samples: what is added to the balanced terms keeps its
relation to them in batches of any size.
"""

from collections.abc import Callable, Mapping, Sequence

import jax
import jax.numpy as jnp
from flax import struct

Terms = dict[str, jax.Array]


class BalancerState(struct.PyTreeNode):
    """Moving averages of the lengths of gradients.

    Attributes:
        norms: [] by term, of the gradient at the waveform; begins at zero.
        memory: [], the weight that the norms seen so far have in it, up to one.
    """

    norms: Terms
    memory: jax.Array


def init_balancer(names: Mapping[str, float]) -> BalancerState:
    """Returns the state before the first step, for terms of these names."""
    return BalancerState(
        norms={name: jnp.zeros(()) for name in names}, memory=jnp.zeros(())
    )


def waveform_gradients(
    functions: Sequence[Callable[[jax.Array], Terms]], waveform: jax.Array
) -> tuple[Terms, Terms]:
    """Returns terms [] and the gradient of each at the waveform.

    Args:
        functions: of the waveform, each to some terms; what the terms of one function
            have in common is computed once.
        waveform: [batch, sample].

    Returns:
        The terms of all functions, and by the same names their gradients
        [batch, sample]. No gradient flows through either.
    """
    terms, gradients = {}, {}
    for function in functions:
        values, pull_back = jax.vjp(function, jax.lax.stop_gradient(waveform))
        for chosen in values:
            one_hot = {name: jnp.float32(name == chosen) for name in values}
            (gradients[chosen],) = pull_back(one_hot)
        terms |= values
    return terms, gradients


def balance(
    state: BalancerState,
    gradients: Terms,
    weights: Mapping[str, float],
    *,
    decay: float,
) -> tuple[BalancerState, jax.Array, Terms]:
    """Adds up gradients so that each has the share that its weight says.

    Args:
        state: before the step.
        gradients: [batch, sample] by term; lengths are those of the whole batch.
        weights: by term, of any scale.
        decay: of the moving averages.

    Returns:
        The state after the step, the balanced gradient [batch, sample], and the share
        [] of each term in it: its length over the sum of all lengths.
    """
    norms = {n: jnp.sqrt(jnp.sum(jnp.square(g))) for n, g in gradients.items()}
    memory = decay * state.memory + (1.0 - decay)
    averages = {
        name: decay * state.norms[name] + (1.0 - decay) * norm
        for name, norm in norms.items()
    }
    total_weight = sum(weights[name] for name in gradients)
    lengths, balanced = {}, 0.0
    for name, gradient in gradients.items():
        norm = jnp.clip(averages[name] / memory, norms[name], 2.0 * norms[name])
        # A term without a gradient, such as a hinge that is satisfied.
        norm = jnp.where(norm == 0.0, 1.0, norm)
        scale = weights[name] / total_weight / norm
        balanced += scale * gradient / gradient.size**0.5
        lengths[name] = scale * norms[name]
    whole = sum(lengths.values())
    shares = {
        name: length / jnp.where(whole == 0.0, 1.0, whole)
        for name, length in lengths.items()
    }
    return BalancerState(norms=averages, memory=memory), balanced, shares


def with_gradient(waveform: jax.Array, gradient: jax.Array) -> jax.Array:
    """Returns a loss [] whose gradient at `waveform` is `gradient`, and no other."""
    return jnp.sum(jax.lax.stop_gradient(gradient) * waveform)

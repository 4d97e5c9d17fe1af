"""Which attributes of the music can be told from its sound, and how reliably.

A probe learns to tell an attribute from the features of true clips. It never sees a
generated clip in training, so what it finds in one was put there by the model.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax

L2_GRID = (1e-4, 1e-3, 3e-3, 1e-2, 3e-2)
"""Weights of the penalty that validation chooses among."""

_STEPS = 300
_PEAK_LR = 3e-3
_MAX_DEVIATIONS = 5.0  # a feature out of the ordinary must not decide alone


@dataclasses.dataclass(frozen=True, eq=False)
class Probe:
    """Multinomial logistic regression on standardised features.

    Attributes:
        classes: labels it knows, sorted.
        mean: [feature], of the training clips.
        deviation: [feature], likewise.
        kernel: [feature, class].
        bias: [class].
        l2: penalty that was best on the validation clips.
    """

    classes: tuple[str, ...]
    mean: np.ndarray
    deviation: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray
    l2: float

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Returns the label of each clip of features [clip, feature]."""
        best = np.argmax(self.logits(features), axis=-1)
        return np.array(self.classes)[best]

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Returns [clip, class] of features [clip, feature]."""
        inputs = _standardise(features, self.mean, self.deviation)
        return inputs @ self.kernel + self.bias

    def accuracy(self, features: np.ndarray, labels: list[str]) -> float:
        """Returns the share of clips of features [clip, feature] that it gets right."""
        return float(np.mean(self.predict(features) == np.array(labels)))


def fit(
    features: np.ndarray,
    labels: list[str],
    *,
    validation_features: np.ndarray,
    validation_labels: list[str],
    views: np.ndarray,
) -> Probe:
    """Fits a probe for each view and each penalty of `L2_GRID`, and keeps the best.

    The best has the lowest cross entropy on the validation clips. Nothing is random.

    Args:
        features: [clip, feature] of true clips.
        labels: one a clip.
        validation_features: [clip, feature] of other true clips.
        validation_labels: one a clip.
        views: [view, feature], bool, the choices of features to look at.

    Raises:
        ValueError: fewer than two classes to tell apart.
    """
    classes = tuple(sorted(set(labels)))
    if len(classes) < 2:
        raise ValueError(f"a probe needs two classes or more, not {list(classes)}")
    mean = features.mean(axis=0)
    deviation = features.std(axis=0) + 1e-6
    masks = np.repeat(views, len(L2_GRID), axis=0).astype(np.float32)
    l2s = np.tile(L2_GRID, len(views)).astype(np.float32)
    kernels, biases = _fit_all(
        _standardise(features, mean, deviation),
        np.searchsorted(classes, labels),
        masks,
        l2s,
        num_classes=len(classes),
    )
    # A class that training never showed can only be got wrong: it chooses nothing.
    known = np.isin(validation_labels, classes)
    inputs = _standardise(validation_features[known], mean, deviation)
    targets = np.searchsorted(classes, np.array(validation_labels)[known])
    logits = jnp.einsum("nf,pfc->pnc", inputs, kernels) + biases[:, None, :]
    losses = optax.softmax_cross_entropy_with_integer_labels(
        logits, jnp.broadcast_to(targets[None, :], logits.shape[:-1])
    )
    best = int(np.argmin(losses.mean(axis=-1)))
    return Probe(
        classes=classes,
        mean=mean,
        deviation=deviation,
        kernel=np.asarray(kernels[best]),
        bias=np.asarray(biases[best]),
        l2=float(l2s[best]),
    )


def chance(labels: list[str]) -> float:
    """Returns the accuracy of always saying the most frequent label.

    Stricter than one over the number of classes: a model that makes the same music
    whatever it is asked for scores no more than this.
    """
    _, counts = np.unique(labels, return_counts=True)
    return float(counts.max() / counts.sum())


def control_score(accuracy: float, *, chance: float, ceiling: float) -> float:
    """Returns how far an accuracy lies on the way from chance to the ceiling.

    Args:
        accuracy: of a probe on generated clips, against what was asked for.
        chance: accuracy without listening, see `chance`.
        ceiling: accuracy of the same probe on true held-out clips.

    Returns:
        1 at the ceiling, 0 at chance, below 0 under it.

    Raises:
        ValueError: the ceiling is not above chance, so the probe measures nothing.
    """
    if not ceiling > chance:
        raise ValueError(
            f"the probe tells nothing: {ceiling:.3f} on true clips is not above "
            f"chance, {chance:.3f}"
        )
    return (accuracy - chance) / (ceiling - chance)


def _standardise(
    features: np.ndarray, mean: np.ndarray, deviation: np.ndarray
) -> np.ndarray:
    """Returns features [clip, feature] in deviations from the mean, within limits."""
    scaled = (features - mean) / deviation
    return np.clip(scaled, -_MAX_DEVIATIONS, _MAX_DEVIATIONS).astype(np.float32)


@functools.partial(jax.jit, static_argnames="num_classes")
def _fit_all(
    inputs: jax.Array,
    targets: jax.Array,
    masks: jax.Array,
    l2s: jax.Array,
    *,
    num_classes: int,
) -> tuple[jax.Array, jax.Array]:
    """Returns kernels [probe, feature, class] and biases [probe, class].

    For inputs [clip, feature], targets [clip], masks [probe, feature], l2s [probe].
    """
    optimizer = optax.adam(optax.cosine_decay_schedule(_PEAK_LR, _STEPS))

    def fit_one(arguments: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        mask, l2 = arguments

        def loss_fn(params: tuple[jax.Array, jax.Array]) -> jax.Array:
            kernel, bias = params
            logits = inputs @ (mask[:, None] * kernel) + bias[None, :]
            entropy = optax.softmax_cross_entropy_with_integer_labels(logits, targets)
            return entropy.mean() + l2 * jnp.sum(jnp.square(kernel))

        def step(carry, _):
            params, state = carry
            updates, state = optimizer.update(jax.grad(loss_fn)(params), state)
            return (optax.apply_updates(params, updates), state), None

        params = (
            jnp.zeros((inputs.shape[1], num_classes)),
            jnp.zeros((num_classes,)),
        )
        carry = (params, optimizer.init(params))
        ((kernel, bias), _), _ = jax.lax.scan(step, carry, length=_STEPS)
        return mask[:, None] * kernel, bias

    return jax.lax.map(fit_one, (masks, l2s))

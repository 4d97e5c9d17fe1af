"""Probes on planted classes, and the closed form of the control score."""

import numpy as np
import pytest

from musiclm_jax.evaluation import probe

VIEWS = np.array([[True] * 4 + [False] * 4, [True] * 8])


def planted(rng, num, *, noise):
    """Three classes whose centres differ in the first four of eight features."""
    labels = rng.integers(3, size=num)
    centres = np.array([[2, 0, 0, 1], [0, 2, 0, 1], [0, 0, 2, 1]], np.float32)
    features = noise * rng.standard_normal((num, 8)).astype(np.float32)
    features[:, :4] += centres[labels]
    # Scales and offsets that standardisation has to take away.
    return 50.0 * features + 7.0, [("a", "b", "c")[label] for label in labels]


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    features, labels = planted(rng, 60, noise=0.4)
    validation_features, validation_labels = planted(rng, 60, noise=0.4)
    return probe.fit(
        features,
        labels,
        validation_features=validation_features,
        validation_labels=validation_labels,
        views=VIEWS,
    )


def test_planted_classes_are_told_apart(fitted, rng):
    features, labels = planted(rng, 300, noise=0.4)
    assert fitted.accuracy(features, labels) > 0.97
    assert set(fitted.predict(features)) == {"a", "b", "c"}


def test_features_without_a_trace_give_chance(fitted, rng):
    features, _ = planted(rng, 300, noise=0.4)
    labels = [("a", "b", "c")[i] for i in rng.integers(3, size=300)]
    assert fitted.accuracy(features, labels) < 0.45


def test_validation_leaves_out_features_that_only_mislead(fitted):
    assert not fitted.kernel[4:].any()
    assert fitted.l2 in [pytest.approx(l2) for l2 in probe.L2_GRID]


def test_feature_out_of_the_ordinary_does_not_decide_alone(fitted, rng):
    features, labels = planted(rng, 100, noise=0.4)
    features[:, 3] = 1e9  # the same in all classes
    assert fitted.accuracy(features, labels) > 0.9


def test_unknown_validation_label_is_left_out(rng):
    features, labels = planted(rng, 30, noise=0.1)
    fitted = probe.fit(
        features,
        labels,
        validation_features=features[:5],
        validation_labels=[*labels[:4], "never seen"],
        views=VIEWS[1:],
    )
    assert fitted.classes == ("a", "b", "c")
    assert fitted.accuracy(features[:1], ["never seen"]) == 0.0


def test_one_class_is_refused(rng):
    with pytest.raises(ValueError, match="two classes or more"):
        probe.fit(
            np.zeros((3, 8), np.float32),
            ["a"] * 3,
            validation_features=np.zeros((3, 8), np.float32),
            validation_labels=["a"] * 3,
            views=VIEWS,
        )


def test_chance_is_share_of_most_frequent():
    assert probe.chance(["a", "b", "b", "c", "b"]) == pytest.approx(0.6)


def test_control_score_closed_form():
    assert probe.control_score(0.9, chance=0.2, ceiling=0.9) == pytest.approx(1.0)
    assert probe.control_score(0.2, chance=0.2, ceiling=0.9) == pytest.approx(0.0)
    assert probe.control_score(0.55, chance=0.2, ceiling=0.9) == pytest.approx(0.5)
    assert probe.control_score(0.1, chance=0.2, ceiling=0.4) == pytest.approx(-0.5)


@pytest.mark.parametrize("ceiling", [0.5, 0.4, float("nan")])
def test_probe_that_tells_nothing_is_an_error(ceiling):
    with pytest.raises(ValueError, match="tells nothing"):
        probe.control_score(0.5, chance=0.5, ceiling=ceiling)

"""The Frechet distance against SciPy's matrix root, closed forms and its own bias."""

import numpy as np
import pytest
from scipy import linalg

from musiclm_jax.evaluation import frechet
from musiclm_jax.evaluation.frechet import Gaussian


def by_sqrtm(a, b):
    """The textbook's way, with means and covariances taken by NumPy."""
    covariances = [np.cov(x, rowvar=False) for x in (a, b)]
    root = linalg.sqrtm(covariances[0] @ covariances[1])
    step = a.mean(axis=0) - b.mean(axis=0)
    return step @ step + np.trace(sum(covariances) - 2 * np.real(root))


def of_covariance(mean, covariance):
    return Gaussian(np.asarray(mean, float), linalg.cholesky(covariance), 100)


@pytest.mark.parametrize(("num", "dim"), [(60, 5), (300, 32), (90, 80)])
def test_distance_is_that_of_the_matrix_root(rng, num, dim):
    mixing = rng.standard_normal((dim, dim))
    a = rng.standard_normal((num, dim)) @ mixing
    b = rng.standard_normal((num + 7, dim)) * rng.uniform(0.2, 2, dim) + 0.3
    found = frechet.distance(Gaussian.of(a), Gaussian.of(b))
    assert found == pytest.approx(by_sqrtm(a, b), rel=1e-6)


def test_means_and_covariances_are_numpys(rng):
    x = rng.standard_normal((40, 6)).astype(np.float32)
    gaussian = Gaussian.of(x)
    assert gaussian.covariance.dtype == np.float64
    np.testing.assert_allclose(gaussian.covariance, np.cov(x, rowvar=False), rtol=1e-6)
    np.testing.assert_allclose(gaussian.mean, x.mean(axis=0, dtype=np.float64))


def test_closed_form_of_covariances_that_share_their_axes(rng):
    axes = linalg.qr(rng.standard_normal((6, 6)))[0]
    p, q = rng.uniform(0.1, 4.0, (2, 6))
    a = of_covariance(np.zeros(6), axes * p @ axes.T)
    b = of_covariance(np.ones(6), axes * q @ axes.T)
    right = 6.0 + np.square(np.sqrt(p) - np.sqrt(q)).sum()
    assert frechet.distance(a, b) == pytest.approx(right, rel=1e-9)
    assert frechet.distance(b, a) == pytest.approx(right, rel=1e-9)


def test_fewer_clips_than_dimensions_in_a_space_that_they_fill(rng):
    """What lies in few dimensions has the same distance in many."""
    a, b = rng.standard_normal((2, 10, 4))
    b += 0.5
    turn = linalg.qr(rng.standard_normal((50, 50)))[0][:4]
    small = frechet.distance(Gaussian.of(a), Gaussian.of(b))
    large = frechet.distance(Gaussian.of(a @ turn), Gaussian.of(b @ turn))
    assert large == pytest.approx(small, rel=1e-6)
    assert small == pytest.approx(by_sqrtm(a, b), rel=1e-6)


def test_a_set_does_not_lie_away_from_itself(rng):
    for num, dim in ((8, 40), (40, 8)):
        x = rng.standard_normal((num, dim))
        gaussian = Gaussian.of(x)
        assert frechet.distance(gaussian, gaussian) < 1e-9
        moved = Gaussian.of(x + 2.0)
        assert frechet.distance(gaussian, moved) == pytest.approx(4.0 * dim)


def test_windows_of_a_clip_are_rows_but_clips_are_counted(rng):
    x = rng.standard_normal((12, 3, 5))
    windows, rows = Gaussian.of(x), Gaussian.of(x.reshape(36, 5))
    assert windows.num_clips == 12
    np.testing.assert_allclose(windows.covariance, rows.covariance)


def test_extrapolation_takes_most_of_the_bias_away(rng):
    reference = Gaussian.of(rng.standard_normal((20_000, 16)))
    plain, endless = [], []
    for trial in range(8):
        x = rng.standard_normal((120, 16))
        found = frechet.measure(x, reference, (), seed=trial)
        plain.append(found.plain.value)
        endless.append(found.extrapolated.value)
    assert np.mean(plain) > 0.3
    assert abs(np.mean(endless)) < 0.1 * np.mean(plain)


def test_interval_holds_the_mean_of_many_such_measurements(rng):
    reference = Gaussian.of(rng.standard_normal((5000, 3)))

    def drawn():
        return rng.standard_normal((60, 3)) * 1.5 + 0.5

    mean = np.mean(
        [frechet.distance(Gaussian.of(drawn()), reference) for _ in range(300)]
    )
    held = 0
    for trial in range(40):
        found = frechet.measure(drawn(), reference, (), seed=trial).plain
        assert found.low <= found.value <= found.high
        held += found.low <= mean <= found.high
    assert held >= 34


def test_interval_of_the_extrapolation_holds_the_closed_form(rng):
    dim = 6
    reference = Gaussian(np.zeros(dim), np.eye(dim), 1000)
    right = dim * (0.5**2 + (1.3 - 1.0) ** 2)
    found = [
        frechet.extrapolated(
            1.3 * rng.standard_normal((80, dim)) + 0.5, reference, seed=trial
        )
        for trial in range(30)
    ]
    held = sum(each.low <= right <= each.high for each in found)
    assert held >= 26
    # No wider than it must be: four deviations of the figure, and a little more.
    spread = np.std([each.value for each in found])
    assert 3.0 < np.mean([each.high - each.low for each in found]) / spread < 6.5


@pytest.mark.parametrize(("num", "has_width"), [(2, False), (3, True), (11, True)])
def test_interval_of_the_extrapolation_of_few_clips(rng, num, has_width):
    x = rng.standard_normal((num, 2, 3))
    found = frechet.extrapolated(x, Gaussian.of(x + 1.0), seed=0)
    assert found.low <= found.value <= found.high
    assert (found.low < found.high) == has_width


def test_too_few_clips_are_remarked(rng):
    reference = Gaussian.of(rng.standard_normal((50, 4)))
    measure = frechet.measure
    assert measure(rng.standard_normal((20, 4)), reference, (), seed=0).remark == ""
    few = measure(rng.standard_normal((4, 4)), reference, (), seed=0)
    assert few.remark.startswith("4 clips for 4 dimensions: too large")


def test_same_seed_same_numbers(rng):
    reference = Gaussian.of(rng.standard_normal((50, 4)))
    x = rng.standard_normal((20, 4))
    found = [frechet.measure(x, reference, (), seed=3) for _ in range(2)]
    assert found[0] == found[1]


def test_wrong_embeddings_are_named(rng):
    x = rng.standard_normal((3, 4))
    x[1, 2] = np.nan
    with pytest.raises(ValueError, match="clip b is not finite; 1 of 3"):
        Gaussian.of(x, ("a", "b", "c"))
    with pytest.raises(ValueError, match="of two clips or more, not \\[1, 4\\]"):
        Gaussian.of(x[:1])
    with pytest.raises(ValueError, match="4 and of 3 dimensions"):
        frechet.distance(Gaussian.of(x[[0, 2]]), Gaussian.of(x[[0, 2], :3]))

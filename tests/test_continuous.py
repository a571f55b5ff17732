"""The continuous categorical distribution against high-precision arithmetic and quadrature."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad

from crossent.continuous import (
    continuous_categorical_log_density as log_density,
)
from crossent.continuous import (
    continuous_categorical_log_normalizer as log_normalizer,
)
from crossent.continuous import (
    continuous_categorical_mean as mean,
)


def exact(eta):
    """log C by the sum that cancels, in 700 digits, ties split by far less than a last place."""
    with mp.workdps(700):
        eta = [mp.mpf(float(x)) + i**2 * mp.mpf(10) ** -60 for i, x in enumerate(eta)]
        terms = (
            mp.exp(a) / mp.fprod(a - b for j, b in enumerate(eta) if j != i)
            for i, a in enumerate(eta)
        )
        return mp.log(mp.re(mp.fsum(terms)))


RNG = np.random.default_rng(77)
REGIMES = {
    "ties": lambda k: np.repeat(RNG.normal(), k),
    "near ties": lambda k: RNG.normal() + 1e-8 * RNG.normal(size=k),
    "some ties": lambda k: RNG.integers(0, 3, k) * RNG.exponential(5.0),
    "clusters": lambda k: np.resize(20 * RNG.normal(size=(k + 1) // 2), k),
    "normal": lambda k: RNG.normal(size=k),
    "scale 10": lambda k: 10 * RNG.normal(size=k),
    "scale 1e4": lambda k: 1e4 * RNG.normal(size=k),
    "at the switch": lambda k: np.arange(k) * 2.0,
    "one far": lambda k: np.append(RNG.normal(size=k - 1), 800.0),
}


@pytest.mark.parametrize("num_classes", [1, 2, 3, 4, 6, 10])
@pytest.mark.parametrize("regime", REGIMES)
def test_log_normalizer_to_the_last_digits(regime, num_classes):
    for _ in range(5):
        eta = REGIMES[regime](num_classes)
        found, true = log_normalizer(eta), exact(eta)
        assert abs(found - true) < 4e-15 + np.spacing(abs(float(true)))


@pytest.mark.parametrize("eta", [[0.3, -1.2], [2.0, 2.0], [-3.0, 4.0]])
def test_two_classes_by_quadrature(eta):
    integral, _ = quad(lambda x: np.exp(eta[0] * x + eta[1] * (1 - x)), 0, 1)
    np.testing.assert_allclose(np.exp(log_normalizer(eta)), integral, rtol=1e-12)
    first, _ = quad(lambda x: x * np.exp(eta[0] * x + eta[1] * (1 - x)), 0, 1)
    np.testing.assert_allclose(mean(eta)[0], first / integral, rtol=1e-12)


@pytest.mark.parametrize("eta", [[0.3, -1.2, 0.5], [2.0, 2.0, 2.0], [-3.0, 4.0, 4.0]])
def test_three_classes_by_quadrature(eta):
    def density(y, x):
        return np.exp(log_density([x, y, 1 - x - y], eta))

    one, _ = dblquad(density, 0, 1, 0, lambda x: 1 - x)
    assert abs(one - 1) < 1e-8
    middle, _ = dblquad(lambda y, x: y * density(y, x), 0, 1, 0, lambda x: 1 - x)
    np.testing.assert_allclose(mean(eta)[1], middle, rtol=1e-7)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=7), st.floats(-100, 100))
def test_properties(eta, shift):
    """Order does not matter, a shift adds, the mean is a distribution in the order of eta."""
    eta = np.array(eta)
    value = log_normalizer(eta)
    np.testing.assert_allclose(log_normalizer(eta[::-1]), value, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(log_normalizer(eta + shift), value + shift, atol=2e-12)
    middle = mean(eta)
    np.testing.assert_allclose(middle.sum(), 1, rtol=1e-12)
    order = np.argsort(eta)
    assert np.all(np.diff(middle[order]) >= -1e-13)


def test_mean_is_the_gradient():
    eta, h = np.array([0.4, -2.0, 0.4, 1.5]), 1e-5
    steps = h * np.eye(4)
    numeric = (log_normalizer(eta + steps) - log_normalizer(eta - steps)) / (2 * h)
    np.testing.assert_allclose(mean(eta), numeric, atol=1e-9)


def test_a_batch_is_a_loop():
    eta = RNG.normal(size=(3, 4, 5)) * np.array([0.1, 1, 10])[:, None, None]
    rows = eta.reshape(-1, 5)
    loop = [log_normalizer(row) for row in rows]
    np.testing.assert_array_equal(log_normalizer(eta).ravel(), loop)
    np.testing.assert_array_equal(mean(eta).reshape(-1, 5), [mean(row) for row in rows])
    assert log_normalizer(np.zeros((0, 3))).shape == (0,)


def test_what_is_not_finite_has_no_normaliser():
    eta = [[0.0, np.nan], [0.0, -np.inf], [np.inf, 0.0], [0.0, 0.0]]
    np.testing.assert_array_equal(np.isnan(log_normalizer(eta)), [True, True, True, False])


def test_density_of_batches_and_of_shifted_parameters():
    """A pairing of points with parameters is a loop over pairs; a shift costs no digits."""
    x, eta = RNG.dirichlet(np.ones(3), size=(4, 1)), RNG.normal(size=(5, 3))
    density = log_density(x, eta)
    assert density.shape == (4, 5)
    for i, j in np.ndindex(4, 5):
        expected = eta[j] @ x[i, 0] - float(exact(eta[j]))
        np.testing.assert_allclose(density[i, j], expected, atol=1e-14)
    eta = np.round(eta * 1024) / 1024  # so that a shift rounds nothing
    shifted = eta + 2.0**40 * np.arange(5)[:, np.newaxis]
    np.testing.assert_allclose(log_density(x, shifted), log_density(x, eta), rtol=1e-12)
    np.testing.assert_allclose(mean(shifted), mean(eta), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8])
def test_all_arithmetic_is_in_float64(dtype):
    """Narrow parameters and points have the results of their float64 values."""
    eta = (np.array([[0.3, -1.25, 2.6], [7.1, -3.0, 0.4]]) * 1.1).astype(dtype)
    x = np.array([0.5, 0.125, 0.375], np.float16)
    wide = eta.astype(np.float64)
    np.testing.assert_array_equal(log_normalizer(eta), log_normalizer(wide))
    np.testing.assert_array_equal(mean(eta), mean(wide))
    result = log_density(x, eta)
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, log_density(x.astype(np.float64), wide))


REFUSED = {
    "no class": (
        lambda: log_normalizer(np.zeros((3, 0))),
        ValueError,
        "^eta must have at least one class",
    ),
    "text": (lambda: log_normalizer(["a"]), TypeError, "^eta must hold"),
    "text for a mean": (lambda: mean(["a"]), TypeError, "^eta must hold"),
    "text for a density": (lambda: log_density([1.0], ["a"]), TypeError, "^eta must hold"),
    "no probabilities": (
        lambda: log_density([0.5, 0.6], [0.0, 0.0]),
        ValueError,
        "^x must sum to 1",
    ),
    "other classes": (
        lambda: log_density([0.5, 0.5], [0.0, 0.0, 0.0]),
        ValueError,
        "^x and eta must have equally many classes",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused(case):
    call, error, words = REFUSED[case]
    with pytest.raises(error, match=words):
        call()

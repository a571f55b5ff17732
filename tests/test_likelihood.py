"""Labels, counts and the likelihood of a categorical model.

References: SciPy's multinomial, whose log-probability is the log-likelihood of the counts plus
the log multinomial coefficient; and n log q in mpmath at 50 digits from the exact float q.
"""

import math

import mpmath as mp
import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crossent import (
    cross_entropy,
    empirical_pmf,
    entropy,
    kl_divergence,
    log_likelihood,
    nll,
    one_hot,
)

INF, NAN = np.inf, np.nan

label_batches = st.integers(1, 6).flatmap(
    lambda num_classes: st.tuples(
        hnp.arrays(
            np.int64,
            hnp.array_shapes(min_dims=1, max_dims=3, max_side=6),
            elements=st.integers(0, num_classes - 1),
        ),
        st.just(num_classes),
        st.integers(0, 2**32 - 1),
    )
)


def positive_rows(seed, *shape):
    """Return random distributions without zeros, the classes on the last axis of `shape`."""
    weights = np.random.default_rng(seed).uniform(0.01, 1.0, size=shape)
    return weights / weights.sum(axis=-1, keepdims=True)


def test_one_hot_by_hand():
    """A scalar, a row and a table of labels each gain a class axis."""
    np.testing.assert_array_equal(one_hot(1, 3), [0, 1, 0])
    np.testing.assert_array_equal(one_hot([2, 0], 3), [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(one_hot([[1], [0]], 2), [[[0, 1]], [[1, 0]]])
    np.testing.assert_array_equal(one_hot([0, 0], 1), [[1], [1]])
    assert one_hot(np.array([2, 0], np.uint8), 3).dtype == np.float64
    assert one_hot([], 3).shape == (0, 3)


def test_empirical_pmf_by_hand():
    """Frequencies per row, zeros kept, in float64 whatever the integer type."""
    np.testing.assert_array_equal(empirical_pmf([0, 2, 2, 2], 4), [0.25, 0, 0.75, 0])
    table = np.array([[0, 0], [1, 0], [1, 1]], np.uint8)
    np.testing.assert_array_equal(empirical_pmf(table, 2), [[1, 0], [0.5, 0.5], [0, 1]])
    assert empirical_pmf(table, 2).dtype == np.float64
    assert empirical_pmf(np.zeros((2, 0, 3), int), 4).shape == (2, 0, 4)


@given(label_batches)
def test_empirical_pmf_is_the_mean_of_the_one_hot_rows(case):
    """For any batch, whatever its memory layout."""
    labels, num_classes, _ = case
    mean = one_hot(labels, num_classes).mean(axis=-2)
    for layout in (labels, np.asfortranarray(labels)):
        result = empirical_pmf(layout, num_classes)
        np.testing.assert_allclose(result, mean, rtol=1e-15, atol=1e-15)
        assert result.shape == (*labels.shape[:-1], num_classes)
    assert (entropy(one_hot(labels, num_classes)) == 0).all()


def test_log_likelihood_by_hand():
    """3 heads and 1 tail under q = (3/4, 1/4): log(27/256)."""
    result = log_likelihood([3, 1], [0.75, 0.25])
    assert result == pytest.approx(math.log(27 / 256), rel=1e-15)


@pytest.mark.parametrize("num_classes", [2, 3, 7])
def test_log_likelihood_against_the_multinomial(num_classes):
    """SciPy's log-probability of the counts, less the multinomial coefficient."""
    rng = np.random.default_rng(num_classes)
    q = rng.dirichlet(np.ones(num_classes), size=20)
    counts = rng.multinomial(30, q)
    coefficient = scipy.special.gammaln(31) - scipy.special.gammaln(counts + 1).sum(axis=-1)
    of_counts = [
        scipy.stats.multinomial.logpmf(n, 30, row) for n, row in zip(counts, q, strict=True)
    ]
    np.testing.assert_allclose(log_likelihood(counts, q), of_counts - coefficient, rtol=1e-12)


def test_log_likelihood_against_mpmath(ulps):
    """Within 3 ULP."""
    rng = np.random.default_rng(0)
    q = rng.dirichlet(np.ones(5), size=50)
    counts = rng.integers(0, 10**6, size=(50, 5))
    with mp.workdps(50):
        truth = [
            mp.fsum(int(n) * mp.log(mp.mpf(float(x))) for n, x in zip(*pair, strict=True))
            for pair in zip(counts, q, strict=True)
        ]
    assert ulps(log_likelihood(counts, q), truth) <= 3


@pytest.mark.parametrize(
    ("counts", "q", "expected"),
    [
        ([0, 0], [0.5, 0.5], 0.0),
        ([0, 4], [0.0, 1.0], 0.0),
        ([1, 4], [0.0, 1.0], -INF),
        ([0], [1.0], 0.0),
        ([2**63 - 1, 0], [1.0, 0.0], 0.0),
        ([5], [1.0], 0.0),
        ([1, 0], [0.5, NAN], NAN),
        ([[1, 0], [0, 1]], [1.0, 0.0], [0.0, -INF]),
    ],
)
def test_log_likelihood_edges(counts, q, expected):
    """No draws, impossible draws, one class, NaN; and one model for many rows of counts."""
    np.testing.assert_array_equal(log_likelihood(counts, q), expected)


def test_zero_has_no_sign():
    """Nothing observed, or nothing surprising, prints as 0.0 and not −0.0."""
    for zero in (log_likelihood([0, 0], [0.5, 0.5]), log_likelihood([2], [1]), nll(0, [1.0])):
        assert str(zero) == "0.0"


@given(label_batches)
def test_log_likelihood_is_minus_n_times_cross_entropy(case):
    """ℓ(q) = −N·H(p̂, q) with p̂ the empirical distribution, and is the sum of the draws'."""
    labels, num_classes, seed = case
    q = positive_rows(seed, num_classes)
    counts = one_hot(labels, num_classes).sum(axis=-2).astype(int)
    total = log_likelihood(counts, q)
    p = empirical_pmf(labels, num_classes)
    expected = -labels.shape[-1] * cross_entropy(p, q)
    np.testing.assert_allclose(total, expected, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(-nll(labels, q).sum(axis=-1), total, rtol=1e-13, atol=1e-13)


@given(label_batches)
def test_empirical_pmf_maximises_the_likelihood(case):
    """No other q is likelier than p̂; the shortfall is N·KL(p̂‖q)."""
    labels, num_classes, seed = case
    p = empirical_pmf(labels, num_classes)
    counts = np.rint(p * labels.shape[-1]).astype(int)
    q = positive_rows(seed, num_classes)
    shortfall = log_likelihood(counts, p) - log_likelihood(counts, q)
    assert (shortfall >= -1e-12).all()
    expected = labels.shape[-1] * kl_divergence(p, q)
    np.testing.assert_allclose(shortfall, expected, rtol=1e-12, atol=1e-12)


@given(label_batches)
def test_nll_is_the_cross_entropy_of_a_one_hot_row(case):
    """With one model row per label, and with a single row for all."""
    labels, num_classes, seed = case
    for q in (positive_rows(seed, *labels.shape, num_classes), positive_rows(seed, num_classes)):
        result = nll(labels, q)
        assert result.shape == labels.shape
        expected = cross_entropy(one_hot(labels, num_classes), q)
        np.testing.assert_allclose(result, expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("labels", "q", "expected"),
    [
        (1, [0.2, 0.7, 0.1], math.log(10 / 7)),
        ([0, 1], [1.0, 0.0], [0.0, INF]),
        ([0, 1], [[0.5, 0.5], [0.75, 0.25]], [math.log(2), math.log(4)]),
        ([0, 0], [[NAN, 0.5], [0.5, NAN]], [NAN, math.log(2)]),
        (0, [1.0], 0.0),
        (0, [5e-324, 1.0], 1074 * math.log(2)),
    ],
)
def test_nll_values(labels, q, expected):
    """By hand, with a sure, an impossible and a NaN probability."""
    np.testing.assert_allclose(nll(labels, q), expected, rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes(dtype):
    """The dtype of nll is that of q; integer counts promote the likelihood to float64."""
    q = np.array([0.3, 0.7]).astype(dtype)
    assert nll([0, 1], q).dtype == nll(0, q).dtype == dtype
    np.testing.assert_array_equal(nll(0, q), -np.log(q[0].astype(np.float64)).astype(dtype))
    assert log_likelihood([1, 2], q).dtype == np.float64
    assert nll(0, [1, 0]).dtype == np.float64
    # A float16 would overflow at 65504.
    assert np.isfinite(log_likelihood([10**6, 10**6], q))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_nll_of_narrow_floats_is_rounded_once(dtype):
    """The logarithm is taken in float64: every result is the float next to the exact value."""
    q = np.linspace(0.001, 0.999, 997).astype(dtype)
    rows = np.stack([q, 1 - q.astype(np.float64)], axis=-1).astype(dtype)
    result = nll(np.zeros(len(q), int), rows)
    with mp.workdps(30):
        exact = [dtype(float(-mp.log(mp.mpf(float(value))))) for value in q]
    np.testing.assert_array_equal(result, exact)


def test_empty_batch():
    """No rows, no results; an empty list of labels is a list of labels."""
    assert log_likelihood(np.empty((0, 2), int), [0.5, 0.5]).shape == (0,)
    assert nll([], [0.5, 0.5]).shape == (0,)
    assert nll([], np.empty((0, 2))).shape == (0,)


def test_input_is_not_modified():
    """The callers' arrays are only read."""
    labels, counts, q = np.array([0, 1]), np.array([3, 4]), np.array([1.0, 0.0])
    for array in (labels, counts, q):
        array.flags.writeable = False
    one_hot(labels, 2), empirical_pmf(labels, 2), log_likelihood(counts, q), nll(labels, q)
    assert (labels.tolist(), counts.tolist(), q.tolist()) == ([0, 1], [3, 4], [1.0, 0.0])


def test_silent_where_the_caller_traps_every_float_error():
    """Logarithms of 0 and 0 · log 0 inside do not escape."""
    with np.errstate(all="raise"):
        log_likelihood([[0, 1], [1, 0]], [[0.0, 1.0], [0.0, 1.0]])
        log_likelihood([[0, 1]], [[5e-324, NAN]])
        nll([0, 0, 0], [[0.0, 1.0], [NAN, 1.0], [5e-324, 1.0]])

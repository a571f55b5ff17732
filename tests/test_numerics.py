"""Log-sum-exp, log-softmax and softmax.

References: the definitions in mpmath from the exact values of the float inputs, see `references`,
with 400 digits: 50 of them are left of log(1 + r) where r is as small as a float can be.
"""

import mpmath as mp
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crossent import log_softmax, logsumexp, softmax
from crossent.numerics import (
    artanh_minus,
    exp_difference,
    expm1_minus,
    x_log_ratio,
    xlogy,
)

FUNCTIONS = [logsumexp, log_softmax, softmax]
INF, NAN = np.inf, np.nan

finite_rows = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5), elements=st.floats(-700, 700)
)


def references(row):
    """Return log-sum-exp, log-softmax and softmax of a row, by their definitions."""
    with mp.workdps(400):
        exps = [mp.exp(mp.mpf(float(x))) for x in row]
        total = mp.fsum(exps)
        log_total = mp.log(total)
        return log_total, [mp.mpf(float(x)) - log_total for x in row], [e / total for e in exps]


ROWS = {
    "ordinary": np.random.default_rng(1).normal(size=(200, 10)) * 3,
    "two classes": np.random.default_rng(2).normal(size=(200, 2)) * 20,
    "wide": np.random.default_rng(3).normal(size=(200, 5)) * 300,
    "far from 0": 1000 + np.random.default_rng(4).normal(size=(200, 5)),
    "nearly certain": [[g, 0.0, -1.0] for g in (40.0, 300.25, -300.0, 699.9)],
    "many classes": np.random.default_rng(5).normal(size=(3, 1000)),
}


@pytest.mark.parametrize("name", ROWS)
def test_last_places_against_mpmath(name, ulps):
    """Log-probabilities within 3 ULP, the smallest included, and probabilities within 4."""
    for row in ROWS[name]:
        log_total, log_s, s = references(row)
        assert ulps(log_softmax(row), log_s) <= 3
        normal = [k for k in range(len(s)) if s[k] > 1e-300]
        assert ulps(softmax(row)[normal], [s[k] for k in normal]) <= 4
        assert abs(logsumexp(row) - log_total) <= 2 * np.spacing(max(np.abs(row).max(), 1.0))


def test_hand_values():
    """Equal logits share the mass; a dominating logit leaves the tail that can be read off."""
    assert logsumexp([0.0] * 8) == pytest.approx(3 * np.log(2), rel=1e-15)
    np.testing.assert_array_equal(softmax([5.0, 5.0, 5.0, 5.0]), [0.25] * 4)
    np.testing.assert_allclose(softmax(np.log([1.0, 2.0, 5.0])), [1 / 8, 2 / 8, 5 / 8], rtol=1e-15)
    np.testing.assert_allclose(log_softmax([50.0, 0.0]), [-np.exp(-50.0), -50.0], rtol=1e-15)


def test_agrees_with_scipy():
    """On ordinary batches the three functions are SciPy's."""
    x = np.random.default_rng(0).normal(size=(4, 3, 6)) * 5
    np.testing.assert_allclose(logsumexp(x), scipy.special.logsumexp(x, axis=-1), rtol=1e-14)
    np.testing.assert_allclose(softmax(x), scipy.special.softmax(x, axis=-1), rtol=1e-13)
    np.testing.assert_allclose(log_softmax(x), scipy.special.log_softmax(x, axis=-1), rtol=1e-13)


@pytest.mark.parametrize(
    ("row", "total", "log_probabilities", "probabilities"),
    [
        ([3.0], 3.0, [0.0], [1.0]),
        ([-INF, 0.0], 0.0, [-INF, 0.0], [0.0, 1.0]),
        ([-INF, 2.0, 2.0], 2 + np.log(2), [-INF, -np.log(2), -np.log(2)], [0.0, 0.5, 0.5]),
        ([-INF, -INF], -INF, [NAN, NAN], [NAN, NAN]),
        ([-INF], -INF, [NAN], [NAN]),
        ([INF, 0.0, 1000.0, -INF], INF, [NAN, -INF, -INF, -INF], [NAN, 0.0, 0.0, 0.0]),
        ([INF, 0.0, INF], INF, [NAN, -INF, NAN], [NAN, 0.0, NAN]),
        ([INF], INF, [NAN], [NAN]),
        ([NAN, 0.0], NAN, [NAN, NAN], [NAN, NAN]),
        ([NAN, INF, -INF], NAN, [NAN, NAN, NAN], [NAN, NAN, NAN]),
        ([1e308, -1e308], 1e308, [0.0, -INF], [1.0, 0.0]),
        ([1e308, 1e308], 1e308, [-np.log(2), -np.log(2)], [0.5, 0.5]),
        ([-1e308, -1e308], -1e308, [-np.log(2), -np.log(2)], [0.5, 0.5]),
        ([1000.0, 999.0], 1000 + np.log1p(np.exp(-1)), None, None),
        ([-1000.0, -1001.0], -1000 + np.log1p(np.exp(-1)), None, None),
    ],
)
def test_edges(row, total, log_probabilities, probabilities):
    """One class, masked classes, infinities, NaN and the ends of the float range."""
    for batch in (row, [row, row]):
        expected = np.broadcast_to(total, np.shape(batch)[:-1])
        np.testing.assert_allclose(logsumexp(batch), expected, rtol=1e-15)
        if log_probabilities is not None:
            expected = np.broadcast_to(log_probabilities, np.shape(batch))
            np.testing.assert_allclose(log_softmax(batch), expected, rtol=1e-15)
            expected = np.broadcast_to(probabilities, np.shape(batch))
            np.testing.assert_allclose(softmax(batch), expected, rtol=1e-15)


def test_a_bad_row_leaves_its_neighbours_alone():
    """NaN and infinities stay in their own row."""
    x = np.array([[0.0, 1.0], [NAN, 0.0], [INF, 0.0], [-INF, -INF], [0.0, 1.0]])
    for function in FUNCTIONS:
        result = function(x)
        np.testing.assert_array_equal(result[0], function(x[0]))
        np.testing.assert_array_equal(result[4], function(x[0]))
        assert np.isfinite(result[0]).all()


@given(finite_rows, st.integers(-1000, 1000))
def test_shift_by_a_constant(x, shift):
    """Adding c to a row adds c to its log-sum-exp and leaves its softmax."""
    x = np.round(x * 1024) / 1024  # so that the shift itself does not round
    np.testing.assert_allclose(logsumexp(x + shift), logsumexp(x) + shift, rtol=0, atol=1e-12)
    np.testing.assert_allclose(log_softmax(x + shift), log_softmax(x), rtol=1e-15)
    np.testing.assert_allclose(softmax(x + shift), softmax(x), rtol=1e-15)


@given(finite_rows, st.randoms(use_true_random=False))
def test_permutation_of_the_classes(x, random):
    """Classes may be listed in any order."""
    order = random.sample(range(x.shape[-1]), x.shape[-1])
    np.testing.assert_allclose(logsumexp(x[..., order]), logsumexp(x), rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(softmax(x[..., order]), softmax(x)[..., order], rtol=1e-14)
    np.testing.assert_allclose(log_softmax(x[..., order]), log_softmax(x)[..., order], rtol=1e-14)


@given(finite_rows)
def test_softmax_is_a_distribution_and_log_softmax_its_logarithm(x):
    """Rows sum to 1, lie in [0, 1], and exp undoes the logarithm."""
    s = softmax(x)
    assert ((s >= 0) & (s <= 1)).all()
    np.testing.assert_allclose(s.sum(axis=-1), 1.0, rtol=1e-14)
    assert (log_softmax(x) <= 0).all()
    np.testing.assert_allclose(np.exp(log_softmax(x)), s, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("function", FUNCTIONS)
@given(x=finite_rows)
def test_batch_is_the_loop_over_rows(function, x):
    """A batch gives what its rows give one by one, whatever its memory layout."""
    loop = np.array([function(row) for row in x.reshape(-1, x.shape[-1])])
    for batch in (x, np.asfortranarray(x)):
        result = function(batch)
        np.testing.assert_allclose(result.reshape(loop.shape), loop, rtol=1e-15)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_comes_back_rounded_once(function, dtype):
    """Narrow floats are computed in float64 and rounded to the nearest of their kind."""
    x = (np.random.default_rng(6).normal(size=(50, 7)) * 4).astype(dtype)
    result = function(x)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, function(x.astype(np.float64)).astype(dtype))
    assert function(x[0]).dtype == dtype
    assert function(x.astype(x.dtype.newbyteorder())).dtype == dtype


@pytest.mark.parametrize("function", FUNCTIONS)
def test_integers_and_lists_become_float64(function):
    """Integers count as float64, as do lists of either."""
    expected = function(np.array([[1.0, 2.0], [3.0, 5.0]]))
    for x in ([[1, 2], [3, 5]], ((1.0, 2.0), (3.0, 5.0)), np.array([[1, 2], [3, 5]], np.int8)):
        assert function(x).dtype == np.float64
        np.testing.assert_array_equal(function(x), expected)


def test_results_beyond_float16_are_infinite():
    """The nearest float16 of −131008 is −inf, and no warning says so."""
    assert log_softmax(np.array([65504, -65504], np.float16))[1] == -INF


@pytest.mark.parametrize("function", FUNCTIONS)
def test_empty_batch(function):
    """No rows, no results."""
    result = function(np.empty((0, 3), np.float32))
    assert result.shape == ((0,) if function is logsumexp else (0, 3))
    assert result.dtype == np.float32


@pytest.mark.parametrize("function", FUNCTIONS)
def test_input_is_not_modified(function):
    """The caller's array is only read, and the result is not a view of it."""
    x = np.random.default_rng(7).normal(size=(4, 3))
    before = x.copy()
    result = function(x)
    np.testing.assert_array_equal(x, before)
    assert not np.shares_memory(result, x)
    x.flags.writeable = False
    function(x)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_silent_where_the_caller_traps_every_float_error(function):
    """Underflow, overflow and ∞ − ∞ inside do not escape."""
    with np.errstate(all="raise"):
        function([[0.0, -1e308, 1e308], [INF, INF, 0.0], [-INF, -INF, -INF], [NAN, 0.0, 1.0]])
        function(np.array([[6e4, -6e4]], np.float16))


def test_exp_difference_keeps_what_the_subtraction_rounds_away(ulps):
    """Within 1.5 ULP where exp(a − b) alone is off by a hundred."""
    rng = np.random.default_rng(8)
    a, b = -rng.uniform(300, 650, 300), rng.uniform(0, 50, 300)
    with mp.workdps(50):
        truth = [mp.exp(mp.mpf(float(i)) - mp.mpf(float(j))) for i, j in zip(a, b, strict=True)]
    assert ulps(exp_difference(a, b), truth) <= 1.5
    assert ulps(np.exp(a - b), truth) > 20


def test_probabilities_beside_a_small_sum_keep_their_digits(ulps):
    """e^−712 alone is subnormal; as a fraction of 2 e^−346 it is an ordinary number."""
    row = [-712.0, -346.0, -346.0]
    assert ulps(softmax(row), references(row)[2]) <= 3


def test_expm1_minus_against_mpmath(ulps):
    """The series up to 1, and the difference beyond it."""
    y = np.concatenate([np.linspace(-40, 2, 101), 10.0 ** np.arange(-90, 0)])
    y = np.concatenate([y, -y[-90:]])
    with mp.workdps(400):
        truth = [mp.expm1(mp.mpf(float(v))) - mp.mpf(float(v)) for v in y]
    assert ulps(expm1_minus(y), truth) <= 3


def test_artanh_minus_against_mpmath(ulps):
    """The series has all its digits up to 1/2, and is odd."""
    u = np.concatenate([np.linspace(-1 / 2, 1 / 2, 201), 10.0 ** np.arange(-90, 0)])
    with mp.workdps(400):
        truth = [mp.atanh(mp.mpf(float(v))) - mp.mpf(float(v)) for v in u]
    assert ulps(artanh_minus(u), truth) <= 3
    np.testing.assert_array_equal(artanh_minus(-u), -artanh_minus(u))


def test_xlogy_convention():
    """0 log 0 is 0, x log 0 is −inf, and NaN is not hidden by a 0."""
    with np.errstate(all="ignore"):
        result = xlogy(np.array([0, 1, 0, NAN, 2.0]), np.array([0, 0, NAN, 0, 8.0]), np.log2)
    np.testing.assert_array_equal(result, [0.0, -INF, NAN, NAN, 6.0])


def test_x_log_ratio_beyond_the_range_of_the_ratio():
    """The quotient x / y may overflow, x log(x / y) does not."""
    x = np.array([1.0, 0.5, 0.0, 1.0, 0.25])
    y = np.array([5e-324, 5e-324, 0.5, 0.0, 0.5])
    with np.errstate(all="ignore"):
        result = x_log_ratio(x, y, np.log2)
    np.testing.assert_allclose(result, [1074.0, 0.5 * 1073.0, 0.0, INF, -0.25], rtol=1e-15)

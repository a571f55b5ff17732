"""Entropy, cross-entropy and Kullback–Leibler divergence.

References: the defining sums in mpmath at 50 digits from the exact values of the float inputs,
see `definitions`. The rows of floats sum to 1 only up to rounding, so the divergence is
Σ p log(p/q) − (p − q), which is Σ p log(p/q) for rows that sum to 1 exactly.
"""

import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crossent import (
    cross_entropy,
    entropy,
    kl_divergence,
    kl_divergence_from_logits,
    perplexity,
    softmax,
)

INF, NAN = np.inf, np.nan
PAIRS = [cross_entropy, kl_divergence]
SMALL = [1e-300, 1.0], [2e-300, 1.0]


def normalised(weights):
    """Return rows that sum to 1; a row without any weight becomes uniform."""
    weights = weights + (weights.sum(axis=-1, keepdims=True) == 0)
    return weights / weights.sum(axis=-1, keepdims=True)


weight = st.one_of(st.just(0.0), st.floats(1e-6, 1.0), st.floats(1e-300, 1e-6))
shapes = hnp.array_shapes(min_dims=1, max_dims=3, max_side=5)
distributions = hnp.arrays(np.float64, shapes, elements=weight).map(normalised)
pairs = shapes.flatmap(
    lambda shape: st.tuples(*[hnp.arrays(np.float64, shape, elements=weight).map(normalised)] * 2)
)


def definitions(p, q):
    """Return H(p), H(p, q) and KL(p‖q) of two rows of floats at 50 digits."""
    with mp.workdps(50):
        p, q = ([mp.mpf(float(x)) for x in row] for row in (p, q))
        pairs = [(a, b) for a, b in zip(p, q, strict=True) if a > 0]
        h = -mp.fsum(a * mp.log(a) for a, _ in pairs)
        cross = -mp.fsum(a * mp.log(b) for a, b in pairs)
        kl = mp.fsum(a * mp.log(a / b) for a, b in pairs) - mp.fsum(p) + mp.fsum(q)
        return h, cross, kl


def test_hand_values():
    """Values that can be worked out on paper."""
    assert cross_entropy([0, 1, 0], [0.2, 0.7, 0.1]) == pytest.approx(math.log(10 / 7), rel=1e-15)
    p, q = [1 / 2, 1 / 2], [1 / 4, 3 / 4]
    assert entropy(p) == pytest.approx(math.log(2), rel=1e-15)
    assert entropy(q) == pytest.approx(2 * math.log(2) - 0.75 * math.log(3), rel=1e-15)
    assert cross_entropy(p, q) == pytest.approx(2 * math.log(2) - math.log(3) / 2, rel=1e-15)
    assert kl_divergence(p, q) == pytest.approx(math.log(4 / 3) / 2, rel=1e-15)
    assert kl_divergence(q, p) == pytest.approx(0.75 * math.log(3) - math.log(2), rel=1e-15)


@pytest.mark.parametrize("num_classes", [2, 3, 10, 300])
@pytest.mark.parametrize("concentration", [0.1, 1.0])
def test_last_places_against_mpmath(num_classes, concentration, ulps):
    """Entropy and cross-entropy are within 3 ULP and the divergence within 3."""
    rng = np.random.default_rng(num_classes)
    rows = rng.dirichlet(np.full(num_classes, concentration), size=(2, 60))
    p, q = normalised(rows + np.array([0.0, 1e-300])[:, None, None])
    truth = [definitions(*pair) for pair in zip(p, q, strict=True)]
    assert ulps(entropy(p), [t[0] for t in truth]) <= 3
    assert ulps(cross_entropy(p, q), [t[1] for t in truth]) <= 3
    assert ulps(kl_divergence(p, q), [t[2] for t in truth]) <= 3


@pytest.mark.parametrize("size", [1e-15, 1e-12, 1e-8, 1e-4, 0.1, 0.3, 0.5, 0.6, 0.9])
def test_divergence_keeps_its_digits_when_q_is_close_to_p(size, ulps):
    """From differences of a few ULP up to both sides of the switch between the two forms."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(5), size=100)
    q = normalised(p * (1 + size * rng.uniform(-1, 1, size=p.shape)))
    truth = [definitions(*pair)[2] for pair in zip(p, q, strict=True)]
    assert ulps(kl_divergence(p, q), truth) <= 3


def test_agrees_with_scipy():
    """On ordinary batches these are sums of SciPy's entr and rel_entr."""
    p, q = np.random.default_rng(1).dirichlet(np.ones(6), size=(2, 4, 3))
    np.testing.assert_allclose(entropy(p), scipy.special.entr(p).sum(-1), rtol=1e-14)
    np.testing.assert_allclose(
        kl_divergence(p, q), scipy.special.rel_entr(p, q).sum(-1), rtol=1e-13
    )
    cross = -scipy.special.xlogy(p, q).sum(-1)
    np.testing.assert_allclose(cross_entropy(p, q), cross, rtol=1e-14)


@pytest.mark.parametrize("bits", range(11))
def test_powers_of_two_are_exact_in_bits(bits):
    """A uniform choice among 2^b has b bits, not b and a rounding error."""
    uniform = np.full(2**bits, 2.0**-bits)
    certain = np.eye(2**bits)[0]
    assert entropy(uniform, base=2) == bits
    assert cross_entropy(certain, uniform, base=2) == bits
    assert kl_divergence(certain, uniform, base=2) == bits
    assert entropy(uniform, base=4) == bits / 2
    assert entropy(uniform, base=0.5) == -bits


def test_nats_are_natural_logarithms_to_the_bit():
    """No factor of log 2 comes in between."""
    q = np.random.default_rng(7).dirichlet(np.ones(4), size=200)
    np.testing.assert_array_equal(cross_entropy(np.eye(4)[0], q), -np.log(q)[:, 0])


def test_powers_of_ten_are_exact_in_hartleys():
    """Certainty of one in 10^d costs d hartleys."""
    for digits in range(1, 19):  # 9 and 18 are those that log2(q) / log2(10) misses
        q = [float(f"1e-{digits}"), 1 - float(f"1e-{digits}")]
        assert cross_entropy([1.0, 0.0], q, base=10) == digits


@pytest.mark.parametrize("base", [2, 10, 0.5, 3, 1.5, np.float32(4), Fraction(7, 2), math.e])
@pytest.mark.parametrize("near", [False, True])
def test_change_of_base(base, near):
    """Another base divides the nats by its natural logarithm."""
    p = np.random.default_rng(2).dirichlet(np.ones(4), size=20)
    q = normalised(p + 0.01) if near else p[::-1]
    scale = math.log(base)
    np.testing.assert_allclose(entropy(p, base=base), entropy(p) / scale, rtol=1e-14)
    for function in PAIRS:
        in_base = function(p, q, base=base)
        np.testing.assert_allclose(in_base, function(p, q) / scale, rtol=1e-14)


@pytest.mark.parametrize(
    ("p", "q", "h", "cross", "kl"),
    [
        ([1.0], [1.0], 0.0, 0.0, 0.0),
        ([1, 0], [1, 0], 0.0, 0.0, 0.0),
        ([1.0, 0.0], [0.0, 1.0], 0.0, INF, INF),
        ([0.5, 0.5], [1.0, 0.0], math.log(2), INF, INF),
        ([1.0, 0.0], [0.5, 0.5], 0.0, math.log(2), math.log(2)),
        ([1.0, 0.0], [1.0, -0.0], 0.0, 0.0, 0.0),
        ([-0.0, 1.0], [0.0, 1.0], 0.0, 0.0, 0.0),
        ([0.0, 1.0], [1.0, 5e-324], 0.0, 1074 * math.log(2), 1074 * math.log(2)),
        ([5e-324, 1.0], [5e-324, 1.0], 3.676e-321, 3.676e-321, 0.0),
        (*SMALL, 6.907755278982137e-298, 6.900823807176537e-298, 3.068528194400547e-301),
        ([NAN, 0.5], [0.5, 0.5], NAN, NAN, NAN),
        ([NAN, 0.5], [0.0, 1.0], NAN, NAN, NAN),
        ([1.0, 0.0], [1.0, NAN], 0.0, NAN, NAN),
        ([1.0, 0.0], [0.0, NAN], 0.0, NAN, NAN),
    ],
)
def test_edges(p, q, h, cross, kl):
    """Certain and impossible outcomes, subnormal mass and NaN."""
    for twice in (False, True):
        p, q = ([p, p], [q, q]) if twice else (p, q)
        expected = [np.full(np.shape(p)[:-1], value) for value in (h, cross, kl)]
        np.testing.assert_allclose(entropy(p), expected[0], rtol=1e-15)
        np.testing.assert_allclose(cross_entropy(p, q), expected[1], rtol=1e-15)
        np.testing.assert_allclose(kl_divergence(p, q), expected[2], rtol=1e-15)


def test_zero_has_no_sign():
    """The entropy of certainty prints as 0.0, not −0.0."""
    for zero in (entropy([1.0]), cross_entropy([1.0], [1.0]), kl_divergence([1.0], [1.0])):
        assert str(zero) == "0.0"


def test_infinite_and_nan_rows_leave_their_neighbours_alone():
    """Only the row that rules out or lacks a number says so."""
    p = np.array([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [NAN, 0.5]])
    q = np.array([[0.25, 0.75], [1.0, 0.0], [NAN, 0.5], [0.25, 0.75]])
    for function in PAIRS:
        first = function(p[0], q[0])
        np.testing.assert_array_equal(function(p, q), [first, INF, NAN, NAN])
        assert np.isfinite(first)


@given(pairs)
def test_gibbs_inequality(pq):
    """KL(p‖q) ≥ 0, and exactly 0 at p = q."""
    p, q = pq
    assert (kl_divergence(p, q) >= 0).all()
    assert (kl_divergence(p, p) == 0).all()


@given(distributions, st.integers(0, 2**32 - 1))
def test_divergence_from_a_neighbour_is_not_negative(p, seed):
    """Where H(p, q) − H(p) is rounding noise of either sign, KL is still ≥ 0."""
    noise = np.random.default_rng(seed).uniform(-1e-12, 1e-12, size=p.shape)
    assert (kl_divergence(p, normalised(p * (1 + noise))) >= 0).all()


@given(pairs)
def test_cross_entropy_is_entropy_plus_divergence(pq):
    """H(p, q) = H(p) + KL(p‖q), infinities included."""
    p, q = pq
    np.testing.assert_allclose(
        cross_entropy(p, q), entropy(p) + kl_divergence(p, q), rtol=1e-14, atol=1e-14
    )


@given(distributions)
def test_entropy_lies_between_certain_and_uniform(p):
    """0 ≤ H(p) ≤ log K, and H(p, uniform) = log K."""
    num_classes = p.shape[-1]
    h = entropy(p)
    assert (h >= 0).all()
    assert (h <= math.log(num_classes) * (1 + 1e-15) + 1e-15).all()
    uniform = np.full(num_classes, 1 / num_classes)
    np.testing.assert_allclose(cross_entropy(p, uniform), math.log(num_classes), rtol=1e-14)


@given(pairs, st.randoms(use_true_random=False))
def test_permutation_of_the_classes(pq, random):
    """Classes may be listed in any order, the same for both."""
    p, q = pq
    order = random.sample(range(p.shape[-1]), p.shape[-1])
    np.testing.assert_allclose(entropy(p[..., order]), entropy(p), rtol=1e-14)
    for function in PAIRS:
        permuted = function(p[..., order], q[..., order])
        np.testing.assert_allclose(permuted, function(p, q), rtol=1e-14)


@given(pairs)
def test_batch_is_the_loop_over_rows(pq):
    """A batch gives what its rows give one by one, whatever its memory layout."""
    p, q = pq
    rows = [x.reshape(-1, x.shape[-1]) for x in pq]
    for function in PAIRS:
        loop = [function(*row) for row in zip(*rows, strict=True)]
        for batch in (function(p, q), function(np.asfortranarray(p), q)):
            np.testing.assert_allclose(np.ravel(batch), loop, rtol=1e-15)
    np.testing.assert_allclose(np.ravel(entropy(p)), [entropy(row) for row in rows[0]], rtol=1e-15)


def test_memory_layout_does_not_cost_digits():
    """Long rows are summed pairwise also in column-major order, where numpy would not."""
    rows = np.random.default_rng(6).dirichlet(np.ones(100_000), size=2)
    columns = np.asfortranarray(rows)
    np.testing.assert_allclose(entropy(columns), entropy(rows), rtol=1e-15)
    for function in PAIRS:
        expected = function(rows, rows[::-1])
        np.testing.assert_allclose(function(columns, columns[::-1]), expected, rtol=1e-15)


@pytest.mark.parametrize("function", PAIRS)
def test_batch_axes_broadcast(function):
    """One model against many data rows, many against one, and an outer pairing."""
    p, q = np.random.default_rng(3).dirichlet(np.ones(3), size=(2, 4))
    outer = np.array([[function(a, b) for b in q] for a in p])
    np.testing.assert_allclose(function(p[:, None], q), outer, rtol=1e-15)
    np.testing.assert_allclose(function(p, q[0]), outer[:, 0], rtol=1e-15)
    np.testing.assert_allclose(function(p[0], q), outer[0], rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_comes_back_rounded_once(dtype):
    """Narrow floats are computed in float64 and rounded to the nearest of their kind."""
    p, q = np.random.default_rng(4).dirichlet(np.ones(5), size=(2, 30)).astype(dtype)
    wide_p, wide_q = normalised(p.astype(np.float64)), normalised(q.astype(np.float64))
    assert entropy(p).dtype == entropy(p[0]).dtype == dtype
    tolerance = 8 * np.finfo(dtype).eps
    np.testing.assert_allclose(entropy(p), entropy(wide_p), rtol=tolerance)
    for function in PAIRS:
        result = function(p, q)
        assert result.dtype == function(p[0], q[0]).dtype == dtype
        np.testing.assert_allclose(result, function(wide_p, wide_q), rtol=tolerance)


def test_narrow_floats_are_correctly_rounded():
    """A float32 result is the float32 nearest to the 50-digit value."""
    p, q = np.random.default_rng(5).dirichlet(np.ones(5), size=(2, 100)).astype(np.float32)
    truth = [definitions(*pair) for pair in zip(p, q, strict=True)]
    for i, result in enumerate((entropy(p), cross_entropy(p, q), kl_divergence(p, q))):
        np.testing.assert_array_equal(result, [np.float32(float(t[i])) for t in truth])


@pytest.mark.parametrize("function", PAIRS)
def test_mixed_dtypes_promote(function):
    """Promotion is numpy's, and integers and lists count as float64."""
    half, single, double = (np.array([0.5, 0.5], t) for t in (np.float16, np.float32, np.float64))
    assert function(half, single).dtype == np.float32
    assert function(double, half).dtype == np.float64
    assert function(np.array([1, 0], np.int8), half).dtype == np.float64
    assert function([0.5, 0.5], single).dtype == np.float64
    assert entropy([1, 0]).dtype == np.float64
    assert entropy(single.astype(">f4")).dtype == np.float32


def test_empty_batch():
    """No rows, no results."""
    empty = np.empty((0, 3), np.float32)
    assert entropy(empty).shape == (0,)
    assert entropy(empty).dtype == np.float32
    for function in PAIRS:
        assert function(empty, empty).shape == (0,)
        assert function(empty, np.array([0.5, 0.25, 0.25])).shape == (0,)


def test_input_is_not_modified():
    """The callers' arrays are only read."""
    p, q = np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([[0.0, 1.0], [0.25, 0.75]])
    before = p.copy(), q.copy()
    p.flags.writeable = q.flags.writeable = False
    entropy(p)
    for function in PAIRS:
        function(p, q)
    np.testing.assert_array_equal((p, q), before)


def test_silent_where_the_caller_traps_every_float_error():
    """Logarithms of 0, 0/0 and underflow inside do not escape."""
    p = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [5e-324, 1.0, 0.0], [NAN, 0.5, 0.5]]
    q = [[0.0, 1.0, 0.0], [0.5, 0.5, 0.0], [1.0, 5e-324, 0.0], [0.5, 0.5, 0.0]]
    with np.errstate(all="raise"):
        entropy(p)
        for function in PAIRS:
            function(p, q)
            function(np.array(q[1:2], np.float16), np.array(p[1:2], np.float16))


logit_pairs = shapes.flatmap(
    lambda shape: st.tuples(*[hnp.arrays(np.float64, shape, elements=st.floats(-300, 300))] * 2)
)


@pytest.mark.parametrize(
    ("a", "b", "kl"),
    [
        ([3.0], [-4.0], 0.0),
        ([0.0, 1.0], [0.0, 1.0], 0.0),
        ([0.0, 1.0], [300.0, 301.0], 0.0),
        ([1e308, -1e308], [1e308, -1e308], 0.0),
        ([1e308, 1e308], [-1e308, -1e308], 0.0),
        ([0.0, -INF], [0.0, 0.0], math.log(2)),
        ([0.0, 0.0, -INF], [0.0, 0.0, -INF], 0.0),
        ([0.0, math.log(3), -INF], [0.0, 0.0, -INF], 0.75 * math.log(3) - math.log(2)),
        ([0.0, 0.0], [0.0, -INF], INF),
        ([0.0, -800.0], [0.0, -INF], INF),
        ([0.0, -800.0], [-INF, 0.0], INF),
        ([1e308, -1e308], [-1e308, 1e308], INF),
        ([0.0, -1e308], [0.0, 1e308], 1e308),
        ([0.0, -INF], [-1000.0, 0.0], 1000.0),
        ([-INF, -INF], [0.0, 0.0], NAN),
        ([0.0, 0.0], [-INF, -INF], NAN),
        ([INF, 0.0], [0.0, 0.0], NAN),
        ([0.0, 0.0], [INF, 0.0], NAN),
        ([NAN, 0.0], [0.0, 0.0], NAN),
        ([0.0, 0.0], [0.0, NAN], NAN),
        ([0.0, 0.0], [NAN, -INF], NAN),
    ],
)
def test_divergence_of_logits_edges(a, b, kl):
    """Shifted, masked, infinite and NaN logits, alone and beside an ordinary row."""
    np.testing.assert_allclose(kl_divergence_from_logits(a, b), kl, rtol=4e-15)
    other = np.arange(len(a)) * 0.5
    batch = kl_divergence_from_logits([a, other], [b, -other])
    np.testing.assert_allclose(batch, [kl, kl_divergence_from_logits(other, -other)], rtol=4e-15)


@given(logit_pairs, st.integers(-1000, 1000))
def test_divergence_of_logits_properties(pair, shift):
    """Nonnegative, 0 for a shifted copy, unmoved by shifts, and the rows one by one."""
    a, b = (np.round(x * 1024) / 1024 for x in pair)  # so that the shift itself does not round
    kl = kl_divergence_from_logits(a, b)
    assert (kl >= 0).all()
    assert (kl_divergence_from_logits(a, a + shift) == 0).all()
    for moved in ((a + shift, b), (a, b + shift)):
        np.testing.assert_allclose(kl_divergence_from_logits(*moved), kl, rtol=4e-15, atol=1e-320)
    loop = [
        kl_divergence_from_logits(*r)
        for r in zip(*(x.reshape(-1, x.shape[-1]) for x in (a, b)), strict=True)
    ]
    np.testing.assert_allclose(np.ravel(kl), loop, rtol=2e-15)
    order = np.argsort(b[(0,) * (b.ndim - 1)])
    permuted = kl_divergence_from_logits(a[..., order], b[..., order])
    np.testing.assert_allclose(permuted, kl, rtol=4e-15, atol=1e-320)


@given(logit_pairs)
def test_divergence_of_logits_is_that_of_their_softmax(pair):
    """Where the rounding of the probabilities does not matter."""
    a, b = pair[0] / 30, pair[1] / 30
    expected = kl_divergence(softmax(a), softmax(b))
    np.testing.assert_allclose(kl_divergence_from_logits(a, b), expected, rtol=1e-9, atol=1e-15)


def test_divergence_of_logits_keeps_the_digits_of_a_small_probability(ulps):
    """e^−712 alone is subnormal; as a probability it is an ordinary number, here times 1e200."""
    a, b = [-712.0, -346.0, -346.0], [-1e200, 0.0, 0.0]
    with mp.workdps(400):
        exps = [mp.exp(mp.mpf(x)) for x in a]
        p = [e / mp.fsum(exps) for e in exps]
        log_q = [mp.mpf(x) - mp.log(2) for x in b]
        exact = mp.fsum(x * (mp.log(x) - y) for x, y in zip(p, log_q, strict=True))
    assert ulps(kl_divergence_from_logits(a, b), [exact]) <= 4


def test_divergence_of_logits_in_other_bases_shapes_and_types():
    """Bits, an outer pairing and each dtype."""
    a, b = np.random.default_rng(6).normal(size=(2, 4, 3))
    nats = kl_divergence_from_logits(a[:, None], b)
    assert nats.shape == (4, 4)
    bits = kl_divergence_from_logits(a[:, None], b, base=2)
    np.testing.assert_allclose(bits, nats / math.log(2), rtol=1e-15)
    for dtype in (np.float16, np.float32):
        narrow = a.astype(dtype), b.astype(dtype)
        result = kl_divergence_from_logits(*narrow)
        assert result.dtype == dtype
        wide = kl_divergence_from_logits(*(x.astype(np.float64) for x in narrow))
        np.testing.assert_array_equal(result, wide.astype(dtype))
    for pair in (([0, 1], np.float16([0, 1])), (np.float16([0, 1]), [0, 1])):
        assert kl_divergence_from_logits(*pair).dtype == np.float64
    assert kl_divergence_from_logits(np.empty((0, 3)), np.empty(3)).shape == (0,)


def test_perplexity_by_hand():
    """Faces of a fair die, a certain outcome, an impossible one, and one in eight."""
    for faces in (1, 2, 3, 4, 6, 8, 1024):
        assert perplexity(np.full(faces, 1 / faces)) == pytest.approx(faces, rel=1e-14)
    assert perplexity(np.full(64, 1 / 64)) == 64
    assert perplexity([1.0, 0.0]) == 1
    assert perplexity([1.0, 0.0], [0.125, 0.875]) == 8
    assert perplexity([0.5, 0.5], [1.0, 0.0]) == INF
    assert np.isnan(perplexity([NAN, 0.5]))
    assert perplexity(np.float32([0.5, 0.5])).dtype == np.float32
    assert perplexity(np.float16([0.5, 0.5]), np.float32([0.5, 0.5])).dtype == np.float32


@given(pairs)
def test_perplexity_is_the_exponential_of_the_entropy(pq):
    """With a model and without, whatever the unit; at least 1, and least without."""
    p, q = pq
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(perplexity(p), np.exp(entropy(p)), rtol=1e-13)
        np.testing.assert_allclose(perplexity(p, q), np.exp(cross_entropy(p, q)), rtol=1e-12)
    assert (perplexity(p) >= 1 - 1e-15).all()
    assert (perplexity(p, q) >= perplexity(p) * (1 - 1e-14)).all()

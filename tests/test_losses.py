"""Softmax cross-entropy and its gradient.

References: Σ t (log Σ e^x − x) in mpmath from the exact float inputs, see `reference`, with 400
digits so that losses down to 1e-300 keep 50; and for the gradient central differences of it with
step 1e-100 and 500 digits, of which a derivative of 1e-300 keeps 50 or more.
"""

import math

import mpmath as mp
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crossent import (
    cross_entropy,
    log_softmax,
    logsumexp,
    nll,
    one_hot,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
)

INF, NAN = np.inf, np.nan


@st.composite
def problems(draw):
    """Return logits, labels and soft targets of one batch."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=5))
    logits = draw(hnp.arrays(np.float64, shape, elements=st.floats(-700, 700)))
    labels = draw(hnp.arrays(np.int64, shape[:-1], elements=st.integers(0, shape[-1] - 1)))
    weights = draw(hnp.arrays(np.float64, shape, elements=st.sampled_from([0.0, 0.1, 1.0, 3.0])))
    weights = weights + (weights.sum(axis=-1, keepdims=True) == 0)
    return logits, labels, weights / weights.sum(axis=-1, keepdims=True)


def reference(logits, targets):
    """Return the loss of one row; call it within mp.workdps."""
    x = [mp.mpf(v) for v in logits]
    log_total = mp.log(mp.fsum(mp.exp(v) for v in x))
    return mp.fsum(mp.mpf(t) * (log_total - v) for t, v in zip(targets, x, strict=True) if t)


def reference_gradient(logits, targets):
    """Return central differences of `reference`, whose error is about 1e-200."""
    step = mp.mpf(10) ** -100
    gradient = []
    for k in range(len(logits)):
        up, down = list(map(mp.mpf, logits)), list(map(mp.mpf, logits))
        up[k] += step
        down[k] -= step
        gradient.append((reference(up, targets) - reference(down, targets)) / (2 * step))
    return gradient


LOGITS = {
    "ordinary": np.random.default_rng(1).normal(size=(60, 6)) * 3,
    "two classes": np.random.default_rng(2).normal(size=(60, 2)) * 20,
    "wide": np.random.default_rng(3).normal(size=(60, 4)) * 150,
    "far from 0": -1000 + np.random.default_rng(4).normal(size=(60, 4)),
}


@pytest.mark.parametrize("name", LOGITS)
def test_loss_against_mpmath(name, ulps):
    """Within 3 ULP for a label on every class in turn, and for soft targets."""
    x = LOGITS[name]
    t = np.random.default_rng(0).dirichlet(np.ones(x.shape[-1]), size=len(x))
    with mp.workdps(400):
        for label in range(x.shape[-1]):
            truth = [reference(row, np.eye(x.shape[-1])[label]) for row in x]
            assert ulps(softmax_cross_entropy(x, np.full(len(x), label)), truth) <= 3
        truth = [reference(*pair) for pair in zip(x, t, strict=True)]
        assert ulps(softmax_cross_entropy(x, t), truth) <= 3


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_no_rows_of_any_type(dtype):
    loss, gradient = softmax_cross_entropy_grad(np.empty((0, 3), dtype), np.empty(0, int))
    assert (loss.shape, gradient.shape) == ((0,), (0, 3))
    assert loss.dtype == gradient.dtype == dtype


def test_gradient_of_a_class_whose_exponential_is_subnormal(ulps):
    """e^−712 has lost digits; its share beside two of e^−346 is an ordinary number."""
    row = [-712.0, -346.0, -346.0]
    with mp.workdps(400):
        share = 1 / (1 + 2 * mp.exp(712 - 346))
    for targets in ([1], [[0.0, 0.5, 0.5]]):
        _, gradient = softmax_cross_entropy_grad([row], targets)
        assert ulps(gradient[0, :1], [share]) <= 3


def test_gradient_against_finite_differences(ulps):
    """Labels within 4 ULP, also where the label is all but certain; soft targets absolutely."""
    x = np.concatenate([LOGITS["ordinary"][:10, :3], LOGITS["wide"][:10, :3]])
    t = np.random.default_rng(0).dirichlet(np.ones(3), size=len(x))
    with mp.workdps(500):
        for row, soft in zip(x, t, strict=True):
            for label in range(3):
                gradient = softmax_cross_entropy_grad(row, label)[1]
                assert ulps(gradient, reference_gradient(row, np.eye(3)[label])) <= 4
            gradient = softmax_cross_entropy_grad(row, soft)[1]
            truth = np.array([float(g) for g in reference_gradient(row, soft)])
            np.testing.assert_allclose(gradient, truth, rtol=0, atol=3e-16)


def test_hand_values():
    """Equal logits, the log of a table, and a tail that can be read off."""
    assert softmax_cross_entropy([0.0, 0.0], 1) == pytest.approx(math.log(2), rel=1e-15)
    loss, gradient = softmax_cross_entropy_grad(np.log([0.2, 0.7, 0.1]), 1)
    assert loss == pytest.approx(math.log(10 / 7), rel=1e-14)
    np.testing.assert_allclose(gradient, [0.2, -0.3, 0.1], rtol=1e-14)
    loss, gradient = softmax_cross_entropy_grad([0.0, 46.0, 0.0], 1)
    assert loss == pytest.approx(2 * math.exp(-46), rel=1e-15)
    np.testing.assert_allclose(gradient, np.exp(-46.0) * np.array([1, -2, 1]), rtol=1e-15)


def test_agrees_with_scipy():
    """On an ordinary batch the losses come from SciPy's log_softmax."""
    x = np.random.default_rng(5).normal(size=(4, 3, 6)) * 5
    y = np.random.default_rng(6).integers(0, 6, size=(4, 3))
    t = np.random.default_rng(7).dirichlet(np.ones(6), size=(4, 3))
    log_s = scipy.special.log_softmax(x, axis=-1)
    hard = -np.take_along_axis(log_s, y[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(softmax_cross_entropy(x, y), hard, rtol=1e-12)
    np.testing.assert_allclose(softmax_cross_entropy(x, t), -(t * log_s).sum(-1), rtol=1e-12)


@pytest.mark.parametrize(
    ("logits", "label", "loss", "gradient"),
    [
        ([3.0], 0, 0.0, [0.0]),
        ([0.0, -INF, 0.0], 0, math.log(2), [-0.5, 0.0, 0.5]),
        ([0.0, -INF], 0, 0.0, [0.0, 0.0]),
        ([0.0, -INF], 1, INF, [1.0, -1.0]),
        ([-INF, -INF], 0, NAN, [NAN, NAN]),
        ([INF, 0.0], 0, NAN, [NAN, 0.0]),
        ([INF, 0.0], 1, INF, [NAN, -1.0]),
        ([INF, INF, 0.0], 2, INF, [NAN, NAN, -1.0]),
        ([INF, -INF], 1, INF, [NAN, -1.0]),
        ([NAN, 0.0], 1, NAN, [NAN, NAN]),
        ([1e308, -1e308], 0, 0.0, [0.0, 0.0]),
        ([1e308, -1e308], 1, INF, [1.0, -1.0]),
        ([1e308, 0.5e308], 1, 0.5e308, [1.0, -1.0]),
        ([1e308, 1e308], 1, math.log(2), [0.5, -0.5]),
        ([-1e308, -1e308], 1, math.log(2), [0.5, -0.5]),
    ],
)
def test_edges(logits, label, loss, gradient):
    """One class, masked classes, infinities, NaN, the ends of the range: label or one-hot row."""
    hard = softmax_cross_entropy_grad(logits, label)
    soft = softmax_cross_entropy_grad(logits, one_hot(label, len(logits)))
    batch = softmax_cross_entropy_grad([logits, logits], [label, label])
    for result in (hard, soft, [part[1] for part in batch]):
        np.testing.assert_allclose(result[0], loss, rtol=1e-15)
        np.testing.assert_allclose(result[1], gradient, rtol=1e-15)
    np.testing.assert_array_equal(softmax_cross_entropy(logits, label), hard[0])


@pytest.mark.parametrize(
    ("logits", "targets", "loss"),
    [
        ([0.0, 0.0, -INF], [0.5, 0.5, 0.0], math.log(2)),
        ([0.0, 0.0, -INF], [0.5, 0.25, 0.25], INF),
        ([INF, 0.0, 0.0], [0.0, 0.5, 0.5], INF),
        ([INF, 0.0, 0.0], [0.5, 0.5, 0.0], NAN),
        ([-INF, -INF], [0.5, 0.5], NAN),
        ([0.0, 0.0], [NAN, 0.5], NAN),
        ([NAN, 0.0], [0.0, 1.0], NAN),
        ([0.0, 50.0], [0.5, 0.5], 25.0),
    ],
)
def test_soft_target_edges(logits, targets, loss):
    """A class without target mass adds nothing; mass on a masked class costs infinity."""
    np.testing.assert_allclose(softmax_cross_entropy(logits, targets), loss, rtol=1e-15)
    np.testing.assert_allclose(softmax_cross_entropy([logits], [targets]), [loss], rtol=1e-15)
    np.testing.assert_allclose(softmax_cross_entropy_grad(logits, targets)[0], loss, rtol=1e-15)


@given(problems())
def test_label_is_the_one_hot_target(problem):
    """A label and its one-hot row give the same loss and gradient, up to the last places."""
    x, y, _ = problem
    hard = softmax_cross_entropy_grad(x, y)
    soft = softmax_cross_entropy_grad(x, one_hot(y, x.shape[-1]))
    np.testing.assert_allclose(hard[0], soft[0], rtol=1e-15)
    np.testing.assert_allclose(hard[1], soft[1], rtol=1e-15)
    surprisal = -np.take_along_axis(log_softmax(x), y[..., None], -1)[..., 0]
    np.testing.assert_allclose(hard[0], surprisal, rtol=1e-15)


@given(problems())
def test_gradient_is_softmax_minus_target(problem):
    """The gradient is s − t and its rows sum to 0."""
    x, y, t = problem
    for targets, rows in ((y, one_hot(y, x.shape[-1])), (t, t)):
        loss, gradient = softmax_cross_entropy_grad(x, targets)
        np.testing.assert_allclose(gradient, softmax(x) - rows, rtol=0, atol=1e-15)
        np.testing.assert_allclose(gradient.sum(axis=-1), 0.0, atol=2e-15)
        np.testing.assert_array_equal(loss, softmax_cross_entropy(x, targets))
        assert (loss >= 0).all()


@given(problems())
def test_loss_is_the_cross_entropy_of_the_softmax(problem):
    """What the two-step route computes, where it does not underflow, and log-sum-exp's form."""
    x, y, t = problem
    x = x / 10
    s = softmax(x)
    np.testing.assert_allclose(
        softmax_cross_entropy(x, t), cross_entropy(t, s), rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(softmax_cross_entropy(x, y), nll(y, s), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        softmax_cross_entropy(x, t), logsumexp(x) - (t * x).sum(-1), atol=1e-12
    )


@given(problems(), st.integers(-1000, 1000))
def test_shift_by_a_constant(problem, shift):
    """Adding a constant to a row of logits changes neither loss nor gradient."""
    x, y, t = problem
    x = np.round(x * 1024) / 1024  # so that the shift itself does not round
    for targets, last_place in ((y, 0.0), (t, 3e-16)):  # of s, where s − t nearly cancels
        before, after = (softmax_cross_entropy_grad(z, targets) for z in (x, x + shift))
        np.testing.assert_allclose(after[0], before[0], rtol=1e-15)
        np.testing.assert_allclose(after[1], before[1], rtol=1e-15, atol=last_place)


@given(problems(), st.randoms(use_true_random=False))
def test_permutation_of_the_classes(problem, random):
    """Classes may be listed in any order, the same for logits and targets."""
    x, y, t = problem
    order = np.array(random.sample(range(x.shape[-1]), x.shape[-1]))
    new_name = np.argsort(order)  # class order[j] is now called j
    for targets, renamed in ((y, new_name[y]), (t, t[..., order])):
        loss, gradient = softmax_cross_entropy_grad(x, targets)
        moved_loss, moved_gradient = softmax_cross_entropy_grad(x[..., order], renamed)
        np.testing.assert_allclose(moved_loss, loss, rtol=1e-14)
        np.testing.assert_allclose(moved_gradient, gradient[..., order], rtol=1e-14, atol=1e-15)


@given(problems())
def test_batch_is_the_loop_over_rows(problem):
    """A batch gives what its rows give one by one, whatever its memory layout."""
    x, y, t = problem
    num_classes = x.shape[-1]
    for targets, rows in ((y, y.ravel()), (t, t.reshape(-1, num_classes))):
        loop = [
            softmax_cross_entropy_grad(*r)
            for r in zip(x.reshape(-1, num_classes), rows, strict=True)
        ]
        for batch in (x, np.asfortranarray(x)):
            loss, gradient = softmax_cross_entropy_grad(batch, targets)
            assert loss.shape == x.shape[:-1]
            assert gradient.shape == x.shape
            np.testing.assert_allclose(np.ravel(loss), [r[0] for r in loop], rtol=1e-15)
            np.testing.assert_allclose(
                gradient.reshape(-1, num_classes), [r[1] for r in loop], rtol=1e-15
            )


def test_soft_targets_broadcast():
    """One target row for all logits, one logit row for all targets, and an outer pairing."""
    x = np.random.default_rng(8).normal(size=(4, 3))
    t = np.random.default_rng(9).dirichlet(np.ones(3), size=5)
    outer = [[softmax_cross_entropy_grad(row, target) for target in t] for row in x]
    for index in (np.s_[:, :], np.s_[:, :1], np.s_[:1, :]):
        loss, gradient = softmax_cross_entropy_grad(x[:, None][index[0]], t[index[1]])
        expected = np.array([[pair[0] for pair in row] for row in outer])[index]
        np.testing.assert_allclose(loss, expected, rtol=1e-15)
        expected = np.array([[pair[1] for pair in row] for row in outer])[index]
        np.testing.assert_allclose(gradient, expected, rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_comes_back_rounded_once(dtype):
    """Narrow floats are computed in float64 and rounded to the nearest of their kind."""
    x = (np.random.default_rng(10).normal(size=(50, 7)) * 4).astype(dtype)
    y = np.random.default_rng(11).integers(0, 7, size=50)
    t = one_hot(y, 7).astype(dtype) / 2 + one_hot(np.roll(y, 1), 7).astype(dtype) / 2
    for targets in (y, t):
        results = softmax_cross_entropy_grad(x, targets)
        wide = softmax_cross_entropy_grad(x.astype(np.float64), targets)
        for result, truth in zip(results, wide, strict=True):
            assert result.dtype == dtype
            np.testing.assert_array_equal(result, truth.astype(dtype))
        assert softmax_cross_entropy(x, targets).dtype == dtype
        assert softmax_cross_entropy(x[0], targets[0]).dtype == dtype


def test_mixed_dtypes():
    """Probabilities take part in numpy's promotion, labels do not; integers count as float64."""
    x = np.zeros((2, 2), np.float32)
    cases = [
        (x, np.array([0, 1], np.int64), np.float32),
        (x, np.array([0, 1], np.uint8), np.float32),
        (x, np.eye(2, dtype=np.float16), np.float32),
        (x, np.eye(2), np.float64),
        (x.astype(np.float16), np.eye(2, dtype=np.float32), np.float32),
        (x.astype(int), [0, 1], np.float64),
        ([[0, 0], [0, 0]], np.eye(2, dtype=np.float16), np.float64),
    ]
    for logits, targets, dtype in cases:
        loss, gradient = softmax_cross_entropy_grad(logits, targets)
        assert loss.dtype == gradient.dtype == dtype
        assert softmax_cross_entropy(logits, targets).dtype == dtype


def test_empty_batch():
    """No rows, no results; an empty list is a list of labels."""
    x = np.empty((0, 3), np.float32)
    for targets in ([], np.empty(0, int), np.empty((0, 3), np.float32)):
        loss, gradient = softmax_cross_entropy_grad(x, targets)
        assert (loss.shape, gradient.shape) == ((0,), (0, 3))
        assert softmax_cross_entropy(x, targets).shape == (0,)
        assert loss.dtype == np.float32


def test_input_is_not_modified():
    """The callers' arrays are only read."""
    x, y, t = np.array([[1.0, -INF], [2.0, 3.0]]), np.array([0, 1]), np.eye(2)
    before = x.copy(), y.copy(), t.copy()
    for array in (x, y, t):
        array.flags.writeable = False
    for targets in (y, t):
        softmax_cross_entropy(x, targets)
        softmax_cross_entropy_grad(x, targets)
    for array, copy in zip((x, y, t), before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_silent_where_the_caller_traps_every_float_error():
    """Underflow, overflow, ∞ − ∞ and 0 · ∞ inside do not escape."""
    x = [[0.0, -1e308, 1e308], [INF, INF, 0.0], [-INF, -INF, -INF], [NAN, 0.0, 1.0], [0, -INF, 9]]
    with np.errstate(all="raise"):
        for label in range(3):
            softmax_cross_entropy_grad(x, [label] * 5)
            softmax_cross_entropy_grad(x, [[0.5, 0.5, 0.0]] * 5)
        assert softmax_cross_entropy(np.array([65504, -65504], np.float16), 1) == INF

"""The loss of a linear classifier without its logits.

References: `softmax_cross_entropy` of the whole matrix of logits, in float64.
"""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossent import (
    linear_cross_entropy,
    linear_cross_entropy_grad,
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
)
from crossent.linear import TILE_CLASSES, TILE_ROWS

INF, NAN = np.inf, np.nan


def problem(num_rows, num_features, num_classes, *, scale=1.0, dtype=np.float64):
    """Return hidden, weight and labels, and the same with hidden and weight in float64."""
    rng = np.random.default_rng(num_rows)
    hidden = (rng.normal(size=(num_rows, num_features)) * scale).astype(dtype)
    weight = rng.normal(size=(num_classes, num_features)).astype(dtype)
    labels = rng.integers(0, num_classes, num_rows)
    return (hidden, weight, labels), (hidden.astype(float), weight.astype(float), labels)


def reference(hidden, weight, labels):
    """Return the losses and both gradients from the whole matrix of logits."""
    loss, gradient = softmax_cross_entropy_grad(hidden @ weight.T, labels)
    return loss, gradient @ weight, gradient.T @ hidden


SHAPES = [
    (1, 1, 1),
    (3, 2, 5),
    (TILE_ROWS + 1, 4, TILE_CLASSES - 1),
    (TILE_ROWS - 1, 3, TILE_CLASSES + 1),
    (5, 16, 2 * TILE_CLASSES + 3),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [1, 30, 1000], ids=["safe rows", "some shifted", "all shifted"])
def test_is_the_loss_of_the_logits(shape, scale):
    """On either side of the edges of a tile, with and without rows that need a shift."""
    args, _ = problem(*shape, scale=scale)
    result = linear_cross_entropy_grad(*args)
    for value, truth in zip(result, reference(*args), strict=True):
        rounding = 1e-14 * scale * max(1, np.abs(truth).max())
        np.testing.assert_allclose(value, truth, rtol=1e-12, atol=rounding)
    np.testing.assert_array_equal(linear_cross_entropy(*args), result[0])


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_narrow_floats(dtype):
    """The dtype comes back; the logits are those of a float32 product."""
    args, wide = problem(50, 32, 3000, dtype=dtype)
    result = linear_cross_entropy_grad(*args)
    logit_error = 32 * 6e-8 * (np.abs(wide[0]) @ np.abs(wide[1]).T).max()
    for value, truth in zip(result, reference(*wide), strict=True):
        assert value.dtype == dtype
        spacing = np.finfo(dtype).eps * np.abs(truth).max()
        assert np.abs(value - truth).max() <= 2 * logit_error + spacing
    assert linear_cross_entropy(*args).dtype == dtype


def test_dtypes_promote():
    """As numpy promotes hidden and weight; integers count as float64."""
    cases = [
        (np.float32, np.float64, np.float64),
        (np.float16, np.float32, np.float32),
        (np.int8, np.float32, np.float64),
    ]
    for first, second, dtype in cases:
        args = np.ones((2, 3), first), np.ones((4, 3), second), [0, 1]
        assert {part.dtype for part in linear_cross_entropy_grad(*args)} == {np.dtype(dtype)}
        assert linear_cross_entropy(*args).dtype == dtype


def test_batch_axes_and_layout():
    """Any number of batch axes, none included, and any strides."""
    (hidden, weight, labels), _ = problem(12, 4, 7)
    loss, by_hidden, by_weight = linear_cross_entropy_grad(hidden, weight, labels)
    boxed = hidden.reshape(3, 4, 4), weight, labels.reshape(3, 4)
    for args in (boxed, (np.asfortranarray(boxed[0]), np.asfortranarray(weight), boxed[2])):
        result = linear_cross_entropy_grad(*args)
        np.testing.assert_allclose(result[0], loss.reshape(3, 4), rtol=1e-14)
        np.testing.assert_allclose(result[1], by_hidden.reshape(3, 4, 4), rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(result[2], by_weight, rtol=1e-13, atol=1e-14)
    single = linear_cross_entropy(hidden[0], weight, labels[0])
    assert single.shape == ()
    assert single == pytest.approx(loss[0], rel=1e-14)


def test_empty_batch():
    """No rows: no losses, and a gradient of 0."""
    loss, by_hidden, by_weight = linear_cross_entropy_grad(np.empty((0, 3)), np.ones((4, 3)), [])
    assert (loss.shape, by_hidden.shape) == ((0,), (0, 3))
    np.testing.assert_array_equal(by_weight, np.zeros((4, 3)))


def test_infinite_and_nan_logits_count_as_in_the_loss_of_logits():
    """In their own rows only."""
    weight = np.array([[1.0], [0.0], [2.0]])
    weight[1] = -1.0
    hidden, labels = np.array([[1.0], [INF], [-INF], [NAN], [1e308], [1.0]]), [0, 0, 0, 0, 1, 0]
    with np.errstate(all="ignore"):
        logits = hidden @ weight.T
    expected = softmax_cross_entropy(logits, labels)
    np.testing.assert_allclose(linear_cross_entropy(hidden, weight, labels), expected, rtol=1e-14)


def test_a_label_that_is_nearly_certain_keeps_its_digits():
    """Loss e^−50 and gradient −e^−50 at the label, where 1 − s is 0 in floats."""
    loss, by_hidden, by_weight = linear_cross_entropy_grad([[1.0]], [[50.0], [0.0]], [0])
    np.testing.assert_allclose(loss, np.exp(-50.0), rtol=1e-15)
    np.testing.assert_allclose(by_weight[:, 0], [-np.exp(-50.0), np.exp(-50.0)], rtol=1e-14)
    np.testing.assert_allclose(by_hidden, [[-50 * np.exp(-50.0)]], rtol=1e-13)


@given(st.integers(1, 6), st.integers(1, 4), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_gradients_match_finite_differences(num_rows, num_features, num_classes, seed):
    """Central differences of the summed loss."""
    rng = np.random.default_rng(seed)
    hidden, weight = (
        rng.normal(size=(num_rows, num_features)),
        rng.normal(size=(num_classes, num_features)),
    )
    labels = rng.integers(0, num_classes, num_rows)
    _, by_hidden, by_weight = linear_cross_entropy_grad(hidden, weight, labels)
    step = 1e-5
    for array, gradient in ((hidden, by_hidden), (weight, by_weight)):
        i = tuple(rng.integers(0, n) for n in array.shape)
        sides = []
        for sign in (1, -1):
            array[i] += sign * step
            sides.append(linear_cross_entropy(hidden, weight, labels).sum())
            array[i] -= sign * step
        assert (sides[0] - sides[1]) / (2 * step) == pytest.approx(gradient[i], abs=1e-8)


@pytest.mark.parametrize("num_classes", [2, 5, TILE_CLASSES + 7])
def test_float32_logits_lose_no_digits(num_classes):
    """With one feature the logits are single products: the loss is theirs, rounded once."""
    hidden, weight, labels = problem(200, 1, num_classes, dtype=np.float32)[0]
    exact = softmax_cross_entropy(hidden * weight.T, labels)
    np.testing.assert_array_equal(linear_cross_entropy(hidden, weight, labels), exact)


def test_ordinary_rows_need_no_second_product(monkeypatch):
    """Only rows outside the safe band have all their logits computed at once."""
    shifted = []

    def noted(logits, labels):
        shifted.append(logits.shape)
        return softmax_cross_entropy(logits, labels)

    monkeypatch.setattr("crossent.linear.softmax_cross_entropy", noted)
    hidden, weight, labels = problem(20, 6, 30)[0]
    linear_cross_entropy(hidden, weight, labels)
    assert shifted == []
    hidden[[3, 17]] *= 1e4
    linear_cross_entropy(hidden, weight, labels)
    assert shifted == [(2, 30)]


def test_workspace():
    """A tile and a block, not the logits; the gradient a little more beside its results."""
    args, _ = problem(2 * TILE_ROWS, 8, 20_000, dtype=np.float32)
    shifted = args[0] * 100, *args[1:]  # a tile of logits in float64, and its exponentials
    for function, arguments, bar in (
        (linear_cross_entropy, args, 6),
        (linear_cross_entropy_grad, args, 7),
        (linear_cross_entropy, shifted, 20),
    ):
        tracemalloc.start()
        result = function(*arguments)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        parts = result if isinstance(result, tuple) else (result,)
        assert peak - sum(part.nbytes for part in parts) <= bar * 2**20


def test_input_is_only_read():
    """The callers' arrays may be read-only."""
    args, _ = problem(5, 3, 4)
    before = [a.copy() for a in args]
    for array in args:
        array.flags.writeable = False
    linear_cross_entropy_grad(*args)
    for array, copy in zip(args, before, strict=True):
        np.testing.assert_array_equal(array, copy)

"""Bad input raises, and the message names the argument, its shape and the worst offender."""

import math
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import crossent
from crossent import (
    cross_entropy,
    empirical_pmf,
    entropy,
    kl_divergence,
    kl_divergence_from_logits,
    linear_cross_entropy,
    linear_cross_entropy_grad,
    log_likelihood,
    log_softmax,
    logsumexp,
    nll,
    one_hot,
    perplexity,
    softmax,
    softmax_cross_entropy,
    softmax_cross_entropy_grad,
)
from crossent._checks import SUM_TOLERANCE

NAN = np.nan
UNIFORM = np.full((5, 4), 0.25)


def changed(array, index, value):
    """Return a copy of the array with one entry changed."""
    copy = np.array(array)
    copy[index] = value
    return copy


def nested(value, depth):
    """Return the value in so many lists."""
    return [nested(value, depth - 1)] if depth else value


ITSELF = []
ITSELF.append(ITSELF)

# A call, and the whole message of the error that it raises.
VALUE_ERRORS = {
    # Rows off the simplex: the worst is named, and NaN elsewhere does not hide it.
    "sum, one row": (
        lambda: entropy([0.5, 0.47]),
        "p must sum to 1 along the last axis; shape (2,) sums to 0.97",
    ),
    "sum, row of a table": (
        lambda: entropy(changed(UNIFORM, (3, 0), 0.22)),
        "p must sum to 1 along the last axis; row 3 of shape (5, 4) sums to 0.97",
    ),
    "sum, worst of two rows": (
        lambda: entropy(changed(changed(UNIFORM, (1, 0), 0.24), (3, 0), 0.75)),
        "p must sum to 1 along the last axis; row 3 of shape (5, 4) sums to 1.5",
    ),
    "sum, row below 1 is worse": (
        lambda: entropy(changed(changed(UNIFORM, (1, 0), 0.0), (3, 0), 0.375)),
        "p must sum to 1 along the last axis; row 1 of shape (5, 4) sums to 0.75",
    ),
    "sum, row of a batch": (
        lambda: entropy(changed(np.full((2, 3, 4), 0.25), (1, 2, 0), 0.5)),
        "p must sum to 1 along the last axis; row (1, 2) of shape (2, 3, 4) sums to 1.25",
    ),
    "sum, beside NaN": (
        lambda: entropy(changed(changed(UNIFORM, (0, 0), NAN), (4, 1), 0.5)),
        "p must sum to 1 along the last axis; row 4 of shape (5, 4) sums to 1.25",
    ),
    "sum, of zeros": (
        lambda: entropy([[0, 1], [0, 0]]),
        "p must sum to 1 along the last axis; row 1 of shape (2, 2) sums to 0",
    ),
    "sum, a near miss keeps its digits": (
        lambda: entropy([0.5, 0.5000001]),
        "p must sum to 1 along the last axis; shape (2,) sums to 1.0000001",
    ),
    "sum, q of cross-entropy": (
        lambda: cross_entropy([0.5, 0.5], [0.5, 0.6]),
        "q must sum to 1 along the last axis; shape (2,) sums to 1.1",
    ),
    "sum, p of KL": (
        lambda: kl_divergence([0.5, 0.6], [0.5, 0.5]),
        "p must sum to 1 along the last axis; shape (2,) sums to 1.1",
    ),
    "sum, q of KL": (
        lambda: kl_divergence([0.5, 0.5], [0.5, 0.6]),
        "q must sum to 1 along the last axis; shape (2,) sums to 1.1",
    ),
    "sum, q of the likelihood": (
        lambda: log_likelihood([1, 2], [0.5, 0.6]),
        "q must sum to 1 along the last axis; shape (2,) sums to 1.1",
    ),
    "sum, q of nll": (
        lambda: nll([0], [0.5, 0.6]),
        "q must sum to 1 along the last axis; shape (2,) sums to 1.1",
    ),
    "sum, soft targets": (
        lambda: softmax_cross_entropy([0.0, 0.0], [0.5, 0.6]),
        "targets must sum to 1 along the last axis; shape (2,) sums to 1.1",
    ),
    "sum, soft targets of the gradient": (
        lambda: softmax_cross_entropy_grad([0.0, 0.0], [0.5, 0.6]),
        "targets must sum to 1 along the last axis; shape (2,) sums to 1.1",
    ),
    "negative": (
        lambda: entropy([1.5, -0.5]),
        "p must not be negative; entry 1 of shape (2,) is -0.5",
    ),
    "negative, worst": (
        lambda: entropy([[1.1, -0.1, NAN], [0.0, 1.5, -0.5]]),
        "p must not be negative; entry (1, 2) of shape (2, 3) is -0.5",
    ),
    "negative, in its own digits": (
        lambda: entropy(np.array([-0.1, 1.0], np.float32)),
        "p must not be negative; entry 0 of shape (2,) is -0.1",
    ),
    "negative by rounding": (
        lambda: entropy([1.0, -1e-17]),
        "p must not be negative; entry 1 of shape (2,) is -1e-17",
    ),
    "negative infinity": (
        lambda: entropy([1.0, -np.inf]),
        "p must not be negative; entry 1 of shape (2,) is -inf",
    ),
    "above 1": (
        lambda: entropy([[20, 70, 10], [0, 0, NAN]]),
        "p must not exceed 1; entry (0, 1) of shape (2, 3) is 70.0",
    ),
    "above 1 by rounding": (
        lambda: entropy([np.nextafter(1, 2), 0.0]),
        "p must not exceed 1; entry 0 of shape (2,) is 1.0000000000000002",
    ),
    "infinite": (
        lambda: entropy([np.inf, 0.0]),
        "p must not exceed 1; entry 0 of shape (2,) is inf",
    ),
    "sum, p of perplexity": (
        lambda: perplexity([0.5, 0.6]),
        "p must sum to 1 along the last axis; shape (2,) sums to 1.1",
    ),
    "sum, q of perplexity": (
        lambda: perplexity([0.5, 0.5], [0.5, 0.6]),
        "q must sum to 1 along the last axis; shape (2,) sums to 1.1",
    ),
    "sum, a row beyond the first block": (
        lambda: entropy(changed(np.full((20_000, 4), 0.25), (17_003, 2), 0.26)),
        "p must sum to 1 along the last axis; row 17003 of shape (20000, 4) sums to 1.01",
    ),
    "negative, beyond the first block": (
        lambda: entropy(changed(np.full((20_000, 4), 0.25), (17_003, 2), -0.25)),
        "p must not be negative; entry (17003, 2) of shape (20000, 4) is -0.25",
    ),
    "negative, subnormal": (
        lambda: entropy([1.0, -5e-324]),
        "p must not be negative; entry 1 of shape (2,) is -5e-324",
    ),
    # Shapes.
    "scalar p": (lambda: entropy(1.0), "p must have a class axis; got a scalar, shape ()"),
    "scalar logits": (
        lambda: logsumexp(1.0),
        "logits must have a class axis; got a scalar, shape ()",
    ),
    "scalar counts": (
        lambda: log_likelihood(1, [1.0]),
        "counts must have a class axis; got a scalar, shape ()",
    ),
    "no class": (
        lambda: softmax(np.empty((3, 0))),
        "logits must have at least one class on the last axis; got shape (3, 0)",
    ),
    "no class in log_softmax": (
        lambda: log_softmax([]),
        "logits must have at least one class on the last axis; got shape (0,)",
    ),
    "no class in p": (
        lambda: entropy([]),
        "p must have at least one class on the last axis; got shape (0,)",
    ),
    "no class in counts": (
        lambda: log_likelihood([], [1.0]),
        "counts must have at least one class on the last axis; got shape (0,)",
    ),
    "no class in the loss": (
        lambda: softmax_cross_entropy(np.empty((3, 0)), [0, 0, 0]),
        "logits must have at least one class on the last axis; got shape (3, 0)",
    ),
    "classes differ": (
        lambda: cross_entropy(UNIFORM, [0.5, 0.25, 0.25]),
        "p and q must have equally many classes on the last axis; got shapes (5, 4) and (3,)",
    ),
    "a single class is not broadcast": (
        lambda: kl_divergence([1.0], [0.5, 0.5]),
        "p and q must have equally many classes on the last axis; got shapes (1,) and (2,)",
    ),
    "batches differ": (
        lambda: kl_divergence(UNIFORM, UNIFORM[:3]),
        "the batch axes of p and q must broadcast; got shapes (5, 4) and (3, 4)",
    ),
    "classes of counts differ": (
        lambda: log_likelihood([1, 2, 3], [0.5, 0.5]),
        "counts and q must have equally many classes on the last axis; got shapes (3,) and (2,)",
    ),
    "classes of targets differ": (
        lambda: softmax_cross_entropy([[0.0, 0.0]], [0.5, 0.25, 0.25]),
        "logits and targets must have equally many classes on the last axis; "
        "got shapes (1, 2) and (3,)",
    ),
    "batches of targets differ": (
        lambda: softmax_cross_entropy(np.zeros((3, 4)), UNIFORM),
        "the batch axes of logits and targets must broadcast; got shapes (3, 4) and (5, 4)",
    ),
    "labels of another length": (
        lambda: softmax_cross_entropy(np.zeros((5, 4)), [0, 1]),
        "integer targets must be labels of shape (5,), one per row of logits of shape (5, 4); "
        "got shape (2,)",
    ),
    "labels of a batch transposed": (
        lambda: softmax_cross_entropy(np.zeros((2, 3, 4)), np.zeros((3, 2), int)),
        "integer targets must be labels of shape (2, 3), one per row of logits of shape "
        "(2, 3, 4); got shape (3, 2)",
    ),
    "a column of labels is not broadcast": (
        lambda: softmax_cross_entropy_grad(np.zeros((2, 4)), [[0], [1]]),
        "integer targets must be labels of shape (2,), one per row of logits of shape (2, 4); "
        "got shape (2, 1)",
    ),
    "a column of labels for rows of q": (
        lambda: nll([[0], [1]], UNIFORM[:2]),
        "q must be a single row or hold one row per label; "
        "got q of shape (2, 4) and labels of shape (2, 1)",
    ),
    "one label for rows of q": (
        lambda: nll(0, UNIFORM),
        "q must be a single row or hold one row per label; "
        "got q of shape (5, 4) and labels of shape ()",
    ),
    "classes of logits differ": (
        lambda: kl_divergence_from_logits([[0.0, 1.0]], [0.0, 1.0, 2.0]),
        "p_logits and q_logits must have equally many classes on the last axis; "
        "got shapes (1, 2) and (3,)",
    ),
    "no class in p_logits": (
        lambda: kl_divergence_from_logits([], [0.0]),
        "p_logits must have at least one class on the last axis; got shape (0,)",
    ),
    "scalar q_logits": (
        lambda: kl_divergence_from_logits([0.0], 1.0),
        "q_logits must have a class axis; got a scalar, shape ()",
    ),
    "features differ": (
        lambda: linear_cross_entropy(np.zeros((2, 3)), np.zeros((5, 4)), [0, 1]),
        "weight must have the shape (classes, features), with at least one class and the features "
        "of hidden; got weight of shape (5, 4) and hidden of shape (2, 3)",
    ),
    "no class in weight": (
        lambda: linear_cross_entropy(np.zeros((2, 3)), np.zeros((0, 3)), [0, 1]),
        "weight must have the shape (classes, features), with at least one class and the features "
        "of hidden; got weight of shape (0, 3) and hidden of shape (2, 3)",
    ),
    "weight of one class only": (
        lambda: linear_cross_entropy_grad([[1.0]], [1.0], [0]),
        "weight must have the shape (classes, features), with at least one class and the features "
        "of hidden; got weight of shape (1,) and hidden of shape (1, 1)",
    ),
    "no feature": (
        lambda: linear_cross_entropy(np.zeros((2, 0)), np.zeros((3, 0)), [0, 1]),
        "hidden must have at least one feature on the last axis; got shape (2, 0)",
    ),
    "scalar hidden": (
        lambda: linear_cross_entropy(1.0, [[1.0]], 0),
        "hidden must have a feature axis; got a scalar, shape ()",
    ),
    "labels of another length than hidden": (
        lambda: linear_cross_entropy(np.zeros((2, 3)), np.zeros((5, 3)), [0, 1, 2]),
        "labels must be one per row of hidden; got labels of shape (3,) and hidden of shape "
        "(2, 3)",
    ),
    "label V": (
        lambda: linear_cross_entropy(np.zeros((2, 3)), np.zeros((5, 3)), [0, 5]),
        "labels must lie in 0..4 for num_classes = 5; entry 1 of shape (2,) is 5",
    ),
    "a list that holds itself": (
        lambda: softmax(ITSELF),
        "logits must be a rectangular array; got uneven rows",
    ),
    "uneven rows": (
        lambda: softmax([[1.0, 2.0], [3.0]]),
        "logits must be a rectangular array; got uneven rows",
    ),
    # Labels and counts.
    "label −1": (
        lambda: one_hot([0, -1], 3),
        "labels must lie in 0..2 for num_classes = 3; entry 1 of shape (2,) is -1",
    ),
    "label K": (
        lambda: empirical_pmf([[0, 3], [7, 1]], 3),
        "labels must lie in 0..2 for num_classes = 3; entry (1, 0) of shape (2, 2) is 7",
    ),
    "label K, exactly": (
        lambda: one_hot(3, 3),
        "labels must lie in 0..2 for num_classes = 3; got 3",
    ),
    "label beyond int64": (
        lambda: one_hot(np.array([2**64 - 1], np.uint64), 3),
        "labels must lie in 0..2 for num_classes = 3; "
        "entry 0 of shape (1,) is 18446744073709551615",
    ),
    "label −1 of nll": (
        lambda: nll(-1, [0.5, 0.5]),
        "labels must lie in 0..1 for num_classes = 2; got -1",
    ),
    "label −1 of the loss": (
        lambda: softmax_cross_entropy([[0.0, 1.0]], [-1]),
        "targets must lie in 0..1 for num_classes = 2; entry 0 of shape (1,) is -1",
    ),
    "label K of the gradient": (
        lambda: softmax_cross_entropy_grad([[0.0, 1.0]], [2]),
        "targets must lie in 0..1 for num_classes = 2; entry 0 of shape (1,) is 2",
    ),
    "no samples": (
        lambda: empirical_pmf([], 3),
        "labels must have at least one sample on the last axis; got shape (0,)",
    ),
    "no samples in a row": (
        lambda: empirical_pmf(np.empty((2, 0), int), 3),
        "labels must have at least one sample on the last axis; got shape (2, 0)",
    ),
    "scalar sample": (
        lambda: empirical_pmf(1, 3),
        "labels must have a sample axis; got a scalar, shape ()",
    ),
    "negative count": (
        lambda: log_likelihood([[3, -1], [0, -4]], [0.5, 0.5]),
        "counts must not be negative; entry (1, 1) of shape (2, 2) is -4",
    ),
    "count beyond int64": (
        lambda: log_likelihood(np.array([0, 2**63], np.uint64), [0.5, 0.5]),
        "counts must fit in int64; entry 1 of shape (2,) is 9223372036854775808",
    ),
    "sum of counts beyond int64": (
        lambda: log_likelihood([[1, 2], [2**62, 2**62]], [0.5, 0.5]),
        "counts must have a sum that fits in int64; "
        "row 1 of shape (2, 2) sums to 9223372036854775808",
    ),
    "sum of counts beyond int64, worst of two rows": (
        lambda: log_likelihood([[2**63 - 1, 2**62], [2**62, 2**62]], [0.5, 0.5]),
        "counts must have a sum that fits in int64; "
        "row 0 of shape (2, 2) sums to 13835058055282163711",
    ),
    "sum of one row of counts beyond int64": (
        lambda: log_likelihood([2**62, 2**62], [0.5, 0.5]),
        "counts must have a sum that fits in int64; shape (2,) sums to 9223372036854775808",
    ),
    "uneven rows of counts": (
        lambda: log_likelihood([[1, 2], [3]], [0.5, 0.5]),
        "counts must be a rectangular array; got uneven rows",
    ),
    "uneven rows of targets": (
        lambda: softmax_cross_entropy(np.zeros((2, 2)), [[0.5, 0.5], [1.0]]),
        "targets must be a rectangular array; got uneven rows",
    ),
    "uneven rows of hidden": (
        lambda: linear_cross_entropy([[1.0, 2.0], [3.0]], np.zeros((3, 2)), [0, 1]),
        "hidden must be a rectangular array; got uneven rows",
    ),
    "label −1 of int8": (
        lambda: one_hot(np.array([0, -1], np.int8), 200),
        "labels must lie in 0..199 for num_classes = 200; entry 1 of shape (2,) is -1",
    ),
    "zero classes": (lambda: one_hot([], 0), "num_classes must be at least 1; got 0"),
    "classes beyond int64": (
        lambda: one_hot([0], 2**63),
        "num_classes must fit in int64; got a number of 64 bits",
    ),
    "negative classes": (lambda: empirical_pmf([0], -2), "num_classes must be at least 1; got -2"),
    # Bases.
    **{
        f"base {base}": (
            lambda base=base: entropy([1.0], base=base),
            f"base must be positive, finite and other than 1; got {float(base)}",
        )
        for base in (0, -2, 1, 1.0, np.float32(1), math.inf, -math.inf, math.nan)
    },
    "base beyond float": (
        lambda: cross_entropy([1.0], [1.0], base=10**400),
        "base must be positive, finite and other than 1; got inf",
    ),
    "base beyond float, negative": (
        lambda: cross_entropy([1.0], [1.0], base=-(10**400)),
        "base must be positive, finite and other than 1; got -inf",
    ),
    "base below float": (
        lambda: kl_divergence([1.0], [1.0], base=Fraction(1, 10**400)),
        "base must be positive, finite and other than 1; got 0.0",
    ),
}

KINDS = "float16, float32, float64 or integers"
TYPE_ERRORS = {
    "complex": (
        lambda: softmax([1j, 0]),
        f"logits must hold {KINDS}; got dtype complex128 in shape (2,)",
    ),
    "objects": (
        lambda: entropy([Fraction(1, 2), Fraction(1, 2)]),
        f"p must hold {KINDS}; got dtype object in shape (2,)",
    ),
    "None": (lambda: logsumexp(None), f"logits must hold {KINDS}; got dtype object in shape ()"),
    "strings": (
        lambda: cross_entropy(["1"], [1.0]),
        f"p must hold {KINDS}; got dtype <U1 in shape (1,)",
    ),
    "bools": (
        lambda: cross_entropy([1.0, 0.0], [True, False]),
        f"q must hold {KINDS}; got dtype bool in shape (2,)",
    ),
    "bool targets": (
        lambda: softmax_cross_entropy([[0.0, 1.0]], [[True, False]]),
        f"targets must hold {KINDS}; got dtype bool in shape (1, 2)",
    ),
    "long doubles": (
        lambda: log_softmax(np.zeros(2, np.longdouble)),
        f"logits must hold {KINDS}; got dtype {np.dtype(np.longdouble)} in shape (2,)",
    ),
    "masked array": (
        lambda: entropy(np.ma.masked_invalid([NAN, 0.5, 0.5])),
        "p must not be a masked array: its mask would be ignored",
    ),
    "masked number in as many lists as numpy takes": (
        lambda: logsumexp(nested(np.ma.array(1.0, mask=True), 64)),
        "logits must not be a masked array: its mask would be ignored",
    ),
    "masked labels": (
        lambda: one_hot(np.ma.array([0, 1], mask=[0, 1]), 2),
        "labels must not be a masked array: its mask would be ignored",
    ),
    "float labels": (
        lambda: one_hot([0.0, 1.0], 2),
        "labels must hold integers; got dtype float64 in shape (2,)",
    ),
    "float samples": (
        lambda: empirical_pmf([0.0, 1.0], 2),
        "labels must hold integers; got dtype float64 in shape (2,)",
    ),
    "bool labels": (
        lambda: nll([True], [0.5, 0.5]),
        "labels must hold integers; got dtype bool in shape (1,)",
    ),
    "float counts": (
        lambda: log_likelihood([1.0, 2.0], [0.5, 0.5]),
        "counts must hold integers; got dtype float64 in shape (2,)",
    ),
    "bool counts": (
        lambda: log_likelihood([True, False], [0.5, 0.5]),
        "counts must hold integers; got dtype bool in shape (2,)",
    ),
    "integer one-hot targets": (
        lambda: softmax_cross_entropy([[0.0, 1.0]], [[0, 1]]),
        "integer targets are labels, which have no class axis; got the shape of the logits, "
        "(1, 2): pass labels of shape (1,) or probabilities as floats",
    ),
    "integer one-hot targets of a batch": (
        lambda: softmax_cross_entropy(np.zeros((2, 3, 4)), np.zeros((2, 3, 4), int)),
        "integer targets are labels, which have no class axis; got the shape of the logits, "
        "(2, 3, 4): pass labels of shape (2, 3) or probabilities as floats",
    ),
    "integer one-hot targets of the gradient": (
        lambda: softmax_cross_entropy_grad([0.0, 1.0], np.array([0, 1], np.uint8)),
        "integer targets are labels, which have no class axis; got the shape of the logits, "
        "(2,): pass labels of shape () or probabilities as floats",
    ),
    "float labels in the loss": (
        lambda: softmax_cross_entropy(np.zeros((2, 2)), [0.0, 1.0]),
        "float targets are probabilities, which have a class axis; got the shape of labels, (2,): "
        "pass labels as integers or probabilities of shape (2, 2)",
    ),
    "float label in the gradient": (
        lambda: softmax_cross_entropy_grad([0.0, 0.0], 1.0),
        "float targets are probabilities, which have a class axis; got the shape of labels, (): "
        "pass labels as integers or probabilities of shape (2,)",
    ),
    "bool labels in the loss": (
        lambda: softmax_cross_entropy(np.zeros((2, 2)), [True, False]),
        f"targets must hold {KINDS}; got dtype bool in shape (2,)",
    ),
    "float num_classes": (
        lambda: one_hot([0], 2.0),
        "num_classes must be an integer; got 2.0",
    ),
    "bool num_classes": (lambda: one_hot([0], True), "num_classes must be an integer; got True"),
    "labels of floats for a classifier": (
        lambda: linear_cross_entropy([[1.0]], [[1.0]], [0.0]),
        "labels must hold integers; got dtype float64 in shape (1,)",
    ),
    "complex weight": (
        lambda: linear_cross_entropy([[1.0]], [[1j]], [0]),
        f"weight must hold {KINDS}; got dtype complex128 in shape (1, 1)",
    ),
    "string base": (lambda: entropy([1.0], base="2"), "base must be a real number; got '2'"),
    "complex base": (lambda: entropy([1.0], base=2j), "base must be a real number; got 2j"),
    "bool base": (lambda: entropy([1.0], base=True), "base must be a real number; got True"),
    "decimal base": (
        lambda: entropy([1.0], base=Decimal(2)),
        "base must be a real number; got Decimal('2')",
    ),
}


@pytest.mark.parametrize("case", VALUE_ERRORS)
def test_bad_values(case):
    """The value or shape is wrong."""
    call, message = VALUE_ERRORS[case]
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


@pytest.mark.parametrize("case", TYPE_ERRORS)
def test_bad_types(case):
    """The kind of number is wrong."""
    call, message = TYPE_ERRORS[case]
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        call()


@pytest.mark.parametrize("dtype", SUM_TOLERANCE)
@pytest.mark.parametrize("side", [-1, 1])
def test_tolerance_of_the_sum(dtype, side):
    """A row may sum to 1 within the tolerance of its own dtype, and no further."""
    tolerance = {np.float16: 1e-2, np.float32: 1e-5, np.float64: 1e-9}[dtype]
    entropy(np.array([0.5, 0.5 + side * 0.9 * tolerance], dtype))
    with pytest.raises(ValueError, match=r"^p must sum to 1"):
        entropy(np.array([0.5, 0.5 + side * 1.1 * tolerance], dtype))


def test_tolerance_is_that_of_each_argument():
    """A float32 row is not excused by, nor held to, the precision of the other argument."""
    single = np.array([0.5, 0.500001], np.float32)
    double = np.array([0.5, 0.5])
    kl_divergence(single, double)
    with pytest.raises(ValueError, match=r"^q must sum to 1"):
        kl_divergence(double, single.astype(np.float64))


@pytest.mark.parametrize("num_classes", [1, 3, 10, 1000, 100_000])
@pytest.mark.parametrize("dtype", SUM_TOLERANCE)
def test_rounded_rows_are_accepted(num_classes, dtype):
    """Rows that were normalised in float64 and rounded pass, uniform ones included."""
    entropy(np.full(num_classes, 1 / num_classes, dtype))
    entropy(softmax(np.random.default_rng(0).normal(size=(3, num_classes)).astype(dtype)))


def test_sums_are_taken_in_float64():
    """Long float32 rows in column-major order, which a float32 sum would miss by 1e-3."""
    entropy(np.full((2, 100_000), 1e-5, np.float32, order="F"))


def test_sums_of_float16_are_taken_in_float64():
    """A row beyond the tolerance, whose sum would be rounded back into it."""
    row = np.zeros(200, np.float16)
    row[:4] = 0.5, 0.25, 0.25, 0.0101
    assert abs(row.sum() - 1) < 1e-2 < row.sum(dtype=np.float64) - 1
    with pytest.raises(ValueError, match=r"^p must sum to 1 .*; shape \(200,\) sums to 1\.0101"):
        entropy(row)


def test_signed_zeros_and_nan_are_accepted():
    """−0.0 is a probability, and NaN no offender."""
    assert entropy([-0.0, 1.0]) == 0
    assert np.isnan(entropy([[NAN, 1.0], [0.5, 0.5]])).tolist() == [True, False]


def test_counts_up_to_the_largest_sum():
    """2^63 − 1 draws are counted, in any row."""
    result = log_likelihood([2**62, 2**62 - 1], [0.5, 0.5])
    assert result == pytest.approx(-(2.0**63) * math.log(2), rel=1e-15)


def test_nothing_is_clipped_or_renormalised():
    """A row within the tolerance is used as it is."""
    p = np.array([0.5, 0.5 + 5e-10])
    assert entropy(p) == pytest.approx(-(p * np.log(p)).sum(), rel=1e-14)
    assert nll(1, p) == pytest.approx(-np.log(p[1]), rel=1e-14)


@pytest.mark.parametrize("base", [2, 2.5, 0.1, 10**30, np.int8(3), np.float32(2), Fraction(1, 3)])
def test_bases_that_are_allowed(base):
    """Any positive real number but 1."""
    assert entropy([0.5, 0.5], base=base) == pytest.approx(math.log(2) / math.log(base), rel=1e-14)


@pytest.mark.parametrize("num_classes", [3, np.int64(3), np.uint8(3)])
def test_integer_types_of_num_classes(num_classes):
    """Anything that is an index."""
    assert one_hot(2, num_classes).tolist() == [0, 0, 1]


def test_arguments_that_are_keyword_only():
    """A base cannot be taken for a distribution."""
    for call in (
        lambda: entropy([1.0], 2),
        lambda: cross_entropy([1.0], [1.0], 2),
        lambda: kl_divergence([1.0], [1.0], 2),
        lambda: kl_divergence_from_logits([1.0], [1.0], 2),
    ):
        with pytest.raises(TypeError, match="positional"):
            call()


def test_every_function_is_tried_with_bad_input():
    """No function of the package is missing above."""
    calls = [*VALUE_ERRORS.values(), *TYPE_ERRORS.values()]
    tried = {name for call, _ in calls for name in call.__code__.co_names}
    assert set(crossent.__all__) <= tried

r"""Log-sum-exp, log-softmax and softmax of logits, and the kernels that other modules share.

A row of logits x is split at its maximum, :math:`m = x_{\hat k}`, from the other classes:

.. math:: r = \sum_{k \ne \hat k} e^{x_k - m}.

Then :math:`\log \sum_k e^{x_k} = m + \log(1 + r)`, and the surprisal of a class,

.. math:: -\log \operatorname{softmax}(x)_k = (m - x_k) + \log(1 + r),

is a sum of two nonnegative terms. Nothing cancels: where a class holds all the mass but 1e-20,
its surprisal is 1e-20 and not 0.

Results are computed in float64 and rounded once, to the dtype of the input.
"""

from typing import NamedTuple

import numpy as np

from crossent import _checks

__all__ = ["log_softmax", "logsumexp", "softmax"]


def logsumexp(logits):
    r"""Logarithm of the sum of exponentials of each row, in nats.

    .. math:: \log \sum_k e^{x_k} = m + \log\Bigl(1 + \sum_{k \ne \hat k} e^{x_k - m}\Bigr),
        \qquad m = x_{\hat k} = \max_k x_k

    The right-hand side is computed: no exponential in it overflows, and 1 stays when all of them
    underflow.

    Parameters
    ----------
    logits : array_like, shape (..., K)
        Unnormalised scores, the classes on the last axis. A logit of −inf is a masked class.

    Returns
    -------
    ndarray or scalar, shape (...)
        One value per row: −inf if every logit is −inf, +inf if one is +inf, NaN if one is NaN.

    Raises
    ------
    TypeError
        If `logits` does not hold float16, float32, float64 or integers.
    ValueError
        If `logits` has no class axis, or no class on it.

    References
    ----------
    P. Blanchard, D. J. Higham and N. J. Higham (2021), "Accurately computing the log-sum-exp
    and softmax functions", IMA Journal of Numerical Analysis 41.

    Examples
    --------
    >>> print(f"{logsumexp([0.0, 0.0, 0.0, 0.0]):.6f}")  # log 4
    1.386294
    >>> print(logsumexp([1000.0, 0.0]))  # where exp(1000) alone overflows
    1000.0
    """
    logits = _checks.as_logits(logits)
    with np.errstate(all="ignore"):
        row = split_at_maximum(widen(logits))
        result = row.maximum + np.log1p(row.rest)
    return round_to(result[..., 0], logits.dtype)


def log_softmax(logits):
    r"""Logarithm of the softmax of each row, in nats.

    .. math:: \log \operatorname{softmax}(x)_k = x_k - \log \sum_j e^{x_j}
        = (x_k - m) - \log\Bigl(1 + \sum_{j \ne \hat k} e^{x_j - m}\Bigr),
        \qquad m = x_{\hat k} = \max_j x_j

    The last form is computed. It subtracts a nonnegative number from a nonpositive one, so that
    a log-probability close to 0 keeps its digits.

    Parameters
    ----------
    logits : array_like, shape (..., K)
        Unnormalised scores, the classes on the last axis. A logit of −inf is a masked class.

    Returns
    -------
    ndarray, shape (..., K)
        Log-probabilities: −inf for a masked class. Where the difference
        :math:`x_k - \log \sum_j e^{x_j}` is undefined it is NaN: for every class if all logits
        are −inf or one is NaN, and for the classes of +inf, beside which the others have −inf.

    Raises
    ------
    TypeError
        If `logits` does not hold float16, float32, float64 or integers.
    ValueError
        If `logits` has no class axis, or no class on it.

    References
    ----------
    P. Blanchard, D. J. Higham and N. J. Higham (2021), "Accurately computing the log-sum-exp
    and softmax functions", IMA Journal of Numerical Analysis 41.

    Examples
    --------
    >>> for value in log_softmax([50.0, 0.0]):
    ...     print(f"{value:.4e}")
    -1.9287e-22
    -5.0000e+01
    """
    logits = _checks.as_logits(logits)
    with np.errstate(all="ignore"):
        x = widen(logits)
        row = split_at_maximum(x)
        result = (x - row.maximum) - np.log1p(row.rest)
    return round_to(result, logits.dtype)


def softmax(logits):
    r"""Probabilities proportional to the exponentials of each row.

    .. math:: \operatorname{softmax}(x)_k = \frac{e^{x_k}}{\sum_j e^{x_j}}
        = \frac{e^{x_k - m}}{1 + \sum_{j \ne \hat k} e^{x_j - m}},
        \qquad m = x_{\hat k} = \max_j x_j

    Parameters
    ----------
    logits : array_like, shape (..., K)
        Unnormalised scores, the classes on the last axis. A logit of −inf is a masked class.

    Returns
    -------
    ndarray, shape (..., K)
        Rows that sum to 1 up to rounding, with 0 for a masked class. NaN for every class if all
        logits are −inf or one is NaN, and for the classes of +inf, beside which the others
        have 0.

    Raises
    ------
    TypeError
        If `logits` does not hold float16, float32, float64 or integers.
    ValueError
        If `logits` has no class axis, or no class on it.

    References
    ----------
    P. Blanchard, D. J. Higham and N. J. Higham (2021), "Accurately computing the log-sum-exp
    and softmax functions", IMA Journal of Numerical Analysis 41.

    Examples
    --------
    >>> softmax([0.0, 0.0, -float("inf")])
    array([0.5, 0.5, 0. ])
    """
    logits = _checks.as_logits(logits)
    with np.errstate(all="ignore"):
        row = split_at_maximum(widen(logits))
        result = row.scaled / (1.0 + row.rest)
    return round_to(result, logits.dtype)


class SplitRow(NamedTuple):
    """A row of logits split at its maximum; every field keeps the class axis."""

    maximum: np.ndarray
    """m, the largest logit of the row."""
    is_top: np.ndarray
    """True for one class, the first that attains the maximum."""
    scaled: np.ndarray
    """e^(x_k − m) for every class."""
    rest: np.ndarray
    """Σ e^(x_k − m) over the classes other than the top one."""


def split_at_maximum(x):
    """Split float64 logits at the maximum of each row."""
    top = np.argmax(x, axis=-1, keepdims=True)
    maximum = np.take_along_axis(x, top, axis=-1)
    is_top = np.arange(x.shape[-1]) == top
    scaled = exp_difference(x, maximum)
    rest = sum_classes(np.where(is_top, 0.0, scaled), keepdims=True)
    # An infinite or NaN maximum decides the row by itself; ∞ − ∞ in the rest must not blur it.
    rest = np.where(np.isfinite(maximum), rest, 0.0)
    return SplitRow(maximum, is_top, scaled, rest)


def exp_difference(a, b):
    """Return e^(a − b) for a ≤ b, with the rounding error of the subtraction put back.

    A difference d is off by as much as |d|·2⁻⁵³, and its exponential by that many times itself:
    hundreds of units in the last place where d is in the hundreds.
    """
    difference = a - b
    # Knuth's TwoSum: a − b == difference + error, without a rounding.
    b_part = a - difference
    a_part = difference + b_part
    error = (a - a_part) + (b_part - b)
    # An infinite difference has no error to put back, only ∞ − ∞ from the lines above.
    error = np.where(np.isfinite(error), error, 0.0)
    exponential = np.exp(difference)
    return exponential + exponential * error


def xlogy(x, y, log=np.log):
    """Return x log y, and 0 log 0 = 0."""
    return x * log(np.where((x == 0) & (y == 0), 1.0, y))


def x_log_ratio(x, y, log=np.log):
    """Return x log(x / y), and 0 where x = 0."""
    ratio = x / y
    # Where y is so small that the ratio overflows, log x − log y is as good: it is large.
    return np.where(np.isinf(ratio), xlogy(x, x, log) - xlogy(x, y, log), xlogy(x, ratio, log))


def artanh_minus(u):
    r"""Return artanh u − u = u³/3 + u⁵/5 + u⁷/7 + …, for \|u\| ≤ 1/3."""
    square = u * u
    series = np.zeros_like(u)
    for n in range(33, 1, -2):  # at 1/3 the next term, u³⁵/35, is below half a unit of u³/3
        series = series * square + 1.0 / n
    return u * square * series


def sum_classes(terms, *, keepdims=False):
    """Sum the last axis."""
    # numpy sums pairwise, with an error that grows like log K, only along contiguous memory.
    return np.sum(np.ascontiguousarray(terms), axis=-1, keepdims=keepdims)


def widen(array):
    """Return the array in float64."""
    return np.asarray(array, dtype=np.float64)


def round_to(result, dtype):
    """Round a float64 result once to the dtype of the input; a 0-d result becomes a scalar."""
    # Beyond the largest float16 or float32 the rounded value is ±inf.
    with np.errstate(all="ignore"):
        return np.asarray(result).astype(dtype)[()]

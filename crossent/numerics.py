r"""Log-sum-exp, log-softmax and softmax of logits, and the kernels that other modules share.

A row of logits z is split at its maximum, :math:`m = z_{\hat k}`, from the other classes:

.. math:: r = \sum_{k \ne \hat k} e^{z_k - m}.

Then :math:`\log \sum_k e^{z_k} = m + \log(1 + r)`, and the surprisal of a class,

.. math:: -\log \operatorname{softmax}(z)_k = (m - z_k) + \log(1 + r),

is a sum of two nonnegative terms. Nothing cancels: where a class holds all the mass but 1e-20,
its surprisal is 1e-20 and not 0.

The shift by m is a formula for paper. In floats :math:`z_k - m` is rounded, and its exponential is
off by hundreds of units in the last place where the difference is in the hundreds. The
exponential of the logit itself has no such error, so :math:`r = \sum e^{z_k} / e^m` is computed
from unshifted exponentials wherever these lie in a safe band, far from overflow and underflow.
The other rows are shifted, and what the subtraction rounds away is put back.

Results are computed in float64, a block of rows at a time, and rounded once, to the dtype of the
input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crossent import _checks
from crossent._rows import SMALL_BLOCK, Rows, row_blocks, sum_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from numpy.typing import ArrayLike, DTypeLike

    from crossent._types import Array, FloatResult, Floats, Function

__all__ = ["log_softmax", "logsumexp", "softmax"]


def logsumexp(logits: ArrayLike) -> FloatResult:
    r"""Logarithm of the sum of exponentials of each row, in nats.

    .. math:: \log \sum_k e^{z_k} = m + \log\Bigl(1 + \sum_{k \ne \hat k} e^{z_k - m}\Bigr),
        \qquad m = z_{\hat k} = \max_k z_k

    The right-hand side is computed: no exponential in it overflows, and 1 stays when all of them
    underflow.

    Parameters
    ----------
    logits : array_like, shape (..., K)
        Unnormalised scores z, the classes on the last axis. A logit of −inf is a masked class.

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
    result = np.empty(logits.shape[:-1], logits.dtype)
    with np.errstate(all="ignore"):
        for rows, _, row in _split_blocks(logits, entries=False):
            result.reshape(-1)[rows] = row.maximum + np.log1p(row.odds)
    return result[()]


def log_softmax(logits: ArrayLike) -> Floats:
    r"""Logarithm of the softmax of each row, in nats.

    .. math:: \log \operatorname{softmax}(z)_k = z_k - \log \sum_j e^{z_j}
        = (z_k - m) - \log\Bigl(1 + \sum_{j \ne \hat k} e^{z_j - m}\Bigr),
        \qquad m = z_{\hat k} = \max_j z_j

    The last form is computed. It subtracts a nonnegative number from a nonpositive one, so that
    a log-probability close to 0 keeps its digits.

    Parameters
    ----------
    logits : array_like, shape (..., K)
        Unnormalised scores z, the classes on the last axis. A logit of −inf is a masked class.

    Returns
    -------
    ndarray, shape (..., K)
        Log-probabilities: −inf for a masked class. Where the difference
        :math:`z_k - \log \sum_j e^{z_j}` is undefined it is NaN: for every class if all logits
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
    result = np.empty(logits.shape, logits.dtype)
    with np.errstate(all="ignore"):
        for rows, x, row in _split_blocks(logits, entries=False):
            # The exponentials have been summed; their block serves for the result.
            block = np.subtract(x, row.maximum[:, np.newaxis], out=row.e)
            block -= np.log1p(row.odds)[:, np.newaxis]
            result.reshape(-1, x.shape[1])[rows] = block
    return result


def softmax(logits: ArrayLike) -> Floats:
    r"""Probabilities proportional to the exponentials of each row.

    .. math:: \operatorname{softmax}(z)_k = \frac{e^{z_k}}{\sum_j e^{z_j}}
        = \frac{e^{z_k - m}}{1 + \sum_{j \ne \hat k} e^{z_j - m}},
        \qquad m = z_{\hat k} = \max_j z_j

    Parameters
    ----------
    logits : array_like, shape (..., K)
        Unnormalised scores z, the classes on the last axis. A logit of −inf is a masked class.

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
    result = np.empty(logits.shape, logits.dtype)
    with np.errstate(all="ignore"):
        for rows, x, row in _split_blocks(logits, entries=True):
            result.reshape(-1, x.shape[1])[rows] = probabilities(row)
    return result


class SplitRows(NamedTuple):
    """A block of logits whose rows are split at the maximum.

    The exponentials of a row, e, top and rest, may have a common factor.
    """

    maximum: np.ndarray
    """m, the largest logit of each row."""
    at: np.ndarray
    """Where it is, as an index into the flattened block: the first, if several attain it."""
    e: np.ndarray
    """e^x_k for the other classes, and 0 for the top one; a buffer, free to be overwritten."""
    top: np.ndarray
    """e^m."""
    rest: np.ndarray
    """Σ e^x_k over the other classes."""
    odds: np.ndarray
    """r = rest / top."""
    total: np.ndarray
    """rest + top."""


SAFE = 2.0**-500, 2.0**500
"""Where the exponential of a class, and the sum over the others, need no shift.

No exponential overflows then. One that underflows is 2⁻⁵⁰⁰ times the sum it belongs to, or less.
"""

LOG_SMALLEST = -708.0
"""Above it an exponential is a normal float, with all its digits."""


class SetApart(NamedTuple):
    """Exponentials of a block of logits, one class of each row set apart from the others."""

    at: np.ndarray
    """Where that class is, as an index into the flattened block."""
    own: np.ndarray
    """e^x of that class."""
    others: np.ndarray
    """Σ e^x over the other classes."""


def set_apart(x: Array, classes: Array, e: Array) -> SetApart:
    """Fill e with the exponentials of x, and 0 at the class of each row that is set apart."""
    np.exp(x, out=e, dtype=np.float64)
    flat = e.reshape(-1)
    at = np.arange(0, e.size, e.shape[1]) + classes
    own = flat[at]
    flat[at] = 0.0
    return SetApart(at, own, sum_rows(e, pairwise=x.dtype == np.float64))


def unsafe_rows(
    own: Array, others: Array, *, entries_of: Array | None = None
) -> Array | tuple[()]:
    """Return the numbers of the rows whose exponentials leave the safe band, NaN included.

    `entries_of` is the block of logits where each exponential is wanted, and not only their sums:
    then a small one has to keep its digits beside a sum below 1.
    """
    low, high = SAFE
    # Most blocks have no such row, and a few minima and maxima say so.
    in_band = min(own.min(), others.min()) >= low and max(own.max(), others.max()) <= high
    if in_band and (entries_of is None or (own + others).min() >= 1.0):
        return ()
    is_safe = (own >= low) & (own <= high) & (others >= low) & (others <= high)
    if entries_of is not None:
        doubtful = np.flatnonzero(is_safe & (own + others < 1.0))
        is_safe[doubtful] = entries_of[doubtful].min(axis=1) > LOG_SMALLEST
    return np.flatnonzero(~is_safe)


def split_at_maximum(x: Array, e: Array, *, entries: bool = True) -> SplitRows:
    """Split a block of logits at the maximum of each row, with e as buffer.

    Without `entries` the sums have all their digits, but not the smallest exponentials in e.
    """
    classes = np.argmax(x, axis=1)
    maximum = np.asarray(x[np.arange(len(x)), classes], dtype=np.float64)
    at, top, rest = set_apart(x, classes, e)
    odds, total = rest / top, rest + top
    unsafe = unsafe_rows(top, rest, entries_of=x if entries else None)
    for rows in few_at_a_time(unsafe, x.shape[1]):
        shifted = split_shifted(x[rows])
        e[rows] = shifted.e
        for whole, part in ((top, shifted.top), (rest, shifted.rest)):
            whole[rows] = part
        odds[rows], total[rows] = shifted.odds, shifted.total
    return SplitRows(maximum, at, e, top, rest, odds, total)


def split_shifted(x: Array) -> SplitRows:
    """Split a block of logits at the maximum of each row, shifted by it: for every row, slower."""
    x = np.asarray(x, dtype=np.float64, order="C")
    at = np.arange(0, x.size, x.shape[1]) + np.argmax(x, axis=1)
    maximum = x.reshape(-1)[at]
    e = exp_difference(x, maximum[:, np.newaxis])
    top = e.reshape(-1)[at]
    e.reshape(-1)[at] = 0.0
    rest = np.add.reduce(e, axis=1)
    # An infinite maximum decides the row by itself: log-sum-exp is m, another class has mass 0,
    # and the mass of its own, ∞ − ∞, is undefined.
    decided = ~np.isfinite(maximum)
    odds, total = rest.copy(), 1.0 + rest
    top[decided], rest[decided], odds[decided], total[decided] = np.nan, np.nan, 0.0, 1.0
    return SplitRows(maximum, at, e, top, rest, odds, total)


def probabilities(row: SplitRows) -> Array:
    """Return the softmax of a block of split rows, in the buffer of their exponentials."""
    row.e.reshape(-1)[row.at] = row.top
    return np.divide(row.e, row.total[:, np.newaxis], out=row.e)


def few_at_a_time(rows: Array | tuple[()], num_classes: int) -> Iterator[Any]:
    """Yield the numbers of rows in portions of a small block."""
    for portion in row_blocks(len(rows), num_classes, SMALL_BLOCK):
        yield rows[portion]


def exp_difference(a: Array, b: Array) -> Array:
    """Return e^(a − b) for a ≤ b, with the rounding error of the subtraction put back.

    A difference d is off by as much as |d|·2⁻⁵³, and its exponential by that many times itself:
    hundreds of units in the last place where d is in the hundreds.
    """
    difference, error = two_difference(a, b)
    # Below the smallest float the exponential is 0 whatever the error, be it ∞ − ∞.
    error = np.where(difference > -1e3, error, 0.0)
    exponential = np.exp(difference)
    return exponential + exponential * error


def two_difference(a: Array, b: Array) -> tuple[Array, Array]:
    """Return a − b and the error of its rounding: a − b == difference + error, exactly."""
    difference = a - b
    b_part = a - difference
    a_part = difference + b_part
    return difference, (a - a_part) + (b_part - b)  # Knuth's TwoSum


def xlogy(x: Array, y: Array, log: Function = np.log) -> Array:
    """Return x log y, and 0 log 0 = 0."""
    return x * log(np.where((x == 0) & (y == 0), 1.0, y))


def x_log_ratio(x: Array, y: Array, log: Function = np.log) -> Array:
    """Return x log(x / y), and 0 where x = 0."""
    ratio = x / y
    # Where y is so small that the ratio overflows, log x − log y is as good: it is large.
    return np.where(np.isinf(ratio), xlogy(x, x, log) - xlogy(x, y, log), xlogy(x, ratio, log))


def artanh_minus(u: Array) -> Array:
    r"""Return artanh u − u = u³/3 + u⁵/5 + u⁷/7 + …, for \|u\| ≤ 1/2."""
    square = u * u
    series = np.zeros_like(u)
    for n in range(51, 1, -2):  # at 1/2 the next term, u⁵³/53, is below half a unit of u³/3
        series = series * square + 1.0 / n
    return u * square * series


def expm1_minus(y: Array) -> Array:
    """Return e^y − 1 − y, which is y²/2! + y³/3! + y⁴/4! and so on."""
    series = np.ones_like(y)
    for n in range(19, 2, -1):  # at 1 the next term is 2·y¹⁸/20! of the sum
        series = 1.0 + series * y / n
    return np.where(np.abs(y) <= 1.0, y * y / 2.0 * series, np.expm1(y) - y)


def map_rows(function: Callable[..., Array], dtype: DTypeLike, *arrays: Array) -> Any:
    """Return function(*blocks), one value per row, rounded to dtype; batch axes broadcast.

    The blocks are copies in float64, small enough for a dozen temporary arrays of their size.
    """
    batch_shape = np.broadcast_shapes(*(array.shape[:-1] for array in arrays))
    num_classes = arrays[0].shape[-1]
    tables = [Rows(array, batch_shape) for array in arrays]
    result = np.empty(batch_shape, dtype)
    flat = result.reshape(-1)
    with np.errstate(all="ignore"):
        for rows in row_blocks(flat.size, num_classes, SMALL_BLOCK):
            flat[rows] = function(*(np.array(t[rows], np.float64, order="C") for t in tables))
    return result[()]


def _split_blocks(logits: Array, *, entries: bool) -> Iterator[tuple[slice, Array, SplitRows]]:
    """Yield slices of rows, their logits and the same split at the maximum."""
    num_classes = logits.shape[-1]
    table = Rows(logits, logits.shape[:-1])
    buffer = None
    for rows in row_blocks(logits.size // num_classes, num_classes):
        x = table[rows]
        buffer = np.empty(x.shape) if buffer is None else buffer[: len(x)]
        yield rows, x, split_at_maximum(x, buffer, entries=entries)

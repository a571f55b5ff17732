r"""Labels, counts and the likelihood of a categorical model, in nats.

N independent draws with counts :math:`c_k` have log-likelihood :math:`\sum_k c_k \log q_k`,
which is −N times the cross-entropy of q relative to the empirical distribution c / N.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from crossent import _checks
from crossent._rows import row_blocks, sum_rows
from crossent.numerics import map_rows, xlogy

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

    from crossent._types import Float64Result, Float64s, FloatResult

__all__ = ["empirical_pmf", "log_likelihood", "nll", "one_hot"]


def one_hot(labels: ArrayLike, num_classes: SupportsIndex) -> Float64s:
    r"""Rows with a 1 at the class of each label and 0 elsewhere.

    .. math:: \operatorname{one\,hot}(y)_k = [k = y]

    Parameters
    ----------
    labels : array_like of int, shape (...)
        Labels in 0..K−1.
    num_classes : int
        K, the number of classes.

    Returns
    -------
    ndarray of float64, shape (..., K)
        One probability vector per label, of entropy 0.

    Raises
    ------
    TypeError
        If `labels` or `num_classes` are not integers (bool is not).
    ValueError
        If a label is negative or not below K, or K < 1.

    Examples
    --------
    >>> one_hot([2, 0], num_classes=3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    num_classes = _checks.as_positive_int(num_classes, "num_classes")
    labels = _checks.as_labels(labels, num_classes)
    table = np.zeros((labels.size, num_classes))
    for rows in row_blocks(labels.size, 1):
        table[np.arange(rows.start, rows.stop), labels.reshape(-1)[rows]] = 1.0
    return table.reshape(*labels.shape, num_classes)


def empirical_pmf(labels: ArrayLike, num_classes: SupportsIndex) -> Float64s:
    r"""Relative frequency of each class among the samples of a row.

    .. math:: p_k = \frac{1}{N} \sum_{n=1}^{N} [y_n = k]

    Parameters
    ----------
    labels : array_like of int, shape (..., N)
        Labels in 0..K−1, the samples on the last axis.
    num_classes : int
        K, the number of classes.

    Returns
    -------
    ndarray of float64, shape (..., K)
        Rows of counts divided by N, with 0 for a class that was never drawn.

    Raises
    ------
    TypeError
        If `labels` or `num_classes` are not integers (bool is not).
    ValueError
        If there is no sample axis or no sample on it, a label is negative or not below K, or
        K < 1.

    Examples
    --------
    >>> empirical_pmf([0, 2, 2, 0, 2, 2, 0, 2], num_classes=4)
    array([0.375, 0.   , 0.625, 0.   ])
    """
    num_classes = _checks.as_positive_int(num_classes, "num_classes")
    labels = _checks.as_samples(labels, num_classes)
    *batch, num_samples = labels.shape
    num_rows = math.prod(batch)
    table = labels.reshape(num_rows, num_samples)
    counts = np.empty((num_rows, num_classes), dtype=np.int64)
    for rows in row_blocks(num_rows, max(num_samples, num_classes)):
        # Every row counts into K bins of its own, so that one bincount serves the block.
        first_bins = num_classes * np.arange(rows.stop - rows.start)
        bins = (table[rows] + first_bins[:, np.newaxis]).ravel()
        block = np.bincount(bins, minlength=first_bins.size * num_classes)
        counts[rows] = block.reshape(-1, num_classes)
    return counts.reshape(*batch, num_classes) / num_samples


def log_likelihood(counts: ArrayLike, q: ArrayLike) -> Float64Result:
    r"""Log-likelihood of independent draws with these counts, in nats.

    .. math:: \ell(q) = \sum_k c_k \log q_k, \qquad 0 \log 0 = 0

    This is the log-probability of one sequence of draws. The log-probability of the counts,
    whatever the order, adds the multinomial coefficient
    :math:`\log\bigl(N! / \prod_k c_k!\bigr)`, which does not depend on q and is left out.

    Parameters
    ----------
    counts : array_like of int, shape (..., K)
        How often each class was drawn, the classes on the last axis. Integers only: weights or
        frequencies are not counts.
    q : array_like, shape (..., K)
        Probabilities of the model; the axes but the last broadcast against those of `counts`.

    Returns
    -------
    ndarray or scalar of float64, shape (...)
        One value per row, at most 0: 0 without draws, −inf where a class was drawn that q rules
        out, NaN where `q` holds NaN. Counts are data, and numpy promotes them to float64.

    Raises
    ------
    TypeError
        If `counts` are not integers, or `q` does not hold float16, float32, float64 or integers.
    ValueError
        If a count is negative, a row of `q` is not a probability vector, or the shapes do not
        match.

    References
    ----------
    R. A. Fisher (1922), "On the mathematical foundations of theoretical statistics",
    Philosophical Transactions of the Royal Society A 222.

    Examples
    --------
    >>> print(f"{log_likelihood([3, 1], [0.75, 0.25]):.4f}")  # log(27/256)
    -2.2493
    """
    counts = _checks.as_counts(counts)
    q = _checks.as_distribution(q, "q")
    _checks.require_same_classes(counts, q, "counts", "q")
    # 0.0 + …, because the terms 0 · log q of a class that was not drawn are −0.0.
    return map_rows(lambda n, q: 0.0 + sum_rows(xlogy(n, q)), np.float64, counts, q)


def nll(labels: ArrayLike, q: ArrayLike) -> FloatResult:
    r"""Negative log-likelihood of each label, in nats.

    .. math:: -\log q_y

    Its expectation over labels drawn from p is the cross-entropy of q relative to p. As a score
    of forecasts it is the logarithmic score.

    Parameters
    ----------
    labels : array_like of int, shape (...)
        Labels in 0..K−1.
    q : array_like, shape (..., K) or (K,)
        Probabilities of the model: one row per label, of shape ``labels.shape + (K,)``, or a
        single row for all labels.

    Returns
    -------
    ndarray or scalar, shape (...)
        One value per label in the dtype of `q`, at least 0: +inf where q rules the label out,
        NaN where the probability of the label is NaN.

    Raises
    ------
    TypeError
        If `labels` are not integers (bool is not), or `q` does not hold float16, float32,
        float64 or integers.
    ValueError
        If a label is negative or not below K, a row of `q` is not a probability vector, or `q`
        has neither of the two shapes.

    References
    ----------
    I. J. Good (1952), "Rational decisions", Journal of the Royal Statistical Society,
    Series B 14.

    Examples
    --------
    >>> print(nll([0, 1], [1.0, 0.0]))
    [ 0. inf]
    """
    q = _checks.as_distribution(q, "q")
    labels = _checks.as_labels(labels, num_classes=q.shape[-1])
    _checks.require_row_per_label(labels, q)
    rows = np.broadcast_to(q, (*labels.shape, q.shape[-1]))
    q_label = np.take_along_axis(rows, labels[..., np.newaxis], axis=-1)[..., 0]
    with np.errstate(all="ignore"):
        # 0.0 − log, because −log 1 is −0.0.
        result = 0.0 - np.log(q_label, dtype=np.float64)
        return result.astype(q.dtype)[()]

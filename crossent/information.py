r"""Entropy, cross-entropy, Kullback–Leibler divergence and perplexity of probability vectors.

The first three are tied by :math:`H(p, q) = H(p) + D_{\mathrm{KL}}(p \Vert q)`. They take a
`base`: e for nats, 2 for bits (shannons), 10 for hartleys (bans). A base below 1 is allowed and
turns the sign.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from crossent import _checks
from crossent._rows import sum_rows
from crossent.numerics import (
    artanh_minus,
    expm1_minus,
    map_rows,
    probabilities,
    split_at_maximum,
    two_difference,
    x_log_ratio,
    xlogy,
)

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import ArrayLike

    from crossent._types import Array, FloatResult, Function

__all__ = [
    "cross_entropy",
    "entropy",
    "kl_divergence",
    "kl_divergence_from_logits",
    "perplexity",
]


def entropy(p: ArrayLike, *, base: float = math.e) -> FloatResult:
    r"""Shannon entropy of each row, in nats unless `base` says otherwise.

    .. math:: H(p) = -\sum_k p_k \log p_k, \qquad 0 \log 0 = 0

    Parameters
    ----------
    p : array_like, shape (..., K)
        Probabilities, the classes on the last axis.
    base : float, keyword-only
        Base of the logarithm, positive and not 1.

    Returns
    -------
    ndarray or scalar, shape (...)
        One value per row, from 0 for a certain outcome to :math:`\log K` for the uniform
        distribution: always finite. NaN where `p` holds NaN.

    Raises
    ------
    TypeError
        If `p` does not hold float16, float32, float64 or integers, or `base` is not real.
    ValueError
        If a row of `p` is not a probability vector, or `base` is not a base.

    See Also
    --------
    cross_entropy : The same average with the logarithm of another distribution.

    References
    ----------
    C. E. Shannon (1948), "A mathematical theory of communication", Bell System Technical
    Journal 27.

    Examples
    --------
    >>> print(entropy([1 / 8] * 8, base=2))  # three fair coins: three bits
    3.0
    """
    p = _checks.as_distribution(p, "p")
    log, unit = _logarithm(_checks.as_base(base))
    return map_rows(lambda p: _mean_surprisal(p, p, log) / unit, p.dtype, p)


def cross_entropy(p: ArrayLike, q: ArrayLike, *, base: float = math.e) -> FloatResult:
    r"""Cross-entropy of q relative to p for each row, in nats unless `base` says otherwise.

    .. math:: H(p, q) = -\sum_k p_k \log q_k, \qquad 0 \log 0 = 0

    The mean surprisal of outcomes that are drawn from p and predicted by q.

    Parameters
    ----------
    p, q : array_like, shape (..., K)
        Probabilities of data and model, the classes on the last axis; the other axes broadcast.
    base : float, keyword-only
        Base of the logarithm, positive and not 1.

    Returns
    -------
    ndarray or scalar, shape (...)
        One value per row, +inf where q rules out a class to which p gives mass, NaN where `p`
        or `q` holds NaN.

    Raises
    ------
    TypeError
        If `p` or `q` does not hold float16, float32, float64 or integers, or `base` is not real.
    ValueError
        If a row of `p` or `q` is not a probability vector, their shapes do not match, or `base`
        is not a base.

    See Also
    --------
    softmax_cross_entropy : The same from logits, without rounding q first.

    References
    ----------
    I. J. Good (1952), "Rational decisions", Journal of the Royal Statistical Society,
    Series B 14.

    Examples
    --------
    >>> print(f"{cross_entropy([0, 1, 0], [0.2, 0.7, 0.1]):.4f}")  # log(10/7)
    0.3567
    >>> print(cross_entropy([0.5, 0.5], [1.0, 0.0]))
    inf
    """
    p, q, dtype = _pair(p, q)
    log, unit = _logarithm(_checks.as_base(base))
    return map_rows(lambda p, q: _mean_surprisal(p, q, log) / unit, dtype, p, q)


def kl_divergence(p: ArrayLike, q: ArrayLike, *, base: float = math.e) -> FloatResult:
    r"""Kullback–Leibler divergence of p from q for each row, in nats unless `base` says otherwise.

    .. math:: D_{\mathrm{KL}}(p \Vert q) = \sum_k p_k \log\frac{p_k}{q_k}
        = \sum_k \Bigl[p_k \log\frac{p_k}{q_k} - (p_k - q_k)\Bigr]

    The second form has the same value, since both rows sum to 1, and no negative term. Close to
    :math:`p_k = q_k` a term is computed, with :math:`u = (p_k - q_k) / (p_k + q_k)`, as

    .. math:: (p_k - q_k)\,u + 2 p_k (\operatorname{artanh} u - u),

    where it would otherwise lose its digits. So the divergence is exactly 0 at p = q, and it is
    accurate, and never negative, next to it.

    Parameters
    ----------
    p, q : array_like, shape (..., K)
        Probabilities of data and model, the classes on the last axis; the other axes broadcast.
    base : float, keyword-only
        Base of the logarithm, positive and not 1.

    Returns
    -------
    ndarray or scalar, shape (...)
        One value per row, +inf where q rules out a class to which p gives mass, NaN where `p`
        or `q` holds NaN. What rounding leaves of :math:`\sum_k p_k - \sum_k q_k` is not counted
        as divergence.

    Raises
    ------
    TypeError
        If `p` or `q` does not hold float16, float32, float64 or integers, or `base` is not real.
    ValueError
        If a row of `p` or `q` is not a probability vector, their shapes do not match, or `base`
        is not a base.

    References
    ----------
    S. Kullback and R. A. Leibler (1951), "On information and sufficiency", Annals of
    Mathematical Statistics 22.

    Examples
    --------
    >>> print(kl_divergence([1, 0], [0.5, 0.5], base=2))  # a fair coin, known to have come up 1
    1.0
    >>> print(f"{kl_divergence([0.5, 0.5], [0.5 + 1e-9, 0.5 - 1e-9]):.3e}")  # 2e-18, not 0
    2.000e-18
    """
    p, q, dtype = _pair(p, q)
    base = _checks.as_base(base)
    log, unit = _logarithm(base)

    def divergence(p: Array, q: Array) -> Array:
        gap = p - q
        u = np.where(gap == 0.0, 0.0, gap / (p + q))  # 0/0 where neither has mass
        # Within a factor of 3 of each other the two parts of p log(p/q) − (p − q) cancel.
        near = np.abs(u) < 1 / 2
        logs = np.where(near, 0.0, x_log_ratio(p, q, log))
        rest = np.where(near, gap * u + 2.0 * p * artanh_minus(u), -gap)
        # Apart from the rest, the logarithms of powers of the base sum to an exact result.
        return sum_rows(logs) / unit + sum_rows(rest) / math.log(base)

    return map_rows(divergence, dtype, p, q)


def kl_divergence_from_logits(
    p_logits: ArrayLike, q_logits: ArrayLike, *, base: float = math.e
) -> FloatResult:
    r"""Kullback–Leibler divergence between the softmax of two rows of logits, in nats.

    .. math:: D_{\mathrm{KL}}(p \Vert q) = \sum_k p_k (d_k + e^{-d_k} - 1), \qquad
        d_k = \log\frac{p_k}{q_k},
        \qquad p = \operatorname{softmax}(a),\ q = \operatorname{softmax}(b)

    It is :math:`\sum_k p_k d_k`, since :math:`\sum_k p_k e^{-d_k} = \sum_k q_k = 1`, and has no
    negative term. The log-ratio is computed from the differences of the logits, not from the
    probabilities, which are rounded:

    .. math:: d_k = \delta_k - \log\Bigl(1 + \sum_j q_j (e^{\delta_j} - 1)\Bigr), \qquad
        \delta_k = (a_k - b_k) - (a_{\hat k} - b_{\hat k}), \qquad a_{\hat k} = \max_k a_k.

    So the divergence is exactly 0 where the two rows differ by a constant, and it is accurate,
    and never negative, next to that.

    Parameters
    ----------
    p_logits, q_logits : array_like, shape (..., K)
        Unnormalised scores a and b of data and model, the classes on the last axis; the other
        axes broadcast. A logit of −inf is a masked class.
    base : float, keyword-only
        Base of the logarithm, positive and not 1; e for nats.

    Returns
    -------
    ndarray or scalar, shape (...)
        One value per row, +inf where q masks a class that p does not, however small its
        probability. NaN where the softmax of either row is undefined: if all logits are −inf,
        or one is +inf or NaN.

    Raises
    ------
    TypeError
        If an argument does not hold float16, float32, float64 or integers, or `base` is not real.
    ValueError
        If an argument has no class, the shapes do not match, or `base` is not a base.

    See Also
    --------
    kl_divergence : The same from probabilities.

    References
    ----------
    S. Kullback and R. A. Leibler (1951), "On information and sufficiency", Annals of
    Mathematical Statistics 22.

    Examples
    --------
    >>> print(f"{kl_divergence_from_logits([0.0, 1e-9], [0.0, 0.0]):.4e}")  # δ²/8
    1.2500e-19
    >>> print(kl_divergence_from_logits([1.0, 2.0], [1001.0, 1002.0]))
    0.0
    """
    p_logits = _checks.as_logits(p_logits, "p_logits")
    q_logits = _checks.as_logits(q_logits, "q_logits")
    _checks.require_same_classes(p_logits, q_logits, "p_logits", "q_logits")
    dtype = np.result_type(p_logits, q_logits)
    unit = math.log(_checks.as_base(base))
    return map_rows(lambda a, b: _divergence_of_logits(a, b) / unit, dtype, p_logits, q_logits)


def perplexity(p: ArrayLike, q: ArrayLike | None = None) -> FloatResult:
    r"""Perplexity of each row: the number of equally likely classes that surprise as much.

    .. math:: 2^{H(p, q)} = \prod_k q_k^{-p_k}, \qquad \text{with } H \text{ in bits}

    It does not depend on the unit of the entropy.

    Parameters
    ----------
    p : array_like, shape (..., K)
        Probabilities of the data, the classes on the last axis.
    q : array_like, shape (..., K), optional
        Probabilities of the model, whose axes but the last broadcast against those of `p`;
        p itself if left out.

    Returns
    -------
    ndarray or scalar, shape (...)
        One value per row, at least 1: K for the uniform distribution on K classes. +inf where q
        rules out a class to which p gives mass, or where the result is beyond the dtype; NaN
        where `p` or `q` holds NaN.

    Raises
    ------
    TypeError
        If `p` or `q` does not hold float16, float32, float64 or integers.
    ValueError
        If a row of `p` or `q` is not a probability vector, or their shapes do not match.

    See Also
    --------
    entropy, cross_entropy : Its logarithm.

    References
    ----------
    F. Jelinek, R. L. Mercer, L. R. Bahl and J. K. Baker (1977), "Perplexity: a measure of the
    difficulty of speech recognition tasks", Journal of the Acoustical Society of America 62.

    Examples
    --------
    >>> print(perplexity([0.25, 0.25, 0.25, 0.25]))  # a fair die with four faces
    4.0
    >>> print(perplexity([1.0, 0.0], [0.125, 0.875]))
    8.0
    """
    if q is None:
        p = _checks.as_distribution(p, "p")
        return map_rows(lambda p: np.exp2(_mean_surprisal(p, p, np.log2)), p.dtype, p)
    p, q, dtype = _pair(p, q)
    return map_rows(lambda p, q: np.exp2(_mean_surprisal(p, q, np.log2)), dtype, p, q)


def _mean_surprisal(p: Array, q: Array, log: Function) -> Array:
    """Return −Σ p log q of blocks of rows."""
    # 0.0 − total, because −total would make the entropy of a certain outcome −0.0.
    return 0.0 - sum_rows(xlogy(p, q, log))


def _divergence_of_logits(a: Array, b: Array) -> Array:
    """Return KL(softmax(a) ‖ softmax(b)) of blocks of rows, in nats."""
    p_row = split_at_maximum(a, np.empty(a.shape))
    q_row = split_at_maximum(b, np.empty(b.shape))
    p, q = probabilities(p_row), probabilities(q_row)
    at = p_row.at

    # δ = (a − b) − (a − b)_top, with what the subtraction a − b rounds away.
    gap, error = two_difference(a, b)
    delta = gap - gap.reshape(-1)[at, np.newaxis] + (error - error.reshape(-1)[at, np.newaxis])
    # log(1 + Σ q (e^δ − 1)) = log(q_top / p_top): the left side keeps its digits close to 0.
    growth = sum_rows(q * np.expm1(delta))
    p_surprisal, q_surprisal = (
        (row.maximum - x.reshape(-1)[at]) + np.log1p(row.odds)
        for row, x in ((p_row, a), (q_row, b))
    )
    shift = np.where(np.abs(growth) < 0.5, np.log1p(growth), p_surprisal - q_surprisal)
    d = delta - shift[:, np.newaxis]
    # p e^(−d) is q, whose error does not grow with d.
    total = sum_rows(np.where(d > -2.0, p * expm1_minus(-d), p * d + (q - p)))

    # Infinite logits, and differences beyond the floats, need no digits of 1 − q/p.
    special = np.flatnonzero(~np.isfinite(total))
    a, b, p, q = a[special], b[special], p[special], q[special]
    p_surprisal, q_surprisal = (
        (row.maximum[special, np.newaxis] - x) + np.log1p(row.odds[special, np.newaxis])
        for row, x in ((p_row, a), (q_row, b))
    )
    terms = np.where(p == 0.0, q, p * (q_surprisal - p_surprisal) + (q - p))
    ruled_out = (b == -np.inf) & (a > -np.inf)
    total[special] = sum_rows(np.where(ruled_out & ~np.isnan(p + q), np.inf, terms))
    return total


def _logarithm(base: float) -> tuple[Function, float]:
    """Return a function and a divisor, such that log_base(x) is function(x) / divisor.

    log2 and log10 are exact at powers of 2 and 10, where log(x) / log(base) is not.
    """
    if base == math.e:
        return np.log, 1.0
    if base == 10.0:
        return np.log10, 1.0
    return np.log2, math.log2(base)


def _pair(p: ArrayLike, q: ArrayLike) -> tuple[Array, Array, np.dtype[Any]]:
    """Check p and q, and return them with the dtype of the result."""
    p = _checks.as_distribution(p, "p")
    q = _checks.as_distribution(q, "q")
    _checks.require_same_classes(p, q, "p", "q")
    return p, q, np.result_type(p, q)

r"""Entropy, cross-entropy and Kullback–Leibler divergence of probability vectors.

The three are tied by :math:`H(p, q) = H(p) + \mathrm{KL}(p \| q)`. All take a `base`: e for
nats, 2 for bits (shannons), 10 for hartleys (bans). A base below 1 is allowed and turns the sign.
"""

import math

import numpy as np

from crossent import _checks
from crossent._rows import sum_rows
from crossent.numerics import artanh_minus, map_rows, x_log_ratio, xlogy

__all__ = ["cross_entropy", "entropy", "kl_divergence"]


def entropy(p, *, base=math.e):
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
    # 0.0 − total, because −total would make the entropy of a certain outcome −0.0.
    return map_rows(lambda p: 0.0 - sum_rows(xlogy(p, p, log)) / unit, p.dtype, p)


def cross_entropy(p, q, *, base=math.e):
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
    crossent.losses.softmax_cross_entropy : The same from logits, without rounding q first.

    References
    ----------
    I. J. Good (1952), "Rational decisions", Journal of the Royal Statistical Society B 14.

    Examples
    --------
    >>> print(f"{cross_entropy([0, 1, 0], [0.2, 0.7, 0.1]):.4f}")  # log(10/7)
    0.3567
    >>> print(cross_entropy([0.5, 0.5], [1.0, 0.0]))
    inf
    """
    p, q, dtype = _pair(p, q)
    log, unit = _logarithm(_checks.as_base(base))
    return map_rows(lambda p, q: 0.0 - sum_rows(xlogy(p, q, log)) / unit, dtype, p, q)


def kl_divergence(p, q, *, base=math.e):
    r"""Kullback–Leibler divergence of p from q for each row, in nats unless `base` says otherwise.

    .. math:: \mathrm{KL}(p \| q) = \sum_k p_k \log\frac{p_k}{q_k}
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

    def divergence(p, q):
        gap = p - q
        u = np.where(gap == 0.0, 0.0, gap / (p + q))  # 0/0 where neither has mass
        # Within a factor of 3 of each other the two parts of p log(p/q) − (p − q) cancel.
        near = np.abs(u) < 1 / 2
        logs = np.where(near, 0.0, x_log_ratio(p, q, log))
        rest = np.where(near, gap * u + 2.0 * p * artanh_minus(u), -gap)
        # Apart from the rest, the logarithms of powers of the base sum to an exact result.
        return sum_rows(logs) / unit + sum_rows(rest) / math.log(base)

    return map_rows(divergence, dtype, p, q)


def _logarithm(base):
    """Return a function and a divisor, such that log_base(x) is function(x) / divisor.

    log2 and log10 are exact at powers of 2 and 10, where log(x) / log(base) is not.
    """
    if base == math.e:
        return np.log, 1.0
    if base == 10.0:
        return np.log10, 1.0
    return np.log2, math.log2(base)


def _pair(p, q):
    """Check p and q, and return them with the dtype of the result."""
    p = _checks.as_distribution(p, "p")
    q = _checks.as_distribution(q, "q")
    _checks.require_same_classes(p, q, "p", "q")
    return p, q, np.result_type(p, q)

r"""Labels that come as votes: how many people saw each class in each sample.

`crossent.datasets.load_cifar10h` reads such counts; classes are on the last axis. The share of a
class is the maximum likelihood estimate of its probability, and an estimate it remains: what is
computed from shares as if they were probabilities may be biased, as the entropy is. Everything is
in nats. A row without votes is refused: it has no shares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crossent import _checks
from crossent._rows import row_blocks
from crossent.information import entropy
from crossent.losses import softmax_cross_entropy

if TYPE_CHECKING:
    from typing import Any, SupportsIndex

    from numpy.typing import ArrayLike, NDArray

    from crossent._types import Float64Result, Float64s, Ints

__all__ = [
    "count_nll",
    "dissent",
    "expected_label_entropy",
    "label_entropy",
    "majority",
    "vote_shares",
]

MOST_VOTES = 1_000_000
"""`expected_label_entropy` adds up a term for each number of votes."""


def vote_shares(counts: ArrayLike) -> Float64s:
    """Share of the votes that each class got.

    Parameters
    ----------
    counts : array_like of int, shape (..., K)
        Votes for each class, at least one in a row.

    Returns
    -------
    ndarray of float64, shape (..., K)
        Soft labels. How many votes stand behind a row can no longer be seen.

    Raises
    ------
    TypeError
        If `counts` are not integers: shares have no number of votes, and are not guessed at.
    ValueError
        If a count is negative or a row has no votes.

    Examples
    --------
    >>> print(vote_shares([[3, 1, 0], [0, 0, 2]]))
    [[0.75 0.25 0.  ]
     [0.   0.   1.  ]]
    """
    counts, totals = _votes(counts)
    return counts / totals[..., np.newaxis]


def count_nll(logits: ArrayLike, counts: ArrayLike) -> Float64Result:
    r"""Negative log-likelihood of the votes on each sample, vote by vote, in nats.

    .. math:: -\sum_k c_k \log q_k = m \, H(c / m, q)

    with :math:`q = \operatorname{softmax}(z)` and :math:`m = \sum_k c_k` votes. The likelihood of
    the counts, in whatever order the votes came, differs by a multinomial coefficient, which does
    not depend on the logits.

    Parameters
    ----------
    logits : array_like, shape (..., K)
        Scores of the model.
    counts : array_like of int, shape (..., K)
        Votes for each class, at least one in a row.

    Returns
    -------
    ndarray or scalar of float64, shape (...)
        +inf where somebody voted for a class whose logit is −inf.

    Raises
    ------
    TypeError, ValueError
        As for `vote_shares` and `crossent.softmax_cross_entropy`.

    Examples
    --------
    >>> print(f"{count_nll([0.0, 0.0], [3, 1]):.4f}")  # 4 log 2
    2.7726
    """
    counts, totals = _votes(counts)
    losses = softmax_cross_entropy(logits, counts / totals[..., np.newaxis])
    with np.errstate(all="ignore"):
        return totals * losses


def label_entropy(counts: ArrayLike, *, miller_madow: bool = False) -> Float64Result:
    r"""Entropy of the shares of the votes on each sample, in nats.

    As an estimate of the entropy of the distribution that the m votes were drawn from it is on
    average too low, by up to :math:`\log(1 + (K - 1)/m)`, and for many votes by about
    :math:`(K - 1)/(2m)`, where K counts the classes of positive probability.

    Parameters
    ----------
    counts : array_like of int, shape (..., K)
        Votes for each class, at least one in a row.
    miller_madow : bool
        Add :math:`(\hat K - 1)/(2m)`, where :math:`\hat K` counts the classes with votes. That
        removes the leading term of the bias, not the bias, and nothing where all votes agree.

    Returns
    -------
    ndarray or scalar of float64, shape (...)

    Raises
    ------
    TypeError, ValueError
        As for `vote_shares`.

    References
    ----------
    G. A. Miller (1955), "Note on the bias of information estimates", in Information Theory in
    Psychology. L. Paninski (2003), "Estimation of entropy and mutual information", Neural
    Computation 15.

    Examples
    --------
    >>> print(f"{label_entropy([1, 1]):.4f}, {label_entropy([1, 1], miller_madow=True):.4f}")
    0.6931, 0.9431
    """
    counts, totals = _votes(counts)
    result: Any = entropy(counts / totals[..., np.newaxis])
    if miller_madow:
        result = result + ((counts > 0).sum(axis=-1) - 1) / 2 / totals
    return result


@np.errstate(all="ignore")
def expected_label_entropy(p: ArrayLike, num_votes: SupportsIndex) -> Float64Result:
    r"""Expectation of `label_entropy` over m independent votes drawn from p, in nats.

    .. math:: -\sum_k \sum_{c=1}^{m} \binom{m}{c} p_k^c (1 - p_k)^{m - c} \frac cm \log \frac cm

    A sum over all outcomes, not an approximation.

    Parameters
    ----------
    p : array_like, shape (..., K)
        Probabilities.
    num_votes : int
        m, from 1 to a million.

    Returns
    -------
    ndarray or scalar of float64, shape (...)
        At most the entropy of p; 0 for one vote.

    Raises
    ------
    TypeError, ValueError
        If `num_votes` is not such an integer or a row of `p` is not a probability vector.

    Examples
    --------
    >>> print(f"{expected_label_entropy([0.5, 0.5], 2):.4f}")  # log 2 in half of the cases
    0.3466
    """
    from scipy.stats import binom  # which takes longer to import than all of the package

    p = _checks.as_distribution(p, "p").astype(np.float64, copy=False)
    num_votes = _checks.as_positive_int(num_votes, "num_votes")
    if num_votes > MOST_VOTES:
        raise ValueError(f"num_votes must be at most {MOST_VOTES}; got {num_votes}")
    result = np.zeros(p.shape[:-1])
    for block in row_blocks(num_votes - 1, max(1, p.size)):
        c = np.arange(block.start + 1, block.stop + 1)
        share, rest = c / num_votes, (num_votes - c) / num_votes
        log_share = np.where(rest < 0.5, np.log1p(-rest), np.log(share))
        chance = binom.pmf(c, num_votes, p[..., np.newaxis])
        result -= (chance * (share * log_share)).sum(axis=(-2, -1))
    return result[()]


def majority(counts: ArrayLike, rng: np.random.Generator) -> NDArray[np.int64] | np.int64:
    """Class with the most votes of each sample; among equals one is drawn.

    Parameters
    ----------
    counts : array_like of int, shape (..., K)
        Votes for each class, at least one in a row.
    rng : numpy.random.Generator
        Breaks ties, each of the tied classes being equally likely. The first of them, which
        ``argmax`` would take, would favour the classes with low numbers.

    Returns
    -------
    ndarray or scalar of int64, shape (...)
        Labels in 0..K−1.

    Raises
    ------
    TypeError, ValueError
        As for `vote_shares`.

    Examples
    --------
    >>> print(majority([[1, 4, 2], [3, 0, 0]], np.random.default_rng(0)))
    [1 0]
    """
    counts, _ = _votes(counts)
    rng = _checks.as_generator(rng)
    most = counts == counts.max(axis=-1, keepdims=True)
    return np.where(most, rng.random(counts.shape), -1.0).argmax(axis=-1)


def dissent(counts: ArrayLike, labels: ArrayLike) -> Float64Result:
    """Share of the votes of each sample that are not for its label.

    Parameters
    ----------
    counts : array_like of int, shape (..., K)
        Votes for each class, at least one in a row.
    labels : array_like of int, shape (...)
        Labels in 0..K−1.

    Returns
    -------
    ndarray or scalar of float64, shape (...)
        0 where all agree with the label, 1 where nobody does.

    Raises
    ------
    TypeError, ValueError
        As for `vote_shares`, or if `labels` are not labels, one per row of `counts`.

    Examples
    --------
    >>> print(dissent([[1, 3], [2, 0]], [1, 1]))
    [0.25 1.  ]
    """
    counts, totals = _votes(counts)
    labels = _checks.as_labels(labels, counts.shape[-1])
    if labels.shape != totals.shape:
        raise ValueError(
            f"labels must be one per row of counts; got labels of shape {labels.shape} and "
            f"counts of shape {counts.shape}"
        )
    own = np.take_along_axis(counts, labels[..., np.newaxis], axis=-1)[..., 0]
    return ((totals - own) / totals)[()]


def _votes(counts: ArrayLike) -> tuple[Ints, Ints]:
    """Return the counts, and their totals over the classes, none of which is 0."""
    counts = _checks.as_counts(counts)
    totals = counts.sum(axis=-1)
    if np.any(totals == 0):
        row = tuple(int(i) for i in np.argwhere(totals == 0)[0])
        where = f"row {row[0] if len(row) == 1 else row} of" if row else "the row of"
        raise ValueError(f"each row must have a vote; {where} shape {counts.shape} has none")
    return counts, totals

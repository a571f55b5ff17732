r"""Cross-entropy of a softmax relative to labels or soft targets, from logits, and its gradient.

The losses are per row, in nats; the caller reduces.
"""

import numpy as np

from crossent import _checks
from crossent.likelihood import one_hot
from crossent.numerics import round_to, split_at_maximum, sum_classes, widen

__all__ = ["softmax_cross_entropy", "softmax_cross_entropy_grad"]


def softmax_cross_entropy(logits, targets):
    r"""Cross-entropy of softmax(logits) relative to the targets, in nats.

    .. math:: L = \sum_k t_k \bigl(-\log \operatorname{softmax}(x)_k\bigr)
        = \sum_k t_k \Bigl[(m - x_k) + \log\Bigl(1 + \sum_{j \ne \hat k} e^{x_j - m}\Bigr)\Bigr],
        \qquad m = x_{\hat k} = \max_k x_k

    where a label y stands for :math:`t_k = [k = y]`. No term is negative, so that nothing
    cancels: for a label with the largest logit L is
    :math:`\log\bigl(1 + \sum_{k \ne y} e^{x_k - x_y}\bigr)`, a loss of 1e-20 and not 0 where the
    other logits are 46 below it.

    Parameters
    ----------
    logits : array_like, shape (..., K)
        Unnormalised scores x, the classes on the last axis. A logit of −inf is a masked class.
    targets : array_like
        Integers are labels in 0..K−1, of shape ``logits.shape[:-1]``. Floats are probabilities,
        of shape (..., K), whose axes but the last broadcast against those of the logits. The
        dtype decides, and its contradiction by the shape is refused: a one-hot array has to be of
        floats, and one row of probabilities for K rows of logits has to have the shape (1, K).

    Returns
    -------
    ndarray or scalar, shape (...)
        One loss per row, at least 0, in the dtype of the logits, promoted with that of
        probabilities. A class without target mass adds nothing, masked or not.

        It is +inf where the target has mass on a class of probability 0: a masked class, or a
        finite logit beside one of +inf. It is NaN where :math:`\log \sum_j e^{x_j} - x_k` is
        undefined for a target class k, that is if all logits are −inf, if its own is +inf, or if
        any is NaN; and where the targets hold NaN.

    Raises
    ------
    TypeError
        If an argument does not hold float16, float32, float64 or integers (bool is not), or
        `targets` are integers in the shape of the logits or floats in the shape of labels.
    ValueError
        If `logits` has no class, a label is negative or not below K, a row of probabilities is
        not a probability vector, or the shapes do not match.

    See Also
    --------
    softmax_cross_entropy_grad : The loss together with its gradient.

    References
    ----------
    I. J. Good (1952), "Rational decisions", Journal of the Royal Statistical Society B 14.

    P. Blanchard, D. J. Higham and N. J. Higham (2021), "Accurately computing the log-sum-exp
    and softmax functions", IMA Journal of Numerical Analysis 41.

    Examples
    --------
    >>> for loss in softmax_cross_entropy([[0.0, 50.0], [0.0, 50.0]], [0, 1]):
    ...     print(f"{loss:.4e}")
    5.0000e+01
    1.9287e-22
    >>> print(f"{softmax_cross_entropy([0.0, 50.0], [0.5, 0.5]):.4f}")
    25.0000
    """
    logits = _checks.as_logits(logits)
    targets = _checks.as_targets(targets, logits)
    with np.errstate(all="ignore"):
        x = widen(logits)
        loss = _loss(x, split_at_maximum(x), targets)
    return round_to(loss, _result_dtype(logits, targets))


def softmax_cross_entropy_grad(logits, targets):
    r"""Softmax cross-entropy in nats, and its gradient with respect to the logits.

    .. math:: \frac{\partial L}{\partial x_k} = s_k - t_k = s_k (1 - t_k) - t_k (1 - s_k),
        \qquad s = \operatorname{softmax}(x)

    where a label y stands for :math:`t_k = [k = y]`. The last form is computed, with
    :math:`1 - s_{\hat k} = \sum_{k \ne \hat k} s_k` for the largest logit, so that the gradient
    at a label that is nearly certain keeps its digits.

    Parameters
    ----------
    logits, targets : array_like
        As for `softmax_cross_entropy`.

    Returns
    -------
    loss : ndarray or scalar, shape (...)
        What `softmax_cross_entropy` returns.
    gradient : ndarray, shape (..., K)
        Derivatives of the loss of a row by the logits of that row, in the dtype of the loss.
        Where the batch axes of the logits were broadcast, the gradient has the broadcast shape.
        It is NaN where the softmax or the target is NaN; where the loss is +inf it is still
        s − t.

    Raises
    ------
    TypeError, ValueError
        As `softmax_cross_entropy`.

    References
    ----------
    J. S. Bridle (1990), "Probabilistic interpretation of feedforward classification network
    outputs, with relationships to statistical pattern recognition", Neurocomputing, NATO ASI
    Series F 68.

    Examples
    --------
    >>> loss, gradient = softmax_cross_entropy_grad([0.0, 0.0, 0.0, 0.0], 2)
    >>> print(f"{loss:.4f}", gradient)
    1.3863 [ 0.25  0.25 -0.75  0.25]
    """
    logits = _checks.as_logits(logits)
    targets = _checks.as_targets(targets, logits)
    dtype = _result_dtype(logits, targets)
    with np.errstate(all="ignore"):
        x = widen(logits)
        row = split_at_maximum(x)
        s = row.scaled / (1.0 + row.rest)
        others = np.where(row.is_top, row.rest / (1.0 + row.rest), 1.0 - s)
        t = one_hot(targets, x.shape[-1]) if _holds_labels(targets) else widen(targets)
        gradient = s * (1.0 - t) - t * others
        loss = _loss(x, row, targets)
    return round_to(loss, dtype), round_to(gradient, dtype)


def _loss(x, row, targets):
    """Return the float64 loss of each row of x, split at its maximum."""
    surprisals = (row.maximum - x) + np.log1p(row.rest)
    if _holds_labels(targets):
        return np.take_along_axis(surprisals, targets[..., np.newaxis], axis=-1)[..., 0]
    t = widen(targets)
    return sum_classes(np.where(t == 0.0, 0.0, t * surprisals))


def _holds_labels(targets):
    """Tell labels from probabilities, once checked."""
    return targets.dtype == np.int64


def _result_dtype(logits, targets):
    """Return the dtype of the loss; labels only select, so they do not take part."""
    return logits.dtype if _holds_labels(targets) else np.result_type(logits, targets)

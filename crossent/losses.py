r"""Cross-entropy of a softmax relative to labels or soft targets, from logits, and its gradient.

The losses are per row, in nats; the caller reduces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crossent import _checks
from crossent._rows import BLOCK, Rows, row_blocks, sum_rows
from crossent.numerics import (
    few_at_a_time,
    probabilities,
    set_apart,
    split_at_maximum,
    split_shifted,
    unsafe_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import ArrayLike

    from crossent._types import Array, FloatResult, Floats, Ints
    from crossent.numerics import SetApart

__all__ = ["softmax_cross_entropy", "softmax_cross_entropy_grad"]


def softmax_cross_entropy(logits: ArrayLike, targets: ArrayLike) -> FloatResult:
    r"""Cross-entropy of softmax(logits) relative to the targets, in nats.

    .. math:: L = \sum_k p_k \bigl(-\log \operatorname{softmax}(z)_k\bigr)
        = \sum_k p_k \Bigl[(m - z_k) + \log\Bigl(1 + \sum_{j \ne \hat k} e^{z_j - m}\Bigr)\Bigr],
        \qquad m = z_{\hat k} = \max_k z_k

    where a label y stands for :math:`p_k = [k = y]`. No term is negative, so that nothing
    cancels: for a label with the largest logit L is
    :math:`\log\bigl(1 + \sum_{k \ne y} e^{z_k - z_y}\bigr)`, a loss of 1e-20 and not 0 where the
    other logits are 46 below it.

    Parameters
    ----------
    logits : array_like, shape (..., K)
        Unnormalised scores z, the classes on the last axis. A logit of −inf is a masked class.
    targets : array_like
        Integers are labels y in 0..K−1, of shape ``logits.shape[:-1]``. Floats are probabilities
        p, of shape (..., K), whose axes but the last broadcast against those of the logits. The
        dtype decides, and its contradiction by the shape is refused: a one-hot array has to be of
        floats, and one row of probabilities for K rows of logits has to have the shape (1, K).

    Returns
    -------
    ndarray or scalar, shape (...)
        One loss per row, at least 0, in the dtype of the logits, promoted with that of
        probabilities. A class without target mass adds nothing, masked or not.

        It is +inf where the target has mass on a class of probability 0: a masked class, or a
        finite logit beside one of +inf. It is NaN where :math:`\log \sum_j e^{z_j} - z_k` is
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

    Notes
    -----
    The exponentials are taken of the logits themselves where their sums stay between 2⁻⁵⁰⁰ and
    2⁵⁰⁰, and otherwise, and for losses below 1e-6 in float64, of the differences to the largest
    logit, which takes several times as long. float16 and float32 are computed in float64.

    To average many losses use ``loss.mean(dtype=np.float64)``: a sum of float32 losses has only
    the digits of float32.

    Labels are checked in one pass over them, probabilities in two. Beside its result a call
    takes less than 1 MB, or three rows in float64 where that is more.

    References
    ----------
    I. J. Good (1952), "Rational decisions", Journal of the Royal Statistical Society,
    Series B 14.

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
    if not _holds_labels(targets):
        return _over_blocks(_soft_loss, logits, targets)[0]
    if _is_small_and_moderate(logits):
        loss = _small_loss(logits, targets)
        if loss is not None:
            return loss
    return _over_blocks(_label_loss, logits, targets)[0]


def softmax_cross_entropy_grad(
    logits: ArrayLike, targets: ArrayLike
) -> tuple[FloatResult, Floats]:
    r"""Softmax cross-entropy in nats, and its gradient with respect to the logits.

    .. math:: \frac{\partial L}{\partial z_k} = q_k - p_k = q_k (1 - p_k) - p_k (1 - q_k),
        \qquad q = \operatorname{softmax}(z)

    where a label y stands for :math:`p_k = [k = y]`. The last form is computed, with
    :math:`1 - q_{\hat k} = \sum_{k \ne \hat k} q_k` for the largest logit, so that the gradient
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
        q − p.

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
    if not _holds_labels(targets):
        return _over_blocks(_soft_loss, logits, targets, with_gradient=True)
    if _is_small_and_moderate(logits):
        both = _small_loss(logits, targets, with_gradient=True)
        if both is not None:
            return both
    return _over_blocks(_label_loss, logits, targets, with_gradient=True)


SMALL = 2**12
"""Entries up to which an array is so small that calls of numpy cost more than their work."""

MODERATE = 330.0
"""Logits of at most this size have exponentials, and sums of `SMALL` of them, in the safe band."""

CERTAIN = 2.0**-20
"""Odds Σ_{k≠y} e^x_k / e^x_y below which a loss is computed with more care in float64.

Such a loss is the odds, and has every rounding of two exponentials, a sum and a quotient, up to
2.8 units in the last place together; from shifted exponentials it has no quotient.
"""


def _is_small_and_moderate(logits: Array) -> bool | np.bool:
    """Tell in one call that no logit needs special care: none is infinite, NaN or large."""
    if logits.size > SMALL or logits.dtype == np.float16:  # whose squares overflow, with a warning
        return False
    return np.vdot(logits, logits) < MODERATE**2


def _small_loss(logits: Array, labels: Ints, *, with_gradient: bool = False) -> Any:
    """Do what `_over_blocks` does, for an array that is one block without unsafe rows.

    Return None where a loss needs more care after all.
    """
    x = logits.reshape(-1, logits.shape[-1])
    e = np.empty(x.shape)
    split = set_apart(x, labels.reshape(-1), e)
    odds = split.others / split.own
    if x.dtype == np.float64 and odds.min(initial=1.0) < CERTAIN:
        return None
    loss = np.log1p(odds).astype(logits.dtype, copy=False).reshape(labels.shape)[()]
    if not with_gradient:
        return loss
    gradient = _label_gradient(split, e)
    return loss, gradient.astype(logits.dtype, copy=False).reshape(logits.shape)


def _over_blocks(
    block_loss: Callable[[Array, Array, Array, bool], Array],
    logits: Array,
    targets: Array,
    *,
    with_gradient: bool = False,
) -> tuple[Any, Any]:
    """Return the loss and, if asked for, its gradient, a block of rows at a time.

    `block_loss` takes the logits and targets of a block and a float64 buffer of its shape,
    returns the loss in float64, and leaves the gradient in the buffer if asked to.
    """
    num_classes = logits.shape[-1]
    target_rows: Array | Rows
    if _holds_labels(targets):
        # Labels only select: they take part neither in broadcasting nor in the dtype.
        batch_shape, dtype = logits.shape[:-1], logits.dtype
        target_rows = targets.reshape(-1)
        block_size = BLOCK
    else:
        batch_shape = np.broadcast_shapes(logits.shape[:-1], targets.shape[:-1])
        dtype = np.result_type(logits, targets)
        target_rows = Rows(targets, batch_shape)
        block_size = BLOCK // 2  # the formula takes twice the arrays
    logit_rows = Rows(logits, batch_shape)
    loss = np.empty(batch_shape, dtype)
    loss_rows = loss.reshape(-1)
    gradient = np.empty((*batch_shape, num_classes), dtype) if with_gradient else None
    gradient_rows: Any = None if gradient is None else gradient.reshape(-1, num_classes)
    in_place = with_gradient and dtype == np.float64
    buffer = None
    with np.errstate(all="ignore"):
        for rows in row_blocks(loss_rows.size, num_classes, block_size):
            x = logit_rows[rows]
            if in_place:
                buffer = gradient_rows[rows]
            else:
                buffer = np.empty(x.shape) if buffer is None else buffer[: len(x)]
            loss_rows[rows] = block_loss(x, target_rows[rows], buffer, with_gradient)
            if with_gradient and not in_place:
                gradient_rows[rows] = buffer
    return loss[()], gradient


def _label_loss(x: Array, labels: Ints, e: Array, with_gradient: bool) -> Array:
    """Loss log(1 + Σ_{k≠y} e^x_k / e^x_y) of a block, and its gradient."""
    split = set_apart(x, labels, e)
    odds = split.others / split.own
    loss = np.log1p(odds)
    if with_gradient:
        _label_gradient(split, e)
    careful = unsafe_rows(split.own, split.others, entries_of=x if with_gradient else None)
    if x.dtype == np.float64 and not odds.min() >= CERTAIN:
        careful = np.union1d(careful, np.flatnonzero(odds < CERTAIN)).astype(np.int64)
    for rows in few_at_a_time(careful, x.shape[1]):
        loss[rows], gradient = _shifted_label_loss(x[rows], labels[rows])
        if with_gradient:
            e[rows] = gradient
    return loss


def _label_gradient(split: SetApart, e: Array) -> Array:
    """Turn exponentials into s_k, and at the label into −(1 − s_y) = −Σ_{k≠y} s_k."""
    total = split.others + split.own
    e /= total[:, np.newaxis]
    e.reshape(-1)[split.at] = 0.0 - split.others / total
    return e


def _shifted_label_loss(x: Array, labels: Ints) -> tuple[Array, Array]:
    """Return loss and gradient from exponentials shifted by the maximum, for any logits."""
    row = split_shifted(x)
    at = np.arange(0, x.size, x.shape[1]) + labels
    loss = (row.maximum - np.take(x, at).astype(np.float64)) + np.log1p(row.odds)
    gradient = probabilities(row)
    flat = gradient.reshape(-1)
    flat[at] = np.where(at == row.at, 0.0 - row.rest / row.total, flat[at] - 1.0)
    return loss, gradient


def _soft_loss(x: Array, t: Array, e: Array, with_gradient: bool) -> Array:
    """Loss Σ t_k (m − x_k) + Σ t_k · log(1 + r); gradient s_k − t_k."""
    x, t = (np.asarray(block, dtype=np.float64, order="C") for block in (x, t))
    row = split_at_maximum(x, e, entries=with_gradient)
    if with_gradient:
        gradient = probabilities(row)
        flat = gradient.reshape(-1)
        t_top = np.take(t, row.at)
        gradient -= t
        # At the largest logit, where 1 − s would cancel: s (1 − t) − t (1 − s).
        flat[row.at] = row.top / row.total * (1.0 - t_top) - t_top * (row.rest / row.total)
    surprisal = (row.maximum[:, np.newaxis] - x) + np.log1p(row.odds)[:, np.newaxis]
    loss = sum_rows(t * surprisal)
    # A class without target mass adds nothing, be its surprisal infinite or NaN.
    for rows in few_at_a_time(np.flatnonzero(~np.isfinite(loss)), x.shape[1]):
        loss[rows] = sum_rows(np.where(t[rows] == 0.0, 0.0, t[rows] * surprisal[rows]))
    return loss


def _holds_labels(targets: Array) -> bool:
    """Tell labels from probabilities, once checked."""
    return targets.dtype == np.int64

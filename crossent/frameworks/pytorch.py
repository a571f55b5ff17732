r"""``torch.nn.functional.cross_entropy`` of PyTorch 2.13 and its gradient.

Its loss has three steps: a loss per row, a weight per row, and a quotient of two sums.

========  =============================================  =========================
target    loss of row n                                  divided by, for "mean"
========  =============================================  =========================
labels    :math:`-w_{y_n} \log q_{n,y_n}`                :math:`\sum_n w_{y_n}`
soft      :math:`-\sum_k w_k p_{nk} \log q_{nk}`         the number of rows
========  =============================================  =========================

Rows are all positions but the class axis, q is the softmax over that axis, and ignored labels
count nowhere. The asymmetry of the last column is PyTorch's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crossent._checks import as_array
from crossent.frameworks._pytorch_arguments import read
from crossent.frameworks._softmax import log_softmax, softmax

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

    from crossent._types import Array, FloatResult, Floats
    from crossent.frameworks._pytorch_arguments import Case

__all__ = ["pytorch_cross_entropy", "pytorch_cross_entropy_grad"]


def pytorch_cross_entropy(
    input: ArrayLike,  # the name that PyTorch gives it
    target: ArrayLike,
    weight: ArrayLike | None = None,
    size_average: bool | None = None,
    ignore_index: SupportsIndex = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> FloatResult:
    r"""Cross-entropy of softmax(input) relative to labels or soft targets, in nats, as PyTorch's.

    Parameters
    ----------
    input : array_like of floats, shape (C,), (N, C) or (N, C, d1, ...)
        Logits; the classes are on axis 1, or 0 where there is no other.
    target : array_like
        In the shape of `input`: soft targets, floats that are used as they are, probabilities or
        not. Otherwise labels, in the shape of `input` without its class axis: int64, or uint8
        with an `input` of at most 2 axes and no weighted mean with smoothing.
    weight : array_like, shape (C,), optional
        Weight of each class; beside labels in the dtype of `input`.
    size_average, reduce : bool, optional
        PyTorch's older form of `reduction`, which they override.
    ignore_index : int
        Rows with this label count neither in the sum nor in the number; for labels only.
    reduction : {"mean", "sum", "none"}
        For labels the mean is over the weights of the rows that count, for soft targets over the
        rows whatever their weights.
    label_smoothing : float
        ε: a label y becomes :math:`(1 - \varepsilon) [k = y] + \varepsilon / C`, a soft target p
        becomes :math:`(1 - \varepsilon) p_k + \varepsilon / C`. Negative values and NaN are
        ignored, as PyTorch does.

    Returns
    -------
    ndarray or scalar
        Shape (), or of the rows for "none", in the dtype of `input`, beside soft targets promoted
        with theirs and that of the weights. The mean over no row is NaN. A logit of −inf is
        harmless beside a label, makes a smoothed loss +inf, and a soft one NaN, since 0 · log 0
        is computed as it stands; one of +inf makes the row NaN. The sum of float16 losses, and
        so their mean, is +inf above 65504.

    Raises
    ------
    TypeError
        If `input` or soft targets are not floats, labels or weights have another dtype than
        those above, or `ignore_index` is not an integer.
    ValueError
        If the shapes do not fit, `input` has no class, `reduction` is another word,
        `label_smoothing` exceeds 1, or `ignore_index` is at least 0 with soft targets.
    IndexError
        If a label is out of range and is not `ignore_index`.

    Notes
    -----
    PyTorch rounds every step to the dtype of its arguments, so that float64 targets give a
    float64 loss with the digits of float32 logits. Here all is computed in float64, but for the
    quotient of the mean. Without a class, which is an error here, PyTorch's mean is NaN.

    References
    ----------
    PyTorch 2.13, ``aten/src/ATen/native/LossNLL.cpp``.

    Examples
    --------
    >>> logits, weight = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([1.0, 3.0])
    >>> print(f"{pytorch_cross_entropy(logits, [0, 1], weight):.4f}")  # divided by 1 + 3
    0.2667
    >>> print(f"{pytorch_cross_entropy(logits, np.eye(2), weight):.4f}")  # divided by 2
    0.5334
    """
    case = read(
        input, target, weight, size_average, ignore_index, reduce, reduction, label_smoothing
    )
    with np.errstate(all="ignore"):
        loss = _reduced(case, _nll(case))
        if case.labels is not None and case.smoothing:
            over_classes = _reduced(case, -(case.weight * log_softmax(case.x)).sum(axis=-1))
            loss = (1 - case.smoothing) * loss + case.smoothing / case.x.shape[-1] * over_classes
        return np.asarray(loss).astype(case.dtype)[()]


def pytorch_cross_entropy_grad(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    size_average: bool | None = None,
    ignore_index: SupportsIndex = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    grad_output: ArrayLike | None = None,
) -> tuple[Floats, Floats | None]:
    r"""Gradients of `pytorch_cross_entropy` as PyTorch propagates them.

    With :math:`g_{nk} = -\partial L / \partial \log q_{nk}`, the share of the target in L,

    .. math:: \frac{\partial L}{\partial z_{nk}} = q_{nk} \sum_j g_{nj} - g_{nk}

    Parameters
    ----------
    input, target, weight, size_average, ignore_index, reduce, reduction, label_smoothing
        As for `pytorch_cross_entropy`.
    grad_output : array_like, optional
        Derivative of a later quantity by the loss, in the shape of the loss; ones if left out.

    Returns
    -------
    by_input : ndarray, shape of `input`
        It is NaN in an ignored row that holds NaN, since 0 · NaN is NaN.
    by_target : ndarray, shape of `target`, or None
        For soft targets; None for labels.

    Raises
    ------
    TypeError, ValueError, IndexError
        As `pytorch_cross_entropy`, and ValueError if `grad_output` has another shape.

    Examples
    --------
    >>> by_input, by_target = pytorch_cross_entropy_grad(np.zeros((1, 4)), np.array([2]))
    >>> print(by_input)
    [[ 0.25  0.25 -0.75  0.25]]
    """
    case = read(
        input, target, weight, size_average, ignore_index, reduce, reduction, label_smoothing
    )
    shape = case.counts.shape if case.reduction == "none" else ()
    output = as_array(np.ones(shape) if grad_output is None else grad_output, "grad_output")
    if output.dtype.kind not in "biuf":
        raise TypeError(f"grad_output must hold real numbers; got dtype {output.dtype}")
    if output.shape != shape:
        raise ValueError(f"grad_output must have the loss's shape {shape}; got {output.shape}")
    with np.errstate(all="ignore"):
        output = output.astype(np.float64)
        by_row = np.where(case.counts, output / case.divisor, 0.0)[..., np.newaxis]
        g = by_row * _share(case)
        by_input = softmax(case.x) * g.sum(axis=-1, keepdims=True) - g
        by_input = np.moveaxis(by_input, -1, case.axis).astype(np.asarray(input).dtype.type)
        if case.labels is not None:
            return by_input, None
        by_target = by_row * case.weight * -log_softmax(case.x) * (1 - case.smoothing)
        return by_input, np.moveaxis(by_target, -1, case.axis).astype(
            np.asarray(target).dtype.type
        )


def _nll(case: Case) -> Array:
    """Return the loss of each row; beside labels without what smoothing adds."""
    log_p = log_softmax(case.x)
    if case.labels is None:
        return -(_share(case) * log_p).sum(axis=-1)
    own = np.take_along_axis(log_p, case.labels[..., np.newaxis], axis=-1)[..., 0]
    return -case.weight[case.labels] * own


def _share(case: Case) -> Array:
    """Return what multiplies −log p in the loss of each row, shape (..., C)."""
    num_classes = case.x.shape[-1]
    if case.labels is None:
        return case.weight * ((1 - case.smoothing) * case.soft + case.smoothing / num_classes)
    own = (case.labels[..., np.newaxis] == np.arange(num_classes)) & case.counts[..., np.newaxis]
    share = (1 - case.smoothing) * np.where(own, case.weight, 0.0)
    return share + case.smoothing / num_classes * case.weight if case.smoothing else share


def _reduced(case: Case, rows: Array) -> Array:
    """Return the rows, ignored ones as 0, or their sum divided by the divisor.

    The sum is rounded to the dtype of the loss before it is divided: it can overflow.
    """
    rows = np.where(case.counts, rows, 0.0)
    return rows if case.reduction == "none" else rows.sum().astype(case.dtype) / case.divisor

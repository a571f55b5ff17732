r"""Softmax cross-entropy of a linear classifier that never holds its logits.

With N hidden states and a vocabulary of V classes the logits :math:`z_{nk} = h_n \cdot w_k` are
N·V numbers, far more than hidden states and weights together. The loss needs of them only two
numbers per row, the exponential of the label's logit and the sum over the others, and these can
be summed up tile by tile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crossent import _checks
from crossent._rows import BLOCK, row_blocks, sum_rows
from crossent.losses import softmax_cross_entropy
from crossent.numerics import unsafe_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from numpy.typing import ArrayLike

    from crossent._types import Array, FloatResult, Floats, Ints

__all__ = ["linear_cross_entropy", "linear_cross_entropy_grad"]

TILE_ROWS = 1024
TILE_CLASSES = 1024
"""A tile of logits is 4 MB in float32: large enough for a fast matrix product."""


def linear_cross_entropy(hidden: ArrayLike, weight: ArrayLike, labels: ArrayLike) -> FloatResult:
    r"""Cross-entropy of softmax(hidden · weightᵀ) relative to labels, in nats.

    .. math:: L_n = \log\Bigl(1 + \sum_{k \ne y_n} e^{z_{nk}} / e^{z_{n y_n}}\Bigr), \qquad
        z_{nk} = \sum_d h_{nd} w_{kd}

    The logits are computed a tile at a time and dropped. A row for which the sums of
    exponentials leave the safe range is computed again, on its own, by `softmax_cross_entropy`.

    Parameters
    ----------
    hidden : array_like, shape (..., D)
        Hidden states h, one row per label.
    weight : array_like, shape (V, D)
        Weights w of the classifier, one row per class.
    labels : array_like of int, shape (...)
        Labels in 0..V−1.

    Returns
    -------
    ndarray or scalar, shape (...)
        One loss per row, in the dtype that numpy promotes `hidden` and `weight` to. Infinite and
        NaN logits count as in `softmax_cross_entropy`.

    Raises
    ------
    TypeError
        If `labels` are not integers (bool is not), or `hidden` or `weight` does not hold float16,
        float32, float64 or integers.
    ValueError
        If a label is negative or not below V, there is no class or no feature, or the shapes do
        not match.

    See Also
    --------
    softmax_cross_entropy : The same from logits.

    Notes
    -----
    Beside the loss it takes a tile of 1024 × 1024 logits, a block of a quarter of a megabyte and
    four numbers per row: 5 MB in float32, where all logits of a batch of 4096 rows and 131 072
    classes take 2 GB. float16 is copied to float32 first.

    The logits are those of the matrix product, in float64 for float64 input and in float32 for
    narrower input: each is off by up to about :math:`D u \sum_d |h_d w_d|`, with u =
    1.1e-16 or 6e-8. The loss is that of these logits to the last places, and so off by at most
    twice the largest of their errors.

    References
    ----------
    E. Wijmans, B. Huval, A. Hertzberg, V. Koltun and P. Krähenbühl (2024), "Cut your losses in
    large-vocabulary language models", arXiv:2411.09009.

    M. Milakov and N. Gimelshein (2018), "Online normalizer calculation for softmax",
    arXiv:1805.02867.

    Examples
    --------
    >>> hidden = [[1.0, 0.0], [0.0, 2.0]]
    >>> weight = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    >>> print(linear_cross_entropy(hidden, weight, [0, 0]))
    [0.8619948  2.75862368]
    """
    hidden, weight, labels, dtype = _checked(hidden, weight, labels)
    with np.errstate(all="ignore"):
        loss, _ = _loss_and_label_logit(*_as_table(hidden, weight, labels, dtype))
    return loss.astype(dtype).reshape(labels.shape)[()]


def linear_cross_entropy_grad(
    hidden: ArrayLike, weight: ArrayLike, labels: ArrayLike
) -> tuple[FloatResult, Floats, Floats]:
    r"""Losses of `linear_cross_entropy`, and the gradients of their sum.

    .. math:: \frac{\partial}{\partial h_n} \sum_n L_n = \sum_k g_{nk} w_k, \qquad
        \frac{\partial}{\partial w_k} \sum_n L_n = \sum_n g_{nk} h_n, \qquad
        g_{nk} = q_{nk} - [k = y_n]

    The tiles of logits are computed a second time and turned into tiles of g by
    :math:`q_k = e^{z_k - \log \sum_j e^{z_j}}`, and at the label
    :math:`q_y - 1 = e^{-L} - 1`, which keeps its digits where the loss is small. For the mean loss
    divide both by the number of rows.

    Parameters
    ----------
    hidden, weight, labels : array_like
        As for `linear_cross_entropy`.

    Returns
    -------
    loss : ndarray or scalar, shape (...)
        What `linear_cross_entropy` returns.
    hidden_gradient : ndarray, shape (..., D)
        Derivatives by `hidden`, in the dtype of the loss.
    weight_gradient : ndarray, shape (V, D)
        Derivatives by `weight`, in the dtype of the loss.

    Raises
    ------
    TypeError, ValueError
        As `linear_cross_entropy`.

    Notes
    -----
    Products of tiles are computed in the precision of the logits, and their sum over the tiles in
    float64 for `hidden`, in that of the logits for `weight`. Beside the results it takes two tiles
    and the sums for 1024 rows of `hidden`.

    References
    ----------
    E. Wijmans, B. Huval, A. Hertzberg, V. Koltun and P. Krähenbühl (2024), "Cut your losses in
    large-vocabulary language models", arXiv:2411.09009.

    Examples
    --------
    >>> loss, by_hidden, by_weight = linear_cross_entropy_grad([[1.0]], [[0.0], [0.0]], [0])
    >>> print(loss, by_hidden, by_weight.tolist())
    [0.69314718] [[0.]] [[-0.5], [0.5]]
    """
    hidden, weight, labels, dtype = _checked(hidden, weight, labels)
    h, w, y = _as_table(hidden, weight, labels, dtype)
    by_hidden = np.empty(h.shape, dtype)
    by_weight = np.zeros(w.shape, w.dtype)
    with np.errstate(all="ignore"):
        loss, label_logit = _loss_and_label_logit(h, w, y)
        log_total = label_logit + loss
        for rows, tiles in _tiles(h, w):
            total = np.zeros((rows.stop - rows.start, h.shape[1]))
            for classes, tile in tiles:
                for part in row_blocks(*tile.shape):
                    # s = e^(x − log Σ e^x), in float64 and rounded into the tile of logits.
                    s = tile[part] - log_total[rows][part, np.newaxis]
                    tile[part] = np.exp(s, out=s)
                labelled = _labelled(y[rows], classes)
                tile[labelled, y[rows][labelled] - classes.start] = np.expm1(-loss[rows][labelled])
                total += tile @ w[classes]
                by_weight[classes] += tile.T @ h[rows]
            by_hidden[rows] = total
        loss, by_weight = loss.astype(dtype), by_weight.astype(dtype, copy=False)
    return loss.reshape(labels.shape)[()], by_hidden.reshape(hidden.shape), by_weight


def _checked(
    hidden: ArrayLike, weight: ArrayLike, labels: ArrayLike
) -> tuple[Array, Array, Ints, np.dtype[Any]]:
    """Check the arguments, and return them with the dtype of the result."""
    hidden, weight = _checks.as_features(hidden, "hidden"), _checks.as_features(weight, "weight")
    labels = _checks.as_classifier_labels(labels, hidden, weight)
    return hidden, weight, labels, np.result_type(hidden, weight)


def _as_table(
    hidden: Array, weight: Array, labels: Ints, dtype: np.dtype[Any]
) -> tuple[Array, Array, Ints]:
    """Return hidden (N, D) and weight in the precision of the logits, and labels (N,)."""
    precision = np.result_type(dtype, np.float32)
    table = hidden.reshape(-1, hidden.shape[-1]).astype(precision, copy=False)
    return table, weight.astype(precision, copy=False), labels.reshape(-1)


def _tiles(h: Array, w: Array) -> Iterator[tuple[slice, Iterator[tuple[slice, Array]]]]:
    """Yield slices of rows, each with an iterator of slices of classes and their logits."""
    buffer = np.empty(min(TILE_ROWS, len(h)) * min(TILE_CLASSES, len(w)), h.dtype)

    def of_rows(rows: slice) -> Iterator[tuple[slice, Array]]:
        for classes in row_blocks(len(w), 1, TILE_CLASSES):
            shape = rows.stop - rows.start, classes.stop - classes.start
            tile = buffer[: shape[0] * shape[1]].reshape(shape)
            yield classes, np.matmul(h[rows], w[classes].T, out=tile)

    for rows in row_blocks(len(h), 1, TILE_ROWS):
        yield rows, of_rows(rows)


def _labelled(labels: Ints, classes: slice) -> Array:
    """Return the numbers of the rows whose label is among the classes of a tile."""
    return np.flatnonzero((labels >= classes.start) & (labels < classes.stop))


def _loss_and_label_logit(h: Array, w: Array, y: Ints) -> tuple[Array, Array]:
    """Return loss and logit of the label of each row, in float64."""
    others, label_logit = np.zeros((2, len(h)))
    e = np.empty(BLOCK)
    for rows, tiles in _tiles(h, w):
        for classes, tile in tiles:
            labelled = _labelled(y[rows], classes)
            at = labelled, y[rows][labelled] - classes.start
            label_logit[rows.start + labelled] = tile[at]
            tile[at] = -np.inf  # apart from the others
            for part in row_blocks(*tile.shape):
                x = tile[part]
                block = np.exp(x, out=e[: x.size].reshape(x.shape), dtype=np.float64)
                others[rows][part] += sum_rows(block, pairwise=h.dtype == np.float64)
    own = np.exp(label_logit)
    loss = np.log1p(others / own)
    # The other rows need their maximum first, and so all of their logits at a time.
    unsafe = unsafe_rows(own, others) if len(h) else ()
    for portion in row_blocks(len(unsafe), len(w), TILE_ROWS * TILE_CLASSES):
        few = unsafe[portion]
        loss[few] = softmax_cross_entropy((h[few] @ w.T).astype(np.float64), y[few])
    return loss, label_logit

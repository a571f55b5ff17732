r"""``CategoricalCrossentropy`` and ``SparseCategoricalCrossentropy`` of Keras 3.15.

Their loss has three steps: a loss per row, a weight per row, and a quotient of two sums.

=========================  ====================================  ===========================
reduction                  sum over rows                         divided by
=========================  ====================================  ===========================
"sum_over_batch_size"      :math:`\sum_n w_n \ell_n`             the number of rows
"mean_with_sample_weight"  :math:`\sum_n w_n \ell_n`             :math:`\sum_n w_n`
"sum"                      :math:`\sum_n w_n \ell_n`             1
=========================  ====================================  ===========================

The loss of a row is :math:`\ell_n = -\sum_k p_{nk} \log q_{nk}`. Unless ``from_logits=True``, q is
the prediction divided by its sum and clipped to [1e-7, 1 − 1e-7], and its logarithm has no
gradient where the clip acts. All of it is computed in float32, as by Keras: the clip, the largest
loss of 16.118 and the smallest of 1.19e-7 are float32's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crossent._checks import as_int, as_real
from crossent.frameworks._keras_reduction import FLOATX, floatx, reduced, same_rank
from crossent.frameworks._softmax import log_softmax

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from crossent._types import Array, Float32Result, Ints

__all__ = ["keras_categorical_crossentropy", "keras_sparse_categorical_crossentropy"]

CLIP = FLOATX(1e-7), FLOATX(1 - 1e-7)
"""``keras.backend.epsilon()`` and its counterpart, which in float32 is 1 − 1.19e-7."""


def keras_categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
    reduction: str | None = "sum_over_batch_size",
    sample_weight: ArrayLike | None = None,
) -> Float32Result:
    r"""Cross-entropy of predictions relative to one-hot or soft targets, in nats, as Keras's.

    Parameters
    ----------
    y_true, y_pred : array_like, both of one shape
        Targets, which are used as they are, and predictions; a trailing axis of length 1 that
        only one of them has is dropped, or given to the other if that has a single axis.
    from_logits : bool
        Whether `y_pred` are logits, and not probabilities. Nothing looks at them to find out.
    label_smoothing : float
        ε, of any size: a target p becomes :math:`p_k (1 - \varepsilon) + \varepsilon / K`.
    axis : int
        Axis of the classes.
    reduction : {"sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None}
        See the module; "mean" is "sum_over_batch_size", and None is "none".
    sample_weight : array_like, optional
        Weights of the rows, which broadcast from the last axis: beside rows of shape (N, d),
        weights of shape (d,) are for the columns, and those of the samples have to be (N, 1).

    Returns
    -------
    ndarray or scalar
        In float32; of shape (), or of the rows for "none". A row of zeros is NaN, and so is one
        with a logit of −inf where the target is 0, or of +inf. The mean over no row is 0, but
        rows of shape (0,) are returned as they are. A single row, of shape (), is not divided.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or `axis` is not an integer.
    ValueError
        If the shapes differ or have no class, the weights do not broadcast, `axis` is not an
        axis, or `reduction` is another word.

    Notes
    -----
    "mean_with_sample_weight" divides by the sum of the weights as they are given, before they
    are broadcast: a single weight of 2 for N rows is a divisor of 2.

    Smoothing takes K from the class axis, as documented; Keras 3.15.1 takes the length of the last
    axis whatever `axis` is. Predictions without a class are an error here and 0 in Keras, whose
    warning about a single class is left out.

    Examples
    --------
    >>> y_true, y_pred = np.array([[0, 1, 0], [0, 0, 1]]), np.array([[2, 96, 2], [10, 80, 10]])
    >>> for loss in keras_categorical_crossentropy(y_true, y_pred, reduction="none"):
    ...     print(f"{loss:.4f}")  # the rows are divided by 100
    0.0408
    2.3026
    >>> logits = np.array([[2.0, -1.0, 0.0]])  # two losses, the first without a word
    >>> for from_logits in False, True:
    ...     print(f"{keras_categorical_crossentropy([[1, 0, 0]], logits, from_logits):.3g}")
    1.19e-07
    0.17
    """
    y_true, y_pred = same_rank(floatx(y_true, "y_true"), floatx(y_pred, "y_pred"))
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"y_true and y_pred must have the same shape; got {y_true.shape} and {y_pred.shape}"
        )
    log_p = _log_p(y_pred, from_logits, axis)
    t = np.moveaxis(y_true, axis, -1)
    with np.errstate(all="ignore"):
        if label_smoothing:
            smoothing = as_real(label_smoothing, "label_smoothing")
            t = t * FLOATX(1 - smoothing) + FLOATX(smoothing) / FLOATX(t.shape[-1])
        losses = -(t * log_p).sum(axis=-1)
    return reduced(losses, sample_weight, reduction)


def keras_sparse_categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
    reduction: str | None = "sum_over_batch_size",
    sample_weight: ArrayLike | None = None,
) -> Float32Result:
    r"""Cross-entropy of predictions relative to labels, in nats, as Keras's.

    Parameters
    ----------
    y_true : array_like
        Labels, in the shape of `y_pred` without its class axis, or with length 1 there. Floats
        are labels too, and lose their fraction.
    y_pred, from_logits, axis, reduction, sample_weight
        As for `keras_categorical_crossentropy`. Keras has `reduction` before `axis`.
    ignore_class : int, optional
        A label, in 0..K−1 or not, whose rows have the loss 0. They are not counted by
        "sum_over_batch_size", and "mean_with_sample_weight" leaves out their weights.

    Returns
    -------
    ndarray or scalar
        As `keras_categorical_crossentropy`; 0 if every row is ignored. A logit of −inf is
        harmless beside the label.

    Raises
    ------
    TypeError, ValueError
        As `keras_categorical_crossentropy`.
    IndexError
        If a label is not in 0..K−1 and is not `ignore_class`.

    Notes
    -----
    Keras's backends differ, and this is the one of PyTorch, with one exception: it ignores the
    label −100, since PyTorch does, where this is an error. The others do otherwise with

    * a label not in 0..K−1: the loss is 0 by JAX, and for −1 by NumPy, which raises for K;
      TensorFlow raises;
    * a logit of −inf beside the label: NaN by JAX and NumPy;
    * an `axis` other than the last: TensorFlow refuses it, JAX and NumPy refuse most shapes;
    * probabilities: TensorFlow clips them as they are and divides by their sum afterwards.

    Beside `ignore_class` Keras 3.15.1 multiplies the weights in place. On PyTorch it thereby
    overwrites a tensor of weights that the caller passed, and with PyTorch and NumPy weights of
    another shape than the rows raise; here they broadcast, as without `ignore_class`. Keras also
    leaves `axis` out of the configuration that a saved loss is read from.

    Examples
    --------
    >>> y_pred = np.array([[0.1, 0.9], [0.5, 0.5], [1.0, 0.0]])
    >>> for loss in keras_sparse_categorical_crossentropy([1, 0, 1], y_pred, reduction="none"):
    ...     print(f"{loss:.3f}")  # the last is −log 1e-7
    0.105
    0.693
    16.118
    >>> print(f"{keras_sparse_categorical_crossentropy([1, 0, 1], y_pred, ignore_class=1):.3f}")
    0.693
    """
    y_true, y_pred = same_rank(floatx(y_true, "y_true"), floatx(y_pred, "y_pred"))
    log_p = _log_p(y_pred, from_logits, axis)
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    if y_true.shape != log_p.shape[:-1]:
        raise ValueError(
            f"y_true must have the shape of y_pred without its class axis, {log_p.shape[:-1]}, "
            f"or length 1 there; got {y_true.shape}"
        )
    counts = None
    if ignore_class is not None:
        with np.errstate(over="ignore"):
            counts = y_true != FLOATX(as_real(ignore_class, "ignore_class"))
    labels = _labels(y_true if counts is None else np.where(counts, y_true, 0), log_p.shape[-1])
    losses = -np.take_along_axis(log_p, labels[..., np.newaxis], axis=-1)[..., 0]
    if counts is not None:
        losses = np.where(counts, losses, FLOATX(0))
    return reduced(losses, sample_weight, reduction, counts)


def _log_p(y_pred: Array, from_logits: bool, axis: int) -> Array:
    """Return the log-probabilities, in float32 and with the classes on the last axis."""
    if not -y_pred.ndim <= as_int(axis, "axis") < y_pred.ndim:
        raise ValueError(f"axis must be an axis of y_pred, of shape {y_pred.shape}; got {axis}")
    y_pred = np.moveaxis(y_pred, axis, -1)
    if y_pred.shape[-1] == 0:
        raise ValueError(f"y_pred must have at least one class; got shape {y_pred.shape}")
    if from_logits:
        return log_softmax(y_pred)
    with np.errstate(all="ignore"):
        p = y_pred / y_pred.sum(axis=-1, keepdims=True)
        return np.log(np.clip(p, *CLIP))


def _labels(y_true: Array, num_classes: int) -> Ints:
    """Return floats as labels, without their fractions."""
    inside = (y_true > -1) & (y_true < num_classes)
    if not inside.all():
        raise IndexError(
            f"labels must lie in 0..{num_classes - 1}; got {y_true[~inside][0]:g} in y_true of "
            f"shape {y_true.shape}"
        )
    return y_true.astype(np.int64)

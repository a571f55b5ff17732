"""The arguments of PyTorch's cross_entropy: their checks, and what they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from crossent._checks import as_array, as_int, as_real

if TYPE_CHECKING:
    from typing import Any, SupportsIndex

    from numpy.typing import ArrayLike

    from crossent._types import Array

__all__ = ["Case", "read"]

FLOATS = (np.float16, np.float32, np.float64)


class Case(NamedTuple):
    """The arguments after the checks, in float64 and with the classes on the last axis."""

    x: np.ndarray
    labels: np.ndarray | None
    """0 where a row is ignored; None with soft targets."""
    soft: Any
    """The soft targets as given; None with labels."""
    weight: np.ndarray
    smoothing: float
    counts: np.ndarray
    """Which rows are not ignored."""
    divisor: np.floating
    """Of the mean; 1 for the others."""
    reduction: str
    axis: int
    """Where the classes were."""
    dtype: np.dtype
    """Of the loss."""


@np.errstate(all="ignore")
def read(
    input: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None,
    size_average: bool | None,
    ignore_index: SupportsIndex,
    reduce: bool | None,
    reduction: str,
    label_smoothing: float,
) -> Case:
    """Check the arguments and tell labels from soft targets."""
    x, target = as_array(input, "input"), as_array(target, "target")
    axis = 0 if x.ndim == 1 else 1
    _check_input(x, axis)
    ignore_index = as_int(ignore_index, "ignore_index")
    label_smoothing = as_real(label_smoothing, "label_smoothing")
    if label_smoothing > 1:
        raise ValueError(f"label_smoothing must be at most 1; got {label_smoothing}")
    smoothing = label_smoothing if label_smoothing > 0 else 0.0  # negative and NaN: none
    reduction = _reduction(size_average, reduce, reduction)
    is_soft = target.shape == x.shape
    classes = x.shape[axis]
    w = np.ones(classes) if weight is None else _class_weight(weight, x, classes, is_soft)
    rows = x.shape[:axis] + x.shape[axis + 1 :]
    labels = soft = None
    if is_soft:
        _check_soft(target, ignore_index, rows)
        soft = np.moveaxis(target.astype(np.float64), axis, -1)
        counts = np.ones(rows, bool)
        divisor = np.float64(counts.size)
        dtype = _promoted(x, target, weight)
    else:
        _check_labels(target, ignore_index, rows, classes)
        counts = target != ignore_index
        if target.dtype == np.uint8 and counts.any():
            _check_uint8(x, weight, smoothing, reduction)
        labels = np.where(counts, target, 0).astype(np.int64)
        divisor = w[labels[counts]].sum().astype(x.dtype)
        dtype = x.dtype
    return Case(
        x=np.moveaxis(x.astype(np.float64), axis, -1),
        labels=labels,
        soft=soft,
        weight=w,
        smoothing=smoothing,
        counts=counts,
        divisor=divisor if reduction == "mean" else np.float64(1.0),
        reduction=reduction,
        axis=axis,
        dtype=dtype,
    )


def _check_input(x: Array, axis: int) -> None:
    if x.dtype not in FLOATS:
        raise TypeError(f"input must hold floats; got dtype {x.dtype} in shape {x.shape}")
    if x.ndim == 0:
        raise ValueError("input must have a class axis; got a scalar, shape ()")
    if x.shape[axis] == 0:
        raise ValueError(f"input must have at least one class; got shape {x.shape}")


def _check_soft(target: Array, ignore_index: int, rows: tuple[int, ...]) -> None:
    if target.dtype not in FLOATS:
        raise TypeError(
            f"a target in the shape of the input, {target.shape}, holds probabilities and must be "
            f"of floats; got dtype {target.dtype}. Labels have the shape {rows}"
        )
    if ignore_index >= 0:
        raise ValueError(f"ignore_index is for labels; got {ignore_index} with soft targets")


def _check_labels(
    target: Array, ignore_index: int, rows: tuple[int, ...], num_classes: int
) -> None:
    if target.shape != rows:
        raise ValueError(
            f"labels must have the shape of the input without its class axis, {rows}, and soft "
            f"targets that of the input; got {target.shape}"
        )
    if target.dtype not in (np.int64, np.uint8):
        raise TypeError(
            f"labels must be int64 or uint8; got dtype {target.dtype} in shape {target.shape}"
        )
    wrong = target[(target != ignore_index) & ((target < 0) | (target >= num_classes))]
    if wrong.size:
        raise IndexError(
            f"labels must lie in 0..{num_classes - 1} or be ignore_index = {ignore_index}; "
            f"got {wrong[0]} in a target of shape {target.shape}"
        )


def _check_uint8(x: Array, weight: ArrayLike | None, smoothing: float, reduction: str) -> None:
    got = f"got uint8 for input of shape {x.shape}"
    if x.ndim > 2:
        raise TypeError(f"labels must be int64 where the input has more than 2 axes; {got}")
    if weight is not None and smoothing and reduction == "mean":
        raise TypeError(f"labels must be int64 for a weighted mean with smoothing; {got}")


def _class_weight(weight: ArrayLike, x: Array, num_classes: int, is_soft: bool) -> Array:
    """Return the class weights in float64."""
    weight = as_array(weight, "weight")
    if weight.shape != (num_classes,):
        raise ValueError(f"weight must have the shape ({num_classes},); got {weight.shape}")
    if weight.dtype != x.dtype and not is_soft:
        raise TypeError(f"weight must have the dtype of the input, {x.dtype}; got {weight.dtype}")
    if weight.dtype.kind not in "biuf":
        raise TypeError(f"weight must hold real numbers; got dtype {weight.dtype}")
    return weight.astype(np.float64)


def _promoted(x: Array, target: Array, weight: ArrayLike | None) -> np.dtype[Any]:
    """Return the dtype of a product with soft targets; integer weights leave it as it is."""
    arrays = [x, target] if weight is None else [x, target, np.asarray(weight)]
    return np.result_type(*(array.dtype for array in arrays if array.dtype.kind == "f"))


def _reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """Return the reduction; the two older arguments override it where one is given."""
    if size_average is not None or reduce is not None:
        if reduce is not None and not reduce:
            return "none"
        return "mean" if size_average is None or size_average else "sum"
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none'; got {reduction!r}")
    return reduction

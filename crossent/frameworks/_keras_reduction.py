"""Casts, weights and reductions, which all losses of Keras share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crossent._checks import as_array

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from crossent._types import Array, Float32Result

__all__ = ["FLOATX", "floatx", "reduced", "same_rank"]

FLOATX = np.float32
"""``keras.backend.floatx()``, to which everything is cast."""

REDUCTIONS = "sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None


def reduced(
    losses: Array,
    sample_weight: ArrayLike | None,
    reduction: str | None,
    counts: Array | None = None,
) -> Float32Result:
    """Weight the losses of the rows, of which only some may count, and reduce them."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be one of {REDUCTIONS}; got {reduction!r}")
    weight = None if sample_weight is None else floatx(sample_weight, "sample_weight")
    with np.errstate(all="ignore"):
        if counts is not None:
            weight = _without_ignored(weight, counts, reduction)
        if weight is not None:
            losses, weight = same_rank(losses, weight)
            losses = _product(losses, weight)
        if reduction in ("none", None) or losses.shape in ((), (0,)):
            return losses[()]
        total = losses.sum()
        if reduction == "sum":
            return total
        divisor: np.float32 = FLOATX(losses.size)
        if reduction == "mean_with_sample_weight" and weight is not None:
            divisor = weight.sum()
        return total / divisor if divisor != 0 else FLOATX(0)


def _without_ignored(weight: Array | None, counts: Array, reduction: str | None) -> Array:
    """Return weights that are 0 where a row is ignored."""
    share = counts.astype(FLOATX)
    if reduction in ("sum_over_batch_size", "mean") and counts.any():
        # The sum will be divided by the number of all rows; what counts is that of the others.
        share *= FLOATX(counts.size) / FLOATX(counts.sum())
    if weight is None:
        return share
    return _product(*same_rank(share, weight))


def _product(losses: Array, weight: Array) -> Array:
    try:
        return losses * weight
    except ValueError:
        raise ValueError(
            f"sample_weight must broadcast against the rows; got {weight.shape} and {losses.shape}"
        ) from None


def same_rank(first: Array, second: Array) -> tuple[Array, Array]:
    """Drop a trailing axis of length 1 that only one has, or add it to a single axis."""
    if first.ndim == second.ndim + 1 and first.shape[-1] == 1:
        return (first, second[:, np.newaxis]) if second.ndim == 1 else (first[..., 0], second)
    if second.ndim == first.ndim + 1 and second.shape[-1] == 1:
        return (first[:, np.newaxis], second) if first.ndim == 1 else (first, second[..., 0])
    return first, second


def floatx(value: ArrayLike, name: str) -> Array:
    """Return `value` in float32, be it integers, floats of another size or booleans."""
    array = as_array(value, name)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers; got dtype {array.dtype}")
    with np.errstate(all="ignore"):
        return array.astype(FLOATX)

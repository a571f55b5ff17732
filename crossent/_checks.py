"""Checks of input, which raise so that the numerics need not.

Nothing is clipped, renormalised or cast to fit: bad input is an error that names the argument,
repeats its shape and points at the worst offender. NaN passes, because it propagates to the
result by itself; it must not hide another entry or row that is wrong.
"""

from __future__ import annotations

import math
import numbers
import operator
from typing import TYPE_CHECKING

import numpy as np

from crossent._rows import Rows, row_blocks, sum_rows

if TYPE_CHECKING:
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

    from crossent._types import Array, Ints

__all__ = []

SUM_TOLERANCE = {np.float16: 1e-2, np.float32: 1e-5, np.float64: 1e-9}
"""How far from 1 a row of probabilities may sum, by the type of its entries.

Rounding the entries of an exact row to float64, float32 or float16 moves its sum by at most
1.2e-16, 6e-8 or 5e-4, and in float16 by 3e-8 more for each entry below 6e-5, which is 3e-3 over
100 000 classes. The rest is room for a normalisation carried out in that type. Only the sum has
a tolerance: an entry below 0 or above 1 is always refused.
"""

INT64_MAX = np.iinfo(np.int64).max

MOST_AXES = 64
"""Of an array: numpy refuses lists that are nested deeper."""

UNSIGNED = {np.float16: np.uint16, np.float32: np.uint32, np.float64: np.uint64}
"""The integers that hold the bit patterns of floats."""


def as_array(value: ArrayLike, name: str) -> Array:
    """Return `value` as a plain array in the machine's own byte order, of whatever it holds."""
    if _has_mask(value):
        raise TypeError(f"{name} must not be a masked array: its mask would be ignored")
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be a rectangular array; got uneven rows") from None
    if array.size == 0 and isinstance(value, list | tuple):
        # numpy calls [] float64, which would refuse it as labels; as integers it can be either.
        return array.astype(np.int64)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def as_floats(value: ArrayLike, name: str) -> Array:
    """Return `value` as floats."""
    array = as_array(value, name)
    if array.dtype.kind in "iu":
        return array.astype(np.float64)
    if array.dtype.type not in SUM_TOLERANCE:
        raise TypeError(
            f"{name} must hold float16, float32, float64 or integers; "
            f"got dtype {array.dtype} in shape {array.shape}"
        )
    return array


def as_logits(value: ArrayLike, name: str = "logits") -> Array:
    """Return `value` as floats with at least one class on the last axis."""
    array = as_floats(value, name)
    _require_classes(array, name)
    return array


def as_features(value: ArrayLike, name: str) -> Array:
    """Return `value` as floats with at least one feature on the last axis."""
    array = as_floats(value, name)
    _require_classes(array, name, axis="feature")
    return array


def as_distribution(value: ArrayLike, name: str) -> Array:
    """Return `value` as floats whose rows along the last axis are probability vectors."""
    array = as_logits(value, name)
    if not _are_distributions(array):
        _find_offender(array, name)
    return array


def as_counts(value: ArrayLike, name: str = "counts") -> Ints:
    """Return `value` as int64 counts with at least one class on the last axis."""
    array = as_array(value, name)
    _require_integers(array, name)
    _require_classes(array, name)
    if array.min(initial=0) < 0:
        raise ValueError(f"{name} must not be negative; {_entry(array, np.argmin(array))}")
    largest = array.max(initial=0)
    if largest > INT64_MAX:
        raise ValueError(f"{name} must fit in int64; {_entry(array, np.argmax(array))}")
    counts = array.astype(np.int64, copy=False)
    if largest > INT64_MAX // counts.shape[-1]:  # no smaller count can make a row overflow
        _require_totals(counts, name)
    return counts


def as_labels(value: ArrayLike, num_classes: int, name: str = "labels") -> Ints:
    """Return `value` as int64 labels in 0..num_classes − 1."""
    array = as_array(value, name)
    _require_integers(array, name)
    labels = array if array.dtype == np.int64 else array.astype(np.int64)
    # Read as unsigned a negative label is a huge one, so that one maximum serves both ends.
    if labels.size and labels.view(np.uint64).max() >= num_classes:
        worst = np.argmin(array) if np.any(array < 0) else np.argmax(array)
        raise ValueError(
            f"{name} must lie in 0..{num_classes - 1} for num_classes = {num_classes}; "
            f"{_entry(array, worst)}"
        )
    return labels


def as_samples(value: ArrayLike, num_classes: int, name: str = "labels") -> Ints:
    """Return `value` as int64 labels with at least one sample on the last axis."""
    array = as_labels(value, num_classes, name)
    if array.ndim == 0:
        raise ValueError(f"{name} must have a sample axis; got a scalar, shape ()")
    if array.shape[-1] == 0:
        raise ValueError(
            f"{name} must have at least one sample on the last axis; got shape {array.shape}"
        )
    return array


def as_int(value: SupportsIndex, name: str) -> int:
    """Return `value` as an int; no other kind of number, and no truth value, becomes one."""
    if isinstance(value, bool | np.bool):
        raise TypeError(f"{name} must be an integer; got {value}")
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer; got {value!r}") from None


def as_positive_int(value: SupportsIndex, name: str) -> int:
    """Return `value` as an int of at least 1."""
    number = as_int(value, name)
    if number < 1:
        raise ValueError(f"{name} must be at least 1; got {number}")
    if number > INT64_MAX:
        raise ValueError(f"{name} must fit in int64; got a number of {number.bit_length()} bits")
    return number


def as_real(value: float, name: str) -> float:
    """Return a real number as a float, infinite where it is too large for one."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a real number; got {value!r}")
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def as_generator(value: np.random.Generator) -> np.random.Generator:
    """Return `value`, a source of random numbers."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(f"rng must be a numpy.random.Generator; got {value!r:.100}")
    return value


def as_base(value: float) -> float:
    """Return the base of a logarithm as a float."""
    base = as_real(value, "base")
    if not 0.0 < base < math.inf or base == 1.0:
        raise ValueError(f"base must be positive, finite and other than 1; got {base}")
    return base


def as_targets(value: ArrayLike, logits: Array) -> Array:
    """Return `value` as int64 labels, one per row of `logits`, or as float distributions.

    Integers are labels and floats are probabilities. Each in the shape of the other is refused,
    not guessed at.
    """
    array = as_array(value, "targets")
    if array.dtype.kind not in "iu":
        array = as_floats(array, "targets")
        if array.shape == logits.shape[:-1]:
            raise TypeError(
                f"float targets are probabilities, which have a class axis; got the shape of "
                f"labels, {array.shape}: pass labels as integers or probabilities of shape "
                f"{logits.shape}"
            )
        targets = as_distribution(array, "targets")
        require_same_classes(logits, targets, "logits", "targets")
        return targets
    if array.shape == logits.shape:
        raise TypeError(
            f"integer targets are labels, which have no class axis; got the shape of the logits, "
            f"{logits.shape}: pass labels of shape {logits.shape[:-1]} or probabilities as floats"
        )
    if array.shape != logits.shape[:-1]:
        raise ValueError(
            f"integer targets must be labels of shape {logits.shape[:-1]}, one per row of "
            f"logits of shape {logits.shape}; got shape {array.shape}"
        )
    return as_labels(array, logits.shape[-1], "targets")


def as_classifier_labels(value: ArrayLike, hidden: Array, weight: Array) -> Ints:
    """Return `value` as int64 labels, one per row of `hidden`, of the classes of `weight`."""
    if weight.ndim != 2 or weight.shape[0] == 0 or weight.shape[1] != hidden.shape[-1]:
        raise ValueError(
            f"weight must have the shape (classes, features), with at least one class and the "
            f"features of hidden; got weight of shape {weight.shape} and hidden of shape "
            f"{hidden.shape}"
        )
    labels = as_labels(value, len(weight))
    if labels.shape != hidden.shape[:-1]:
        raise ValueError(
            f"labels must be one per row of hidden; got labels of shape {labels.shape} and hidden "
            f"of shape {hidden.shape}"
        )
    return labels


def require_same_classes(first: Array, second: Array, first_name: str, second_name: str) -> None:
    """Demand equal class axes and batch axes that broadcast."""
    shapes = f"got shapes {first.shape} and {second.shape}"
    if first.shape[-1] != second.shape[-1]:
        raise ValueError(
            f"{first_name} and {second_name} must have equally many classes on the last axis; "
            f"{shapes}"
        )
    try:
        np.broadcast_shapes(first.shape, second.shape)
    except ValueError:
        raise ValueError(
            f"the batch axes of {first_name} and {second_name} must broadcast; {shapes}"
        ) from None


def require_row_per_label(labels: Array, q: Array) -> None:
    """Demand one row of `q` for each label, or a single row for all labels."""
    # Broadcasting would turn labels (N, 1) and q (N, K) into N² losses without a word.
    if q.ndim > 1 and q.shape[:-1] != labels.shape:
        raise ValueError(
            f"q must be a single row or hold one row per label; "
            f"got q of shape {q.shape} and labels of shape {labels.shape}"
        )


def _has_mask(value: object, depth: int = 0) -> bool:
    """Tell whether `value` is a masked array, or a list that holds one at any depth."""
    if isinstance(value, list | tuple) and depth < MOST_AXES:
        # By type first: a long list of numbers costs one pass.
        kinds = {type(item) for item in value}
        if any(issubclass(kind, list | tuple | np.ndarray) for kind in kinds):
            return any(_has_mask(item, depth + 1) for item in value)
    return isinstance(value, np.ndarray) and hasattr(value, "mask")


def _are_distributions(array: Array) -> bool:
    """Tell whether every row surely is a probability vector; if not, look closer.

    In blocks, with two passes over each: one over the bits and one to sum.
    """
    # The bits of floats from 0 to 1 are ordered as the floats are; those of negative floats, of
    # NaN and of −0.0 lie above them.
    unsigned = UNSIGNED[array.dtype.type]
    one = np.ones((), array.dtype).view(unsigned)
    num_classes = array.shape[-1]
    rows_of = Rows(array, array.shape[:-1])
    for rows in row_blocks(array.size // num_classes, num_classes):
        block = rows_of[rows]
        if block.view(unsigned).max() > one:
            return False
        totals = sum_rows(np.asarray(block, dtype=np.float64))
        if max(totals.max() - 1.0, 1.0 - totals.min()) > SUM_TOLERANCE[array.dtype.type]:
            return False
    return True


def _find_offender(array: Array, name: str) -> None:
    """Raise for the worst entry or row of an array of floats that may be no distributions."""
    # Comparisons with NaN are false, so a NaN is never an offender and never covers for one.
    if np.any(array < 0):
        raise ValueError(f"{name} must not be negative; {_entry(array, np.nanargmin(array))}")
    if np.any(array > 1):
        raise ValueError(f"{name} must not exceed 1; {_entry(array, np.nanargmax(array))}")
    with np.errstate(invalid="ignore"):  # signalling NaN
        totals = np.asarray(np.sum(array, axis=-1, dtype=np.float64))
    gaps = np.abs(totals - 1.0)
    if np.any(gaps > SUM_TOLERANCE[array.dtype.type]):
        worst = np.nanargmax(gaps)
        row = f"row {_position(worst, totals.shape)} of " if totals.shape else ""
        raise ValueError(
            f"{name} must sum to 1 along the last axis; "
            f"{row}shape {array.shape} sums to {totals.flat[worst]:.12g}"
        )


def _require_totals(counts: Array, name: str) -> None:
    """Demand that each row of int64 counts has a sum in int64."""
    totals = np.asarray(np.sum(counts, axis=-1, dtype=object))
    if np.any(totals > INT64_MAX):
        worst = max(range(totals.size), key=lambda i: totals.flat[i])
        row = f"row {_position(worst, totals.shape)} of " if totals.shape else ""
        raise ValueError(
            f"{name} must have a sum that fits in int64; "
            f"{row}shape {counts.shape} sums to {totals.flat[worst]}"
        )


def _require_integers(array: Array, name: str) -> None:
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"{name} must hold integers; got dtype {array.dtype} in shape {array.shape}"
        )


def _require_classes(array: Array, name: str, axis: str = "class") -> None:
    if array.ndim == 0:
        raise ValueError(f"{name} must have a {axis} axis; got a scalar, shape ()")
    if array.shape[-1] == 0:
        raise ValueError(
            f"{name} must have at least one {axis} on the last axis; got shape {array.shape}"
        )


def _entry(array: Array, flat_index: np.intp | int) -> str:
    """Name the offending entry: 'entry (3, 0) of shape (5, 4) is -0.1'."""
    # str() of a numpy scalar has the digits of its own type: 0.97, not 0.9700000286102295.
    value = str(array.flat[flat_index])
    if array.ndim == 0:
        return f"got {value}"
    return f"entry {_position(flat_index, array.shape)} of shape {array.shape} is {value}"


def _position(flat_index: np.intp | int, shape: tuple[int, ...]) -> int | tuple[int, ...]:
    """Return an index into `shape` as the reader would write it: 3, or (3, 0)."""
    index = tuple(int(i) for i in np.unravel_index(flat_index, shape))
    return index[0] if len(index) == 1 else index

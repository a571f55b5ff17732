"""Checks of the input of networks and of their training; see `_checks` for the conventions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from crossent import _checks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

    from crossent._types import Array, Float64s

__all__ = []


def as_sizes(value: Iterable[SupportsIndex]) -> tuple[int, ...]:
    """Return the sizes of a network's layers as a tuple of ints."""
    sizes = tuple(_checks.as_positive_int(size, "a layer's size") for size in value)
    if len(sizes) < 2:
        raise ValueError(f"sizes must name features and classes at least; got {sizes}")
    return sizes


def as_nonnegative(value: float, name: str) -> float:
    """Return `value` as a finite float of at least 0."""
    number = _checks.as_real(value, name)
    if not 0.0 <= number < math.inf:
        raise ValueError(f"{name} must be finite and at least 0; got {number}")
    return number


def as_samples(value: ArrayLike, num_features: int) -> Array:
    """Return `value` as a table of floats with one row per sample."""
    x = _checks.as_features(value, "x")
    if x.ndim != 2 or x.shape[1] != num_features:
        raise ValueError(
            f"x must have the shape (samples, {num_features}), the features of the network; "
            f"got shape {x.shape}"
        )
    if len(x) == 0:
        raise ValueError(f"x must have at least one sample; got shape {x.shape}")
    return x


def as_stored(value: ArrayLike) -> Array:
    """Return `value` as an array of at least one sample, of whatever its features are made."""
    x = _checks.as_array(value, "x")
    if x.ndim == 0 or len(x) == 0:
        raise ValueError(f"x must have at least one sample; got shape {x.shape}")
    return x


def as_targets_of(value: ArrayLike, num_samples: int) -> Array:
    """Return `value` as labels or rows of one per sample; the loss checks the rest."""
    targets = _checks.as_array(value, "targets")
    # With more axes they would broadcast against the samples.
    if targets.ndim not in (1, 2) or len(targets) != num_samples:
        raise ValueError(
            f"targets must have one row for each of the {num_samples} samples; "
            f"got shape {targets.shape}"
        )
    return targets


def as_weights(value: ArrayLike | None, num_samples: int) -> Float64s:
    """Return `value`, or ones for None, as float64 weights of the samples."""
    if value is None:
        return np.ones(num_samples)
    weights = _checks.as_floats(value, "weights").astype(np.float64, copy=False)
    if weights.shape != (num_samples,):
        raise ValueError(
            f"weights must have the shape ({num_samples},), one per sample; "
            f"got shape {weights.shape}"
        )
    if not np.all(weights >= 0) or not 0 < weights.sum() < math.inf:
        raise ValueError("weights must be finite, at least 0 and not all 0")
    return weights

"""Softmax as the frameworks have it, which differs from this package's beside a logit of +inf."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import crossent.numerics

if TYPE_CHECKING:
    from crossent._types import Array

__all__ = ["log_softmax", "softmax"]


def log_softmax(x: Array) -> Array:
    """Return log p along the last axis; NaN for every class of a row that holds +inf."""
    return _nan_beside_infinity(x, crossent.numerics.log_softmax(x))


def softmax(x: Array) -> Array:
    """Return p along the last axis; NaN for every class of a row that holds +inf."""
    return _nan_beside_infinity(x, crossent.numerics.softmax(x))


def _nan_beside_infinity(x: Array, result: Array) -> Array:
    # The frameworks shift by the maximum, and ∞ − ∞ takes part in the sum of the row. The limit,
    # which this package returns, is a probability of 0 for the other classes.
    result[(x == np.inf).any(axis=-1)] = np.nan
    return result

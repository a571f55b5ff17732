"""Tables of rows, read in blocks that stay in the cache, and the sums of their rows.

A block is small enough for the L2 cache of a core, so that a second pass over it costs little, and
it is all that a function holds beside its result: whatever the shape, no temporary array is
larger than a block, or than one row where a row has more classes than a block has entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crossent._types import Array

__all__ = []

BLOCK = 2**15
"""Entries of a block: 256 KB in float64."""

SMALL_BLOCK = 2**12
"""Entries of a block where a formula needs a dozen temporary arrays."""

PAIRWISE_LEAF = 128
"""Up to here numpy's pairwise summation is eight running sums, no better than BLAS's."""

MATRIX_VECTOR = 2**12
"""Up to here the ones that BLAS multiplies by stay in the fastest cache, and it beats np.add."""

_ONES = np.ones(MATRIX_VECTOR)


def row_blocks(num_rows: int, num_classes: int, size: int = BLOCK) -> Iterator[slice]:
    """Yield slices of rows that together make up about `size` entries each."""
    step = max(1, size // num_classes)
    for start in range(0, num_rows, step):
        yield slice(start, min(start + step, num_rows))


class Rows:
    """The rows of an array as a table (N, K), the batch axes broadcast to a shape.

    A slice of rows is a view where the memory allows one, and a copy of the block elsewhere.
    """

    def __init__(self, array: Array, batch_shape: tuple[int, ...]) -> None:
        shape = (*batch_shape, array.shape[-1])
        self._array = array if array.shape == shape else np.broadcast_to(array, shape)
        # Otherwise the table would be a copy of the whole array.
        is_view = len(shape) <= 2 or self._array.flags.c_contiguous
        self._table = self._array.reshape(-1, shape[-1]) if is_view else None

    def __getitem__(self, rows: slice) -> Array:
        if self._table is not None:
            return self._table[rows]
        numbers = np.arange(rows.start, rows.stop)
        return self._array[np.unravel_index(numbers, self._array.shape[:-1])]


def sum_rows(block: Array, *, pairwise: bool = True) -> Array:
    """Sum each row of a C-ordered float64 block.

    `pairwise` keeps the error at a few units in the last place however long the rows are.
    Without it BLAS adds, faster where rows are not very long, with digits to spare for a float32
    result.
    """
    num_classes = block.shape[1]
    if num_classes > (PAIRWISE_LEAF if pairwise else MATRIX_VECTOR):
        return np.add.reduce(block, axis=1)
    return np.dot(block, _ONES[:num_classes])

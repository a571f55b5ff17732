"""Names for the types in signatures, read by type checkers and readers; imported by nothing.

What a function returns for one row is a numpy scalar, and for many an array: a type checker
cannot tell the two apart, and sees both.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = []

Array: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.floating[Any]]
Float32s: TypeAlias = NDArray[np.float32]
Float64s: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

FloatResult: TypeAlias = Floats | np.floating[Any]
Float32Result: TypeAlias = Float32s | np.float32
Float64Result: TypeAlias = Float64s | np.float64

Function: TypeAlias = Callable[[Array], Array]
"""Of every entry of an array by itself."""

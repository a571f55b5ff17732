"""What PyTorch and Keras compute under the name of cross-entropy, as formulas one can read.

These functions keep the arguments, defaults, shapes and edge cases of the originals, so they are
the place to look up what a framework does, not what it should do: elsewhere in this package a
target that is no probability vector is an error, here it is used as the framework uses it.
"""

from crossent.frameworks.keras import (
    keras_categorical_crossentropy,
    keras_sparse_categorical_crossentropy,
)
from crossent.frameworks.pytorch import pytorch_cross_entropy, pytorch_cross_entropy_grad

__all__ = [
    "keras_categorical_crossentropy",
    "keras_sparse_categorical_crossentropy",
    "pytorch_cross_entropy",
    "pytorch_cross_entropy_grad",
]

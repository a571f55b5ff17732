r"""A teaching classifier in plain numpy: softmax regression and small multilayer networks.

A network computes logits, `crossent.softmax_cross_entropy_grad` gives the loss and its gradient
with respect to them, and the chain rule carries the gradient back to the parameters. That is all,
and it is written to be read. For real work use scikit-learn, PyTorch or JAX, which have other
layers, regularisers, schedules and devices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crossent import _checks, _model_checks
from crossent._rows import row_blocks
from crossent.losses import softmax_cross_entropy, softmax_cross_entropy_grad
from crossent.numerics import softmax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import SupportsIndex

    from numpy.typing import ArrayLike, DTypeLike

    from crossent._types import Array, Floats

__all__ = ["Network", "mean_loss"]

ROWS_AT_A_TIME = 4096
"""Rows that a network looks at together where no gradient is needed."""


class Network:
    r"""Layers of affine maps with ReLU between them, and a softmax at the end.

    .. math:: h_0 = x, \qquad h_l = \max(0, W_l h_{l-1} + b_l), \qquad z = W_L h_{L-1} + b_L

    Without hidden layers it is softmax regression.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of features, of units of each hidden layer, and of classes K.
    rng : numpy.random.Generator, optional
        Draws the initial weights, normal with variance 2/fan-in. Needed where there is a hidden
        layer; without one the weights begin at 0, and `rng` is not used.
    dtype : numpy.float64 or numpy.float32
        Of the parameters and of everything computed from them.

    Attributes
    ----------
    sizes
        The numbers that it was made with.
    parameters
        All weights and biases in one array of shape (P,), which an optimiser may change in place.
    layers
        List of pairs (weight, bias): views of `parameters`, of shapes (units, inputs) and
        (units,).

    Raises
    ------
    TypeError
        If a size is not an integer, or a hidden layer has no `rng`.
    ValueError
        If there are fewer than two sizes, one is below 1, or `dtype` is another.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun (2015), "Delving deep into rectifiers: surpassing
    human-level performance on ImageNet classification", ICCV.

    Examples
    --------
    >>> network = Network([4, 3])
    >>> len(network.parameters)
    15
    >>> print(network.probabilities([[1.0, 0.0, 0.0, 0.0]]).round(4))
    [[0.3333 0.3333 0.3333]]
    """

    def __init__(
        self,
        sizes: Iterable[SupportsIndex],
        rng: np.random.Generator | None = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        self.sizes = _model_checks.as_sizes(sizes)
        if rng is not None:
            rng = _checks.as_generator(rng)
        dtype = np.dtype(dtype)
        if dtype not in (np.float64, np.float32):
            raise ValueError(f"dtype must be float64 or float32; got {dtype}")
        if rng is None and len(self.sizes) > 2:
            raise TypeError("a network with hidden layers needs rng, to draw its initial weights")
        shapes = list(zip(self.sizes[1:], self.sizes[:-1], strict=True))
        self.parameters = np.zeros(sum(m * n + m for m, n in shapes), dtype)
        self.layers = self._layers(self.parameters)
        if rng is not None and len(self.sizes) > 2:
            for weight, _ in self.layers:
                weight[...] = rng.standard_normal(weight.shape) * np.sqrt(2 / weight.shape[1])

    def _layers(self, flat: Array) -> list[tuple[Array, Array]]:
        """Return (weight, bias) of each layer, as views of a flat array."""
        layers, start = [], 0
        for inputs, units in zip(self.sizes[:-1], self.sizes[1:], strict=True):
            middle, end = start + units * inputs, start + units * inputs + units
            layers.append((flat[start:middle].reshape(units, inputs), flat[middle:end]))
            start = end
        return layers

    def logits(self, x: ArrayLike) -> Floats:
        """Return the logits z, shape (N, K), of samples x, shape (N, features)."""
        return self._forward(self._samples(x))[0]

    def probabilities(self, x: ArrayLike) -> Floats:
        """Return the softmax of the logits: the classifier's belief, shape (N, K)."""
        return softmax(self.logits(x))

    def losses(self, x: ArrayLike, targets: ArrayLike) -> Floats:
        """Return the loss of each sample in nats, shape (N,), a few samples at a time.

        `x` and `targets` are as for `loss_and_gradient`.
        """
        x = self._samples(x)
        targets = _model_checks.as_targets_of(targets, len(x))
        parts = [
            softmax_cross_entropy(self._forward(x[rows])[0], targets[rows])
            for rows in row_blocks(len(x), 1, ROWS_AT_A_TIME)
        ]
        return np.concatenate(parts)

    @np.errstate(all="ignore")
    def loss_and_gradient(
        self,
        x: ArrayLike,
        targets: ArrayLike,
        *,
        ridge: float = 0.0,
        weights: ArrayLike | None = None,
    ) -> tuple[float, Floats]:
        r"""Mean loss over samples with a ridge penalty, in nats, and its gradient.

        .. math:: \frac{\sum_n w_n L_n}{\sum_n w_n}
            + \frac{\text{ridge}}{2} \sum_l \lVert W_l \rVert^2

        Parameters
        ----------
        x : array_like, shape (N, features)
            Samples.
        targets : array_like
            Integer labels, shape (N,), or probabilities, shape (N, K).
        ridge : float
            Weight of the penalty, at least 0. Biases are not penalised.
        weights : array_like, shape (N,), optional
            Weights of the samples, at least 0 and not all 0; all 1 if left out.

        Returns
        -------
        loss : float
            In nats per sample.
        gradient : ndarray, shape (P,)
            Derivatives by `parameters`.

        Raises
        ------
        TypeError
            If `x` does not hold numbers, or as `crossent.softmax_cross_entropy` for the targets.
        ValueError
            If the shapes do not match, there is no sample, `ridge` or a weight is negative, or
            all weights are 0.

        Examples
        --------
        >>> network = Network([1, 2])
        >>> loss, gradient = network.loss_and_gradient([[3.0]], [1])
        >>> print(f"{loss:.4f}", gradient)  # weights, then biases
        0.6931 [ 1.5 -1.5  0.5 -0.5]
        """
        x = self._samples(x)
        targets = _model_checks.as_targets_of(targets, len(x))
        weights = _model_checks.as_weights(weights, len(x))
        ridge = _model_checks.as_nonnegative(ridge, "ridge")
        logits, hidden = self._forward(x)
        losses, slope = softmax_cross_entropy_grad(logits, targets)
        share = (weights / weights.sum()).astype(slope.dtype, copy=False)
        loss = float(np.dot(share, losses.astype(np.float64, copy=False)))
        slope *= share[:, np.newaxis]
        gradient = np.empty_like(self.parameters)
        backward = zip(self.layers, self._layers(gradient), hidden, strict=True)
        for (weight, _), (by_weight, by_bias), inputs in reversed(list(backward)):
            by_weight[...] = slope.T @ inputs + ridge * weight
            by_bias[...] = slope.sum(axis=0)
            if inputs is not x:  # ReLU's slope is 0 where it gives 0
                slope = (slope @ weight) * (inputs > 0)
            loss += ridge / 2 * float(np.vdot(weight, weight))
        return loss, gradient

    def _samples(self, x: ArrayLike) -> Array:
        x = _model_checks.as_samples(x, self.sizes[0])
        with np.errstate(all="ignore"):
            return x.astype(self.parameters.dtype, copy=False)

    @np.errstate(all="ignore")
    def _forward(self, x: Array) -> tuple[Array, list[Array]]:
        """Return the logits and the input of every layer."""
        inputs = [x]
        for weight, bias in self.layers[:-1]:
            inputs.append(np.maximum(inputs[-1] @ weight.T + bias, 0))
        weight, bias = self.layers[-1]
        return inputs[-1] @ weight.T + bias, inputs


def mean_loss(
    network: Network,
    x: Array,
    targets: Array,
    *,
    prepare: Callable[[Array], ArrayLike] = lambda samples: samples,
) -> float:
    """Mean loss of samples in nats, a few of them at a time.

    Parameters
    ----------
    network : Network
        What predicts.
    x : ndarray, shape (N, ...)
        Samples, as `prepare` takes them.
    targets : ndarray
        Integer labels, shape (N,), or probabilities, shape (N, K).
    prepare : callable
        Turns samples as they are stored into features, shape (n, features).

    Returns
    -------
    float
        In nats per sample, summed in float64 whatever the dtype of the network.

    Raises
    ------
    TypeError, ValueError
        As for `Network.loss_and_gradient`.

    Examples
    --------
    >>> images = np.array([[[0, 255]], [[255, 0]]], dtype=np.uint8)
    >>> flat = lambda stored: stored.reshape(len(stored), -1) / 255
    >>> print(f"{mean_loss(Network([2, 4]), images, np.array([0, 3]), prepare=flat):.4f}")  # log 4
    1.3863
    """
    targets = _model_checks.as_targets_of(targets, len(x))
    if len(x) == 0:
        raise ValueError("x must have at least one sample; got none")
    total = 0.0
    for rows in row_blocks(len(x), 1, ROWS_AT_A_TIME):
        losses = network.losses(prepare(x[rows]), targets[rows])
        total += float(losses.sum(dtype=np.float64))
    return total / len(x)

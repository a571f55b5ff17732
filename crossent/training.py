"""Minimising the loss of a network: all samples at once, or in minibatches."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import minimize
from tqdm import tqdm

from crossent import _checks, _model_checks
from crossent._rows import row_blocks
from crossent.models import mean_loss

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import SupportsIndex

    from numpy.typing import ArrayLike

    from crossent._types import Array
    from crossent.models import Network

__all__ = ["History", "fit", "train"]


def fit(
    network: Network,
    x: ArrayLike,
    targets: ArrayLike,
    *,
    ridge: float = 0.0,
    weights: ArrayLike | None = None,
    max_steps: int = 10_000,
) -> float:
    """Minimise the mean loss over all samples at once, by L-BFGS, and return it in nats.

    It is made for softmax regression, where with ``ridge > 0`` there is one minimum, up to a
    shift of all biases. A network with hidden layers has kinks, at which the search often stalls:
    use `train`.

    Parameters
    ----------
    network : Network
        Its parameters are changed in place.
    x, targets, ridge, weights
        As for `Network.loss_and_gradient`.
    max_steps : int
        Steps after which the search is given up.

    Returns
    -------
    float
        Mean loss in nats per sample, with the penalty.

    Raises
    ------
    RuntimeError
        If it has not converged; the parameters are then those reached.
    TypeError, ValueError
        As for `Network.loss_and_gradient`.

    Notes
    -----
    It stops where no slope exceeds 1e-9 or the loss no longer falls. That proves no minimum:
    without a ridge there may be none, and the slopes fall below any bound all the same. See the
    chapter "Know when no maximum exists".

    References
    ----------
    D. C. Liu and J. Nocedal (1989), "On the limited memory BFGS method for large scale
    optimization", Mathematical Programming 45.

    Examples
    --------
    >>> from crossent.models import Network
    >>> network = Network([1, 2])
    >>> loss = fit(network, [[-1.0], [1.0], [1.0], [-1.0]], [0, 1, 0, 1])
    >>> print(f"{loss:.4f}")  # the feature says nothing about the label
    0.6931
    """
    max_steps = _checks.as_positive_int(max_steps, "max_steps")

    def objective(parameters: Array) -> tuple[float, Array]:
        network.parameters[:] = parameters
        return network.loss_and_gradient(x, targets, ridge=ridge, weights=weights)

    found = minimize(
        objective,
        network.parameters.copy(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": max_steps, "maxfun": 2 * max_steps, "ftol": 1e-15, "gtol": 1e-9},
    )
    network.parameters[:] = found.x
    if not found.success:
        raise RuntimeError(
            f"no minimum after {found.nit} steps: {found.message}; "
            f"the largest slope is {abs(found.jac).max():.1e}"
        )
    return float(found.fun)


class History(NamedTuple):
    """Mean losses of a run of `train`, in nats per sample, one per epoch."""

    train: list[float]
    """Over the minibatches of the epoch, with the penalty, while the parameters were changing."""

    validation: list[float]
    """After the epoch; empty without validation samples."""


def train(
    network: Network,
    x: ArrayLike,
    targets: ArrayLike,
    *,
    rng: np.random.Generator,
    num_epochs: SupportsIndex,
    batch_size: SupportsIndex = 32,
    step_size: float = 1e-3,
    ridge: float = 0.0,
    validation: tuple[Array, Array] | None = None,
    prepare: Callable[[Array], ArrayLike] | None = None,
    progress: bool = False,
) -> History:
    r"""Minimise the mean loss by Adam, a minibatch at a time.

    Parameters
    ----------
    network : Network
        Its parameters are changed in place. With `validation` they are in the end those of the
        epoch with the least validation loss: early stopping.
    x : array_like, shape (N, ...)
        Samples. Only a minibatch of them is copied at a time.
    targets : array_like
        Integer labels, shape (N,), or probabilities, shape (N, K).
    rng : numpy.random.Generator
        Shuffles the samples in every epoch.
    num_epochs, batch_size : int
        Passes over the samples, and samples per step.
    step_size : float
        Of Adam.
    ridge : float
        As for `Network.loss_and_gradient`.
    validation : (x, targets), optional
        Samples to look at after every epoch.
    prepare : callable, optional
        Turns samples as they are stored, say images in bytes, into features, shape (n, features).
    progress : bool
        Show a progress bar, if standard error is a terminal.

    Returns
    -------
    History
        Losses in nats per sample.

    Raises
    ------
    FloatingPointError
        If a minibatch has a loss that is not finite; the step size is then too large.
    TypeError, ValueError
        As for `Network.loss_and_gradient`, or if `num_epochs`, `batch_size` or `step_size` is
        not a number of its kind.

    References
    ----------
    D. P. Kingma and J. Ba (2015), "Adam: a method for stochastic optimization", International
    Conference on Learning Representations.

    Examples
    --------
    >>> from crossent.models import Network
    >>> network, x, labels = Network([1, 2]), np.array([[-1.0], [1.0]]), np.array([0, 1])
    >>> rng = np.random.default_rng(0)
    >>> history = train(network, x, labels, rng=rng, num_epochs=3, step_size=0.1)
    >>> print([f"{loss:.4f}" for loss in history.train])  # from log 2 downwards
    ['0.6931', '0.5981', '0.5133']
    """
    x = _model_checks.as_stored(x)
    targets = _model_checks.as_targets_of(targets, len(x))
    rng = _checks.as_generator(rng)
    num_epochs = _checks.as_positive_int(num_epochs, "num_epochs")
    batch_size = _checks.as_positive_int(batch_size, "batch_size")
    step_size = _model_checks.as_nonnegative(step_size, "step_size")
    prepare = prepare or (lambda samples: samples)
    adam = _Adam(network.parameters, step_size)
    history = History([], [])
    best: tuple[float, Array | None] = np.inf, None
    num_batches = -(-len(x) // batch_size)
    # disable=None: shown only on a terminal
    with tqdm(total=num_epochs * num_batches, disable=None if progress else True) as bar:
        for epoch in range(1, num_epochs + 1):
            order, total = rng.permutation(len(x)), 0.0
            for rows in row_blocks(len(x), 1, batch_size):
                batch = np.sort(order[rows])  # in the order of the memory
                loss, gradient = network.loss_and_gradient(
                    prepare(x[batch]), targets[batch], ridge=ridge
                )
                if not np.isfinite(loss):
                    raise FloatingPointError(
                        f"the loss is {loss} in epoch {epoch}; try a step size below {step_size}"
                    )
                adam.step(gradient)
                total += loss * len(batch)
                bar.update()
            history.train.append(total / len(x))
            if validation is not None:
                history.validation.append(mean_loss(network, *validation, prepare=prepare))
                if history.validation[-1] < best[0]:
                    best = history.validation[-1], network.parameters.copy()
            bar.set_postfix_str(f"{history.train[-1]:.4f} nats")
    if best[1] is not None:
        network.parameters[:] = best[1]
    return history


class _Adam:
    """Steps along the mean gradient, divided by the root of the mean squared gradient."""

    def __init__(
        self,
        parameters: Array,
        step_size: float,
        decay: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        self.parameters, self.step_size = parameters, step_size
        self.decay, self.epsilon = decay, epsilon
        self.mean, self.square = np.zeros_like(parameters), np.zeros_like(parameters)
        self.num_steps = 0

    @np.errstate(all="ignore")
    def step(self, gradient: Array) -> None:
        self.num_steps += 1
        first, second = self.decay
        self.mean += (1 - first) * (gradient - self.mean)
        self.square += (1 - second) * (gradient**2 - self.square)
        # Both means began at 0, which these factors make up for.
        mean = self.mean / (1 - first**self.num_steps)
        square = self.square / (1 - second**self.num_steps)
        self.parameters -= self.step_size * mean / (np.sqrt(square) + self.epsilon)

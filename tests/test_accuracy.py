"""Every quantity against exact values, in every regime that is hard in its own way.

The regimes and their references, in 400-bit arithmetic, are those of the benchmark of accuracy.
"""

import mpmath as mp
import numpy as np
import pytest

import crossent
from benchmarks import regimes

BARS = {
    "loss": 2,
    "gradient": 3,
    "softmax": 3,
    "log_softmax": 3,
    "logsumexp": 2,
    "entropy": 3,
    "cross_entropy": 3,
    "kl": 3,
    "kl_from_logits": 4,
}
"""Largest errors allowed in float64, in units in the last place."""

CALLS = {
    "loss": crossent.softmax_cross_entropy,
    "gradient": lambda x, y: crossent.softmax_cross_entropy_grad(x, y)[1],
    "softmax": lambda x, _: crossent.softmax(x),
    "log_softmax": lambda x, _: crossent.log_softmax(x),
    "logsumexp": lambda x, _: crossent.logsumexp(x),
    "entropy": lambda p, _: crossent.entropy(p),
    "cross_entropy": crossent.cross_entropy,
    "kl": crossent.kl_divergence,
    "kl_from_logits": crossent.kl_divergence_from_logits,
}

REGIMES = regimes.all_regimes()
NARROW = ["logits: normal", "logits: one dominates", "logits: masked", "p and q: dirichlet"]


def exact_values(quantity, rows):
    """Return the exact results for each row, as lists."""
    count = 1 if quantity in ("softmax", "log_softmax", "logsumexp") else 2
    return [regimes.reference(quantity, *row[:count]) for row in zip(*rows, strict=True)]


def errors(quantity, rows, dtype):
    """Return the distance of each result from its exact value, in units in the last place."""
    results = CALLS[quantity](*rows)
    assert results.dtype == dtype
    for row, result, truth in zip(rows[0], results, exact_values(quantity, rows), strict=True):
        for value, exact in zip(np.ravel(result), truth, strict=True):
            nearest = dtype(float(exact))
            if value == nearest:  # infinities, and the nearest float
                continue
            scale = np.abs(row[np.isfinite(row)]).max() if quantity == "logsumexp" else 0
            unit = np.spacing(np.maximum(np.abs(nearest), dtype(scale)))
            with mp.workprec(regimes.BITS):
                yield float(abs(mp.mpf(float(value)) - exact) / mp.mpf(float(unit)))


@pytest.mark.parametrize(
    ("regime", "quantity"), [(n, q) for n, regime in REGIMES.items() for q in regime.functions]
)
def test_last_places(regime, quantity):
    """Within the bar, and silently."""
    found = errors(quantity, REGIMES[regime].arguments, np.float64)
    assert max(found, default=0) <= BARS[quantity]


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize(
    ("regime", "quantity"), [(n, q) for n in NARROW for q in REGIMES[n].functions]
)
def test_narrow_floats_are_correctly_rounded(regime, quantity, dtype):
    """The result is the float32 or float16 next to the exact value."""
    rows = regimes.narrow(REGIMES[regime], dtype).arguments
    assert max(errors(quantity, rows, dtype), default=0) <= 0.5000001


def test_labels_that_are_all_but_certain():
    """Losses from 1e-7 to 1e-18: about one row in 500 would be off by more than 2 units."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(3000, 3)) + np.outer(np.linspace(20, 40, 3000), [1, 0, 0])
    labels = np.zeros(len(x), int)
    for size in (3000, 50):  # small arrays take a way of their own
        for rows in np.split(np.arange(3000), 3000 // size):
            assert max(errors("loss", (x[rows], labels[rows]), np.float64)) <= BARS["loss"]


@pytest.mark.parametrize("num_classes", [1000, 3000, 4095])
def test_long_sums_keep_their_last_places(num_classes):
    """Thousands of equal terms: a running sum drifts by ten units and more."""
    share = 1 / num_classes
    for logit in (0.1, 0.3, 2.6):
        found = crossent.softmax(np.full((2, num_classes), logit))
        assert np.abs(found - share).max() <= BARS["softmax"] * np.spacing(share)
    exact = np.log(float(num_classes))
    found = crossent.entropy(np.full((2, num_classes), share))
    assert np.abs(found - exact).max() <= BARS["entropy"] * np.spacing(exact)


def test_difference_of_equal_rows_is_exactly_zero():
    """KL is 0.0 at p == q, and for logits that differ by a constant."""
    p = REGIMES["p and q: q = p"].arguments[0]
    a = np.round(REGIMES["logits: normal"].arguments[0] * 1024) / 1024
    assert (crossent.kl_divergence(p, p) == 0).all()
    assert (crossent.kl_divergence_from_logits(a, a + 300) == 0).all()


def test_mean_over_many_float32_losses():
    """Averaged in float64 a hundred million losses lose nothing; a running sum stalls."""
    losses = crossent.softmax_cross_entropy(np.float32([[0.0, 0.5]] * 1000), [1] * 1000)
    many = np.broadcast_to(losses, (100_000, 1000))
    exact = float(losses[0])
    assert many.mean(dtype=np.float64) == pytest.approx(exact, rel=1e-14)
    running = np.float32(2**25)
    assert running + losses[0] == running

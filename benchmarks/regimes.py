"""Inputs that are hard in one way each, and their exact answers.

Every answer is computed from the exact values of the floats, in 400-bit arithmetic, by a form
without cancellation. The first row of a regime is short and readable; the others are random.
"""

from typing import NamedTuple

import mpmath as mp
import numpy as np

BITS = 400


class Regime(NamedTuple):
    """Rows of input to one or more functions, whose last argument may be labels."""

    functions: tuple
    """The names of the functions that take these arguments."""
    description: str
    arguments: tuple
    """Arrays with one row, or one label, per case."""


def all_regimes():
    """Return the regimes by name, in float64."""
    rng = np.random.default_rng(0)
    normal = rng.normal(size=(60, 10)) * 3
    logits = {
        "normal": ("standard normal times 3", normal),
        "scale 1e3": ("normal times 1e3", rng.normal(size=(40, 5)) * 1e3),
        "scale 1e30": ("normal times 1e30", rng.normal(size=(20, 4)) * 1e30),
        "±1e308": (
            "the ends of the float range, and near ties there",
            np.array([[1e308, -1e308, 0.0], [-1e308, -1e308, 0.0], [1e308, 1e308, -1e308]]),
        ),
        "offset 1e8": ("1e8 plus normal", 1e8 + rng.normal(size=(40, 5))),
        "near ties": ("equal up to 1e-12", 5 + 1e-12 * rng.normal(size=(40, 5))),
        "one dominates": (
            "the first logit leads by 46 to 700",
            np.concatenate([[[46.0, 0.0, 0.0]], _leading(rng, 40)]),
        ),
        "masked": (
            "classes with logit −inf",
            np.where(np.arange(10) % 3 == 1, -np.inf, normal),
        ),
        "subnormal": ("logits below 1e-308", rng.normal(size=(20, 4)) * 1e-310),
        "a million classes": ("100 values, 10 000 times each", _repeated(rng)),
    }
    functions = "loss", "gradient", "softmax", "log_softmax", "logsumexp"
    regimes = {}
    for name, (description, x) in logits.items():
        labels = np.zeros(len(x), int) if name == "one dominates" else _labels(rng, x)
        of_losses = functions if x.shape[1] < 100 else ("loss", "logsumexp")
        regimes[f"logits: {name}"] = Regime(of_losses, description, (x, labels))
    for name, (p, q) in _pairs(rng).items():
        quantities = "entropy", "cross_entropy", "kl"
        regimes[f"p and q: {name}"] = Regime(
            quantities if not name.startswith("q =") else ("kl",), name, (p, q)
        )
    for size in (1.0, 1e-4, 1e-8, 1e-12):
        a = rng.normal(size=(40, 5)) * 3
        b = a * (1 + size * rng.normal(size=a.shape))
        description = f"normal times 3, b = a (1 + {size:g} · normal)"
        regimes[f"a and b: apart by {size:g}"] = Regime(("kl_from_logits",), description, (a, b))
    a, b = rng.normal(size=(2, 40, 5)) * 3
    regimes["a and b: offset 1e8"] = Regime(
        ("kl_from_logits",), "normal times 3, 1e8 added to a", (a + 1e8, b)
    )
    return regimes


def narrow(regime, dtype):
    """Return the regime with its floats rounded to a narrower type."""
    arguments = tuple(a if a.dtype.kind == "i" else a.astype(dtype) for a in regime.arguments)
    return regime._replace(arguments=arguments)


def reference(function, *row):
    """Return the exact value or values for one row, as a list of numbers of mpmath."""
    with mp.workprec(BITS):
        result = REFERENCES[function](*row)
        return result if isinstance(result, list) else [result]


def _leading(rng, count):
    x = rng.normal(size=(count, 3))
    x[:, 0] += np.linspace(46, 700, count)
    return x


def _labels(rng, x):
    labels = rng.integers(0, x.shape[1], len(x))
    masked = np.isneginf(x[np.arange(len(x)), labels])
    return np.where(masked, 0, labels)


def _repeated(rng):
    return np.repeat(rng.normal(size=(2, 100)) * 3, 10_000, axis=1)


def _pairs(rng):
    """Return pairs of distributions whose entries sum to 1 exactly, not only up to rounding."""
    p, q = _dyadic(rng.dirichlet(np.ones(6), size=(2, 40)))
    peaked = np.array([[1 - 2.0**-40, 2.0**-40, 0.0], [1 - 2.0**-50, 2.0**-51, 2.0**-51]])
    tiny = np.array([[1.0, 5e-324, 0.0], [1.0, 3e-310, 5e-324]])
    pairs = {
        "dirichlet": (p, q),
        "one class nearly certain": (peaked, np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]])),
        "subnormal mass": (tiny, np.array([[1.0, 1e-320, 0.0], [1.0, 5e-324, 3e-310]])),
    }
    for digits in range(4, 15, 2):
        noise = np.rint(p * rng.uniform(-1, 1, p.shape) * 10.0**-digits * 2.0**53)
        noise[:, 0] -= noise.sum(axis=1)
        pairs[f"q = p (1 ± 1e-{digits})"] = (p, p + noise * 2.0**-53)
    pairs["q = p"] = (p, p.copy())
    return pairs


def _dyadic(p):
    """Round to multiples of 2⁻³⁰ that sum to 1 exactly."""
    units = np.rint(p * 2**30)
    top = units.argmax(axis=-1)[..., np.newaxis]
    rest = 2**30 - units.sum(axis=-1, keepdims=True)
    np.put_along_axis(units, top, np.take_along_axis(units, top, -1) + rest, -1)
    return units / 2**30


def _split(x):
    """Return the largest logit, and Σ e^x over the others in units of e^(the largest)."""
    values, counts = np.unique(np.asarray(x, np.float64), return_counts=True)
    maximum = mp.mpf(float(values[-1]))
    others = [
        int(n) * mp.exp(mp.mpf(float(v)) - maximum)
        for v, n in zip(values[:-1], counts[:-1], strict=True)
        if v > -np.inf
    ]
    return maximum, mp.fsum([*others, int(counts[-1]) - 1])


def _log1p(r):
    return r if r < mp.mpf(2) ** -BITS else mp.log(1 + r) if r > 1 else mp.log1p(r)


def _log_softmax(x):
    maximum, rest = _split(x)
    return [(v - maximum) - _log1p(rest) for v in _exact(x)]


def _softmax(x):
    maximum, rest = _split(x)
    return [mp.exp(v - maximum) / (1 + rest) for v in _exact(x)]


def _loss(x, label):
    maximum, rest = _split(x)
    return (maximum - mp.mpf(float(x[label]))) + _log1p(rest)


def _gradient(x, label):
    s = _softmax(x)
    return [v if k != label else -mp.fsum(s[:k] + s[k + 1 :]) for k, v in enumerate(s)]


def _logsumexp(x):
    maximum, rest = _split(x)
    return maximum + _log1p(rest)


def _exact(row):
    return [mp.mpf(float(v)) for v in row]


def _cross_entropy(p, q):
    return -mp.fsum(a * mp.log(b) for a, b in zip(_exact(p), _exact(q), strict=True) if a)


def _kl(p, q):
    # Rows of floats may sum to 1 only up to rounding; the second part is 0 for those that do.
    p, q = _exact(p), _exact(q)
    logs = [a * mp.log(a / b) for a, b in zip(p, q, strict=True) if a]
    return mp.fsum(logs + [b - a for a, b in zip(p, q, strict=True)])


def _kl_from_logits(a, b):
    log_p, log_q, p = _log_softmax(a), _log_softmax(b), _softmax(a)
    return mp.fsum(x * (y - z) for x, y, z in zip(p, log_p, log_q, strict=True) if x)


REFERENCES = {
    "loss": _loss,
    "gradient": _gradient,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "entropy": lambda p, q: _cross_entropy(p, p),
    "cross_entropy": _cross_entropy,
    "kl": _kl,
    "kl_from_logits": _kl_from_logits,
}

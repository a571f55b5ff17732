"""Wrong steps of every kind that has been seen in print: each is refused, and for its reason."""

import re

import pytest
import sympy as sp

from crossent.symbolic import (
    ConditionError,
    DeclarationError,
    Derivation,
    Partial,
    Phi,
    RefutedStep,
    UndecidedStep,
    iverson,
)
from crossent.symbolic.prover import Prover
from crossent.symbolic.terms import Undecided

log, exp, factorial = sp.log, sp.exp, sp.factorial


def cross_entropy(s, p, q):
    """The cross-entropy of two families."""
    return -s.sum(p[s.k] * log(q[s.k]), s.k)


def kl(s, p, q):
    """The KL divergence of two families."""
    return s.sum(p[s.k] * log(p[s.k] / q[s.k]), s.k)


def rolls(s):
    """The log-likelihood of the rolls."""
    return s.sum(log(s.q[s.X[s.n]]), s.n)


def loss(s, p):
    """The cross-entropy of the softmax relative to targets."""
    return -s.sum(p[s.k] * log(s.s[s.k]), s.k)


def squares(s):
    """A sum of squares."""
    return s.sum(s.z[s.k] ** 2, s.k)


def multinomial(s, count=None):
    """The multinomial coefficient of the rolls, with a chosen denominator for a face."""
    count = count or factorial
    return factorial(s.N) / s.prod(count(s.seen(s.k)), s.k)


# Every claim is false: for some sizes and values its two sides differ.
FALSE = {
    # ---------------------------------------------------------------- signs and factors
    "sign flip of the log-likelihood": lambda s: (
        rolls(s),
        -s.sum(s.seen(s.k) * log(s.q[s.k]), s.k),
    ),
    "sign flip of one term": lambda s: (
        cross_entropy(s, s.p, s.q),
        kl(s, s.p, s.q) - cross_entropy(s, s.p, s.p),
    ),
    "missing N": lambda s: (rolls(s), s.sum(s.phat[s.k] * log(s.q[s.k]), s.k)),
    "N twice": lambda s: (rolls(s), s.N**2 * s.sum(s.phat[s.k] * log(s.q[s.k]), s.k)),
    "missing half": lambda s: (
        s.sum(s.p[s.k] * s.v[s.k] ** 2, s.k) - s.sum(s.p[s.k] * s.v[s.k], s.k) ** 2,
        s.sum(s.p[s.j] * s.p[s.k] * (s.v[s.j] - s.v[s.k]) ** 2, s.j, s.k),
    ),
    "missing 1/K in label smoothing": lambda s: (
        -s.sum(((1 - s.t) * s.p[s.k] + s.t / s.K) * log(s.q[s.k]), s.k),
        (1 - s.t) * cross_entropy(s, s.p, s.q) - s.t * s.sum(log(s.q[s.k]), s.k),
    ),
    "weights exchanged in label smoothing": lambda s: (
        -s.sum(((1 - s.t) * s.p[s.k] + s.t / s.K) * log(s.q[s.k]), s.k),
        s.t * cross_entropy(s, s.p, s.q) - (1 - s.t) * s.sum(log(s.q[s.k]), s.k) / s.K,
    ),
    # ---------------------------------------------------------------- p and q exchanged
    "p and q exchanged in the cross-entropy": lambda s: (
        cross_entropy(s, s.p, s.q),
        cross_entropy(s, s.q, s.p),
    ),
    "p and q exchanged in the divergence": lambda s: (kl(s, s.p, s.q), kl(s, s.q, s.p)),
    "entropy of the wrong one": lambda s: (
        cross_entropy(s, s.p, s.q),
        kl(s, s.p, s.q) + cross_entropy(s, s.q, s.q),
    ),
    "φ with its arguments exchanged": lambda s: (
        kl(s, s.p, s.q),
        s.sum(s.p[s.k] * Phi(s.p[s.k] / s.q[s.k]), s.k),
    ),
    "φ with the wrong weight": lambda s: (
        kl(s, s.p, s.q),
        s.sum(s.q[s.k] * Phi(s.q[s.k] / s.p[s.k]), s.k),
    ),
    # ---------------------------------------------------------------- ranges
    "truncated range": lambda s: (
        s.sum(s.p[s.k], s.k),
        sp.Sum(s.p[s.k], (s.k, 1, s.K - 1)),
    ),
    "total of a truncated range": lambda s: (sp.Sum(s.p[s.k], (s.k, 1, s.K - 1)), sp.S(1)),
    "total of a longer range": lambda s: (sp.Sum(s.p[s.k], (s.k, 1, s.K + 1)), sp.S(1)),
    "total of a shifted range": lambda s: (sp.Sum(s.p[s.k], (s.k, 2, s.K + 1)), sp.S(1)),
    "total over the range of another index": lambda s: (
        sp.Sum(s.p[s.k], (s.k, 1, s.N)),
        sp.S(1),
    ),
    "wrong first term split off": lambda s: (
        s.sum(s.a[s.k], s.k),
        sp.Sum(s.a[s.k], (s.k, 2, s.K)) + s.a[2],
    ),
    "wrong last term split off": lambda s: (
        s.sum(s.a[s.k], s.k),
        sp.Sum(s.a[s.k], (s.k, 1, s.K - 1)) + s.a[s.K - 1],
    ),
    "last term counted twice": lambda s: (
        s.sum(s.a[s.k], s.k),
        sp.Sum(s.a[s.k], (s.k, 1, s.K)) + s.a[s.K],
    ),
    "sum of the first numbers, off by one": lambda s: (s.sum(s.k, s.k), s.K * (s.K - 1) / 2),
    "only the two ends": lambda s: (s.sum(s.a[s.k], s.k), s.a[1] + s.a[s.K]),
    "total of a row outside its range": lambda s: (
        sp.Sum(s.R[s.K + 1, s.m], (s.m, 1, s.M)),
        sp.S(1),
    ),
    "total of a row for an index of another range": lambda s: (
        sp.Sum(s.R[s.n, s.m], (s.m, 1, s.M)),
        sp.S(1),
    ),
    # ---------------------------------------------------------------- indices
    "stray index": lambda s: (cross_entropy(s, s.p, s.q), -s.sum(s.p[s.k] * log(s.q[s.j]), s.k)),
    "dropped sum": lambda s: (s.sum(s.a[s.k], s.k), s.a[s.k]),
    "factor pulled out of its own sum": lambda s: (
        s.sum(s.a[s.k] * s.b[s.k], s.k),
        s.a[s.k] * s.sum(s.b[s.k], s.k),
    ),
    "repeated binder": lambda s: (
        s.sum(s.a[s.k] * s.sum(s.b[s.k], s.k), s.k),
        s.sum(s.a[s.k] * s.b[s.k], s.k),
    ),
    "square of a sum as sum of squares": lambda s: (s.sum(s.z[s.k], s.k) ** 2, squares(s)),
    "double sum without its diagonal": lambda s: (
        s.sum((1 - iverson(s.j, s.k)) * s.a[s.j] * s.a[s.k], s.j, s.k),
        s.sum(s.a[s.k], s.k) ** 2,
    ),
    "transposed matrix": lambda s: (
        s.sum(s.a[s.k] * s.W[s.k, s.m], s.k, s.m),
        s.sum(s.a[s.k] * s.W[s.m, s.k], s.k, s.m),
    ),
    "total along the wrong axis": lambda s: (s.sum(s.W[s.k, s.m], s.k), sp.S(1)),
    "rows counted as columns": lambda s: (s.sum(s.W[s.k, s.m], s.k, s.m), s.M),
    "label of another roll": lambda s: (
        s.prod(s.q[s.X[s.n]], s.n),
        s.prod(s.q[s.X[s.r]], s.n),
    ),
    "bracket of another index": lambda s: (
        s.sum(iverson(s.j, s.k) * s.a[s.k], s.k),
        s.sum(iverson(s.l, s.k) * s.a[s.k], s.k),
    ),
    "brackets chained without the middle one": lambda s: (
        iverson(s.k, s.j) * iverson(s.j, s.l),
        iverson(s.k, s.l),
    ),
    "capture by unfolding a definition": lambda s: (
        s.context.define("T", s.j, s.sum(s.a[s.k] * s.b[s.j], s.k))[s.k],
        s.sum(s.a[s.k] * s.b[s.k], s.k),
    ),
    "values of a function at another point": lambda s: (
        s.sum(s.f(s.k, s.x) * s.z[s.k], s.k),
        s.sum(s.f(s.k, s.y) * s.z[s.k], s.k),
    ),
    # ---------------------------------------------------------------- totals
    "missing total": lambda s: (s.sum(s.w[s.k], s.k), sp.S(1)),
    "bound taken for a total": lambda s: (s.sum(s.u[s.k], s.k), sp.S(1)),
    "gradient without the total of the targets": lambda s: (
        Partial(loss(s, s.a), s.z[s.j]),
        s.s[s.j] - s.a[s.j],
    ),
    "total of a product": lambda s: (s.sum(s.p[s.k] * s.q[s.k], s.k), sp.S(1)),
    "total used beside another factor": lambda s: (
        s.sum(s.p[s.k] * s.z[s.k], s.k),
        s.sum(s.z[s.k], s.k),
    ),
    "total of squares": lambda s: (s.sum(s.p[s.k] ** 2, s.k), sp.S(1)),
    # ---------------------------------------------------------------- sizes that may coincide
    "N for K in a sum of ones": lambda s: (s.sum(s.c, s.k), s.N * s.c),
    "K for N in the likelihood": lambda s: (
        rolls(s),
        s.K * s.sum(s.phat[s.k] * log(s.q[s.k]), s.k),
    ),
    "N squared for N K": lambda s: (s.sum(s.c, s.k, s.n), s.N**2 * s.c),
    "powers exchanged": lambda s: (s.prod(s.K, s.n), s.prod(s.N, s.k)),
    "N + K for N K": lambda s: (s.N * s.K, s.N + s.K),
    "constant not multiplied": lambda s: (s.sum(s.c, s.k), s.c),
    # ---------------------------------------------------------------- brackets
    "bracket sifted outside its range": lambda s: (
        s.sum(iverson(s.k, s.K + 1) * s.a[s.k], s.k),
        s.a[s.K + 1],
    ),
    "bracket sifted with an index of another range": lambda s: (
        s.sum(iverson(s.k, s.n) * s.a[s.k], s.k),
        s.a[s.n],
    ),
    "bracket of twice the index": lambda s: (
        s.sum(iverson(2 * s.k, s.j) * s.a[s.k], s.k),
        s.a[s.j],
    ),
    "bracket sifted with the last one missing": lambda s: (
        sp.Sum(iverson(s.k, s.j) * s.a[s.k], (s.k, 1, s.K - 1)),
        s.a[s.j],
    ),
    "fixed points of the labels": lambda s: (s.sum(iverson(s.Y[s.k], s.k), s.k), sp.S(1)),
    "fixed points of labels of labels": lambda s: (
        s.sum(iverson(s.Y[s.Y[s.k]], s.k) * s.a[s.k], s.k),
        s.a[s.Y[s.k]],
    ),
    "curvature with the wrong diagonal": lambda s: (
        Partial(Partial(loss(s, s.p), s.z[s.j]), s.z[s.l]),
        s.s[s.j] * (iverson(s.j, s.l) - s.s[s.j]),
    ),
    # ---------------------------------------------------------------- powers and logarithms
    "logarithm of a sum": lambda s: (log(s.c + s.t), log(s.c) + log(s.t)),
    "logarithm of a product as a product": lambda s: (log(s.c * s.t), log(s.c) * log(s.t)),
    "logarithm of a quotient as a quotient": lambda s: (log(s.c / s.t), log(s.c) / log(s.t)),
    "logarithm of a sum as a sum of logarithms": lambda s: (
        log(s.sum(s.a[s.k], s.k)),
        s.sum(log(s.a[s.k]), s.k),
    ),
    "logarithm of a power": lambda s: (log(s.c**2), log(s.c) ** 2),
    "exponential of a sum": lambda s: (exp(s.x + s.y), exp(s.x) + exp(s.y)),
    "exponential of a product": lambda s: (exp(s.x * s.y), exp(s.x) * exp(s.y)),
    "product of exponentials": lambda s: (
        s.prod(exp(s.z[s.k]), s.k),
        exp(s.prod(s.z[s.k], s.k)),
    ),
    "power of a product": lambda s: ((s.x * s.y) ** 2, s.x**2 * s.y),
    "exponents multiplied": lambda s: (s.c**s.x * s.c**s.y, s.c ** (s.x * s.y)),
    "root of a sum": lambda s: (
        sp.sqrt(s.sum(s.a[s.k] ** 2, s.k)),
        s.sum(s.a[s.k], s.k),
    ),
    "quotient of sums": lambda s: (
        s.sum(s.a[s.k], s.k) / s.sum(s.b[s.k], s.k),
        s.sum(s.a[s.k] / s.b[s.k], s.k),
    ),
    "softmax of scaled logits": lambda s: (
        exp(s.c * s.z[s.k]) / s.sum(exp(s.c * s.z[s.j]), s.j),
        s.s[s.k],
    ),
    # ---------------------------------------------------------------- sums and products
    "sum for product": lambda s: (s.prod(s.a[s.k], s.k), s.sum(s.a[s.k], s.k)),
    "product of sums as sum of products": lambda s: (
        s.prod(s.sum(s.A[s.n, s.k] ** 2, s.k), s.n),
        s.sum(s.prod(s.A[s.n, s.k] ** 2, s.n), s.k),
    ),
    "logarithm of a product as a product of logarithms": lambda s: (
        log(s.prod(s.a[s.k], s.k)),
        s.prod(log(s.a[s.k] + 1), s.k),
    ),
    "triangular sum as a full one": lambda s: (
        s.sum(sp.Sum(s.a[s.j], (s.j, 1, s.k)), s.k),
        s.K * s.sum(s.a[s.j], s.j),
    ),
    "triangular sum with its weights off by one": lambda s: (
        s.sum(sp.Sum(s.a[s.j], (s.j, 1, s.k)), s.k),
        s.sum((s.K - s.j) * s.a[s.j], s.j),
    ),
    "mean of a product": lambda s: (
        s.sum(s.p[s.k] * s.z[s.k] * s.v[s.k], s.k),
        s.sum(s.p[s.k] * s.z[s.k], s.k) * s.sum(s.p[s.k] * s.v[s.k], s.k),
    ),
    # ---------------------------------------------------------------- coefficients
    "sum of factorials in the multinomial coefficient": lambda s: (
        multinomial(s),
        factorial(s.N) / s.sum(factorial(s.seen(s.k)), s.k),
    ),
    "factorials missing in the multinomial coefficient": lambda s: (
        multinomial(s),
        multinomial(s, lambda c: c + 1),
    ),
    "factorial of N - 1": lambda s: (multinomial(s), multinomial(s) / s.N),
    "factorial of a share": lambda s: (multinomial(s), multinomial(s, lambda c: factorial(s.N))),
    "log-factorial as a logarithm": lambda s: (log(factorial(s.N)), s.N * log(s.N)),
    # ---------------------------------------------------------------- derivatives
    "capture in a derivative": lambda s: (
        Partial(s.sum(s.a[s.k] * log(s.b[s.k]), s.k), s.b[s.k]),
        s.sum(s.a[s.k] / s.b[s.k], s.k),
    ),
    "derivative of a squared sum": lambda s: (
        Partial(s.sum(s.a[s.k], s.k) ** 2, s.a[s.j]),
        2 * s.a[s.j],
    ),
    "derivative of a declared total": lambda s: (
        Partial(s.sum(s.q[s.k], s.k), s.q[s.j]),
        sp.S(0),
    ),
    "derivative of a logarithm": lambda s: (Partial(log(s.c * s.x + s.c), s.x), 1 / (s.x + s.c)),
    "derivative of a power": lambda s: (Partial(s.c**s.x, s.x), s.x * s.c ** (s.x - 1)),
    "derivative along another index": lambda s: (
        Partial(s.sum(s.z[s.k] ** 2, s.k), s.z[s.j]),
        2 * s.z[s.l],
    ),
    "mixed derivative without its bracket": lambda s: (
        Partial(Partial(squares(s), s.z[s.j]), s.z[s.l]),
        sp.S(2),
    ),
}


def claimed(build, setting):
    """The two sides of a claim; whatever it declares is declared once."""
    left, right = build(setting)
    return sp.sympify(left), sp.sympify(right)


@pytest.mark.parametrize("name", FALSE)
def test_a_false_step_is_refuted(name, everything):
    """The error names step and reason, repeats the claim and gives sizes and two values."""
    left, right = claimed(FALSE[name], everything)
    with pytest.raises(RefutedStep) as caught:
        Derivation(left, everything.context).step(right, f"because of {name}")
    message = str(caught.value)
    assert message.startswith(f"step 1 (because of {name}) is false:\n")
    assert f"    {left}\n    = {right}\n" in message
    values = re.search(r"^(\S+) against (\S+) at (.*)$", message, flags=re.M)
    assert values[1] != values[2]
    assert re.findall(r"\b([NKM]) = [1-4]\b", values[3]) == ["N", "K", "M"]


@pytest.mark.parametrize("name", FALSE)
def test_the_prover_alone_does_not_prove_it(name, everything):
    """Soundness does not lean on the search for counterexamples."""
    left, right = claimed(FALSE[name], everything)
    try:
        assert not Prover(everything.context).equal(left, right)
    except Undecided:
        pass


# Not false, or false only with the hypotheses: refused for the stated reason.
REFUSED = {
    # ---------------------------------------------------------------- inequalities
    "slack of the wrong sign": (
        RefutedStep,
        "its slack is negative",
        lambda s: (
            (kl(s, s.p, s.q), 0),
            {"rel": ">=", "slack": -s.sum(s.p[s.k] * Phi(s.q[s.k] / s.p[s.k]), s.k)},
        ),
    ),
    "inequality the wrong way round": (
        RefutedStep,
        "is false",
        lambda s: (
            (kl(s, s.p, s.q), 0),
            {"rel": "<=", "slack": s.sum(s.p[s.k] * Phi(s.q[s.k] / s.p[s.k]), s.k)},
        ),
    ),
    "slack of the other divergence": (
        RefutedStep,
        "is false",
        lambda s: (
            (kl(s, s.p, s.q), 0),
            {"rel": ">=", "slack": s.sum(s.q[s.k] * Phi(s.p[s.k] / s.q[s.k]), s.k)},
        ),
    ),
    "slack twice too large": (
        RefutedStep,
        "is false",
        lambda s: ((squares(s), 0), {"rel": ">=", "slack": 2 * squares(s)}),
    ),
    "no slack": (
        ConditionError,
        "needs its slack",
        lambda s: ((squares(s), 0), {"rel": ">="}),
    ),
    "slack that is not shown to be nonnegative": (
        ConditionError,
        "is not shown to be nonnegative",
        lambda s: (
            (s.x**2 + s.y**2, 2 * s.x * s.y),
            {"rel": ">=", "slack": s.x**2 - 2 * s.x * s.y + s.y**2},
        ),
    ),
    "φ of what may be negative": (
        ConditionError,
        "is not shown to be nonnegative",
        lambda s: ((s.x, 1 + log(s.x)), {"rel": ">=", "slack": Phi(s.x)}),
    ),
    "slack judged outside the declared range": (
        (RefutedStep, ConditionError),
        "slack",
        lambda s: (
            (2 * s.K + 2 * sp.Sum(s.R[s.K + 1, s.m], (s.m, 1, s.M)), 0),
            {
                "rel": ">=",
                "slack": sp.Sum(2 * sp.Sum(s.R[s.k, s.m], (s.m, 1, s.M)), (s.k, 1, s.K + 1)),
            },
        ),
    ),
    "slack summed from below zero": (
        DeclarationError,
        "starts at -5",
        lambda s: (
            (sp.Sum(s.k, (s.k, -5, s.K)), 0),
            {"rel": ">=", "slack": sp.Sum(s.k, (s.k, -5, s.K))},
        ),
    ),
    # ---------------------------------------------------------------- ∝ and "same optimiser"
    "factor that depends on the variable": (
        ConditionError,
        "depends on theta, which is optimised over",
        lambda s: (
            (exp(s.theta) * s.g(s.theta), s.g(s.theta)),
            {"rel": "∝", "over": s.theta, "factor": exp(s.theta)},
        ),
    ),
    "factor that depends on the variable through a definition": (
        ConditionError,
        "depends on z, which is optimised over",
        lambda s: (
            (s.s[s.k] * s.z[s.k], s.z[s.k]),
            {"rel": "∝", "over": s.z, "factor": s.s[s.k]},
        ),
    ),
    "factor that depends on the variable through a function": (
        ConditionError,
        "depends on theta, which is optimised over",
        lambda s: (
            (s.g(s.theta) * s.x, s.x),
            {"rel": "∝", "over": s.theta, "factor": s.g(s.theta)},
        ),
    ),
    "shift that depends on the variable": (
        ConditionError,
        "depends on q, which is optimised over",
        lambda s: (
            (kl(s, s.p, s.q), s.sum(s.p[s.k] * log(s.p[s.k]), s.k)),
            {"rel": "same optimiser", "over": s.q, "shift": cross_entropy(s, s.p, s.q)},
        ),
    ),
    "negative factor": (
        RefutedStep,
        "its factor is negative",
        lambda s: ((-s.N * s.x, s.x), {"rel": "∝", "over": s.x, "factor": -s.N}),
    ),
    "factor that may be zero": (
        ConditionError,
        "is not shown to be positive",
        lambda s: ((s.e * s.x, s.x), {"rel": "∝", "over": s.x, "factor": s.e}),
    ),
    "factor of either sign": (
        RefutedStep,
        "its factor is negative",
        lambda s: ((s.y * s.x, s.x), {"rel": "∝", "over": s.x, "factor": s.y}),
    ),
    "shift under ∝": (
        ConditionError,
        "keeps the optimiser but not proportionality",
        lambda s: ((s.x + s.c, s.x), {"rel": "∝", "over": s.x, "shift": s.c}),
    ),
    "forgotten shift": (
        RefutedStep,
        "is false",
        lambda s: ((s.x + s.c, s.x), {"rel": "same optimiser", "over": s.x}),
    ),
    "wrong factor": (
        RefutedStep,
        "is false",
        lambda s: ((s.c * s.x, s.x), {"rel": "∝", "over": s.x, "factor": s.c**2}),
    ),
    "nothing optimised over": (
        ConditionError,
        "say what is optimised over",
        lambda s: ((s.c * s.x, s.x), {"rel": "∝", "factor": s.c}),
    ),
    "optimised over what is not declared": (
        ConditionError,
        None,
        lambda s: ((s.c * s.x, s.x), {"rel": "∝", "over": sp.Symbol("nu"), "factor": s.c}),
    ),
    "optimised over an index": (
        ConditionError,
        None,
        lambda s: ((s.c * s.x, s.x), {"rel": "∝", "over": s.k, "factor": s.c}),
    ),
    "optimised over a size": (
        ConditionError,
        None,
        lambda s: ((s.c * s.x, s.x), {"rel": "∝", "over": s.N, "factor": s.c}),
    ),
    "optimised over labels": (
        ConditionError,
        None,
        lambda s: ((s.c * s.x, s.x), {"rel": "∝", "over": s.X, "factor": s.c}),
    ),
    "optimised over an expression": (
        ConditionError,
        None,
        lambda s: ((s.c * s.x, s.x), {"rel": "∝", "over": s.c * s.x, "factor": s.c}),
    ),
    # ---------------------------------------------------------------- true but not to be accepted
    "logarithm of a square of either sign": (
        UndecidedStep,
        "neither refuted nor proved",
        lambda s: ((log(s.x**2), 2 * log(s.x)), {}),
    ),
    "true triangular sum": (
        UndecidedStep,
        "neither refuted nor proved",
        lambda s: (
            (
                s.sum(sp.Sum(s.a[s.j], (s.j, 1, s.k)), s.k),
                s.sum((s.K - s.j + 1) * s.a[s.j], s.j),
            ),
            {},
        ),
    ),
    "sides that never have a value": (
        UndecidedStep,
        "never have a value",
        lambda s: ((log(-s.c), log(-s.c) + 1), {}),
    ),
    # ---------------------------------------------------------------- not declared
    "root of a square": (
        DeclarationError,
        "Abs is not supported",
        lambda s: ((s.x, sp.sqrt(s.x**2)), {}),
    ),
    "two symbols that print alike": (
        DeclarationError,
        "c is not declared",
        lambda s: ((s.c, sp.Symbol("c")), {}),
    ),
    "free index of an undeclared name": (
        DeclarationError,
        "is not declared",
        lambda s: ((s.a[s.k], s.a[sp.Symbol("kk")]), {}),
    ),
    "family with too many indices": (
        DeclarationError,
        "takes 1 arguments, not 2",
        lambda s: ((s.a[s.k], s.a[s.k, s.j]), {}),
    ),
    "range from zero, where an index is positive": (
        DeclarationError,
        "starts at 0",
        lambda s: ((sp.Sum(s.a[s.k], (s.k, 0, s.K)), sp.Sum(s.a[s.k], (s.k, 1, s.K))), {}),
    ),
    "index of half a number": (
        DeclarationError,
        "1/2 cannot be an index",
        lambda s: (
            (
                s.sum(iverson(2 * s.k, s.j) * s.a[s.k], s.k),
                s.a[s.j / 2],
            ),
            {},
        ),
    ),
    "value that is not a number": (
        DeclarationError,
        None,
        lambda s: ((s.x, sp.nan), {}),
    ),
    "infinite value": (
        DeclarationError,
        None,
        lambda s: ((s.x, sp.oo), {}),
    ),
    "value that is not real": (
        DeclarationError,
        None,
        lambda s: ((s.x, sp.I * s.x), {}),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_step_is_refused_for_its_reason(name, everything):
    """Each relation has its conditions; what is not decided is not accepted."""
    error, words, build = REFUSED[name]
    (left, right), options = build(everything)
    with pytest.raises(error, match=words) as caught:
        Derivation(left, everything.context).step(right, "why", **options)
    if not isinstance(caught.value, DeclarationError):
        assert "step 1 (why)" in str(caught.value) or "proportionality" in str(caught.value)


# Hypotheses: g_j = r_j - λ + μ_j, h_j = μ_j q_j, E = Σ r_j q_j - 1 and G = λ - 1 are zero.
HYPOTHESES = {
    "1 - λ for λ - 1": (
        ConditionError,
        lambda s: (s.multiplier, sp.S(1), 1 - s.multiplier),
    ),
    "hypothesis forgotten": (RefutedStep, lambda s: (s.multiplier, sp.S(1), None)),
    "hypothesis with the wrong sign": (RefutedStep, lambda s: (s.multiplier, sp.S(1), -s.gap)),
    "hypothesis twice": (RefutedStep, lambda s: (s.multiplier, sp.S(1), 2 * s.gap)),
    "hypothesis for another index": (
        RefutedStep,
        lambda s: (s.r[s.j] + s.mu[s.j], s.multiplier, s.stationary[s.k]),
    ),
    "no hypothesis at all": (ConditionError, lambda s: (s.x, sp.S(0), s.x)),
    "sum of a hypothesis and something else": (
        ConditionError,
        lambda s: (s.x + s.multiplier, sp.S(1), s.gap + s.x),
    ),
    "hypothesis in an exponent": (
        ConditionError,
        lambda s: (sp.exp(s.multiplier - 1), sp.S(0), sp.exp(s.gap)),
    ),
    "hypothesis outside its range": (
        ConditionError,
        lambda s: (
            s.r[s.K + 1] + s.mu[s.K + 1],
            s.multiplier,
            s.stationary[s.K + 1],
        ),
    ),
    "hypothesis for an index of another range": (
        ConditionError,
        lambda s: (s.r[s.n] + s.mu[s.n], s.multiplier, s.stationary[s.n]),
    ),
    "hypothesis summed past its range": (
        ConditionError,
        lambda s: (
            sp.Sum(s.mu[s.j] * s.q[s.j], (s.j, 1, s.K + 1)),
            sp.S(0),
            sp.Sum(s.slack[s.j], (s.j, 1, s.K + 1)),
        ),
    ),
    "hypothesis summed over another range": (
        ConditionError,
        lambda s: (
            sp.Sum(s.mu[s.j] * s.q[s.j], (s.j, 1, s.N)),
            sp.S(0),
            sp.Sum(s.slack[s.j], (s.j, 1, s.N)),
        ),
    ),
    "division by what may be zero": (
        ConditionError,
        lambda s: (s.mu[s.j], sp.S(0), s.slack[s.j] / s.q[s.j]),
    ),
    "division by zero itself": (
        ConditionError,
        lambda s: (s.x + 1, s.x, s.gap / (s.multiplier - 1)),
    ),
    "division by zero under a sum": (
        ConditionError,
        lambda s: (
            s.sum(s.q[s.j], s.j),
            sp.S(0),
            s.sum(s.q[s.j] * s.stationary[s.j] / (s.r[s.j] - s.multiplier + s.mu[s.j]), s.j),
        ),
    ),
    "division by a product that may be zero": (
        ConditionError,
        lambda s: (
            s.x + 1,
            s.x,
            s.gap * (s.sum((s.multiplier - 1) * s.c, s.j) / (s.K * s.c)) ** -1,
        ),
    ),
    "division by zero inside an exponential": (
        ConditionError,
        lambda s: (
            s.x + s.multiplier - 1,
            s.x,
            s.gap * exp(s.x / (s.multiplier - 1)) * exp(-s.x / s.gap),
        ),
    ),
}


@pytest.mark.parametrize("name", HYPOTHESES)
def test_hypotheses_are_not_stretched(name, optimum):
    """A step may use only what is assumed to be zero, times what is finite."""
    error, build = HYPOTHESES[name]
    left, right, vanishing = build(optimum)
    with pytest.raises(error, match=r"step 1 \(why\)"):
        Derivation(left, optimum.context).step(right, "why", vanishing=vanishing)


def test_hypotheses_can_be_used_as_they_are(optimum):
    """The refusals above do not come from refusing everything."""
    s = optimum
    chain = Derivation(s.multiplier, s.context).step(1, "λ is 1", vanishing=s.gap)
    assert chain.rhs == 1
    chain = Derivation(s.multiplier * s.q[s.j], s.context).step(
        s.r[s.j] * s.q[s.j],
        "stationarity and slackness",
        vanishing=-s.q[s.j] * s.stationary[s.j] + s.slack[s.j],
    )
    assert chain.general
    chain = Derivation(s.mu[s.j] * s.q[s.j] / s.c, s.context).step(
        0, "a positive number may divide", vanishing=s.slack[s.j] / s.c
    )
    assert chain.rhs == 0


def test_there_are_many_wrong_steps():
    """A list that shrinks unnoticed would check less than is claimed."""
    assert len(FALSE) + len(REFUSED) + len(HYPOTHESES) >= 120

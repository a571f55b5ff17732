"""What the prover proves, what it leaves undecided, and that it is never wrong."""

import math
from collections import Counter
from fractions import Fraction

import pytest
import sympy as sp

from crossent.symbolic import (
    Context,
    DeclarationError,
    Derivation,
    Partial,
    Phi,
    RefutedStep,
    UndecidedStep,
    iverson,
)
from crossent.symbolic.normal import MAX_POINTS, MAX_POWER
from crossent.symbolic.prover import Cancellation, Prover, to_sympy
from crossent.symbolic.refuter import find_counterexample
from crossent.symbolic.rules import MAX_POINT
from crossent.symbolic.terms import Undecided

log, exp, factorial = sp.log, sp.exp, sp.factorial


def negative(setting):
    """A number between -2 and -1."""
    declared = setting.context.declared
    return declared.get("b_0") or setting.context.scalar("b_0", between=(-2, -1))


EQUAL = {
    # ---------------------------------------------------------------- cancelling fractions
    "halves that cancel": lambda s: ((s.c / 2 + 1) / (s.c + 2), sp.Rational(1, 2)),
    "halves under a sum": lambda s: (
        s.sum(s.p[s.k] * (s.a[s.k] / 2 + 1) / (s.a[s.k] + 2), s.k),
        sp.Rational(1, 2),
    ),
    "roots under a sum": lambda s: (
        s.sum(s.a[s.k] / (1 + sp.sqrt(s.a[s.k])), s.k)
        + s.sum(sp.sqrt(s.a[s.j]) / (1 + sp.sqrt(s.a[s.j])), s.j),
        s.sum(sp.sqrt(s.a[s.k]), s.k),
    ),
    "fractions under two sums": lambda s: (
        s.sum(s.a[s.k] * s.d[s.n] / (s.a[s.k] + 1), s.k, s.n)
        + s.sum(s.d[s.r] / (s.a[s.j] + 1), s.r, s.j),
        s.K * s.sum(s.d[s.n], s.n),
    ),
    "fractions under sums over equal ranges": lambda s: (
        s.sum(s.a[s.k] * s.b[s.j] / (s.a[s.k] + 1), s.k, s.j)
        + s.sum(s.b[s.k] / (s.a[s.j] + 1), s.k, s.j),
        s.K * s.sum(s.b[s.k], s.k),
    ),
    "fractions under sums over equal ranges, with others between": lambda s: (
        s.sum(s.a[s.k] * s.b[s.j] / (s.a[s.k] + 1), s.k, s.j)
        + s.sum(s.z[s.k] * s.v[s.j] / (s.c + 1), s.k, s.j),
        s.K * s.sum(s.b[s.k], s.k)
        - s.sum(s.b[s.k] / (s.a[s.j] + 1), s.k, s.j)
        + s.sum(s.z[s.k] * s.v[s.j], s.k, s.j)
        - s.sum(s.z[s.k] * s.v[s.j] * s.c / (s.c + 1), s.k, s.j),
    ),
    "fractions under sums beside others": lambda s: (
        s.sum(s.p[s.k] * s.a[s.k] / (s.a[s.k] + 1), s.k)
        + s.sum(s.p[s.j] / (s.a[s.j] + 1), s.j)
        + s.sum(s.d[s.n] * s.c / (s.c + 1), s.n)
        + s.sum(s.d[s.r] / (s.c + 1), s.r),
        1 + s.sum(s.d[s.n], s.n),
    ),
    "closed sums in fractions": lambda s: (
        2 * s.sum(s.a[s.k], s.k) / (2 * s.sum(s.a[s.j], s.j) + 3 * s.c)
        + 3 * s.c / (2 * s.sum(s.a[s.k], s.k) + 3 * s.c),
        sp.Integer(1),
    ),
    "products of closed sums in fractions": lambda s: (
        s.sum(s.a[s.k], s.k)
        * s.sum(s.b[s.k], s.k)
        / (s.sum(s.a[s.j], s.j) * s.sum(s.b[s.j], s.j) + s.c)
        + s.c / (s.sum(s.a[s.k], s.k) * s.sum(s.b[s.k], s.k) + s.c),
        sp.Integer(1),
    ),
    "a closed sum below, under a sum": lambda s: (
        s.sum(s.p[s.k] * s.a[s.k] / (s.a[s.k] + 1) / (s.a[s.k] + s.sum(s.b[s.j], s.j)), s.k)
        + s.sum(s.p[s.k] / (s.a[s.k] + 1) / (s.a[s.k] + s.sum(s.b[s.j], s.j)), s.k),
        s.sum(s.p[s.k] / (s.a[s.k] + s.sum(s.b[s.j], s.j)), s.k),
    ),
    "a closed sum below, also outside the sum": lambda s: (
        s.sum(s.p[s.k] * s.a[s.k] / (s.a[s.k] + 1) / (s.c + s.sum(s.b[s.j], s.j)), s.k)
        + s.sum(s.p[s.k] / (s.a[s.k] + 1) / (s.c + s.sum(s.b[s.j], s.j)), s.k),
        1 / (s.c + s.sum(s.b[s.j], s.j)),
    ),
    # ---------------------------------------------------------------- single nodes
    "the number e": lambda s: (sp.E * exp(s.x), exp(s.x + 1)),
    "the number pi": lambda s: ((s.x + sp.pi) ** 2, s.x**2 + 2 * sp.pi * s.x + sp.pi**2),
    "a function of a number": lambda s: (
        s.f(s.k, (s.x + s.y) ** 2),
        s.f(s.k, s.x**2 + 2 * s.x * s.y + s.y**2),
    ),
    "the highest power": lambda s: (s.x**MAX_POWER, (s.x**2) ** (MAX_POWER // 2)),
    # ---------------------------------------------------------------- sums
    "renamed binder": lambda s: (s.sum(s.a[s.k], s.k), s.sum(s.a[s.j], s.j)),
    "exchanged binders": lambda s: (
        s.sum(s.W[s.k, s.m], s.k, s.m),
        s.sum(s.W[s.j, s.h], s.h, s.j),
    ),
    "symmetric double sum": lambda s: (
        s.sum(s.a[s.k] * s.b[s.j], s.k, s.j),
        s.sum(s.a[s.j] * s.b[s.k], s.k, s.j),
    ),
    "product of sums": lambda s: (
        s.sum(s.a[s.k], s.k) * s.sum(s.b[s.k], s.k),
        s.sum(s.a[s.k] * s.b[s.j], s.k, s.j),
    ),
    "square of a sum": lambda s: (
        s.sum(s.a[s.k], s.k) ** 2,
        s.sum(s.a[s.k] ** 2, s.k) + s.sum((1 - iverson(s.k, s.j)) * s.a[s.k] * s.a[s.j], s.k, s.j),
    ),
    "shadowed binder": lambda s: (
        s.sum(s.a[s.k] * s.sum(s.a[s.k], s.k), s.k),
        s.sum(s.a[s.k], s.k) ** 2,
    ),
    "one name for two binders": lambda s: (
        sp.Sum(s.a[s.k], (s.k, 1, s.K), (s.k, 1, s.N)),
        s.N * s.sum(s.a[s.k], s.k),
    ),
    "nothing summed": lambda s: (s.sum(s.c, s.k, s.n), s.N * s.K * s.c),
    "quotients over a narrower range": lambda s: (
        sp.Sum(s.a[s.k] / s.c, (s.k, 2, s.K)),
        s.sum(s.a[s.k], s.k) / s.c - s.a[1] / s.c,
    ),
    "sum over a wider range": lambda s: (
        sp.Sum(s.a[s.k], (s.k, 1, s.K + 2)),
        s.sum(s.a[s.k], s.k) + s.a[s.K + 1] + s.a[s.K + 2],
    ),
    "sum over a narrower range": lambda s: (
        sp.Sum(s.a[s.k], (s.k, 2, s.K)),
        s.sum(s.a[s.k], s.k) - s.a[1],
    ),
    "written-out sum": lambda s: (
        sp.Sum(s.a[s.k], (s.k, 2, 4)),
        s.a[2] + s.a[3] + s.a[4],
    ),
    "empty sum": lambda s: (sp.Sum(s.a[s.k], (s.k, 2, 1)), sp.S(0)),
    "empty product": lambda s: (sp.Product(s.a[s.k], (s.k, 2, 1)), sp.S(1)),
    "index of another range bound": lambda s: (
        sp.Sum(s.a[s.k], (s.k, 1, s.N)),
        sp.Sum(s.a[s.n], (s.n, 1, s.N)),
    ),
    # ---------------------------------------------------------------- brackets
    "sifting": lambda s: (
        s.sum(iverson(s.k, s.j) * s.a[s.k] * log(s.b[s.k]), s.k),
        s.a[s.j] * log(s.b[s.j]),
    ),
    "sifting at a label": lambda s: (
        s.sum(iverson(s.X[s.n], s.k) * s.a[s.k], s.k),
        s.a[s.X[s.n]],
    ),
    "sifting at a label of a label": lambda s: (
        s.sum(iverson(s.Y[s.X[s.n]], s.k) * s.a[s.k], s.k),
        s.a[s.Y[s.X[s.n]]],
    ),
    "sifting at the last index": lambda s: (
        s.sum(iverson(s.k, s.K) * s.a[s.k], s.k),
        s.a[s.K],
    ),
    "sifting twice": lambda s: (
        s.sum(iverson(s.k, s.j) * iverson(s.k, s.l) * s.a[s.k], s.k),
        iverson(s.j, s.l) * s.a[s.l],
    ),
    "bracket of bound indices": lambda s: (
        s.sum(iverson(s.k, s.j) * s.a[s.k] * s.b[s.j], s.k, s.j),
        s.sum(s.a[s.k] * s.b[s.k], s.k),
    ),
    "bracket squared": lambda s: (iverson(s.k, s.j) ** 2, iverson(s.k, s.j)),
    "bracket moves an index": lambda s: (
        iverson(s.k, s.j) * s.a[s.k],
        iverson(s.k, s.j) * s.a[s.j],
    ),
    "bracket moves a label of an index": lambda s: (
        iverson(s.k, s.Y[s.k]) * s.a[s.Y[s.k]],
        iverson(s.k, s.Y[s.k]) * s.a[s.k],
    ),
    "bracket in an exponent": lambda s: (
        s.prod(s.a[s.k] ** iverson(s.X[s.n], s.k), s.k),
        s.a[s.X[s.n]],
    ),
    "bracket in an inner sum": lambda s: (
        s.sum(iverson(s.k, s.j) * s.sum(s.W[s.k, s.m] * s.a[s.k], s.m), s.k),
        s.a[s.j],
    ),
    "outside the range": lambda s: (
        sp.Sum(iverson(s.k, s.j) * s.a[s.k], (s.k, 1, s.K - 1)) + iverson(s.K, s.j) * s.a[s.K],
        s.a[s.j],
    ),
    "different numbers": lambda s: (iverson(s.k, s.k + 1), sp.S(0)),
    "counting by class": lambda s: (
        s.sum(log(s.q[s.X[s.n]]), s.n),
        s.N * s.sum(s.phat[s.k] * log(s.q[s.k]), s.k),
    ),
    # ---------------------------------------------------------------- totals
    "total": lambda s: (s.sum(s.p[s.k], s.k), sp.S(1)),
    "total beside another factor": lambda s: (
        s.sum(s.a[s.j] * s.p[s.k], s.k, s.j),
        s.sum(s.a[s.j], s.j),
    ),
    "total of rows": lambda s: (s.sum(s.a[s.k] * s.W[s.k, s.m], s.k, s.m), s.sum(s.a[s.k], s.k)),
    "total of a row at a label": lambda s: (
        sp.Sum(s.W[s.X[s.n], s.m], (s.m, 1, s.M)),
        sp.S(1),
    ),
    "total of a function": lambda s: (s.sum(s.f(s.k, s.x + s.y), s.k), sp.S(1)),
    "total of the softmax": lambda s: (s.sum(s.s[s.k], s.k), sp.S(1)),
    "total of the empirical PMF": lambda s: (s.sum(s.phat[s.k], s.k), sp.S(1)),
    "entropy splits": lambda s: (
        s.H,
        s.sum(s.p[s.k] * log(s.p[s.k] / s.q[s.k]), s.k) - s.sum(s.p[s.k] * log(s.p[s.k]), s.k),
    ),
    # ---------------------------------------------------------------- logarithms and powers
    "logarithm of a product": lambda s: (
        log(s.a[s.k] * s.c / s.b[s.j]),
        log(s.a[s.k]) + log(s.c) - log(s.b[s.j]),
    ),
    "logarithm of a long product": lambda s: (
        log(s.prod(s.a[s.k] ** s.z[s.k], s.k)),
        s.sum(s.z[s.k] * log(s.a[s.k]), s.k),
    ),
    "logarithm of a product of sums": lambda s: (
        log(s.sum(s.a[s.k], s.k) * s.sum(s.b[s.j] * s.k, s.j)),
        log(s.sum(s.a[s.k], s.k)) + log(s.sum(s.b[s.j], s.j)) + log(s.k),
    ),
    "logarithm of a product of connected sums": lambda s: (
        log(s.sum(s.a[s.k] * s.b[s.j] * s.c ** (s.k * s.j * s.l), s.k, s.j, s.l)),
        log(s.sum(s.c ** (s.k * s.j * s.l) * s.a[s.j] * s.b[s.l], s.l, s.k, s.j)),
    ),
    "logarithm of an index": lambda s: (
        s.sum(log(s.k * s.a[s.k]), s.k),
        s.sum(log(s.k) + log(s.a[s.k]), s.k),
    ),
    "logarithm of indices summed": lambda s: (
        log(s.c * s.sum(s.k * s.a[s.k], s.k)),
        log(s.c) + log(s.sum(s.k * s.a[s.k], s.k)),
    ),
    "common factors below": lambda s: (
        1 / (s.c * s.a[s.k] + s.c * s.b[s.k]),
        1 / (s.c * (s.a[s.k] + s.b[s.k])),
    ),
    "logarithm of terms with a common factor": lambda s: (
        log(s.c * s.a[s.k] + s.c * s.b[s.k]),
        log(s.c) + log(s.a[s.k] + s.b[s.k]),
    ),
    "logarithm of terms with a common power": lambda s: (
        log(s.c**2 * s.a[s.k] + s.c * s.b[s.k] / s.N),
        log(s.c) + log(s.c * s.a[s.k] + s.b[s.k] / s.N),
    ),
    "logarithm of terms with a negative common factor": lambda s: (
        log(-negative(s) * s.c * (s.a[s.k] + s.b[s.k])),
        log(s.c) + log(-negative(s) * s.a[s.k] - negative(s) * s.b[s.k]),
    ),
    "logarithm of an exponential": lambda s: (log(exp(s.x) * s.c), s.x + log(s.c)),
    "exponential of a logarithm": lambda s: (exp(s.x + log(s.c)), s.c * exp(s.x)),
    "logarithm of a number": lambda s: (log(12 * s.c), 2 * log(2) + log(3) + log(s.c)),
    "power of a sum": lambda s: ((s.x + s.y) ** 3, sp.expand((s.x + s.y) ** 3)),
    "power of a positive product": lambda s: (
        (s.c * s.a[s.k]) ** s.x,
        s.c**s.x * s.a[s.k] ** s.x,
    ),
    "root": lambda s: (sp.sqrt(s.c * s.a[s.k] ** 2), s.a[s.k] * sp.sqrt(s.c)),
    "root of a number with two primes": lambda s: (
        sp.sqrt(s.sum(72 * s.p[s.k], s.k)),
        6 * sp.sqrt(2),
    ),
    "root between ends": lambda s: (sp.sqrt(s.c**2 * (1 - s.t)), s.c * sp.sqrt(1 - s.t)),
    "logarithm between ends": lambda s: (log(s.c - s.c * s.t), log(s.c) + log(1 - s.t)),
    "logarithm of a fraction": lambda s: (log(2 * s.c / 3), log(2) - log(3) + log(s.c)),
    "powers in a denominator": lambda s: (
        s.sum(s.a[s.k] / s.c**2, s.k) * s.c,
        s.sum(s.a[s.k], s.k) / s.c,
    ),
    "zero to the power zero": lambda s: (
        (s.sum(s.p[s.k], s.k) - 1) ** (s.sum(s.q[s.k], s.k) - 1),
        sp.Integer(1),
    ),
    "root of a number": lambda s: (sp.sqrt(12) * s.c, 2 * sp.sqrt(3) * s.c),
    "product over nothing": lambda s: (s.prod(s.c, s.k), s.c**s.K),
    "product of products": lambda s: (
        s.prod(s.prod(s.W[s.k, s.m], s.m), s.k),
        s.prod(s.prod(s.W[s.k, s.m], s.k), s.m),
    ),
    "exponents add up": lambda s: (s.c**s.x * s.c**s.y, s.c ** (s.x + s.y)),
    "shift of the logits": lambda s: (
        exp(s.z[s.k] + s.x) / s.sum(exp(s.z[s.j] + s.x), s.j),
        s.s[s.k],
    ),
    "log-sum-exp shifted": lambda s: (
        log(s.sum(exp(s.z[s.j] - s.x), s.j)) + s.x,
        log(s.sum(exp(s.z[s.j]), s.j)),
    ),
    # ---------------------------------------------------------------- rational functions
    "common denominator": lambda s: (
        1 / (s.c + s.t) + 1 / s.c,
        (2 * s.c + s.t) / (s.c * (s.c + s.t)),
    ),
    "geometric sum cancels": lambda s: (
        (s.x**3 - 1) / (s.x - 1),
        s.x**2 + s.x + 1,
    ),
    "difference of squares under a sum": lambda s: (
        s.sum((s.a[s.k] ** 2 - s.b[s.k] ** 2) / (s.a[s.k] + s.b[s.k]), s.k),
        s.sum(s.a[s.k] - s.b[s.k], s.k),
    ),
    "quotient of sums": lambda s: (
        s.sum(s.a[s.k] / s.sum(s.a[s.j], s.j), s.k),
        sp.S(1),
    ),
    "variance": lambda s: (
        s.sum(s.p[s.k] * (s.z[s.k] - s.sum(s.p[s.j] * s.z[s.j], s.j)) ** 2, s.k),
        s.sum(s.p[s.k] * s.z[s.k] ** 2, s.k) - s.sum(s.p[s.k] * s.z[s.k], s.k) ** 2,
    ),
    # ---------------------------------------------------------------- vocabulary
    "φ": lambda s: (Phi(s.c), s.c - 1 - log(s.c)),
    "divergence as φ": lambda s: (
        s.sum(s.p[s.k] * log(s.p[s.k] / s.q[s.k]), s.k),
        s.sum(s.p[s.k] * Phi(s.q[s.k] / s.p[s.k]), s.k),
    ),
    "factorial": lambda s: (factorial(s.N + 1), (s.N + 1) * factorial(s.N)),
    "factorial of a number": lambda s: (factorial(s.sum(3 * s.p[s.k], s.k)), sp.Integer(6)),
    "factorial of zero": lambda s: (factorial(s.sum(s.p[s.k], s.k) - 1), sp.Integer(1)),
    "gradient": lambda s: (
        Partial(log(s.sum(exp(s.z[s.k]), s.k)), s.z[s.j]),
        s.s[s.j],
    ),
    "definition at a multiple of an index": lambda s: (
        s.context.define("S", s.j, s.j * s.x)[2 * s.k],
        2 * s.k * s.x,
    ),
    "definition without capture": lambda s: (
        s.context.define("T", s.j, s.sum(s.a[s.k] * s.b[s.j], s.k))[s.k],
        s.b[s.k] * s.sum(s.a[s.k], s.k),
    ),
}

UNDECIDED = {
    "logarithm of what may be negative": lambda s: (log(s.x * s.y), log(s.x) + log(s.y)),
    "logarithm of a square": lambda s: (log(s.x**2), 2 * log(s.x)),
    "logarithm of a product of sums of unknown signs": lambda s: (
        log(s.sum(s.z[s.k], s.k) * s.sum(s.v[s.k], s.k)),
        log(s.sum(s.z[s.k], s.k)) + log(s.sum(s.v[s.k], s.k)),
    ),
    "logarithm of a quotient of sums of unknown signs": lambda s: (
        log(s.sum(s.z[s.k], s.k) / s.sum(s.v[s.k], s.k)),
        log(s.sum(s.z[s.k], s.k)) - log(s.sum(s.v[s.k], s.k)),
    ),
    "root of a product of sums of unknown signs": lambda s: (
        sp.sqrt(s.sum(s.z[s.k], s.k) * s.sum(s.v[s.k], s.k)),
        sp.sqrt(s.sum(s.z[s.k], s.k)) * sp.sqrt(s.sum(s.v[s.k], s.k)),
    ),
    "root of a product of unknown signs": lambda s: (
        sp.sqrt(s.z[s.k] * s.v[s.k]),
        sp.sqrt(s.z[s.k]) * sp.sqrt(s.v[s.k]),
    ),
    "real power of what may be negative": lambda s: (s.x**s.y * s.x**s.y, s.x ** (2 * s.y)),
    "triangular sum": lambda s: (
        s.sum(sp.Sum(s.a[s.j], (s.j, 1, s.k)), s.k),
        s.sum((s.K + 1 - s.j) * s.a[s.j], s.j),
    ),
    "range from one size to another": lambda s: (
        sp.Sum(s.a[s.k], (s.k, s.N, s.K)),
        sp.Sum(s.a[s.j], (s.j, s.N, s.K)),
    ),
    "range that could run backwards": lambda s: (
        sp.Sum(s.a[s.k], (s.k, 3, s.K)),
        s.sum(s.a[s.k], s.k) - s.a[1] - s.a[2],
    ),
    "range too short by two": lambda s: (
        sp.Sum(s.a[s.k], (s.k, 1, s.K - 2)),
        s.sum(s.a[s.k], s.k) - s.a[s.K] - s.a[s.K - 1],
    ),
    "double range": lambda s: (sp.Sum(s.c, (s.k, 1, 2 * s.K)), 2 * s.K * s.c),
    "product of what may be negative": lambda s: (
        s.prod(s.z[s.k] * s.v[s.k], s.k),
        s.prod(s.z[s.k], s.k) * s.prod(s.v[s.k], s.k),
    ),
    "product of brackets": lambda s: (
        s.prod(iverson(s.k, s.j), s.k),
        s.prod(iverson(s.j, s.k), s.k) + 0,
    ),
    "high powers": lambda s: ((s.x + 1) ** 40, ((s.x + 1) ** 20) ** 2 + s.x - s.x),
}


@pytest.mark.parametrize("name", EQUAL)
def test_proved(name, everything):
    """Each equality is proved for all sizes; numbers agree; and it survives as a step."""
    left, right = map(sp.sympify, EQUAL[name](everything))
    context = everything.context
    assert Prover(context).equal(left, right)
    assert Prover(context).equal(right, left)
    assert Derivation(left, context).step(right, name).general


@pytest.mark.parametrize("name", EQUAL)
def test_a_term_more_is_not_proved(name, everything):
    """The prover does not say yes to everything."""
    left, right = map(sp.sympify, EQUAL[name](everything))
    for wrong in (right + 1, 2 * right + everything.c, right + everything.a[everything.k]):
        assert not Prover(everything.context).equal(left, wrong)
        assert not Prover(everything.context).equal(wrong, left)


UNEQUAL = {
    "a root": lambda s: (sp.sqrt(s.c) / (s.c + 1), s.c / (s.c + 1)),
    "a half": lambda s: (s.c / (2 * s.c + 2), s.c / (s.c + 1)),
    "a root under a sum": lambda s: (
        s.sum(sp.sqrt(s.a[s.k]) / (s.a[s.k] + 1), s.k),
        s.sum(s.a[s.k] / (s.a[s.k] + 1), s.k),
    ),
    "a negative sum": lambda s: (
        s.sum(s.p[s.k] * s.a[s.k] / (s.a[s.k] + 1), s.k) + s.sum(s.p[s.k] / (s.a[s.k] + 1), s.k),
        sp.Integer(-1),
    ),
    "another range": lambda s: (
        s.sum(s.a[s.k] * s.c / (s.c + 1), s.k) + s.sum(s.d[s.n] / (s.c + 1), s.n),
        s.sum(s.a[s.k], s.k),
    ),
}


@pytest.mark.parametrize("name", UNEQUAL)
def test_what_differs_in_a_number_only_is_not_proved(name, everything):
    left, right = UNEQUAL[name](everything)
    assert not Prover(everything.context).equal(left, right)
    assert find_counterexample(left, right, everything.context) is not None


@pytest.mark.parametrize("name", UNDECIDED)
def test_left_undecided(name, everything):
    """Never proved; where the two sides are truly equal the step is called undecided."""
    left, right = map(sp.sympify, UNDECIDED[name](everything))
    prover = Prover(everything.context)
    if left == right:  # the sides are one expression: only its normal form is in question
        with pytest.raises(Undecided):
            prover.normal(left)
        return
    try:
        assert not prover.equal(left, right)
    except Undecided:
        pass
    with pytest.raises((UndecidedStep, RefutedStep)) as caught:
        Derivation(left, everything.context).step(right, "why")
    # With runs that go backwards the claim is false for the smallest sizes.
    assert isinstance(caught.value, RefutedStep) == (
        find_counterexample(left, right, everything.context) is not None
    )


@pytest.mark.parametrize("name", EQUAL)
def test_normal_forms_can_be_read(name, everything):
    """Written as an expression again, a normal form is equal to where it came from."""
    context, prover = everything.context, Prover(everything.context)
    for side in map(sp.sympify, EQUAL[name](everything)):
        written = to_sympy(prover.normal(side), context)
        if not written.has(sp.Function("f")):
            assert find_counterexample(side, written, context) is None
        break  # the other side of a definition would declare it twice


def test_a_normal_form_of_one_name_is_that_name(everything_once):
    """Also with what sympy knows of its sign."""
    s = everything_once
    prover = Prover(s.context)
    for term in (
        *(s.p[s.k], s.w[s.k], s.z[s.k], s.W[s.k, s.m], s.a[s.X[s.n]]),
        *(
            s.f(s.k, s.x),
            s.g(s.x + s.y),
            s.g(s.z[s.k]),
            factorial(s.c),
            log(s.c),
            exp(s.x),
            s.c,
            s.K,
        ),
        *(iverson(s.k, s.j), 1 / (s.c + 1)),
    ):
        written = to_sympy(prover.normalizer.unchecked(term), s.context)
        assert written == term
        assert written.is_positive == term.is_positive


# Forms of one expression that are brought to one normal form, without any cancelling.
ONE_FORM = {
    "a real factor of a denominator": lambda s: [1 / (s.x * s.c + s.x), 1 / s.x / (s.c + 1)],
    "the sign of a denominator": lambda s: [1 / (-s.y - s.c), -1 / (s.y + s.c)],
    "a denominator that is a fraction": lambda s: [
        1 / (1 / (s.c + 1) - s.c / (s.c + 1) ** 2),
        (s.c + 1) ** 2,
    ],
    "terms over their sum, whose factor 3 shows behind fractions": lambda s: [
        s.sum(s.a[s.k] / s.sum(s.a[s.j], s.j), s.k) / (1 / (s.c + 1) + (2 - s.c) / (s.c + 1) ** 2),
        (s.c + 1) ** 2 / 3,
    ],
    "the same with the sum among the fractions": lambda s: [
        s.sum(
            s.a[s.k]
            / (
                s.sum(s.a[s.j], s.j) / (s.c + 1)
                + 2 * s.sum(s.a[s.j], s.j) / (s.c + 1) ** 2
                - s.c * s.sum(s.a[s.j], s.j) / (s.c + 1) ** 2
            ),
            s.k,
        ),
        (s.c + 1) ** 2 / 3,
    ],
    "a total beside other members": lambda s: [
        s.sum(s.a[s.j] * s.p[s.k], s.k, s.j),
        s.sum(s.a[s.j], s.j),
    ],
    "a total beside one that is not summed": lambda s: [s.sum(s.p[s.j] * s.q[s.k], s.k), s.p[s.j]],
    "a total beside a square": lambda s: [s.sum(s.p[s.j] ** 2 * s.q[s.k], s.k), s.p[s.j] ** 2],
    "a total beside a weighted mean": lambda s: [
        s.sum(s.p[s.k] * s.a[s.k] * s.q[s.l], s.k, s.l),
        s.sum(s.p[s.k] * s.a[s.k], s.k),
    ],
    "a total beside a row outside its range": lambda s: [
        s.sum(s.R[s.K + 1, s.m] * s.p[s.k], s.m, s.k),
        s.sum(s.R[s.K + 1, s.m], s.m),
    ],
    "terms over their sum and another": lambda s: [
        s.sum(s.a[s.k], s.k) / (s.sum(s.a[s.j] + s.b[s.j], s.j) * s.sum(s.a[s.j], s.j)),
        1 / s.sum(s.a[s.j] + s.b[s.j], s.j),
    ],
    "terms over their sum beside another range": lambda s: [
        s.sum(s.a[s.k] / s.sum(s.a[s.j], s.j) * s.sum(s.d[s.n], s.n), s.k),
        s.sum(s.d[s.n], s.n),
    ],
    "a factorial six steps up": lambda s: [
        factorial(s.N + 6),
        sp.Mul(*(s.N + i for i in range(1, 7))) * factorial(s.N),
    ],
}


@pytest.mark.parametrize("name", ONE_FORM)
def test_one_normal_form(name, everything_once):
    """It is not that of anything else."""
    one, other = ONE_FORM[name](everything_once)
    normal = Prover(everything_once.context).normal
    assert normal(one) == normal(other)
    assert normal(one) != normal(2 * other)
    assert normal(one) != one


def test_factorials_are_computed_up_to_a_limit(everything_once):
    """Beyond, and between whole numbers, they keep their form."""
    s, one = (
        everything_once,
        everything_once.sum(everything_once.p[everything_once.k], everything_once.k),
    )
    normal = Prover(s.context).normal
    for number in range(MAX_POINT + 1):
        assert normal(factorial(number * one)).constant() == math.factorial(number)
    for kept in (MAX_POINT + 1, sp.Rational(1, 2), -1):
        assert normal(factorial(kept * one)).constant() is None


def test_a_factorial_steps_down_only_where_a_number_is_added(everything):
    """t! is not t (t - 1)!, though t - 1 is positive for 2 < t < 3."""
    context = everything.context
    between = context.scalar("T", between=(2, 3))
    assert to_sympy(Prover(context).normal(factorial(between)), context) == factorial(between)


def test_positive_factors_leave_roots_and_logarithms(everything):
    """Also where the first term, as in T - 1 with 2 < T < 3, is negative."""
    s, rest = everything, everything.context.scalar("T", between=(2, 3)) - 1
    normal = Prover(s.context).normal
    for order in (2, 3):
        root = sp.Rational(1, order)
        assert normal(sp.expand(s.c**order * rest) ** root) == normal(s.c * rest**root)
    assert normal(log(sp.expand(s.a[s.k] * rest))) == normal(log(s.a[s.k]) + log(rest))


def test_what_may_be_negative_is_not_split_even_if_the_product_is_positive(everything_once):
    """sqrt(z v) is not sqrt(z) sqrt(v) where both are negative; nor is it so for logarithms."""
    s = everything_once
    prover = Prover(s.context)
    rules, product = prover.normalizer.rules, prover.normal(s.z[s.k] * s.v[s.k])
    rules.is_positive = lambda poly: True
    words = "^a root of a product whose factors may be negative$"
    with pytest.raises(Undecided, match=words):
        rules.power(product, Fraction(1, 2))
    assert to_sympy(rules.log(product), s.context) == log(s.z[s.k] * s.v[s.k])


def test_normal_forms_are_canonical(everything):
    """Names of binders and the order of writing do not show."""
    s, prover = everything, Prover(everything.context)
    forms = {
        prover.normal(expression)
        for expression in (
            s.sum(s.a[s.k] * s.W[s.k, s.m] * s.b[s.j], s.k, s.m, s.j),
            s.sum(s.b[s.k] * s.W[s.i, s.h] * s.a[s.i], s.h, s.k, s.i),
            s.sum(s.b[s.j], s.j) * s.sum(s.a[s.l] * s.sum(s.W[s.l, s.m], s.m), s.l),
        )
    }
    assert len(forms) == 1
    assert len({hash(form) for form in forms}) == 1


def test_what_all_terms_share_stands_outside_a_denominator(everything_once):
    """Numbers and names of either sign, each to the lowest power."""
    s = everything_once
    prover = Prover(s.context)
    a, b = s.a[s.k], s.b[s.k]
    for whole, shared, rest in (
        (2 * s.c * a + 2 * s.c * b, 2 * s.c, a + b),
        (s.x * a - s.x * b, s.x, a - b),
        (s.x**3 * a + s.x**2 * b, s.x**2, s.x * a + b),
        (a / s.x + b / s.x**2, 1 / s.x**2, s.x * a + b),
    ):
        assert prover.normal(1 / whole) == prover.normal(1 / shared * 1 / rest)


# ---------------------------------------------------------------- where normal forms end


def test_sums_that_may_be_empty_do_not_cancel():
    """Σ over 2..K of 1/(K - 1) is 1 for K >= 2 and 0 for K = 1."""
    context = Context()
    N, K = context.size("N"), context.size("K")
    n, k = context.index("n", N), context.index("k", K)
    prover = Prover(context)
    for claim in (
        sp.Sum(1 / (K - 1), (k, 2, K)),
        sp.Sum(1 / (K - 1), (k, 1, K - 1)),
        sp.Sum(1 / (K + N - 2), (k, 2, K)) + sp.Sum(1 / (K + N - 2), (n, 2, N)),
        sp.Sum(sp.Sum(1 / (K - 1), (n, 1, N)), (k, 2, K)) / N,
        sp.Sum(1 / sp.Sum(1, (n, 2, N)), (n, 1, N - 1)),
    ):
        try:
            assert not prover.equal(claim, sp.Integer(1)), claim
        except Undecided:
            pass
        with pytest.raises(RefutedStep):
            Derivation(claim, context).step(1, "as many terms as the denominator says")


def test_labels_do_not_sift_themselves(everything):
    """[X_k = k] keeps no single term: the place to keep depends on k."""
    s, prover = everything, Prover(everything.context)
    for body in (
        iverson(s.Y[s.k], s.k),
        iverson(s.Y[s.Y[s.k]], s.k),
        iverson(s.Y[s.k], s.k) * s.a[s.k],
        iverson(s.Y[s.k] + 1, s.k),
        iverson(2 * s.k, s.k + 1),
    ):
        total = s.sum(body, s.k)
        for claim in (sp.Integer(1), s.a[s.k], s.a[s.Y[s.k]], sp.Integer(0)):
            try:
                assert not prover.equal(total, claim), (total, claim)
            except Undecided:
                pass


def test_a_name_like_a_built_in_function_has_its_own_sign():
    """A real family named after the factorial is not positive."""
    context = Context()
    K = context.size("K")
    k = context.index("k", K)
    real = context.family("factorial", K)
    with pytest.raises(UndecidedStep):
        Derivation(sp.log(real[k] ** 2), context).step(2 * sp.log(real[k]), "split")


def test_a_function_of_unknowns_is_read_back(everything_once):
    """As the normal form that it was made from, sums and denominators included."""
    s = everything_once
    prover = Prover(s.context)
    total = s.sum(s.a[s.j], s.j)
    for expression in (
        sp.Rational(2, 3) * s.c * total + total**2 * s.sum(s.b[s.j], s.j),
        s.x * sp.sqrt(s.c) / (s.c + total) ** 2 - log(total + 1),
        s.sum(s.a[s.k] * log(s.b[s.k]), s.k) / sp.sqrt(total),
    ):
        cancellation, form = Cancellation(prover.normalizer.rules), prover.normal(expression)
        assert cancellation.poly(cancellation.rational(form)) == form


def test_sums_that_cannot_be_brought_together_stay_apart(everything, monkeypatch):
    """As where too many terms would arise: then it is undecided, and nothing is raised."""
    s, prover = everything, Prover(everything.context)
    parts = s.sum(s.a[s.k] / (s.a[s.k] + 1), s.k) + s.sum(1 / (s.a[s.j] + 1), s.j)
    assert prover.equal(parts, s.K)

    def too_long(*_):
        raise Undecided("the product has too many terms")

    monkeypatch.setattr(Cancellation, "poly", too_long)
    assert not prover.equal(parts, s.K)


def test_quotients_of_sums_do_not_raise(everything):
    """What cannot be cancelled is not equal, and no other error appears."""
    s, prover = everything, Prover(everything.context)
    total = s.sum(s.a[s.j], s.j)
    pairs = [
        (s.sum(s.a[s.k], s.k) / s.sum(s.b[s.k], s.k), s.sum(s.a[s.k] / s.b[s.k], s.k)),
        (s.sum(s.a[s.k] * sp.sqrt(total + s.c), s.k), s.sum(s.b[s.k] * sp.sqrt(total + s.c), s.k)),
        (s.sum(s.a[s.k] / (total + s.c), s.k), s.sum(s.b[s.k] / (total + s.c) / s.a[s.k], s.k)),
        (s.sum(s.a[s.k] ** s.x / total, s.k), s.sum(s.b[s.k] ** s.x / total, s.k)),
    ]
    for left, right in pairs:
        assert not prover.equal(left, right)


def test_two_negative_numbers_have_no_logarithms(everything):
    """Their product has one, which does not split, and neither does its root."""
    s = everything
    one, other = (s.context.scalar(name, between=(-2, -1)) for name in ("b_1", "b_2"))
    prover = Prover(s.context)
    assert prover.is_positive(one * other)
    assert not prover.equal(log(one * other), log(one) + log(other))
    with pytest.raises(Undecided, match=r"^a root of a product whose factors may be negative$"):
        prover.normal(sp.sqrt(one * other))


def test_very_long_expressions_are_undecided(everything):
    """Limits on the size of normal forms end in words, not in a long wait."""
    s = everything
    long = sp.Mul(*(s.x + i * s.y + s.z[i] for i in range(1, 15)))
    with pytest.raises(Undecided, match=r"^the product has too many terms$"):
        Prover(s.context).normal(long)
    deep = s.x
    for _ in range(400):
        deep = sp.exp(deep + s.y)
    with pytest.raises(DeclarationError, match="nested more than 40 deep"):
        Prover(s.context).normal(deep)
    step = s.context.define("d_0", s.k, sp.exp(s.a[s.k]))
    for number in range(1, 300):
        step = s.context.define(f"d_{number}", s.k, sp.exp(step[s.k] + s.a[s.k]))
    with pytest.raises(Undecided, match=r"^an expression is nested too deeply$"):
        Prover(s.context).normal(step[s.k])


def test_as_many_terms_as_the_limit_says(everything_once, monkeypatch):
    """And not one more."""
    s = everything_once
    monkeypatch.setattr("crossent.symbolic.reduction.MAX_TERMS", 4)
    normal = Prover(s.context).normal
    assert len(normal((s.x + 1) * (s.y + 1)).terms) == 4
    with pytest.raises(Undecided, match="too many terms"):
        normal((s.x + 1) * (s.y + s.c + 1))


# What is left undecided, and the words that say why.
REASONS = {
    "an unknown function": (lambda s: sp.sin(s.x), r"^sin\(x\) has no normal form$"),
    "a derivative of an unknown function": (
        lambda s: Partial(s.g(s.x), s.x),
        r"^no rule to differentiate g\(x\) with respect to x$",
    ),
    "a high power": (
        lambda s: s.x ** (MAX_POWER + 1),
        rf"^x\*\*{MAX_POWER + 1} has a power above {MAX_POWER}$",
    ),
    "a fraction as an index": (lambda s: s.a[s.k / 2 + s.x], "cannot be read as an index$"),
    "a range to another symbol": (
        lambda s: sp.Sum(s.a[s.k], (s.k, 1, s.n)),
        r"^the range 1\.\.n is neither 1\.\.size nor close to it$",
    ),
    "a range from a symbol": (
        lambda s: sp.Sum(s.a[s.k], (s.k, s.n, s.K)),
        r"^the range n\.\.K is neither 1\.\.size nor close to it$",
    ),
    "a long range": (
        lambda s: sp.Sum(s.a[s.k], (s.k, 1, MAX_POINTS + 1)),
        rf"^the range 1\.\.{MAX_POINTS + 1} runs backwards or is too long$",
    ),
    "a backward range": (
        lambda s: sp.Sum(s.a[s.k], (s.k, 4, 2)),
        r"^the range 4\.\.2 runs backwards or is too long$",
    ),
    "a range that may be empty": (
        lambda s: sp.Sum(1 / (s.K - 1), (s.k, 2, s.K)),
        r"^1/\(K - 1\), over a range that may be empty, may divide by zero$",
    ),
    "a denominator inside, over a range that may be empty": (
        lambda s: sp.Sum(exp(1 / (s.K - 1)), (s.k, 1, s.K - 1)),
        r"^exp\(1/\(K - 1\)\), over a range that may be empty, may divide by zero$",
    ),
    "a real number as an index": (
        lambda s: s.a[s.z[s.k]],
        r"^z\[k\] cannot be read as an index$",
    ),
    "a product of real numbers": (
        lambda s: s.prod(s.z[s.k], s.k),
        r"^z\[k\] is not known to be positive$",
    ),
    "a quotient in the argument of a function": (
        lambda s: sp.Sum(s.g(1 / (s.K - 1)), (s.k, 2, s.K)),
        r"^g\(1/\(K - 1\)\), over a range that may be empty, may divide by zero$",
    ),
    "a quotient in an exponential": (
        lambda s: sp.Sum(exp(1 / (s.K - 1)), (s.k, 2, s.K)),
        r"^exp\(1/\(K - 1\)\), over a range that may be empty, may divide by zero$",
    ),
    "a logarithm of zero": (
        lambda s: log(s.sum(s.p[s.k], s.k) - 1),
        "^the logarithm of 0$",
    ),
    "a logarithm of a negative number": (
        lambda s: log(1 - 3 * s.sum(s.p[s.k], s.k)),
        "^the logarithm of -2$",
    ),
    "an exponential of a logarithm": (
        lambda s: exp(log(s.x) * s.sum(s.p[s.k], s.k)),
        "^the argument of a logarithm is not known to be positive$",
    ),
    "zero below, behind fractions": (
        lambda s: 1 / (1 / (s.c + 1) + s.c / (s.c + 1) - 1),
        "^zero stands in a denominator$",
    ),
    "a real base": (lambda s: s.x**s.y, "^x is not known to be positive$"),
    "zero below": (lambda s: 1 / (s.sum(s.p[s.k], s.k) - 1), "^zero stands in a denominator$"),
    "a root of a real number": (
        lambda s: sp.sqrt(s.x + 1),
        "^a root of something that may be negative$",
    ),
    "a bracket below": (
        lambda s: 1 / iverson(s.k, s.j),
        "^an Iverson bracket stands in a denominator$",
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_what_is_undecided_is_said(name, everything_once):
    expression, words = REASONS[name]
    with pytest.raises(Undecided, match=words):
        Prover(everything_once.context).normalizer.unchecked(expression(everything_once))


@pytest.mark.parametrize("low", range(1, 5))
@pytest.mark.parametrize("shift", range(-3, 4))
def test_ranges_close_to_a_size(low, shift, everything_once):
    """1..size with single places added and taken away, for every size, or undecided."""
    size = everything_once.K
    split = Prover(everything_once.context).normalizer.split_range
    if any(K + shift < low - 1 for K in range(1, 9)):  # runs backwards for a small size
        with pytest.raises(Undecided, match="could run backwards"):
            split(sp.Integer(low), size + shift)
        return
    found, plus, minus = split(sp.Integer(low), size + shift)
    assert found is size
    for K in range(1, 9):
        places = Counter(range(1, K + 1))
        places.update(int(place.subs(size, K)) for place in plus)
        places.subtract(int(place.subs(size, K)) for place in minus)
        assert +places == Counter(range(low, K + shift + 1))
        assert not -places


@pytest.mark.parametrize(("low", "high"), [(1, 0), (1, 1), (2, 5), (3, 2), (1, MAX_POINTS)])
def test_ranges_of_numbers(low, high, everything_once):
    size, plus, minus = Prover(everything_once.context).normalizer.split_range(
        sp.Integer(low), sp.Integer(high)
    )
    assert (size, plus, minus) == (None, list(range(low, high + 1)), [])


FOLDED = {
    "terms over their sum": lambda s: (s.sum(s.a[s.k] / s.sum(s.a[s.j], s.j), s.k), 1),
    "terms over twice their sum": lambda s: (
        s.sum(s.a[s.k] / s.sum(2 * s.a[s.j], s.j), s.k),
        sp.Rational(1, 2),
    ),
    "products over their sum": lambda s: (
        s.sum(s.a[s.k] * s.b[s.k] / s.sum(s.a[s.j] * s.b[s.j], s.j), s.k),
        1,
    ),
    "double sums": lambda s: (
        s.sum(
            s.a[s.k] ** 2 * s.W[s.k, s.m] / s.sum(s.a[s.j] ** 2 * s.W[s.j, s.h], s.j, s.h),
            s.k,
            s.m,
        ),
        1,
    ),
    "beside another sum": lambda s: (
        s.sum(s.a[s.k] * s.p[s.l] / s.sum(s.a[s.j], s.j), s.k, s.l),
        1,
    ),
    "one power of two": lambda s: (
        s.sum(s.a[s.k], s.k) * s.sum(s.a[s.k] / s.sum(s.a[s.j], s.j) ** 2, s.k),
        1,
    ),
}


@pytest.mark.parametrize("name", FOLDED)
def test_a_sum_cancels_against_the_terms_it_sums(name, everything_once):
    """In the normal form already, before any fraction is cancelled."""
    expression, value = FOLDED[name](everything_once)
    normal = Prover(everything_once.context).normal(expression)
    assert normal.constant() == value


def test_which_indices_lie_in_a_range(everything_once):
    """Indices, sizes, labels and 1; a label lies where its values do, if its own index does."""
    s = everything_once
    in_range = Prover(s.context).normalizer.rules.in_range
    bound = sp.Dummy("bound")
    inside = [(s.k, s.K), (s.n, s.N), (s.K, s.K), (s.X[s.n], s.K), (s.Y[s.k], s.K)]
    inside += [(s.Y[s.Y[s.k]], s.K), (sp.Integer(1), s.M), (bound, s.M)]
    outside = [(s.k, s.N), (s.K, s.N), (s.X[s.n], s.N), (s.X[s.k], s.K), (s.X[s.n], s.M)]
    outside += [(s.X[s.Y[s.k]], s.K), (sp.Integer(2), s.M), (s.k + 1, s.K), (bound, s.K)]
    for term, size in inside:
        assert in_range(term, size, {bound: s.M}), (term, size)
    for term, size in outside:
        assert not in_range(term, size, {bound: s.M}), (term, size)

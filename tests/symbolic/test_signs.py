"""Signs that may be read off, and what vanishes by hypothesis; "no" means "not shown"."""

import pytest
import sympy as sp

from crossent.symbolic import Partial, Phi, iverson
from crossent.symbolic.normal import MAX_POWER
from crossent.symbolic.prover import Prover
from crossent.symbolic.refuter import Undefined, find_counterexample
from crossent.symbolic.signs import Signs

log, exp = sp.log, sp.exp
HALVES = (sp.Rational(1, 2), sp.Rational(3, 2))

POSITIVE = {
    "declared": lambda s: s.c,
    "size": lambda s: s.N,
    "index": lambda s: s.k,
    "label": lambda s: s.X[s.n],
    "member": lambda s: s.a[s.k],
    "value of a function": lambda s: s.f(s.k, s.x),
    "exponential": lambda s: exp(s.x),
    "product": lambda s: s.c * s.a[s.k] / s.N,
    "sum": lambda s: s.sum(s.a[s.k], s.k),
    "product over a range": lambda s: s.prod(s.a[s.k], s.k),
    "between its ends": lambda s: 1 - s.t,
    "mixture": lambda s: s.t * s.a[s.k] + (1 - s.t) * s.b[s.k],
    "between other ends": lambda s: 2 * s.context.scalar("b_1", between=HALVES) - 1,
    "between its ends, beside what depends on it": lambda s: exp(s.t) + 1 - s.t * exp(s.t),
    "curved between its ends, but for a factor": lambda s: s.t - s.t**2,
    "logarithm of two": lambda s: s.c * log(2),
    "mixture of sums": lambda s: s.sum(s.t * s.a[s.k] + (1 - s.t) * s.b[s.k], s.k),
    "mixture with a common factor": lambda s: s.c * s.a[s.k] - s.c * s.t * s.a[s.k],
    "definition": lambda s: s.s[s.k],
    "power": lambda s: s.c**s.x,
    "root": lambda s: sp.sqrt(s.c),
    "total": lambda s: s.sum(s.R[s.k, s.m], s.m),
    "factorial": lambda s: sp.factorial(s.N),
    "difference that cancels": lambda s: s.x + s.c - s.x,
}
NONNEGATIVE = {
    "zero": lambda s: sp.Integer(0),
    "declared": lambda s: s.e,
    "member": lambda s: s.w[s.k],
    "square": lambda s: s.x**2,
    "even power": lambda s: s.x**4 * s.e,
    "square of a sum": lambda s: (s.x - s.sum(s.z[s.k], s.k)) ** 2,
    "sum of squares": lambda s: s.sum(s.p[s.k] * s.z[s.k] ** 2, s.k),
    "sum over part of the range": lambda s: sp.Sum(s.w[s.k], (s.k, 2, s.K)),
    "φ": lambda s: Phi(s.c),
    "weighted φ": lambda s: s.sum(s.w[s.k] * Phi(s.a[s.k] / s.b[s.k]), s.k),
    "bracket": lambda s: iverson(s.k, s.j),
    "bracket times member": lambda s: iverson(s.k, s.j) * s.w[s.k] / s.N,
    "declared bound": lambda s: 1 - s.sum(s.u[s.k], s.k),
    "declared bound and more": lambda s: 1 - s.sum(s.u[s.j], s.j) + s.x**2 + s.c,
    "product of nonnegative members": lambda s: s.prod(s.w[s.k], s.k),
    "definition": lambda s: s.phat[s.k],
    "value of a function": lambda s: s.context.function("F", s.K, None, sign="nonnegative")(
        s.k, s.x
    ),
    "sum of nonnegative numbers": lambda s: s.w[s.k] + s.e + s.x**2,
    "square beside what is positive together": lambda s: s.x**2 + 1 - s.t,
    "index past its range": lambda s: sp.Sum(s.k * s.w[s.k], (s.k, 1, s.K + 1)),
    "even power past the range": lambda s: sp.Sum(s.x ** (2 * s.k), (s.k, 1, s.K + 1)),
    "unknown power of what is positive": lambda s: s.c ** sp.Sum(s.z[s.j], (s.j, 1, s.k)),
}
NOT_SHOWN = {
    "real": lambda s: s.x,
    "negative": lambda s: -s.c,
    "negative number": lambda s: sp.Integer(-1),
    "negated φ": lambda s: -Phi(s.c),
    "φ of what may be negative": lambda s: Phi(s.x),
    "φ of what may be zero": lambda s: Phi(s.w[s.k]),
    "odd power": lambda s: s.x**3,
    "member": lambda s: s.z[s.k],
    "sum": lambda s: s.sum(s.z[s.k], s.k),
    "logarithm": lambda s: log(s.c),
    "difference": lambda s: s.c - s.t,
    "difference of squares": lambda s: s.x**2 - s.y**2,
    "one less a size": lambda s: 1 - s.N,
    "two less a number between 0 and 1, the wrong way": lambda s: s.t - 2,
    "between the whole parts of its ends": lambda s: (
        s.context.scalar("b_1", between=HALVES) - sp.Rational(3, 4)
    ),
    "curved between its ends": lambda s: s.t**2 - s.t + sp.Rational(1, 5),
    "between its ends, beside what is negative": lambda s: s.x + 1 - s.t,
    "beyond the bound": lambda s: s.sum(s.u[s.k], s.k) - 1,
    "half the bound": lambda s: sp.Rational(1, 2) - s.sum(s.u[s.k], s.k),
    "bound of another sum": lambda s: 1 - s.sum(s.w[s.k], s.k),
    "bound of a longer sum": lambda s: 1 - sp.Sum(s.u[s.k], (s.k, 1, s.K + 1)),
    "bound of a sum over another range": lambda s: 1 - sp.Sum(s.u[s.k], (s.k, 1, s.N)),
    "total of a row outside its range": lambda s: sp.Sum(s.R[s.K + 1, s.m], (s.m, 1, s.M)),
    "total of rows beyond their range": lambda s: sp.Sum(
        2 * sp.Sum(s.R[s.k, s.m], (s.m, 1, s.M)), (s.k, 1, s.K + 1)
    ),
    "total of rows over another range": lambda s: sp.Sum(
        2 * sp.Sum(s.R[s.k, s.m], (s.m, 1, s.M)), (s.k, 1, s.N)
    ),
    "sum of one number less": lambda s: s.sum(s.k - 2, s.k),
    "hidden negative": lambda s: s.c * s.sum(-s.a[s.k], s.k),
    "product of negatives": lambda s: s.prod(-s.a[s.k], s.k),
}


@pytest.fixture
def signs(everything):
    """Sign judgements about everything."""
    return Signs(Prover(everything.context))


def never_below_zero(expression, context):
    """Whether no draw makes it negative."""
    return find_counterexample(expression, sp.Integer(0), context, relation=">=") is None


@pytest.mark.parametrize("name", POSITIVE)
def test_positive(name, everything, signs):
    """Each is positive, hence nonnegative, and its negative is not."""
    expression = POSITIVE[name](everything)
    assert signs.is_positive(expression)
    assert signs.is_nonnegative(expression)
    assert not signs.is_positive(-expression)
    assert not signs.is_nonnegative(-expression)
    assert never_below_zero(expression, everything.context)


@pytest.mark.parametrize("name", NONNEGATIVE)
def test_nonnegative(name, everything, signs):
    """Each may be zero, or is not shown to be more, so it is not positive."""
    expression = NONNEGATIVE[name](everything)
    assert signs.is_nonnegative(expression)
    assert not signs.is_positive(expression)
    assert never_below_zero(expression, everything.context)


@pytest.mark.parametrize("name", NOT_SHOWN)
def test_not_shown(name, everything, signs):
    """Each is negative somewhere, or it cannot be told."""
    expression = NOT_SHOWN[name](everything)
    assert not signs.is_nonnegative(expression)
    assert not signs.is_positive(expression)


def test_a_bound_without_a_normal_form_hides_no_other(everything):
    """The bounds are tried in the order in which they were declared."""
    s = everything
    s.context.family("B", s.K, sign="nonnegative", at_most=s.c ** (MAX_POWER + 1))
    last = s.context.family("C", s.K, sign="nonnegative", at_most=2)
    assert Signs(Prover(s.context)).is_nonnegative(2 - s.sum(last[s.k], s.k))


def test_weights_with_a_positive_total(everything):
    """Nonnegative weights with total 1 have a positive mean; the trace of such rows has not."""
    s = everything
    weights = s.context.family("P", s.K, sign="nonnegative", total=1)
    rows = s.context.family("Q", s.K, s.K, sign="nonnegative", total=1)
    signs = Signs(Prover(s.context))
    assert signs.is_positive(s.sum(weights[s.k] * s.a[s.k], s.k))
    assert signs.is_positive(s.sum(rows[s.j, s.k] * s.a[s.k], s.k))
    for not_positive in (
        s.sum(rows[s.k, s.k], s.k),  # a permutation without a fixed point
        s.sum(rows[s.k, s.j], s.k),  # a column
        s.sum(weights[s.k] ** 2 * s.w[s.k], s.k),
        s.sum(weights[s.k] * rows[s.k, s.j], s.k),
        s.sum(weights[s.k] * iverson(s.k, s.j), s.k),
        sp.Sum(weights[s.k], (s.k, 1, s.K - 1)),
        sp.Sum(weights[s.k], (s.k, 2, s.K)),
        sp.Sum(weights[s.n], (s.n, 1, s.N)),
        weights[s.k],
    ):
        assert not signs.is_positive(not_positive), not_positive


def test_signs_of_random_expressions_agree_with_numbers(everything_once, randomly):
    """Whatever is said to be positive or nonnegative is never seen to be negative."""
    import random

    setting = everything_once
    rng = random.Random(23)
    maker, signs = randomly.Maker(setting, rng), Signs(Prover(setting.context))
    said = 0
    for _ in range(250):
        expression = maker.expression(rng.choice([2, 3, 4]))
        if randomly.cost(expression, setting.context) > 150:
            continue
        if signs.is_positive(expression) or signs.is_nonnegative(expression):
            said += 1
            try:
                assert never_below_zero(expression, setting.context), expression
            except Undefined:
                continue
    assert said > 50


def test_numbers_are_compared_exactly(everything, signs):
    """A number that sympy cannot compare is not shown, and nothing is raised."""
    for number in (log(9) - 2 * log(3), sp.sqrt(2) - 2, log(2) - 1):
        assert not signs.is_nonnegative(number)
    assert signs.is_positive(sp.Rational(1, 3))


# ---------------------------------------------------------------- hypotheses

VANISHING = {
    "zero": lambda s: sp.Integer(0),
    "hypothesis": lambda s: s.gap,
    "multiple": lambda s: -3 * s.x * s.gap,
    "over a positive number": lambda s: s.gap / s.c,
    "for one index": lambda s: s.slack[s.j],
    "for another name of the index": lambda s: s.slack[s.k],
    "sum of multiples": lambda s: s.x * s.gap + s.q[s.j] * s.stationary[s.j],
    "summed": lambda s: s.sum(s.q[s.j] * s.stationary[s.j], s.j),
    "summed over part of the range": lambda s: sp.Sum(s.slack[s.j], (s.j, 2, s.K)),
    "summed up to the last but one": lambda s: sp.Sum(s.slack[s.j], (s.j, 1, s.K - 1)),
    "times a square": lambda s: s.gap * s.x**2,
    "times a sum": lambda s: s.gap * s.sum(s.r[s.k], s.k),
    "times an exponential": lambda s: s.gap * exp(s.x),
    "times a logarithm of a positive number": lambda s: s.gap * log(s.c),
}
NOT_VANISHING = {
    "number": lambda s: sp.Integer(1),
    "undeclared zero": lambda s: s.x,
    "body of a hypothesis": lambda s: s.multiplier - 1,
    "square": lambda s: s.gap**2 + s.x**2,
    "sum with something else": lambda s: s.gap + s.c,
    "quotient by the same": lambda s: s.gap / (s.multiplier - 1),
    "quotient by what may be zero": lambda s: s.slack[s.j] / s.q[s.j],
    "quotient by a sum that may be zero": lambda s: s.gap / s.sum(s.mu[s.j], s.j),
    "quotient hidden in a power": lambda s: s.gap * s.x**-3,
    "quotient hidden in an exponential": lambda s: s.gap * exp(1 / s.x),
    "quotient hidden in a sum": lambda s: s.gap * s.sum(1 / s.mu[s.j], s.j),
    "quotient hidden in a product": lambda s: s.gap * s.prod(1 / s.mu[s.j], s.j),
    "quotient hidden in a definition": lambda s: s.gap * s.context.define("D", (), 1 / s.x),
    "logarithm of what may be zero": lambda s: s.gap * log(s.q[s.j]),
    "logarithm in φ": lambda s: s.gap * Phi(s.q[s.j]),
    "real exponent of what may be zero": lambda s: s.slack[s.j] * s.q[s.j] ** s.x,
    "derivative": lambda s: s.gap * Partial(s.x, s.x),
    "factorial": lambda s: s.gap * sp.factorial(s.x),
    "outside its range": lambda s: s.slack[s.K + 1],
    "index of another range": lambda s: s.slack[s.n],
    "summed past its range": lambda s: sp.Sum(s.slack[s.j], (s.j, 1, s.K + 1)),
    "summed over another range": lambda s: sp.Sum(s.slack[s.j], (s.j, 1, s.N)),
    "product over the range": lambda s: s.prod(1 + s.slack[s.j], s.j),
    "exponential": lambda s: exp(s.gap),
    "bracket": lambda s: iverson(s.k, s.j),
}


@pytest.mark.parametrize("name", VANISHING)
def test_what_vanishes(name, optimum):
    """Multiples of hypotheses, and their sums."""
    assert Signs(Prover(optimum.context)).vanishes(VANISHING[name](optimum))


@pytest.mark.parametrize("name", NOT_VANISHING)
def test_what_does_not_vanish(name, optimum):
    """Anything else, above all what divides by something that may be zero."""
    assert not Signs(Prover(optimum.context)).vanishes(NOT_VANISHING[name](optimum))

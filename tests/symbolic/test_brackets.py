"""Iverson brackets: one index stands for two that a bracket equates, wherever they occur."""

import pytest
import sympy as sp

from crossent.symbolic import Partial, iverson
from crossent.symbolic.prover import Prover

exp, log = sp.exp, sp.log

# Each gives two expressions that are the same because of the bracket in them.
SAME = {
    "member": lambda s: (s.z[s.k], s.z[s.j]),
    "index as a number": lambda s: (s.k * s.x, s.j * s.x),
    "index in a sum of numbers": lambda s: ((s.k + s.N) ** 2, (s.j + s.N) ** 2),
    "member at the next place": lambda s: (s.z[s.k + 1], s.z[s.j + 1]),
    "member at a label": lambda s: (s.z[s.Y[s.k]], s.z[s.Y[s.j]]),
    "value of a function": lambda s: (s.g(s.z[s.k]), s.g(s.z[s.j])),
    "value of a function of two": lambda s: (s.f(s.l, s.z[s.k]), s.f(s.l, s.z[s.j])),
    "logarithm": lambda s: (log(1 + s.a[s.k]), log(1 + s.a[s.j])),
    "exponential": lambda s: (exp(s.z[s.k]), exp(s.z[s.j])),
    "denominator": lambda s: (1 / (1 + s.a[s.k]), 1 / (1 + s.a[s.j])),
    "power": lambda s: (s.a[s.k] ** 2, s.a[s.j] ** 2),
    "sum": lambda s: (s.sum(s.A[s.n, s.k], s.n) ** 2, s.sum(s.A[s.n, s.j], s.n) ** 2),
    "bracket": lambda s: (iverson(s.k, s.l), iverson(s.j, s.l)),
    "bracket and member": lambda s: (
        iverson(s.k, s.l) * s.z[s.k] * s.v[s.l],
        iverson(s.j, s.l) * s.z[s.l] * s.v[s.j],
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_one_index_for_two_that_are_equal(name, everything_once):
    """Under the bracket; without it the two differ, and so does the double of one."""
    s = everything_once
    one, other = SAME[name](s)
    prover, bracket = Prover(s.context), iverson(s.j, s.k)
    assert prover.equal(bracket * one, bracket * other)
    assert not prover.equal(one, other)
    assert not prover.equal(bracket * one, 2 * bracket * other)


# Each gives two sides that are equal.
EQUAL = {
    "the next index": lambda s: (
        iverson(s.j, s.k + 1) * s.z[s.j],
        iverson(s.j, s.k + 1) * s.z[s.k + 1],
    ),
    "a label": lambda s: (
        iverson(s.X[s.n], s.k) * s.z[s.X[s.n]],
        iverson(s.X[s.n], s.k) * s.z[s.k],
    ),
    "a label in its own place": lambda s: (
        iverson(s.Y[s.k], s.k) * s.z[s.Y[s.Y[s.k]]],
        iverson(s.Y[s.k], s.k) * s.z[s.k],
    ),
    "brackets in a row": lambda s: (
        iverson(s.i, s.k) * iverson(s.j, s.k),
        iverson(s.i, s.k) * iverson(s.i, s.j),
    ),
    "squared": lambda s: (
        (iverson(s.j, s.k) + s.x) ** 2,
        iverson(s.j, s.k) * (1 + 2 * s.x) + s.x**2,
    ),
    "cubed, beside a member": lambda s: (
        (iverson(s.j, s.k) + 1) ** 3 * s.z[s.k],
        7 * iverson(s.j, s.k) * s.z[s.j] + s.z[s.k],
    ),
    "an index that is on both sides": lambda s: (
        iverson(s.k, s.k + s.j - s.l) * s.z[s.k] * (s.x + 1),
        iverson(s.k, s.k + s.j - s.l) * (s.x * s.z[s.k] + s.z[s.k]),
    ),
    "two sums of indices": lambda s: (
        iverson(s.j + s.k, s.l + s.i) * s.z[s.k] * (s.x + 1),
        iverson(s.j + s.k, s.l + s.i) * (s.x * s.z[s.k] + s.z[s.k]),
    ),
    "a sum beside members": lambda s: (
        s.sum(s.a[s.k] * log(s.b[s.k]) * iverson(s.k, s.j), s.k),
        s.a[s.j] * log(s.b[s.j]),
    ),
    "a sum beside a derivative": lambda s: (
        s.sum(Partial(s.b[s.k] ** 2, s.b[s.j]), s.k),
        2 * s.b[s.j],
    ),
}


@pytest.mark.parametrize("name", EQUAL)
def test_brackets_are_used(name, everything_once):
    """Both sides have one normal form; with one more they are not equal."""
    left, right = EQUAL[name](everything_once)
    prover = Prover(everything_once.context)
    assert prover.equal(left, right)
    assert not prover.equal(left, right + 1)

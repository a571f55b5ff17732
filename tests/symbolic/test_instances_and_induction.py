"""Proofs at stated sizes, and proofs by induction: what they prove and what they refuse."""

import pytest
import sympy as sp

from crossent.symbolic import (
    ConditionError,
    Context,
    Derivation,
    RefutedStep,
    StepError,
    UndecidedStep,
    iverson,
)
from crossent.symbolic.induction import equal_by_induction
from crossent.symbolic.terms import Undecided


@pytest.fixture
def plain():
    context = Context()
    context.K, context.N = context.size("K"), context.size("N")
    context.k, context.n = context.index("k", context.K), context.index("n", context.N)
    context.a = context.family("a", context.K)
    context.q = context.family("q", context.K, sign="positive", total=1)
    context.X = context.labels("X", context.N, values=context.K)
    return context


def test_instance_enumerates_labels(plain):
    c = plain
    one = sp.Product(c.q[c.k] ** iverson(c.X[c.n], c.k), (c.k, 1, c.K))
    start = Derivation(sp.Product(one, (c.n, 1, c.N)), c)
    goal = sp.Product(c.q[c.X[c.n]], (c.n, 1, c.N))
    chain = start.step(goal, "each label picks one", sizes={c.N: 2, c.K: 3})
    assert chain.steps[1].remark == "(for $N = 2$, $K = 3$)"


def test_instance_uses_the_declared_total(plain):
    c = plain
    j = c.index("j", c.K)
    triangle = sp.Sum(sp.Sum(c.q[j] * c.q[c.k], (j, 1, c.k)), (c.k, 1, c.K))
    half = (1 + sp.Sum(c.q[c.k] ** 2, (c.k, 1, c.K))) / 2
    start = Derivation(triangle, c)
    assert not start.step(half, "the square is 1", sizes={c.K: 4}).general
    free = sp.Sum(sp.Sum(c.a[j] * c.a[c.k], (j, 1, c.k)), (c.k, 1, c.K))
    with pytest.raises(RefutedStep):  # the same without a total
        Derivation(free, c).step(half.xreplace({c.q: c.a}), "no total", sizes={c.K: 4})


def test_claim_that_holds_at_the_stated_sizes_only_is_refuted(plain):
    """The search for a counterexample ranges over all sizes."""
    c = plain
    with pytest.raises(RefutedStep):
        Derivation(1 - c.q[3], c).step(c.q[1] + c.q[2], "K = 3 only", sizes={c.K: 3})


@pytest.mark.parametrize(
    "sizes",
    [{}, {"K": 3}, {"k": 2}, "square", "float", "zero", "bool"],
    ids=str,
)
def test_bad_sizes(plain, sizes):
    c = plain
    sizes = (
        {
            "square": {c.N: 3, c.K: 3},
            "float": {c.K: 2.0},
            "zero": {c.K: 0},
            "bool": {c.K: True},
        }.get(sizes, sizes)
        if isinstance(sizes, str)
        else sizes
    )
    with pytest.raises(ConditionError):
        Derivation(sp.Sum(c.k, (c.k, 1, c.K)), c).step(c.K * (c.K + 1) / 2, "Gauss", sizes=sizes)


def test_false_instance_is_refuted(plain):
    c = plain
    with pytest.raises(RefutedStep):
        Derivation(sp.Sum(c.k, (c.k, 1, c.K)), c).step(2 * c.K, "true at K = 3", sizes={c.K: 3})


@pytest.mark.parametrize(
    ("power", "formula"),
    [
        (1, lambda K: K * (K + 1) / 2),
        (2, lambda K: K * (K + 1) * (2 * K + 1) / 6),
        (3, lambda K: (K * (K + 1) / 2) ** 2),
    ],
)
def test_power_sums_by_induction(plain, power, formula):
    c = plain
    start = Derivation(sp.Sum(c.k**power, (c.k, 1, c.K)), c)
    with pytest.raises(UndecidedStep):
        start.step(formula(c.K), "known")
    chain = start.step(formula(c.K), "known", induction=c.K)
    assert chain.general and "by induction on" in chain.to_latex()


def test_induction_checks_the_start_and_the_step(plain):
    c = plain
    gauss = sp.Sum(c.k, (c.k, 1, c.K))
    right = c.K * (c.K + 1) / 2
    assert equal_by_induction(gauss, right, c.K, c)
    assert not equal_by_induction(gauss, right + 1, c.K, c)  # the start fails
    assert not equal_by_induction(gauss, c.K**2, c.K, c)  # the step fails


@pytest.mark.parametrize("name", ["total", "labels", "free index"])
def test_induction_refuses_what_changes_with_the_size(plain, name):
    c = plain
    left, right = {
        "total": (sp.Sum(c.q[c.k], (c.k, 1, c.K)), sp.Integer(1)),
        "labels": (sp.Sum(iverson(c.X[c.n], c.k), (c.k, 1, c.K)), sp.Integer(1)),
        "free index": (c.a[c.k] * c.K, c.a[c.k] * c.K),
    }[name]
    with pytest.raises(Undecided):
        equal_by_induction(left, right, c.K, c)


def test_induction_needs_a_size(plain):
    c = plain
    with pytest.raises((StepError, ValueError)):
        Derivation(sp.Sum(c.k, (c.k, 1, c.K)), c).step(c.K * (c.K + 1) / 2, "Gauss", induction=c.k)

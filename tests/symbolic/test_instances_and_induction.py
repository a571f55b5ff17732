"""Proofs at stated sizes, shown as such, and proofs by induction: good ones and bad ones."""

import random
import re
from decimal import Decimal

import pytest
import sympy as sp

from crossent.symbolic import (
    ConditionError,
    Context,
    DeclarationError,
    Derivation,
    Partial,
    RefutedStep,
    UndecidedStep,
    iverson,
)
from crossent.symbolic.evaluation import Undefined, value
from crossent.symbolic.induction import equal_by_induction
from crossent.symbolic.instances import equal_at
from crossent.symbolic.refuter import find_counterexample
from crossent.symbolic.terms import Undecided
from crossent.symbolic.world import World


def triangular(s):
    """Σ_k Σ_{j <= k} a_j a_k, which no rule for all sizes reaches."""
    return s.sum(sp.Sum(s.a[s.j] * s.a[s.k], (s.j, 1, s.k)), s.k)


def triangular_value(s):
    """What it is."""
    return (s.sum(s.a[s.k], s.k) ** 2 + s.sum(s.a[s.k] ** 2, s.k)) / 2


# ---------------------------------------------------------------- stated sizes


def test_an_instance_is_displayed_as_one(everything):
    """ "(for K = 3)" stands beside the reason, in text and in LaTeX; the chain is not general."""
    s = everything
    start = Derivation(triangular(s), s.context)
    with pytest.raises(UndecidedStep):
        start.step(triangular_value(s), "pairs and squares")
    chain = start.step(triangular_value(s), "pairs and squares", sizes={s.K: 3})
    assert not chain.general
    assert not chain.steps[1].general
    assert chain.steps[1].sizes == ((s.K, 3),)
    assert str(chain).endswith("(for $K = 3$)")
    assert r"\text{pairs and squares (for }K = 3\text{)}" in chain.to_latex()
    # One such step is enough for the whole chain.
    assert not chain.step(triangular_value(s), "the same").general


def test_several_sizes_are_listed(everything):
    """In the order in which they are given."""
    s = everything
    left = s.sum(sp.Sum(s.A[s.n, s.j], (s.j, 1, s.k)), s.k, s.n)
    right = s.sum((s.K + 1 - s.j) * s.A[s.n, s.j], s.j, s.n)
    chain = Derivation(left, s.context).step(right, "exchange", sizes={s.N: 2, s.K: 3})
    assert str(chain).endswith("(for $N = 2$, $K = 3$)")
    assert r"(for }N = 2\text{, }K = 3\text{)}" in chain.to_latex()
    assert not chain.general


# True at the stated sizes only: numbers refute them for other sizes, which a step must notice.
TRUE_SOMEWHERE = {
    "two terms": ({"K": 2}, lambda s: (s.sum(s.a[s.k], s.k), s.a[1] + s.a[2])),
    "first and last": ({"K": 2}, lambda s: (s.sum(s.a[s.k], s.k), s.a[1] + s.a[s.K])),
    "a size as a number": ({"K": 3}, lambda s: (s.sum(s.c, s.k), 3 * s.c)),
    "N - 1 for K": ({"N": 3, "K": 2}, lambda s: (s.sum(s.c, s.k), (s.N - 1) * s.c)),
    "one class": ({"K": 1, "N": 2}, lambda s: (s.q[s.X[1]] * s.q[s.X[2]], sp.S(1))),
}


@pytest.mark.parametrize("name", TRUE_SOMEWHERE)
def test_what_is_true_at_some_sizes_only_is_refuted(name, everything):
    """The stated sizes are proved, but the step as it stands is false for others."""
    s = everything
    sizes, build = TRUE_SOMEWHERE[name]
    left, right = map(sp.sympify, build(s))
    sizes = {getattr(s, size): number for size, number in sizes.items()}
    assert equal_at(left, right, sizes, s.context)
    with pytest.raises(RefutedStep):
        Derivation(left, s.context).step(right, "true at these sizes", sizes=sizes)


EQUAL_AT = {
    "triangular sum": ({"K": 4}, lambda s: (triangular(s), triangular_value(s))),
    "triangular sum of another size": (
        {"K": 2},
        lambda s: (
            s.sum(sp.Sum(s.z[s.j], (s.j, s.k, s.K)), s.k),
            s.sum(s.k * s.z[s.k], s.k),
        ),
    ),
    "labels one by one": (
        {"N": 3, "K": 2},
        lambda s: (s.sum(s.X[s.n] ** 2, s.n), s.sum(s.k**2 * s.seen(s.k), s.k)),
    ),
    "labels of products": (
        {"N": 2, "K": 3},
        lambda s: (
            s.prod(1 + s.a[s.X[s.n]], s.n),
            s.prod((1 + s.a[s.k]) ** s.seen(s.k), s.k),
        ),
    ),
    "last probability": (
        {"K": 3},
        lambda s: (s.p[1] + s.p[2], 1 - s.p[3]),
    ),
    "last probability by name": (
        {"K": 2},
        lambda s: (s.p[s.K] * s.p[1], s.p[1] - s.p[1] ** 2),
    ),
    "last of a row": ({"K": 3, "M": 2}, lambda s: (s.W[3, 1] + s.W[3, 2], sp.S(1))),
    "only one size stated": (
        {"M": 2},
        lambda s: (s.W[s.k, 1] + s.W[s.k, 2], sp.S(1)),
    ),
    "bracket": (
        {"K": 3},
        lambda s: (s.sum(iverson(s.k, 2) * s.z[s.k], s.k), s.z[2]),
    ),
    "derivative": (
        {"K": 2},
        lambda s: (Partial(triangular(s), s.a[1]), 2 * s.a[1] + s.a[2]),
    ),
    "determinant": (
        {"K": 2},
        lambda s: (
            s.sum(s.p[s.k], s.k) ** 2 - 4 * s.p[1] * s.p[2],
            (s.p[1] - s.p[2]) ** 2,
        ),
    ),
    "total that depends on the row": (
        {"K": 3, "M": 2},
        lambda s: (
            s.sum(s.context.family("B", s.K, s.M, total=s.a[s.k])[2, s.m], s.m),
            s.a[2],
        ),
    ),
    "label on the right only": ({"N": 1, "K": 2}, lambda s: (0, (s.X[1] - 1) * (s.X[1] - 2))),
    "labels of a size that is not stated": (
        {"K": 3},
        lambda s: (triangular(s) * s.X[1], triangular_value(s) * s.X[1]),
    ),
    "labels whose values are not stated": (
        {"N": 2},
        lambda s: (s.sum(s.a[s.X[s.n]], s.n), s.a[s.X[1]] + s.a[s.X[2]]),
    ),
    "labels beside others that stay symbolic": (
        {"K": 2},
        lambda s: (s.X[s.n] * (s.Y[1] - 1) * (s.Y[1] - 2), 0),
    ),
}
UNEQUAL_AT = {
    "wrong weight": (
        {"K": 3},
        lambda s: (triangular(s), s.sum(s.a[s.k], s.k) ** 2 / 2),
    ),
    "another index": ({"K": 3}, lambda s: (s.p[1] + s.p[2], 1 - s.p[1])),
    "no total": ({"K": 3}, lambda s: (s.a[1] + s.a[2] + s.a[3], sp.S(1))),
    "column": ({"K": 2, "M": 3}, lambda s: (s.W[1, 1] + s.W[2, 1], sp.S(1))),
    "row outside its range": (
        {"K": 2, "M": 3},
        lambda s: (sp.Sum(s.R[s.K + 1, s.m], (s.m, 1, s.M)), sp.S(1)),
    ),
    "row of a later number": (
        {"K": 2, "M": 3},
        lambda s: (sp.Sum(s.R[3, s.m], (s.m, 1, s.M)), sp.S(1)),
    ),
    "row of an index of another range": (
        {"K": 2, "M": 3},
        lambda s: (sp.Sum(s.R[s.n, s.m], (s.m, 1, s.M)), sp.S(1)),
    ),
    "row of a size that is not stated": (
        {"M": 2},
        lambda s: (sp.Sum(s.R[2, s.m], (s.m, 1, s.M)), sp.S(1)),
    ),
    "total of a longer sum": (
        {"K": 2},
        lambda s: (s.p[1] + s.p[2] + s.p[3], sp.S(1)),
    ),
    "true for some labels": (
        {"N": 2, "K": 3},
        lambda s: (s.q[s.X[1]] * s.q[s.X[2]], s.q[1] * s.q[2]),
    ),
    "true for all labels but one": (
        {"N": 1, "K": 3},
        lambda s: ((s.X[1] - 2) * (s.X[1] - 3), sp.S(0)),
    ),
    "row before the first": (
        {"K": 2, "M": 3},
        lambda s: (sp.Sum(s.R[0, s.m], (s.m, 1, s.M)), sp.S(1)),
    ),
    "total of another row": (
        {"K": 3, "M": 2},
        lambda s: (
            s.sum(s.context.family("B", s.K, s.M, total=s.a[s.k])[2, s.m], s.m),
            s.a[1],
        ),
    ),
    "wrong size": ({"K": 3}, lambda s: (s.sum(s.c, s.k), 2 * s.c)),
    "sizes exchanged": ({"N": 2, "K": 3}, lambda s: (s.sum(s.c, s.k), s.N * s.c)),
}


@pytest.mark.parametrize("name", EQUAL_AT)
def test_equal_at_sizes(name, everything):
    """Proved by writing every sum out; and one more is not equal."""
    sizes, build = EQUAL_AT[name]
    left, right = map(sp.sympify, build(everything))
    sizes = {getattr(everything, size): number for size, number in sizes.items()}
    assert equal_at(left, right, sizes, everything.context)
    assert not equal_at(left, right + 1, sizes, everything.context)


@pytest.mark.parametrize("name", UNEQUAL_AT)
def test_not_equal_at_sizes(name, everything):
    """Not proved at these sizes, and refused as a step."""
    sizes, build = UNEQUAL_AT[name]
    left, right = map(sp.sympify, build(everything))
    sizes = {getattr(everything, size): number for size, number in sizes.items()}
    try:
        assert not equal_at(left, right, sizes, everything.context)
    except Undecided:
        pass
    with pytest.raises(RefutedStep):
        Derivation(left, everything.context).step(right, "why", sizes=sizes)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"N": 3, "K": 3}, "sizes must differ from each other, not [3, 3]"),
        ({"N": 2, "K": 3, "M": 2}, "sizes must differ from each other, not [2, 3, 2]"),
        ({"K": 0}, "sizes must be whole numbers from 1 on, not [0]"),
        ({"K": -1}, "sizes must be whole numbers from 1 on, not [-1]"),
        ({"K": 2.0}, "sizes must be whole numbers from 1 on, not [2.0]"),
        ({"K": True}, "sizes must be whole numbers from 1 on, not [True]"),
        ({"K": "3"}, "sizes must be whole numbers from 1 on, not ['3']"),
        ({"k": 3}, "k is not a declared size"),
        ({"K": 2, "c": 3}, "c is not a declared size"),
        ({}, "nothing is not a declared size"),
        (3, "sizes must be a dict of sizes and numbers, not 3"),
    ],
)
def test_sizes_that_cannot_serve(sizes, words, everything):
    """Square sizes hide an exchange of N and K; other things are no sizes at all."""
    s = everything
    if isinstance(sizes, dict):
        sizes = {getattr(s, name): number for name, number in sizes.items()}
    with pytest.raises(ConditionError, match=rf"^step 1 \(why\): {re.escape(words)}$"):
        Derivation(s.sum(s.c, s.k), s.context).step(s.K * s.c, "why", sizes=sizes)


def test_one_is_the_smallest_size(everything):
    """At K = 1 there is one term."""
    s = everything
    chain = Derivation(triangular(s), s.context).step(triangular_value(s), "why", sizes={s.K: 1})
    assert str(chain).endswith("(for $K = 1$)")


def test_a_square_instance_would_have_passed(everything):
    """The refusal is needed: at N = K = 3 the exchanged claim is true."""
    s = everything
    assert equal_at(s.sum(s.c, s.k), s.N * s.c, {s.N: 3, s.K: 3}, s.context)


def test_too_many_labels_are_undecided(everything):
    """Every label takes every value; beyond some thousand cases smaller sizes are needed."""
    s = everything
    left, right = s.sum(s.X[s.n], s.n), s.sum(s.k * s.seen(s.k), s.k)
    with pytest.raises(UndecidedStep, match="state smaller sizes"):
        Derivation(left + triangular(s), s.context).step(
            right + triangular_value(s), "why", sizes={s.N: 8, s.K: 4}
        )


def test_as_many_cases_of_labels_as_the_limit_allows(everything, monkeypatch):
    """Three labels with two values are 8 cases; two labels with three values are 9."""
    s = everything
    monkeypatch.setattr("crossent.symbolic.instances.MAX_CASES", 8)
    left, right = s.sum(s.X[s.n] ** 2, s.n), s.sum(s.k**2 * s.seen(s.k), s.k)
    assert equal_at(left, right, {s.N: 3, s.K: 2}, s.context)
    with pytest.raises(Undecided, match=r"^more than 8 cases of labels; state smaller sizes$"):
        equal_at(left, right, {s.N: 2, s.K: 3}, s.context)


# ---------------------------------------------------------------- induction

BY_INDUCTION = {
    "sum of numbers": lambda s: (s.sum(s.k, s.k), s.K * (s.K + 1) / 2, s.K),
    "sum of squares": lambda s: (
        s.sum(s.k**2, s.k),
        s.K * (s.K + 1) * (2 * s.K + 1) / 6,
        s.K,
    ),
    "sum of cubes": lambda s: (s.sum(s.k**3, s.k), (s.K * (s.K + 1) / 2) ** 2, s.K),
    "sum of odd numbers": lambda s: (s.sum(2 * s.n - 1, s.n), s.N**2, s.N),
    "geometric sum": lambda s: (
        s.sum(s.c**s.k, s.k) * (s.c - 1),
        s.c ** (s.K + 1) - s.c,
        s.K,
    ),
    "telescope": lambda s: (
        s.sum(s.z[s.k + 1] - s.z[s.k], s.k),
        s.z[s.K + 1] - s.z[1],
        s.K,
    ),
    "partial fractions": lambda s: (s.sum(1 / (s.k * (s.k + 1)), s.k), s.K / (s.K + 1), s.K),
    "partial fractions with a number": lambda s: (
        s.sum(1 / ((s.k + s.c) * (s.k + s.c + 1)), s.k),
        1 / (1 + s.c) - 1 / (s.K + 1 + s.c),
        s.K,
    ),
    "sum of factorials": lambda s: (
        s.sum((s.k - 1) * sp.factorial(s.k - 1), s.k),
        sp.factorial(s.K) - 1,
        s.K,
    ),
    "sum of later factorials": lambda s: (
        s.sum((s.k + 4) * sp.factorial(s.k + 4), s.k),
        sp.factorial(s.K + 5) - sp.factorial(5),
        s.K,
    ),
    "with a free index of another size": lambda s: (
        s.sum(s.k * s.d[s.n], s.k),
        s.d[s.n] * s.K * (s.K + 1) / 2,
        s.K,
    ),
}
NOT_BY_INDUCTION = {
    "base fails": lambda s: (s.sum(s.k, s.k), s.K * (s.K + 1) / 2 + 1, s.K),
    "step fails": lambda s: (s.sum(s.k, s.k), s.K**2, s.K),
    "off by one": lambda s: (s.sum(s.k, s.k), s.K * (s.K - 1) / 2, s.K),
    "the other size": lambda s: (s.sum(s.k, s.k), s.N * (s.N + 1) / 2, s.K),
    "on the other size": lambda s: (s.sum(s.k, s.k), s.N * (s.N + 1) / 2, s.N),
    "true at 1 and 2": lambda s: (
        s.sum(s.k, s.k),
        s.K * (s.K + 1) / 2 + (s.K - 1) * (s.K - 2),
        s.K,
    ),
    "free index that runs to the size": lambda s: (
        sp.Sum((s.K - s.j) * iverson(s.j, s.k), (s.j, 1, s.K - 1)),
        s.K - 1,
        s.K,
    ),
    "total that the size is": lambda s: (
        s.sum(s.context.family("C", s.K, sign="positive", total=s.N)[s.k], s.k),
        sp.S(1),
        s.N,
    ),
    "total that depends on the size through another": lambda s: (
        s.sum(
            s.context.family(
                "C", s.K, total=s.sum(s.context.family("B", s.N, total=s.N)[s.n], s.n)
            )[s.k],
            s.k,
        ),
        sp.S(1),
        s.N,
    ),
    "total over the size": lambda s: (s.sum(s.p[s.k] * s.z[s.k], s.k), s.z[1], s.K),
    "labels with values up to the size": lambda s: (s.q[s.X[s.n]], s.q[1], s.K),
    "definition that depends on the size": lambda s: (
        s.context.define("D", (), s.K) * s.sum(s.c, s.k),
        s.K * s.c,
        s.K,
    ),
}


@pytest.mark.parametrize("name", BY_INDUCTION)
def test_proved_by_induction(name, everything):
    """Proved for all sizes, and displayed with the method."""
    left, right, size = BY_INDUCTION[name](everything)
    start = Derivation(left, everything.context)
    chain = start.step(right, "count", induction=size)
    assert chain.general
    assert str(chain).endswith(f"(by induction on ${size}$)")
    assert rf"\text{{count (by induction on }}{size}\text{{)}}" in chain.to_latex()
    with pytest.raises(RefutedStep):
        start.step(right + 1, "count", induction=size)


@pytest.mark.parametrize("name", NOT_BY_INDUCTION)
def test_not_proved_by_induction(name, everything):
    """By itself, without numbers, the method does not prove it; and the step is refused."""
    left, right, size = NOT_BY_INDUCTION[name](everything)
    left, right = map(sp.sympify, (left, right))
    try:
        assert not equal_by_induction(left, right, size, everything.context)
    except Undecided:
        pass
    with pytest.raises((RefutedStep, UndecidedStep)):
        Derivation(left, everything.context).step(right, "count", induction=size)


# Claims with the reason why induction on K says nothing of them.
NOT_FOR_INDUCTION = {
    "k runs to K: no induction on K": lambda s: s.k,
    "p is declared relative to K: no induction on K": lambda s: s.p[1],
    "X is declared relative to K: no induction on K": lambda s: s.X[1],
    "the definition of D depends on K: no induction on it": lambda s: s.context.define(
        "D", (), s.K
    ),
    # A quotient without a value at K = 1 is no base.
    "zero stands in a denominator": lambda s: (s.K**2 - 1) / (s.K - 1),
}


@pytest.mark.parametrize("reason", NOT_FOR_INDUCTION)
def test_why_there_is_no_induction(reason, everything):
    """What changes its meaning with the size, or has none at its start, is named."""
    claim = NOT_FOR_INDUCTION[reason](everything)
    with pytest.raises(Undecided, match=f"^{reason}$"):
        equal_by_induction(claim, claim, everything.K, everything.context)


def test_a_definition_that_does_not_change_with_the_size(everything):
    """It keeps its meaning from each size to the next, so induction may use it."""
    s = everything
    constant = s.context.define("D", (), s.c + s.N)
    assert equal_by_induction(s.sum(constant, s.k), s.K * constant, s.K, s.context)


@pytest.mark.parametrize("name", ["c", "x", "k", "H"])
def test_induction_runs_on_a_size(name, everything):
    """On a real number or an index it would prove nothing."""
    s = everything
    with pytest.raises(ConditionError, match="is not a declared size"):
        Derivation(s.x, s.context).step(s.x, "why", induction=getattr(s, name))


def test_one_method_at_a_time(everything):
    """Stated sizes and induction together would be displayed as one of them."""
    s = everything
    with pytest.raises(ConditionError, match="not both"):
        Derivation(s.x, s.context).step(s.x, "why", sizes={s.K: 3}, induction=s.K)


def test_induction_says_why_it_refuses():
    """The reason is in the message."""
    context = Context()
    K = context.size("K")
    k, j = context.index("k j", K)
    p = context.family("p", K, sign="positive", total=1)
    claim = sp.Sum(p[j] * sp.log(p[j]) ** 2, (j, 1, K))
    with pytest.raises(UndecidedStep, match="p is declared relative to K"):
        Derivation(claim + sp.log(p[1] ** 2), context).step(
            claim + 2 * sp.log(p[1]), "why", induction=K
        )
    with pytest.raises(UndecidedStep, match="k runs to K"):
        Derivation(sp.Sum(j, (j, 1, K)) * k, context).step(K * (K + 1) * k / 2, "why", induction=K)


# ---------------------------------------------------------------- random claims


def random_claims(setting, randomly, mutation, seed, count):
    """Yield random pairs of expressions: rewritten, mutated, or rewritten and then mutated."""
    rng = random.Random(seed)
    maker = randomly.Maker(setting, rng)
    while count:
        left = right = maker.expression(rng.choice([2, 3, 4]))
        if randomly.cost(left, setting.context) > 150:
            continue
        count -= 1
        if rng.random() < 0.7:
            right = randomly.rewritten(right, setting, rng)
        if rng.random() < 0.7:
            right = mutation.random_mutant(right, setting.context, rng)
        try:
            if right is not None and right != left:
                setting.context.check(right)
                yield left, right
        except DeclarationError:
            continue


def test_random_claims_proved_at_sizes_hold_there(everything_once, randomly, mutation):
    """Whatever is proved at N = 2, K = 3, M = 1 has equal values in worlds of these sizes."""
    s = everything_once
    sizes, proved = {s.N: 2, s.K: 3, s.M: 1}, 0
    for left, right in random_claims(s, randomly, mutation, 5, 120):
        try:
            if not equal_at(left, right, sizes, s.context):
                continue
        except Undecided:
            continue
        proved += 1
        free = s.context.free_indices(left) | s.context.free_indices(right)
        for seed in range(4):
            world = World(
                s.context, random.Random(seed), {str(size): n for size, n in sizes.items()}
            )
            env = {i: world.rng.randint(1, world.size(s.context.indices[i])) for i in free}
            try:
                one, other = value(left, world, env), value(right, world, env)
            except Undefined:
                continue
            assert abs(one - other) < Decimal("1e-15") * (1 + abs(one)), f"{left} = {right}"
    assert proved > 10


def test_random_claims_proved_by_induction_hold(everything_once, randomly, mutation):
    """Whatever induction proves, no numbers refute."""
    s, proved = everything_once, 0
    for left, right in random_claims(s, randomly, mutation, 6, 120):
        for size in (s.K, s.N, s.M):
            try:
                if not equal_by_induction(left, right, size, s.context):
                    continue
                proved += 1
                assert find_counterexample(left, right, s.context, seed=9) is None, (
                    f"{left} = {right} by induction on {size}"
                )
            except (Undecided, Undefined):
                continue
    assert proved > 10

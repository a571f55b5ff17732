"""Bound indices: their canonical names, and the replacing of indices without capture."""

import itertools
from fractions import Fraction

import pytest
import sympy as sp

from crossent.symbolic import iverson
from crossent.symbolic.naming import (
    atom_poly,
    bound_name,
    fresh_index,
    index_key,
    indices_in,
    replace,
    written,
    written_factors,
)
from crossent.symbolic.prover import Prover
from crossent.symbolic.terms import Delta, Element, Exp, Group, Log, Value, total

log, exp = sp.log, sp.exp


def normal(setting, expression):
    """The normal form of an expression."""
    return Prover(setting.context).normal(expression)


def inner(setting):
    """A sum with its own index, which uses the index k of a sum around it."""
    return setting.sum(setting.z[setting.j] * setting.a[setting.k], setting.j)


# The names of the outermost indices: from β0 upwards, above every name that is used inside.
NAMED = {
    "one sum": (lambda s: s.sum(s.a[s.k], s.k), ["β0"]),
    "two sums": (lambda s: s.sum(s.a[s.k] * s.A[s.n, s.k], s.n, s.k), ["β0", "β1"]),
    "an index as a number": (lambda s: s.sum(s.k, s.k), ["β0"]),
    "a bracket": (lambda s: s.sum(iverson(s.Y[s.k], s.k), s.k), ["β0"]),
    "a number inside": (lambda s: s.sum(log(1 + s.a[s.k]), s.k), ["β0"]),
    "nothing inside": (lambda s: s.sum(s.a[s.k] * s.f(s.k, 0), s.k), ["β0"]),
    "around a logarithm": (lambda s: s.sum(log(1 + inner(s)), s.k), ["β1"]),
    "around an exponential": (lambda s: s.sum(exp(inner(s)), s.k), ["β1"]),
    "around a denominator": (lambda s: s.sum(1 / (1 + inner(s)), s.k), ["β1"]),
    "around an argument": (lambda s: s.sum(s.f(s.k, inner(s)), s.k), ["β1"]),
    "around the higher of two": (
        lambda s: s.sum(log(1 + s.a[s.k]) * exp(inner(s)), s.k),
        ["β1"],
    ),
    "around two sums": (
        lambda s: s.sum(log(1 + s.sum(s.d[s.n] * inner(s), s.n)), s.k),
        ["β2"],
    ),
    "around a sum around a sum": (
        lambda s: s.sum(log(1 + s.sum(s.d[s.n] * exp(inner(s)), s.n)), s.k),
        ["β2"],
    ),
    "two sums around a sum": (
        lambda s: s.sum(s.A[s.n, s.k] * exp(inner(s)), s.n, s.k),
        ["β1", "β2"],
    ),
}


@pytest.mark.parametrize("name", NAMED)
def test_names_of_bound_indices(name, everything_once):
    """An inner sum has lower names than the sum around it, so no index is captured."""
    build, names = NAMED[name]
    monomial, _ = normal(everything_once, build(everything_once)).single()
    assert sorted(str(index) for index, _ in monomial.binders) == names


@pytest.mark.parametrize("function", [log, exp, lambda x: 1 / x])
def test_an_inner_index_is_not_the_outer_one(function, everything_once):
    """Σ_k h(1 + Σ_j z_j a_k) is not Σ_k h(1 + Σ_j z_j a_j)."""
    s = everything_once
    other = s.sum(s.z[s.j] * s.a[s.j], s.j)
    one, two = (normal(s, s.sum(function(1 + x), s.k)) for x in (inner(s), other))
    assert one != two


def test_indices_of_the_provers_own_are_positive_whole_numbers(everything_once):
    """As every index is; a fresh one is named after its range."""
    fresh, another = (fresh_index(everything_once.K) for _ in range(2))
    assert fresh.name == "K"
    assert fresh != another
    assert bound_name(3).name == "β3"
    for index in (fresh, bound_name(3)):
        assert index.is_integer
        assert index.is_positive


def test_the_names_of_sums_do_not_show(everything):
    """Σ V_kj V_jl V_lk has one normal form, whichever index is called what and bound first."""
    s = everything
    V = s.context.family("V", s.K, s.K)
    forms = {
        normal(s, s.sum(V[a, b] * V[b, c] * V[c, a], *order))
        for a, b, c in itertools.permutations((s.k, s.j, s.l))
        for order in itertools.permutations((s.k, s.j, s.l))
    }
    assert len(forms) == 1


@pytest.mark.parametrize(
    "build",
    [
        lambda s, V: V[s.k, s.j] * V[s.j, s.l] * V[s.l, s.i] * V[s.i, s.k],
        lambda s, V: V[s.k, s.j] ** 2 * V[s.l, s.i],
    ],
)
def test_the_order_of_sums_does_not_show(build, everything):
    """Nor does the order in which the prover made its own indices."""
    s = everything
    body = build(s, s.context.family("V", s.K, s.K))
    orders = itertools.permutations((s.k, s.j, s.l, s.i))
    assert len({normal(s, s.sum(body, *order)) for order in orders}) == 1


def test_the_order_of_sums_over_different_ranges_does_not_show(everything_once):
    """Nor where their summands look alike."""
    s = everything_once
    body = s.z[s.k] * s.z[s.n]
    assert normal(s, s.sum(body, s.k, s.n)) == normal(s, s.sum(body, s.n, s.k))
    assert normal(s, s.sum(body, s.k, s.n)) != normal(s, s.sum(s.z[s.k] * s.z[s.j], s.k, s.j))


REPLACED = {
    "factors that become one": (
        lambda s, V: V[s.k, s.j] * V[s.j, s.k],
        lambda s, V: V[s.k, s.k] ** 2,
    ),
    "factors that cancel": (lambda s, V: V[s.k, s.j] / V[s.j, s.k], lambda s, V: sp.Integer(1)),
    "an index as a number": (lambda s, V: s.j * s.x, lambda s, V: s.k * s.x),
    "a bracket": (lambda s, V: iverson(s.X[s.n], s.j), lambda s, V: iverson(s.X[s.n], s.k)),
    "a label": (lambda s, V: s.a[s.Y[s.j]], lambda s, V: s.a[s.Y[s.k]]),
    "inside a logarithm": (lambda s, V: log(1 + s.a[s.j]), lambda s, V: log(1 + s.a[s.k])),
    "inside an argument": (lambda s, V: s.g(s.z[s.j]), lambda s, V: s.g(s.z[s.k])),
    "beside a sum": (
        lambda s, V: s.sum(V[s.l, s.j] * V[s.j, s.l], s.l),
        lambda s, V: s.sum(V[s.l, s.k] * V[s.k, s.l], s.l),
    ),
}


@pytest.mark.parametrize("name", REPLACED)
def test_replacing_an_index(name, everything):
    """The normal form with k for j is the normal form of the expression with k for j."""
    s = everything
    V = s.context.family("V", s.K, s.K, sign="positive")
    before, after = (build(s, V) for build in REPLACED[name])
    assert replace(normal(s, before), {s.j: s.k}) == normal(s, after)


def test_factors_of_a_sum_that_cancel_leave_the_sum(everything):
    """With k for j, Σ V_lj / V_lk is a sum of ones; to count them is another rule's work."""
    s = everything
    V = s.context.family("V", s.K, s.K, sign="positive")
    poly = replace(normal(s, s.sum(V[s.l, s.j] / V[s.l, s.k], s.l)), {s.j: s.k})
    assert poly.terms == {(((bound_name(0), s.K),), ()): 1}


def test_indices_in_every_kind_of_atom(everything_once):
    """Those of every part, bound names included."""
    s = everything_once
    poly = normal(s, s.sum(s.a[s.j] * s.z[s.k], s.j))
    atoms = {
        Value(s.k): {s.k},
        Delta(s.k, s.X[s.n]): {s.k, s.n},
        Element("a", (s.k,)): {s.k},
        Element("f", (s.l, poly)): {s.l, s.k, bound_name(0)},
        Log(poly): {s.k, bound_name(0)},
        Exp(poly): {s.k, bound_name(0)},
        Group(poly): {s.k, bound_name(0)},
    }
    for atom, indices in atoms.items():
        assert indices_in(atom) >= indices
        assert atom_poly(atom).terms == {((), ((atom, Fraction(1)),)): Fraction(1)}


# ---------------------------------------------------------------- written forms


def atoms_with(setting, index):
    """An atom of every kind that uses an index."""
    s, inside = setting, atom_poly(Element("z", (index,)))
    return [
        *(Value(index), Value(s.X[index]), Delta(s.k, index), Delta(index, s.k)),
        *(Element("a", (index,)), Element("A", (index, s.k)), Element("A", (s.k, index))),
        *(Element("f", (s.k, inside)), Element("f", (index, inside))),
        *(Log(inside), Exp(inside), Group(inside), Log(inside.scaled(2))),
        *(Log(total([inside, atom_poly(Value(s.x))])), Log(atom_poly(Log(inside)))),
    ]


def test_atoms_that_differ_are_written_differently(everything_once):
    """Also where they differ in a fresh index only."""
    s = everything_once
    fresh, other = fresh_index(s.K), fresh_index(s.K)
    atoms = {atom for index in (s.j, fresh, other) for atom in atoms_with(s, index)}
    assert len({written(atom) for atom in atoms}) == len(atoms)
    powers = [Fraction(1), Fraction(2), Fraction(1, 2)]
    products = [((atom, power),) for atom in atoms for power in powers]
    assert len({written_factors(factors) for factors in products}) == len(products)


def test_fresh_indices_are_written_alike_where_they_are_anonymous(everything_once):
    """So that the order in which they were made does not show; declared ones have their names."""
    s = everything_once
    alike = [atoms_with(s, index) for index in (fresh_index(s.K), fresh_index(s.K))]
    for one, other, named in zip(*alike, atoms_with(s, s.j), strict=True):
        assert written(one, anonymous=True) == written(other, anonymous=True)
        assert written(one, anonymous=True) != written(named, anonymous=True)
        assert written_factors([(one, 2)], anonymous=True) == written_factors(
            [(other, 2)], anonymous=True
        )


def test_the_order_of_factors_does_not_show(everything_once):
    """Their texts are sorted."""
    factors = [(atom, Fraction(2)) for atom in atoms_with(everything_once, everything_once.j)]
    assert written_factors(factors) == written_factors(reversed(factors))


def test_the_order_of_indices(everything_once):
    """Plain symbols first, then by name; two fresh ones always in the same order."""
    s = everything_once
    indices = [s.X[s.n], sp.Integer(2), s.k, s.K, s.Y[s.k]]
    assert sorted(indices, key=index_key) == [s.K, s.k, sp.Integer(2), s.X[s.n], s.Y[s.k]]
    fresh = [fresh_index(s.K), fresh_index(s.K)]
    assert sorted(fresh, key=index_key) == sorted(reversed(fresh), key=index_key)

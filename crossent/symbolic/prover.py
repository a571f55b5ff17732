"""Prove that two expressions are equal, for all sizes and all values, or say "undecided".

Two expressions with one normal form are equal. Where the normal forms differ, their
difference is read as a rational function of the atoms and cancelled: once with every sum
as a single unknown, and once under each set of sums, whose terms are brought together.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import sympy as sp

from .declared import Declarations
from .naming import fresh_index, opened, replace
from .normal import Normalizer
from .rules import Rules
from .terms import (
    FACTORIAL,
    Atom,
    Delta,
    Element,
    Exp,
    Group,
    Log,
    Monomial,
    Poly,
    Undecided,
    Value,
    number,
    total,
)


class Prover:
    """Proofs under one context."""

    def __init__(self, context: Declarations) -> None:
        self.context = context
        self.normalizer = Normalizer(context)

    def normal(self, expression: sp.Expr) -> Poly:
        """The normal form; see `to_sympy` for a readable one."""
        return self.normalizer.normal(expression)

    def equal(self, left: sp.Expr, right: sp.Expr) -> bool:
        """True if equality is proved; False says nothing.

        Raises
        ------
        Undecided
            Where an expression has no normal form; the message says why.
        """
        difference = self.normal(left) - self.normal(right)
        return not difference.terms or self._cancels(difference)

    def is_positive(self, expression: sp.Expr) -> bool:
        """Whether `expression` > 0 follows term by term from the declarations.

        Parts of a checked expression are not checked again: they may hold bare indices.
        """
        return self.normalizer.rules.is_positive(self.normalizer.unchecked(expression))

    def _cancels(self, difference: Poly) -> bool:
        if Cancellation(self.normalizer.rules).of(difference) == 0:
            return True
        return Cancellation(self.normalizer.rules).of(self._merged(difference)) == 0

    def _merged(self, difference: Poly) -> Poly:
        """The same polynomial, the summands under the same sums added up and cancelled."""
        groups: dict[tuple, list] = {}
        for monomial, c in difference.terms.items():
            sizes = tuple(sorted((size for _, size in monomial.binders), key=str))
            groups.setdefault(sizes, []).append((monomial, c))
        return total(self._merged_group(sizes, terms) for sizes, terms in groups.items())

    def _merged_group(
        self, sizes: tuple[sp.Symbol, ...], terms: list[tuple[Monomial, Fraction]]
    ) -> Poly:
        rules = self.normalizer.rules
        places = [fresh_index(size) for size in sizes]
        cancellation = Cancellation(rules)
        summands: list[sp.Expr] = []
        seen: set[Atom] = set()
        for monomial, c in terms:
            factors = _aligned(monomial, sizes, places, seen)
            seen |= set(factors)
            summands.append(cancellation.monomial(factors, c))
        try:
            merged = cancellation.poly(sp.expand(cancelled(sp.Add(*summands))))
        except Undecided:
            return Poly(dict(terms))
        for place, size in zip(places, sizes, strict=True):
            merged = rules.sum_over(merged, place, size)
        return merged


def _aligned(
    monomial: Monomial, sizes: tuple[sp.Symbol, ...], places: list[sp.Dummy], seen: set
) -> dict[Atom, Fraction]:
    """The factors with the places for indices, so that as many as possible are among `seen`."""
    binders, factors = opened(monomial)
    ways = []
    for order in itertools.permutations(binders):
        if tuple(size for _, size in order) == sizes:
            names = {index: place for (index, _), place in zip(order, places, strict=True)}
            ways.append({replace(atom, names): power for atom, power in factors.items()})
    return max(ways, key=lambda way: len(seen & set(way)))


class Cancellation:
    """Writes a polynomial as a rational function of unknowns, one for each atom."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.unknowns: dict = {}

    def of(self, poly: Poly) -> sp.Expr:
        """The cancelled rational function; 0 proves that `poly` is zero."""
        return cancelled(self.rational(poly))

    def rational(self, poly: Poly) -> sp.Expr:
        """A polynomial in unknowns, not yet cancelled."""
        return sp.Add(*(self.term(m, c) for m, c in poly.terms.items()))

    def term(self, monomial: Monomial, c: Fraction) -> sp.Expr:
        """One term; a sum in it that shares no index with its surroundings is one unknown."""
        outside, sums = self.rules.components(monomial)
        return self.monomial(outside, c) * sp.Mul(*map(self.unknown, sums))

    def monomial(self, factors: dict[Atom, Fraction], c: Fraction) -> sp.Expr:
        """A product of powers of atoms."""
        powers = (
            self.atom(atom) ** sp.Rational(e.numerator, e.denominator)
            for atom, e in factors.items()
        )
        return sp.Rational(c.numerator, c.denominator) * sp.Mul(*powers)

    def atom(self, atom: Atom) -> sp.Expr:
        """An atom; a sum in a denominator is opened, so that it can cancel."""
        return self.rational(atom.inner) if isinstance(atom, Group) else self.unknown(atom)

    def unknown(self, key: Atom | Poly) -> sp.Symbol:
        """The unknown that stands for an atom or a closed sum."""
        return self.unknowns.setdefault(key, sp.Dummy())

    def poly(self, rational: sp.Expr) -> Poly:
        """A function of unknowns as a polynomial again."""
        if rational.is_Rational:
            return number(Fraction(int(rational.p), int(rational.q)))
        if rational.is_Add:
            return total(map(self.poly, rational.args))
        if rational.is_Mul:
            return self.rules.product(map(self.poly, rational.args))
        if rational.is_Pow and rational.exp.is_Rational:
            exponent = Fraction(int(rational.exp.p), int(rational.exp.q))
            return self.rules.power(self.poly(rational.base), exponent)
        key = {unknown: key for key, unknown in self.unknowns.items()}[rational]
        return key if isinstance(key, Poly) else self.rules.reduced_atom(key)


def cancelled(rational: sp.Expr) -> sp.Expr:
    """One fraction in lowest terms."""
    return sp.cancel(sp.together(rational))


# ---------------------------------------------------------------- back to sympy


def to_sympy(poly: Poly, context: Declarations) -> sp.Expr:
    """A normal form as an expression again, its bound indices named β0, β1, ..."""
    return sp.Add(*(_term(monomial, c, context) for monomial, c in poly.terms.items()))


def _term(monomial: Monomial, c: Fraction, context: Declarations) -> sp.Expr:
    factors = (
        _atom(atom, context) ** sp.Rational(e.numerator, e.denominator)
        for atom, e in monomial.factors
    )
    body = sp.Mul(*factors)
    for index, size in monomial.binders:
        body = sp.Sum(body, (index, 1, size))
    return sp.Rational(c.numerator, c.denominator) * body


def _atom(atom: Atom, context: Declarations) -> sp.Expr:
    if isinstance(atom, Value):
        return atom.term
    if isinstance(atom, Delta):
        return sp.KroneckerDelta(atom.a, atom.b)
    if isinstance(atom, Log):
        return sp.log(to_sympy(atom.inner, context))
    if isinstance(atom, Exp):
        return sp.exp(to_sympy(atom.inner, context))
    if isinstance(atom, Group):
        return to_sympy(atom.inner, context)
    return _element(atom, context)


def _element(atom: Element, context: Declarations) -> sp.Expr:
    arguments = [to_sympy(a, context) if isinstance(a, Poly) else a for a in atom.arguments]
    if atom.name == FACTORIAL:
        return sp.factorial(*arguments)
    family = context.families[atom.name]
    if None in family.ranges:
        return sp.Function(atom.name, **{family.sign: True})(*arguments)
    return sp.IndexedBase(atom.name, **{family.sign: True})[tuple(arguments)]

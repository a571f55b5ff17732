"""The prover's data: polynomials in atoms, under sums with their own indices.

A :class:`Poly` is a sum of terms. A term is a rational number times a monomial; a monomial
is a product of atoms to rational powers, summed over *binders*: pairs (index, size), the
index running from 1 to the size. So ``N*Sum(p[k]*log(q[k]), (k, 1, K))`` is one term with
the atoms N, p[b], log q[b] and the binder (b, K). `naming` makes the form canonical.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import sympy as sp


@dataclass(frozen=True, slots=True)
class Value:
    """A number by name: a size, a scalar, or an index or label used as a number."""

    term: sp.Expr


@dataclass(frozen=True, slots=True)
class Element:
    """A member of a family or a value of a function; arguments are indices or polynomials."""

    name: str
    arguments: tuple


@dataclass(frozen=True, slots=True)
class Delta:
    """The Iverson bracket [a = b] of two indices."""

    a: sp.Expr
    b: sp.Expr


@dataclass(frozen=True, slots=True)
class Log:
    """The logarithm of a polynomial that has no product form."""

    inner: Poly


@dataclass(frozen=True, slots=True)
class Exp:
    """The exponential of a single term with coefficient 1."""

    inner: Poly


@dataclass(frozen=True, slots=True)
class Group:
    """A polynomial kept whole because its power is not a natural number."""

    inner: Poly


Atom = Value | Element | Delta | Log | Exp | Group


def content(atom: Value | Log | Exp | Group) -> sp.Expr | Poly:
    """What an atom of one part is made of."""
    return atom.term if isinstance(atom, Value) else atom.inner


def parts_of(atom: Atom) -> list[Poly]:
    """The polynomials that an atom is made of."""
    inside = atom.arguments if isinstance(atom, Element) else (getattr(atom, "inner", None),)
    return [part for part in inside if isinstance(part, Poly)]


class Monomial(NamedTuple):
    """Binders ((index, size), ...) and factors ((atom, power), ...), both in canonical order."""

    binders: tuple
    factors: tuple


class Poly:
    """A sum of terms, by canonical monomial. Immutable; equal sums of terms are equal."""

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: dict[Monomial, Fraction]) -> None:
        self.terms = {monomial: c for monomial, c in terms.items() if c != 0}
        self._hash = hash(frozenset(self.terms.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and self.terms == other.terms

    def __hash__(self) -> int:
        return self._hash

    def __sub__(self, other: Poly) -> Poly:
        return total([self, other.scaled(-1)])

    def scaled(self, factor: Fraction | int) -> Poly:
        """The polynomial times a number."""
        return Poly({monomial: c * factor for monomial, c in self.terms.items()})

    def single(self) -> tuple[Monomial, Fraction] | None:
        """The only term, if there is just one."""
        return next(iter(self.terms.items())) if len(self.terms) == 1 else None

    def constant(self) -> Fraction | None:
        """The number that this polynomial is, if it is one."""
        if not self.terms:
            return Fraction(0)
        return self.terms.get(UNIT) if len(self.terms) == 1 else None

    def __repr__(self) -> str:
        return f"Poly({self.terms})"


FACTORIAL = "!"  # the name of the one built-in function that is kept as an element
UNIT = Monomial((), ())
ZERO = Poly({})
ONE = Poly({UNIT: Fraction(1)})


def total(polys: Iterable[Poly]) -> Poly:
    """The sum of polynomials."""
    terms: dict[Monomial, Fraction] = {}
    for poly in polys:
        for monomial, c in poly.terms.items():
            terms[monomial] = terms.get(monomial, 0) + c
    return Poly(terms)


def number(value: Fraction | int) -> Poly:
    """A number as a polynomial."""
    return Poly({UNIT: Fraction(value)})


class Undecided(Exception):
    """The prover cannot tell; never a statement that something is false."""

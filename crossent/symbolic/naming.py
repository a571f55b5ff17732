"""Canonical names for bound indices, and the replacing of indices without capture.

Two monomials that differ only in the names of their binders have one canonical form: the
binders are renamed to β0, β1, ... in the order that makes the written form smallest, a
sum inside an atom using lower numbers than the sum around it. While a computation is going
on, an index in scope is a fresh ``Dummy``. Hence replacing an index can never capture one.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import sympy as sp

from .terms import (
    Atom,
    Delta,
    Element,
    Exp,
    Group,
    Log,
    Monomial,
    Poly,
    content,
    total,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any


def atom_poly(atom: Atom) -> Poly:
    """An atom as a polynomial."""
    return Poly({Monomial((), ((atom, Fraction(1)),)): Fraction(1)})


# ---------------------------------------------------------------- replacing indices


def replace(thing: Any, mapping: dict) -> Any:
    """Replace index symbols in an index, an atom or a polynomial, renaming nothing else.

    Only fresh dummies and the prover's own names are ever replaced, and a bound name is
    lower than any name in scope around it, so no index can be captured.
    """
    if isinstance(thing, sp.Basic):
        return thing.xreplace(mapping)
    if isinstance(thing, Poly):
        return total(_replaced_monomial(m, c, mapping) for m, c in thing.terms.items())
    if isinstance(thing, Element):
        return Element(thing.name, tuple(replace(a, mapping) for a in thing.arguments))
    if isinstance(thing, Delta):
        return Delta(
            *sorted((replace(thing.a, mapping), replace(thing.b, mapping)), key=index_key)
        )
    return type(thing)(replace(content(thing), mapping))


def _replaced_monomial(monomial: Monomial, c: Fraction, mapping: dict) -> Poly:
    binders, factors = opened(monomial)
    moved: dict[Atom, Fraction] = {}
    for atom, power in factors.items():
        new = replace(atom, mapping)
        moved[new] = moved.get(new, 0) + power
    return canonical(binders, moved, c)


def opened(monomial: Monomial) -> tuple[tuple, dict[Atom, Fraction]]:
    """Binders and factors with every binder renamed to a fresh dummy."""
    if not monomial.binders:
        return (), dict(monomial.factors)
    fresh = {index: fresh_index(size) for index, size in monomial.binders}
    binders = tuple((fresh[index], size) for index, size in monomial.binders)
    return binders, {replace(atom, fresh): power for atom, power in monomial.factors}


def fresh_index(size: sp.Symbol) -> sp.Dummy:
    """A new index that runs from 1 to `size`, and is named after it."""
    return sp.Dummy(size.name, integer=True, positive=True)


def indices_in(thing: sp.Basic | Poly | Atom) -> frozenset:
    """All symbols that occur in an index, an atom or a polynomial, bound names included."""
    if isinstance(thing, sp.Basic):
        return frozenset(thing.free_symbols)
    if isinstance(thing, Poly):
        return _indices_of_poly(thing)
    if isinstance(thing, Element):
        return frozenset().union(*map(indices_in, thing.arguments))
    if isinstance(thing, Delta):
        return indices_in(thing.a) | indices_in(thing.b)
    return indices_in(content(thing))


@lru_cache(maxsize=100_000)
def _indices_of_poly(poly: Poly) -> frozenset:
    return frozenset().union(*(indices_in(a) for m in poly.terms for a, _ in m.factors))


# ---------------------------------------------------------------- canonical names


def bound_name(level: int) -> sp.Symbol:
    """The prover's own name for a bound index."""
    return sp.Symbol(f"β{level}", integer=True, positive=True)


@lru_cache(maxsize=100_000)
def height(thing: Poly | Monomial | Atom) -> int:
    """One more than the highest bound name used inside; 0 if there is none."""
    if isinstance(thing, Poly):
        return max((height(m) for m in thing.terms), default=0)
    if isinstance(thing, Monomial):
        inside = max((height(atom) for atom, _ in thing.factors), default=0)
        return inside + len(thing.binders)
    if isinstance(thing, Element):
        return max((height(a) for a in thing.arguments if isinstance(a, Poly)), default=0)
    if isinstance(thing, Log | Exp | Group):
        return height(thing.inner)
    return 0


def canonical(
    binders: Sequence[tuple[sp.Symbol, sp.Symbol]], factors: dict[Atom, Fraction], c: Fraction
) -> Poly:
    """One term in canonical form; the binders' indices must be dummies."""
    factors = {atom: power for atom, power in factors.items() if power != 0}
    if not binders:
        return Poly({Monomial((), _ordered(factors)): c})
    base = max((height(atom) for atom in factors), default=0)
    best = min(
        (_named(order, factors, base) for order in _orders(binders, factors)),
        key=lambda monomial: written_factors(monomial.factors),
    )
    return Poly({best: c})


def _named(
    order: Sequence[tuple[sp.Symbol, sp.Symbol]], factors: dict[Atom, Fraction], base: int
) -> Monomial:
    names = {index: bound_name(base + i) for i, (index, _) in enumerate(order)}
    named = tuple((names[index], size) for index, size in order)
    return Monomial(named, _ordered({replace(atom, names): e for atom, e in factors.items()}))


def _orders(
    binders: Sequence[tuple[sp.Symbol, sp.Symbol]], factors: dict[Atom, Fraction]
) -> Iterator[list[tuple[sp.Symbol, sp.Symbol]]]:
    """Orders of the binders that can lead to the smallest written form."""

    def colour(binder: tuple[sp.Symbol, sp.Symbol]) -> tuple[str, str]:
        index, size = binder
        mark = {index: sp.Symbol("β")}
        marked = ((replace(atom, mark), power) for atom, power in factors.items())
        return str(size), written_factors(marked, anonymous=True)

    ranked = sorted(((colour(b), b) for b in binders), key=lambda pair: pair[0])
    classes = [
        [b for _, b in group] for _, group in itertools.groupby(ranked, key=lambda pair: pair[0])
    ]
    for parts in itertools.product(*(itertools.permutations(group) for group in classes)):
        yield [binder for part in parts for binder in part]


def _ordered(factors: dict[Atom, Fraction]) -> tuple:
    return tuple(sorted(factors.items(), key=lambda item: (written(item[0]), item[1])))


# ---------------------------------------------------------------- written forms


def index_key(index: sp.Expr) -> tuple:
    """Order of indices: plain symbols before everything else, then by name."""
    return (not isinstance(index, sp.Symbol), written(index))


def _index_text(index: sp.Expr, anonymous: bool) -> str:
    names = {d: "_" if anonymous else f"_{d.dummy_index}" for d in index.atoms(sp.Dummy)}
    return sp.sstr(index.xreplace({d: sp.Symbol(name) for d, name in names.items()}))


@lru_cache(maxsize=200_000)
def written(thing: sp.Basic | Poly | Atom, anonymous: bool = False) -> str:
    """An unambiguous text of an atom or polynomial; `anonymous` hides the names of dummies."""
    if isinstance(thing, sp.Basic):
        return _index_text(thing, anonymous)
    if isinstance(thing, Poly):
        parts = sorted(
            f"{c}*{list(map(str, m.binders))}{written_factors(m.factors, anonymous)}"
            for m, c in thing.terms.items()
        )
        return "(" + " + ".join(parts) + ")"
    if isinstance(thing, Element):
        return f"E:{thing.name}[" + ",".join(written(a, anonymous) for a in thing.arguments) + "]"
    if isinstance(thing, Delta):
        return f"[{written(thing.a, anonymous)}={written(thing.b, anonymous)}]"
    return f"{type(thing).__name__}:{written(content(thing), anonymous)}"


def written_factors(factors: Iterable[tuple[Atom, Fraction]], anonymous: bool = False) -> str:
    """An unambiguous text of a product of powers."""
    return "·".join(sorted(f"{written(atom, anonymous)}^{power}" for atom, power in factors))

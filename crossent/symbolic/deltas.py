"""Iverson brackets: sifting a sum, and using one index for two that a bracket equates.

A bracket [a = b] under a sum over a keeps the one term a = b, but only if b is known to lie
in the range of the sum and does not itself change with a, as X[a] does; otherwise the
bracket stays. Outside a sum [a = b] f(a) is written
as [a = b] f(b).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import sympy as sp

from .naming import atom_poly, index_key, opened
from .terms import (
    ZERO,
    Atom,
    Delta,
    Element,
    Exp,
    Log,
    Poly,
    Undecided,
    Value,
    content,
    number,
    total,
)

if TYPE_CHECKING:
    from .rules import Rules


def use_delta(
    rules: Rules,
    binders: dict[sp.Symbol, sp.Symbol],
    factors: dict[Atom, Fraction],
    c: Fraction,
) -> Poly | None:
    """Apply the first bracket among the factors that changes the term; None if none does."""
    for atom, power in factors.items():
        if not isinstance(atom, Delta):
            continue
        if power < 0:
            raise Undecided("an Iverson bracket stands in a denominator")
        rest = {a: e for a, e in factors.items() if a != atom}
        gap = atom.a - atom.b
        if gap == 0:
            return rules.reduce(binders.items(), rest, c)
        if gap.is_Integer:
            return ZERO  # two places that differ by a whole number
        for index, other in ((atom.a, atom.b), (atom.b, atom.a)):
            if index not in binders or other.has(index):
                continue
            if rules.in_range(other, binders[index], binders):
                left = {i: s for i, s in binders.items() if i != index}
                return rules.under(left, [number(c), *_moved(rules, rest, index, other)])
        if power != 1:  # [a = b] squared is [a = b]
            return rules.reduce(binders.items(), rest | {atom: Fraction(1)}, c)
        moved = _align(rules, atom, rest)
        if moved is not None:
            return rules.under(binders, [number(c), atom_poly(atom), *moved])
    return None


def _align(rules: Rules, atom: Delta, rest: dict[Atom, Fraction]) -> list[Poly] | None:
    """Write the other factors with one of the two indices that the bracket equates."""
    keep, drop = sorted((atom.a, atom.b), key=index_key)
    if not isinstance(drop, sp.Symbol | sp.Indexed):
        keep, drop = drop, keep
    if not isinstance(drop, sp.Symbol | sp.Indexed) or keep.has(drop):
        return None
    if not any(mentions(other, drop) for other in rest):
        return None
    return _moved(rules, rest, drop, keep)


def _moved(rules: Rules, factors: dict[Atom, Fraction], old: sp.Expr, new: sp.Expr) -> list[Poly]:
    """Each factor with index `old` replaced by `new`, brought to normal form again."""
    return [
        rules.power(substituted(rules, atom, old, new), power) for atom, power in factors.items()
    ]


def substituted(rules: Rules, atom: Atom, old: sp.Expr, new: sp.Expr) -> Poly:
    """An atom with one index replaced; what it contains is reduced anew."""
    if not mentions(atom, old):
        return rules.reduced_atom(atom)
    if isinstance(atom, Value):
        return rules.index_value(swap(atom.term, old, new))
    if isinstance(atom, Delta):
        ends = sorted((swap(atom.a, old, new), swap(atom.b, old, new)), key=index_key)
        return rules.reduced_atom(Delta(*ends))
    if isinstance(atom, Element):
        return atom_poly(
            Element(
                atom.name,
                tuple(
                    substituted_poly(rules, a, old, new)
                    if isinstance(a, Poly)
                    else swap(a, old, new)
                    for a in atom.arguments
                ),
            )
        )
    inner = substituted_poly(rules, atom.inner, old, new)
    if isinstance(atom, Log):
        return rules.log(inner)
    return rules.exp(inner) if isinstance(atom, Exp) else inner


def substituted_poly(rules: Rules, poly: Poly, old: sp.Expr, new: sp.Expr) -> Poly:
    """A polynomial with one index replaced, term by term."""
    parts = []
    for monomial, c in poly.terms.items():
        binders, factors = opened(monomial)
        parts.append(rules.under(dict(binders), [number(c), *_moved(rules, factors, old, new)]))
    return total(parts)


def swap(index: sp.Expr, old: sp.Expr, new: sp.Expr) -> sp.Expr:
    """An index with one symbol or label replaced."""
    return index.xreplace({old: new})


def mentions(thing: sp.Basic | Poly | Atom, index: sp.Expr) -> bool:
    """Whether an index (a symbol or a label like X[n]) occurs in an atom or polynomial."""
    if isinstance(thing, sp.Basic):
        return thing.has(index)
    if isinstance(thing, Poly):
        return any(mentions(a, index) for m in thing.terms for a, _ in m.factors)
    if isinstance(thing, Element):
        return any(mentions(a, index) for a in thing.arguments)
    if isinstance(thing, Delta):
        return mentions(thing.a, index) or mentions(thing.b, index)
    return mentions(content(thing), index)

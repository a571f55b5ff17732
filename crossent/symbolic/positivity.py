"""Which normal forms are positive, and the factors that a normal form falls apart into.

Every answer "positive" holds for all sizes and values that respect the declarations; False
means "not shown".
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from .naming import canonical, indices_in, opened, written
from .reduction import Reduction
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
    parts_of,
    total,
)

if TYPE_CHECKING:
    import sympy as sp


class Positivity(Reduction):
    """Signs and common factors under one context."""

    # ------------------------------------------------------------ factors

    def _content(
        self, poly: Poly, positive_only: bool
    ) -> tuple[tuple[dict[Atom, Fraction], Fraction], list[Poly]]:
        """Split off what all terms share: (factors, number), and the remaining factors.

        A single term falls apart into its atoms outside any sum and its unconnected sums.
        """
        single = poly.single()
        if single is not None:
            monomial, c = single
            free, parts = self.components(monomial)
            return (free, c), parts
        shared: dict[Atom, Fraction] | None = None
        for monomial in poly.terms:
            free, _ = self.components(monomial)
            shared = (
                dict(free)
                if shared is None
                else {a: min(shared.get(a, 0), free.get(a, 0)) for a in {**shared, **free}}
            )
        shared = {
            a: e
            for a, e in (shared or {}).items()
            if e != 0 and not isinstance(a, Delta) and (not positive_only or self.positive_atom(a))
        }
        scale = _leading(poly)
        if positive_only:
            scale = abs(scale)
        inverse = canonical((), {a: -e for a, e in shared.items()}, 1 / scale)
        return (shared, scale), [self.product([poly, inverse])]

    def components(self, monomial: Monomial) -> tuple[dict, list[Poly]]:
        """Factors outside the sums, and the sums that share no index with each other."""
        binders, factors = opened(monomial)
        sizes = dict(binders)
        groups: list[tuple[set, dict]] = []
        free: dict[Atom, Fraction] = {}
        for atom, power in factors.items():
            used = set(indices_in(atom)) & set(sizes)
            if not used:
                free[atom] = power
                continue
            joined = {atom: power}
            for group in [g for g in groups if g[0] & used]:
                groups.remove(group)
                used |= group[0]
                joined |= group[1]
            groups.append((used, joined))
        parts = [
            self.reduce([(i, sizes[i]) for i in used], atoms, Fraction(1))
            for used, atoms in groups
        ]
        return free, parts

    # ------------------------------------------------------------ signs

    def _all_positive(self, factors: dict[Atom, Fraction], c: Fraction) -> bool:
        return c > 0 and all(map(self.positive_atom, factors))

    def require_positive(self, poly: Poly, what: object) -> None:
        """Raise `Undecided` unless `poly` is known to be positive."""
        if not self.is_positive(poly):
            raise Undecided(f"{what} is not known to be positive")

    def is_positive(self, poly: Poly) -> bool:
        """Whether `poly` > 0 follows term by term, or at both ends of a bounded number.

        A polynomial linear in t with low < t < high is positive between the ends if it is
        nonnegative at both and positive at one: so is 1 - t for 0 < t < 1. Whatever else
        depends on t is any number of its sign at the ends, hence also what it is at t.
        """
        if not poly.terms:
            return False
        if all(c > 0 and self._positive_monomial(m) for m, c in poly.terms.items()):
            return True
        if len(poly.terms) > 1:
            (shared, _), (rest,) = self._content(poly, positive_only=True)
            if shared:  # positive factors of every term do not change the sign
                return self.is_positive(rest)
        for symbol, between in self.context.scalars.items():
            ends = self._at_ends(poly, Value(symbol), between) if between else None
            if ends and all(not end.terms or self.is_positive(end) for end in ends):
                return any(end.terms for end in ends)
        return False

    def is_finite(self, poly: Poly) -> bool:
        """Whether nothing in `poly` divides by what could be zero."""
        return all(
            (power > 0 or self.positive_atom(atom)) and all(map(self.is_finite, parts_of(atom)))
            for monomial in poly.terms
            for atom, power in monomial.factors
        )

    def _positive_monomial(self, monomial: Monomial) -> bool:
        """Whether a term is positive: its atoms, but for weights with a positive total."""
        doubtful = [pair for pair in monomial.factors if not self.positive_atom(pair[0])]
        if not doubtful:
            return True
        if len(doubtful) > 1 or doubtful[0][1] != 1 or not isinstance(doubtful[0][0], Element):
            return False
        (weights, _), binders = doubtful[0], dict(monomial.binders)
        family = self.context.families[weights.name]
        return (
            family.sign == "nonnegative"
            and family.total is not None
            and bool(family.total.is_positive)
            and binders.get(weights.arguments[family.axis]) == family.ranges[family.axis]
            and self._arguments_in_range(family, weights, binders)
            and not _repeats(weights, family.axis)
        )

    def _at_ends(
        self, poly: Poly, atom: Value, between: tuple[sp.Expr, sp.Expr]
    ) -> list[Poly] | None:
        """`poly` with `atom` at the two ends, if it is linear in it and uses it."""
        plain: list[Poly] = []
        slope: list[Poly] = []
        for monomial, c in poly.terms.items():
            binders, factors = opened(monomial)
            power = factors.pop(atom, Fraction(0))
            if power not in (0, 1):
                return None
            (slope if power else plain).append(canonical(binders, factors, c))
        if not slope:
            return None
        ends = (Fraction(int(end.p), int(end.q)) for end in between)
        return [total([*plain, *(part.scaled(end) for part in slope)]) for end in ends]

    def positive_atom(self, atom: Atom) -> bool:
        """Whether an atom is positive by its kind or its declaration."""
        if isinstance(atom, Exp):
            return True
        if isinstance(atom, Group):
            return self.is_positive(atom.inner)
        if isinstance(atom, Element):
            if atom.name == FACTORIAL:
                return True
            return self.context.families[atom.name].sign == "positive"
        if isinstance(atom, Value):
            return bool(atom.term.is_positive)
        if isinstance(atom, Log):
            value = atom.inner.constant()
            return value is not None and value > 1
        return False


def _leading(poly: Poly) -> Fraction:
    """The coefficient of the first term in written order."""
    first = min(poly.terms, key=lambda m: written(Poly({m: Fraction(1)})))
    return poly.terms[first]


def _repeats(weights: Element, axis: int) -> bool:
    """Whether the index of the total stands in another place too, as on a diagonal."""
    others = [a for place, a in enumerate(weights.arguments) if place != axis]
    return any(indices_in(weights.arguments[axis]) & indices_in(other) for other in others)

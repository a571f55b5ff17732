"""Rules for products and sums of terms. Each is an equality for all sizes and values.

Products distribute and sums of products merge; brackets sift (see `deltas`); a declared
total replaces the sum it speaks of; a sum over an index that nothing uses is its size; and
1/S cancels against the very terms that S sums.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

import sympy as sp

from .declared import Declarations
from .naming import canonical, indices_in, opened, replace
from .terms import ONE, Atom, Element, Group, Monomial, Poly, Undecided, Value, total

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .declarations import Family
    from .normal import Normalizer

MAX_TERMS = 4000


class Reduction:
    """Multiplying out and summing, under one context; `Rules` adds powers and logarithms."""

    def __init__(self, context: Declarations, normalizer: Normalizer) -> None:
        self.context = context
        self.normalizer = normalizer

    # ------------------------------------------------------------ products

    def product(self, polys: Iterable[Poly]) -> Poly:
        """Multiply out."""
        result = ONE
        for poly in polys:
            if len(result.terms) * len(poly.terms) > MAX_TERMS:
                raise Undecided("the product has too many terms")
            result = total(
                self._times(a, b, c * d)
                for (a, c), (b, d) in itertools.product(result.terms.items(), poly.terms.items())
            )
        return result

    def _times(self, left: Monomial, right: Monomial, c: Fraction) -> Poly:
        binders, factors = opened(left)
        more, others = opened(right)
        for atom, power in others.items():
            factors[atom] = factors.get(atom, Fraction(0)) + power
        return self.reduce((*binders, *more), factors, c)

    def reduced_atom(self, atom: Atom) -> Poly:
        """An atom as a polynomial, after the rules for a single term."""
        return self.reduce((), {atom: Fraction(1)}, Fraction(1))

    def sum_over(self, poly: Poly, dummy: sp.Dummy, size: sp.Symbol) -> Poly:
        """The sum of `poly` over the index `dummy` from 1 to `size`."""
        parts = []
        for monomial, c in poly.terms.items():
            binders, factors = opened(monomial)
            parts.append(self.reduce((*binders, (dummy, size)), factors, c))
        return total(parts)

    # ------------------------------------------------------------ one term at a time

    def reduce(
        self,
        binders: Iterable[tuple[sp.Symbol, sp.Symbol]],
        factors: dict[Atom, Fraction],
        c: Fraction,
    ) -> Poly:
        """Apply the rules for a single term until none applies."""
        binders = dict(binders)
        factors = {atom: power for atom, power in factors.items() if power != 0}
        for rule in (self._expand_group, self._use_delta, self._use_total, self._fold):
            result = rule(binders, factors, c)
            if result is not None:
                return result
        return self._drop_unused(binders, factors, c)

    def _expand_group(
        self, binders: dict[sp.Symbol, sp.Symbol], factors: dict[Atom, Fraction], c: Fraction
    ) -> Poly | None:
        """A group at a whole positive power is multiplied out."""
        for atom, power in factors.items():
            if isinstance(atom, Group) and power > 0 and power.denominator == 1:
                rest = {a: e for a, e in factors.items() if a != atom}
                whole = [atom.inner] * int(power)
                return self.under(binders, [self.reduce((), rest, c), *whole])
        return None

    def under(self, binders: dict, polys: Iterable[Poly]) -> Poly:
        """Multiply, then sum over the binders, whose indices are still free in the factors."""
        result = self.product(polys)
        for index, size in binders.items():
            result = self.sum_over(result, index, size)
        return result

    def _use_delta(
        self, binders: dict[sp.Symbol, sp.Symbol], factors: dict[Atom, Fraction], c: Fraction
    ) -> Poly | None:
        """Apply a bracket among the factors; `Rules` does."""
        raise NotImplementedError

    def _use_total(
        self, binders: dict[sp.Symbol, sp.Symbol], factors: dict[Atom, Fraction], c: Fraction
    ) -> Poly | None:
        for atom, power in factors.items():
            if not isinstance(atom, Element) or power != 1:
                continue
            family = self.context.families.get(atom.name)
            if family is None or family.total is None:
                continue
            index = atom.arguments[family.axis]
            if binders.get(index) != family.ranges[family.axis]:
                continue
            others = [a for i, a in enumerate(atom.arguments) if i != family.axis]
            rest = {a: e for a, e in factors.items() if a != atom}
            if any(index in indices_in(thing) for thing in [*others, *rest]):
                continue
            env = {
                s: a
                for s, a in zip(family.parameters, atom.arguments, strict=True)
                if s is not None
            }
            if not self._arguments_in_range(family, atom, binders):
                continue
            left = {i: s for i, s in binders.items() if i != index}
            value = self.normalizer.evaluate(family.total, env)
            return self.under(left, [self.reduce((), rest, c), value])
        return None

    def _arguments_in_range(
        self, family: Family, atom: Element, binders: dict[sp.Symbol, sp.Symbol]
    ) -> bool:
        """A total is declared for arguments inside their ranges only."""
        return all(
            size is None or position == family.axis or self.in_range(argument, size, binders)
            for position, (argument, size) in enumerate(
                zip(atom.arguments, family.ranges, strict=True)
            )
        )

    def _fold(
        self, binders: dict[sp.Symbol, sp.Symbol], factors: dict[Atom, Fraction], c: Fraction
    ) -> Poly | None:
        """Where 1/S stands beside the very terms that S sums, cancel one power of S."""
        for atom, power in factors.items():
            if not (isinstance(atom, Group) and power < 0):
                continue
            single = atom.inner.single()
            if single is None:
                continue
            for used, rest in self._matches(single[0], binders, factors):
                left = {i: s for i, s in binders.items() if i not in used}
                return self.reduce(left.items(), rest | {atom: power + 1}, c / single[1])
        return None

    def _matches(
        self,
        monomial: Monomial,
        binders: dict[sp.Symbol, sp.Symbol],
        factors: dict[Atom, Fraction],
    ) -> Iterator[tuple[set[sp.Symbol], dict[Atom, Fraction]]]:
        """Ways to see the summand of `monomial` among the factors that use some binders."""
        own, pattern = opened(monomial)
        for chosen in itertools.permutations(binders.items(), len(own)):
            if any(size != wanted for (_, size), (_, wanted) in zip(chosen, own, strict=True)):
                continue
            names = {index: place for (index, _), (place, _) in zip(own, chosen, strict=True)}
            wanted = {replace(atom, names): power for atom, power in pattern.items()}
            used = set(names.values())
            found = {a: e for a, e in factors.items() if used & indices_in(a)}
            if wanted == found:
                yield used, {a: e for a, e in factors.items() if a not in found}

    def _drop_unused(
        self, binders: dict[sp.Symbol, sp.Symbol], factors: dict[Atom, Fraction], c: Fraction
    ) -> Poly:
        """The sum over an index that nothing uses is its size; then fix the names."""
        used = frozenset().union(*map(indices_in, factors))
        factors = dict(factors)
        for index, size in binders.items():
            if index not in used:
                atom = Value(size)
                factors[atom] = factors.get(atom, Fraction(0)) + 1
        kept = tuple((i, s) for i, s in binders.items() if i in used)
        return canonical(kept, factors, c)

    def in_range(
        self, term: sp.Expr, size: sp.Symbol, binders: dict[sp.Symbol, sp.Symbol]
    ) -> bool:
        """Whether an index is known to lie in 1..size."""
        if term in binders:
            return binders[term] == size
        if isinstance(term, sp.Dummy):
            return term.name == size.name  # a dummy is named after the size it runs to
        if isinstance(term, sp.Symbol):
            return term == size or self.context.indices.get(term) == size
        if isinstance(term, sp.Indexed):
            family = self.context.families[str(term.base.label)]
            return family.values == size and self.in_range(
                term.indices[0], family.ranges[0], binders
            )
        return term == 1

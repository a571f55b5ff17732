"""Proofs at stated sizes, for claims that the general prover leaves undecided.

At N = 2 and K = 3, say, every sum is written out, each label takes each of its values in
turn, and the last member of a family with a declared total is the total less the others.
What is left is arithmetic of finitely many numbers. Such a proof is always displayed as
what it is: "(for N = 2, K = 3)".
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import sympy as sp

from .declared import Declarations
from .naming import atom_poly
from .normal import Normalizer
from .prover import Cancellation
from .terms import Atom, Element, Poly, Undecided, number, total

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .declarations import Family

MAX_CASES = 2000


class InstanceError(ValueError):
    """Sizes that cannot serve as an instance."""


def check_sizes(sizes: dict, context: Declarations) -> None:
    """Raise unless `sizes` names declared sizes and gives them different whole numbers."""
    if not isinstance(sizes, dict):
        raise InstanceError(f"sizes must be a dict of sizes and numbers, not {sizes!r}")
    unknown = [s for s in sizes if not context.is_size(s)]
    if unknown or not sizes:
        raise InstanceError(f"{unknown[0] if unknown else 'nothing'} is not a declared size")
    values = list(sizes.values())
    if any(not isinstance(v, int) or isinstance(v, bool) or v < 1 for v in values):
        raise InstanceError(f"sizes must be whole numbers from 1 on, not {values}")
    if len(set(values)) < len(values):
        # With N = K an exchange of the two would pass unseen.
        raise InstanceError(f"sizes must differ from each other, not {values}")


def equal_at(left: sp.Expr, right: sp.Expr, sizes: dict, context: Declarations) -> bool:
    """True if `left` = `right` is proved at the stated sizes; False says nothing."""
    for labels in _assignments(sizes, context, left, right):
        normalizer = InstanceNormalizer(context, sizes, labels)
        difference = normalizer.normal(left) - normalizer.normal(right)
        if difference.terms and InstanceCancellation(normalizer).of(difference) != 0:
            return False
    return True


def _assignments(
    sizes: dict[sp.Symbol, int], context: Declarations, *expressions: sp.Expr
) -> Iterator[dict[tuple[str, int], int]]:
    """Every way to give the labels their values."""
    names = set().union(*(context.names_below(e) for e in expressions))
    used = [f for f in context.families.values() if f.values is not None and f.name in names]
    keys, ranges = [], []
    for family in used:
        if family.ranges[0] not in sizes or family.values not in sizes:
            continue  # stays symbolic
        for n in range(1, sizes[family.ranges[0]] + 1):
            keys.append((family.name, n))
            ranges.append(range(1, sizes[family.values] + 1))
    if math.prod(map(len, ranges)) > MAX_CASES:
        raise Undecided(f"more than {MAX_CASES} cases of labels; state smaller sizes")
    return (dict(zip(keys, case, strict=True)) for case in itertools.product(*ranges))


class InstanceNormalizer(Normalizer):
    """Normal forms with some sizes and labels replaced by numbers."""

    def __init__(self, context: Declarations, sizes: dict, labels: dict | None = None) -> None:
        super().__init__(context)
        self.sizes = {size: sp.Integer(value) for size, value in sizes.items()}
        self.labels = labels or {}

    def _symbol(self, node: sp.Expr, env: dict[sp.Symbol, sp.Expr]) -> Poly:
        if node in self.sizes and node not in env:
            return number(int(self.sizes[node]))
        return super()._symbol(node, env)

    def index(self, node: sp.Expr, env: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
        """As in the general form, with sizes and labels put in."""
        place = super().index(node, env)
        place = place.xreplace(self.sizes)
        if isinstance(place, sp.Indexed) and place.indices[0].is_Integer:
            value = self.labels.get((str(place.base.label), int(place.indices[0])))
            return place if value is None else sp.Integer(value)
        return place

    def in_declared_range(self, family: Family, element: Element) -> bool:
        """Whether the arguments lie in their ranges, where alone a total is declared."""
        return all(
            size is None
            or self.rules.in_range(argument, size, {})
            or (
                argument.is_Integer
                and argument.is_positive
                and argument <= self.sizes.get(size, 1)
            )
            for argument, size in zip(element.arguments, family.ranges, strict=True)
        )

    def split_range(
        self, low: sp.Expr, high: sp.Expr
    ) -> tuple[sp.Symbol | None, list[sp.Expr], list[sp.Expr]]:
        """As in the general form, with sizes put in."""
        return super().split_range(low.xreplace(self.sizes), high.xreplace(self.sizes))


class InstanceCancellation(Cancellation):
    """Cancellation in which the last member of a family is its total less the others."""

    def __init__(self, normalizer: InstanceNormalizer) -> None:
        super().__init__(normalizer.rules)
        self.normalizer = normalizer

    def atom(self, atom: Atom) -> sp.Expr:
        """As in the general case, with declared totals used."""
        if isinstance(atom, Element):
            rest = self._rest_of_total(atom)
            if rest is not None:
                return self.rational(rest)
        return super().atom(atom)

    def _rest_of_total(self, element: Element) -> Poly | None:
        family = self.normalizer.context.families.get(element.name)
        if family is None or family.total is None:
            return None
        last = self.normalizer.sizes.get(family.ranges[family.axis])
        if last is None or element.arguments[family.axis] != last:
            return None
        if not self.normalizer.in_declared_range(family, element):
            return None
        env = {
            s: a
            for s, a in zip(family.parameters, element.arguments, strict=True)
            if s is not None
        }
        others = []
        for i in range(1, int(last)):
            places = list(element.arguments)
            places[family.axis] = sp.Integer(i)
            others.append(atom_poly(Element(family.name, tuple(places))).scaled(-1))
        return total([self.normalizer.evaluate(family.total, env), *others])

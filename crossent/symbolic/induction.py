"""Induction on a size, for equalities that no rule of the prover reaches."""

from __future__ import annotations

import sympy as sp

from .declared import Declarations
from .instances import InstanceNormalizer
from .prover import Cancellation, Prover
from .terms import Undecided


def equal_by_induction(
    left: sp.Expr, right: sp.Expr, size: sp.Symbol, context: Declarations
) -> bool:
    """True if `left` = `right` holds at `size` = 1 and carries over from each size to the next.

    The step is proved as left(K+1) - left(K) = right(K+1) - right(K). Families whose total,
    labels whose values, and definitions whose body depend on the size change their meaning
    with it and are refused; so is a free index that runs to it, for P(K) says nothing of
    k = K + 1.
    """
    for side in (left, right):
        _refuse_dependents(side, size, context)
    base = InstanceNormalizer(context, {size: 1})
    first = base.normal(left) - base.normal(right)
    if first.terms and Cancellation(base.rules).of(first) != 0:
        return False
    larger = {size: size + 1}
    step_left = left.xreplace(larger) - left
    step_right = right.xreplace(larger) - right
    return Prover(context).equal(step_left, step_right)


def _refuse_dependents(expression: sp.Expr, size: sp.Symbol, context: Declarations) -> None:
    for index in context.free_indices(expression):
        if context.indices[index] == size:
            raise Undecided(f"{index} runs to {size}: no induction on {size}")
    for name in sorted(context.names_below(expression)):
        family = context.families.get(name)
        if family is not None:
            bound = family.bound
            summed = bound is not None and (
                family.ranges[family.axis] == size or size.name in context.names_below(bound)
            )
            if summed or family.values == size:
                raise Undecided(f"{name} is declared relative to {size}: no induction on {size}")
        definition = context.definitions.get(name)
        if definition is not None and size.name in context.names_below(definition.body):
            raise Undecided(f"the definition of {name} depends on {size}: no induction on it")

"""Which expressions are nonnegative, positive or zero by declaration: the slack of a step.

Sign rules read an expression from the outside in and answer True only where each part is
known; False means "not shown". One lemma enters: φ(x) >= 0 for x > 0 (see `phi_lemma`).
"""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from .calculus import definition_body, rename_bound
from .declared import Declarations
from .naming import fresh_index
from .prover import Prover
from .terms import Undecided
from .vocabulary import Phi


class Signs:
    """Sign judgements under one context."""

    def __init__(self, prover: Prover) -> None:
        self.context: Declarations = prover.context
        self.prover = prover

    def is_positive(self, node: sp.Expr) -> bool:
        """Whether `node` > 0 follows from the declarations."""
        try:
            return self.prover.is_positive(node)
        except Undecided:
            return False

    def is_nonnegative(self, node: sp.Expr) -> bool:
        """Whether `node` >= 0 follows from the declarations and the lemma on φ."""
        if node.is_Rational:
            return bool(node >= 0)
        if self.is_positive(node):
            return True
        if isinstance(node, sp.Sum | sp.Product):
            return self.is_nonnegative(self.body_of(node))
        if isinstance(node, sp.Mul):
            return all(map(self.is_nonnegative, node.args))
        if isinstance(node, sp.Pow):
            return self._power_is_nonnegative(node)
        if isinstance(node, Phi):
            return self.is_positive(node.args[0])
        if isinstance(node, sp.KroneckerDelta):
            return True
        if isinstance(node, sp.Add):
            # Terms that are nonnegative by themselves do no harm; the rest must hold together.
            rest = sp.Add(*(a for a in node.args if a.is_number or not self.is_nonnegative(a)))
            return (
                (rest.is_Rational and rest >= 0)
                or self.is_positive(rest)
                or self._is_declared_bound(rest)
            )
        if isinstance(node, sp.Indexed | AppliedUndef | sp.Symbol):
            return self._name_is_nonnegative(node)
        return False

    def body_of(self, node: sp.Expr) -> sp.Expr:
        """What is summed; an index that leaves its declared range becomes one without a range.

        A total or hypothesis declared for k = 1..K must not be used at k = K + 1.
        """
        strays = {
            symbol: sp.Dummy(f"any {symbol}", integer=True, positive=True)
            for symbol, _, high in node.limits
            if not self._within_declared(symbol, high)
        }
        return rename_bound(node, strays).function

    def _within_declared(self, symbol: sp.Symbol, high: sp.Expr) -> bool:
        size = self.context.indices.get(symbol)
        return size is not None and bool((size - high).is_nonnegative)

    def _power_is_nonnegative(self, node: sp.Pow) -> bool:
        if node.exp.is_integer and node.exp.is_even:
            return True  # every declared quantity is real
        if node.exp.is_nonnegative:
            return self.is_nonnegative(node.base)
        return self.is_positive(node.base)

    def _name_is_nonnegative(self, node: sp.Expr) -> bool:
        body = definition_body(node, self.context)
        if body is not None:
            return self.is_nonnegative(body)
        if isinstance(node, sp.Symbol):
            return bool(node.is_nonnegative)
        name = str(node.base.label) if isinstance(node, sp.Indexed) else str(node.func)
        return self.context.families[name].sign != "real"

    def _is_declared_bound(self, node: sp.Add) -> bool:
        """Whether `node` is (declared bound) - (the sum it bounds)."""
        for family in self.context.families.values():
            if family.at_most is None or len(family.ranges) != 1:
                continue
            (size,) = family.ranges
            k = fresh_index(size)
            gap = family.at_most - sp.Sum(self.context.declared[family.name][k], (k, 1, size))
            try:
                if self.prover.equal(node, gap):
                    return True
            except Undecided:
                continue
        return False

    # ------------------------------------------------------------ hypotheses

    def vanishes(self, node: sp.Expr) -> bool:
        """Whether `node` = 0 follows from what the context assumes to be zero."""
        if node == 0:
            return True
        if isinstance(node, sp.Sum):
            return self.vanishes(self.body_of(node))
        if isinstance(node, sp.Mul):
            # Nothing may be divided by a hypothesis: g/g is not 0 where g is.
            return any(map(self.vanishes, node.args)) and all(map(self.is_defined, node.args))
        if isinstance(node, sp.Add):
            return all(map(self.vanishes, node.args))
        if isinstance(node, sp.Indexed):
            return str(node.base.label) in self.context.zeros and self._in_range(node)
        return isinstance(node, sp.Symbol) and node.name in self.context.zeros

    def _in_range(self, node: sp.Indexed) -> bool:
        """An assumption "g[j] = 0 for every j" speaks of declared indices only."""
        parameters = self.context.definitions[str(node.base.label)].parameters
        ranges = self.context.indices
        return all(
            index in ranges and ranges[index] == ranges[parameter]
            for index, parameter in zip(node.indices, parameters, strict=True)
        )

    def is_defined(self, node: sp.Expr) -> bool:
        """Whether `node` has a value whatever the declared quantities are.

        It divides only by what is positive, and takes logarithms and roots only of that.
        """
        if isinstance(node, sp.Sum | sp.Product):
            return self.is_defined(self.body_of(node))
        if isinstance(node, sp.Pow):
            whole = node.exp.is_integer and node.exp.is_nonnegative
            risky = [] if whole else [node.base]
        elif isinstance(node, sp.log | Phi):
            risky = [node.args[0]]
        elif isinstance(node, sp.Indexed | sp.Symbol):
            body = definition_body(node, self.context)
            return body is None or self.is_defined(body)
        elif isinstance(node, sp.KroneckerDelta) or node.is_Rational:
            return True
        elif isinstance(node, sp.Add | sp.Mul | sp.exp | AppliedUndef) or node in (sp.E, sp.pi):
            risky = []
        else:  # factorials and derivatives have no place in a hypothesis
            return False
        return all(map(self.is_defined, node.args)) and all(map(self.is_positive, risky))

"""From a sympy expression to the prover's normal form.

Indices are bound by an environment, never by substitution into the expression, so a
definition or a sum can be unfolded anywhere without capturing a name.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.function import AppliedUndef

from .calculus import partial_derivative
from .declared import Declarations
from .naming import atom_poly, fresh_index, index_key
from .rules import Rules
from .terms import ONE, Delta, Element, Poly, Undecided, Value, number, total
from .vocabulary import Partial, Phi

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_POWER = 6
MAX_POINTS = 60


class Normalizer:
    """Normal forms under one context."""

    def __init__(self, context: Declarations) -> None:
        self.context = context
        self.rules = Rules(context, self)

    def normal(self, expression: sp.Expr) -> Poly:
        """The normal form of an expression whose names are all declared.

        Raises
        ------
        Undecided
            Where there is none; the message says why.
        """
        self.context.check(expression)
        return self.unchecked(expression)

    def unchecked(self, expression: sp.Expr) -> Poly:
        """The normal form of a part of a checked expression."""
        try:
            return self.evaluate(sp.sympify(expression), {})
        except NotImplementedError as error:
            raise Undecided(str(error)) from None
        except RecursionError:
            raise Undecided("an expression is nested too deeply") from None

    # ------------------------------------------------------------ by kind of node

    def evaluate(self, node: sp.Expr, env: dict) -> Poly:
        """The normal form of `node`, its bound indices taken from `env`."""
        rules = self.rules
        if isinstance(node, sp.Rational):
            return number(Fraction(int(node.p), int(node.q)))
        if isinstance(node, sp.Symbol):
            return self._symbol(node, env)
        if isinstance(node, sp.Add):
            return total(self.evaluate(a, env) for a in node.args)
        if isinstance(node, sp.Mul):
            return rules.product(self.evaluate(a, env) for a in node.args)
        if isinstance(node, sp.Pow):
            return self._power(node, env)
        if isinstance(node, sp.log):
            return rules.log(self.evaluate(node.args[0], env))
        if isinstance(node, sp.exp):
            return rules.exp(self.evaluate(node.args[0], env))
        if isinstance(node, sp.Sum | sp.Product):
            return self._range(node, env)
        if isinstance(node, sp.KroneckerDelta):
            ends = sorted((self.index(a, env) for a in node.args), key=index_key)
            return rules.reduced_atom(Delta(*ends))
        if isinstance(node, sp.Indexed):
            return self._member(str(node.base.label), node.indices, node, env)
        if isinstance(node, AppliedUndef):
            return self._member(str(node.func), node.args, node, env)
        if isinstance(node, sp.factorial):
            return rules.factorial(self.evaluate(node.args[0], env))
        if isinstance(node, Phi):
            return self.evaluate(node.unfolded(), env)
        if isinstance(node, Partial):
            return self._partial(node, env)
        if node is sp.E:
            return rules.exp(ONE)
        if node is sp.pi:
            return atom_poly(Value(node))
        raise Undecided(f"{node} has no normal form")

    def _symbol(self, node: sp.Expr, env: dict[sp.Symbol, sp.Expr]) -> Poly:
        definition = self.context.definitions.get(node.name)
        if node not in env and definition is not None:
            return self.evaluate(definition.body, {})
        return self.rules.index_value(env.get(node, node))

    def _power(self, node: sp.Expr, env: dict[sp.Symbol, sp.Expr]) -> Poly:
        exponent = self.evaluate(node.exp, env)
        value = exponent.constant()
        base = self.evaluate(node.base, env)
        if value is not None:
            if value.denominator == 1 and value > MAX_POWER:
                raise Undecided(f"{node} has a power above {MAX_POWER}")
            return self.rules.power(base, value)
        self.rules.require_positive(base, node.base)
        return self.rules.exp(self.rules.product([exponent, self.rules.log(base)]))

    def _member(
        self, name: str, arguments: Sequence[sp.Expr], node: sp.Expr, env: dict[sp.Symbol, sp.Expr]
    ) -> Poly:
        definition = self.context.definitions.get(name)
        if definition is not None:
            given = (self.index(a, env) for a in arguments)
            return self.evaluate(
                definition.body, dict(zip(definition.parameters, given, strict=True))
            )
        family = self.context.families[name]
        if family.values is not None:
            return self.rules.index_value(self.index(node, env))
        places = tuple(
            self.evaluate(a, env) if size is None else self.index(a, env)
            for a, size in zip(arguments, family.ranges, strict=True)
        )
        return atom_poly(Element(name, places))

    def _partial(self, node: sp.Expr, env: dict[sp.Symbol, sp.Expr]) -> Poly:
        expression, variable = node.args
        return self.evaluate(partial_derivative(expression, variable, self.context), env)

    def index(self, node: sp.Expr, env: dict) -> sp.Expr:
        """An expression in index position: a symbol, a label X[n], or these with whole numbers."""
        if isinstance(node, sp.Symbol):
            return env.get(node, node)
        if isinstance(node, sp.Integer):
            return node
        if isinstance(node, sp.Indexed) and self._is_label(node):
            return sp.Indexed(node.base, *(self.index(a, env) for a in node.indices))
        if isinstance(node, sp.Add | sp.Mul):
            return node.func(*(self.index(a, env) for a in node.args))
        raise Undecided(f"{node} cannot be read as an index")

    def _is_label(self, node: sp.Expr) -> bool:
        family = self.context.families.get(str(node.base.label))
        return family is not None and family.values is not None

    # ------------------------------------------------------------ sums and products

    def _range(self, node: sp.Expr, env: dict[sp.Symbol, sp.Expr]) -> Poly:
        *inner, (symbol, low, high) = node.limits  # the last limit is the outermost
        body = node.func(node.function, *inner) if inner else node.function
        if isinstance(node, sp.Product):
            return self.rules.exp(self._sum(body, symbol, low, high, env, logarithm=True))
        return self._sum(body, symbol, low, high, env)

    def _sum(
        self,
        body: sp.Expr,
        symbol: sp.Symbol,
        low: sp.Expr,
        high: sp.Expr,
        env: dict[sp.Symbol, sp.Expr],
        logarithm: bool = False,
    ) -> Poly:
        def term(place: sp.Expr) -> Poly:
            value = self.evaluate(body, env | {symbol: place})
            if logarithm:
                self.rules.require_positive(value, body)
                return self.rules.log(value)
            return value

        size, plus, minus = self.split_range(self.index(low, env), self.index(high, env))
        parts = [term(place) for place in plus] + [term(place).scaled(-1) for place in minus]
        if size is not None:
            dummy = fresh_index(size)
            general = term(dummy)
            if minus and not self.rules.is_finite(general):
                # (K - 1)/(K - 1) is not the sum of 1/(K - 1) over 2..K: at K = 1 that is empty.
                raise Undecided(f"{body}, over a range that may be empty, may divide by zero")
            parts.append(self.rules.sum_over(general, dummy, size))
        return total(parts)

    def split_range(
        self, low: sp.Expr, high: sp.Expr
    ) -> tuple[sp.Symbol | None, list[sp.Expr], list[sp.Expr]]:
        """Write a range as 1..size, and single places to add and to take away.

        Sizes are at least 1, and only what is right for every such size is accepted: a
        range that could run backwards is left undecided. No range starts below 1.
        """
        size = next((s for s in self.context.sizes.values() if (high - s).is_Integer), None)
        if not low.is_Integer or not (high.is_Integer or size is not None):
            raise Undecided(f"the range {low}..{high} is neither 1..size nor close to it")
        low = int(low)
        if size is None:
            places = range(low, int(high) + 1)
            if not low - 1 <= int(high) < low + MAX_POINTS:
                raise Undecided(f"the range {low}..{high} runs backwards or is too long")
            return None, [sp.Integer(i) for i in places], []
        shift = int(high - size)
        if 1 + shift < low - 1:
            raise Undecided(f"the range {low}..{high} could run backwards")
        plus = [size + i for i in range(1, shift + 1)]
        minus = [sp.Integer(i) for i in range(1, low)] + [size] * -shift  # at most once
        return size, plus, minus

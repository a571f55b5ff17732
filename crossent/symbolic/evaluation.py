"""The value of an expression in one world of numbers, found by walking it.

Decimal arithmetic from the standard library, so that nothing is shared with the prover or
with sympy's own evaluation.
"""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation, Overflow, localcontext
from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.function import AppliedUndef

from .vocabulary import Partial, Phi

if TYPE_CHECKING:
    from typing import Any

    from .world import World

DIGITS = 60
STEP = Decimal("1e-14")  # a central difference is right to about 28 digits, two nested to 20


MAX_STEPS = 500_000
"""Nodes visited in one world; the longest proof of the book takes a fifth of that."""
MAX_FACTORIAL = 10_000


class TooLong(ArithmeticError):
    """The value would take more than `MAX_STEPS` to find."""


class Undefined(ArithmeticError):
    """The expression has no value here: log 0, 1/0, or the like."""


def value(node: sp.Expr, world: World, env: dict) -> int | Decimal:
    """The value of `node`, its free indices taken from `env`.

    Raises
    ------
    Undefined
        Where the expression has no real value.
    TooLong
        Where to find it would take more steps than the world allows.
    """
    with localcontext() as context:
        context.prec = DIGITS
        try:
            return evaluate(node, world, env)
        except (ZeroDivisionError, InvalidOperation, Overflow):
            raise Undefined from None


def evaluate(node: sp.Expr, world: World, env: dict) -> int | Decimal:
    """The recursion behind `value`; the caller sets the precision."""
    world.spend(1)
    context = world.context
    if isinstance(node, sp.Symbol):
        if node in env:
            return env[node]
        if node.name in context.sizes:
            return world.size(node)
        if node in context.scalars:
            return world.scalar(node)
        return evaluate(context.definitions[node.name].body, world, {})
    if isinstance(node, sp.Integer):
        return int(node)
    if isinstance(node, sp.Rational):
        return Decimal(int(node.p)) / int(node.q)
    if node.is_number and not node.args:
        return Decimal(str(sp.N(node, DIGITS)))
    if isinstance(node, sp.Sum | sp.Product):
        return _evaluate_range(node, world, env)
    if isinstance(node, Partial):
        return _evaluate_partial(node, world, env)
    parts = node.indices if isinstance(node, sp.Indexed) else node.args
    arguments = [evaluate(part, world, env) for part in parts]
    if isinstance(node, sp.Indexed | AppliedUndef):
        name = str(node.base.label) if isinstance(node, sp.Indexed) else str(node.func)
        definition = context.definitions.get(name)
        if definition is None:
            return world.member(name, tuple(arguments))
        inside = dict(zip(definition.parameters, arguments, strict=True))
        return evaluate(definition.body, world, inside)
    return _apply(node, arguments)


def _apply(node: sp.Expr, arguments: list[int | Decimal]) -> int | Decimal:
    if isinstance(node, sp.Add):
        return sum(arguments)
    if isinstance(node, sp.Mul):
        return math.prod(arguments)
    x = arguments[0]
    if isinstance(node, sp.Pow):
        return _power(x, arguments[1])
    if isinstance(node, sp.log):
        return _log(x)
    if isinstance(node, sp.exp):
        return Decimal(x).exp()
    if isinstance(node, sp.KroneckerDelta):
        return int(arguments[0] == arguments[1])
    if isinstance(node, sp.factorial):
        return _factorial(x)
    if isinstance(node, Phi):
        return x - 1 - _log(x)
    raise TypeError(f"{type(node).__name__} cannot be evaluated")


def _log(x: int | Decimal) -> int | Decimal:
    if x <= 0:
        raise Undefined
    return Decimal(x).ln()


def _power(base: int | Decimal, exponent: int | Decimal) -> int | Decimal:
    if exponent == 0:
        return 1
    if base == 0 and exponent < 0:
        raise Undefined
    if exponent == int(exponent):
        return Decimal(base) ** int(exponent)
    if base < 0:
        raise Undefined
    return Decimal(base) ** exponent


def _factorial(x: Any) -> int | Decimal:
    whole = round(x)
    if whole < 0 or abs(x - whole) > Decimal("1e-40"):
        raise Undefined
    if whole > MAX_FACTORIAL:
        raise TooLong
    return math.factorial(whole)


def _evaluate_range(
    node: sp.Expr, world: World, env: dict[sp.Symbol, int | Decimal]
) -> int | Decimal:
    # The last limit is the outermost sum; its index is visible to the others' bounds.
    *inner, (symbol, low, high) = node.limits
    body = node.func(node.function, *inner) if inner else node.function
    low, high = (int(evaluate(end, world, env)) for end in (low, high))
    values = [evaluate(body, world, env | {symbol: i}) for i in range(low, high + 1)]
    return sum(values) if isinstance(node, sp.Sum) else math.prod(values)


def _evaluate_partial(
    node: sp.Expr, world: World, env: dict[sp.Symbol, int | Decimal]
) -> int | Decimal:
    """A central difference, the variable moved and everything else held."""
    expression, variable = node.args
    if isinstance(variable, sp.Indexed):
        place = tuple(evaluate(index, world, env) for index in variable.indices)
        name = str(variable.base.label)
        key, at = (name, *place), world.member(name, place)
    else:
        key, at = (variable.name,), world.scalar(variable)
    evaluate(expression, world, env)  # draw all that it needs before anything moves
    with world.moved(key, at + STEP):
        above = evaluate(expression, world, env)
    with world.moved(key, at - STEP):
        below = evaluate(expression, world, env)
    return (above - below) / (2 * STEP)

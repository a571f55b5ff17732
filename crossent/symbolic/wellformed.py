"""Whether an expression uses only what is declared, and exactly as it is declared.

sympy simplifies by the assumptions that a symbol carries: a stray ``Symbol("x",
positive=True)`` beside a declared real x would turn sqrt(x**2) into x before any proof
begins. So a name counts as declared only if it is the very object that was declared. For
the same reason indices are positive whole numbers everywhere: no range starts below 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.function import AppliedUndef

from .declarations import DeclarationError
from .vocabulary import BUILT_IN, NUMBERS, Partial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .declared import Declarations

INDEX = sp.Dummy(integer=True, positive=True).assumptions0


def check(context: Declarations, node: sp.Expr, bound: frozenset = frozenset()) -> None:
    """Raise unless every name in `node` is declared, and used as it is declared."""
    if isinstance(node, sp.Sum | sp.Product):
        _check_range(context, node, bound)
    elif isinstance(node, sp.Indexed):
        _check_member(context, str(node.base.label), node.base, node.indices, node, bound)
    elif isinstance(node, AppliedUndef):
        _check_member(context, str(node.func), node.func, node.args, node, bound)
    elif isinstance(node, sp.Symbol):
        if node not in bound and context.declared.get(node.name) != node:
            raise DeclarationError(f"{node} is not declared, or not with these assumptions")
    elif isinstance(node, sp.KroneckerDelta):
        for argument in node.args:
            check_index(context, argument, bound)
    elif isinstance(node, Partial):
        _check_partial(context, node, bound)
    elif isinstance(node, BUILT_IN):
        for argument in node.args:
            check(context, argument, bound)
    elif not isinstance(node, NUMBERS):
        raise DeclarationError(f"{node}: {type(node).__name__} is not supported")


def check_index(context: Declarations, node: sp.Expr, bound: frozenset = frozenset()) -> None:
    """Raise unless `node` is an index: whole numbers, indices, sizes, labels and their sums."""
    if isinstance(node, sp.Add | sp.Mul):
        for argument in node.args:
            check_index(context, argument, bound)
    elif isinstance(node, sp.Indexed):
        check(context, node, bound)
        family = context.families.get(str(node.base.label))
        if family is None or family.values is None:
            raise DeclarationError(f"{node} is no label, so it cannot be an index")
    elif isinstance(node, sp.Symbol):
        check(context, node, bound)
        if not (node in bound or node in context.indices or node.name in context.sizes):
            raise DeclarationError(f"{node} is neither an index nor a size")
    elif not isinstance(node, sp.Integer):
        raise DeclarationError(f"{node} cannot be an index")


def _check_range(context: Declarations, node: sp.Expr, bound: frozenset[sp.Symbol]) -> None:
    """Check limits from the outermost in: each sees the indices bound around it."""
    for symbol, low, high in reversed(node.limits):
        if symbol not in context.indices and not (
            isinstance(symbol, sp.Dummy) and symbol.assumptions0 == INDEX
        ):
            raise DeclarationError(f"{node}: the index {symbol} is not declared")
        for end in (low, high):
            check_index(context, end, bound)
        if not (low - 1).is_nonnegative:
            raise DeclarationError(f"{node}: {symbol} is a positive index but starts at {low}")
        bound |= {symbol}
    check(context, node.function, bound)


def _check_member(
    context: Declarations,
    name: str,
    head: sp.Expr,
    arguments: Sequence[sp.Expr],
    node: sp.Expr,
    bound: frozenset[sp.Symbol],
) -> None:
    ranges = _ranges(context, name)
    if ranges is None or context.declared[name] != head:
        raise DeclarationError(
            f"{node}: {name} is not declared as a family or function, "
            "or not with these assumptions"
        )
    if len(arguments) != len(ranges):
        raise DeclarationError(
            f"{node}: {name} takes {len(ranges)} arguments, not {len(arguments)}"
        )
    for argument, size in zip(arguments, ranges, strict=True):
        (check if size is None else check_index)(context, argument, bound)


def _ranges(context: Declarations, name: str) -> Sequence[sp.Symbol | None] | None:
    """The size that each argument runs to (None: any value); None for other names."""
    if name in context.families:
        return context.families[name].ranges
    if name in context.definitions and context.definitions[name].parameters:
        return [context.indices[symbol] for symbol in context.definitions[name].parameters]
    return None


def _check_partial(context: Declarations, node: sp.Expr, bound: frozenset[sp.Symbol]) -> None:
    expression, variable = node.args
    check(context, expression, bound)
    check(context, variable, bound)
    family = context.families.get(str(getattr(variable, "base", variable)))
    if variable not in context.scalars and (family is None or family.values is not None):
        raise DeclarationError(f"{node}: {variable} is no number that can be varied")

"""What can be declared: families of numbers, and definitions."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

SIGNS = ("positive", "nonnegative", "real")


class DeclarationError(ValueError):
    """A declaration that contradicts an earlier one, or an expression that uses none."""


def as_expression(thing: object) -> sp.Expr:
    """`thing` as an expression of sympy; text is none, for sympy reads it by running it."""
    try:
        expression = sp.sympify(thing, strict=True)
    except sp.SympifyError:
        expression = None
    if not isinstance(expression, sp.Expr):
        raise DeclarationError(f"{thing!r:.100}: {type(thing).__name__} is not supported")
    return expression


@dataclass(frozen=True)
class Family:
    """Numbers ``name[i, j, ...]`` (or values of a function) with what is declared of them."""

    name: str
    ranges: tuple[sp.Symbol | None, ...]  # the size each argument runs to; None: any value
    sign: str
    integer: bool = False
    total: sp.Expr | None = None  # of the sum over ``axis``; may use ``parameters``
    at_most: sp.Expr | None = None  # an upper bound of that sum instead
    axis: int = -1
    values: sp.Symbol | None = None  # labels: each value is an index of this size
    parameters: tuple[sp.Symbol, ...] = ()  # index symbols that stand for the arguments

    @property
    def bound(self) -> sp.Expr | None:
        """The total, or what the total is at most."""
        return self.total if self.total is not None else self.at_most


@dataclass(frozen=True)
class Definition:
    """``name[parameters] := body``."""

    name: str
    parameters: tuple[sp.Symbol, ...]
    body: sp.Expr


def free_symbols(expression: sp.Expr) -> set[sp.Symbol]:
    """The symbols that are free in `expression`, read node by node."""
    if isinstance(expression, sp.Sum | sp.Product):
        inner = free_symbols(expression.function)
        for symbol, *ends in expression.limits:
            inner.discard(symbol)
            for end in ends:
                inner |= free_symbols(end)
        return inner
    if isinstance(expression, sp.Indexed):
        return set().union(*map(free_symbols, expression.indices))
    if isinstance(expression, sp.Symbol):
        return {expression}
    return set().union(*map(free_symbols, expression.args))

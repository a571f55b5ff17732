"""Declaring a family of numbers: what its total may be, and what contradicts itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from .declarations import SIGNS, DeclarationError, Family, as_expression

if TYPE_CHECKING:
    from .declared import Declarations


def make_family(
    context: Declarations,
    name: str,
    ranges: tuple,
    sign: str,
    *,
    total: sp.Expr | int | None = None,
    at_most: sp.Expr | int | None = None,
    axis: int = -1,
    integer: bool = False,
) -> Family:
    """The declaration of a family or function, or a `DeclarationError` that says why not."""
    require_sign(sign)
    if not isinstance(integer, bool) or not isinstance(axis, int):
        raise DeclarationError(f"{name!r}: integer is true or false and axis a number")
    if not ranges:
        raise DeclarationError(f"{name!r}: it has at least one argument; see scalar()")
    if not -len(ranges) <= axis < len(ranges):
        raise DeclarationError(f"{name!r}: there is no axis {axis} among {len(ranges)}")
    axis %= len(ranges)
    if total is not None and at_most is not None:
        raise DeclarationError(f"{name!r}: declare a total or a bound of it, not both")
    parameters: tuple[sp.Symbol | None, ...] = ()
    bound = at_most if total is None else total
    if bound is not None:
        bound = as_expression(bound)
        context.check(bound)
        if ranges[axis] is None:
            raise DeclarationError(f"{name!r}: argument {axis} has no range to sum over")
        _require_possible(name, bound, sign, integer, at_most is not None)
        parameters = _stand_ins(context, name, ranges, axis, context.free_indices(bound))
    return Family(
        name,
        tuple(ranges),
        sign,
        integer,
        total=None if total is None else bound,
        at_most=None if at_most is None else bound,
        axis=axis,
        parameters=parameters,
    )


def require_sign(sign: str) -> None:
    """Raise unless `sign` is one that can be declared."""
    if sign not in SIGNS:
        raise DeclarationError(f"sign must be one of {SIGNS}, not {sign!r}")


def _require_possible(name: str, bound: sp.Expr, sign: str, integer: bool, bounded: bool) -> None:
    """Raise where no numbers at all could have this sign and this total."""
    if bounded and sign == "real":
        raise DeclarationError(f"{name!r}: a bounded total needs a sign")
    too_small = {"positive": bound.is_nonpositive, "nonnegative": bound.is_negative, "real": False}
    if too_small[sign]:
        raise DeclarationError(f"{name!r}: {sign} numbers cannot have the total {bound}")
    if integer and (bounded or not bound.is_integer):
        raise DeclarationError(f"{name!r}: whole numbers need a total that is a whole number")
    if integer and sign == "positive":
        # The total would have to be at least the size, which nothing here could check.
        raise DeclarationError(f"{name!r}: whole numbers with a total are at most nonnegative")


def _stand_ins(
    context: Declarations,
    name: str,
    ranges: tuple[sp.Symbol | None, ...],
    axis: int,
    needed: set[sp.Symbol],
) -> tuple[sp.Symbol | None, ...]:
    """The index symbol that stands for each argument in the total; None where none does."""
    chosen: list[sp.Symbol | None] = [None] * len(ranges)
    for symbol in sorted(needed, key=str):
        fitting = [
            position
            for position, size in enumerate(ranges)
            if position != axis and size == context.indices[symbol]
        ]
        if len(fitting) != 1 or chosen[fitting[0]] is not None:
            raise DeclarationError(
                f"{name!r}: its total uses {symbol}, which stands for "
                + ("none" if not fitting else "no single one")
                + " of its other arguments"
            )
        chosen[fitting[0]] = symbol
    return tuple(chosen)

"""What is displayed is read back first, and must mean what was proved."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import sympy as sp

from .declarations import DeclarationError
from .declared import Declarations
from .evaluation import TooLong
from .names import ReadingError
from .prover import Prover
from .reading import read
from .refuter import Undefined, find_counterexample
from .terms import Undecided


class DisplayError(ValueError):
    """A displayed expression that does not say what was proved."""


_FOUND_RIGHT: WeakKeyDictionary = WeakKeyDictionary()


def checked(latex: str, expression: sp.Expr, context: Declarations, where: str) -> str:
    """The same LaTeX, or a `DisplayError` if it does not mean `expression`."""
    right = _FOUND_RIGHT.setdefault(context, set())
    key = (latex, expression, len(context.declared))  # a new name may make a text ambiguous
    if key not in right:
        try:
            reading = read(latex, context)
        except ReadingError as error:
            raise DisplayError(
                f"{where} is displayed unreadably: {error}\n    displayed  {latex}\n"
                f"    for        {expression}"
            ) from None
        difference = _difference(expression, reading, context)
        if difference is not None:
            raise DisplayError(
                f"{where} is displayed wrongly: {difference}\n    displayed  {latex}\n"
                f"    which is   {reading}\n    but not    {expression}"
            )
        right.add(key)
    return latex


def _difference(expression: sp.Expr, reading: sp.Expr, context: Declarations) -> str | None:
    """How the two differ; None only if they are the same, or proved to be equal."""
    # sympy multiplies numbers into sums whenever it builds a product: 2 (x + y) as 2 x + 2 y.
    if reading == expression or sp.expand_mul(reading) == sp.expand_mul(expression):
        return None
    try:
        context.check(reading)
        if Prover(context).equal(expression, reading):
            return None
    except DeclarationError as error:
        return str(error)
    except Undecided:
        pass
    try:
        # Values may agree wherever both are defined, and one be defined almost nowhere: so a
        # search that finds nothing is no excuse.
        found = find_counterexample(expression, reading, context)
    except (Undefined, TooLong):
        found = None
    return "it is not shown to mean the same" if found is None else str(found)

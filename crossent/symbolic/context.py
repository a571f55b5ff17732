"""What a derivation takes for granted, declared once and readable beside the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .declarations import DeclarationError
from .declared import Declarations
from .families import require_sign
from .listing import latex, lines
from .prover import Prover
from .signs import Signs

if TYPE_CHECKING:
    import sympy as sp


class Context(Declarations):
    """The declarations that a proof rests on: trusted, where everything else is checked.

    Examples
    --------
    >>> context = Context()
    >>> K = context.size("K")
    >>> k = context.index("k", K)
    >>> p = context.family("p", K, sign="positive", total=1)
    >>> print(context)
    K = 1, 2, 3, ...
    k = 1, ..., K
    p[k] > 0, with Sum(p[k], (k, 1, K)) = 1
    """

    def _require_sign_of(self, name: str, body: sp.Expr, sign: str) -> None:
        """Raise unless a definition has the sign that is claimed for it."""
        require_sign(sign)
        signs = Signs(Prover(self))
        shown = {"positive": signs.is_positive, "nonnegative": signs.is_nonnegative}
        if sign in shown and not shown[sign](body):
            raise DeclarationError(f"{name!r}: {body} is not shown to be {sign}")

    def __str__(self) -> str:
        return "\n".join(lines(self))

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\n{latex(self)}\n$$"

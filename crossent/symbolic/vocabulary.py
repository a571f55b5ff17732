"""The few functions that derivations are written with, beside sympy's own."""

from __future__ import annotations

import sympy as sp

from .declarations import as_expression


class Phi(sp.Function):
    r"""The gap under the tangent of the logarithm, :math:`\varphi(x) = x - 1 - \log x`.

    Nonnegative for every x > 0 and zero only at x = 1: see `phi_lemma`.
    """

    nargs = 1

    def __new__(cls, *arguments: sp.Expr | int, **options: bool) -> sp.Expr:
        """Refuse what is no expression, text above all."""
        return super().__new__(cls, *map(as_expression, arguments), **options)

    @classmethod
    def eval(cls, x: sp.Expr) -> sp.Expr | None:
        """The one value that simplifies by itself."""
        return sp.Integer(0) if x == 1 else None

    def unfolded(self) -> sp.Expr:
        """The definition, written out."""
        x = self.args[0]
        return x - 1 - sp.log(x)


class Partial(sp.Function):
    r"""An unevaluated partial derivative, :math:`\partial f / \partial x`.

    The variable is a number ``t`` or a member ``q[j]`` of a family; sums inside f may
    use j as their own index without harm, which sympy's ``diff`` does not survive.
    """

    nargs = 2

    def __new__(cls, *arguments: sp.Expr | int, **options: bool) -> sp.Expr:
        """Refuse what is no expression, text above all."""
        return super().__new__(cls, *map(as_expression, arguments), **options)

    @classmethod
    def eval(cls, expression: sp.Expr, variable: sp.Expr) -> sp.Expr | None:
        """Refuse a variable that is no variable; otherwise stay unevaluated."""
        if not isinstance(variable, sp.Indexed | sp.Symbol):
            raise TypeError(f"{variable} is neither a number nor a member of a family")
        return None


def iverson(a: sp.Expr | int, b: sp.Expr | int) -> sp.KroneckerDelta:
    """The Iverson bracket [a = b]: 1 where the two indices agree, else 0.

    As an expression of sympy it is ``KroneckerDelta(a, b)``.
    """
    return sp.KroneckerDelta(as_expression(a), as_expression(b))


BUILT_IN = (sp.Add, sp.Mul, sp.Pow, sp.log, sp.exp, sp.factorial, Phi)  # of numbers
NUMBERS = (sp.Rational, type(sp.E), type(sp.pi))

"""The one lemma that inequalities rest on: φ(x) = x - 1 - log x is at least 0."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from .vocabulary import Phi


@dataclass(frozen=True)
class Lemma:
    """A statement proved by a few checked lines, and how it looks."""

    name: str
    lines: tuple[tuple[str, str, str], ...]  # left side, the rest, reason: all LaTeX

    def to_latex(self) -> str:
        """One aligned block."""
        rows = (rf"{left} & {rest} && \text{{{reason}}}" for left, rest, reason in self.lines)
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$$\n{self.to_latex()}\n$$"

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


def phi_lemma() -> Lemma:
    r"""Prove :math:`\varphi(x) = x - 1 - \log x \ge 0` for x > 0, with equality only at 1.

    One positive number and no sum is in play, so sympy's own calculus can be trusted.

    Returns
    -------
    Lemma
        Printed it is the statement; displayed it is the proof.

    Raises
    ------
    ArithmeticError
        If one of the facts that the proof is made of does not hold.

    Examples
    --------
    >>> print(phi_lemma())
    x - 1 - log(x) >= 0 for every x > 0, with equality at x = 1 only
    """
    x = sp.Dummy(positive=True)
    phi = Phi(x).unfolded()
    slope = sp.diff(phi, x)
    curvature = sp.diff(slope, x)
    facts = {
        "φ(1) = 0": phi.subs(x, 1) == 0,
        "φ''(x) = 1/x² > 0": curvature == x**-2 and bool(curvature.is_positive),
        "φ'(x) = 1 - 1/x": sp.expand(slope - (1 - 1 / x)) == 0,
    }
    for fact, holds in facts.items():
        if not holds:
            raise ArithmeticError(f"the lemma on φ is not proved: {fact} fails")
    return Lemma(
        "x - 1 - log(x) >= 0 for every x > 0, with equality at x = 1 only",
        (
            (r"\varphi(x)", r"= x - 1 - \log x", "for x > 0"),
            (r"\varphi(1)", "= 0", "put x = 1 in"),
            (
                r"\varphi'(x)",
                r"= 1 - \frac{1}{x} = \frac{x - 1}{x}",
                "negative for x < 1, positive for x > 1",
            ),
            (r"\varphi''(x)", r"= \frac{1}{x^{2}} > 0", "so the slope has no other zero"),
            (r"\varphi(x)", r"\ge 0", "it falls to 0 at x = 1, then rises; zero only there"),
        ),
    )

"""How derivations look: Iverson brackets, one sum sign for each index, few parentheses."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import sympy as sp
from sympy.printing.latex import LatexPrinter

from .declared import Declarations
from .vocabulary import Partial, Phi

if TYPE_CHECKING:
    from collections.abc import Sequence

RELATIONS = {"=": "=", ">=": r"\ge", "<=": r"\le", "∝": r"\propto", "same optimiser": r"\simeq"}


class BookPrinter(LatexPrinter):
    """sympy's LaTeX printer with the book's notation."""

    def __init__(self, context: Declarations) -> None:
        super().__init__({"order": "none"})
        self.context = context

    # ------------------------------------------------------------ names

    def _print_Symbol(self, node: sp.Expr) -> str:
        return self.context.latex.get(node.name) or super()._print_Symbol(node)

    def parenthesize_super(self, s: str) -> str:
        """As in sympy; and the power of a name that begins with a logarithm stands outside."""
        return _bracketed(s) if s.startswith(r"\log") else super().parenthesize_super(s)

    def _print_Dummy(self, node: sp.Expr) -> str:
        return self._print_Symbol(node)

    def _print_Indexed(self, node: sp.Expr) -> str:
        head = self._print(sp.Symbol(str(node.base.label)))
        return f"{_head(head)}_{{{self._places(node.indices)}}}"

    def _places(self, indices: Sequence[sp.Expr]) -> str:
        """Indices side by side, with commas where one of them is more than a letter."""
        apart = "," if any(len(str(i)) > 1 for i in indices) else ""
        return apart.join(self._print(index) for index in indices)

    def _print_Function(self, node: sp.Expr, exp: str | None = None) -> str:
        family = self.context.families[str(node.func)]
        pairs = list(zip(node.args, family.ranges, strict=True))
        head = self._print(sp.Symbol(family.name))
        places = self._places([a for a, size in pairs if size is not None])
        values = ", ".join(self._print(a) for a, size in pairs if size is None)
        text = _head(head) + (f"_{{{places}}}" if places else "")
        text += _bracketed(values) if values else ""
        return f"{text}^{{{exp}}}" if exp else text

    # ------------------------------------------------------------ sums and products

    def _print_Sum(self, node: sp.Expr) -> str:
        return self._print_range(node, r"\sum")

    def _print_Product(self, node: sp.Expr) -> str:
        return self._print_range(node, r"\prod")

    def _print_range(self, node: sp.Expr, sign: str) -> str:
        signs = [
            f"{sign}_{{{self._print(symbol)}={self._print(low)}}}^{{{self._print(high)}}}"
            for symbol, low, high in reversed(node.limits)
        ]
        body = node.function
        text = self._print(body)
        if isinstance(body, sp.Add) or text.startswith("-"):
            text = rf"\left({text}\right)"
        return " ".join([*signs, text])

    def _as_ordered_terms(self, expr: sp.Expr, order: str | None = None) -> list[sp.Expr]:
        """Terms with a plus sign first, and among these the sums last: 1 + Σ ..., s_j - p_j."""
        return sorted(
            expr.as_ordered_terms(),
            key=lambda term: (term.could_extract_minus_sign(), term.has(sp.Sum, sp.Product)),
        )

    def _rank(self, factor: sp.Expr) -> tuple[bool, ...]:
        """Where a factor stands: number, bracket, letters, bracketed sum, H(p, q) or ∂, log.

        One answer for each kind, the last kind first.
        """
        base = factor.as_base_exp()[0]
        named = isinstance(base, sp.Symbol) and "(" in self._print(base)
        return (
            isinstance(base, sp.log),
            named or isinstance(base, Partial),
            base.is_Add,
            not (factor.is_number or isinstance(base, sp.KroneckerDelta)),
        )

    def _print_Mul(self, node: sp.Expr) -> str:
        """Numbers and fractions in front, then sums and products, logarithms last."""
        if not isinstance(node, sp.Mul):  # sympy prints 1/x through this method too
            return super()._print_Mul(node)
        if node.as_coeff_Mul()[0].is_negative:
            text = self._print(-node)
            inseparable = (-node).is_Add or text.startswith("-")
            return f"- {_bracketed(text)}" if inseparable else f"- {text}"
        last = [a for a in node.args if isinstance(a, sp.Sum | sp.Product)]
        logs = [a for a in node.args if isinstance(a, Phi) or self._is_power_of_log(a)]
        logs.sort(key=self._is_power_of_log)  # nothing may follow log x but another logarithm
        rest = sp.Mul(*(a for a in node.args if a not in last and a not in logs))
        if not (last or logs) or self._has_inverse_sum(rest):
            factors = sorted(node.as_ordered_factors(), key=self._rank)
            return super()._print_Mul(sp.Mul(*factors, evaluate=False))
        front = "" if rest == 1 else self._print(rest)
        if isinstance(rest, sp.Add):
            front = rf"\left({front}\right)"
        # A sum goes before a logarithm, in brackets: log q Σ ... could be read as log(q Σ ...).
        tail = [*last, *logs]
        texts = [self._print(a) for a in tail]
        opened = [
            rf"\left({text}\right)" if isinstance(a, sp.Sum | sp.Product) else text
            for a, text in zip(tail, texts, strict=True)
        ]
        return " ".join([front, *opened[:-1], texts[-1]]).strip()

    @staticmethod
    def _is_power_of_log(node: sp.Expr) -> bool:
        """Whether this prints as log, or log with an exponent, and then its argument."""
        base, exponent = node.as_base_exp()
        return isinstance(base, sp.log) and not exponent.could_extract_minus_sign()

    @staticmethod
    def _has_inverse_sum(node: sp.Expr) -> bool:
        """Whether a sum stands in a denominator: then one fraction reads best."""
        return any(
            isinstance(a, sp.Pow) and a.exp.is_negative and a.base.has(sp.Sum)
            for a in sp.Mul.make_args(node)
        )

    # ------------------------------------------------------------ functions

    def _print_KroneckerDelta(self, node: sp.Expr, exp: str | None = None) -> str:
        a, b = sorted(node.args, key=lambda i: isinstance(i, sp.Symbol))  # [X_n = k]
        text = f"[{self._print(a)} = {self._print(b)}]"
        return f"{text}^{{{exp}}}" if exp else text

    def _print_log(self, node: sp.Expr, exp: str | None = None) -> str:
        inner = node.args[0]
        text = self._print(inner)
        bare = isinstance(inner, sp.Symbol | sp.Indexed | sp.Integer | sp.Function) or (
            isinstance(inner, sp.Mul)
            and text.startswith(r"\frac")
            and self._closes_at_the_end(text)
        )
        bare = bare and not text.startswith(r"\left")  # log((N - 1)!)
        sign = rf"\log^{{{exp}}}" if exp else r"\log"
        return f"{sign} {text}" if bare else f"{sign}{_bracketed(text)}"

    @staticmethod
    def _closes_at_the_end(text: str) -> bool:
        """Whether a text that begins with a fraction is nothing but that fraction."""
        depths = itertools.accumulate({"{": 1, "}": -1}.get(sign, 0) for sign in text)
        ends = [at for at, depth in enumerate(depths) if depth == 0 and text[at] == "}"]
        return ends[1] == len(text) - 1

    def _print_Phi(self, node: sp.Expr, exp: str | None = None) -> str:
        text = rf"\varphi{_bracketed(self._print(node.args[0]))}"
        return rf"{text}^{{{exp}}}" if exp else text

    def _print_Partial(self, node: sp.Expr, exp: str | None = None) -> str:
        expression, below = node, []
        while isinstance(expression, Partial):
            expression, variable = expression.args
            below.append(rf"\partial {self._print(variable)}")
        order = f"^{{{len(below)}}}" if len(below) > 1 else ""
        fraction = rf"\frac{{\partial{order}}}{{{' '.join(below)}}}"
        text = rf"{fraction}\left[{self._print(expression)}\right]"
        return rf"\left({text}\right)^{{{exp}}}" if exp else text


def _head(name: str) -> str:
    """A name that takes an index: one letter or one command stands without braces."""
    return name if re.fullmatch(r"[A-Za-z]|\\[A-Za-z]+", name) else f"{{{name}}}"


def _bracketed(text: str) -> str:
    """Round brackets, which grow only around what is taller than a line."""
    tall = any(sign in text for sign in (r"\frac", r"\sum", r"\prod", r"\left"))
    return rf"\left({text}\right)" if tall else f"({text})"


def to_latex(expression: sp.Expr, context: Declarations) -> str:
    """The expression in the book's notation."""
    return BookPrinter(context).doprint(expression)


def reason_to_latex(text: str) -> str:
    """A reason as LaTeX text; what stands between dollar signs is mathematics."""
    parts = re.split(r"\$([^$]*)\$", text)
    return "".join(
        part if i % 2 else rf"\text{{{_escaped(part)}}}" for i, part in enumerate(parts) if part
    )


def _escaped(text: str) -> str:
    """Text whose special characters stand for themselves."""
    return re.sub(r"([%&#_])", r"\\\1", text)

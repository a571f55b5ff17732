r"""Read displayed mathematics back, so that what is shown is what was proved.

A reader of a derivation sees LaTeX, not expressions. So each displayed expression is read
back by the grammar below, which shares no code with the printer, and compared with the
expression that was proved. Where the notation is ambiguous the text is refused, or read as
a mathematician would read it: a sum reaches to the end of its term, ``\log`` takes the next
factor only, and a name with parentheses behind it is applied if it was declared a function.

    expression := [-] term (+ term | - term)*
    term       := factor factor ...
    factor     := atom [!] [^{expression}]
    atom       := number | name | ( expression ) | [index = index] | fraction | root
                | \log factor | \varphi(expression) | \sum_{k=a}^{b} term | derivative
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import takewhile
from typing import TYPE_CHECKING

import sympy as sp

from .declared import Declarations
from .names import Names
from .spelling import CLOSING, RELATIONS, is_opaque
from .vocabulary import Partial, Phi
from .wellformed import INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator


def read(latex: str, context: Declarations) -> sp.Expr:
    r"""The expression that a displayed formula stands for.

    Examples
    --------
    >>> from crossent.symbolic import Context
    >>> context = Context()
    >>> K = context.size("K")
    >>> k, b = context.index("k", K), context.scalar("b", sign="positive")
    >>> p = context.family("p", K)
    >>> read(r"- \frac{1}{\log b} \sum_{k=1}^{K} {p}_{k}", context)
    -Sum(p[k], (k, 1, K))/log(b)
    """
    reader = Reader(latex, context)
    expression = reader.expression()
    if reader.next is not None:
        reader.fail("the end was expected")
    return expression


class Reader(Names):
    """One pass over the signs of a formula, by recursive descent."""

    # ------------------------------------------------------------ expression, term, factor

    def expression(self) -> sp.Expr:
        """Terms with signs between them."""
        terms = [-self.term() if self.accept("-") else self.term()]
        while self.next in ("+", "-"):
            terms.append(self.term() if self.accept("+") else self._subtracted())
        return sp.Add(*terms)

    def _subtracted(self) -> sp.Expr:
        self.expect("-")
        return -self.term()

    def term(self) -> sp.Expr:
        """Factors side by side."""
        product = self.factor()
        while self.next not in {None, "+", "-", ",", *RELATIONS, *CLOSING.values()}:
            if self.signs[self.at - 1].isdigit() and self.signs[self.at].isdigit():
                self.fail("two numbers stand side by side")
            if self.at == self.end_of_log and self.next != r"\log":
                self.fail("it is not clear where the argument of the logarithm ends")
            self.accept(r"\cdot")
            product *= self.factor()
        return product

    def factor(self) -> sp.Expr:
        """An atom, its factorial, a power of that."""
        applied = self.next in (r"\log", r"\sum", r"\prod")  # or a name that begins so
        value = self.atom()
        if applied and self.next in ("!", "^"):
            self.fail("it is not clear what the power belongs to")
        if self.accept("!"):
            value = sp.factorial(value)
        if self.next == "^":
            value = value ** self.exponent()
        if self.next in ("!", "^"):  # N!! is no factorial of a factorial
            self.fail("what stands before this sign needs parentheses")
        return value

    def exponent(self) -> sp.Expr:
        """What stands in an exponent."""
        self.expect("^")
        return self.inside("{")

    # ------------------------------------------------------------ atoms

    def atom(self) -> sp.Expr:
        """A name if one is displayed so, else what the first sign announces."""
        sign = self.next
        named = self.name()
        if named is not None:
            return named
        if sign is not None and sign.isdigit():
            self.at += 1
            return sp.Integer(sign)
        if sign in ("{", "("):
            return self.inside(sign)
        announced = {
            "[": self.bracket,
            r"\frac": self.fraction,
            r"\sqrt": self.root,
            r"\log": self.logarithm,
            r"\varphi": self.phi,
            r"\sum": self.range,
            r"\prod": self.range,
        }
        constants = {r"\pi": sp.pi, "e": sp.E}
        if sign in constants:
            self.at += 1
            return constants[sign]
        if sign not in announced:
            self.fail("neither a declared name nor a known sign")
        return announced[sign]()

    def bracket(self) -> sp.Expr:
        """The Iverson bracket [a = b]."""
        self.expect("[")
        left = self.expression()
        self.expect("=")
        right = self.expression()
        self.expect("]")
        return sp.KroneckerDelta(left, right)

    def fraction(self) -> sp.Expr:
        """A quotient, or a derivative."""
        self.expect(r"\frac")
        if self.accept("{", r"\partial"):
            return self.derivative()
        above = self.inside("{")
        return above / self.inside("{")

    def derivative(self) -> sp.Expr:
        """What follows the first sign of a derivative; the last variable acts first."""
        order = self.exponent() if self.next == "^" else sp.Integer(1)
        self.expect("}", "{")
        variables = []
        while self.accept(r"\partial"):
            variables.append(self.name())
        self.expect("}")
        if len(variables) != order or None in variables:
            self.fail("the variables of a derivative were expected")
        expression = self.inside("[")
        for variable in reversed(variables):
            expression = Partial(expression, variable)
        return expression

    def root(self) -> sp.Expr:
        """A root; its order may stand in square brackets."""
        self.expect(r"\sqrt")
        order = self.inside("[") if self.next == "[" else sp.Integer(2)
        return self.inside("{") ** (1 / order)

    def logarithm(self) -> sp.Expr:
        """The logarithm of the next factor."""
        self.expect(r"\log")
        power = self.exponent() if self.next == "^" else sp.Integer(1)
        if self.next == "(":
            argument = self.atom()
        else:
            argument = self.factor()
            self.end_of_log = self.at
        return sp.log(argument) ** power

    def phi(self) -> sp.Expr:
        """The function of the one lemma."""
        self.expect(r"\varphi")
        return Phi(self.inside("("))

    def range(self) -> sp.Expr:
        """A sum or product; it reaches to the end of the term."""
        make = sp.Sum if self.accept(r"\sum") else sp.Product
        self.accept(r"\prod")
        self.expect("_", "{")
        start = self.at
        display = tuple(takewhile(lambda sign: sign != "=", self.signs[start:]))
        declared = [s for s in self.context.indices if s.name in self.names.get(display, ())]
        letter = bool(display) and display[0][-1].isalpha() and is_opaque(display)
        if not letter or (not declared and display in self.names):
            self.fail("what a sum runs over is no index")
        self.at = start + len(display)
        self.expect("=")
        low = self.expression()
        self.expect("}", "^", "{")
        high = self.expression()
        self.expect("}")
        index = declared[0] if declared else sp.Dummy(**INDEX)
        with self.binding(display, None if declared else index):
            return make(self.term(), (index, low, high))

    @contextmanager
    def binding(self, display: tuple, dummy: sp.Dummy | None) -> Iterator[None]:
        """Read the signs `display` as a bound index for a while."""
        before = self.bound
        self.bound = before if dummy is None else before | {display: dummy}
        yield
        self.bound = before

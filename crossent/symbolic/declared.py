"""The declarations behind a proof, and the questions that prover and refuter ask of them.

`Declarations` is the only place where sizes, index ranges, families of numbers, their
signs and totals, and definitions are stated. The prover and the refuter both read it and
share nothing else. Everything declared here is trusted; everything else is checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp
from sympy.core.function import AppliedUndef

from .declarations import DeclarationError, Definition, Family, as_expression, free_symbols
from .families import make_family, require_sign
from .wellformed import check

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

MAX_DEPTH = 40  # of an expression; beyond some hundred sympy cannot print what it can build

RESERVED = ("β", "!")  # the prover's own names: bound indices, and the factorial


class Declarations:
    """Sizes, indices, numbers, families and definitions; see `Context` for their use."""

    def __init__(self) -> None:
        self.sizes: dict[str, sp.Symbol] = {}
        self.indices: dict[sp.Symbol, sp.Symbol] = {}  # index -> the size it runs to
        self.scalars: dict[sp.Symbol, tuple[sp.Expr, sp.Expr] | None] = {}
        self.families: dict[str, Family] = {}
        self.definitions: dict[str, Definition] = {}
        self.zeros: set[str] = set()  # defined names assumed to vanish: the hypotheses
        self.latex: dict[str, str] = {}
        self.declared: dict[str, Any] = {}  # name -> the sympy object that was handed out
        self._names: dict[str, str] = {}

    # ------------------------------------------------------------ declarations

    def _claim(self, name: str, what: str, latex: str | None = None) -> None:
        if not isinstance(name, str) or not isinstance(latex, str | None):
            raise DeclarationError(f"names and LaTeX must be text; got {name!r} and {latex!r}")
        if not name or name.startswith(RESERVED) or any(c.isspace() for c in name):
            raise DeclarationError(f"{name!r} cannot be a name: empty, spaced or reserved")
        if name in self._names:
            raise DeclarationError(
                f"{name!r} is declared twice: as {self._names[name]} and as {what}"
            )
        self._names[name] = what
        if latex is not None:
            self.latex[name] = latex

    def size(self, name: str) -> sp.Symbol:
        """Declare a size: any whole number from 1 on.

        Like every declaration it returns the sympy object to write expressions with, and raises
        `DeclarationError` if the name is taken or what is declared contradicts itself.
        """
        self._claim(name, "a size")
        self.sizes[name] = self.declared[name] = sp.Symbol(name, integer=True, positive=True)
        return self.sizes[name]

    def index(self, names: str, size: sp.Symbol) -> Any:
        """Declare one or several indices (names separated by spaces) that run from 1 to `size`."""
        self._require_size(size)
        if not isinstance(names, str):
            raise DeclarationError(f"index() needs names; got {names!r}")
        symbols = []
        for name in names.split():
            self._claim(name, f"an index up to {size}")
            symbols.append(sp.Symbol(name, integer=True, positive=True))
            self.declared[name] = symbols[-1]
            self.indices[symbols[-1]] = size
        if not symbols:
            raise DeclarationError("index() needs a name")
        return symbols[0] if len(symbols) == 1 else tuple(symbols)

    def scalar(
        self,
        name: str,
        *,
        sign: str = "real",
        between: tuple[sp.Expr | int, sp.Expr | int] | None = None,
        latex: str | None = None,
    ) -> sp.Symbol:
        """Declare a number.

        Parameters
        ----------
        name : str
            What it is called.
        sign : {"real", "nonnegative", "positive"}
            What is known of it.
        between : (a, b), optional
            Exact numbers between which it lies strictly, in place of a sign.
        latex : str, optional
            How it is displayed, if not by its name.
        """
        require_sign(sign)
        if between is not None:
            low, high = map(as_expression, between)
            if not (low.is_Rational and high.is_Rational and low < high):
                raise DeclarationError(f"{name!r}: {between} are not increasing exact numbers")
            between = (low, high)
            sign = "positive" if low >= 0 else "real"
        self._claim(name, "a number", latex)
        symbol = sp.Symbol(name, **_assumptions(sign))
        self.scalars[symbol] = between
        self.declared[name] = symbol
        return symbol

    def family(
        self,
        name: str,
        *ranges: sp.Symbol,
        sign: str = "real",
        total: sp.Expr | int | None = None,
        at_most: sp.Expr | int | None = None,
        axis: int = -1,
        integer: bool = False,
        latex: str | None = None,
    ) -> sp.IndexedBase:
        """Declare numbers ``name[i, ...]``, each index running to the given size.

        Parameters
        ----------
        name : str
            What the family is called.
        *ranges : size
            The size that each index runs to.
        sign : {"real", "nonnegative", "positive"}
            What is known of each number.
        total, at_most : sympy expression, optional
            What the sum over `axis` is, or an upper bound of it. Where it depends on another
            index, give it in terms of a declared index symbol: it stands for the one other
            argument of its range.
        axis : int
            The index that is summed over.
        integer : bool
            Whether the numbers are whole.
        latex : str, optional
            How the name is displayed.
        """
        for size in ranges:
            self._require_size(size)
        family = make_family(
            self,
            name,
            ranges,
            sign,
            total=total,
            at_most=at_most,
            axis=axis,
            integer=integer,
        )
        self._require_possible_total(family)
        self._claim(name, "a family", latex)
        self.families[name] = family
        self.declared[name] = sp.IndexedBase(name, **_assumptions(sign, integer))
        return self.declared[name]

    def function(
        self,
        name: str,
        *ranges: sp.Symbol | None,
        sign: str = "real",
        total: sp.Expr | int | None = None,
        axis: int = 0,
        latex: str | None = None,
    ) -> sp.Function:
        """Declare a function, ``name(i, ...)``.

        Each of the `ranges` is a size, for an argument that is an index up to it, or None, for
        one that may be anything. The other arguments are those of `family`.
        """
        for size in ranges:
            if size is not None:
                self._require_size(size)
        family = make_family(self, name, ranges, sign, total=total, axis=axis)
        self._require_possible_total(family)
        self._claim(name, "a function", latex)
        self.families[name] = family
        self.declared[name] = sp.Function(name, **_assumptions(sign))
        return self.declared[name]

    def labels(
        self, name: str, size: sp.Symbol, *, values: sp.Symbol, latex: str | None = None
    ) -> sp.IndexedBase:
        """Declare observations ``name[n]``, n up to `size`, each one an index up to `values`."""
        self._require_size(size)
        self._require_size(values)
        self._claim(name, f"labels up to {values}", latex)
        self.families[name] = Family(name, (size,), "positive", values=values)
        self.declared[name] = sp.IndexedBase(name, integer=True, positive=True)
        return self.declared[name]

    def define(
        self,
        name: str,
        parameters: sp.Symbol | Sequence[sp.Symbol],
        body: sp.Expr | int,
        *,
        sign: str = "real",
        latex: str | None = None,
    ) -> sp.Symbol | sp.IndexedBase:
        """Declare ``name[parameters] := body``; without parameters, a plain symbol.

        Parameters
        ----------
        name : str
            What the quantity is called.
        parameters : index or tuple of indices
            Declared indices, which `body` may use; ``()`` for none.
        body : sympy expression
            What it stands for.
        sign : {"real", "nonnegative", "positive"}
            What sympy may assume of it; refused unless it is shown to follow from `body`.
        latex : str, optional
            How the name is displayed.
        """
        parameters = tuple(sp.flatten([parameters]))
        for symbol in parameters:
            if symbol not in self.indices:
                raise DeclarationError(f"{name!r}: parameter {symbol} is not a declared index")
        if len(set(parameters)) < len(parameters):
            raise DeclarationError(f"{name!r}: a parameter is repeated in {parameters}")
        body = as_expression(body)
        self.check(body)
        stray = self.free_indices(body) - set(parameters)
        if stray:
            raise DeclarationError(
                f"{name!r}: its definition uses the free index {_names(stray)}, "
                "which is not one of its parameters"
            )
        self._require_sign_of(name, body, sign)
        self._claim(name, "a definition", latex)
        self.definitions[name] = Definition(name, parameters, body)
        make = sp.IndexedBase if parameters else sp.Symbol
        self.declared[name] = make(name, **_assumptions(sign))
        return self.declared[name]

    def assume_zero(self, quantity: sp.Symbol | sp.IndexedBase) -> None:
        """Take as a hypothesis that a defined quantity is zero, for every index it has."""
        name = str(quantity)
        if name not in self.definitions:
            raise DeclarationError(f"{name!r} is not a definition: define() it first")
        if name in self.zeros:
            raise DeclarationError(f"{name!r} is assumed to be zero twice")
        self.zeros.add(name)

    # ------------------------------------------------------------ questions

    def check(self, expression: sp.Expr) -> None:
        """Raise `DeclarationError` unless every name is declared and used as declared."""
        expression = as_expression(expression)
        level = {expression}
        for _ in range(MAX_DEPTH):
            level = {part for node in level for part in node.args}
        if level:
            raise DeclarationError(f"an expression is nested more than {MAX_DEPTH} deep")
        check(self, expression)

    def is_size(self, thing: object) -> bool:
        """Whether `thing` is a size that was declared here."""
        return isinstance(thing, sp.Symbol) and self.sizes.get(thing.name) == thing

    def free_indices(self, expression: sp.Expr) -> set[sp.Symbol]:
        """The declared indices that occur free in `expression`."""
        return free_symbols(as_expression(expression)) & set(self.indices)

    def names_below(self, expression: sp.Expr) -> set[str]:
        """All names that `expression` depends on, through definitions and totals too."""
        expression = as_expression(expression)
        names = {str(node.label) for node in expression.atoms(sp.IndexedBase)}
        names |= {str(node.func) for node in expression.atoms(AppliedUndef)}
        names |= {symbol.name for symbol in free_symbols(expression)}
        for name in list(names):
            if name in self.definitions:
                names |= self.names_below(self.definitions[name].body)
            elif name in self.families and self.families[name].bound is not None:
                names |= self.names_below(self.families[name].bound)
        return names & set(self._names)

    # ------------------------------------------------------------ requirements

    def _require_possible_total(self, family: Family) -> None:
        """Raise where numbers of one sign have a total, or a bound, not shown to have it too."""
        bound = family.at_most if family.total is None else family.total
        if bound is not None:
            self._require_sign_of(family.name, bound, family.sign)

    def _require_sign_of(self, name: str, body: sp.Expr, sign: str) -> None:
        """Accept no sign that is not plain: it takes a proof, which `Context` adds."""
        require_sign(sign)
        if sign != "real":
            raise DeclarationError(f"{name!r}: {body} is not shown to be {sign}")

    def _require_size(self, size: object) -> None:
        if not self.is_size(size):
            raise DeclarationError(f"{size!r} is not a size declared in this context")


def _assumptions(sign: str, integer: bool = False) -> dict[str, bool]:
    return {sign: True} | ({"integer": True} if integer else {})


def _names(symbols: Iterable[sp.Symbol]) -> str:
    return ", ".join(sorted(map(str, symbols)))

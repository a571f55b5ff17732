"""The names in a displayed formula, with their indices and arguments."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import sympy as sp

from .declared import Declarations
from .spelling import CLOSING, default_display, is_opaque, shapes, tokens

if TYPE_CHECKING:
    from typing import NoReturn


class ReadingError(ValueError):
    """A displayed expression that has no single meaning."""


class Names:
    """A place in the signs of a formula, and what the names that stand there mean."""

    def __init__(self, latex: str, context: Declarations) -> None:
        self.context = context
        self.signs = tokens(latex)
        self.at = 0
        self.end_of_log: int | None = None  # of the last one without parentheses
        self.shapes = shapes(context)
        self.names: dict[tuple, list[str]] = {}  # what is displayed -> what is declared so
        for name in context.declared:
            display = tuple(tokens(context.latex.get(name) or default_display(name)))
            if is_opaque(display):
                self.names.setdefault(display, []).append(name)
        self.bound: dict[tuple, sp.Dummy] = {}  # indices of sums that are not declared

    def expression(self) -> sp.Expr:
        """Terms with signs between them; `Reader` reads them."""
        raise NotImplementedError

    # ------------------------------------------------------------ signs

    @property
    def next(self) -> str | None:
        """The next sign, or None at the end."""
        return self.signs[self.at] if self.at < len(self.signs) else None

    def fail(self, why: str) -> NoReturn:
        """Raise, naming the place."""
        rest = " ".join(self.signs[self.at : self.at + 12]) or "the end"
        raise ReadingError(f"{why}, at: {rest}")

    def accept(self, *signs: str) -> bool:
        """Step over these signs if they come next."""
        found = tuple(self.signs[self.at : self.at + len(signs)]) == signs
        self.at += len(signs) * found
        return found

    def expect(self, *signs: str) -> None:
        """Step over these signs, which must come next."""
        if not self.accept(*signs):
            self.fail(f"{' '.join(signs)} was expected")

    def inside(self, opening: str) -> sp.Expr:
        """An expression between an opening sign and the closing one that belongs to it."""
        self.expect(opening)
        expression = self.expression()
        self.expect(CLOSING[opening])
        return expression

    # ------------------------------------------------------------ names, indices, arguments

    def name(self) -> sp.Expr | None:
        """The longest name that stands here, with its indices and arguments; None if none."""
        hidden = 0  # the braces around the head of {q}_{k} are invisible
        ahead = self.signs[self.at :]
        if self.next == "{":
            hidden = self._length_of_group() - 2
            ahead = ahead[1 : hidden + 1] + ahead[hidden + 2 :]
        fitting = [
            display
            for display in (*self.names, *self.bound)
            if tuple(ahead[: len(display)]) == display and len(display) >= hidden
        ]
        if not fitting:
            return None
        display = max(fitting, key=len)
        start = self.at
        self.at += len(display) + (2 if hidden else 0)
        if display in self.bound:
            return self.bound[display]
        if display == ("e",) and self.next == "^":
            if not any(index.name == "e" for index in self.context.indices):
                self.fail("e is declared, so that a power of e is ambiguous")
            self.at = start  # nobody raises an index to a power
            return None
        return self.member(self.names[display], start)

    def _length_of_group(self) -> int:
        """How many signs a group in braces has, the braces included."""
        depths = accumulate((sign == "{") - (sign == "}") for sign in self.signs[self.at :])
        for length, depth in enumerate(depths, start=1):
            if depth == 0:
                return length
        return self.fail("a brace is not closed")

    def member(self, names: list[str], start: int) -> sp.Expr:
        """The one among these names that takes the indices and arguments which follow.

        Why one of them does not is never shown: `places` and `values` only say that.
        """
        head_end, readings = self.at, []
        for name in names:
            self.at = head_end
            try:
                places = self.places(self.shapes[name][0])
                values = self.values(self.shapes[name][1])
            except ReadingError:
                continue
            readings.append(((len(places), len(values)), self.at, name, places, values))
        if not readings:
            self.at = start
            self.fail("no declared name fits")
        best = max(shape for shape, *_ in readings)
        readings = [reading for reading in readings if reading[0] == best]
        # One argument may as well be a factor in brackets.
        plain = best[1] == 1 and any(self.shapes[name] == (best[0], 0) for name in names)
        if len(readings) > 1 or plain:
            self.at = start
            self.fail("two declared names fit")
        _, self.at, name, places, values = readings[0]
        head = self.context.declared[name]
        if isinstance(head, sp.IndexedBase):
            return head[tuple(places)]
        if isinstance(head, sp.Symbol):
            return head
        rest = {True: iter(values), False: iter(places)}
        return head(*(next(rest[size is None]) for size in self.context.families[name].ranges))

    def places(self, count: int) -> list[sp.Expr]:
        """The indices below a name: juxtaposed if each is one sign, else with commas."""
        if count == 0:
            if self.next == "_":
                raise ReadingError
            return []
        self.expect("_", "{")
        places = [self.expression()] if count == 1 else self._several_places()
        self.expect("}")
        if len(places) != count:
            raise ReadingError
        return places

    def _several_places(self) -> list[sp.Expr]:
        start = self.at
        try:
            places = [self.expression()]
            while self.accept(","):
                places.append(self.expression())
            if len(places) > 1:
                return places
        except ReadingError:  # in W_{12k} two numbers stand side by side
            pass
        self.at, places = start, []
        while self.next != "}":
            if self.next is not None and self.next.isdigit():
                places += [sp.Integer(digit) for digit in self.next]
                self.at += 1
            elif (name := self.name()) is not None:
                places.append(name)
            else:
                raise ReadingError
        return places

    def values(self, count: int) -> list[sp.Expr]:
        """The arguments of a function."""
        if count == 0:
            return []
        self.expect("(")
        values = [self.expression()]
        while self.accept(","):
            values.append(self.expression())
        self.expect(")")
        if len(values) != count:
            raise ReadingError
        return values

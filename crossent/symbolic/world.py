"""Random numbers that respect a context's declarations."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Context as Precision
from decimal import Decimal
from typing import TYPE_CHECKING

import sympy as sp

from .declarations import Family
from .declared import Declarations
from .evaluation import MAX_STEPS, TooLong, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = Precision(prec=40)  # arguments that agree to 40 digits are one argument


def short(number: int | Decimal) -> str:
    """A number in six digits."""
    return str(number) if isinstance(number, int) else f"{float(number):.6g}"


@dataclass
class World:
    """One random draw of everything that a context declares, made as it is asked for."""

    context: Declarations
    rng: random.Random
    sizes: dict[str, int]
    values: dict[tuple, int | Decimal] = field(default_factory=dict)
    overrides: dict[tuple, int | Decimal] = field(default_factory=dict)
    steps: int = 0

    def spend(self, steps: int) -> None:
        """Count what has been looked up here, and raise `TooLong` where it becomes too much."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise TooLong

    def size(self, symbol: sp.Symbol) -> int:
        """The number that a size stands for."""
        return self.sizes[symbol.name]

    def scalar(self, symbol: sp.Symbol) -> int | Decimal:
        """The value of a declared number."""
        key = (symbol.name,)
        if key in self.overrides:
            return self.overrides[key]
        if key not in self.values:
            between = self.context.scalars[symbol]
            if between:
                low, high = (Decimal(int(end.p)) / int(end.q) for end in between)
                self.values[key] = low + (high - low) * self._uniform("0.05", "0.95")
            else:
                self.values[key] = self._draw(_sign(symbol))
        return self.values[key]

    def member(self, name: str, arguments: tuple) -> int | Decimal:
        """The value of a member of a family, or of a function."""
        arguments = tuple(a if isinstance(a, int) else KEY.plus(a) for a in arguments)
        key = (name, *arguments)
        if key in self.overrides:
            return self.overrides[key]
        if key not in self.values:
            family = self.context.families[name]
            if family.values is not None:
                self.values[key] = self.rng.randint(1, self.size(family.values))
            elif family.bound is not None:
                self._draw_row(family, arguments)
            # Outside its declared range a member is some number with no total to respect.
            if key not in self.values:
                self.values[key] = self._draw(family.sign, family.integer)
        return self.values[key]

    @contextmanager
    def moved(self, key: tuple, value: int | Decimal) -> Iterator[None]:
        """Give one quantity another value for a while."""
        before = self.overrides.get(key)
        self.overrides[key] = value
        try:
            yield
        finally:
            if before is None:
                del self.overrides[key]
            else:
                self.overrides[key] = before

    def table(self) -> dict[str, int | Decimal]:
        """What was drawn, by printed name."""
        return {
            key[0] + (f"[{', '.join(map(short, key[1:]))}]" if key[1:] else ""): value
            for key, value in sorted(self.values.items())
        }

    # ------------------------------------------------------------ drawing

    def _draw_row(self, family: Family, arguments: tuple) -> None:
        """All members that one total speaks of, together; none outside the declared ranges."""
        for place, size in zip(arguments, family.ranges, strict=True):
            if size is not None and not (isinstance(place, int) and 1 <= place <= self.size(size)):
                return
        count = self.size(family.ranges[family.axis])
        env = {s: a for s, a in zip(family.parameters, arguments, strict=True) if s is not None}
        row = self._row(family, evaluate(family.bound, self, env), count)
        for position, member in enumerate(row, start=1):
            key = [family.name, *arguments]
            key[1 + family.axis] = position
            self.values[tuple(key)] = member

    def _row(self, family: Family, target: int | Decimal, count: int) -> list:
        """`count` members with the total `target`, or at most that."""
        if family.sign == "real":
            row = [self._draw("real", family.integer) for _ in range(count)]
            return [*row[:-1], target - sum(row[:-1])]
        if family.integer:  # that many balls into as many boxes as there are members
            row = [0] * count
            self.spend(int(target))
            for _ in range(int(target)):
                row[self.rng.randrange(count)] += 1
            return row
        row = [Decimal(self._draw(family.sign)) for _ in range(count)]
        if sum(row) == 0:
            row[self.rng.randrange(count)] = Decimal(1)
        bound = Decimal(target)
        if family.at_most is not None:
            bound *= self.rng.choice([Decimal(1), self._uniform("0.2", "1")])
        # Few digits, and the largest takes the rest: what remains to the total is exactly zero.
        scale, last = bound / sum(row), row.index(max(row))
        row = [Precision(prec=30).multiply(member, scale) for member in row]
        row[last] += bound - sum(row)
        return row

    def _draw(self, sign: str, integer: bool = False) -> int | Decimal:
        if integer:
            return self.rng.randint({"positive": 1, "nonnegative": 0, "real": -3}[sign], 4)
        if sign == "positive":
            return self._uniform("-1.5", "1.5").exp()
        if sign == "nonnegative":
            return Decimal(0) if self.rng.random() < 0.25 else self._uniform("0", "2")
        return self._uniform("-2", "2")

    def _uniform(self, low: str, high: str) -> Decimal:
        fraction = Decimal(self.rng.getrandbits(120)) / 2**120
        return Decimal(low) + (Decimal(high) - Decimal(low)) * fraction


def _sign(symbol: sp.Symbol) -> str:
    if symbol.is_positive:
        return "positive"
    return "nonnegative" if symbol.is_nonnegative else "real"

"""Powers, logarithms and exponentials of normal forms; they split only where signs allow."""

from __future__ import annotations

import math
from fractions import Fraction

import sympy as sp

from .deltas import use_delta
from .naming import atom_poly, canonical
from .positivity import Positivity
from .terms import (
    FACTORIAL,
    UNIT,
    Atom,
    Element,
    Exp,
    Group,
    Log,
    Poly,
    Undecided,
    Value,
    number,
    total,
)

MAX_STEPS, MAX_POINT = 6, 20  # of the factorial


class Rules(Positivity):
    """All arithmetic of normal forms under one context."""

    def _use_delta(
        self, binders: dict[sp.Symbol, sp.Symbol], factors: dict[Atom, Fraction], c: Fraction
    ) -> Poly | None:
        return use_delta(self, binders, factors, c)

    # ------------------------------------------------------------ powers, logs, exponentials

    def power(self, poly: Poly, exponent: Fraction) -> Poly:
        """`poly` to a rational power."""
        exponent = Fraction(exponent)
        if exponent == 1:
            return poly
        if exponent.denominator == 1 and exponent >= 0:
            return self.product([poly] * int(exponent))
        if not poly.terms:
            raise Undecided("zero stands in a denominator")
        if exponent.denominator != 1 and not self.is_positive(poly):
            raise Undecided("a root of something that may be negative")
        outside, inside = self._content(poly, positive_only=exponent.denominator != 1)
        if exponent.denominator != 1 and not self._all_positive(*outside):
            # sqrt(s*t) is not sqrt(s)*sqrt(t) where both are negative
            raise Undecided("a root of a product whose factors may be negative")
        parts = [self._monomial_power(outside, exponent)]
        parts += [self._component_power(part, exponent) for part in inside]
        return self.product(parts)

    def _monomial_power(self, term: tuple[dict, Fraction], exponent: Fraction) -> Poly:
        factors, c = term
        powers = {a: e * exponent for a, e in factors.items()}
        if exponent.denominator == 1:
            return self.reduce((), powers, Fraction(c) ** int(exponent))
        return self.product([self.reduce((), powers, Fraction(1)), _root(c, exponent)])

    def _component_power(self, part: Poly, exponent: Fraction) -> Poly:
        value = part.constant()
        if value == 0:  # as 1/(c + 1) + c/(c + 1) - 1 is, which shows only here
            raise Undecided("zero stands in a denominator")
        if value is not None:
            return self._monomial_power(({}, value), exponent)
        return self.reduce((), {Group(part): exponent}, Fraction(1))

    def log(self, poly: Poly) -> Poly:
        """The logarithm, split into a sum as far as signs allow."""
        value = poly.constant()
        if value is not None:
            return _log_of_number(value)
        if not self.is_positive(poly):
            return atom_poly(Log(poly))
        (factors, c), parts = self._content(poly, positive_only=True)
        if not self._all_positive(factors, c):
            return atom_poly(Log(poly))
        logs = [_log_of_number(c)]
        logs += [self._log_of_atom(atom).scaled(power) for atom, power in factors.items()]
        logs += [atom_poly(Log(part)) for part in parts]
        return total(logs)

    def index_value(self, term: sp.Expr) -> Poly:
        """An index used as a number."""
        if isinstance(term, sp.Integer):
            return number(int(term))
        if isinstance(term, sp.Add):
            return total(map(self.index_value, term.args))
        if isinstance(term, sp.Mul):
            return self.product(map(self.index_value, term.args))
        return atom_poly(Value(term))

    @staticmethod
    def _log_of_atom(atom: Atom) -> Poly:
        if isinstance(atom, Exp):
            return atom.inner
        if isinstance(atom, Group):
            return atom_poly(Log(atom.inner))
        return atom_poly(Log(atom_poly(atom)))

    def exp(self, poly: Poly) -> Poly:
        """The exponential, one factor for each term of `poly`."""
        parts = []
        for monomial, c in poly.terms.items():
            atom = monomial.factors[0][0] if len(monomial.factors) == 1 else None
            if not monomial.binders and isinstance(atom, Log) and monomial.factors[0][1] == 1:
                self.require_positive(atom.inner, "the argument of a logarithm")
                parts.append(self.power(atom.inner, c))
            else:
                parts.append(self.reduce((), {Exp(Poly({monomial: Fraction(1)})): c}, Fraction(1)))
        return self.product(parts)

    def factorial(self, poly: Poly) -> Poly:
        """The factorial; of m + 2, where m is positive, it is (m + 1) (m + 2) m!."""
        value = poly.constant()
        if value is not None and value.denominator == 1 and 0 <= value <= MAX_POINT:
            return number(math.factorial(int(value)))
        added = poly.terms.get(UNIT, Fraction(0))
        rest = total([poly, number(-added)])
        if added.denominator == 1 and 0 < added <= MAX_STEPS and self.is_positive(rest):
            steps = (total([rest, number(i)]) for i in range(1, int(added) + 1))
            return self.product([*steps, self.factorial(rest)])
        return atom_poly(Element(FACTORIAL, (poly,)))


def _log_of_number(value: Fraction) -> Poly:
    """Split log 12 into 2 log 2 + log 3, so that equal numbers have equal logarithms."""
    if value <= 0:
        raise Undecided(f"the logarithm of {value}")
    primes = sp.factorrat(sp.Rational(value.numerator, value.denominator))
    return total(
        atom_poly(Log(number(int(prime)))).scaled(int(power)) for prime, power in primes.items()
    )


def _root(value: Fraction, exponent: Fraction) -> Poly:
    """A positive number to a rational power: sqrt(12) as 2 exp(log(3)/2)."""
    whole = Fraction(1)
    factors: dict[Atom, Fraction] = {}
    for monomial, c in _log_of_number(value).terms.items():
        power = c * exponent
        prime = monomial.factors[0][0].inner.constant()
        whole *= prime ** (power.numerator // power.denominator)
        factors[Exp(Poly({monomial: Fraction(1)}))] = power % 1
    return canonical((), factors, whole)

"""Look for a counterexample with numbers; shares no code with the prover.

Sizes and values are drawn at random so that they respect the declarations, both sides are
evaluated to 60 digits by walking the expression, and the first difference is reported.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import sympy as sp

from .declared import Declarations
from .evaluation import Undefined, value
from .world import World, short

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

TOLERANCE = Decimal("1e-18")  # derivatives are taken numerically and keep fewer digits
DRAWS = 12
PLACES = 6  # values of the free indices tried in each draw
MAX_SIZE = 4


@dataclass
class Counterexample:
    """Sizes and values for which the two sides differ."""

    sizes: dict
    values: dict
    left: int | Decimal
    right: int | Decimal

    def __str__(self) -> str:
        listing = ", ".join(f"{k} = {short(v)}" for k, v in {**self.sizes, **self.values}.items())
        return f"{short(self.left)} against {short(self.right)} at {listing}"


def find_counterexample(
    left: sp.Expr, right: sp.Expr, context: Declarations, *, relation: str = "=", seed: int = 0
) -> Counterexample | None:
    """Return a `Counterexample`, or None when no draw shows a difference.

    Parameters
    ----------
    left, right : sympy expressions
        The two sides; free indices run over their ranges.
    context : Declarations
        What the draws respect.
    relation : {"=", ">=", "<="}
        The claim.
    seed : int
        Of the draws: the same seed finds the same counterexample.

    Raises
    ------
    Undefined
        When the two sides had no value together in any draw, so that nothing was tested.
    TooLong
        When a side takes too many steps to evaluate.
    """
    free = sorted(context.free_indices(left) | context.free_indices(right), key=str)
    tested = False
    for world in draws(context, seed):
        for env in _places(context, world, free):
            try:
                a, b = value(left, world, env), value(right, world, env)
            except Undefined:
                continue
            tested = True
            if _violates(a, b, relation):
                places = {str(symbol): place for symbol, place in env.items()}
                return Counterexample(world.sizes | places, world.table(), a, b)
    if not tested:
        raise Undefined("no draw gives both sides a value")
    return None


def draws(context: Declarations, seed: int, count: int = DRAWS) -> Iterator[World]:
    """Yield random worlds: every other one has sizes that differ, the others any sizes.

    Among the latter come first all sizes 1, where ranges such as 2..K are empty, and all 2.
    """
    rng = random.Random(seed)
    names = list(context.sizes)
    choices = list(itertools.product(range(1, MAX_SIZE + 1), repeat=len(names)))
    distinct = [c for c in choices if len(set(c)) == len(c) and 1 not in c] or choices
    for number in range(count):
        sizes = rng.choice(distinct if number % 2 == 0 else choices)
        if number in (1, 3):
            sizes = (1 if number == 1 else 2,) * len(names)
        yield World(context, random.Random(rng.random()), dict(zip(names, sizes, strict=True)))


def _places(
    context: Declarations, world: World, indices: list[sp.Symbol]
) -> Iterator[dict[sp.Symbol, int]]:
    """Yield values for the free indices: all combinations, or a random few of many."""
    ranges = [range(1, world.size(context.indices[index]) + 1) for index in indices]
    everything = list(itertools.product(*ranges))
    if len(everything) > PLACES:
        everything = world.rng.sample(everything, PLACES)
    for places in everything:
        yield dict(zip(indices, places, strict=True))


def _violates(a: Any, b: Any, relation: str) -> bool:
    slack = TOLERANCE * (1 + max(abs(a), abs(b)))
    if relation == "=":
        return abs(a - b) > slack
    return a < b - slack if relation == ">=" else a > b + slack

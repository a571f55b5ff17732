"""Random expressions: the prover's normal form against numbers, equal pairs, unequal pairs.

CROSSENT_FUZZ=20000 in the environment makes that many, CROSSENT_FUZZ_SEED=1000 others.
"""

import os
import random
from collections import Counter
from decimal import Decimal

import pytest

from crossent.symbolic import DeclarationError
from crossent.symbolic.evaluation import Undefined, value
from crossent.symbolic.prover import Prover, to_sympy
from crossent.symbolic.refuter import draws, find_counterexample
from crossent.symbolic.terms import Undecided

CHUNKS = 20
EXPRESSIONS = int(os.environ.get("CROSSENT_FUZZ", "2000")) // CHUNKS  # in each chunk
PAIRS = EXPRESSIONS // 4
START = int(os.environ.get("CROSSENT_FUZZ_SEED", "0"))
SEEDS = range(START, START + CHUNKS)
CLOSE = Decimal("1e-25")
CLOSE_FOR_DERIVATIVES = Decimal("1e-15")


def made(randomly, setting, rng, count):
    """Yield random expressions that do not take long to evaluate."""
    maker = randomly.Maker(setting, rng)
    while count:
        if rng.random() < 0.06:
            expression = maker.partial(2)
        else:
            expression = maker.expression(rng.choice([2, 3, 4, 4, 5, 5, 6]))
        if randomly.cost(expression, setting.context) < 1000:
            count -= 1
            yield expression


def normal_form(prover, expression):
    """The normal form as an expression, or None where there is none."""
    try:
        return to_sympy(prover.normal(expression), prover.context)
    except Undecided:
        return None


def is_short(prover, expression):
    """Whether an expression is as declared and has a normal form of few terms.

    The cancelling of rational functions takes long where there are many.
    """
    try:
        return len(prover.normal(expression).terms) <= 12
    except (DeclarationError, Undecided):
        return False


def values(expressions, context, seed):
    """Yield the values of the expressions in one random world after another."""
    free = sorted(set().union(*map(context.free_indices, expressions)), key=str)
    for world in draws(context, seed, 4):
        env = {index: world.rng.randint(1, world.size(context.indices[index])) for index in free}
        found = []
        for expression in expressions:
            try:
                found.append(value(expression, world, env))
            except Undefined:
                found.append(None)
        yield found


def proved(prover, left, right):
    """Whether the prover by itself proves an equality."""
    try:
        return prover.equal(left, right)
    except Undecided:
        return False


@pytest.mark.parametrize("seed", SEEDS)
def test_normal_form_has_the_value_of_the_expression(
    seed, everything_once, randomly, record_property
):
    """Same sizes, same values, to 25 digits; also where it says that names do not matter."""
    setting, rng, counts = everything_once, random.Random(f"normal {seed}"), Counter()
    prover = Prover(setting.context)
    for number, expression in enumerate(made(randomly, setting, rng, EXPRESSIONS)):
        counts["expressions"] += 1
        back = normal_form(prover, expression)
        if back is None:
            counts["undecided"] += 1
            continue
        close = CLOSE_FOR_DERIVATIVES if expression.has(randomly.Partial) else CLOSE
        for before, after in values([expression, back], setting.context, number):
            if before is None:
                counts["draws without a value"] += 1
                continue
            counts["draws compared"] += 1
            assert after is not None, f"{expression} has a value, {back} has none"
            assert abs(before - after) <= close * (1 + abs(before)), f"{expression} --> {back}"
    record_property("fuzz", dict(counts))
    print(f"seed {seed}: {dict(counts)}")
    assert counts["undecided"] <= 0.1 * counts["expressions"]
    assert counts["draws without a value"] <= 0.1 * counts["draws compared"]


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_pairs_are_not_refuted_and_mostly_proved(
    seed, everything_once, randomly, record_property
):
    """Renamed binders, exchanged sums, terms split off, brackets put in, products expanded."""
    setting, rng, counts = everything_once, random.Random(f"equal {seed}"), Counter()
    prover = Prover(setting.context)
    for expression in made(randomly, setting, rng, PAIRS):
        other = expression
        for _ in range(rng.randint(1, 3)):
            other = randomly.rewritten(other, setting, rng)
        if other == expression or not is_short(prover, expression):
            counts["no pair"] += 1
            continue
        counts["pairs"] += 1
        close = CLOSE_FOR_DERIVATIVES if expression.has(randomly.Partial) else CLOSE
        for left, right in values([expression, other], setting.context, seed):
            if left is not None and right is not None:
                assert abs(left - right) <= close * (1 + abs(left)), f"{expression} --> {other}"
        counts["proved"] += proved(prover, expression, other)
    record_property("fuzz", dict(counts))
    print(f"seed {seed}: {dict(counts)}")
    assert counts["pairs"] - counts["proved"] <= max(2, 0.15 * counts["pairs"])
    assert counts["proved"] > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_unequal_pairs_are_never_proved(
    seed, everything_once, randomly, mutation, record_property
):
    """Whatever the prover calls equal to a mutant, numbers do not tell from it."""
    setting, rng, counts = everything_once, random.Random(f"unequal {seed}"), Counter()
    prover = Prover(setting.context)
    for expression in made(randomly, setting, rng, PAIRS):
        mutant = mutation.random_mutant(expression, setting.context, rng)
        if mutant is None or not is_short(prover, expression) or not is_short(prover, mutant):
            counts["no pair"] += 1
            continue
        counts["pairs"] += 1
        if not proved(prover, expression, mutant):
            continue
        counts["proved equal"] += 1
        for more in range(3):
            try:
                found = find_counterexample(expression, mutant, setting.context, seed=seed + more)
            except Undefined:
                continue
            assert found is None, f"proved: {expression} = {mutant}; but {found}"
    record_property("fuzz", dict(counts))
    print(f"seed {seed}: {dict(counts)}")
    assert counts["pairs"] > 0

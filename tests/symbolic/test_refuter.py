"""Random worlds that respect the declarations, values in them, and counterexamples."""

import itertools
import math
import random
from decimal import Decimal
from fractions import Fraction

import pytest
import sympy as sp

from crossent.symbolic import Context, Partial, Phi, iverson
from crossent.symbolic.evaluation import MAX_FACTORIAL, MAX_STEPS, TooLong, Undefined, value
from crossent.symbolic.refuter import MAX_SIZE, draws, find_counterexample
from crossent.symbolic.world import World

log, exp = sp.log, sp.exp
TINY = Decimal("1e-50")


def worlds(setting, count=40, seed=3):
    """Many random worlds of a setting."""
    return list(draws(setting.context, seed, count))


def range_of(world, size):
    """1..size."""
    return range(1, world.size(size) + 1)


# ---------------------------------------------------------------- what is drawn


def test_sizes(everything):
    """From 1 to 4; often all different; and the corner where every size is 1 is never missed."""
    s = everything
    for seed in range(5):
        drawn = [tuple(world.sizes.values()) for world in draws(s.context, seed)]
        assert all(1 <= size <= MAX_SIZE for sizes in drawn for size in sizes)
        assert sum(len(set(sizes)) == len(sizes) for sizes in drawn) >= len(drawn) // 2
        assert drawn[1] == (1, 1, 1)
        assert drawn[3] == (2, 2, 2)
        assert len(drawn) == 12


def test_every_other_draw_has_any_sizes(everything):
    """Sizes that agree, and a single size of 1, occur; in the other draws they never do."""
    drawn = [[tuple(w.sizes.values()) for w in draws(everything.context, i)] for i in range(10)]
    for number, sizes in enumerate(zip(*drawn, strict=True)):
        if number % 2 == 0:
            assert all(len(set(three)) == 3 and 1 not in three for three in sizes)
        elif number > 3:
            assert any(len(set(three)) < 3 for three in sizes)
            assert any(three.count(1) == 1 for three in sizes)


def test_the_first_draw_tells_sizes_apart(everything):
    """With N = K = M an exchange of sizes would pass."""
    for seed in range(20):
        first = next(draws(everything.context, seed))
        assert len(set(first.sizes.values())) == 3
        assert 1 not in first.sizes.values()


def test_signs_and_totals(everything):
    """Every declared sign, total, bound and range holds in every world."""
    s = everything
    weights = []
    for world in worlds(s):

        def at(expression, world=world, **env):
            return value(expression, world, {getattr(s, name): i for name, i in env.items()})

        for k in range_of(world, s.K):
            assert at(s.a[s.k], k=k) > 0 and at(s.p[s.k], k=k) > 0
            assert at(s.w[s.k], k=k) >= 0 and at(s.u[s.k], k=k) >= 0
            weights.append(at(s.w[s.k], k=k))
            assert abs(at(s.sum(s.W[s.k, s.m], s.m), k=k) - 1) < TINY
            assert abs(at(s.sum(s.R[s.k, s.m], s.m), k=k) - 1) < TINY
        assert abs(at(s.sum(s.p[s.k], s.k)) - 1) < TINY
        assert at(s.sum(s.u[s.k], s.k)) <= 1 + TINY
        assert abs(at(s.sum(s.f(s.k, s.x), s.k)) - 1) < TINY
        assert at(s.c) > 0 and at(s.e) >= 0 and 0 < at(s.t) < 1
        for n in range_of(world, s.N):
            label = at(s.X[s.n], n=n)
            assert isinstance(label, int) and 1 <= label <= world.size(s.K)
    assert 5 < weights.count(0) < len(weights) / 2  # nonnegative numbers are zero at times


def test_reals_take_both_signs(everything):
    """Real numbers are drawn on both sides of zero, also within a total."""
    s = everything
    for expression in (s.x, s.z[1], s.R[1, 1]):
        signs = {value(expression, world, {}) > 0 for world in worlds(s)}
        assert signs == {True, False}


@pytest.mark.parametrize("place", ["K + 1", "index of another range"])
def test_members_outside_their_range_respect_no_total(place, everything):
    """A total is declared inside the ranges only: rows beyond it are free numbers."""
    s = everything
    row = s.K + 1 if place == "K + 1" else s.n
    total = sp.Sum(s.R[row, s.m], (s.m, 1, s.M))
    found = find_counterexample(total, sp.Integer(1), s.context)
    assert found is not None
    beyond = sp.Sum(s.p[s.k], (s.k, 1, s.K + 1))
    assert find_counterexample(beyond, sp.Integer(1), s.context) is not None


def test_whole_numbers_with_a_total():
    """Counts are whole numbers that add up, so that their factorials have values."""
    context = Context()
    N, K = context.size("N"), context.size("K")
    k = context.index("k", K)
    counts = context.family("c", K, sign="nonnegative", integer=True, total=N)
    free = context.family("d", K, sign="positive", integer=True)
    total = sp.Sum(counts[k], (k, 1, K))
    product = sp.Product(sp.factorial(counts[k]) * sp.factorial(free[k]), (k, 1, K))
    for world in draws(context, 0, 30):
        drawn = [value(counts[k], world, {k: i}) for i in range_of(world, K)]
        assert all(isinstance(count, int) and count >= 0 for count in drawn)
        assert value(total, world, {}) == world.size(N)
        assert value(product, world, {}) >= 1
    # Wrong multinomial coefficients are wrong for whole numbers already.
    right = sp.factorial(N) / sp.Product(sp.factorial(counts[k]), (k, 1, K))
    assert find_counterexample(right, right / N, context) is not None


def test_whole_numbers_take_all_their_values():
    """From the least one that the sign allows up to 4, and no others."""
    context = Context()
    K = context.size("K")
    for sign, least in (("positive", 1), ("nonnegative", 0), ("real", -3)):
        family = context.family(f"{sign}", K, sign=sign, integer=True)
        drawn = {value(family[1], world, {}) for world in draws(context, 0, 200)}
        assert drawn == set(range(least, 5))


def test_real_members_of_a_total():
    """All but the last are drawn like other reals: not scaled, and whole if declared so."""
    context = Context()
    N, K = context.size("N"), context.size("K")
    real = context.family("z", K, total=1)
    whole = context.family("m", K, integer=True, total=N)
    for world in draws(context, 0, 60):
        for k in range(1, world.size(K)):
            assert abs(value(real[k], world, {})) <= 2
            assert value(whole[k], world, {}) in range(-3, 5)
        assert sum(value(whole[k], world, {}) for k in range_of(world, K)) == world.size(N)


def test_positive_members_of_a_total_differ(everything):
    """They are drawn from a continuum: two are never equal."""
    s = everything
    for world in worlds(s):
        members = [value(s.p[k], world, {}) for k in range_of(world, s.K)]
        assert len(set(members)) == len(members)


@pytest.mark.parametrize("most", [1, 3])
def test_any_bound_is_met_and_missed(most):
    """A sum that is at most so much is exactly that at times and less at others."""
    context = Context()
    K = context.size("K")
    k = context.index("k", K)
    members = context.family("u", K, sign="nonnegative", at_most=most)
    total = sp.Sum(members[k], (k, 1, K))
    sums = [value(total, world, {}) for world in draws(context, 1, 60)]
    assert max(sums) == most
    assert any(most / 2 < found < most for found in sums)
    assert any(found < most / 2 for found in sums)


@pytest.mark.parametrize("ends", [(sp.Rational(1, 3), sp.Rational(1, 2)), (-2, -1), (2, 5)])
def test_numbers_between_ends(ends):
    """All over the range, and inside."""
    context = Context()
    between = context.scalar("t", between=ends)
    low, high = (Fraction(str(end)) for end in ends)
    drawn = [Fraction(value(between, world, {})) for world in draws(context, 0, 100)]
    assert low < min(drawn) < low + (high - low) / 4
    assert high - (high - low) / 4 < max(drawn) < high


def test_the_listing_of_a_world(everything):
    """By name, and members in the order of their places."""
    s = everything
    world = World(s.context, random.Random(0), {"N": 1, "K": 2, "M": 2})
    for expression in (s.c, s.g(sp.Integer(3)), s.g(sp.Integer(-4)), s.W[2, 1], s.a[2], s.a[1]):
        value(expression, world, {})
    names = ["W[2, 1]", "W[2, 2]", "a[1]", "a[2]", "c", "g[-4]", "g[3]"]
    assert list(world.table()) == names


def test_looking_up_too_much_is_too_long(everything):
    """Steps add up, to the limit and no further."""
    world = worlds(everything, 1)[0]
    world.spend(MAX_STEPS - 1)
    world.spend(1)
    with pytest.raises(TooLong):
        world.spend(1)


def test_a_world_is_the_same_throughout(everything):
    """One quantity has one value in one world, however it is reached."""
    s = everything
    for world in worlds(s, 10):
        once = value(s.a[s.k] + s.g(s.x) + s.f(s.k, s.y), world, {s.k: 1})
        again = value(s.f(1, s.y) + s.g(s.x + 0) + s.a[1], world, {})
        assert once == again
        assert value(s.g(s.x + s.y), world, {}) == value(s.g(s.y + s.x), world, {})


# ---------------------------------------------------------------- values


def test_values_against_plain_arithmetic(everything):
    """The evaluator against the same formulas in Python's own numbers."""
    s = everything
    for world in worlds(s, 12):
        K, N = world.size(s.K), world.size(s.N)

        def real(expression, world=world, **env):
            return float(value(expression, world, {getattr(s, n): i for n, i in env.items()}))

        p = [real(s.p[s.k], k=k) for k in range(1, K + 1)]
        q = [real(s.q[s.k], k=k) for k in range(1, K + 1)]
        z = [real(s.z[s.k], k=k) for k in range(1, K + 1)]
        X = [int(real(s.X[s.n], n=n)) for n in range(1, N + 1)]
        x, c = real(s.x), real(s.c)
        soft = [math.exp(v) / sum(map(math.exp, z)) for v in z]
        expected = {
            s.H: -sum(a * math.log(b) for a, b in zip(p, q, strict=True)),
            s.prod(s.q[s.X[s.n]], s.n): math.prod(q[label - 1] for label in X),
            s.seen(s.K): X.count(K),
            s.s[1]: soft[0],
            s.sum(s.z[s.k] * s.z[s.j], s.k, s.j): sum(z) ** 2,
            s.sum(iverson(s.k, 2) * s.z[s.k], s.k): z[1] if K > 1 else 0,
            sp.Sum(s.z[s.k], (s.k, 2, s.K)): sum(z[1:]),
            sp.Sum(s.z[s.k], (s.k, 2, 1)): 0,
            sp.Product(s.z[s.k], (s.k, 2, 1)): 1,
            sp.Sum(s.k, (s.k, 1, s.K), (s.k, 1, s.N)): N * K * (K + 1) / 2,
            s.c**s.x: c**x,
            1 / s.c**2 + s.x**3: 1 / c**2 + x**3,
            Phi(s.c): c - 1 - math.log(c),
            sp.factorial(s.K + 1): math.factorial(K + 1),
            sp.E + sp.pi: math.e + math.pi,
            sp.Rational(2, 3) * s.c: 2 / 3 * c,
        }
        for expression, number in expected.items():
            assert math.isclose(real(expression), number, rel_tol=1e-12, abs_tol=1e-12), expression


def test_values_have_many_digits(everything):
    """A relative change in the 17th digit is seen; one in the 40th is not."""
    s = everything
    left = log(s.sum(exp(s.z[s.k]), s.k))
    assert find_counterexample(left, left + sp.Rational(1, 10**17), s.context) is not None
    assert find_counterexample(left, left + sp.Rational(1, 10**40), s.context) is None


def test_derivatives_by_central_differences(everything):
    """Two nested ones are right to far more digits than a comparison needs."""
    s = everything
    for world in worlds(s, 6):
        c = value(s.c, world, {})
        slope = value(Partial(log(s.c), s.c), world, {})
        assert abs(slope - 1 / c) < Decimal("1e-24") * (1 + 1 / c**3)
        curvature = value(Partial(Partial(log(s.c), s.c), s.c), world, {})
        assert abs(curvature + 1 / c**2) < Decimal("1e-15") * (1 + 1 / c**4)
        mixed = value(Partial(Partial(s.x**2 * exp(s.y), s.x), s.y), world, {})
        exact = value(2 * s.x * exp(s.y), world, {})
        assert abs(mixed - exact) < Decimal("1e-15") * (1 + abs(exact))


def test_nothing_stays_moved(everything):
    """A derivative leaves the world as it was, also when it cannot be taken."""
    s = everything
    world = worlds(s, 1)[0]
    before = value(s.c, world, {}), value(s.a[1], world, {})
    value(Partial(log(s.c) * s.a[1], s.a[1]), world, {})
    with pytest.raises(Undefined):
        value(Partial(log(-s.c), s.c), world, {})
    assert (value(s.c, world, {}), value(s.a[1], world, {})) == before
    assert world.overrides == {}


@pytest.mark.parametrize(
    "build",
    [
        lambda s: log(-s.c),
        lambda s: log(sp.Sum(s.a[s.k], (s.k, 2, 1))),
        lambda s: log(iverson(s.k, s.j)),
        lambda s: 1 / sp.Sum(s.a[s.k], (s.k, 2, 1)),
        lambda s: sp.sqrt(-s.c),
        lambda s: (-s.c) ** s.t,
        lambda s: Phi(-s.c),
        lambda s: sp.factorial(-s.N),
        lambda s: sp.factorial(s.N + s.t),
        lambda s: exp(exp(exp(exp(s.c + 20)))),
    ],
)
def test_no_value(build, everything):
    """log 0, 1/0 and the like have no value, and nothing else is raised."""
    with pytest.raises(Undefined):
        value(build(everything), worlds(everything, 1)[0], {everything.k: 1, everything.j: 2})


def test_powers_of_zero(everything):
    """A root of 0 is 0, and 0⁰ is 1; only below a fraction it has no place."""
    s = everything
    zero, world = sp.Sum(s.a[s.k], (s.k, 2, 1)), worlds(everything, 1)[0]
    assert value(sp.sqrt(zero), world, {}) == 0
    assert value(zero**s.t, world, {}) == 0
    assert value(zero**s.j, world, {s.j: 0}) == 1
    for power in (-1, -sp.Rational(1, 2), -s.t):
        with pytest.raises(Undefined):
            value(zero**power, world, {})


def test_every_node_counts_as_a_step(everything):
    """Once, wherever it stands."""
    s, world = everything, worlds(everything, 1)[0]
    value(s.x + s.y, world, {})
    assert world.steps == 3
    value(s.x, world, {})
    assert world.steps == 4


def test_no_factorial_is_too_long(everything):
    """Up to its limit it is found; beyond, and that is said, it would take too long."""
    s = everything

    def factorial(number):
        return value(sp.factorial(s.N), World(s.context, random.Random(0), {"N": number}), {})

    assert factorial(MAX_FACTORIAL) == math.factorial(MAX_FACTORIAL)
    with pytest.raises(TooLong):
        factorial(MAX_FACTORIAL + 1)


def test_sympy_gives_constants_only(everything, monkeypatch):
    """All else is arithmetic of the standard library, so the two cannot err together."""
    asked = []
    monkeypatch.setattr("sympy.N", lambda node, digits: asked.append(node) or Decimal(3))
    found = value(sp.log(2) + sp.sqrt(5) + sp.pi, worlds(everything, 1)[0], {})
    assert asked == [sp.pi]
    assert abs(float(found) - (math.log(2) + math.sqrt(5) + 3)) < 1e-12


def test_what_cannot_be_evaluated_is_named(everything):
    """No rule for a function is an error of the package, not a place without a value."""
    with pytest.raises(TypeError, match=r"^sin cannot be evaluated$"):
        value(sp.sin(everything.x), worlds(everything, 1)[0], {})


# ---------------------------------------------------------------- counterexamples


def test_a_counterexample_can_be_checked_by_hand():
    """It lists sizes, free indices and every value that was looked at; the two sides follow."""
    context = Context()
    K = context.size("K")
    k, j = context.index("k j", K)
    a = context.family("a", K, sign="positive")
    found = find_counterexample(sp.Sum(a[k], (k, 1, K)), K * a[j], context)
    drawn = {name: float(number) for name, number in found.values.items()}
    size, place = found.sizes["K"], found.sizes["j"]
    assert set(drawn) == {f"a[{i}]" for i in range(1, size + 1)}
    assert math.isclose(float(found.left), sum(drawn.values()))
    assert math.isclose(float(found.right), size * drawn[f"a[{place}]"])
    text = str(found)
    assert text.startswith(f"{float(found.left):.6g} against {float(found.right):.6g} at K = ")
    assert all(f"a[{i}] = " in text for i in range(1, size + 1))


def test_the_same_seed_finds_the_same(everything):
    """A refusal can be reproduced."""
    s = everything
    first, second = (find_counterexample(s.x, s.y, s.context) for _ in range(2))
    assert str(first) == str(second)
    assert str(first) != str(find_counterexample(s.x, s.y, s.context, seed=1))


def test_relations(everything):
    """>= and <= are refuted only on their own side, and not by rounding."""
    s = everything
    context = s.context
    assert find_counterexample(s.c, sp.S(0), context, relation=">=") is None
    assert find_counterexample(s.c, sp.S(0), context, relation="<=") is not None
    assert find_counterexample(-s.c, sp.S(0), context, relation="<=") is None
    assert find_counterexample(s.x, sp.S(0), context, relation=">=") is not None
    assert find_counterexample(s.sum(s.p[s.k], s.k), sp.S(1), context, relation=">=") is None
    assert find_counterexample(s.sum(s.p[s.k], s.k), sp.S(1), context, relation="<=") is None


def test_free_indices_take_all_their_values(everything):
    """A claim that fails for one class only is found out."""
    s = everything
    for wrong in (s.a[s.k] + iverson(s.k, s.K), s.a[s.k] + iverson(s.k, 1)):
        assert find_counterexample(s.a[s.k], wrong, s.context) is not None
    both = s.a[s.k] * s.b[s.j] + iverson(s.k, s.j)
    assert find_counterexample(s.a[s.k] * s.b[s.j], both, s.context) is not None


def test_a_claim_that_is_never_tested_is_not_passed(everything):
    """No value in any draw is no support."""
    s = everything
    with pytest.raises(Undefined, match=r"^no draw gives both sides a value$"):
        find_counterexample(log(-s.c), log(-s.c), s.context)


def test_a_claim_is_tested_where_it_has_values(everything):
    """Half of the draws give log x a value: enough to find out what is wrong."""
    s = everything
    assert find_counterexample(log(s.x), log(s.x) + 1, s.context) is not None
    assert find_counterexample(log(s.x**2), 2 * log(s.x), s.context) is None


def test_a_claim_is_tested_at_the_places_where_it_has_values(everything):
    """log [k = 2] has none at k = 1, where the search begins."""
    bracket = iverson(everything.k, 2)
    assert find_counterexample(log(bracket), bracket, everything.context) is not None


@pytest.mark.parametrize("relation", ["=", ">=", "<="])
def test_the_tolerance_to_the_last_digit(relation):
    """Beside 1 it is twice 1e-18, which itself still passes."""
    for units, is_seen in ((2, False), (3, True)):
        sides = [1 - sp.Rational(units, 10**18), sp.Integer(1)]
        if relation == "<=":
            sides.reverse()
        found = find_counterexample(*sides, Context(), relation=relation)
        assert (found is not None) == is_seen


def test_the_tolerance_grows_with_the_numbers(everything):
    """A numerical derivative of a large number is not exact in its 18th decimal place."""
    s = everything
    large = exp(s.c + 20)
    assert find_counterexample(Partial(large, s.c), large, s.context) is None
    assert find_counterexample(large * (1 + sp.Rational(1, 10**16)), large, s.context) is not None


def test_few_sizes_and_many():
    """Any number of sizes can be drawn, also more than there are different numbers."""
    for count in (1, 4, 5, 6):
        context = Context()
        sizes = [context.size(f"S{i}") for i in range(count)]
        product = sp.Mul(*sizes)
        assert find_counterexample(product, product, context) is None
        if count > 1:
            assert find_counterexample(product, sp.Add(*sizes), context) is not None
        for one, other in itertools.combinations(sizes, 2):
            assert find_counterexample(one, other, context) is not None


def test_what_remains_to_a_total_is_exactly_zero():
    """A rounding error in its place, divided by, would refute what is true."""
    context = Context()
    N, M = context.size("N"), context.size("M")
    j, i = context.index("j i", M)
    p = context.family("p", M, sign="positive", at_most=1)
    q = context.family("q", M, sign="positive", at_most=1)
    t = context.define("t", (), 1 - sp.Sum(q[j], (j, 1, M)))
    u = context.define("u", (), 1 - sp.Sum(p[j], (j, 1, M)))
    slope = N * (p[j] / q[j] - u / t)
    curvature = N * (iverson(j, i) * p[j] / q[j] ** 2 + u / t**2)
    for seed in range(8):
        assert find_counterexample(-Partial(slope, q[i]), curvature, context, seed=seed) is None
    whole = context.family("w", M, N, sign="positive", total=1, axis=0)
    n = context.index("n", N)
    for seed in range(20):
        world = World(context, random.Random(seed), {"M": 3, "N": 2})
        assert value(1 - sp.Sum(whole[j, n], (j, 1, M)), world, {n: 2}) == 0

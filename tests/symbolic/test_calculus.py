"""Partial derivatives that sums cannot confuse, and the lemma on φ."""

import random
import re
from decimal import Decimal

import pytest
import sympy as sp

from crossent.symbolic import (
    DeclarationError,
    Derivation,
    Partial,
    Phi,
    RefutedStep,
    UndecidedStep,
    iverson,
    phi_lemma,
)
from crossent.symbolic.calculus import definition_body, partial_derivative, rename_bound
from crossent.symbolic.evaluation import value
from crossent.symbolic.prover import Prover
from crossent.symbolic.refuter import draws

log, exp = sp.log, sp.exp

# Each gives (function, variable, derivative).
DERIVATIVES = {
    "constant": lambda s: (s.c * s.N, s.x, 0),
    "itself": lambda s: (s.x, s.x, 1),
    "another member": lambda s: (s.z[s.k], s.z[s.j], iverson(s.j, s.k)),
    "member of another family": lambda s: (s.v[s.k], s.z[s.k], 0),
    "two indices": lambda s: (
        s.W[s.k, s.m],
        s.W[s.j, s.h],
        iverson(s.j, s.k) * iverson(s.h, s.m),
    ),
    "sum": lambda s: (s.sum(s.a[s.k] * log(s.b[s.k]), s.k), s.b[s.j], s.a[s.j] / s.b[s.j]),
    "sum whose index is the variable's": lambda s: (
        s.sum(s.a[s.k] * log(s.b[s.k]), s.k),
        s.b[s.k],
        s.a[s.k] / s.b[s.k],
    ),
    "sum beside the variable's index": lambda s: (
        s.a[s.k] * s.sum(s.b[s.k], s.k),
        s.b[s.k],
        s.a[s.k],
    ),
    "double sum with one name": lambda s: (
        s.sum(s.b[s.k] * s.sum(s.b[s.k], s.k), s.k),
        s.b[s.k],
        2 * s.sum(s.b[s.j], s.j),
    ),
    "sum over part of the range": lambda s: (
        sp.Sum(s.b[s.k], (s.k, 1, s.K - 1)),
        s.b[s.j],
        1 - iverson(s.j, s.K),
    ),
    "labels": lambda s: (s.sum(log(s.b[s.X[s.n]]), s.n), s.b[s.j], s.seen(s.j) / s.b[s.j]),
    "member at a label": lambda s: (s.b[s.X[s.n]], s.b[s.j], iverson(s.X[s.n], s.j)),
    "member at another place": lambda s: (s.sum(s.b[s.k], s.k), s.b[s.Y[s.j]], 1),
    "product of functions": lambda s: (
        s.x**2 * exp(s.x) * log(s.x),
        s.x,
        (2 * s.x + s.x**2) * exp(s.x) * log(s.x) + s.x * exp(s.x),
    ),
    "power": lambda s: (s.x**5, s.x, 5 * s.x**4),
    "negative power": lambda s: (1 / s.x**2, s.x, -2 / s.x**3),
    "root": lambda s: (sp.sqrt(s.c), s.c, 1 / (2 * sp.sqrt(s.c))),
    "exponent": lambda s: (s.c**s.x, s.x, s.c**s.x * log(s.c)),
    "base and exponent": lambda s: (s.c**s.c, s.c, s.c**s.c * (log(s.c) + 1)),
    "quotient": lambda s: (s.x / (1 + s.x**2), s.x, (1 - s.x**2) / (1 + s.x**2) ** 2),
    "chain": lambda s: (log(1 + exp(s.x)), s.x, exp(s.x) / (1 + exp(s.x))),
    "φ": lambda s: (Phi(s.c), s.c, 1 - 1 / s.c),
    "definition": lambda s: (s.s[s.k], s.z[s.j], s.s[s.k] * (iverson(s.k, s.j) - s.s[s.j])),
    "definition at the variable's index": lambda s: (
        s.s[s.j],
        s.z[s.j],
        s.s[s.j] * (1 - s.s[s.j]),
    ),
    "definition without indices": lambda s: (s.H, s.q[s.j], -s.p[s.j] / s.q[s.j]),
    "declared total": lambda s: (s.sum(s.q[s.k], s.k), s.q[s.j], 1),
    "second derivative": lambda s: (
        Partial(s.sum(s.a[s.k] * log(s.b[s.k]), s.k), s.b[s.j]),
        s.b[s.l],
        -iverson(s.j, s.l) * s.a[s.j] / s.b[s.j] ** 2,
    ),
    "second derivative at one index": lambda s: (
        Partial(s.sum(s.b[s.k] ** 3, s.k), s.b[s.j]),
        s.b[s.j],
        6 * s.b[s.j],
    ),
    "mixed derivative": lambda s: (Partial(s.x * exp(s.y * s.x), s.x), s.y, None),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives_are_proved(name, everything):
    """The stated derivative is a step; twice the derivative plus one is refuted."""
    function, variable, derivative = DERIVATIVES[name](everything)
    if derivative is None:
        derivative = sp.expand(sp.diff(function.args[0], function.args[1], variable))
    start = Derivation(Partial(function, variable), everything.context)
    assert start.step(derivative, "differentiate").general
    with pytest.raises(RefutedStep):
        start.step(2 * sp.sympify(derivative) + 1, "something else")


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives_have_the_slope_of_the_function(name, everything):
    """The written-out derivative against a central difference of the function itself."""
    function, variable, _ = DERIVATIVES[name](everything)
    context = everything.context
    written = partial_derivative(function, variable, context)
    free = context.free_indices(function) | context.free_indices(variable)
    for world in draws(context, 5, 4):
        env = {index: world.rng.randint(1, world.size(context.indices[index])) for index in free}
        try:
            slope = value(Partial(function, variable), world, env)
            exact = value(written, world, env)
        except ArithmeticError:
            continue
        assert abs(slope - exact) < Decimal("1e-15") * (1 + abs(exact))


def test_small_cases_against_sympy():
    """With three written-out numbers there is nothing to capture: sympy's diff is right."""
    from crossent.symbolic import Context
    from crossent.symbolic.instances import equal_at

    context = Context()
    K = context.size("K")
    k, j = context.index("k j", K)
    z = context.family("z", K)
    function = log(sp.Sum(exp(z[k]), (k, 1, K)))
    written = partial_derivative(function, z[j], context)
    concrete = log(sum(exp(z[i]) for i in (1, 2, 3)))
    for place in (1, 2, 3):
        assert equal_at(
            written.xreplace({j: sp.Integer(place)}), sp.diff(concrete, z[place]), {K: 3}, context
        )


def test_what_cannot_be_differentiated_is_undecided(everything):
    """Products and functions of the variable have no rule; nothing is guessed."""
    s = everything
    product = Partial(s.prod(s.a[s.k], s.k), s.a[s.j])
    with pytest.raises(UndecidedStep, match="no rule to differentiate"):
        Derivation(product, s.context).step(s.prod(s.a[s.k], s.k) / s.a[s.j], "true")
    with pytest.raises(RefutedStep):
        Derivation(product, s.context).step(s.prod(s.a[s.k], s.k), "false")
    with pytest.raises(UndecidedStep, match="no rule to differentiate"):
        Derivation(product, s.context).step(s.prod(s.a[s.k], s.k) / s.a[s.j], "b", sizes={s.K: 3})
    with pytest.raises(UndecidedStep, match="no rule to differentiate"):
        Derivation(Partial(s.g(s.x), s.x), s.context).step(Partial(s.g(s.x) + 1, s.x), "unknown")
    with pytest.raises(UndecidedStep):
        Derivation(Partial(sp.factorial(s.c), s.c), s.context).step(0, "no slope between numbers")


def test_variables_must_be_numbers(everything):
    """A label, an index or a definition cannot be varied."""
    s = everything
    for variable in (s.X[s.n], s.k, s.s[s.k], s.H):
        message = f"{variable} is neither a declared number nor a member of a family"
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            partial_derivative(s.x, variable, s.context)
        with pytest.raises(DeclarationError):
            Derivation(Partial(s.x, variable), s.context)


# Each gives a sum, what its index k becoming i makes of it.
RENAMED = {
    "bound and in the body": lambda s: (
        s.sum(s.z[s.k] * s.v[s.j], s.k),
        sp.Sum(s.z[s.i] * s.v[s.j], (s.i, 1, s.K)),
    ),
    "one of two": lambda s: (
        s.sum(s.z[s.k] * s.v[s.j], s.k, s.j),
        sp.Sum(s.z[s.i] * s.v[s.j], (s.i, 1, s.K), (s.j, 1, s.K)),
    ),
    "at the end of an inner sum": lambda s: (
        sp.Sum(s.z[s.j], (s.j, 1, s.k), (s.k, 1, s.K)),
        sp.Sum(s.z[s.j], (s.j, 1, s.i), (s.i, 1, s.K)),
    ),
    "free at its own end": lambda s: (
        sp.Sum(s.z[s.k], (s.k, 1, s.k)),
        sp.Sum(s.z[s.i], (s.i, 1, s.k)),
    ),
    "bound again inside": lambda s: (
        sp.Sum(s.z[s.k] * s.sum(s.v[s.k], s.k), (s.k, 1, s.K)),
        sp.Sum(s.z[s.i] * s.sum(s.v[s.k], s.k), (s.i, 1, s.K)),
    ),
}


@pytest.mark.parametrize("name", RENAMED)
def test_a_bound_index_is_renamed_where_it_is_bound(name, everything_once):
    """A name that is free, or bound by another sum, stays."""
    s = everything_once
    before, after = RENAMED[name](s)
    assert rename_bound(before, {s.k: s.i}) == after
    assert rename_bound(before, {}) == before


# Each gives the body of a definition with the parameter k; its sums use the name j.
BODIES = {
    "a sum": lambda s: s.sum(s.z[s.j] * s.v[s.k], s.j),
    "a sum in a logarithm": lambda s: s.x - log(1 + s.sum(s.a[s.j] * s.b[s.k], s.j)),
    "a sum in a sum": lambda s: s.sum(s.d[s.n] * s.sum(s.z[s.j] * s.v[s.k], s.j), s.n),
    "a double sum": lambda s: s.sum(s.A[s.n, s.j] * s.v[s.k], s.j, s.n),
    "no sum": lambda s: s.z[s.k] ** 2,
}


@pytest.mark.parametrize("name", BODIES)
def test_a_definition_is_unfolded_without_capture(name, everything):
    """At j, what is summed over j in the definition is summed over another index."""
    s = everything
    body = BODIES[name](s)
    defined = s.context.define("D", s.k, body)
    unfolded = definition_body(defined[s.j], s.context)
    apart = body.xreplace({s.j: s.i}).xreplace({s.k: s.j})  # no body uses i
    assert s.context.free_indices(unfolded) == {s.j}
    assert Prover(s.context).equal(unfolded, apart)
    assert definition_body(defined[s.i], s.context) == body.xreplace({s.k: s.i})


def test_what_has_no_rule_is_named_as_it_was_written(everything):
    """A renamed index keeps its letter; a total that moves with the variable has no rule."""
    s = everything
    product = s.sum(s.prod(s.b[s.k] * s.b[s.j], s.j), s.k)
    words = "no rule to differentiate Product(b[_k]*b[j], (j, 1, K)) with respect to b[k]"
    with pytest.raises(NotImplementedError, match=f"^{re.escape(words)}$"):
        partial_derivative(product, s.b[s.k], s.context)
    shares = s.context.family("share", s.K, total=s.x)
    words = "no rule to differentiate share[k] with respect to x"
    with pytest.raises(NotImplementedError, match=f"^{re.escape(words)}$"):
        partial_derivative(shares[s.k], s.x, s.context)


def test_renaming_leaves_nothing_captured(everything_once, randomly):
    """Random expressions: the derivative written out and the central difference agree."""
    setting = everything_once
    maker = randomly.Maker(setting, random.Random(17))
    prover, compared = Prover(setting.context), 0
    while compared < 60:
        partial = maker.partial(3)
        if randomly.cost(partial, setting.context) > 500:
            continue
        try:
            written = partial_derivative(*partial.args, setting.context)
        except NotImplementedError:
            continue
        free = setting.context.free_indices(partial)
        assert setting.context.free_indices(written) <= free
        for world in draws(setting.context, compared, 2):
            env = {i: world.rng.randint(1, world.size(setting.context.indices[i])) for i in free}
            try:
                slope, exact = value(partial, world, env), value(written, world, env)
            except ArithmeticError:
                continue
            assert abs(slope - exact) < Decimal("1e-12") * (1 + abs(exact)), partial
            compared += 1
    assert prover.context is setting.context


def test_the_lemma_on_phi_is_proved_by_calculus():
    """Its lines say what is shown; it can be displayed and read."""
    lemma = phi_lemma()
    assert str(lemma) == "x - 1 - log(x) >= 0 for every x > 0, with equality at x = 1 only"
    assert lemma._repr_latex_().splitlines() == [
        "$$",
        r"\begin{aligned}",
        r"\varphi(x) & = x - 1 - \log x && \text{for x > 0} \\",
        r"\varphi(1) & = 0 && \text{put x = 1 in} \\",
        r"\varphi'(x) & = 1 - \frac{1}{x} = \frac{x - 1}{x} && "
        r"\text{negative for x < 1, positive for x > 1} \\",
        r"\varphi''(x) & = \frac{1}{x^{2}} > 0 && \text{so the slope has no other zero} \\",
        r"\varphi(x) & \ge 0 && \text{it falls to 0 at x = 1, then rises; zero only there}",
        r"\end{aligned}",
        "$$",
    ]


@pytest.mark.parametrize(
    ("function", "fact"),
    [
        (lambda x: x - 2 - log(x), "φ(1) = 0"),
        (lambda x: 1 - x + log(x), "φ''(x) = 1/x² > 0"),
        (lambda x: (x - 1) ** 2, "φ''(x) = 1/x² > 0"),
        (lambda x: 2 * x - 2 - log(x), "φ'(x) = 1 - 1/x"),
    ],
)
def test_the_lemma_would_fail_for_another_function(function, fact, monkeypatch):
    """It rests on the definition of φ: with another one it is not proved."""
    monkeypatch.setattr(Phi, "unfolded", lambda self: function(self.args[0]))
    message = f"the lemma on φ is not proved: {fact} fails"
    with pytest.raises(ArithmeticError, match=f"^{re.escape(message)}$"):
        phi_lemma()


def test_phi_by_numbers(everything):
    """φ(1) = 0 at once; elsewhere it stays as it is, and its value is x - 1 - log x."""
    s = everything
    assert Phi(1) == 0
    assert Phi(s.c).has(Phi)
    assert Derivation(Phi(s.c), s.context).step(s.c - 1 - log(s.c), "definition").general
    world = next(draws(s.context, 0))
    exact = value(s.c, world, {})
    assert value(Phi(s.c), world, {}) == value(s.c - 1 - log(s.c), world, {})
    assert exact > 0

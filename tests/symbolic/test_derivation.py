"""Derivations as their authors meet them: relations, errors, and what can be read off."""

import re

import pytest
import sympy as sp

from crossent.symbolic import (
    ConditionError,
    Context,
    DeclarationError,
    Derivation,
    Phi,
    RefutedStep,
    StepError,
    UndecidedStep,
)


def test_a_chain_can_be_read_off(everything):
    """Both ends, every line with its relation and reason, and whether it holds for all sizes."""
    s = everything
    start = s.sum(s.c * s.p[s.k], s.k)
    chain = (
        Derivation(start, s.context)
        .step(s.c * s.sum(s.p[s.k], s.k), "a constant comes out")
        .step(s.c, "the total")
    )
    assert chain.lhs == start
    assert chain.rhs == s.c
    assert [step.expression for step in chain.steps] == [start, s.c * s.sum(s.p[s.k], s.k), s.c]
    assert [step.relation for step in chain.steps[1:]] == ["=", "="]
    assert [step.why for step in chain.steps[1:]] == ["a constant comes out", "the total"]
    assert chain.relation == "="
    assert chain.general
    assert str(chain) == repr(chain) == ("Sum(c*p[k], (k, 1, K)) = c*Sum(p[k], (k, 1, K)) = c")


def test_a_step_makes_a_new_chain(everything):
    """A refused step leaves the chain as it was, and a chain can be continued twice."""
    s = everything
    start = Derivation(s.x + s.y, s.context)
    with pytest.raises(RefutedStep):
        start.step(s.x - s.y, "wrong")
    one, other = start.step(s.y + s.x + 0, "same"), start.step(2 * s.x / 2 + s.y, "same")
    assert len(start.steps) == 1
    assert len(one.steps) == len(other.steps) == 2
    with pytest.raises(AttributeError):
        one.steps[0].why = "changed"


def test_a_chain_can_start_where_another_ended(everything):
    """The end of one is the start of the next."""
    s = everything
    one = Derivation(s.sum(s.p[s.k], s.k), s.context).step(1, "total")
    assert Derivation(one.rhs, s.context).step(s.sum(s.q[s.k], s.k), "total").general


def test_errors_are_numbered_from_one(everything):
    """The message names the step that failed, not the line before it."""
    chain = Derivation(everything.x, everything.context).step(everything.x, "same")
    with pytest.raises(RefutedStep, match=r"^step 2 \(off by one\) is false"):
        chain.step(everything.x + 1, "off by one")
    with pytest.raises(UndecidedStep, match=r"^step 2 \(no rule\) is neither refuted nor proved"):
        chain.step(
            sp.log(sp.exp(everything.x) ** 2 + everything.e)
            - sp.log(sp.exp(everything.x) ** 2 + everything.e)
            + everything.x
            + sp.log((everything.x - 1) ** 2)
            - 2 * sp.log(everything.x - 1),
            "no rule",
        )


def test_every_error_is_a_step_error():
    """One class catches all that can be wrong with a step; declarations are apart."""
    for error in (RefutedStep, UndecidedStep, ConditionError):
        assert issubclass(error, StepError)
    assert not issubclass(DeclarationError, StepError)
    assert issubclass(StepError, ValueError)


@pytest.mark.parametrize("rel", ["<", "==", "≥", "~", ""])
def test_unknown_relations(rel, everything):
    """The five relations are listed in the error."""
    with pytest.raises(ConditionError, match="rel must be one of"):
        Derivation(everything.x, everything.context).step(everything.x, "why", rel=rel)


@pytest.mark.parametrize("why", ["", " ", "half a formula $x"])
def test_a_step_needs_its_reason(why, everything):
    """A reason that says nothing, or whose mathematics does not end, is none."""
    with pytest.raises(ConditionError, match="needs its reason"):
        Derivation(everything.x, everything.context).step(everything.x, why)


def test_inequalities_in_both_directions(everything):
    """The slack is what the left side exceeds the right side by, or falls short by."""
    s = everything
    square = s.sum(s.p[s.k] * s.v[s.k] ** 2, s.k)
    down = Derivation(s.x + square, s.context).step(s.x, "a sum of squares", ">=", slack=square)
    assert down.relation == ">="
    assert down.steps[1].slack == square
    up = Derivation(s.x, s.context).step(s.x + square, "a sum of squares", "<=", slack=square)
    assert up.relation == "<="
    assert up.rhs == s.x + square
    assert str(up).count("<=") == 1


@pytest.mark.parametrize(("rel", "sign"), [(">=", -1), ("<=", 1)])
def test_a_false_inequality_is_refuted_as_it_stands(rel, sign, everything):
    """Not as the equality that its slack makes of it."""
    s = everything
    wrong = s.x - sign
    with pytest.raises(
        RefutedStep,
        match=rf"^step 1 \(why\) is false:\n    x\n    {rel} {re.escape(str(wrong))}\n",
    ):
        Derivation(s.x, s.context).step(wrong, "why", rel, slack=s.c)


@pytest.mark.parametrize(("rel", "sign"), [(">=", -1), ("<=", 1)])
def test_a_slack_is_displayed_unless_the_lines_show_it(rel, sign, everything):
    """It is visible where it is one line minus the other, written so."""
    s = everything
    start = Derivation(s.x + 5, s.context)
    visible = start.step(s.x + 5 + sign * s.c, "why", rel, slack=s.c)
    assert visible.steps[1].slack == s.c
    assert "slack" not in visible.to_latex()
    square = (s.x - 1) ** 2
    difference = s.x**2 - 2 * s.x + 1
    other = Derivation(s.y, s.context).step(s.y + sign * difference, "why", rel, slack=square)
    assert other.steps[1].slack == square
    assert r"& && \text{slack } \left(x - 1\right)^{2}" in other.to_latex()


def test_a_derivation_rests_on_a_context(everything):
    """Nothing else can say what is assumed."""
    with pytest.raises(TypeError, match=r"^a derivation rests on a Context; got None$"):
        Derivation(everything.x, None)


def test_an_inequality_may_hold_with_equality(everything):
    """Slack zero is a slack."""
    s = everything
    assert Derivation(s.x, s.context).step(s.x, "the same", ">=", slack=0).relation == ">="


def test_relations_do_not_mix(everything):
    """A chain of >= that goes on with <= would say nothing about its ends."""
    s = everything
    chain = Derivation(s.x + 2, s.context).step(s.x + 1, "less", ">=", slack=1)
    assert chain.step(s.x + 1, "same").relation == ">="
    assert chain.step(s.x, "less again", ">=", slack=1).relation == ">="
    with pytest.raises(ConditionError, match="'>=' cannot go on with '<='"):
        chain.step(s.x + 3, "more", "<=", slack=2)
    with pytest.raises(ConditionError, match="cannot go on with '∝'"):
        chain.step(s.x + 1, "factor", "∝", over=s.x)
    optimiser = Derivation(s.c * s.x + s.y, s.context).step(
        s.x, "positive", "same optimiser", over=s.x, factor=s.c, shift=s.y
    )
    with pytest.raises(ConditionError, match="cannot go on with '>='"):
        optimiser.step(s.x - 1, "less", ">=", slack=1)


def test_same_optimiser(everything):
    """A positive factor and a shift, free of the variable; ∝ allows the factor only."""
    s = everything
    objective = s.N * s.sum(s.p[s.k] * sp.log(s.q[s.k]), s.k) + sp.log(s.c)
    chain = Derivation(objective, s.context).step(
        -s.H,
        "positive factor and shift",
        "same optimiser",
        over=s.q,
        factor=s.N,
        shift=sp.log(s.c),
    )
    assert chain.relation == "same optimiser"
    assert chain.steps[1].over == "q"
    member = Derivation(s.c * s.q[s.k], s.context)
    assert member.step(s.q[s.k], "positive", "∝", over=s.q[s.j], factor=s.c).relation == "∝"
    value = Derivation(s.c * s.g(s.x), s.context)
    assert value.step(s.g(s.x), "positive", "∝", over=s.x, factor=s.c).relation == "∝"


def test_one_chain_optimises_over_one_variable(everything):
    """Steps over x and over y together would say nothing about either."""
    s = everything
    chain = Derivation(s.c * s.x * s.g(s.y), s.context).step(
        s.x * s.g(s.y), "positive", "∝", over=s.x, factor=s.c
    )
    with pytest.raises(ConditionError, match="one chain optimises over one variable"):
        chain.step(s.x, "positive", "∝", over=s.y, factor=s.g(s.x) / s.g(s.x))


def test_a_factor_may_not_hang_on_the_variable_through_a_hypothesis(optimum):
    """Where Σ r_j q_j = 1 is assumed, r depends on q."""
    s = optimum
    factor = s.r[s.k] + 1
    with pytest.raises(ConditionError, match="depends on q, which is optimised over, through r"):
        Derivation(factor * s.q[s.j], s.context).step(
            s.q[s.j], "positive", "∝", over=s.q, factor=factor
        )


def test_hypotheses_tie_one_variable_to_another():
    """Where y = x and w = y are assumed, w depends on x: w g(x) is not proportional to g(x)."""
    context = Context()
    x, y, w, c, d = (context.scalar(name, sign="positive") for name in "xywcd")
    g = context.function("g", None, sign="positive")
    for name, zero in {"A": w - y, "B": y - x, "C": c - d}.items():
        context.assume_zero(context.define(name, (), zero))
    for factor in (y, w):
        message = f"step 1 (why): {factor} depends on x, which is optimised over, through {factor}"
        with pytest.raises(ConditionError, match=f"^{re.escape(message)}$"):
            Derivation(factor * g(x), context).step(g(x), "why", "∝", over=x, factor=factor)
    # Equations that do not reach x leave their variables free.
    assert Derivation(c * g(x), context).step(g(x), "why", "∝", over=x, factor=c).rhs == g(x)


def test_the_letter_of_an_index_ties_nothing(optimum):
    """A hypothesis for every j says nothing about a family only because it is written b_j."""
    s = optimum
    b = s.context.family("b", s.K, sign="positive")
    for index in (s.k, s.j):
        chain = Derivation(b[index] * s.q[s.k], s.context)
        assert chain.step(s.q[s.k], "why", "∝", over=s.q, factor=b[index]).rhs == s.q[s.k]


# Each gives the two lines, the relation and its options; and what is wrong with them.
CONDITIONS = {
    "a shift": (
        lambda s: (s.x + 1, s.x, "∝", {"over": s.x, "shift": 1}),
        "a shift keeps the optimiser but not proportionality",
    ),
    "two options of other relations": (
        lambda s: (s.x, s.x, "=", {"slack": 0, "factor": 1}),
        "factor, slack belongs to other relations than '='",
    ),
    "no slack": (lambda s: (s.x, s.x, ">=", {}), "an inequality needs its slack"),
    "slack of unknown sign": (
        lambda s: (s.x, s.x - s.x**2 + 2 * s.x - 1, ">=", {"slack": s.x**2 - 2 * s.x + 1}),
        "the slack x**2 - 2*x + 1 is not shown to be nonnegative",
    ),
    "factor of unknown sign": (
        lambda s: (s.x**2 * s.y, s.y, "∝", {"over": s.y, "factor": s.x**2}),
        "the factor x**2 is not shown to be positive",
    ),
    "no variable": (
        lambda s: (s.c * s.x, s.x, "∝", {"factor": s.c}),
        "say what is optimised over",
    ),
    "an index for a variable": (
        lambda s: (s.c * s.x, s.x, "∝", {"over": s.k, "factor": s.c}),
        "k is neither a declared number nor a family or function",
    ),
    "factor that is the variable": (
        lambda s: (s.c * s.x, s.x, "∝", {"over": s.c, "factor": s.c}),
        "c depends on c, which is optimised over",
    ),
    "no hypothesis": (
        lambda s: (s.x, s.x - s.y, "=", {"vanishing": s.y}),
        "y does not vanish by the hypotheses",
    ),
    "two methods": (
        lambda s: (s.x, s.x, "=", {"sizes": {s.K: 2}, "induction": s.K}),
        "a step is proved at stated sizes or by induction, not both",
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_that_is_not_met_is_named(name, everything):
    """After the step and its reason, word by word."""
    build, message = CONDITIONS[name]
    start, end, rel, options = build(everything)
    with pytest.raises(ConditionError, match=f"^{re.escape(f'step 1 (why): {message}')}$"):
        Derivation(start, everything.context).step(end, "why", rel, **options)


def test_what_ties_a_factor_to_the_variable_is_listed(optimum):
    """All of it, in the order of the alphabet."""
    s = optimum
    factor = 1 + s.r[s.k] + s.mu[s.k]
    message = f"step 1 (why): {factor} depends on q, which is optimised over, through mu, r"
    with pytest.raises(ConditionError, match=f"^{re.escape(message)}$"):
        Derivation(factor * s.q[s.j], s.context).step(
            s.q[s.j], "why", "∝", over=s.q, factor=factor
        )


@pytest.mark.parametrize(
    ("what", "rel", "options"),
    [("slack", ">=", {"slack": -1}), ("factor", "∝", {"factor": -1})],
)
def test_a_negative_slack_or_factor_is_refuted(what, rel, options, everything):
    """Numbers show it, before any equality is looked at."""
    s = everything
    options |= {"over": s.x} if what == "factor" else {}
    with pytest.raises(
        RefutedStep,
        match=rf"^step 1 \(why\) its {what} is negative:\n    -1\n    >= 0\n-1 against 0 ",
    ):
        Derivation(s.x, s.context).step(s.x, "why", rel, **options)


def test_what_is_left_undecided_is_shown(everything):
    """Both sides and the reason; equal wherever both have a value, they may have none."""
    left, right = sp.log(everything.x**2), 2 * sp.log(everything.x)
    message = (
        "step 1 (why) is neither refuted nor proved: its two sides have different normal forms\n"
        f"    {left}\n    = {right}"
    )
    with pytest.raises(UndecidedStep, match=f"^{re.escape(message)}$"):
        Derivation(left, everything.context).step(right, "why")


# Options that belong to another relation must not be ignored.
MISPLACED = {
    "slack of an equality": ("=", {"slack": 0}),
    "factor of an equality": ("=", {"factor": 1}),
    "shift of an equality": ("=", {"shift": 0}),
    "variable of an equality": ("=", {"over": "x"}),
    "factor of an inequality": (">=", {"slack": 0, "factor": 7}),
    "shift of an inequality": ("<=", {"slack": 0, "shift": 7}),
    "variable of an inequality": (">=", {"slack": 0, "over": "x"}),
    "slack of a proportionality": ("∝", {"over": "x", "slack": -3}),
    "hypothesis of an inequality": (">=", {"slack": 0, "vanishing": 0}),
    "hypothesis of a proportionality": ("∝", {"over": "x", "vanishing": 0}),
    "slack beside a hypothesis": ("=", {"vanishing": 0, "slack": -1}),
}


@pytest.mark.parametrize("name", MISPLACED)
def test_options_belong_to_their_relation(name, everything):
    """What would be ignored is refused."""
    rel, options = MISPLACED[name]
    if "over" in options:
        options = options | {"over": everything.x}
    with pytest.raises(ConditionError, match="belongs to other relations"):
        Derivation(everything.y, everything.context).step(everything.y, "why", rel, **options)


def test_numbers_and_strings_are_read_as_mathematics(everything):
    """A whole number is an expression; a string with undeclared names is refused."""
    s = everything
    assert Derivation(2, s.context).step(sp.Integer(1) + 1, "add").rhs == 2
    with pytest.raises(DeclarationError):
        Derivation(s.x, s.context).step("unknown", "why")


def test_the_lemma_makes_an_inequality(everything):
    """Gibbs: the slack is a sum of φ with positive weights."""
    s = everything
    divergence = s.sum(s.p[s.k] * sp.log(s.p[s.k] / s.q[s.k]), s.k)
    slack = s.sum(s.p[s.k] * Phi(s.q[s.k] / s.p[s.k]), s.k)
    chain = Derivation(divergence, s.context).step(0, "Gibbs", ">=", slack=slack)
    assert chain.general and chain.rhs == 0

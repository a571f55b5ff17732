"""Odd names, sizes and expressions: a clear error, no false step, no text run, and an end."""

import inspect
import signal
import warnings
from contextlib import contextmanager

import pytest
import sympy as sp

import crossent.symbolic as symbolic
from crossent.symbolic import (
    Context,
    DeclarationError,
    Derivation,
    Partial,
    Phi,
    StepError,
    UndecidedStep,
    iverson,
    library,
    phi_lemma,
)

NO_EXPRESSION = [
    *(None, True, 1.5, float("nan"), 1j, "x", "1", "K", "", "1+", b"x", [], [1], (), {}, {1: 2}),
    *(object(), int, len, range(3), sp.true, sp.Eq(sp.Symbol("u"), 1), sp.Interval(0, 1)),
    *(sp.Tuple(1, 2), sp.Matrix([[1]]), sp.Float(0.5), sp.nan, sp.zoo, sp.oo, sp.I, sp.S.EmptySet),
    *(sp.Symbol("K"), sp.Symbol("x"), sp.Symbol("z"), sp.Dummy("x"), sp.Wild("x"), "a" * 3000),
    *(sp.IndexedBase("w"), sp.Function("f"), sp.Poly(sp.Symbol("x")), sp.MatrixSymbol("M", 2, 2)),
    *(sp.Lambda(sp.Symbol("x"), 1), sp.Piecewise((1, sp.Symbol("x") > 0), (0, True))),
    *(sp.Sum(sp.Symbol("k"), (sp.Symbol("k"), 1, sp.oo)), sp.Integral(1, sp.Symbol("x"))),
]
"""Nothing that could stand in a derivation, at least not in the context below."""
NO_NAME = [None, 0, 1.5, b"x", [], {}, object(), "", "a b", "a\n", "β1", "!", "K", sp.Symbol("s")]
EVIL = "__import__('os').mkdir({!r})"


@contextmanager
def within(seconds):
    """Fail where it takes longer, which a hang would not let a test say."""

    def give_up(*_):
        raise AssertionError(f"it takes more than {seconds} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Setting:
    """A small context, made anew for each attempt."""

    def __init__(self):
        self.context = c = Context()
        self.K = c.size("K")
        self.k = c.index("k", self.K)
        self.p = c.family("p", self.K, sign="positive", total=1)
        self.x, self.y = c.scalar("x"), c.scalar("y")
        self.a = c.scalar("a", sign="positive")
        self.start = sp.Sum(self.x * self.p[self.k], (self.k, 1, self.K))
        self.chain = Derivation(self.start, c)

    def step(self, expression=None, why="w", rel="=", **options):
        """Add a step to the chain, a right one unless something is replaced."""
        return self.chain.step(self.x if expression is None else expression, why, rel, **options)


USES = {
    "Derivation": lambda s, v: Derivation(v, s.context),
    "Derivation(context)": lambda s, v: Derivation(s.x, v),
    "Derivation.step": lambda s, v: s.chain.step(v, "w"),
    "why": lambda s, v: s.step(why=v if isinstance(v, str) and "$" in v else [v]),
    "rel": lambda s, v: s.step(rel=v),
    "slack": lambda s, v: s.step(rel=">=", slack=v),
    "factor": lambda s, v: s.step(rel="∝", over=s.y, factor=[] if v is None else v),
    "shift": lambda s, v: s.step(rel="same optimiser", over=s.y, shift=[] if v is None else v),
    "over": lambda s, v: s.step(rel="∝", over=v),
    "vanishing": lambda s, v: s.step(vanishing=[] if v is None else v),
    "sizes": lambda s, v: s.step(sizes=0 if v is None else v),
    "sizes{}": lambda s, v: s.step(sizes={s.K: v}),
    "induction": lambda s, v: s.step(induction=0 if v is None else v),
    "Context.define": lambda s, v: s.context.define("D", (), v),
    "Context.define(parameters)": lambda s, v: s.context.define("D", [v, s.x], s.x),
    "Context.scalar": lambda s, v: s.context.scalar("w", between=(0, v)),
    "Context.family": lambda s, v: s.context.family("w", v),
    "family(total)": lambda s, v: s.context.family("w", s.K, total=[] if v is None else v),
    "family(sign)": lambda s, v: s.context.family("w", s.K, sign=v),
    "family(integer)": lambda s, v: s.context.family("w", s.K, integer=v if v is not True else 1),
    "Context.function": lambda s, v: s.context.function("w", [] if v is None else v),
    "Context.labels": lambda s, v: s.context.labels("w", s.K, values=v),
    "Context.index": lambda s, v: s.context.index("w", v),
    "Context.assume_zero": lambda s, v: s.context.assume_zero(v),
    "Context.check": lambda s, v: s.context.check(v),
    "Phi": lambda s, v: s.context.check(Phi(v)),
    "Partial": lambda s, v: s.context.check(Partial(v, s.x)),
    "iverson": lambda s, v: s.step(iverson(v, s.k)),
}
NAMES = {
    "Context.size": lambda s, v: s.context.size(v),
    "Context.index": lambda s, v: s.context.index(v if v != "a b" else "K K", s.K),
    "Context.scalar": lambda s, v: s.context.scalar(v),
    "Context.family": lambda s, v: s.context.family(v, s.K),
    "Context.function": lambda s, v: s.context.function(v, None),
    "Context.labels": lambda s, v: s.context.labels(v, s.K, values=s.K),
    "Context.define": lambda s, v: s.context.define(v, (), s.x),
}
QUESTIONS = {"Context.free_indices", "Context.names_below", "Context.is_size"}
QUESTIONS |= {"Derivation.to_latex"}
"""These take what `Context.check` takes, or nothing."""
ERRORS = {name for name in symbolic.__all__ if name.endswith("Error")} | {
    "RefutedStep",
    "UndecidedStep",
}


def test_everything_public_is_tried():
    public = set(symbolic.__all__) - ERRORS - {"Context", "phi_lemma"}
    for owner in (Context, Derivation):
        methods = inspect.getmembers(owner, inspect.isfunction)
        public |= {f"{owner.__name__}.{name}" for name, _ in methods if name[0] != "_"}
    missing = public - {*USES, *NAMES} - QUESTIONS
    assert not missing, f"USES or NAMES in {__file__} have nothing for {sorted(missing)}"


def refused(use, value):
    """Demand a clear error, and no other."""
    with warnings.catch_warnings(), within(20):
        warnings.simplefilter("error")
        with pytest.raises((ValueError, TypeError)) as caught:
            use(Setting(), value)
    assert str(caught.value)


@pytest.mark.parametrize("use", USES)
def test_what_is_no_expression(use):
    for value in NO_EXPRESSION:
        refused(USES[use], value)


@pytest.mark.parametrize("use", NAMES)
def test_what_is_no_name(use):
    for value in NO_NAME:
        refused(NAMES[use], value)


@pytest.mark.parametrize("use", USES)
def test_text_is_never_run(use, tmp_path):
    """sympy reads text by running it as a program."""
    mark = tmp_path / "mark"
    refused(USES[use], EVIL.format(str(mark)))
    assert not mark.exists()


def test_questions_about_what_is_no_expression():
    assert not any(map(Setting().context.is_size, [*NO_EXPRESSION, *NO_NAME]))
    for value in ("k", None, [1]):
        for question in ("free_indices", "names_below"):
            refused(lambda s, v, q=question: getattr(s.context, q)(v), value)


def nested(wrap, depth):
    """Return a function of a setting that wraps x that many times."""

    def made(s):
        expression = s.x
        for _ in range(depth):
            expression = wrap(s, expression)
        return expression

    return made


LONG = {
    "a long range": lambda s: sp.Sum(s.p[s.k], (s.k, 1, 10**9)),
    "sums in sums": nested(lambda s, e: sp.Sum(e * s.p[s.k], (s.k, 1, s.K)), 30),
    "derivatives of derivatives": nested(lambda s, e: Partial(e * sp.exp(s.x * s.x), s.x), 12),
    "a high power": lambda s: (s.x + s.y) ** 1000,
    "powers of high powers": lambda s: (s.x + s.y) ** 60 * (s.x - s.y) ** 60,
    "a tower": lambda s: s.x**s.K**s.K**s.K,
    "a factorial of a factorial": lambda s: sp.factorial(sp.factorial(sp.factorial(s.K))),
    "a huge exponent": lambda s: s.a ** sp.Rational(10**50, 3),
    "nested deeply": nested(lambda s, e: sp.exp(e) + s.y, 90),
}


@pytest.mark.parametrize("case", LONG)
def test_what_would_take_for_ever(case):
    """The step is false or cannot be decided, and that is said soon."""
    s = Setting()
    with within(60), pytest.raises((StepError, DeclarationError)):
        Derivation(LONG[case](s), s.context).step(s.y, "w")


def test_many_balls_take_for_ever():
    """A total of a billion whole numbers is not dealt out one by one."""
    c = Context()
    K = c.size("K")
    k = c.index("k", K)
    n = c.family("n", K, sign="nonnegative", integer=True, total=10**9)
    with within(60), pytest.raises(UndecidedStep, match="too long"):
        Derivation(n[k], c).step(n[k] ** 2, "w")


def test_huge_sizes_are_refused():
    s = Setting()
    for size in (10**6, 10**400):
        with within(20), pytest.raises(StepError):
            s.step(s.x + s.y - s.y, sizes={s.K: size}).step(s.y, "w")


@pytest.mark.parametrize("function", [*library.ALL, phi_lemma], ids=lambda f: f.__name__)
def test_the_library_takes_no_wrong_arguments(function):
    """Most take none, and one takes a total."""
    count = len(inspect.signature(function).parameters)
    for value in (2, "1", None):
        with pytest.raises((TypeError, ValueError)):
            function(*[value] * max(count, 1))

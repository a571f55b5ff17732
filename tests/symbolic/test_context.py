"""Declarations: what can be said, what contradicts itself, and how it is listed."""

import re

import pytest
import sympy as sp

from crossent.symbolic import (
    Context,
    DeclarationError,
    Derivation,
    DisplayError,
    Partial,
    Phi,
    iverson,
)
from crossent.symbolic.declarations import as_expression
from crossent.symbolic.declared import Declarations


@pytest.fixture
def small():
    """A context with two sizes and an index of each."""
    context = Context()
    size_k, size_n = context.size("K"), context.size("N")
    return context, size_k, size_n, context.index("k", size_k), context.index("n", size_n)


@pytest.fixture(scope="module")
def large():
    """A context with every kind of declaration."""
    context = Context()
    N, K = context.size("N"), context.size("K")
    n = context.index("n", N)
    k, j = context.index("k j", K)
    context.scalar("x")
    context.scalar("c", sign="positive")
    context.scalar("e", sign="nonnegative")
    context.scalar("t", between=(0, 1))
    context.family("z", K)
    p = context.family("p", K, sign="positive", total=1)
    context.family("w", K, sign="nonnegative", at_most=2)
    d = context.family("d", N, sign="nonnegative", total=N, integer=True)
    W = context.family("W", N, K, sign="positive", total=1)
    context.family("V", K, K, sign="nonnegative", total=p[j])
    context.family("theta", N, N, N)
    context.function("f", K, None, sign="positive", total=1)
    context.labels("X", N, values=K)
    context.define("H", (), -sp.Sum(p[k] * sp.log(p[k]), (k, 1, K)))
    gap = context.define("g", j, p[j] - 1)
    context.assume_zero(gap)
    context.define("G", (n, k), d[n] * W[n, k])
    return context


LISTING = [
    ("N = 1, 2, 3, ...", None),
    ("K = 1, 2, 3, ...", r"N, K = 1, 2, 3, \ldots && \text{any size}"),
    ("n = 1, ..., N", r"n = 1, \ldots, N && \text{index}"),
    ("k, j = 1, ..., K", r"k, j = 1, \ldots, K && \text{index}"),
    ("x real", r"x \text{ real} && \text{given}"),
    ("c > 0", r"c > 0 && \text{given}"),
    ("e >= 0", r"e \ge 0 && \text{given}"),
    ("0 < t < 1", r"0 < t < 1 && \text{given}"),
    ("z[k] real", r"z_{k} \text{ real} && \text{given}"),
    (
        "p[k] > 0, with Sum(p[k], (k, 1, K)) = 1",
        r"p_{k} > 0, \quad \sum_{k=1}^{K} p_{k} = 1 && \text{given}",
    ),
    (
        "w[k] >= 0, with Sum(w[k], (k, 1, K)) <= 2",
        r"w_{k} \ge 0, \quad \sum_{k=1}^{K} w_{k} \le 2 && \text{given}",
    ),
    (
        "d[n] >= 0 and whole, with Sum(d[n], (n, 1, N)) = N",
        r"d_{n} \ge 0 \text{ and whole}, \quad \sum_{n=1}^{N} d_{n} = N && \text{given}",
    ),
    (
        "W[n, k] > 0, with Sum(W[n, k], (k, 1, K)) = 1",
        r"W_{nk} > 0, \quad \sum_{k=1}^{K} W_{nk} = 1 && \text{given}",
    ),
    (
        "V[j, k] >= 0, with Sum(V[j, k], (k, 1, K)) = p[j]",
        r"V_{jk} \ge 0, \quad \sum_{k=1}^{K} V_{jk} = p_{j} && \text{given}",
    ),
    (
        "theta[n, ·, ·] real",
        r"\theta_{n\cdot \cdot } \text{ real} && \text{given}",
    ),
    (
        "f[k, ·] > 0, with Sum(f[k, ·], (k, 1, K)) = 1",
        r"f_{k}(\cdot ) > 0, \quad \sum_{k=1}^{K} f_{k}(\cdot ) = 1 && \text{given}",
    ),
    ("X[n] = 1, ..., K", r"X_{n} = 1, \ldots, \text{ or } K && \text{label}"),
    (
        "H := -Sum(log(p[k])*p[k], (k, 1, K))",
        r"H = - \sum_{k=1}^{K} p_{k} \log p_{k} && \text{definition}",
    ),
    (
        "g[j] := p[j] - 1, assumed to be 0",
        r"g_{j} = p_{j} - 1 = 0 && \text{definition, assumed to vanish}",
    ),
    ("G[n, k] := W[n, k]*d[n]", r"G_{nk} = W_{nk} d_{n} && \text{definition}"),
]


def test_listing(large):
    """Every declaration is one line, in the order of kinds, with its range, sign and total."""
    assert str(large) == repr(large) == "\n".join(text for text, _ in LISTING)


def test_listing_can_be_displayed(large):
    """The same as LaTeX, with all sizes in one line."""
    rows = " \\\\\n".join(f"& {latex}" for _, latex in LISTING if latex)
    body = f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}"
    assert large._repr_latex_() == f"$$\n{body}\n$$"


def test_nothing_declared():
    """Is displayed as nothing."""
    context = Context()
    assert str(context) == ""
    assert context._repr_latex_() == "$$\n\\begin{aligned}\n\n\\end{aligned}\n$$"


def test_sizes_without_an_index():
    """A size alone has its line, and no line speaks of its indices."""
    context = Context()
    context.size("K")
    assert str(context) == "K = 1, 2, 3, ..."


def test_a_name_with_a_dot_is_read_back_like_any_other():
    """The dot that stands for any argument is no name."""
    context = Context()
    context.scalar("x", latex="a·b")
    assert "a·b" in context._repr_latex_()
    context.scalar("y", latex="a·b")
    with pytest.raises(DisplayError, match="two declared names fit"):
        context._repr_latex_()


# Each takes a context with sizes K, N and indices k, n, and must raise when it declares.
CONTRADICTIONS = {
    "size twice": (
        "'K' is declared twice: as a size and as a size",
        lambda c, K, N, k, n: c.size("K"),
    ),
    "index named as a size": (
        "'K' is declared twice: as a size and as an index up to N",
        lambda c, K, N, k, n: c.index("K", N),
    ),
    "one index for two ranges": (
        "'k' is declared twice: as an index up to K and as an index up to N",
        lambda c, K, N, k, n: c.index("k", N),
    ),
    "one index twice": (
        "'i' is declared twice: as an index up to N and as an index up to N",
        lambda c, K, N, k, n: c.index("i i", N),
    ),
    "family named as an index": (
        "'k' is declared twice: as an index up to K and as a family",
        lambda c, K, N, k, n: c.family("k", K),
    ),
    "function named as an index": (
        "'k' is declared twice: as an index up to K and as a function",
        lambda c, K, N, k, n: c.function("k", None),
    ),
    "labels named as an index": (
        "'k' is declared twice: as an index up to K and as labels up to K",
        lambda c, K, N, k, n: c.labels("k", N, values=K),
    ),
    "index named as a family": (
        "'p' is declared twice: as a family and as an index up to K",
        lambda c, K, N, k, n: (c.family("p", K), c.index("p", K)),
    ),
    "number named as a family": (
        "'p' is declared twice: as a family and as a number",
        lambda c, K, N, k, n: (c.family("p", K), c.scalar("p")),
    ),
    "family named as a function": (
        "'p' is declared twice: as a function and as a family",
        lambda c, K, N, k, n: (c.function("p", None), c.family("p", K)),
    ),
    "family with two totals": (
        "'p' is declared twice: as a family and as a family",
        lambda c, K, N, k, n: (c.family("p", K, total=1), c.family("p", K, total=2)),
    ),
    "definition named as an index": (
        "'k' is declared twice: as an index up to K and as a definition",
        lambda c, K, N, k, n: c.define("k", (), K),
    ),
    "definition twice": (
        "'d' is declared twice: as a definition and as a definition",
        lambda c, K, N, k, n: (c.define("d", (), K), c.define("d", (), N)),
    ),
    "total and bound": (
        "'p': declare a total or a bound of it, not both",
        lambda c, K, N, k, n: c.family("p", K, sign="positive", total=1, at_most=2),
    ),
    "bound without a sign": (
        "'p': a bounded total needs a sign",
        lambda c, K, N, k, n: c.family("p", K, at_most=2),
    ),
    "positive numbers with a negative total": (
        "'p': positive numbers cannot have the total -1",
        lambda c, K, N, k, n: c.family("p", K, sign="positive", total=-1),
    ),
    "positive numbers with total zero": (
        "'p': positive numbers cannot have the total 0",
        lambda c, K, N, k, n: c.family("p", K, sign="positive", total=0),
    ),
    "positive numbers with a total of unknown sign": (
        "'p': x is not shown to be positive",
        lambda c, K, N, k, n: c.family("p", K, sign="positive", total=c.scalar("x")),
    ),
    "positive numbers with a total that may be zero": (
        "'p': x is not shown to be positive",
        lambda c, K, N, k, n: c.family(
            "p", K, sign="positive", total=c.scalar("x", sign="nonnegative")
        ),
    ),
    "nonnegative numbers with a bound of unknown sign": (
        "'p': x is not shown to be nonnegative",
        lambda c, K, N, k, n: c.family("p", K, sign="nonnegative", at_most=c.scalar("x")),
    ),
    "positive function with a total of unknown sign": (
        "'p': x is not shown to be positive",
        lambda c, K, N, k, n: c.function("p", K, sign="positive", total=c.scalar("x")),
    ),
    "nonnegative numbers with a negative bound": (
        "'p': nonnegative numbers cannot have the total -1",
        lambda c, K, N, k, n: c.family("p", K, sign="nonnegative", at_most=-1),
    ),
    "whole numbers with a total that is none": (
        "'p': whole numbers need a total that is a whole number",
        lambda c, K, N, k, n: c.family(
            "p", K, sign="nonnegative", integer=True, total=sp.Rational(1, 2)
        ),
    ),
    "positive whole numbers with a total": (
        "'p': whole numbers with a total are at most nonnegative",
        lambda c, K, N, k, n: c.family("p", K, sign="positive", integer=True, total=K),
    ),
    "whole that is neither true nor false": (
        "'p': integer is true or false and axis a number",
        lambda c, K, N, k, n: c.family("p", K, integer=1),
    ),
    "axis that is no number": (
        "'p': integer is true or false and axis a number",
        lambda c, K, N, k, n: c.family("p", K, axis="0"),
    ),
    "total of an argument without a range": (
        "'f': argument 0 has no range to sum over",
        lambda c, K, N, k, n: c.function("f", None, K, total=1),
    ),
    "total that uses the index it sums over": (
        "'p': its total uses k, which stands for none of its other arguments",
        lambda c, K, N, k, n: c.family("p", K, total=k),
    ),
    "total that uses an index of another range": (
        "'p': its total uses n, which stands for none of its other arguments",
        lambda c, K, N, k, n: c.family("p", K, total=n),
    ),
    "total that uses an index of two arguments": (
        "'p': its total uses k, which stands for no single one of its other arguments",
        lambda c, K, N, k, n: c.family("p", K, K, N, total=k),
    ),
    "total that uses two indices of one argument": (
        "'p': its total uses r, which stands for no single one of its other arguments",
        lambda c, K, N, k, n: c.family("p", N, K, total=n * c.index("r", N)),
    ),
    "total of undeclared names": (
        "s is not declared, or not with these assumptions",
        lambda c, K, N, k, n: c.family("p", K, total=sp.Symbol("s")),
    ),
    "axis that does not exist": (
        "'p': there is no axis 2 among 1",
        lambda c, K, N, k, n: c.family("p", K, total=1, axis=2),
    ),
    "axis after the last": (
        "'p': there is no axis 1 among 1",
        lambda c, K, N, k, n: c.family("p", K, axis=1),
    ),
    "unknown sign": (
        "sign must be one of ('positive', 'nonnegative', 'real'), not 'negative'",
        lambda c, K, N, k, n: c.scalar("x", sign="negative"),
    ),
    "unknown sign of a family": (
        "sign must be one of ('positive', 'nonnegative', 'real'), not 'big'",
        lambda c, K, N, k, n: c.family("p", K, sign="big"),
    ),
    "empty interval": (
        "'t': (1, 1) are not increasing exact numbers",
        lambda c, K, N, k, n: c.scalar("t", between=(1, 1)),
    ),
    "interval with a symbol": (
        "'t': (0, K) are not increasing exact numbers",
        lambda c, K, N, k, n: c.scalar("t", between=(0, K)),
    ),
    "family without an index": (
        "'p': it has at least one argument; see scalar()",
        lambda c, K, N, k, n: c.family("p"),
    ),
    "family up to an index": (
        "k is not a size declared in this context",
        lambda c, K, N, k, n: c.family("p", k),
    ),
    "family up to an undeclared size": (
        "M is not a size declared in this context",
        lambda c, K, N, k, n: c.family("p", sp.Symbol("M", integer=True, positive=True)),
    ),
    "index up to a number": (
        "3 is not a size declared in this context",
        lambda c, K, N, k, n: c.index("i", 3),
    ),
    "index without a name": ("index() needs a name", lambda c, K, N, k, n: c.index(" ", K)),
    "labels with values of no size": (
        "3 is not a size declared in this context",
        lambda c, K, N, k, n: c.labels("X", N, values=3),
    ),
    "index whose name is no text": (
        "index() needs names; got 3",
        lambda c, K, N, k, n: c.index(3, K),
    ),
    "name that is no text": (
        "names and LaTeX must be text; got 3 and None",
        lambda c, K, N, k, n: c.scalar(3),
    ),
    "LaTeX that is no text": (
        "names and LaTeX must be text; got 'x' and 3",
        lambda c, K, N, k, n: c.scalar("x", latex=3),
    ),
    "empty name": (
        "'' cannot be a name: empty, spaced or reserved",
        lambda c, K, N, k, n: c.scalar(""),
    ),
    "name that proofs use": (
        "'β0' cannot be a name: empty, spaced or reserved",
        lambda c, K, N, k, n: c.index("β0", K),
    ),
    "definition with a stray index": (
        "'d': its definition uses the free index n, which is not one of its parameters",
        lambda c, K, N, k, n: c.define("d", k, k * n),
    ),
    "definition with two stray indices": (
        "'d': its definition uses the free index k, n, which is not one of its parameters",
        lambda c, K, N, k, n: c.define("d", (), k * n),
    ),
    "definition with a repeated parameter": (
        "'d': a parameter is repeated in (k, k)",
        lambda c, K, N, k, n: c.define("d", (k, k), k),
    ),
    "definition of a size": (
        "'d': parameter K is not a declared index",
        lambda c, K, N, k, n: c.define("d", K, K),
    ),
    "definition of undeclared names": (
        "s is not declared, or not with these assumptions",
        lambda c, K, N, k, n: c.define("d", (), sp.Symbol("s")),
    ),
    "definition of itself": (
        "d[k]: d is not declared as a family or function, or not with these assumptions",
        lambda c, K, N, k, n: c.define("d", k, sp.IndexedBase("d")[k] + 1),
    ),
    "positive definition that may be negative": (
        "'d': x is not shown to be positive",
        lambda c, K, N, k, n: c.define("d", (), c.scalar("x"), sign="positive"),
    ),
    "nonnegative definition that may be negative": (
        "'d': k - 2 is not shown to be nonnegative",
        lambda c, K, N, k, n: c.define("d", k, k - 2, sign="nonnegative"),
    ),
    "hypothesis about what is not defined": (
        "'x' is not a definition: define() it first",
        lambda c, K, N, k, n: c.assume_zero(c.scalar("x")),
    ),
    "hypothesis twice": (
        "'d' is assumed to be zero twice",
        lambda c, K, N, k, n: [c.assume_zero(d) for d in [c.define("d", k, k)] * 2],
    ),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_wrong_declaration_is_refused_when_it_is_made(name, small):
    """The error names what clashes."""
    message, declare = CONTRADICTIONS[name]
    with pytest.raises(DeclarationError, match=f"^{re.escape(message)}$"):
        declare(*small)


def test_signs_that_need_a_proof_are_the_contexts():
    """Declarations alone believe in no sign, not even of 1; a context proves it."""
    plain, context = Declarations(), Context()
    plain.define("r", (), 1)
    with pytest.raises(DeclarationError, match=r"^'d': 1 is not shown to be positive$"):
        plain.define("d", (), 1, sign="positive")
    with pytest.raises(DeclarationError, match=r"^sign must be one of .*, not 'big'$"):
        plain.define("d", (), 1, sign="big")
    assert context.define("d", (), 1, sign="positive").is_positive


@pytest.mark.parametrize(("thing", "kind"), [("x", "str"), (None, "NoneType"), ([1], "list")])
def test_what_is_no_expression_is_refused(thing, kind):
    """Text is none: sympy reads it by running it."""
    with pytest.raises(
        DeclarationError, match=f"^{re.escape(repr(thing))}: {kind} is not supported$"
    ):
        as_expression(thing)


def test_a_refused_declaration_leaves_nothing_behind(small):
    """What was refused can be declared rightly afterwards."""
    context, size_k, *_ = small
    with pytest.raises(DeclarationError):
        context.family("p", size_k, sign="positive", total=-1)
    with pytest.raises(DeclarationError):
        context.define("d", (), sp.Symbol("s"))
    with pytest.raises(DeclarationError):
        context.scalar("t", between=(1, 0))
    context.family("p", size_k, sign="positive", total=1)
    context.define("d", (), size_k)
    context.scalar("t", between=(0, 1))
    assert str(context).count("\n") == 6


# Each takes the setting and gives an expression that is not as declared.
NOT_AS_DECLARED = {
    "undeclared number": ("is not declared", lambda s: s.x + sp.Symbol("unknown")),
    "undeclared family": ("is not declared", lambda s: sp.IndexedBase("unknown")[s.k]),
    "undeclared function": ("is not declared", lambda s: sp.Function("unknown")(s.x)),
    "undeclared index of a sum": (
        "the index i2 is not declared",
        lambda s: sp.Sum(s.a[s.k], (sp.Symbol("i2"), 1, s.K)),
    ),
    "sum over a size": (
        "the index K is not declared",
        lambda s: sp.Sum(s.a[s.k], (s.K, 1, s.N)),
    ),
    "sum over a number": (
        "the index x is not declared",
        lambda s: sp.Sum(s.x, (s.x, 1, s.N)),
    ),
    "sum to a half": ("cannot be an index", lambda s: sp.Sum(s.k, (s.k, 1, s.K / 2))),
    "sum to a number that may be any": (
        "x is neither an index nor a size",
        lambda s: sp.Sum(s.k, (s.k, 1, s.x)),
    ),
    "sum from zero": ("starts at 0", lambda s: sp.Sum(s.k, (s.k, 0, s.K))),
    "too many indices": (r"^a\[k, j\]: a takes 1 arguments, not 2$", lambda s: s.a[s.k, s.j]),
    "too few indices": ("takes 2 arguments, not 1", lambda s: s.W[s.k]),
    "too many arguments": (r"^g\(x, y\): g takes 1 arguments, not 2$", lambda s: s.g(s.x, s.y)),
    "number with an index": ("is not declared", lambda s: sp.IndexedBase("x")[s.k]),
    "index that is a number": ("x is neither an index", lambda s: s.a[s.x]),
    "index that is a member": ("is no label", lambda s: s.a[s.p[s.k]]),
    "index that is a fraction": ("1/2 cannot be an index", lambda s: s.a[s.k / 2]),
    "index that is a power": ("cannot be an index", lambda s: s.a[s.k**2]),
    "bracket of numbers": ("x is neither an index", lambda s: iverson(s.x, s.k)),
    "family as a number": ("is not declared", lambda s: s.x + sp.Symbol("a", positive=True)),
    "definition without its index": ("is not declared", lambda s: s.x + sp.Symbol("s", real=True)),
    "family with other assumptions": (
        r"^z\[k\]: z is not declared as a family or function, or not with these assumptions$",
        lambda s: sp.IndexedBase("z", positive=True)[s.k],
    ),
    "number with other assumptions": (
        "not with these assumptions",
        lambda s: sp.Symbol("x", positive=True),
    ),
    "function with other assumptions": (
        "not with these assumptions",
        lambda s: sp.Function("g")(s.x),
    ),
    "derivative along a label": (
        "no number that can be varied",
        lambda s: Partial(s.a[s.X[s.n]], s.X[s.n]),
    ),
    "derivative along an index": ("no number that can be varied", lambda s: Partial(s.k, s.k)),
    "derivative along a definition": (
        "no number that can be varied",
        lambda s: Partial(s.s[s.k], s.s[s.j]),
    ),
    "other functions": ("Abs is not supported", lambda s: sp.Abs(s.x)),
    "trigonometry": ("sin is not supported", lambda s: sp.sin(s.x)),
    "limits": ("Limit is not supported", lambda s: sp.Limit(1 / s.x, s.x, 0)),
    "sympy's derivative": (
        "Derivative is not supported",
        lambda s: sp.Derivative(s.g(s.x), s.x),
    ),
    "floating point": ("is not supported", lambda s: 0.5 * s.x),
    "not a number": ("is not supported", lambda s: sp.nan),
    "infinity": ("is not supported", lambda s: sp.oo),
    "imaginary": ("is not supported", lambda s: sp.I * s.x),
    "truth": ("is not supported", lambda s: sp.true),
    "relation": ("is not supported", lambda s: sp.Eq(s.x, s.y)),
    "inside a lemma": ("is not declared", lambda s: Phi(sp.Symbol("unknown", positive=True))),
}


@pytest.mark.parametrize("name", NOT_AS_DECLARED)
def test_an_expression_must_use_names_as_declared(name, everything):
    """As the start of a derivation, as a step, and as a definition."""
    words, build = NOT_AS_DECLARED[name]
    expression = build(everything)
    with pytest.raises(DeclarationError, match=words):
        Derivation(expression, everything.context)
    with pytest.raises(DeclarationError, match=words):
        Derivation(everything.x, everything.context).step(expression, "why")
    with pytest.raises(DeclarationError, match=words):
        everything.context.define("fresh", (), expression)


def test_what_is_bound_needs_no_declaration(everything):
    """It may stand wherever an index may: in labels, in the range of a sum, in a derivative."""
    s, d, e = everything, *(sp.Dummy(integer=True, positive=True) for _ in range(2))
    for body in (
        s.a[d + 1] * s.a[s.Y[d]] * iverson(d, s.k),
        sp.Sum(s.a[e] * s.a[d], (e, 1, d)),
        Partial(s.a[d] ** 2, s.a[d]),
        Partial(s.x * s.a[d], s.x),
    ):
        s.context.check(sp.Sum(body, (d, 1, s.K)))
        with pytest.raises(DeclarationError, match="is not declared"):
            s.context.check(body)


def test_the_variable_of_a_derivative_is_a_variable(everything):
    """sympy would differentiate by anything."""
    assert Partial(everything.x, everything.z[1]).func is Partial
    for wrong in (everything.x + 1, sp.Integer(2), everything.g(everything.x)):
        with pytest.raises(TypeError, match="neither a number nor a member"):
            Partial(everything.x, wrong)


def test_phi_is_written_out_only_at_one(everything):
    """It is 0 there; elsewhere the name stays, to be displayed."""
    assert Phi(1) == 0
    for argument in (sp.Integer(2), everything.x):
        assert Phi(argument).args == (argument,)


def test_what_is_declared_is_handed_out(everything):
    """The object in hand is the one that is checked, with its assumptions."""
    s = everything
    assert s.K.is_positive and s.K.is_integer
    assert s.k.is_positive and s.k.is_integer
    assert s.p[s.k].is_positive and s.w[s.k].is_nonnegative and s.z[s.k].is_real
    assert s.c.is_positive and s.e.is_nonnegative and s.x.is_real and s.t.is_positive
    assert s.f(s.k, s.x).is_positive
    assert s.X[s.n].is_positive and s.X[s.n].is_integer
    assert s.s[s.k].is_positive


def test_sympy_knows_no_more_than_what_is_declared(small):
    """Whole are only the numbers declared so, and positive those above zero."""
    context, size_k, _, k, _ = small
    whole = context.family("m", size_k, integer=True)
    assert whole[k].is_integer and whole[k].is_real and whole[k].is_positive is None
    assert context.family("z", size_k)[k].is_integer is None
    assert context.scalar("x").is_integer is None
    assert context.function("f", None)(1).is_integer is None
    assert context.define("d", (), k - k).is_integer is None
    inside = context.scalar("t", between=(-1, 1))
    assert inside.is_real and inside.is_positive is None


def test_a_total_may_depend_on_other_arguments():
    """The first declared index of a range stands for that argument."""
    context = Context()
    N, K = context.size("N"), context.size("K")
    n, k = context.index("n", N), context.index("k", K)
    c = context.family("c", N, sign="positive")
    A = context.family("A", N, K, sign="positive", total=c[n])
    inner = sp.Sum(A[n, k], (k, 1, K))
    assert Derivation(inner, context).step(c[n], "the total").general
    assert Derivation(sp.Sum(inner, (n, 1, N)), context).step(sp.Sum(c[n], (n, 1, N)), "t").general
    with pytest.raises(ValueError, match="is false"):
        Derivation(sp.Sum(A[n, k], (n, 1, N)), context).step(c[n], "the other axis")


def test_names_below(everything):
    """Definitions and totals are looked through."""
    s = everything
    assert s.context.names_below(s.s[s.j]) >= {"s", "z", "j"}
    assert "K" in s.context.names_below(s.H)
    assert s.context.names_below(s.g(s.x)) == {"g", "x"}

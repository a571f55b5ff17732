"""How derivations look, to the letter; and that what is shown can only be read one way."""

import random
import re

import pytest
import sympy as sp

from crossent.symbolic import Context, Derivation, DisplayError, Partial, Phi, iverson
from crossent.symbolic.display import checked
from crossent.symbolic.latex import reason_to_latex, to_latex
from crossent.symbolic.library import ALL
from crossent.symbolic.names import ReadingError
from crossent.symbolic.prover import Prover
from crossent.symbolic.reading import read
from crossent.symbolic.refuter import Undefined, find_counterexample
from crossent.symbolic.terms import Undecided

log, exp = sp.log, sp.exp

SHOWN = {
    "bracket": (lambda s: iverson(s.X[s.n], s.k), r"[X_{n} = k]"),
    "bracket of indices": (lambda s: iverson(s.k, s.j), r"[j = k]"),
    "one sum sign for each index": (
        lambda s: s.sum(s.W[s.k, s.m], s.m, s.k),
        r"\sum_{k=1}^{K} \sum_{m=1}^{M} W_{km}",
    ),
    "one product sign for each index": (
        lambda s: s.prod(s.q[s.k] ** iverson(s.X[s.n], s.k), s.k, s.n),
        r"\prod_{n=1}^{N} \prod_{k=1}^{K} q_{k}^{[X_{n} = k]}",
    ),
    "logarithm of a letter": (lambda s: log(s.q[s.k]), r"\log q_{k}"),
    "logarithm of a quotient": (lambda s: log(s.p[s.k] / s.q[s.k]), r"\log \frac{p_{k}}{q_{k}}"),
    "logarithm of a sum": (
        lambda s: log(s.sum(s.a[s.k], s.k)),
        r"\log\left(\sum_{k=1}^{K} a_{k}\right)",
    ),
    "logarithm last": (
        lambda s: -s.sum(s.p[s.k] * log(s.q[s.k]), s.k),
        r"- \sum_{k=1}^{K} p_{k} \log q_{k}",
    ),
    "number in front": (
        lambda s: s.sum(s.a[s.k], s.k) / s.N,
        r"\frac{1}{N} \sum_{k=1}^{K} a_{k}",
    ),
    "sum of a sum": (
        lambda s: s.sum(s.a[s.k] + s.b[s.k], s.k),
        r"\sum_{k=1}^{K} \left(a_{k} + b_{k}\right)",
    ),
    "φ": (lambda s: Phi(s.q[s.k] / s.p[s.k]), r"\varphi\left(\frac{q_{k}}{p_{k}}\right)"),
    "derivative": (
        lambda s: Partial(log(s.c), s.c),
        r"\frac{\partial}{\partial c}\left[\log c\right]",
    ),
    "second derivative": (
        lambda s: Partial(Partial(s.H, s.q[s.j]), s.q[s.l]),
        r"\frac{\partial^{2}}{\partial q_{l} \partial q_{j}}\left[H\right]",
    ),
    "function with an index": (lambda s: s.f(s.k, s.x), r"f_{k}(x)"),
    "Greek letter": (lambda s: s.theta, r"\theta"),
    "positive terms first": (lambda s: s.a[s.k] - s.b[s.k], r"a_{k} - b_{k}"),
    "square": (lambda s: s.z[s.k] ** 2, r"z_{k}^{2}"),
    "last index": (lambda s: s.a[s.K], r"a_{K}"),
    "next index": (lambda s: s.a[s.k + 1], r"a_{k + 1}"),
    "next row": (lambda s: s.W[s.k + 1, s.m], r"W_{k + 1,m}"),
    "two digits": (lambda s: s.W[10, 2], r"W_{10,2}"),
    "declared head of a family": (
        lambda s: s.context.family("P", s.K, latex=r"\tilde p")[s.k],
        r"{\tilde p}_{k}",
    ),
    "declared head of a function": (
        lambda s: s.context.function("F", s.K, None, latex=r"\hat f")(s.k, s.x) ** 2,
        r"{\hat f}_{k}(x)^{2}",
    ),
    "power of a function of an index": (
        lambda s: s.context.function("S", s.K)(s.k) ** 2,
        r"S_{k}^{2}",
    ),
    "power of a letter": (lambda s: s.x**2, r"x^{2}"),
    "power of a name with a power": (
        lambda s: s.context.scalar("T", latex="x^*") ** 2,
        r"\left(x^*\right)^{2}",
    ),
    "power of a name with a logarithm": (
        lambda s: s.context.scalar("L", latex=r"\log x") ** 2,
        r"(\log x)^{2}",
    ),
    "power of a bracket": (lambda s: iverson(s.j, s.k) ** s.x, r"[j = k]^{x}"),
    "sums last": (lambda s: 1 + s.sum(s.z[s.k], s.k), r"1 + \sum_{k=1}^{K} z_{k}"),
    "products last": (lambda s: 1 + s.prod(s.z[s.k], s.k), r"1 + \prod_{k=1}^{K} z_{k}"),
    "order of factors": (
        lambda s: 2 * s.c * s.a[s.k] * (s.x + s.y) * iverson(s.j, s.k) * entropy(s) * slope(s),
        r"2 [j = k] c a_{k} \left(x + y\right) H(p, q) \frac{\partial}{\partial c}\left[H\right]",
    ),
    "order of powers": (
        lambda s: s.c * entropy(s) ** 2 * (s.x + s.y) ** 2,
        r"c \left(x + y\right)^{2} H(p, q)^{2}",
    ),
    "minus a sum kept whole": (
        lambda s: sp.Mul(-1, s.x + s.y, evaluate=False),
        r"- (x + y)",
    ),
    "minus a minus": (
        lambda s: sp.Mul(-1, sp.Mul(-1, s.x, evaluate=False), evaluate=False),
        r"- (- x)",
    ),
    "a number taken away": (lambda s: -2 * s.sum(s.z[s.k], s.k), r"- 2 \sum_{k=1}^{K} z_{k}"),
    "sum before a logarithm": (
        lambda s: s.sum(s.a[s.k], s.k) * log(s.c),
        r"\left(\sum_{k=1}^{K} a_{k}\right) \log c",
    ),
    "two logarithms": (lambda s: log(s.x) * log(s.y), r"\log x \log y"),
    "sum in a denominator": (
        lambda s: s.c * s.sum(s.b[s.k], s.k) / s.sum(s.a[s.k], s.k),
        r"\frac{c \sum_{k=1}^{K} b_{k}}{\sum_{k=1}^{K} a_{k}}",
    ),
    "logarithm last in a numerator": (
        lambda s: slope(s) * log(s.c) / s.sum(s.a[s.k], s.k),
        r"\frac{\frac{\partial}{\partial c}\left[H\right] \log c}{\sum_{k=1}^{K} a_{k}}",
    ),
    "logarithm of a factorial": (
        lambda s: log(sp.factorial(s.N - 1)),
        r"\log\left(\left(N - 1\right)!\right)",
    ),
    "logarithm of a fraction times a sum": (
        lambda s: log(s.sum(s.a[s.k], s.k) / s.N),
        r"\log\left(\frac{1}{N} \sum_{k=1}^{K} a_{k}\right)",
    ),
    "logarithm of a bracketed sum": (
        lambda s: log(s.c * (s.x + s.y)),
        r"\log\left(c \left(x + y\right)\right)",
    ),
}


def entropy(s):
    """A number whose name has brackets."""
    return s.context.scalar("Q", latex="H(p, q)")


def slope(s):
    """A derivative."""
    return Partial(s.H, s.c)


@pytest.mark.parametrize("name", SHOWN)
def test_notation(name, everything):
    """The book's notation, letter by letter; it is read as what is meant."""
    build, latex = SHOWN[name]
    expression = build(everything)
    shown = to_latex(expression, everything.context)
    assert re.sub(r"\s+", " ", shown) == latex
    assert checked(shown, expression, everything.context, name) == shown


def test_names_are_displayed_as_declared(everything):
    """Every kind of declaration can have a display of its own."""
    context, k, n = everything.context, everything.k, everything.n
    shown = {
        r"\lambda": context.scalar("multiplier", latex=r"\lambda"),
        r"\pi_{k}": context.family("prior", everything.K, latex=r"\pi")[k],
        r"\psi(c)": context.function("link", None, latex=r"\psi")(everything.c),
        r"\chi_{n}": context.labels("face", everything.N, values=everything.K, latex=r"\chi")[n],
        r"\ell": context.define("loss", (), everything.x, latex=r"\ell"),
    }
    assert [to_latex(name, context) for name in shown.values()] == list(shown)


def test_a_derivation_to_the_letter(everything):
    """One aligned block: expression, relation, reason; the inequality with its slack below."""
    s = everything
    likelihood = s.prod(s.prod(s.q[s.k] ** iverson(s.X[s.n], s.k), s.k), s.n)
    chain = (
        Derivation(log(likelihood), s.context)
        .step(
            s.sum(s.sum(iverson(s.X[s.n], s.k) * log(s.q[s.k]), s.k), s.n),
            "the logarithm of a product is a sum",
        )
        .step(s.N * s.sum(s.phat[s.k] * log(s.q[s.k]), s.k), r"definition of $\hat p_k$")
    )
    assert chain._repr_latex_() == (
        "$$\n"
        r"\begin{aligned}"
        "\n"
        r"& \log\left(\prod_{n=1}^{N} \prod_{k=1}^{K} q_{k}^{[X_{n} = k]}\right) \\"
        "\n"
        r"={}\; & \sum_{n=1}^{N} \sum_{k=1}^{K} [X_{n} = k] \log q_{k}"
        r" && \text{the logarithm of a product is a sum} \\"
        "\n"
        r"={}\; & N \sum_{k=1}^{K} {\hat{p}}_{k} \log q_{k}"
        r" && \text{definition of }\hat p_k"
        "\n"
        r"\end{aligned}"
        "\n$$"
    )


def test_relations_and_slack_to_the_letter(everything):
    """The slack has its own line, unless it is what the two lines differ by as they stand."""
    s = everything
    slack = s.sum(s.p[s.k] * Phi(s.q[s.k] / s.p[s.k]), s.k)
    chain = Derivation(s.H, s.context).step(
        -s.sum(s.p[s.k] * log(s.p[s.k]), s.k), "Gibbs", ">=", slack=slack
    )
    assert chain.to_latex() == (
        r"\begin{aligned}"
        "\n"
        r"& H \\"
        "\n"
        r"\ge{}\; & - \sum_{k=1}^{K} p_{k} \log p_{k} && \text{Gibbs} \\"
        "\n"
        r"& && \text{slack } \sum_{k=1}^{K} p_{k} \varphi\left(\frac{q_{k}}{p_{k}}\right)"
        "\n"
        r"\end{aligned}"
    )
    bare = Derivation(slack, s.context).step(0, r"$\varphi \ge 0$", ">=", slack=slack)
    assert "slack" not in bare.to_latex()
    assert r"\ge{}\; & 0 && \varphi \ge 0" in bare.to_latex()
    scaled = Derivation(s.N * s.x, s.context).step(s.x, "$N > 0$", "∝", over=s.x, factor=s.N)
    assert r"\propto{}\; & x && N > 0" in scaled.to_latex()
    same = Derivation(s.x + s.c, s.context).step(
        s.x, "a constant", "same optimiser", over=s.x, shift=s.c
    )
    assert r"\simeq{}\; & x && \text{a constant}" in same.to_latex()


def test_stated_sizes_and_induction_stand_beside_the_reason(everything):
    """They cannot be left out of what is displayed."""
    s = everything
    chain = Derivation(s.sum(s.k, s.k), s.context).step(
        s.K * (s.K + 1) / 2, "count", induction=s.K
    )
    assert r"&& \text{count (by induction on }K\text{)}" in chain.to_latex()
    left = s.sum(sp.Sum(s.a[s.j], (s.j, 1, s.k)), s.k)
    right = s.sum((s.K + 1 - s.j) * s.a[s.j], s.j)
    chain = Derivation(left, s.context).step(right, "exchange", sizes={s.K: 3})
    assert r"&& \text{exchange (for }K = 3\text{)}" in chain.to_latex()


@pytest.mark.parametrize(
    ("reason", "latex"),
    [
        ("the total", r"\text{the total}"),
        ("$x$", "x"),
        (r"for $k = 1$, and $\log x$ too", r"\text{for }k = 1\text{, and }\log x\text{ too}"),
        ("100% & more #1 of a_b", r"\text{100\% \& more \#1 of a\_b}"),
        ("$a_b$ stays", r"a_b\text{ stays}"),
    ],
)
def test_reasons(reason, latex):
    """Words are text with its special signs made safe; dollars mark mathematics."""
    assert reason_to_latex(reason) == latex


@pytest.mark.parametrize("function", ALL, ids=lambda function: function.__name__)
def test_the_library_can_be_displayed(function):
    """Every shared derivation is one block of MathJax, in the book's notation."""
    chain = function()
    text = chain._repr_latex_()
    assert text.startswith("$$\n\\begin{aligned}\n") and text.endswith("\n\\end{aligned}\n$$")
    lines = text.splitlines()[2:-2]
    slacks = [line for line in lines if line.startswith(r"& && \text{slack }")]
    assert len(lines) == len(chain.steps) + len(slacks)
    for line, step in zip([x for x in lines if x not in slacks][1:], chain.steps[1:], strict=True):
        assert line.count("&") - line.count(r"\&") == 3
        assert reason_to_latex(step.why) in line
    assert text.count(r"\left") - text.count(r"\leftarrow") == text.count(r"\right")
    assert text.count("{") == text.count("}")
    for word in ("delta_{", "Kronecker", "substack", "limits", "begin{cases}", "_Dummy", "β"):
        assert word not in text
    for sign in re.findall(r"\\(?:sum|prod)_\{([^}]*)\}", text):
        assert sign.count("=") == 1 and "," not in sign  # one index below each sign


# ---------------------------------------------------------------- read back


def test_random_expressions_are_shown_readably_or_not_at_all(everything_once, randomly):
    """Read back by another grammar, what is displayed has the value of what was meant."""
    setting, rng = everything_once, random.Random(41)
    maker, context = randomly.Maker(setting, rng), everything_once.context
    shown = 0
    for _ in range(250):
        expression = maker.expression(rng.choice([2, 3, 4]))
        if randomly.cost(expression, context) > 200:
            continue
        try:
            text = checked(to_latex(expression, context), expression, context, "it")
        except DisplayError:
            continue
        shown += 1
        reading = read(text, context)
        try:
            if reading == expression or Prover(context).equal(reading, expression):
                continue
        except Undecided:
            pass
        try:
            assert find_counterexample(reading, expression, context) is None, text
        except Undefined:
            continue
    assert shown > 150


# Each is shown as something else than was proved.
MISPRINTED = {
    "another letter": lambda s: (r"\sum_{k=1}^{K} a_{k}", s.sum(s.b[s.k], s.k)),
    "stray index": (lambda s: (r"\sum_{k=1}^{K} a_{j}", s.sum(s.a[s.k], s.k))),
    "sign": lambda s: (r"- a_{k}", s.a[s.k]),
    "range": lambda s: (r"\sum_{k=2}^{K} a_{k}", s.sum(s.a[s.k], s.k)),
    "another size": lambda s: (r"\sum_{k=1}^{N} a_{k}", s.sum(s.a[s.k], s.k)),
    "sum for product": lambda s: (r"\sum_{k=1}^{K} a_{k}", s.prod(s.a[s.k], s.k)),
    "missing parentheses": lambda s: (
        r"\sum_{k=1}^{K} a_{k} + b_{k}",
        s.sum(s.a[s.k] + s.b[s.k], s.k),
    ),
    "missing parentheses of a factor": lambda s: (r"c a_{k} + b_{k}", s.c * (s.a[s.k] + s.b[s.k])),
    "logarithm of a sum": lambda s: (r"\log a_{k} + c", log(s.a[s.k] + s.c)),
    "power of a logarithm": lambda s: (r"\log(a_{k}^{2})", log(s.a[s.k]) ** 2),
    "numerator": lambda s: (r"\frac{a_{k}}{b_{k}}", s.b[s.k] / s.a[s.k]),
    "exponent": lambda s: (r"a_{k}^{3}", s.a[s.k] ** 2),
    "bracket": lambda s: (r"[j = k]", iverson(s.j, s.l)),
    "variable of a derivative": lambda s: (
        r"\frac{\partial}{\partial z_{k}}\left[\log(\sum_{k=1}^{K} e^{z_{k}})\right]",
        Partial(log(s.sum(exp(s.z[s.k]), s.k)), s.z[s.j]),
    ),
    "transposed": lambda s: (r"W_{mk}", s.W[s.k, s.m]),
    "undeclared letter": lambda s: (r"\omega", s.x),
    "half a formula": lambda s: (r"\frac{a_{k}", s.a[s.k]),
    "open parenthesis": lambda s: (r"\left(a_{k}", s.a[s.k]),
    "nothing": lambda s: ("", s.a[s.k]),
    "more": lambda s: (r"a_{k} = b_{k}", s.a[s.k]),
    "two numbers": lambda s: (r"2 3", sp.Integer(6)),
    "power of a power": lambda s: (r"a_{k}^{2}^{3}", s.a[s.k] ** 6),
}


# Texts for what they do not mean, with the reason that is given, if not numbers.
REASONS = {
    "no such range": lambda s: (
        r"\sum_{k=0}^{K} a_{k}",
        s.sum(s.a[s.k], s.k),
        "displayed wrongly: Sum(a[k], (k, 0, K)): k is a positive index but starts at 0\n"
        r"    displayed  \sum_{k=0}^{K} a_{k}"
        "\n    which is   Sum(a[k], (k, 0, K))\n    but not    Sum(a[k], (k, 1, K))",
    ),
    "no value anywhere": lambda s: (
        r"\log(-c)",
        log(-s.c) + 1,
        "displayed wrongly: it is not shown to mean the same\n"
        r"    displayed  \log(-c)"
        "\n    which is   log(-c)\n    but not    log(-c) + 1",
    ),
    "no difference in numbers": lambda s: (
        r"\log(x^{2})",
        2 * log(s.x),
        "displayed wrongly: it is not shown to mean the same\n"
        r"    displayed  \log(x^{2})"
        "\n    which is   log(x**2)\n    but not    2*log(x)",
    ),
    "no such name": lambda s: (
        r"\omega",
        s.x,
        r"displayed unreadably: neither a declared name nor a known sign, at: \omega"
        "\n"
        r"    displayed  \omega"
        "\n    for        x",
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_a_misprint_is_explained(name, everything):
    """Word by word: the reason, the text, and both meanings."""
    latex, expression, reason = REASONS[name](everything)
    with pytest.raises(DisplayError, match=f"^it is {re.escape(reason)}$"):
        checked(latex, expression, everything.context, "it")


def test_a_number_may_be_multiplied_into_a_sum(everything):
    """sympy does so whenever it reads; the prover alone could not compare real roots."""
    s = everything
    text, twice = r"2 \left(x + \sqrt{x}\right)", s.x + sp.sqrt(s.x)
    assert checked(text, sp.Mul(2, twice, evaluate=False), s.context, "it") == text


def test_what_was_found_right_is_not_read_again(everything, monkeypatch):
    """Once is enough, until a new name might make the text ambiguous."""
    s = everything
    assert checked("a_{k}", s.a[s.k], s.context, "it") == "a_{k}"
    monkeypatch.setattr("crossent.symbolic.display.read", lambda *_: s.b[s.k])
    assert checked("a_{k}", s.a[s.k], s.context, "it") == "a_{k}"
    s.context.scalar("another")
    with pytest.raises(DisplayError, match="displayed wrongly"):
        checked("a_{k}", s.a[s.k], s.context, "it")


@pytest.mark.parametrize("name", MISPRINTED)
def test_a_misprint_is_noticed(name, everything):
    """Before anybody sees it."""
    latex, expression = MISPRINTED[name](everything)
    with pytest.raises(DisplayError, match="is displayed"):
        checked(latex, expression, everything.context, "it")


def test_a_faulty_printer_is_noticed(everything, monkeypatch):
    """A derivation whose display would say something else is not displayed."""
    s = everything
    chain = Derivation(s.sum(s.p[s.k], s.k), s.context).step(1, "total")
    monkeypatch.setattr("crossent.symbolic.derivation.to_latex", lambda e, c: "2")
    with pytest.raises(DisplayError, match="the first line is displayed wrongly"):
        chain._repr_latex_()


def test_two_names_with_one_display_are_noticed():
    """What reads two ways is refused."""
    context = Context()
    one, other = context.scalar("x", latex="y"), context.scalar("z", latex="y")
    for name in (one, other):
        with pytest.raises(DisplayError):
            Derivation(name, context).to_latex()


def test_reading_needs_declared_names(everything):
    """The grammar knows no letters by itself."""
    assert read(r"\frac{1}{N} \sum_{k=1}^{K} a_{k}", everything.context) == (
        everything.sum(everything.a[everything.k], everything.k) / everything.N
    )
    with pytest.raises(ReadingError):
        read(r"\frac{1}{Q}", everything.context)

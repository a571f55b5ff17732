"""What is displayed is read back: the reader, the gate before every display, the printer."""

import random
import re
from types import SimpleNamespace

import nbformat
import notebooks
import pytest
import sympy as sp
from nbclient.exceptions import CellExecutionError

from crossent.symbolic import Context, Derivation, DisplayError, Partial, Phi, iverson, phi_lemma
from crossent.symbolic import derivation as derivation_module
from crossent.symbolic.display import checked
from crossent.symbolic.latex import BookPrinter, to_latex
from crossent.symbolic.library import ALL
from crossent.symbolic.names import ReadingError
from crossent.symbolic.reading import read

RELATIONS = {"=": "=", r"\ge": ">=", r"\le": "<=", r"\propto": "∝", r"\simeq": "same optimiser"}


def whole_dialect():
    """One context with every kind of name that can be displayed."""
    s = SimpleNamespace()
    c = s.context = Context()
    s.N, s.K, s.M = (c.size(name) for name in "NKM")
    s.k, s.j, s.l = c.index("k j l", s.K)
    s.n, s.r = c.index("n r", s.N)
    s.m = c.index("m", s.M)
    s.q = c.family("q", s.K, sign="positive", total=1)
    s.p = c.family("phat", s.K, sign="positive", latex=r"\hat p")
    s.z = c.family("z", s.K)
    s.W = c.family("W", s.K, s.M, sign="positive")
    s.X = c.labels("X", s.N, values=s.K)
    s.f = c.function("f", s.K, None, None, sign="positive", latex="q")
    s.g = c.function("g", None, sign="positive", latex="P")
    s.h = c.function("h", s.K, s.M, sign="positive")
    s.u = c.function("u", None, s.K, s.N)
    s.x, s.y, s.theta = (c.scalar(name) for name in ("x", "y", "theta"))
    s.b = c.scalar("b", sign="positive")
    s.eps = c.scalar("epsilon", between=(0, 1))
    s.sum = lambda body, index: sp.Sum(body, (index, 1, c.indices[index]))
    s.prod = lambda body, index: sp.Product(body, (index, 1, c.indices[index]))
    cross = -s.sum(s.q[s.k] * sp.log(s.p[s.k]), s.k)
    s.H = c.define("cross", (), cross, latex="H(p, q)")
    last = 1 + s.sum(s.q[s.k], s.k)
    s.last = c.define("t", (), last, sign="positive", latex="q_{M+1}")
    coefficient = sp.log(sp.factorial(s.N))
    s.B = c.define("B", (), coefficient, latex=r"\log\tbinom{N}{c_1 \cdots c_K}")
    s.L = c.define("L", s.k, -sp.log(s.q[s.k]) / sp.log(2), latex=r"\ell")
    return s


@pytest.fixture(scope="module")
def s():
    return whole_dialect()


@pytest.fixture(scope="module")
def library():
    return [prove() for prove in ALL]


# ---------------------------------------------------------------- the reader

UNKNOWN = "neither a declared name nor a known sign"
NO_NAME = "no declared name fits"
NO_INDEX = "what a sum runs over is no index"
UNCLEAR_LOG = "it is not clear where the argument of the logarithm ends"
UNCLEAR_POWER = "it is not clear what the power belongs to"
BARE = "what stands before this sign needs parentheses"


@pytest.mark.parametrize(
    ("latex", "meaning"),
    [
        (r"- x + y", lambda s: -s.x + s.y),
        (
            r"- \frac{1}{\log b} \sum_{k=1}^{K} {q}_{k}",
            lambda s: -s.sum(s.q[s.k], s.k) / sp.log(s.b),
        ),
        (r"\sum_{k=1}^{K} q_k z_k + x", lambda s: s.sum(s.q[s.k] * s.z[s.k], s.k) + s.x),
        (r"\sum_{k=1}^{K} (q_k + x) y", lambda s: s.sum((s.q[s.k] + s.x) * s.y, s.k)),
        (
            r"x \prod_{j=2}^{K-1} q_j b",
            lambda s: s.x * sp.Product(s.q[s.j] * s.b, (s.j, 2, s.K - 1)),
        ),
        (r"\log q_k", lambda s: sp.log(s.q[s.k])),
        (r"\log b^{2}", lambda s: sp.log(s.b**2)),
        (r"\log^{2} b", lambda s: sp.log(s.b) ** 2),
        (r"x \log b \log\left(b + 1\right)", lambda s: s.x * sp.log(s.b) * sp.log(s.b + 1)),
        (r"\varphi\left(b\right)^{2}", lambda s: Phi(s.b) ** 2),
        (
            r"e^{x + y} \sqrt{b} \sqrt[3]{b}",
            lambda s: sp.exp(s.x + s.y) * s.b ** sp.Rational(5, 6),
        ),
        (r"[X_n = k]^{x}", lambda s: iverson(s.X[s.n], s.k) ** s.x),
        (r"N!^{2} (N - 1)!", lambda s: sp.factorial(s.N) ** 2 * sp.factorial(s.N - 1)),
        (r"e \pi^{2} (e^{x})!", lambda s: sp.E * sp.pi**2 * sp.factorial(sp.exp(s.x))),
        (r"2 x 3 \cdot 4 + {x + y} b", lambda s: 24 * s.x + (s.x + s.y) * s.b),
        (r"{W}_{km} W_{X_n,m} W_{12}", lambda s: s.W[s.k, s.m] * s.W[s.X[s.n], s.m] * s.W[1, 2]),
        (r"{\hat p}_{k}^{2}", lambda s: s.p[s.k] ** 2),
        (r"x {q}_{M+1} {q}_{k}", lambda s: s.x * s.last * s.q[s.k]),
        (r"q_{X_n}(z_k, \theta)", lambda s: s.f(s.X[s.n], s.z[s.k], s.theta)),
        (r"q_{X_n} (x)", lambda s: s.q[s.X[s.n]] * s.x),
        (r"P\left(\theta\right) u_{kn}(x)", lambda s: s.g(s.theta) * s.u(s.x, s.k, s.n)),
        (r"x H(p, q) q_{M+1} \ell_k", lambda s: s.x * s.H * s.last * s.L[s.k]),
        (r"x \log\tbinom{N}{c_1 \cdots c_K}", lambda s: s.x * s.B),
        (r"\frac{\partial}{\partial x}\left[x y\right]", lambda s: Partial(s.x * s.y, s.x)),
        (
            r"\frac{\partial^{2}}{\partial x \partial z_j}\left[x z_j\right]",
            lambda s: Partial(Partial(s.x * s.z[s.j], s.z[s.j]), s.x),
        ),
    ],
)
def test_what_a_mathematician_reads(s, latex, meaning):
    assert read(latex, s.context) == meaning(s)


@pytest.mark.parametrize(
    ("latex", "why"),
    [
        (r"\log q_k z_k", rf"{UNCLEAR_LOG}, at: z _ {{ k }}"),
        (r"\log q_k \sum_{k=1}^{K} z_k", rf"{UNCLEAR_LOG}, at: \sum _ {{ k = 1 }} ^ {{ K }} z"),
        (r"\log(b)^{2}", rf"{UNCLEAR_POWER}, at: ^ {{ 2 }}"),
        (r"\log\tbinom{N}{c_1 \cdots c_K}^{2}", rf"{UNCLEAR_POWER}, at: ^ {{ 2 }}"),
        (r"\log\tbinom{N}{c_1 \cdots c_K}!", rf"{UNCLEAR_POWER}, at: !"),
        (r"\log(b)!", f"{UNCLEAR_POWER}, at: !"),
        (r"x^{2}^{3}", f"{BARE}, at: ^ {{ 3 }}"),
        (r"e^{2}^{3}", f"{BARE}, at: ^ {{ 3 }}"),
        (r"x^{2}! + 1", f"{BARE}, at: ! + 1"),
        (r"N!!", f"{BARE}, at: !"),
        (r"x + 2 3", "two numbers stand side by side, at: 3"),
        (r"x - - y", f"{UNKNOWN}, at: - y"),
        (r"\sum_{k=1}^{K} - q_k", f"{UNKNOWN}, at: - q _ {{ k }}"),
        (r"\sum_{x=1}^{K} q_k", f"{NO_INDEX}, at: x = 1 }} ^ {{ K }} q _ {{ k"),
        (r"\sum_{k}^{K} q_k", f"{NO_INDEX}, at: k }} ^ {{ K }} q _ {{ k }}"),
        (r"\sum_{=k1}^{K} q_k", f"{NO_INDEX}, at: = k 1 }} ^ {{ K }} q _ {{ k"),
        (r"\sum_{2=1}^{K} q_k", f"{NO_INDEX}, at: 2 = 1 }} ^ {{ K }} q _ {{ k"),
        (r"\sum_{k=1}K q_k", "} ^ { was expected, at: } K q _ { k }"),
        (r"w", f"{UNKNOWN}, at: w"),
        (r"q", f"{NO_NAME}, at: q"),
        (r"W_{k}", f"{NO_NAME}, at: W _ {{ k }}"),
        (r"W_{k + 1m}", f"{NO_NAME}, at: W _ {{ k + 1 m }}"),
        (r"W_{km1}", f"{NO_NAME}, at: W _ {{ k m 1 }}"),
        (r"W_{k,m,1}", f"{NO_NAME}, at: W _ {{ k , m , 1 }}"),
        (r"W_{,k,m}", f"{NO_NAME}, at: W _ {{ , k , m }}"),
        (r"W_{,m}", f"{NO_NAME}, at: W _ {{ , m }}"),
        (r"W_{k,}", f"{NO_NAME}, at: W _ {{ k , }}"),
        (r"W_{k", f"{NO_NAME}, at: W _ {{ k"),
        (r"x_k", f"{NO_NAME}, at: x _ {{ k }}"),
        (r"P", f"{NO_NAME}, at: P"),
        (r"P(x, y)", f"{NO_NAME}, at: P ( x , y )"),
        (r"\sin x", rf"{UNKNOWN}, at: \sin x"),
        (r"x w 2 x 2 y 2 x 2 y 2 x y b", f"{UNKNOWN}, at: w 2 x 2 y 2 x 2 y 2 x y"),
        (r"(x", ") was expected, at: the end"),
        (r"x)", "the end was expected, at: )"),
        (r"{x", "a brace is not closed, at: { x"),
        (r"\frac{\partial}{\partial 2}[x]", "} was expected, at: 2 } [ x ]"),
        (
            r"\frac{\partial^{2}}{\partial x}[x]",
            "the variables of a derivative were expected, at: [ x ]",
        ),
        ("", f"{UNKNOWN}, at: the end"),
    ],
)
def test_what_has_no_single_meaning(s, latex, why):
    """The message says what is wrong, and shows the next signs."""
    with pytest.raises(ReadingError, match=f"^{re.escape(why)}$"):
        read(latex, s.context)


@pytest.mark.parametrize("sign", [r"\log", r"\sum", r"\prod"])
def test_a_power_of_a_name_that_begins_like_a_formula(sign):
    """It could belong to the last letter."""
    context = Context()
    name = context.scalar("s", latex=rf"{sign} w")
    assert read(rf"(2 {sign} w)^{{2}}", context) == 4 * name**2
    for power in ("^ { 2 }", "!"):
        with pytest.raises(ReadingError, match=f"^{UNCLEAR_POWER}, at: {re.escape(power)}$"):
            read(rf"{sign} w{power}", context)


def test_names_that_cannot_be_told_apart():
    """One display for two names, or for a function and for a number before brackets."""
    context = Context()
    K = context.size("K")
    context.scalar("a", latex="c")
    context.scalar("c")
    context.scalar("b")
    context.scalar("d", latex="x + y")
    context.family("q", K)
    context.function("f", K, None, latex="q")
    context.scalar("g", latex="P")
    context.function("h", None, latex="P")
    context.index("k", K)
    context.index("n", K)
    context.scalar("e", latex="n")
    for latex, why in (
        ("c", "two declared names fit, at: c"),
        ("q_k(b)", "two declared names fit, at: q _ { k } ( b )"),
        ("P(b)", "two declared names fit, at: P ( b )"),
        (r"\sum_{n=1}^{K} n", "two declared names fit, at: n"),
        ("x + y", f"{UNKNOWN}, at: x + y"),
    ):
        with pytest.raises(ReadingError, match=f"^{re.escape(why)}$"):
            read(latex, context)


def test_e_is_a_number_unless_it_is_declared():
    context = Context()
    assert read("e^{2}", context) == sp.exp(2)
    context.index("e", context.size("K"))
    assert read("e^{2}", context) == sp.exp(2)
    other = Context()
    other.scalar("e")
    why = "e is declared, so that a power of e is ambiguous, at: ^ { 2 }"
    with pytest.raises(ReadingError, match=f"^{re.escape(why)}$"):
        read("e^{2}", other)


# ---------------------------------------------------------------- the printer, as it is


def test_every_line_of_the_library(library):
    for chain in library:
        body = chain.to_latex().removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}")
        lines = [line for line in body.split(" \\\\\n") if not line.startswith("& && ")]
        assert len(lines) == len(chain.steps)
        for line, step in zip(lines, chain.steps, strict=True):
            relation, shown = re.fullmatch(
                r"(?:(\S+?)\{\}\\; )?& (.+?)(?: && .*)?", line, re.S
            ).groups()
            assert RELATIONS[relation or "="] == step.relation
            assert read(shown, chain.context) == step.expression


def test_every_context_of_the_library(library, s):
    for context in (s.context, *(chain.context for chain in library)):
        assert r"\begin{aligned}" in context._repr_latex_()


def test_the_lemma():
    context = Context()
    x = context.scalar("x", sign="positive")
    phi = Phi(x).unfolded()
    meaning = {r"\varphi(x)": phi, r"\varphi'(x)": sp.diff(phi, x), r"\varphi''(x)": x**-2}
    for left, rest, _ in phi_lemma().lines:
        for side in re.split(r"\s*(?:=|>|\\ge)\s*", rest)[1:]:
            if left in meaning and side != "0":
                assert sp.expand(read(side, context) - meaning[left]) == 0


class Maker:
    """Makes random expressions of everything that can be displayed."""

    def __init__(self, s, rng):
        self.s, self.rng = s, rng

    def index(self, size):
        s = self.s
        choices = {
            s.K: [s.k, s.j, s.k, s.j, s.X[s.n], s.X[s.r], s.K, 1, 2, s.k + 1, s.K - 1, 2 * s.k],
            s.N: [s.n, s.r, s.n, 1, s.N, s.n + 1],
            s.M: [s.m, s.m, 1, s.M, s.m + 1],
        }
        return sp.sympify(self.rng.choice(choices[size]))

    def limits(self):
        s = self.s
        index, size = self.rng.choice([(s.k, s.K), (s.k, s.K), (s.j, s.K), (s.n, s.N), (s.m, s.M)])
        return (
            index,
            *self.rng.choice([(1, size)] * 3 + [(2, size), (1, size - 1), (1, size + 1)]),
        )

    def positive_leaf(self):
        s, rng = self.s, self.rng
        k, m = self.index(s.K), self.index(s.M)
        whole = sp.factorial(rng.choice([s.N, s.k, s.N - 1 + s.k, s.K]))
        value = rng.choice([s.x, s.z[k], s.x - 1, -s.y])
        named = [s.q[k], s.q[k], s.p[k], s.W[k, m], s.f(k, value, s.theta), s.g(value), s.h(k, m)]
        named += [s.b, s.eps, 1 - s.eps, s.N, s.K, s.last, sp.E, whole]
        named += [
            sp.Integer(rng.randint(1, 12)),
            sp.Rational(rng.randint(1, 5), rng.randint(2, 5)),
        ]
        return rng.choice(named)

    def leaf(self):
        s, rng = self.s, self.rng
        k, j = self.index(s.K), self.index(s.K)
        named = [self.positive_leaf()] * 6 + [s.z[k], s.x, s.y, s.theta, s.H, s.B, s.L[k], s.k]
        named += [s.u(s.x, k, self.index(s.N)), iverson(j, k), iverson(s.X[s.n], s.k), sp.pi]
        named += [sp.Integer(rng.randint(-4, 4)), sp.Rational(rng.randint(-5, 5), 3)]
        return rng.choice(named)

    def positive(self, depth):
        """A positive expression."""
        if depth <= 0:
            return self.positive_leaf()
        rng, limits = self.rng, self.limits
        part = lambda: self.positive(depth - 1)  # noqa: E731
        ways = [
            lambda: part() + part(),
            lambda: part() * part(),
            lambda: part() / part(),
            lambda: sp.Sum(part(), limits()),
            lambda: sp.Product(part(), limits()),
            lambda: 1 / sp.Sum(part(), limits()),
            lambda: sp.exp(self.any(depth - 1)),
            lambda: part() ** rng.choice([2, -1, -2, 3, -3]),
            lambda: part() ** sp.Rational(rng.choice([1, -1, 3, -3, 2]), rng.choice([2, 3])),
            lambda: part() ** self.any(depth - 1),
            lambda: sp.Integer(rng.randint(2, 3)) ** self.index(self.s.K),
        ]
        return rng.choice(ways)()

    def any(self, depth):
        """An expression of either sign."""
        if depth <= 0:
            return self.leaf()
        s, rng, limits = self.s, self.rng, self.limits
        part = lambda: self.any(depth - 1)  # noqa: E731
        above = lambda: self.positive(depth - 1)  # noqa: E731
        ways = [
            lambda: part() + part(),
            lambda: part() - part(),
            lambda: -part(),
            lambda: part() * part() * part(),
            lambda: -part() * part(),
            lambda: (-part()) ** rng.choice([2, 3]),
            lambda: (-1) ** self.index(s.K) * part(),
            lambda: part() / above(),
            lambda: sp.Sum(part(), limits()),
            lambda: sp.Sum(part() * part(), limits()),
            lambda: sp.Sum(part(), limits()) * sp.Sum(part(), limits()),
            lambda: sp.Sum(part(), limits()) ** 2,
            lambda: sp.Sum(sp.Sum(part(), limits()), limits()),
            lambda: sp.Product(part(), limits()),
            lambda: sp.Product(part() + part(), limits()) * part(),
            lambda: sp.log(above()) ** rng.choice([1, 2, -1, -2, 3]),
            lambda: part() / sp.log(above()),
            lambda: sp.log(above()) * sp.log(above()) * part(),
            lambda: sp.log(above()) * sp.Sum(part(), limits()) / above(),
            lambda: Phi(above()) ** rng.choice([1, 2, -1]) * part(),
            lambda: Partial(part(), rng.choice([s.q[s.j], s.z[s.k], s.x])),
            lambda: part() * Partial(Partial(part(), s.q[s.j]), s.x),
            lambda: self.positive(depth),
        ]
        return rng.choice(ways)()


@pytest.mark.parametrize("block", range(10))
def test_random_expressions_are_displayed_as_what_they_are(s, block):
    rng = random.Random(block)
    maker = Maker(s, rng)
    same = made = 0
    while made < 60:
        expression = sp.sympify(maker.any(rng.choice([1, 2, 2, 3])))
        if expression.has(sp.nan, sp.zoo, sp.oo, sp.I):
            continue
        made += 1
        latex = checked(to_latex(expression, s.context), expression, s.context, "a line")
        same += read(latex, s.context) == expression
    assert same > 50  # the others differ in form only, by way of the prover


# ---------------------------------------------------------------- wrong printers are caught


def shown(text_of):
    """A printer's method that takes the expression apart before it prints it as ever."""

    def wrap(real):
        return lambda self, node, *rest, **named: text_of(real, self, node, *rest, **named)

    return wrap


def unbracketed(real, self, node, *rest):
    return re.sub(r"(?:\\left)?\((.*?)(?:\\right)?\)$", r"\1", real(self, node, *rest))


def minus_for_inverse(real, self, node):
    if isinstance(node.base, sp.log) and node.exp == -1:
        return "- " + self._print(node.base)
    return real(self, node)


def upside_down(real, self, node):
    above, below = sp.fraction(node)
    return real(self, below / above if above != 1 != below else node)


PLANTED = {
    "a minus is dropped": (
        "_print_Add",
        lambda real, self, node: real(self, node).replace(" - ", " + ", 1),
    ),
    "a sum of terms stands without parentheses": ("_print_range", unbracketed),
    "a logarithm stands without parentheses": ("_print_log", unbracketed),
    "1/log as -log": ("_print_Pow", minus_for_inverse),
    "a range is too long": (
        "_print_Sum",
        lambda real, self, node: real(self, node).replace("^{K}", "^{K + 1}"),
    ),
    "a range is too short": (
        "_print_Sum",
        lambda real, self, node: real(self, node).replace("=1}", "=2}"),
    ),
    "indices swapped": ("_places", lambda real, self, indices: real(self, indices[::-1])),
    "a fraction upside down": ("_print_Mul", upside_down),
    "a power is lost": (
        "_print_Pow",
        lambda real, self, node: self._print(node.base) if node.exp == 2 else real(self, node),
    ),
    "a product as a sum": (
        "_print_Product",
        lambda real, self, node: real(self, node).replace(r"\prod", r"\sum"),
    ),
    "one letter for two": (
        "_print_Indexed",
        lambda real, self, node: real(self, node).replace("q", "z"),
    ),
    "an index lost its shift": (
        "_places",
        lambda real, self, indices: real(self, [i.subs(self_one(i), 0) for i in indices]),
    ),
    "a bracket with one index twice": (
        "_print_KroneckerDelta",
        lambda real, self, node: f"[{self._print(node.args[0])} = {self._print(node.args[0])}]",
    ),
    "derivatives of another variable": (
        "_print_Partial",
        lambda real, self, node: real(self, node).replace(r"\partial x", r"\partial y"),
    ),
}


def self_one(index):
    """The number 1 where it is added to an index."""
    return sp.S.One if index.is_Add else sp.Dummy()


def chain_of(s):
    """A true derivation in which every planted mistake shows, its first line rewritten."""
    k, j, m = s.k, s.j, s.m
    start = (
        -s.sum(s.z[k] * (s.x - s.q[k]), k)
        - s.sum(s.p[k] * sp.log(s.q[k] + s.b), k) / sp.log(s.b)
        + s.sum(s.q[k], k) * s.sum(s.W[1, m], m) / s.p[s.K + 1] ** 2
        + s.prod(s.q[k] / s.p[k], k) * iverson(s.j, s.l) * Partial(s.x * s.y, s.x)
    )
    after = start.subs(iverson(s.j, s.l), iverson(s.j, s.l) * s.sum(s.q[j], j))
    return Derivation(start, s.context).step(after, "the total of $q$ is 1")


@pytest.fixture(scope="module")
def chain(s):
    return chain_of(s)


def test_the_chain_is_displayed_as_long_as_the_printer_is_right(chain):
    assert "the total of" in chain._repr_latex_()


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_wrong_printer_is_caught(mistake, chain, monkeypatch):
    method, text_of = PLANTED[mistake]
    before = chain.to_latex()
    monkeypatch.setattr(BookPrinter, method, shown(text_of)(getattr(BookPrinter, method)))
    assert to_latex(chain.lhs, chain.context) not in before  # the mistake shows
    with pytest.raises(DisplayError, match="the first line is displayed") as caught:
        chain.to_latex()
    assert "displayed  " in str(caught.value)


def test_the_message_names_the_step_and_the_difference(s, monkeypatch):
    chain = Derivation(s.x + s.x * s.y, s.context).step(s.x * (1 + s.y), "collect $x$")
    wrong = lambda expression, _: "x + x y" if expression.is_Add else "x (1 - y)"  # noqa: E731
    monkeypatch.setattr(derivation_module, "to_latex", wrong)
    with pytest.raises(DisplayError) as caught:
        chain.to_latex()
    message = str(caught.value)
    assert message.startswith("step 1 (collect $x$) is displayed wrongly: ")
    assert " against " in message and "y = " in message and "displayed  x (1 - y)" in message


def test_the_slack_and_the_context_are_read_back_too(monkeypatch):
    gibbs = next(prove for prove in ALL if prove.__name__ == "gibbs_for_cross_entropy")()
    real = BookPrinter._print_Phi
    monkeypatch.setattr(BookPrinter, "_print_Phi", lambda *args: "- " + real(*args))
    with pytest.raises(DisplayError, match=r"the slack of step 1 \(Gibbs\)"):
        gibbs.to_latex()
    context = Context()
    k = context.index("k", context.size("K"))
    p = context.family("p", context.sizes["K"], sign="positive")
    context.define("g", k, Phi(p[k]))
    with pytest.raises(DisplayError, match="a declaration is displayed"):
        context._repr_latex_()


def test_a_bound_index_that_looks_like_a_free_one(s):
    twin = sp.Dummy("k", integer=True, positive=True)
    chain = Derivation(sp.Sum(s.z[twin] * s.q[s.k], (twin, 1, s.K)), s.context)
    with pytest.raises(DisplayError, match="displayed wrongly"):
        chain.to_latex()


def test_another_form_of_the_same_is_no_mistake(s):
    fresh = sp.Dummy("i", integer=True, positive=True)
    expression = sp.Sum(s.q[fresh], (fresh, 1, s.K))
    assert checked(r"\sum_{i=1}^{K} q_i", expression, s.context, "a line")
    assert checked(r"(x + 1)^{2}", sp.expand((s.x + 1) ** 2), s.context, "a line")
    triangle = sp.Sum(sp.Sum(s.z[s.j] * s.z[s.k], (s.j, 1, s.k)), (s.k, 1, s.K))  # unprovable
    latex = r"\sum_{k=1}^{K} \sum_{j=1}^{k} z_k z_j"
    assert checked(latex, triangle, s.context, "a line")
    with pytest.raises(DisplayError):
        checked(latex.replace("=1", "=2", 1), triangle, s.context, "a line")


def test_agreeing_where_both_are_defined_is_not_enough(s):
    """Both logarithms are those of 0 unless K = 1, and log q_1 there."""
    power = sp.log(s.prod(s.q[s.k] ** iverson(s.X[s.n], s.k), s.k))
    with pytest.raises(DisplayError, match="not shown to mean the same"):
        checked(r"\log\left(\prod_{k=1}^{K} q_k [X_n = k]\right)", power, s.context, "a line")


def test_a_verdict_is_not_kept_beyond_new_declarations():
    context = Context()
    x = context.scalar("x")
    assert checked("x", x, context, "a line")
    context.scalar("y", latex="x")
    with pytest.raises(DisplayError, match="two declared names fit"):
        checked("x", x, context, "a line")


CELL = """
from crossent.symbolic import Context, Derivation
from crossent.symbolic.latex import BookPrinter
context = Context()
x = context.scalar("x")
chain = Derivation(2 * x, context).step(x + x, "twice")
"""
BREAK = "BookPrinter._print_Symbol = lambda self, node, style='plain': '- x'"


def test_a_notebook_with_a_wrong_display_is_refused(tmp_path):
    cells = [CELL, "chain", BREAK, "chain"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    refusals = (CellExecutionError, notebooks.NotebookError)  # which one is up to IPython
    with pytest.raises(refusals, match="the first line is displayed wrongly"):
        notebooks.execute(notebook, tmp_path)
        notebooks.refuse_stderr(notebook)
    assert "text/latex" in notebook.cells[1].outputs[0].data  # before the printer was broken

"""What sympy alone gets wrong without a word, and what becomes of it here.

Each case first holds sympy to its wrong answer, so that a version that changes it is
noticed, and then shows that a derivation gets it right or refuses.
"""

import pytest
import sympy as sp

from crossent.symbolic import (
    Context,
    DeclarationError,
    Derivation,
    Partial,
    RefutedStep,
    UndecidedStep,
    iverson,
)
from crossent.symbolic.prover import Prover


def test_derivative_captures_a_bound_index(everything):
    """d/dq_k of Σ_k p_k log q_k is p_k/q_k; sympy takes the two k for one."""
    s = everything
    objective = s.sum(s.p[s.k] * sp.log(s.q[s.k]), s.k)
    wrong = s.sum(s.p[s.k] / s.q[s.k], s.k)
    assert sp.diff(objective, s.q[s.k]) == wrong
    start = Derivation(Partial(objective, s.q[s.k]), s.context)
    assert start.step(s.p[s.k] / s.q[s.k], "the one term with this index").general
    with pytest.raises(RefutedStep):
        start.step(wrong, "differentiate under the sum")


@pytest.mark.parametrize("substitute", [sp.Sum.subs, lambda e, a, b: e.xreplace({a: b})])
def test_substitution_captures_an_index(substitute, everything):
    """Putting k for j in Σ_k p_k q_j is q_k Σ_l p_l; sympy's result is Σ_k p_k q_k."""
    s = everything
    body = s.sum(s.p[s.k] * s.q[s.j], s.k)
    wrong = s.sum(s.p[s.k] * s.q[s.k], s.k)
    assert substitute(body, s.j, s.k) == wrong
    product = s.context.define("T", s.j, body)
    start = Derivation(product[s.k], s.context)
    assert start.step(s.q[s.k], "the total of p is 1").general
    with pytest.raises(RefutedStep):
        start.step(wrong, "put k for j")


def test_bracket_of_a_multiple_is_sifted_for_odd_numbers_too(everything):
    """Σ_k [2k = j] p_k is 0 for odd j; sympy keeps p at half of j, whatever j is."""
    s = everything
    total = sp.Sum(iverson(2 * s.k, s.j) * s.p[s.k], (s.k, 1, s.K))
    kept = total.doit().args[0]
    assert kept == (s.p[s.j / 2], (s.j >= 2) & (s.K >= s.j / 2))
    with pytest.raises(DeclarationError, match="1/2 cannot be an index"):
        Derivation(total, s.context).step(s.p[s.j / 2], "sift")
    with pytest.raises(RefutedStep):
        Derivation(total, s.context).step(iverson(2, s.j) * s.p[1], "only k = 1")
    sifted = Prover(s.context).normal(total)
    assert len(sifted.terms) == 1
    assert len(next(iter(sifted.terms)).binders) == 1  # the sum is still there


def test_gradient_of_a_matrix_expression_vanishes(everything):
    """The gradient of log Σ exp z is the softmax; sympy's is 0 for a matrix symbol."""
    s = everything
    z = sp.MatrixSymbol("z", 3, 1)
    assert sp.log((sp.ones(1, 3) * z.applyfunc(sp.exp))[0, 0]).diff(z) == sp.ZeroMatrix(3, 1)
    with pytest.raises(DeclarationError):
        Derivation(sp.log(z[0, 0]), s.context)
    start = Derivation(Partial(sp.log(s.sum(sp.exp(s.z[s.k]), s.k)), s.z[s.j]), s.context)
    assert start.step(s.s[s.j], "the softmax").general
    with pytest.raises(RefutedStep):
        start.step(0, "as a matrix")


def test_integral_where_two_parameters_coincide(everything):
    """∫₀¹ exp(au + b(1-u)) du is exp(b) where a = b; sympy's branch says 1."""
    a, b, u = sp.symbols("a b u", real=True)
    integral = sp.integrate(sp.exp(a * u + b * (1 - u)), (u, 0, 1))
    assert integral.args[-1] == (1, True)
    assert integral.subs(a, b) == 1
    x, t = everything.x, everything.t
    with pytest.raises(DeclarationError, match="Integral is not supported"):
        Derivation(sp.Integral(sp.exp(x * t), (t, 0, 1)), everything.context)


def test_sum_of_the_binomial_pmf(everything):
    """It is 1 for every probability; sympy says so only up to a half."""
    number, success = sp.Symbol("N", integer=True, positive=True), sp.Symbol("q", positive=True)
    hits = sp.Symbol("m", integer=True, nonnegative=True)
    pmf = sp.binomial(number, hits) * success**hits * (1 - success) ** (number - hits)
    total = sp.summation(pmf, (hits, 0, number))
    (first, condition), (rest, _) = total.args
    assert sp.simplify(first) == 1
    assert condition.subs(success, sp.Rational(1, 2)) == True  # noqa: E712 - sympy's own true
    assert condition.subs(success, sp.Rational(3, 4)) == False  # noqa: E712
    assert rest.has(sp.Sum)
    s = everything
    with pytest.raises(DeclarationError, match="binomial is not supported"):
        Derivation(s.sum(sp.binomial(s.N, s.n) * s.t**s.n, s.n), s.context)


def test_logarithm_of_a_square_is_split_whatever_the_sign(everything):
    """log x² is 2 log x for positive x only."""
    s = everything
    assert sp.expand_log(sp.log(s.x**2), force=True) == 2 * sp.log(s.x)
    with pytest.raises(UndecidedStep):
        Derivation(sp.log(s.x**2), s.context).step(2 * sp.log(s.x), "split")
    assert Derivation(sp.log(s.c**2), s.context).step(2 * sp.log(s.c), "split").general


def test_sums_with_one_name_for_two_indices(everything):
    """Σ_k Σ_k p_k has two indices; sympy flattens it, then exchanges them as if they differed."""
    s = everything
    double = sp.Sum(sp.Sum(s.a[s.k], (s.k, 1, s.K)), (s.k, 1, s.N))
    assert [limit[0] for limit in double.limits] == [s.k, s.k]
    exchanged = double.reorder_limit(0, 1)
    assert exchanged == sp.Sum(s.a[s.k], (s.k, 1, s.N), (s.k, 1, s.K))
    assert double.subs({s.N: 2, s.K: 1}).doit() == 2 * s.a[1]
    assert exchanged.subs({s.N: 2, s.K: 1}).doit() == s.a[1] + s.a[2]
    start = Derivation(double, s.context)
    assert start.step(s.N * s.sum(s.a[s.j], s.j), "the outer index is not used").general
    with pytest.raises(RefutedStep):
        start.step(exchanged, "exchange the sums")


def test_derivative_of_a_sum_with_one_name_for_two_indices(everything):
    """d/da_k of Σ_k Σ_k a_k is N; sympy says N K."""
    s = everything
    double = sp.Sum(sp.Sum(s.a[s.k], (s.k, 1, s.K)), (s.k, 1, s.N))
    assert double.diff(s.a[s.k]).doit() == s.N * s.K
    start = Derivation(Partial(double, s.a[s.k]), s.context)
    assert start.step(s.N, "one term of each inner sum").general
    with pytest.raises(RefutedStep):
        start.step(s.N * s.K, "differentiate under the sums")


def test_quotient_of_what_may_be_zero(everything):
    """w/w is 1 for sympy even where w may be 0: an expression never shows it again."""
    s = everything
    assert s.w[s.k] / s.w[s.k] == 1
    # The quotient is gone before anything here can see it; a hypothesis cannot smuggle it in.
    zero = s.context.define("Z", (), s.e)
    s.context.assume_zero(zero)
    with pytest.raises(Exception, match="does not vanish by the hypotheses"):
        Derivation(s.x + 1, s.context).step(s.x, "cancel", vanishing=zero / s.e)


def test_zero_times_infinity(everything):
    """0 log 0 is nan for sympy; the convention 0 log 0 = 0 must be written out."""
    assert (0 * sp.log(0)) is sp.nan
    for value in (sp.nan, sp.oo, sp.zoo, sp.log(0)):
        with pytest.raises(DeclarationError):
            Derivation(value, everything.context)


def test_symbols_that_print_alike(everything):
    """Two symbols with one name and different assumptions never cancel; here they clash."""
    s = everything
    plain = sp.Symbol("c")
    assert str(plain) == str(s.c)
    assert sp.simplify(plain - s.c) != 0
    with pytest.raises(DeclarationError, match="c is not declared, or not with these"):
        Derivation(s.c, s.context).step(plain, "the same letter")
    with pytest.raises(DeclarationError):
        Derivation(s.a[s.k], s.context).step(sp.IndexedBase("a")[s.k], "the same letter")


EQUAL_FOR_ALL_SIZES = {
    "renamed index": lambda s: (s.sum(s.a[s.k], s.k), s.sum(s.a[s.j], s.j)),
    "exchanged sums": lambda s: (
        s.sum(s.sum(s.A[s.n, s.k], s.k), s.n),
        s.sum(s.sum(s.A[s.n, s.k], s.n), s.k),
    ),
    "nested and flat": lambda s: (
        s.sum(s.a[s.k] * s.sum(s.A[s.n, s.k], s.n), s.k),
        s.sum(s.a[s.k] * s.A[s.n, s.k], s.k, s.n),
    ),
    "last term split off": lambda s: (
        s.sum(s.a[s.k], s.k),
        sp.Sum(s.a[s.k], (s.k, 1, s.K - 1)) + s.a[s.K],
    ),
}


@pytest.mark.parametrize("name", EQUAL_FOR_ALL_SIZES)
def test_equal_sums_that_simplify_leaves_alone(name, everything):
    """sympy's simplify cannot tell that their difference is zero; a derivation proves it."""
    left, right = EQUAL_FOR_ALL_SIZES[name](everything)
    assert sp.simplify(left - right) != 0
    assert Derivation(left, everything.context).step(right, name).general


def test_nothing_here_needs_a_global_setting():
    """The derivations of one context know nothing of another's."""
    one, other = Context(), Context()
    one.size("K")
    with pytest.raises(DeclarationError):
        Derivation(one.sizes["K"], other)

"""The most likely die: stationarity, multipliers, curvature and information, for all K."""

from __future__ import annotations

import sympy as sp

from ..context import Context
from ..derivation import Derivation
from ..vocabulary import Partial, iverson


class _Program:
    """Minimise -sum p_k log q_k subject to sum q_k = 1 and q >= 0.

    The rate r_j is the slope of sum p_k log q_k: p_j / q_j for a face that was seen, 0 for
    one that was not. Writing p_j = r_j q_j covers both kinds, also where q_j = 0.
    """

    def __init__(self, total: sp.Expr | int = 1) -> None:
        if total not in (1, "N"):
            raise ValueError(f'total must be 1 or "N"; got {total!r}')
        context = self.context = Context()
        self.K = context.size("K")
        self.j = context.index("j", self.K)
        total = self.total = context.size("N") if total == "N" else sp.Integer(1)
        self.q = context.family("q", self.K, sign="nonnegative", total=1)
        self.r = context.family("r", self.K, sign="nonnegative")
        self.mu = context.family("mu", self.K, sign="nonnegative")
        self.p = context.define("p", self.j, self.r[self.j] * self.q[self.j])
        self.multiplier = context.scalar("lambda")
        self.declare_conditions(total)

    def declare_conditions(self, total: sp.Expr | int) -> None:
        """Stationarity, complementary slackness and the total of p: each assumed to be 0."""
        context, j = self.context, self.j
        self.stationarity = context.define("g", j, self.multiplier - self.r[j] - self.mu[j])
        self.slackness = context.define("h", j, self.mu[j] * self.q[j])
        self.excess = context.define("e", (), self.over(self.p[j]) - total)
        for quantity in (self.stationarity, self.slackness, self.excess):
            context.assume_zero(quantity)

    def over(self, body: sp.Expr) -> sp.Expr:
        return sp.Sum(body, (self.j, 1, self.K))


def lagrangian_gradient() -> Derivation:
    """Stationarity of the Lagrangian where every q_j is positive."""
    context = Context()
    K = context.size("K")
    k, j = context.index("k j", K)
    p = context.family("p", K, sign="nonnegative", total=1)
    q = context.family("q", K, sign="positive")
    mu = context.family("mu", K, sign="nonnegative")
    multiplier = context.scalar("lambda")

    def over(body: sp.Expr) -> sp.Expr:
        return sp.Sum(body, (k, 1, K))

    lagrangian = -over(p[k] * sp.log(q[k])) + multiplier * (over(q[k]) - 1) - over(mu[k] * q[k])
    return (
        Derivation(Partial(lagrangian, q[j]), context)
        .step(
            over(iverson(j, k) * (multiplier - p[k] / q[k] - mu[k])),
            "each term in turn",
        )
        .step(multiplier - p[j] / q[j] - mu[j], "the bracket keeps $k = j$")
    )


def kkt_multiplier(total: sp.Expr | int = 1) -> Derivation:
    r"""The multiplier: 1, or N for the objective :math:`\sum_k N p_k \log q_k`.

    Unseen faces are included.

    Parameters
    ----------
    total : {1, "N"}
        What the weights of the objective sum to: the shares to 1, the counts to N.
    """
    program = _Program(total)
    j, q, r, mu, over = program.j, program.q, program.r, program.mu, program.over
    return (
        Derivation(program.multiplier, program.context)
        .step(over(program.multiplier * q[j]), "$q$ sums to 1")
        .step(
            over(r[j] * q[j] + mu[j] * q[j]),
            "stationarity, times $q_j$",
            vanishing=over(q[j] * program.stationarity[j]),
        )
        .step(
            over(program.p[j]),
            "$\\mu_j q_j = 0$, and $r_j q_j = p_j$",
            vanishing=over(program.slackness[j]),
        )
        .step(program.total, "the total of the $p_j$", vanishing=program.excess)
    )


def kkt_solution() -> Derivation:
    """With the multiplier 1 the solution is q = p, for seen and unseen faces alike."""
    program = _Program()
    j, q = program.j, program.q
    gap = program.context.define("d", (), program.multiplier - 1)
    program.context.assume_zero(gap)
    return (
        Derivation(q[j], program.context)
        .step(program.multiplier * q[j], "$\\lambda = 1$", vanishing=-gap * q[j])
        .step(
            program.r[j] * q[j] + program.mu[j] * q[j],
            "stationarity, times $q_j$",
            vanishing=q[j] * program.stationarity[j],
        )
        .step(
            program.p[j],
            "$\\mu_j q_j = 0$, and $r_j q_j = p_j$",
            vanishing=program.slackness[j],
        )
    )


def unseen_face_multiplier() -> Derivation:
    """The multiplier of an unseen face equals that of the total."""
    program = _Program()
    j = program.j
    rate = program.context.define("u", j, program.r[j])
    program.context.assume_zero(rate)
    return (
        Derivation(program.mu[j], program.context)
        .step(
            program.multiplier - program.r[j], "stationarity", vanishing=-program.stationarity[j]
        )
        .step(
            program.multiplier,
            "unseen, hence $r_j = 0$",
            vanishing=-rate[j],
        )
    )


def kkt_suffices() -> Derivation:
    r"""Along the tangent at the KKT point p, of slopes λ - μ, no die lies higher than p."""
    context = Context()
    K = context.size("K")
    k = context.index("k", K)
    p = context.family("p", K, sign="nonnegative", total=1)
    q = context.family("q", K, sign="nonnegative", total=1)
    mu = context.family("mu", K, sign="nonnegative")
    multiplier = context.scalar("lambda")
    slackness = context.define("h", k, mu[k] * p[k])
    context.assume_zero(slackness)

    def over(body: sp.Expr) -> sp.Expr:
        return sp.Sum(body, (k, 1, K))

    price = over(mu[k] * q[k])
    return (
        Derivation(over((multiplier - mu[k]) * (q[k] - p[k])), context)
        .step(over(mu[k] * (p[k] - q[k])), "$p$ and $q$ have the same total")
        .step(-price, "$\\mu_k p_k = 0$", vanishing=over(slackness[k]))
        .step(0, "$\\mu_k \\ge 0$ and $q_k \\ge 0$", rel="<=", slack=price)
    )


def second_order() -> Derivation:
    """The Hessian of the objective is negative on every direction: the program is concave."""
    context = Context()
    K = context.size("K")
    k, j, l = context.index("k j l", K)  # noqa: E741 - the book's index
    p = context.family("p", K, sign="nonnegative", total=1)
    q = context.family("q", K, sign="positive")
    v = context.family("v", K)

    objective = sp.Sum(p[k] * sp.log(q[k]), (k, 1, K))
    form = sp.Sum(
        sp.Sum(v[j] * v[l] * Partial(Partial(objective, q[j]), q[l]), (j, 1, K)), (l, 1, K)
    )
    return (
        Derivation(form, context)
        .step(
            sp.Sum(sp.Sum(-v[j] * v[l] * iverson(j, l) * p[j] / q[j] ** 2, (j, 1, K)), (l, 1, K)),
            "differentiate twice",
        )
        .step(-sp.Sum(p[k] * v[k] ** 2 / q[k] ** 2, (k, 1, K)), "the bracket keeps $l = j$")
        .step(
            0,
            "squares with weights $p_k \\ge 0$",
            rel="<=",
            slack=sp.Sum(p[k] * v[k] ** 2 / q[k] ** 2, (k, 1, K)),
        )
    )


class _FreeCoordinates:
    """A die with M + 1 faces, the last probability given by the others."""

    def __init__(self) -> None:
        context = self.context = Context()
        self.M = context.size("M")
        self.j, self.k, self.l, self.i = context.index("j k l i", self.M)
        self.q = context.family("q", self.M, sign="positive")
        self.last = context.define(
            "t", (), 1 - sp.Sum(self.q[self.i], (self.i, 1, self.M)), latex="q_{M+1}"
        )

    def score(self, j: sp.Expr, face: sp.Expr) -> sp.Expr:
        """The derivative of log q_face along q_j, for one of the first M faces."""
        return iverson(j, face) / self.q[j]

    def information(self, j: sp.Expr, l: sp.Expr) -> sp.Expr:  # noqa: E741
        return iverson(j, l) / self.q[j] + 1 / self.last


def fisher_information() -> Derivation:
    """The information of one roll, as the mean product of two scores."""
    die = _FreeCoordinates()
    j, k, l, q, last = die.j, die.k, die.l, die.q, die.last  # noqa: E741
    mean = sp.Sum(q[k] * die.score(j, k) * die.score(l, k), (k, 1, die.M)) + last * (-1 / last) * (
        -1 / last
    )
    return Derivation(mean, die.context).step(
        die.information(j, l), "$k = j = l$ among the first $M$; then the last face"
    )


def cramer_rao_attained() -> Derivation:
    """Information times the covariance of one roll's brackets is the identity."""
    die = _FreeCoordinates()
    j, k, l, q = die.j, die.k, die.l, die.q  # noqa: E741
    covariance = iverson(l, k) * q[l] - q[l] * q[k]
    product = sp.Sum(die.information(j, l) * covariance, (l, 1, die.M))
    return Derivation(product, die.context).step(iverson(j, k), "sift, and collect $q_{M+1}$")

"""From the likelihood of a die to cross-entropy, for all N and K."""

from __future__ import annotations

import sympy as sp

from ..derivation import Derivation
from ..vocabulary import iverson
from .settings import Die


def likelihood_regrouped() -> Derivation:
    """The likelihood depends on the rolls through the empirical PMF alone."""
    die = Die()
    k, q, p = die.k, die.q, die.p

    def per_face(exponent: sp.Expr) -> sp.Expr:
        return sp.Product(q[k] ** exponent, (k, 1, die.K))

    return (
        Derivation(die.likelihood(), die.context)
        .step(per_face(die.seen(k)), "the exponents of one face add up")
        .step(per_face(die.N * p[k]), "definition of $p_k$")
    )


def log_likelihood_is_cross_entropy() -> Derivation:
    """The log-likelihood is -N times the cross-entropy of q relative to the empirical PMF."""
    die = Die()
    context, k, q, p = die.context, die.k, die.q, die.p
    cross_entropy = context.define(
        "cross_entropy", (), -die.over_faces(p[k] * sp.log(q[k])), latex="H(p, q)"
    )
    one_roll = sp.Sum(iverson(die.X[die.n], k) * sp.log(q[k]), (k, 1, die.K))
    return (
        Derivation(sp.log(die.likelihood()), context)
        .step(sp.Sum(one_roll, (die.n, 1, die.N)), "the logarithm of a product is a sum")
        .step(die.over_faces(die.seen(k) * sp.log(q[k])), "exchange the sums")
        .step(die.N * die.over_faces(p[k] * sp.log(q[k])), "definition of $p_k$")
        .step(-die.N * cross_entropy, "definition of $H(p, q)$")
    )


def scale_drops_out() -> Derivation:
    """Dropping the factor N keeps the maximiser, which is all that "∝" may mean here."""
    die = Die()
    k, q, p = die.k, die.q, die.p
    mean = die.over_faces(p[k] * sp.log(q[k]))
    return (
        Derivation(sp.log(die.likelihood()), die.context)
        .step(die.N * mean, "the log-likelihood, roll by roll, then face by face")
        .step(mean, "$N > 0$ is free of $q$", rel="∝", over=q, factor=die.N)
    )


def multinomial_identity() -> Derivation:
    """The multinomial NLL of the counts is N H(p, q) less a coefficient free of q."""
    die = Die()
    context, k, q, p = die.context, die.k, die.q, die.p
    counts = context.define("c", k, die.seen(k))
    coefficient = sp.factorial(die.N) / sp.Product(sp.factorial(counts[k]), (k, 1, die.K))
    log_coefficient = context.define(
        "B", (), sp.log(coefficient), latex=r"\log\tbinom{N}{c_1 \cdots c_K}"
    )
    probability = coefficient * sp.Product(q[k] ** counts[k], (k, 1, die.K))
    return (
        Derivation(-sp.log(probability), context)
        .step(
            -log_coefficient - die.over_faces(counts[k] * sp.log(q[k])),
            "the logarithm of a product is a sum",
        )
        .step(-log_coefficient - die.N * die.over_faces(p[k] * sp.log(q[k])), "$c_k = N p_k$")
        .step(
            -die.N * die.over_faces(p[k] * sp.log(q[k])),
            "the coefficient is free of $q$",
            rel="same optimiser",
            over=q,
            shift=-log_coefficient,
        )
    )


def empirical_total() -> Derivation:
    """The empirical PMF is a PMF."""
    die = Die()
    return (
        Derivation(die.over_faces(die.p[die.k]), die.context)
        .step(
            sp.Sum(sp.Sum(iverson(die.X[die.n], die.k), (die.k, 1, die.K)), (die.n, 1, die.N))
            / die.N,
            "definition of $p_k$",
        )
        .step(1, "each roll shows exactly one face")
    )

r"""Inequalities by certificate: each is an identity whose slack is a sum of φ terms.

With :math:`\varphi(x) = x - 1 - \log x \ge 0`, equality holds exactly where every argument
of φ that carries weight is 1.
"""

from __future__ import annotations

import sympy as sp

from ..context import Context
from ..derivation import Derivation
from ..vocabulary import Phi
from .settings import Softmax, TwoDistributions


def cross_entropy_splits() -> Derivation:
    """Cross-entropy is entropy plus KL divergence."""
    s = TwoDistributions()
    return Derivation(s.cross_entropy(), s.context).step(
        s.entropy() + s.kl_divergence(), "$\\log q_k = \\log p_k - \\log(p_k / q_k)$"
    )


def gibbs() -> Derivation:
    """KL divergence is nonnegative."""
    s = TwoDistributions()
    slack = s.over(s.p[s.k] * Phi(s.q[s.k] / s.p[s.k]))
    return (
        Derivation(s.kl_divergence(), s.context)
        .step(slack, "$p$ and $q$ have the same total")
        .step(0, "$\\varphi \\ge 0$", rel=">=", slack=slack)
    )


def gibbs_for_cross_entropy() -> Derivation:
    """Cross-entropy is least where q = p, and its least value is the entropy."""
    s = TwoDistributions()
    return Derivation(s.cross_entropy(), s.context).step(
        s.entropy(), "Gibbs", rel=">=", slack=s.over(s.p[s.k] * Phi(s.q[s.k] / s.p[s.k]))
    )


def jensen() -> Derivation:
    """The logarithm of a mean is at least the mean of the logarithms."""
    s = TwoDistributions()
    x = s.context.family("x", s.K, sign="positive")
    mean = s.over(s.p[s.j] * x[s.j], s.j)
    return Derivation(sp.log(mean), s.context).step(
        s.over(s.p[s.k] * sp.log(x[s.k])),
        "Jensen",
        rel=">=",
        slack=s.over(s.p[s.k] * Phi(x[s.k] / mean)),
    )


def log_sum() -> Derivation:
    """The log-sum inequality, for positive numbers without any total."""
    context = Context()
    K = context.size("K")
    k, i = context.index("k i", K)
    a = context.family("a", K, sign="positive")
    b = context.family("b", K, sign="positive")
    total_a, total_b = (sp.Sum(x[i], (i, 1, K)) for x in (a, b))
    return Derivation(sp.Sum(a[k] * sp.log(a[k] / b[k]), (k, 1, K)), context).step(
        total_a * sp.log(total_a / total_b),
        "log-sum",
        rel=">=",
        slack=sp.Sum(a[k] * Phi(total_a * b[k] / (total_b * a[k])), (k, 1, K)),
    )


def fenchel_young() -> Derivation:
    """Log-sum-exp and negative entropy are conjugate: their sum bounds the inner product."""
    s = Softmax(p_sign="positive")
    k, p, z = s.k, s.p, s.z
    left = sp.log(s.over(sp.exp(z[k]))) + s.over(p[k] * sp.log(p[k]))
    return Derivation(left, s.context).step(
        s.over(p[k] * z[k]), "Fenchel and Young", rel=">=", slack=s.over(p[k] * Phi(s.q[k] / p[k]))
    )


def joint_convexity() -> Derivation:
    """KL divergence is convex in the pair (p, q)."""
    s = TwoDistributions()
    context, k, over = s.context, s.k, s.over
    t = context.scalar("t", between=(0, 1))
    a = context.family("a", s.K, sign="positive", total=1)
    b = context.family("b", s.K, sign="positive", total=1)
    P = context.define("P", k, t * s.p[k] + (1 - t) * a[k])
    Q = context.define("Q", k, t * s.q[k] + (1 - t) * b[k])
    ratio = P[k] / Q[k]
    chord = t * s.kl_divergence() + (1 - t) * over(a[k] * sp.log(a[k] / b[k]))
    slack = t * over(s.p[k] * Phi(ratio * s.q[k] / s.p[k]))
    slack += (1 - t) * over(a[k] * Phi(ratio * b[k] / a[k]))
    return Derivation(chord, context).step(
        over(P[k] * sp.log(ratio)),
        "$P = t p + (1 - t) a$ and $Q = t q + (1 - t) b$",
        rel=">=",
        slack=slack,
    )


def data_processing() -> Derivation:
    """No channel W can increase the KL divergence."""
    s = TwoDistributions()
    context, k, p, q = s.context, s.k, s.p, s.q
    M = context.size("M")
    m = context.index("m", M)
    W = context.family("W", s.K, M, sign="positive", total=1)
    P = context.define("P", m, s.over(p[k] * W[k, m]))
    Q = context.define("Q", m, s.over(q[k] * W[k, m]))
    slack = s.over(sp.Sum(p[k] * W[k, m] * Phi(q[k] * P[m] / (p[k] * Q[m])), (m, 1, M)))
    return Derivation(s.kl_divergence(), context).step(
        sp.Sum(P[m] * sp.log(P[m] / Q[m]), (m, 1, M)),
        "$P_m = \\sum_k p_k W_{km}$, and $Q$ likewise",
        rel=">=",
        slack=slack,
    )


def chain_rule() -> Derivation:
    """KL divergence of a pair: of the first part, plus the mean of the second given the first."""
    s = TwoDistributions()
    context, k, p, q = s.context, s.k, s.p, s.q
    M = context.size("M")
    m = context.index("m", M)
    W = context.family("W", s.K, M, sign="positive", total=1)
    V = context.family("V", s.K, M, sign="positive", total=1)
    pair = sp.Sum(p[k] * W[k, m] * sp.log(p[k] * W[k, m] / (q[k] * V[k, m])), (m, 1, M))
    rest = sp.Sum(W[k, m] * sp.log(W[k, m] / V[k, m]), (m, 1, M))
    return Derivation(s.over(pair), context).step(
        s.kl_divergence() + s.over(p[k] * rest), "each row of $W$ sums to 1"
    )


def change_of_base() -> Derivation:
    """Cross-entropy to base b is cross-entropy in nats over log b."""
    s = TwoDistributions(p_sign="nonnegative")
    b = s.context.scalar("b", sign="positive")
    return Derivation(-s.over(s.p[s.k] * sp.log(s.q[s.k]) / sp.log(b)), s.context).step(
        s.cross_entropy() / sp.log(b), "$\\log_b x = \\log x / \\log b$"
    )


def kraft_bound() -> Derivation:
    """A code with Kraft sum at most 1 is on average no shorter than the entropy."""
    s = TwoDistributions()
    context, k, p = s.context, s.k, s.p
    # w_k = 2^(-length): the share of the unit interval that the code word of k takes up.
    w = context.family("w", s.K, sign="positive", at_most=1)
    length = context.define("L", k, -sp.log(w[k]) / sp.log(2), latex=r"\ell")
    slack = (s.over(p[k] * Phi(w[k] / p[k])) + (1 - s.over(w[k]))) / sp.log(2)
    return Derivation(s.over(p[k] * length[k]), context).step(
        s.entropy() / sp.log(2), "Kraft: $\\sum_k 2^{-\\ell_k} \\le 1$", rel=">=", slack=slack
    )

"""The softmax and its cross-entropy: gradient, curvature, symmetry, smoothing."""

from __future__ import annotations

import sympy as sp

from ..context import Context
from ..derivation import Derivation
from ..vocabulary import Partial, iverson
from .settings import Softmax, TwoDistributions


def softmax_gradient() -> Derivation:
    """The gradient with respect to the logits is prediction less target."""
    s = Softmax()
    k, j, p, z = s.k, s.j, s.p, s.z
    normaliser = sp.log(s.over(sp.exp(z[s.i]), s.i))
    return (
        Derivation(Partial(s.loss(), z[j]), s.context)
        .step(
            Partial(normaliser * s.over(p[k]) - s.over(p[k] * z[k]), z[j]),
            "$\\log q_k = z_k - \\log \\sum_i e^{z_i}$",
        )
        .step(s.q[j] * s.over(p[k]) - p[j], "differentiate; each bracket keeps $k = j$")
        .step(s.q[j] - p[j], "the targets sum to 1")
    )


def softmax_regression_gradient() -> Derivation:
    """The gradient of the mean loss when the scores are linear in the inputs."""
    context = Context()
    N, K, D = context.size("N"), context.size("K"), context.size("D")
    n, (d, e) = context.index("n", N), context.index("d e", D)
    k, j, i = context.index("k j i", K)
    x, weights = context.family("x", N, D), context.family("theta", D, K)
    y = context.labels("y", N, values=K)
    z = context.define("z", (n, k), sp.Sum(x[n, e] * weights[e, k], (e, 1, D)))
    softmax = sp.exp(z[n, k]) / sp.Sum(sp.exp(z[n, i]), (i, 1, K))
    q = context.define("q", (n, k), softmax)
    loss = -sp.Sum(sp.log(q[n, y[n]]), (n, 1, N)) / N
    return Derivation(Partial(loss, weights[d, j]), context).step(
        sp.Sum(x[n, d] * (q[n, j] - iverson(y[n], j)), (n, 1, N)) / N,
        "$z_{nk} = \\sum_d x_{nd} \\theta_{dk}$",
    )


def softmax_hessian() -> Derivation:
    """The gradient once more: the curvature does not depend on the target."""
    s = Softmax()
    j, l = s.j, s.l  # noqa: E741
    return Derivation(Partial(s.q[j] - s.p[j], s.z[l]), s.context).step(
        s.q[j] * (iverson(j, l) - s.q[l]), "$p_j$ is constant"
    )


def softmax_curvature() -> Derivation:
    """The Hessian's quadratic form is a variance, so the loss is convex in the logits."""
    s = Softmax()
    k, j, l = s.k, s.j, s.l  # noqa: E741
    v = s.context.family("v", s.K)
    form = s.over(s.over(v[j] * v[l] * s.q[j] * (iverson(j, l) - s.q[l]), j), l)
    pairs = s.over(s.over(s.q[j] * s.q[k] * (v[j] - v[k]) ** 2, j)) / 2
    return (
        Derivation(form, s.context)
        .step(
            s.over(s.q[k] * v[k] ** 2) - s.over(s.q[k] * v[k]) ** 2,
            "the variance of $v$ under $q$",
        )
        .step(pairs, "a variance is half the mean squared difference")
        .step(0, "a sum of squares", rel=">=", slack=pairs)
    )


def shift_invariance() -> Derivation:
    """Adding one number to every logit changes no probability."""
    s = Softmax()
    c = s.context.scalar("c")
    shifted = sp.exp(s.z[s.k] + c) / s.over(sp.exp(s.z[s.j] + c), s.j)
    return Derivation(shifted, s.context).step(s.q[s.k], "$e^c$ cancels")


def softmax_total() -> Derivation:
    """The softmax is a distribution."""
    s = Softmax()
    return Derivation(s.over(s.q[s.k]), s.context).step(1, "numerators sum to the denominator")


def label_smoothing() -> Derivation:
    """Smoothed targets mix two cross-entropies: to the targets and to the uniform PMF."""
    s = TwoDistributions(p_sign="nonnegative")
    k, p, q = s.k, s.p, s.q
    eps = s.context.scalar("epsilon", between=(0, 1), latex=r"\varepsilon")
    smoothed = -s.over(((1 - eps) * p[k] + eps / s.K) * sp.log(q[k]))
    uniform = -s.over(sp.log(q[k]) / s.K)
    return Derivation(smoothed, s.context).step(
        (1 - eps) * s.cross_entropy() + eps * uniform, "the cross-entropy is linear in $p$"
    )

"""From labels to the loss of a classifier, for all N, all K and any model."""

from __future__ import annotations

import sympy as sp

from ..derivation import Derivation
from ..vocabulary import iverson
from .settings import HardLabels, SoftLabels


def one_hot_nll() -> Derivation:
    """The negative log-likelihood of hard labels is a sum of cross-entropies, for every N."""
    s = HardLabels()
    context, n, k = s.context, s.n, s.k
    one_hot = context.define("p", (n, k), iverson(s.y[n], k))
    cross_entropy = context.define("H", n, -s.over_classes(one_hot[n, k] * sp.log(s.predicted(k))))
    return (
        Derivation(-sp.log(s.likelihood()), context)
        .step(
            -s.over_samples(s.over_classes(iverson(s.y[n], k) * sp.log(s.predicted(k)))),
            "the logarithm of a product is a sum",
        )
        .step(
            s.over_samples(-s.over_classes(one_hot[n, k] * sp.log(s.predicted(k)))),
            "$p_{nk} = [y_n = k]$",
        )
        .step(s.over_samples(cross_entropy[n]), "definition of $H_n$")
        .step(-s.over_samples(sp.log(s.predicted(s.y[n]))), "the bracket keeps $k = y_n$")
    )


def inputs_drop_out() -> Derivation:
    """The probability of the inputs does not move the maximiser if it is free of θ."""
    s = HardLabels()
    density = s.context.function("g", None, sign="positive", latex="P")
    joint = sp.Product(density(s.x[s.n]) * s.predicted(s.y[s.n]), (s.n, 1, s.N))
    conditional = -s.over_samples(sp.log(s.predicted(s.y[s.n])))
    inputs = -s.over_samples(sp.log(density(s.x[s.n])))
    return (
        Derivation(-sp.log(joint), s.context)
        .step(conditional + inputs, "the logarithm of a product is a sum")
        .step(
            conditional,
            "$P(x)$ is free of $\\theta$",
            rel="same optimiser",
            over=s.theta,
            shift=inputs,
        )
    )


def map_objective() -> Derivation:
    """The log-posterior is the log-likelihood plus the log-prior, up to the evidence."""
    s = HardLabels()
    prior = s.context.function("a", None, sign="positive", latex="P")
    evidence = s.context.scalar("Z", sign="positive")
    posterior = sp.Product(s.predicted(s.y[s.n]), (s.n, 1, s.N)) * prior(s.theta) / evidence
    return Derivation(sp.log(posterior), s.context).step(
        s.over_samples(sp.log(s.predicted(s.y[s.n]))) + sp.log(prior(s.theta)),
        "the evidence $Z$ is free of $\\theta$",
        rel="same optimiser",
        over=s.theta,
        shift=-sp.log(evidence),
    )


def flat_prior_is_mle() -> Derivation:
    """A prior that is constant in θ leaves the maximiser of the likelihood."""
    s = HardLabels()
    constant = s.context.scalar("c", sign="positive")
    log_likelihood = s.over_samples(sp.log(s.predicted(s.y[s.n])))
    return Derivation(log_likelihood + sp.log(constant), s.context).step(
        log_likelihood,
        "the prior is the same for every $\\theta$",
        rel="same optimiser",
        over=s.theta,
        shift=sp.log(constant),
    )


def soft_loss_is_weighted_likelihood() -> Derivation:
    """Soft cross-entropy is the NLL of K weighted copies of each row, one for each class."""
    s = SoftLabels()
    n, k = s.n, s.k
    copies = sp.Product(sp.Product(s.predicted(k) ** s.p[n, k], (k, 1, s.K)), (n, 1, s.N))
    return (
        Derivation(-sp.log(copies), s.context)
        .step(
            -s.over_samples(s.over_classes(s.p[n, k] * sp.log(s.predicted(k)))),
            "a weight is an exponent",
        )
        .step(s.over_samples(s.cross_entropy()), "the inner sum is a cross-entropy")
    )


def joint_cross_entropy() -> Derivation:
    """The mean soft loss is the cross-entropy on pairs (sample, class), less log N."""
    s = SoftLabels()
    n, k = s.n, s.k
    pair = s.over_classes(s.p[n, k] / s.N * sp.log(s.predicted(k) / s.N))
    return (
        Derivation(-s.over_samples(pair), s.context)
        .step(
            -s.over_samples(s.over_classes(s.p[n, k] * sp.log(s.predicted(k)))) / s.N
            + sp.log(s.N),
            "each row of targets sums to 1",
        )
        .step(
            s.over_samples(s.cross_entropy()) / s.N,
            "$\\log N$ is free of $\\theta$",
            rel="same optimiser",
            over=s.theta,
            shift=sp.log(s.N),
        )
    )


def votes_are_counts() -> Derivation:
    """With m votes in a row, m times the soft loss is the NLL of the votes, one by one."""
    s = HardLabels()  # the votes: N labels of one and the same input
    k = s.k
    share = s.context.define("p", k, s.over_samples(iverson(s.y[s.n], k)) / s.N)
    model = s.context.family("q", s.K, sign="positive", total=1)
    return Derivation(-s.over_samples(sp.log(model[s.y[s.n]])), s.context).step(
        -s.N * s.over_classes(share[k] * sp.log(model[k])),
        "group the votes by class: $p_k$ is the share of $k$",
    )

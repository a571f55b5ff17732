"""The declarations that the shared derivations start from, one setting for each story."""

from __future__ import annotations

import sympy as sp

from ..context import Context
from ..vocabulary import iverson


class Die:
    """N rolls X of a die with K faces, a model q, and the empirical PMF p of the rolls."""

    def __init__(self) -> None:
        context = self.context = Context()
        self.N, self.K = context.size("N"), context.size("K")
        self.n, self.k = context.index("n", self.N), context.index("k", self.K)
        self.q = context.family("q", self.K, sign="positive", total=1)
        self.X = context.labels("X", self.N, values=self.K)
        self.p = context.define("p", self.k, self.seen(self.k) / self.N)

    def seen(self, face: sp.Expr) -> sp.Expr:
        """How often a face was rolled: a sum of Iverson brackets."""
        return sp.Sum(iverson(self.X[self.n], face), (self.n, 1, self.N))

    def over_faces(self, body: sp.Expr) -> sp.Sum:
        """The sum over all faces."""
        return sp.Sum(body, (self.k, 1, self.K))

    def likelihood(self) -> sp.Expr:
        r"""The probability of the rolls, :math:`\prod_n \prod_k q_k^{[X_n = k]}`."""
        one_roll = sp.Product(
            self.q[self.k] ** iverson(self.X[self.n], self.k), (self.k, 1, self.K)
        )
        return sp.Product(one_roll, (self.n, 1, self.N))


class _OverClasses:
    """What settings with classes k = 1..K share."""

    K: sp.Symbol
    k: sp.Symbol

    def over(self, body: sp.Expr, index: sp.Symbol | None = None) -> sp.Sum:
        """The sum over all classes."""
        return sp.Sum(body, (self.k if index is None else index, 1, self.K))


class TwoDistributions(_OverClasses):
    """Distributions p and q on K classes, every q_k positive, and p_k as `p_sign` says."""

    def __init__(self, p_sign: str = "positive") -> None:
        context = self.context = Context()
        self.K = context.size("K")
        self.k, self.j = context.index("k j", self.K)
        self.p = context.family("p", self.K, sign=p_sign, total=1)
        self.q = context.family("q", self.K, sign="positive", total=1)

    def entropy(self) -> sp.Expr:
        """The entropy of p, in nats."""
        return -self.over(self.p[self.k] * sp.log(self.p[self.k]))

    def cross_entropy(self) -> sp.Expr:
        """The cross-entropy of q relative to p, in nats."""
        return -self.over(self.p[self.k] * sp.log(self.q[self.k]))

    def kl_divergence(self) -> sp.Expr:
        """The KL divergence of p from q, in nats."""
        return self.over(self.p[self.k] * sp.log(self.p[self.k] / self.q[self.k]))


class Softmax(_OverClasses):
    """Scores z, their softmax q, and a target p, with p_k as `p_sign` says."""

    def __init__(self, p_sign: str = "nonnegative") -> None:
        context = self.context = Context()
        self.K = context.size("K")
        self.k, self.j, self.l, self.i = context.index("k j l i", self.K)
        self.p = context.family("p", self.K, sign=p_sign, total=1)
        self.z = context.family("z", self.K)
        self.q = context.define(
            "q", self.k, sp.exp(self.z[self.k]) / self.over(sp.exp(self.z[self.j]), self.j)
        )

    def loss(self) -> sp.Expr:
        """The cross-entropy of the softmax relative to the target."""
        return -self.over(self.p[self.k] * sp.log(self.q[self.k]))


class Classifier:
    r"""N labelled inputs and a model :math:`q_k(x_n, \theta)` of K classes."""

    def __init__(self) -> None:
        context = self.context = Context()
        self.N, self.K = context.size("N"), context.size("K")
        self.n, self.k = context.index("n", self.N), context.index("k", self.K)
        self.x = context.family("x", self.N)
        self.theta = context.scalar("theta")
        self.model = context.function("f", self.K, None, None, sign="positive", total=1, latex="q")

    def predicted(self, label: sp.Expr) -> sp.Expr:
        """The model's probability of `label` for the input x_n."""
        return self.model(label, self.x[self.n], self.theta)

    def over_samples(self, body: sp.Expr) -> sp.Sum:
        """The sum over all samples."""
        return sp.Sum(body, (self.n, 1, self.N))

    def over_classes(self, body: sp.Expr) -> sp.Sum:
        """The sum over all classes."""
        return sp.Sum(body, (self.k, 1, self.K))


class HardLabels(Classifier):
    """A classifier whose labels are observations y_n."""

    def __init__(self) -> None:
        super().__init__()
        self.y = self.context.labels("y", self.N, values=self.K)

    def likelihood(self) -> sp.Expr:
        r"""The conditional likelihood :math:`\prod_n \prod_k q_k(x_n, \theta)^{[y_n = k]}`."""
        one = sp.Product(
            self.predicted(self.k) ** iverson(self.y[self.n], self.k), (self.k, 1, self.K)
        )
        return sp.Product(one, (self.n, 1, self.N))


class SoftLabels(Classifier):
    """A classifier whose targets are distributions p_n on the classes."""

    def __init__(self) -> None:
        super().__init__()
        self.p = self.context.family("p", self.N, self.K, sign="nonnegative", total=1)

    def cross_entropy(self) -> sp.Expr:
        """The cross-entropy of one sample."""
        return -self.over_classes(self.p[self.n, self.k] * sp.log(self.predicted(self.k)))

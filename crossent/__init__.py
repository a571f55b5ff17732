"""Cross-entropy and log-likelihood, with the numerics that keep their digits.

The class axis is the last, batch axes broadcast, results are per row, and logarithms are natural
unless `base` says otherwise. float16, float32 and float64 come back as they went in; integers
and lists become float64. 0 log 0 is 0, an infinite loss is returned, NaN propagates, and invalid
input raises.
"""

from crossent.information import (
    cross_entropy,
    entropy,
    kl_divergence,
    kl_divergence_from_logits,
    perplexity,
)
from crossent.likelihood import empirical_pmf, log_likelihood, nll, one_hot
from crossent.linear import linear_cross_entropy, linear_cross_entropy_grad
from crossent.losses import softmax_cross_entropy, softmax_cross_entropy_grad
from crossent.numerics import log_softmax, logsumexp, softmax

__all__ = [
    "cross_entropy",
    "empirical_pmf",
    "entropy",
    "kl_divergence",
    "kl_divergence_from_logits",
    "linear_cross_entropy",
    "linear_cross_entropy_grad",
    "log_likelihood",
    "log_softmax",
    "logsumexp",
    "nll",
    "one_hot",
    "perplexity",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_grad",
]

__version__ = "0.1.0"

"""The derivations that several chapters share, each a function that returns a `Derivation`.

Calling one proves it anew; none takes more than about a second. Their end and their steps are
attributes of the result:

>>> from crossent.symbolic import library
>>> print(library.softmax_gradient().rhs)
-p[j] + q[j]
"""

from .classification import (
    flat_prior_is_mle,
    inputs_drop_out,
    joint_cross_entropy,
    map_objective,
    one_hot_nll,
    soft_loss_is_weighted_likelihood,
    votes_are_counts,
)
from .inequalities import (
    chain_rule,
    change_of_base,
    cross_entropy_splits,
    data_processing,
    fenchel_young,
    gibbs,
    gibbs_for_cross_entropy,
    jensen,
    joint_convexity,
    kraft_bound,
    log_sum,
)
from .likelihood import (
    empirical_total,
    likelihood_regrouped,
    log_likelihood_is_cross_entropy,
    multinomial_identity,
    scale_drops_out,
)
from .optimum import (
    cramer_rao_attained,
    fisher_information,
    kkt_multiplier,
    kkt_solution,
    kkt_suffices,
    lagrangian_gradient,
    second_order,
    unseen_face_multiplier,
)
from .softmax import (
    label_smoothing,
    shift_invariance,
    softmax_curvature,
    softmax_gradient,
    softmax_hessian,
    softmax_regression_gradient,
    softmax_total,
)

ALL = (
    empirical_total,
    likelihood_regrouped,
    log_likelihood_is_cross_entropy,
    scale_drops_out,
    multinomial_identity,
    lagrangian_gradient,
    kkt_multiplier,
    kkt_solution,
    unseen_face_multiplier,
    kkt_suffices,
    second_order,
    fisher_information,
    cramer_rao_attained,
    cross_entropy_splits,
    gibbs,
    gibbs_for_cross_entropy,
    jensen,
    log_sum,
    fenchel_young,
    joint_convexity,
    data_processing,
    chain_rule,
    change_of_base,
    kraft_bound,
    one_hot_nll,
    inputs_drop_out,
    map_objective,
    flat_prior_is_mle,
    soft_loss_is_weighted_likelihood,
    joint_cross_entropy,
    votes_are_counts,
    softmax_total,
    softmax_gradient,
    softmax_regression_gradient,
    softmax_hessian,
    softmax_curvature,
    shift_invariance,
    label_smoothing,
)
"""All of them, in the order of the chapters.

:meta hide-value:
"""

__all__ = ["ALL", *(function.__name__ for function in ALL)]

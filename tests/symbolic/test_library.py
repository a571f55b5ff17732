"""The shared derivations: each is proved anew, ends where it should, and numbers agree."""

import inspect
import json
import re
import time
from pathlib import Path

import pytest
import sympy as sp

from crossent.symbolic import Derivation, library
from crossent.symbolic.library import ALL
from crossent.symbolic.prover import Prover
from crossent.symbolic.refuter import Undefined, find_counterexample

BOOK = Path(__file__).resolve().parents[2] / "book"
OTHER_SEEDS = (7, 8)


@pytest.fixture(scope="session")
def displayed():
    """What the chapters display in formulas: of each output its LaTeX and its text."""
    notebooks = [json.loads(path.read_text("utf-8")) for path in BOOK.glob("*.ipynb")]
    outputs = [
        output.get("data", {})
        for notebook in notebooks
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
    ]
    return {
        ("".join(data["text/latex"]), "".join(data["text/plain"]))
        for data in outputs
        if "text/latex" in data
    }


def pmf(member, sign="> 0", over="k", size="K"):
    """How a context lists numbers of total 1."""
    return f"{member} {sign}, with Sum({member}, ({over}, 1, {size})) = 1"


ROLLS = {pmf("q[k]"), "X[n] = 1, ..., K"}
MODEL = {"theta real", "x[n] real", pmf("f[k, ·, ·]")}
HARD = MODEL | {"y[n] = 1, ..., K"}
SOFT = MODEL | {pmf("p[n, k]", ">= 0")}
PAIR = {pmf("p[k]"), pmf("q[k]")}
CHANNEL = pmf("W[k, m]", over="m", size="M")
SCORES = {"z[k] real", pmf("p[k]", ">= 0")}
CONDITIONS = {
    "lambda real",
    pmf("q[j]", ">= 0", over="j"),
    "r[j] >= 0",
    "mu[j] >= 0",
    "g[j] := lambda - mu[j] - r[j], assumed to be 0",
    "h[j] := mu[j]*q[j], assumed to be 0",
    "e := Sum(p[j], (j, 1, K)) - 1, assumed to be 0",
}
#: What is declared: what the theorems are about, and what the formulas alone leave open.
ASSUMED = {
    "empirical_total": ROLLS,
    "likelihood_regrouped": ROLLS,
    "log_likelihood_is_cross_entropy": ROLLS,
    "scale_drops_out": ROLLS,
    "multinomial_identity": ROLLS,
    "lagrangian_gradient": {"lambda real", "q[k] > 0", "mu[k] >= 0", pmf("p[k]", ">= 0")},
    "kkt_multiplier": CONDITIONS,
    "kkt_solution": CONDITIONS | {"d := lambda - 1, assumed to be 0"},
    "unseen_face_multiplier": CONDITIONS | {"u[j] := r[j], assumed to be 0"},
    "kkt_suffices": {
        "lambda real",
        "mu[k] >= 0",
        pmf("p[k]", ">= 0"),
        pmf("q[k]", ">= 0"),
        "h[k] := mu[k]*p[k], assumed to be 0",
    },
    "second_order": {"q[k] > 0", "v[k] real", pmf("p[k]", ">= 0")},
    "fisher_information": {"q[j] > 0"},
    "cramer_rao_attained": {"q[j] > 0"},
    "cross_entropy_splits": PAIR,
    "gibbs": PAIR,
    "gibbs_for_cross_entropy": PAIR,
    "jensen": PAIR | {"x[k] > 0"},
    "log_sum": {"a[k] > 0", "b[k] > 0"},
    "fenchel_young": {"z[k] real", pmf("p[k]")},
    "joint_convexity": PAIR | {"0 < t < 1", pmf("a[k]"), pmf("b[k]")},
    "data_processing": PAIR | {CHANNEL},
    "chain_rule": PAIR | {CHANNEL, pmf("V[k, m]", over="m", size="M")},
    "change_of_base": {"b > 0", pmf("p[k]", ">= 0"), pmf("q[k]")},
    "kraft_bound": PAIR | {"w[k] > 0, with Sum(w[k], (k, 1, K)) <= 1"},
    "one_hot_nll": HARD,
    "inputs_drop_out": HARD | {"g[·] > 0"},
    "map_objective": HARD | {"a[·] > 0", "Z > 0"},
    "flat_prior_is_mle": HARD | {"c > 0"},
    "soft_loss_is_weighted_likelihood": SOFT,
    "joint_cross_entropy": SOFT,
    "votes_are_counts": HARD | {pmf("q[k]")},
    "softmax_total": SCORES,
    "softmax_gradient": SCORES,
    "softmax_regression_gradient": {
        "x[n, d] real",
        "theta[d, k] real",
        "y[n] = 1, ..., K",
        "d, e = 1, ..., D",
        "z[n, k] := Sum(theta[e, k]*x[n, e], (e, 1, D))",
    },
    "softmax_hessian": SCORES,
    "softmax_curvature": SCORES | {"v[k] real"},
    "shift_invariance": SCORES | {"c real"},
    "label_smoothing": {"0 < epsilon < 1", pmf("p[k]", ">= 0"), pmf("q[k]")},
}


def assumptions(declared):
    """The lines of a context that are neither the range of an index nor only a definition."""
    return {
        line
        for line in declared
        if ", assumed" in line or not re.search(r"^[\w, ]+ = 1, | := ", line)
    }


@pytest.mark.parametrize("function", ALL, ids=lambda function: function.__name__)
def test_every_derivation_is_proved_as_a_chapter_shows_it(function, displayed):
    """From these hypotheses, in steps with reasons, for all sizes, and just as readers see it."""
    started = time.perf_counter()
    chain = function()
    assert time.perf_counter() - started < 20
    assert isinstance(chain, Derivation)
    assert len(chain.steps) >= 2
    assert chain.general
    assert all(step.why.strip() for step in chain.steps[1:])
    assert chain.lhs == chain.steps[0].expression
    assert chain.rhs == chain.steps[-1].expression
    assert chain.lhs != chain.rhs
    declared = set(str(chain.context).splitlines())
    assert assumptions(declared) <= ASSUMED[function.__name__] <= declared
    assert (chain._repr_latex_(), str(chain)) in displayed


@pytest.mark.parametrize("function", ALL, ids=lambda function: function.__name__)
def test_every_step_agrees_with_other_numbers(function, mutation, monkeypatch):
    """Each claim, put together from the words of its relation alone, in worlds not yet seen."""
    for step in mutation.recorded(function, monkeypatch):
        for seed in OTHER_SEEDS:
            claims = [(mutation.target(step), "=")]
            if step.rel in (">=", "<="):
                claims.append((step.right, step.rel))
                slack = sp.sympify(step.options["slack"])
                assert (
                    find_counterexample(
                        slack, sp.Integer(0), step.context, relation=">=", seed=seed
                    )
                    is None
                )
            for claim, relation in claims:
                try:
                    found = find_counterexample(
                        step.left, claim, step.context, relation=relation, seed=seed
                    )
                except Undefined:
                    pytest.fail(f"{step.why}: nothing was tested")
                assert found is None, f"{step.why}: {found}"


@pytest.mark.parametrize("function", ALL, ids=lambda function: function.__name__)
def test_a_derivation_is_made_anew(function):
    """Two calls share no context, so that one chapter cannot spoil another's."""
    one, other = function(), function()
    assert one.context is not other.context
    assert str(one) == str(other)
    assert str(one.context) == str(other.context)
    assert one.to_latex() == other.to_latex()


def test_every_derivation_is_listed_once():
    """ALL, `__all__` and the package's functions are one list, each with a sentence on it."""
    names = [function.__name__ for function in ALL]
    assert len(names) == len(set(names)) >= 30
    assert set(names) <= set(library.__all__)
    defined = {
        name
        for name, function in vars(library).items()
        if inspect.isfunction(function) and not name.startswith("_")
    }
    assert defined == set(names)
    for function in ALL:
        assert (function.__doc__ or "").strip()
        assert all(
            parameter.default is not inspect.Parameter.empty
            for parameter in inspect.signature(function).parameters.values()
        )


ENDS = {
    "empirical_total": ("=", "1"),
    "likelihood_regrouped": ("=", "Product(q[k]**(N*p[k]), (k, 1, K))"),
    "scale_drops_out": ("∝", "Sum(log(q[k])*p[k], (k, 1, K))"),
    "kkt_multiplier": ("=", "1"),
    "kkt_solution": ("=", "p[j]"),
    "unseen_face_multiplier": ("=", "lambda"),
    "second_order": ("<=", "0"),
    "gibbs": (">=", "0"),
    "gibbs_for_cross_entropy": (">=", "-Sum(log(p[k])*p[k], (k, 1, K))"),
    "jensen": (">=", "Sum(log(x[k])*p[k], (k, 1, K))"),
    "softmax_total": ("=", "1"),
    "softmax_gradient": ("=", "-p[j] + q[j]"),
    "softmax_curvature": (">=", "0"),
    "shift_invariance": ("=", "q[k]"),
    "cramer_rao_attained": ("=", "KroneckerDelta(j, k)"),
}


@pytest.mark.parametrize("name", ENDS)
def test_where_derivations_end(name):
    """The relation and the last line of the best-known ones."""
    relation, end = ENDS[name]
    chain = getattr(library, name)()
    assert chain.relation == relation
    assert str(chain.rhs) == end


def test_the_log_likelihood_ends_in_the_cross_entropy():
    """Whatever it is called, the last line is -N times -Σ p log q."""
    chain = library.log_likelihood_is_cross_entropy()
    names, context = chain.context.declared, chain.context
    k = next(index for index, size in context.indices.items() if size == names["K"])
    cross_entropy = -sp.Sum(names["p"][k] * sp.log(names["q"][k]), (k, 1, names["K"]))
    assert Prover(context).equal(chain.rhs, -names["N"] * cross_entropy)
    assert not chain.rhs.has(sp.Sum)  # by its name


def test_the_multiplier_of_counts():
    """For the objective with N in front the multiplier is N."""
    chain = library.kkt_multiplier("N")
    assert str(chain.rhs) == "N"
    assert chain.general


def test_the_multiplier_of_another_total_is_refused():
    with pytest.raises(ValueError, match=r'^total must be 1 or "N"; got 2$'):
        library.kkt_multiplier(2)

"""The shared derivations: each is proved anew, ends where it should, and numbers agree."""

import inspect
import json
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


@pytest.mark.parametrize("function", ALL, ids=lambda function: function.__name__)
def test_every_derivation_is_proved_as_a_chapter_shows_it(function, displayed):
    """It has steps, each with its reason, none at stated sizes only, and is what readers see."""
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
    "likelihood_regrouped": ("=", "Product(q[k]**(N*p[k]), (k, 1, K))"),
    "scale_drops_out": ("∝", "Sum(log(q[k])*p[k], (k, 1, K))"),
    "kkt_multiplier": ("=", "1"),
    "kkt_solution": ("=", "p[j]"),
    "unseen_face_multiplier": ("=", "lambda"),
    "second_order": ("<=", "0"),
    "gibbs": (">=", "0"),
    "gibbs_for_cross_entropy": (">=", "-Sum(log(p[k])*p[k], (k, 1, K))"),
    "jensen": (">=", "Sum(log(x[k])*p[k], (k, 1, K))"),
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

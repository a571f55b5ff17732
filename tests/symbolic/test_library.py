"""The shared derivations: each is proved, general, quick, and ends where it should."""

import time

import pytest
import sympy as sp

from crossent.symbolic import library, phi_lemma

ENDS = {
    "likelihood_regrouped": "=",
    "log_likelihood_is_cross_entropy": "=",
    "scale_drops_out": "∝",
    "multinomial_identity": "same optimiser",
    "second_order": "<=",
    "gibbs": ">=",
    "gibbs_for_cross_entropy": ">=",
    "jensen": ">=",
    "log_sum": ">=",
    "fenchel_young": ">=",
    "joint_convexity": ">=",
    "data_processing": ">=",
    "kraft_bound": ">=",
    "inputs_drop_out": "same optimiser",
    "map_objective": "same optimiser",
    "flat_prior_is_mle": "same optimiser",
    "softmax_curvature": ">=",
    "kkt_suffices": "<=",
    "joint_cross_entropy": "same optimiser",
}


@pytest.mark.parametrize("derive", library.ALL, ids=lambda function: function.__name__)
def test_derivation(derive):
    start = time.process_time()
    chain = derive()
    seconds = time.process_time() - start
    assert chain.general and len(chain.steps) >= 2
    assert chain.relation == ENDS.get(derive.__name__, "=")
    assert all(step.why for step in chain.steps[1:])
    assert derive.__doc__ and "\n" in chain.to_latex()
    print(f"{derive.__name__}: {len(chain.steps) - 1} steps, {seconds:.2f} s")


def test_every_derivation_is_listed_once():
    names = [function.__name__ for function in library.ALL]
    assert len(set(names)) == len(names) >= 36
    assert set(names) <= set(library.__all__)


def test_what_a_later_derivation_builds_on():
    assert library.kkt_multiplier().rhs == 1
    assert str(library.kkt_multiplier("N").rhs) == "N"
    assert library.softmax_total().rhs == 1 and library.gibbs().rhs == 0


def test_lemma_on_phi():
    latex = phi_lemma()._repr_latex_()
    assert r"\varphi" in latex and r"\ge 0" in latex


def test_lemma_on_phi_fails_for_another_function(monkeypatch):
    from crossent.symbolic import lemma

    def other(self):
        return self.args[0] - 2 - sp.log(self.args[0])

    monkeypatch.setattr(lemma.Phi, "unfolded", other)
    with pytest.raises(ArithmeticError):
        phi_lemma()

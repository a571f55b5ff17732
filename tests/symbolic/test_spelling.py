"""How names are spelled where no LaTeX is declared, and the signs of a formula."""

import pytest

from crossent.symbolic.spelling import default_display, is_opaque, tokens


@pytest.mark.parametrize(
    ("latex", "signs"),
    [
        (r"\left(x\right)", ["(", "x", ")"]),
        (r"\left[1\right]", ["[", "1", "]"]),
        (r"\leftarrow \leftX", [r"\leftarrow", r"\leftX"]),
        (r"a_k^2", ["a", "_", "{", "k", "}", "^", "{", "2", "}"]),
        (r"a_{12}", ["a", "_", "{", "12", "}"]),
        (r"\{ab \, 10", [r"\{", "a", "b", r"\,", "10"]),
        ("", []),
    ],
)
def test_signs(latex, signs):
    """Commands, numbers and single signs; brackets of any height are the same."""
    assert tokens(latex) == signs


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("x", "x"),
        ("word", "word"),
        ("theta", r"\theta"),
        ("theta_1", r"\theta_{1}"),
        ("x12", "x_{12}"),
        ("X1", "X_{1}"),
        ("2", "2"),
        ("2x", "2x"),
        ("x1_k", "x_{1 k}"),
        ("x_alpha_j", r"x_{\alpha j}"),
        ("phat", r"\hat{p}"),
        ("mubar", r"\bar{\mu}"),
        ("xtilde_1", r"\tilde{x}_{1}"),
        ("phattilde", r"\tilde{\hat{p}}"),
        ("hat", "hat"),
    ],
)
def test_names_without_latex(name, latex):
    """Greek letters, accents at the end, and below what follows an underscore or is a number."""
    assert default_display(name) == latex


@pytest.mark.parametrize(
    ("latex", "opaque"),
    [
        ("x", True),
        (r"\hat{p}", True),
        ("q_{M+1}", True),
        ("H(p, q)", True),
        ("", False),
        ("x + y", False),
        ("x - y", False),
        ("x = y", False),
        (r"x \le y", False),
        ("(x", False),
        ("x)", False),
        (")x(", False),
    ],
)
def test_names_that_look_like_formulas(latex, opaque):
    """A sum, a relation or a bracket that stands alone cannot be told from what is around it."""
    assert is_opaque(tokens(latex)) == opaque

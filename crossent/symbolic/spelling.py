"""The signs of a displayed formula, and how the declared names are spelled in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .declared import Declarations

if TYPE_CHECKING:
    from collections.abc import Sequence

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+|\S")
CLOSING = {"{": "}", "(": ")", "[": "]"}
GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega "
    "varepsilon vartheta varphi varrho varsigma ell"
).split()
ACCENTS = ("hat", "bar", "tilde")
RELATIONS = {"=", "<", ">", r"\le", r"\ge", r"\propto", r"\simeq"}


def tokens(latex: str) -> list[str]:
    r"""The signs, without spaces, each index or exponent in braces: a_k as a_{k}."""
    signs: list[str] = []
    for sign in TOKEN.findall(re.sub(r"\\(left|right)(?![A-Za-z])", "", latex)):
        bare = bool(signs) and signs[-1] in "_^" and sign != "{"
        signs += ["{", sign, "}"] if bare else [sign]
    return signs


def default_display(name: str) -> str:
    r"""How a name looks that was declared without LaTeX: theta_1 as \theta_{1}."""
    head, *below = name.split("_")
    letters = head.rstrip("0123456789")
    if letters and letters != head:
        head, below = letters, [head[len(letters) :], *below]
    text = _word(head)
    return text + (f"_{{{' '.join(map(_word, below))}}}" if below else "")


def _word(word: str) -> str:
    if word in GREEK:
        return "\\" + word
    for accent in ACCENTS:
        if word.endswith(accent) and word != accent:
            return rf"\{accent}{{{_word(word.removesuffix(accent))}}}"
    return word


def is_opaque(signs: Sequence[str]) -> bool:
    """Whether the LaTeX of a name cannot be taken for a sum or a relation."""
    depth = 0
    for sign in signs:
        depth += (sign in CLOSING) - (sign in CLOSING.values())
        if depth < 0 or (depth == 0 and sign in {"+", "-", *RELATIONS}):
            return False
    return depth == 0 and bool(signs)


def shapes(context: Declarations) -> dict[str, tuple[int, int]]:
    """For each declared name how many indices and how many arguments it takes."""
    found = {name: (0, 0) for name in context.declared}
    for name, family in context.families.items():
        values = family.ranges.count(None)
        found[name] = (len(family.ranges) - values, values)
    found |= {name: (len(d.parameters), 0) for name, d in context.definitions.items()}
    return found

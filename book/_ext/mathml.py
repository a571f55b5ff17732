r"""Render every formula to MathML Core while the book is built.

Pages then need no script and no network to show maths: the browser draws it with the maths font
in ``book/_static``.  ``math-core`` does the conversion; what it cannot parse becomes a Sphinx
warning that names the document and the formula, so that a build with ``-W`` fails.

The dialect is the LaTeX which Jupyter also understands, with these limits: environments with
numbers of their own (``align``) are refused in prose, because MyST gives them random ids; write
``$$\begin{aligned}…\end{aligned}$$ (label)``.  ``\text{}`` holds no ``$…$``.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

#: Environments that the converter does not know, or sets at the full width of the page.
ENVIRONMENTS = {
    "align": "aligned",
    "align*": "aligned",
    "split": "aligned",
    "gather": "gathered",
    "gather*": "gathered",
    "smallmatrix": "matrix",
}
#: Environments that say no more than that this is a displayed formula.
WRAPPERS = ("equation", "equation*")
MACROS = {"substack": r"\begin{subarray}{c}#1\end{subarray}"}

_ENVIRONMENT = re.compile(r"\\(begin|end)\{([a-z]+\*?)\}")
#: Operators after which a long inline formula may be broken, as they stand in the markup.
BREAK_AFTER = {"=", "≠", "≈", "≡", "≔", "≤", "≥", "&lt;", "&gt;", "→", "⟹", "⟺", "+", "−"}
OPENING, CLOSING = {"(", "[", "{", "⟨"}, {")", "]", "}", "⟩"}
#: Signs in an inline formula beyond which it is long: a phone shows some forty of them.
LONG = 20

#: Classes of custom.css for the styles that the converter writes: the pages' policy forbids styles
#: in a page.
CLASSES = {
    "text-align: right;justify-items: end;padding-right: 0;": "right",
    "text-align: left;justify-items: start;padding-left: 0;": "left",
    "text-align: left;justify-items: start;padding-right: 0;": "value",
    "text-align: left;justify-items: start;padding-right: 0;padding-left:1em;": "condition",
    "text-align: left;justify-items: start;": "start",
    "text-align: right;justify-items: end;": "end",
    "padding-top: 0;padding-bottom: 0;": "tight",
    "margin-left:-0.16666667em;": "closer",
    "padding-right:0.1667em;": "thin",
}

_STYLE = re.compile(r' style="([^"]*)"')
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-z]+)[^>]*?(?P<empty>/?)>")
_CONVERTER = LatexToMathML(fancy_error=False, macros=MACROS)


class MathError(ValueError):
    """A formula that cannot be rendered."""


def preprocess(latex: str) -> str:
    r"""Return `latex` in the converter's dialect: ``split`` as ``aligned``, and the like.

    Raises
    ------
    MathError
        If there is no formula, or a line break stands outside every environment, where the
        converter would drop it silently.
    """

    def rename(match: re.Match[str]) -> str:
        keyword, name = match.groups()
        if name in WRAPPERS:
            return " "
        return rf"\{keyword}{{{ENVIRONMENTS.get(name, name)}}}"

    latex = _ENVIRONMENT.sub(rename, latex).strip()
    if not latex:
        raise MathError("the formula is empty")
    if r"\\" in _outside_groups(latex):
        raise MathError(r"\\ outside an environment; wrap the lines in \begin{aligned}")
    return latex


def _outside_groups(latex: str) -> str:
    """Return the parts of `latex` that lie in no environment and in no braces."""
    depth, outside = 0, []
    tokens = re.finditer(r"\\begin\{[^}]*\}|\\end\{[^}]*\}|\\\\|\\.|[{}]|[^\\{}]+", latex, re.S)
    for token in map(re.Match.group, tokens):
        if token == "{" or token.startswith(r"\begin{"):
            depth += 1
        elif token == "}" or token.startswith(r"\end{"):
            depth -= 1
        elif depth == 0:
            outside.append(token)
    return "".join(outside)


def to_mathml(latex: str, *, display: bool) -> str:
    """Return the ``<math>`` element for `latex`.

    Parameters
    ----------
    latex : str
        The formula, without its delimiters.
    display : bool
        Whether it stands on lines of its own.

    Raises
    ------
    MathError
        If the formula cannot be parsed; the message says why.
    """
    try:
        mathml = _CONVERTER.convert_with_local_state(preprocess(latex), displaystyle=display)
    except LatexError as error:
        raise MathError(str(error)) from error
    if "diagonalstrike" in mathml:  # not in MathML Core; a box is drawn by custom.css
        raise MathError("browsers do not draw struck-out terms")
    mathml = _STYLE.sub(_class, mathml)
    # The font's primes are small already; custom.css keeps them from being made smaller.
    return re.sub("<mo>([′″‴])</mo>", r'<mo class="prime">\1</mo>', mathml)


def _class(style: re.Match[str]) -> str:
    """Return the class attribute that stands for a style attribute."""
    if style[1] not in CLASSES:
        raise MathError(f"custom.css has no class for the style {style[1]!r}")
    return f' class="{CLASSES[style[1]]}"'


def breakable(mathml: str) -> str:
    """Return an inline formula in pieces between which a line may break, if it is long.

    Browsers never break a ``<math>`` element. As TeX does, pieces end after a relation or an
    operator that stands in no brackets.
    """
    if len(_TAG.sub("", mathml)) < LONG:
        return mathml
    pieces, depth, brackets, start = [], 0, 0, 0
    body = mathml.removeprefix("<math>").removesuffix("</math>")
    for tag in _TAG.finditer(body):
        if tag["end"]:
            depth -= 1
        elif not tag["empty"]:
            depth += 1
        if depth == 0 and tag["end"] == "/" and tag["name"] == "mo":
            operator = body[body.rindex(">", 0, tag.start()) + 1 : tag.start()]
            brackets += (operator in OPENING) - (operator in CLOSING)
            leading = body.rindex("<mo", 0, tag.start()) == start  # a sign, as in "= −1"
            inside = brackets == 0 and not leading and tag.end() < len(body)
            if inside and operator in BREAK_AFTER:
                pieces.append(body[start : tag.end()])
                start = tag.end()
    pieces.append(body[start:])
    return "<wbr>".join(f"<math>{piece}</math>" for piece in pieces)


def _render(node: nodes.Element, *, display: bool) -> str:
    """Render `node`'s formula, or warn and show its source instead."""
    latex = node.astext()
    try:
        # A labelled node that keeps its environment is MyST's ``amsmath`` syntax: its number
        # and its id would be random, hence no link to it could last.
        if node.get("nowrap") and node.get("label"):
            raise MathError(r"numbered environment; write $$\begin{aligned}…$$ (label)")
        mathml = to_mathml(latex, display=display)
        return mathml if display else breakable(mathml)
    except MathError as error:
        logger.warning(
            "cannot render the formula %r: %s", latex, error, location=node, type="mathml"
        )
        return f"<code>{escape(latex)}</code>"


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(_render(node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula: a box that can scroll sideways, and the number beside it."""
    self.body.append(self.starttag(node, "div", "", CLASS="math notranslate nohighlight"))
    self.body.append(f'<div class="math-scroll">{_render(node, display=True)}</div>')
    if node["number"] and not node.get("nowrap"):
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, object]:
    """Register the renderer under the name that ``html_math_renderer`` asks for."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

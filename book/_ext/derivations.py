"""Give the checked derivations names and numbers, so that the text can point at them.

A code cell says in its metadata what it shows::

    ```{code-cell} ipython3
    :label: drv-gibbs
    library.gibbs()
    ```

and ``{numref}`drv-gibbs` `` becomes "Derivation 2.8", a link to the output of that cell, which
wears the same number.  A cell that displays several formulas has a list of names, one for each.
A name that does not begin with ``drv-`` is an anchor for the cell as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

KIND = "derivation"  # its counter, besides those of figures and theorems
PREFIX = "drv-"


class derivation(nodes.General, nodes.Element):  # docutils names visitors after the class
    """A displayed derivation: the output of a code cell, with a name of its own."""


class NameDerivations(SphinxTransform):
    """Turn the labels of code cells into targets."""

    default_priority = 800  # before Sphinx collects the targets of the page, at 850

    def apply(self, **kwargs: object) -> None:
        """Name the outputs and the cells of one notebook."""
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code" and "label" in cell["cell_metadata"]:
                labels = cell["cell_metadata"]["label"]
                self.name(cell, [labels] if isinstance(labels, str) else labels)

    def name(self, cell: nodes.container, labels: list[str]) -> None:
        """Give each formula that a cell displays, in order, its name."""
        of_outputs = [label for label in labels if label.startswith(PREFIX)]
        outputs = [
            bundle
            for bundle in cell.findall(nodes.container)
            if any(part.get("mime_type") == "text/latex" for part in bundle.children)
        ]
        if of_outputs and len(of_outputs) != len(outputs):
            logger.warning(
                "%d formulas are displayed, but there are %d labels: %s",
                len(outputs),
                len(of_outputs),
                ", ".join(of_outputs),
                location=cell,
                type=KIND,
            )
        for label, output in zip(of_outputs, outputs, strict=False):
            named = derivation("", names=[label])
            output.replace_self(named)
            named += output
            self.document.note_explicit_target(named, named)
        for label in labels:
            if label not in of_outputs:
                cell["names"].append(label)
                self.document.note_explicit_target(cell, cell)


def title(node: nodes.Element) -> str:
    """Return the name of a derivation, by which Sphinx knows it and refuses a second one."""
    return node["names"][0]


def visit_html(self: HTML5Translator, node: derivation) -> None:
    """Open the box, and write the number, which is the link to copy."""
    name = node["ids"][0]
    number = ".".join(map(str, self.builder.fignumbers[KIND][name]))
    self.body.append(self.starttag(node, "div", CLASS=KIND))
    self.body.append(
        f'<p class="derivation-number"><a href="#{name}">'
        f"{self.config.numfig_format[KIND] % number}</a></p>\n"
    )


def depart_html(self: HTML5Translator, node: derivation) -> None:
    """Close the box."""
    self.body.append("</div>\n")


def set_format(app: Sphinx, config: Config) -> None:
    """Say how a reference reads."""
    config.numfig_format = {KIND: "Derivation %s", **config.numfig_format}


def setup(app: Sphinx) -> dict[str, object]:
    """Register the node, its counter and the transform."""
    app.add_enumerable_node(derivation, KIND, title, html=(visit_html, depart_html))
    app.add_transform(NameDerivations)
    app.connect("config-inited", set_format)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

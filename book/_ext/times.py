"""The role ``minutes``: how long some pages take to read, measured and not guessed.

``{minutes}`roll_a_loaded_die, measure_the_gap` `` becomes "55 min". A page takes the time of its
words at 200 a minute, and 20 seconds for each displayed formula, each code cell and each figure.
Folded solutions do not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx_exercise.nodes import solution_node

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

WORDS_A_MINUTE = 200
SECONDS_TO_LOOK = 20
STEP = 5  # minutes; the measure is no finer than that
#: Nodes to look at rather than to read, one look each.
LOOKED_AT = (nodes.math_block, nodes.image, nodes.table)


class minutes(nodes.Inline, nodes.TextElement):
    """The place of a reading time; its text lists the pages."""


class Minutes(SphinxRole):
    """Leave the place open until all pages have been read."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the placeholder."""
        node = minutes(self.rawtext, self.text)
        self.set_source_info(node)
        return [node], []


def seconds(node: nodes.Node) -> float:
    """Return how long it takes to read `node`."""
    if isinstance(node, nodes.Text):
        return 60 * len(node.split()) / WORDS_A_MINUTE
    if isinstance(node, solution_node):
        return 0
    if isinstance(node, LOOKED_AT) or "cell_input" in node.get("classes", []):
        return SECONDS_TO_LOOK
    if isinstance(node, nodes.literal_block):  # what a cell prints belongs to the look at the cell
        return 0
    return sum(map(seconds, node.children))


def spell(total: float) -> str:
    """Return a number of seconds in words, rounded to whole steps."""
    rounded = max(STEP, STEP * round(total / 60 / STEP))
    hours, rest = divmod(rounded, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest else [])])


def measure(app: Sphinx, doctree: nodes.document) -> None:
    """Note the reading time of a page when it has been read."""
    app.env.metadata[app.env.docname]["seconds"] = seconds(doctree)


def fill_in(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the times into their places."""
    for node in list(doctree.findall(minutes)):
        pages = [f"book/{name.strip()}" for name in node.astext().split(",")]
        times = [app.env.metadata.get(page, {}).get("seconds") for page in pages]
        if None in times:
            logger.warning("no page %r", pages[times.index(None)], location=node, type="times")
            times = [0]
        node.replace_self(nodes.inline("", spell(sum(times)).replace(" ", "\xa0")))


def setup(app: Sphinx) -> dict[str, object]:
    """Register the role."""
    app.add_node(minutes)
    app.add_role("minutes", Minutes())
    app.connect("doctree-read", measure)
    app.connect("doctree-resolved", fill_in)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

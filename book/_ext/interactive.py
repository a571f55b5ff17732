"""The directive ``interactive``: a figure that answers to the reader.

::

    ```{interactive} simplex
    :name: fig-gap-drag
    :image: stills/simplex.png
    :alt: What the static picture shows.
    :set: p="0.5 0.25 0.25" field="forward"

    The caption.
    ```

puts the custom element ``<crossent-simplex>`` into a numbered figure. ``set`` holds the element's
attributes; the scripts are ``_static/interactive/figure.js`` and ``…/simplex.js``, and only pages
with such a figure load them. The image is shown where scripts are off, and on paper.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

KINDS = ("simplex", "softmax", "fit")
_ATTRIBUTE = re.compile(r'\s*([a-z]+)="([^"]*)"')


class interactive(nodes.General, nodes.Element):
    """The custom element; its child is the static picture."""


def attributes(text: str) -> dict[str, str]:
    """Read ``name="value" …``.

    Raises
    ------
    ValueError
        If anything else is in it.
    """
    found = dict(_ATTRIBUTE.findall(text))
    if rest := _ATTRIBUTE.sub("", text).strip():
        raise ValueError(f'expected name="value", found {rest!r}')
    return found


class Interactive(SphinxDirective):
    """Write one interactive figure."""

    required_arguments = 1
    has_content = True
    option_spec = {  # noqa: RUF012 (docutils' interface)
        "name": directives.unchanged_required,
        "image": directives.uri,
        "alt": directives.unchanged_required,
        "set": attributes,
    }

    def run(self) -> list[nodes.Node]:
        """Return the figure."""
        kind = self.arguments[0]
        if kind not in KINDS:
            raise self.error(f"no interactive figure {kind!r}; there are {', '.join(KINDS)}")
        if missing := [name for name in ("name", "image", "alt") if not self.options.get(name)]:
            raise self.error(f"the interactive figure lacks {', '.join(missing)}")
        if not self.content:
            raise self.error("the interactive figure lacks a caption")
        element = interactive("", kind=kind, attributes=self.options.get("set", {}))
        element += nodes.image("", uri=self.options["image"], alt=self.options["alt"])
        text, messages = self.state.inline_text(" ".join(self.content), self.lineno)
        caption = nodes.caption("", "", *text)
        figure = nodes.figure("", element, caption)
        self.set_source_info(figure)
        self.set_source_info(caption)
        self.add_name(figure)
        return [figure, *messages]


def visit(self: HTML5Translator, node: interactive) -> None:
    """Open the element."""
    values = "".join(f' {name}="{escape(text)}"' for name, text in node["attributes"].items())
    self.body.append(f"<crossent-{node['kind']}{values}>")


def depart(self: HTML5Translator, node: interactive) -> None:
    """Close the element."""
    self.body.append(f"</crossent-{node['kind']}>")


def add_scripts(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Load on this page what its interactive figures need."""
    kinds = {node["kind"] for node in doctree.findall(interactive)} if doctree else set()
    for name in ["figure", *sorted(kinds)] if kinds else []:
        app.add_js_file(f"interactive/{name}.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, object]:
    """Register the directive."""
    app.add_node(interactive, html=(visit, depart))
    app.add_directive("interactive", Interactive)
    app.connect("html-page-context", add_scripts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

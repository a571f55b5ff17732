"""Link code that names a function of the package to its entry in the reference.

A link to the wrong function is worse than none, and many a name belongs to several libraries:
``cross_entropy`` is PyTorch's as well. So code in the text is linked only where it can mean one
thing,

* a dotted name that ends the full name of exactly one entry, ``crossent.entropy`` or
  ``library.gibbs``, or begins with what the page imports; if it is called, with any arguments;
* a name called with the arguments of its signature: ``cross_entropy(p, q)``, but not
  ``cross_entropy(z, y)``;
* a bare name that the cells of the page import from the package and do not assign to, or, in
  the reference itself, the last part of exactly one entry; unless it is an argument of some
  function, too;

and once in a section, where a reader who jumps to it finds it, without a line of links to the
same place. Headings are not linked.

In the cells names are told by Python's own parser: what an import from the package binds. The
first use in each cell is linked.
"""

from __future__ import annotations

import ast
import inspect
import pydoc
import re
from functools import cache
from html import escape, unescape
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.util.nodes import make_refnode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

PACKAGE = "crossent"
CALLABLES = ("function", "method")
TOP_LEVEL = ("function", "class", "exception")
UNLINKED = (nodes.title, nodes.reference, addnodes.desc_signature, nodes.rubric)

_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_CELL = re.compile(
    r'(<div class="cell_input[^>]*>\s*(?:<div[^>]*>\s*)+<pre>)(.*?)(?=</pre>)', re.DOTALL
)
_TOKEN = re.compile(r"<[^>]*>|\n|[^<\n]+")


# The entries of the reference ---------------------------------------------------------------


class Entry(NamedTuple):
    """Where a documented object stands."""

    name: str
    kind: str
    docname: str
    anchor: str


class Reference:
    """The entries by their names."""

    def __init__(self, entries: list[Entry]):
        self.entries = {entry.name: entry for entry in entries}
        self.pages = {entry.docname for entry in entries}
        self.arguments = {
            name for entry in entries if entry.kind in CALLABLES for name in parameters(entry.name)
        }

    def ending(self, name: str, kinds: tuple[str, ...] = ()) -> Entry | None:
        """Return the one entry, of some kinds or any, that `name` is or is the end of."""
        found = [
            entry
            for entry in self.entries.values()
            if f".{entry.name}".endswith(f".{name}") and (not kinds or entry.kind in kinds)
        ]
        return found[0] if len(found) == 1 else None

    def imported(self, name: str, kinds: tuple[str, ...] = ()) -> Entry | None:
        """Return the entry of an object by the module that it was imported from.

        That may be the module which defines it, and not the one under which it is documented.
        """
        if name in self.entries:
            entry = self.entries[name]
            return entry if not kinds or entry.kind in kinds else None
        return self.ending(name.rpartition(".")[2], TOP_LEVEL) if exists(name) else None

    def meant(self, code: str, names: dict[str, str] | None) -> Entry | None:
        """Return the entry that code in the text names, if it can mean nothing else.

        Parameters
        ----------
        code : str
            What stands in the text.
        names : dict or None
            What `bindings` returns for the page; None in the reference.
        """
        try:
            node = ast.parse(code, mode="eval").body
        except (SyntaxError, ValueError):
            return None
        call = node if isinstance(node, ast.Call) else None
        name = ast.unparse(call.func if call else node)
        if not _DOTTED.fullmatch(name):
            return None
        root, _, rest = name.partition(".")
        if rest:
            bound = self.imported(f"{names[root]}.{rest}") if names and root in names else None
            return bound or self.ending(name)
        if name not in self.arguments:
            if names is None:
                entry = self.ending(name, TOP_LEVEL)
            else:
                entry = self.imported(names[name], TOP_LEVEL) if name in names else None
            if entry:
                return entry
        entry = self.ending(name, TOP_LEVEL) if call else None
        return entry if entry and is_call_of(call, parameters(entry.name)) else None


@cache
def parameters(name: str) -> tuple[str, ...]:
    """Return the names of the parameters of a documented object."""
    return tuple(inspect.signature(pydoc.locate(name)).parameters)


@cache
def exists(name: str) -> bool:
    """Whether there is an object of this name in the package."""
    return pydoc.locate(name) is not None


def is_call_of(call: ast.Call, names: tuple[str, ...]) -> bool:
    """Whether the arguments of a call are called as the parameters are."""
    positional = tuple(ast.unparse(argument) for argument in call.args)
    keywords = {keyword.arg for keyword in call.keywords}
    given = bool(positional or keywords)
    return given and positional == names[: len(positional)] and keywords <= set(names)


def reference_of(env: BuildEnvironment) -> Reference:
    """Return what the pages document, each object under the name that it has there."""
    return Reference(
        [
            Entry(name, found.objtype, found.docname, found.node_id)
            for name, found in env.domains["py"].objects.items()
            if not found.aliased
        ]
    )


# The names of a page ------------------------------------------------------------------------


def bindings(cells: list[str]) -> dict[str, str]:
    """Return the full name behind each name that cells bind to something of the package.

    A name that a cell binds in another way as well is left out: it may mean either.
    """
    full, other = {}, set()
    for node in (node for cell in cells for node in ast.walk(parsed(cell))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == PACKAGE:
                    full[alias.asname or PACKAGE] = alias.name if alias.asname else PACKAGE
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (node.module or "").partition(".")[0] == PACKAGE:
                    full[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                else:
                    other.add(alias.asname or alias.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            other.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            other.add(node.name)
        elif isinstance(node, ast.arg):
            other.add(node.arg)
    return {name: target for name, target in full.items() if name not in other}


def parsed(cell: str) -> ast.Module:
    """Return the syntax tree of a cell, an empty one if it is not plain Python."""
    try:
        return ast.parse(cell)
    except SyntaxError:
        return ast.Module([], [])


def uses(cell: str, names: dict[str, str]) -> Iterator[tuple[tuple[int, int], str, str]]:
    """Yield line, column, text and full name of what a cell uses of the package."""
    lines = cell.splitlines()

    def place(line: int, offset: int) -> tuple[int, int]:
        """From the parser's position, which counts bytes, to characters."""
        return line, len(lines[line - 1].encode()[:offset].decode())

    for node in ast.walk(parsed(cell)):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) in names:
                    full = names[alias.asname or alias.name]
                    yield place(alias.lineno, alias.col_offset), alias.name, full
        elif isinstance(node, ast.Name) and node.id in names:
            yield place(node.lineno, node.col_offset), node.id, names[node.id]
        elif isinstance(node, ast.Attribute):
            root, _, rest = ast.unparse(node).partition(".")
            if root in names and _DOTTED.fullmatch(rest):
                start = node.end_col_offset - len(node.attr.encode())
                yield place(node.end_lineno, start), node.attr, f"{names[root]}.{rest}"


# Linking ------------------------------------------------------------------------------------


def link_text(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn code in the text of a page into links."""
    reference = reference_of(app.env)
    names = None
    if docname not in reference.pages:
        names = bindings([cell.astext() for cell in code_cells(doctree)])
    linked = set()
    for literal in list(doctree.findall(nodes.literal)):
        above = list(ancestors(literal))
        if any(isinstance(node, UNLINKED) for node in above):
            continue
        entry = reference.meant(literal.astext(), names)
        part = next(node for node in above if isinstance(node, PARTS))
        if entry is None or (part, entry) in linked or entry.anchor in own_ids(above):
            continue
        linked.add((part, entry))
        link = make_refnode(
            app.builder, docname, entry.docname, entry.anchor, literal.deepcopy(), entry.name
        )
        literal.replace_self(link)


#: What counts as a section: within an entry of the reference, the entry.
PARTS = (nodes.section, addnodes.desc, nodes.document)


def ancestors(node: nodes.Node) -> Iterator[nodes.Element]:
    """Yield the nodes around a node, the innermost first."""
    while node.parent is not None:
        node = node.parent
        yield node


def own_ids(above: list[nodes.Element]) -> set[str]:
    """Return the anchors of the entries that a node stands in."""
    signatures = (node[0] for node in above if isinstance(node, addnodes.desc))
    return {name for signature in signatures for name in signature["ids"]}


def code_cells(doctree: nodes.document) -> Iterator[nodes.literal_block]:
    """Yield the code of the cells of a page."""
    for block in doctree.findall(nodes.literal_block):
        if "cell_input" in block.parent.get("classes", ()):
            yield block


def link_cells(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Turn names in the cells of a page into links."""
    names = bindings([cell.astext() for cell in code_cells(doctree)]) if doctree else {}
    if not names:
        return
    reference = reference_of(app.env)

    def address(full: str) -> tuple[str, str] | None:
        entry = reference.imported(full)
        if entry is None or entry.kind == "module":
            return None
        page = app.builder.get_relative_uri(pagename, entry.docname)
        return f"{page}#{entry.anchor}", entry.name

    context["body"] = _CELL.sub(
        lambda match: match[1] + link_names(match[2], names, address), context["body"]
    )


def link_names(html: str, names: dict[str, str], address) -> str:
    """Return a highlighted cell with the first use of each name linked.

    Parameters
    ----------
    html : str
        The cell as Pygments wrote it: text in spans.
    names : dict
        What `bindings` returns.
    address : callable
        Maps a full name to an address and a title, or to None.
    """
    source = unescape(re.sub(r"<[^>]*>", "", html))
    places, seen = {}, set()
    for place, text, full in sorted(uses(source, names)):
        target = address(full)
        if target and target not in seen:
            seen.add(target)
            places[place] = text, *target
    parts, line, column = [], 1, 0
    for token in _TOKEN.findall(html):
        text = unescape(token)
        if token == "\n":
            line, column = line + 1, 0
        elif not token.startswith("<"):
            name, link, title = places.get((line, column), (None, "", ""))
            column += len(text)
            if name == text:
                token = f'<a href="{escape(link)}" title="{escape(title)}">{token}</a>'
        parts.append(token)
    return "".join(parts)


def setup(app: Sphinx) -> dict[str, object]:
    """Connect both kinds of links."""
    app.connect("doctree-resolved", link_text)
    app.connect("html-page-context", link_cells)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

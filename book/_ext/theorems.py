"""List the numbered statements of the book, and say of each how it is proved.

``{statements} theorems`` makes a table for each chapter, ``{statements} definitions`` one table.
Everything in them is read off the pages: the proof of a statement is the first one after it, and
what it rests on are the derivations, statements, cells and works to which that proof links.  A
proof that is another's, or that is an example, says so by its class, ``cited`` or ``instance``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode
from sphinx_proof.nodes import NODE_TYPES, proof_node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

KINDS = ("theorems", "definitions")
PREFIX = "drv-"  # of the names of derivations, as in derivations.py
#: How a statement is proved that leans on no checked derivation.
BY_CLASS = {"cited": "cited", "instance": "by an example"}
BY_HAND = "by hand"


class statements(nodes.General, nodes.Element):
    """The place of a list, until all pages have been read."""


class Statements(SphinxDirective):
    """The directive."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Leave a placeholder."""
        if self.arguments[0] not in KINDS:
            raise self.error(f"{self.arguments[0]!r} is none of {', '.join(KINDS)}")
        return [statements(kind=self.arguments[0])]


@dataclass
class Statement:
    """A numbered statement and what its proof points at."""

    docname: str
    node: nodes.Element
    number: tuple[int, ...]
    proofs: list[nodes.Element] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The anchor."""
        return self.node["label"]

    @property
    def name(self) -> str:
        """The kind and the number, as in "Theorem 2.1"."""
        return f"{self.node['realtype'].title()} {'.'.join(map(str, self.number))}"

    @property
    def classes(self) -> set[str]:
        """The classes of the proof."""
        return {name for proof in self.proofs for name in proof[0]["classes"]}

    def links(self, domain: str, *kinds: str) -> list[str]:
        """Return the targets of the proof's references of some kind, each once, in order."""
        found = [
            target
            for proof in self.proofs
            for xref in proof.findall(addnodes.pending_xref)
            if xref["refdomain"] == domain and (not kinds or xref["reftype"] in kinds)
            for target in xref["reftarget"].split(",")
        ]
        return list(dict.fromkeys(found))

    @property
    def derivations(self) -> list[str]:
        """The checked derivations that the proof uses."""
        return [name for name in self.links("std", "numref") if name.startswith(PREFIX)]

    @property
    def cells(self) -> list[str]:
        """The cells that compute a part of the proof."""
        return [name for name in self.links("std", "ref") if name.startswith("cell-")]

    @property
    def method(self) -> str:
        """How it is proved, in a word or two; empty if derivations say it."""
        if self.derivations:
            return ""
        return next((BY_CLASS[name] for name in BY_CLASS if name in self.classes), BY_HAND)


def collect(env: BuildEnvironment) -> list[Statement]:
    """Return all statements of the book in the order of their pages."""
    found = []
    for docname in env.found_docs:
        last = None
        numbers = env.toc_fignumbers.get(docname, {})
        for node in env.get_doctree(docname).findall(nodes.Admonition):
            if type(node) in NODE_TYPES.values():
                last = Statement(docname, node, numbers[node["countertype"]][node["label"]])
                found.append(last)
            elif isinstance(node, proof_node) and last:
                last.proofs.append(node)
    return sorted(found, key=lambda statement: statement.number[0])  # stable: page order is kept


class ListStatements(SphinxPostTransform):
    """Put the tables in their places."""

    default_priority = 5  # before references are resolved, at 10, since it adds some

    def run(self, **kwargs: object) -> None:
        """Fill the placeholders of one page."""
        places = list(self.document.findall(statements))
        everything = collect(self.env) if places else []
        self.known = {s.label: s for s in everything}
        definitions = [s for s in everything if s.node["realtype"] == "definition"]
        proved = [s for s in everything if s not in definitions]
        for place in places:
            if place["kind"] == "definitions":
                rows = ([self.entry(s)] for s in definitions)
                place.replace_self(table(["Definition"], rows))
            else:
                place.replace_self([summary(proved), *self.chapters(proved)])

    def chapters(self, proved: list[Statement]) -> Iterator[nodes.section]:
        """Yield a section with a table for each chapter."""
        for docname in dict.fromkeys(s.docname for s in proved):
            here = [s for s in proved if s.docname == docname]
            title = nodes.title("", f"{here[0].number[0]}. {self.env.titles[docname].astext()}")
            rows = ([self.entry(s), self.proof(s)] for s in here)
            anchor = f"theorems-{docname.rpartition('/')[2].replace('_', '-')}"
            yield nodes.section("", title, table(["Statement", "Proof"], rows), ids=[anchor])

    def link(self, docname: str, anchor: str, text: str) -> nodes.reference:
        """Return a link to an anchor of a page."""
        here = self.env.docname
        return make_refnode(self.app.builder, here, docname, anchor, nodes.Text(text))

    def entry(self, statement: Statement) -> list[nodes.Node]:
        """Return the number of a statement as a link, and its title."""
        parts = [part.deepcopy() for part in statement.node[0].children]
        if parts:  # sphinx-proof has put the title in brackets
            parts[0] = nodes.Text(parts[0].astext().removeprefix(" ("))
            parts[-1] = nodes.Text(parts[-1].astext().removesuffix(")"))
        link = self.link(statement.docname, statement.label, statement.name)
        return [nodes.strong("", "", link), nodes.Text(" "), *parts]

    def proof(self, statement: Statement) -> list[nodes.Node]:
        """Return how a statement is proved, with links to what the proof rests on."""
        anchors = self.env.get_domain("std").anonlabels
        numbers = {name: self.number(*anchors[name]) for name in statement.derivations}
        derivations = [
            self.link(*anchors[name], f"Derivation {'.'.join(map(str, numbers[name]))}")
            for name in sorted(numbers, key=numbers.get)
        ]
        cells = [self.link(*anchors[name], "a computation") for name in statement.cells]
        used = [self.known[label] for label in statement.links("prf")]
        others = [
            self.link(s.docname, s.label, s.name)
            for s in used
            if s is not statement and s.node["realtype"] != "definition"
        ]
        works = [citation(key, self.env.docname) for key in statement.links("cite")]
        is_cited = statement.method == BY_CLASS["cited"]
        groups = [
            [nodes.Text(statement.method)] if statement.method and not is_cited else [],
            listed("", derivations),
            listed("", cells),
            listed("from ", others),
            listed("cited from " if is_cited else "cites ", works),
        ]
        parts: list[nodes.Node] = []
        for group in filter(None, groups):
            parts += [nodes.Text("; "), *group] if parts else group
        return parts

    def number(self, docname: str, anchor: str) -> tuple[int, ...]:
        """Return the number of a derivation."""
        return self.env.toc_fignumbers[docname]["derivation"][anchor]


def listed(word: str, links: list[nodes.Node]) -> list[nodes.Node]:
    """Return links with commas between them and a word before, or nothing if there are none."""
    parts = [part for link in links for part in (nodes.Text(", "), link)]
    return [nodes.Text(word), *parts[1:]] if parts else []


def citation(key: str, docname: str) -> addnodes.pending_xref:
    """Return a reference to a work, to be resolved like those in the text."""
    return addnodes.pending_xref(
        "",
        nodes.inline("", key),
        refdomain="cite",
        reftype="t",
        reftarget=key,
        refdoc=docname,
        refexplicit=False,
        refwarn=True,
    )


def summary(proved: list[Statement]) -> nodes.paragraph:
    """Return a sentence that counts."""
    methods = [s.method for s in proved]
    counts = ", ".join(
        f"{methods.count(method)} {words}"
        for method, words in (
            ("", "lean on derivations that the computer checked"),
            (BY_HAND, "are proved by hand"),
            (BY_CLASS["instance"], "by an example"),
            (BY_CLASS["cited"], "are cited"),
        )
    )
    return nodes.paragraph("", f"Of {len(proved)} statements {counts}.")


def table(head: list[str], rows: Iterable[list[list[nodes.Node]]]) -> nodes.table:
    """Return a table of inline contents."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += nodes.thead("", row([[nodes.Text(title)] for title in head]))
    group += nodes.tbody("", *map(row, rows))
    return nodes.table("", group, classes=["statements"])


def row(cells: list[list[nodes.Node]]) -> nodes.row:
    """Return one line of a table."""
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))


def setup(app: Sphinx) -> dict[str, object]:
    """Register the directive and what fills its place."""
    app.add_node(statements)
    app.add_directive("statements", Statements)
    app.add_post_transform(ListStatements)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

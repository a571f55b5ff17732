"""Make the index: where the terms of the glossary are used, and where the theorems stand.

Sphinx gathers an entry for each term of the glossary and for each ``{index}`` role. Here

* every ``{term}`` link in a chapter adds the place where it stands to its term;
* every definition, theorem, proposition and corollary adds its title;
* the page becomes the last one of the table of contents;
* its entries are prepared for ``templates/genindex.html``: places are named as the reader finds
  them on the page, "2.8" or "Theorem 2.4", and come in the order of the book.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.nodes import make_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

ARTICLES = ("The ", "A ", "An ")


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands."""

    order: tuple[int, int]  # of the page in the book, of the place on the page
    label: str  # "2.8", "Theorem 2.4"
    link: str
    section: str  # its heading
    is_statement: bool  # a definition or theorem


@dataclass
class Entry:
    """One line of the index, and the lines below it."""

    name: str
    definition: str | None = None  # link into the glossary
    places: list[Place] = field(default_factory=list)
    below: dict[str, Entry] = field(default_factory=dict)

    def line(self, name: str) -> Entry:
        """Return the line below this one that has `name`, in whatever case."""
        return self.below.setdefault(name.casefold(), Entry(name))

    @property
    def is_title(self) -> bool:
        """Whether the name is that of theorems and nothing else."""
        return not self.definition and all(place.is_statement for place in self.places)

    @property
    def lines(self) -> list[Entry]:
        """The lines below this one by the alphabet."""
        return sorted(self.below.values(), key=lambda entry: (plain(entry.name), entry.name))

    @property
    def locators(self) -> list[Place]:
        """The places as the reader of the book comes to them, each label once."""
        last_to_first = sorted(self.places, reverse=True)
        return list({place.label: place for place in last_to_first}.values())[::-1]


def plain(name: str) -> str:
    """Return what a name is sorted by: its letters and digits, without accents and case."""
    return "".join(c for c in normalize("NFD", name.casefold()) if c.isalnum() or c == " ")


def headword(title: str) -> str:
    """Return a title as an entry, without the article at its beginning."""
    for article in ARTICLES:
        if title.startswith(article):
            rest = title.removeprefix(article)
            return rest[0].upper() + rest[1:]
    return title


# While the sources are read -------------------------------------------------------------------


def gather(app: Sphinx, doctree: nodes.document) -> None:
    """Add what one page contributes to the index, and the index to the table of contents."""
    env = app.env
    if env.docname == app.config.root_doc:
        for toctree in list(doctree.findall(addnodes.toctree))[-1:]:
            toctree["entries"].append((None, "genindex"))
    elif not any(doctree.findall(addnodes.glossary)):
        found = [*statements(doctree, app.config.proof_title_format), *uses(env, doctree)]
        entries = env.get_domain("index").entries.setdefault(env.docname, [])
        entries += [("single", name, anchor, "", None) for name, anchor in found]


def uses(env: BuildEnvironment, doctree: nodes.document) -> Iterator[tuple[str, str]]:
    """Put an anchor before every link to a term, and yield term and anchor."""
    for link in list(doctree.findall(addnodes.pending_xref)):
        if (link["refdomain"], link["reftype"]) == ("std", "term"):
            anchor = make_id(env, doctree, "use", link["reftarget"])
            target = nodes.target("", "", ids=[anchor])
            link.parent.insert(link.parent.index(link), target)
            doctree.note_explicit_target(target)
            yield link["reftarget"], anchor


def statements(doctree: nodes.document, title_format: str) -> Iterator[tuple[str, str]]:
    """Yield title and anchor of every definition, theorem and the like.

    A title with a formula is left out: a formula has no place in the alphabet.
    """
    before, after = title_format.split("%t")
    for node in doctree.findall(nodes.Element):
        if "realtype" in node:
            title = node.next_node(nodes.title)
            name = title.astext().removeprefix(before).removesuffix(after).replace("’", "'")
            if name and not any(title.findall(nodes.math)):
                yield headword(name), node["ids"][0]


# When the page is written ---------------------------------------------------------------------


def prepare(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give the template of the index its entries, letter by letter."""
    if pagename == "genindex":
        groups = groupby(collect(app).lines, key=lambda entry: plain(entry.name)[0].upper())
        context["letters"] = [(letter, list(entries)) for letter, entries in groups]


def collect(app: Sphinx) -> Entry:
    """Return all entries, as the lines below one without a name."""
    root = Entry("")
    pages = list(reading_order(app.env, app.config.root_doc))
    for docname, entries in app.env.get_domain("index").entries.items():
        uri = app.builder.get_relative_uri("genindex", docname)
        places = dict(places_on(app.env, docname, pages.index(docname), uri)) if entries else {}
        for kind, value, anchor, main, _ in entries:
            if kind == "pair" and value.startswith("module; "):  # as autodoc writes it
                kind, value = "single", f"{value.removeprefix('module; ')} (module)"
            if kind != "single":
                logger.warning(
                    "no index entries of type %r, as in %r", kind, value, location=docname
                )
                continue
            entry = root
            for name in value.split(";"):
                entry = entry.line(name.strip())
            if main == "main":  # from the glossary, whose spelling counts
                entry.name, entry.definition = value, places[anchor].link
            else:
                entry.places.append(places[anchor])
    return root


def reading_order(env: BuildEnvironment, docname: str) -> Iterator[str]:
    """Yield the pages in the order of the table of contents."""
    yield docname
    for child in env.toctree_includes.get(docname, ()):
        yield from reading_order(env, child)


def places_on(
    env: BuildEnvironment, docname: str, order: int, uri: str
) -> Iterator[tuple[str, Place]]:
    """Yield every anchor of a page with its place."""
    sections = env.toc_secnumbers.get(docname, {})
    theorems = env.toc_fignumbers.get(docname, {})
    for position, node in enumerate(env.get_doctree(docname).findall(nodes.Element)):
        for anchor in node.get("ids", ()):
            section = section_of(node)
            heading = section.next_node(nodes.title).astext()
            number = sections.get("#" + section["ids"][0], sections.get(""))
            label = dotted(number) if number else heading
            is_statement = "realtype" in node
            if is_statement:
                number = theorems[node["countertype"]][anchor]
                label = f"{node['realtype'].capitalize()}\N{NO-BREAK SPACE}{dotted(number)}"
            link = f"{uri}#{anchor}"
            yield anchor, Place((order, position), label, link, heading, is_statement)


def section_of(node: nodes.Node) -> nodes.section:
    """Return the section with a heading in which a node stands."""
    while not (isinstance(node, nodes.section) and isinstance(node.next_node(), nodes.title)):
        node = node.parent
    return node


def dotted(number: tuple[int, ...]) -> str:
    """Return a number as it is shown, "2.8"."""
    return ".".join(map(str, number))


def setup(app: Sphinx) -> dict[str, object]:
    """Connect the two halves."""
    app.connect("doctree-read", gather)
    app.connect("html-page-context", prepare)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

"""The reference holds all of the package, and code in text and cells leads to the right entry."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import re
from html import unescape
from pathlib import Path

import apilinks
import nbformat
import pages
import pytest

import crossent

ROOT = Path(__file__).resolve().parent.parent


# The entries ----------------------------------------------------------------------------------


def public_names() -> set[str]:
    """Return what ``__all__`` exposes, under the shortest name, with the members of classes."""
    walked = pkgutil.walk_packages(crossent.__path__, "crossent.")
    modules = [crossent] + [
        importlib.import_module(found.name)
        for found in walked
        if not any(part.startswith("_") for part in found.name.split("."))
    ]
    names, objects = {}, {}
    for module in sorted(modules, key=lambda module: module.__name__.count(".")):
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            named = inspect.isclass(thing) or inspect.isfunction(thing)
            key = (thing.__module__, name) if named else (module.__name__, name)
            if key not in names:
                names[key], objects[key] = f"{module.__name__}.{name}", thing
    public = set(names.values())
    for key, thing in objects.items():
        if inspect.isclass(thing):
            public |= {f"{names[key]}.{member}" for member in public_members(thing)}
    return public


def public_members(kind: type) -> set[str]:
    """Return what a class has, beside what it has from classes of other packages."""
    ours = [base for base in kind.__mro__ if base.__module__.startswith("crossent")]
    others = [base for base in kind.__mro__ if base not in ours]
    members = {name for base in ours for name in vars(base) if not name.startswith("_")}
    return {name for name in members if not any(hasattr(base, name) for base in others)}


def entries(html: str) -> list[str]:
    """Return the anchors of the objects that a page documents."""
    return re.findall(r'<dt class="sig sig-object py" id="([^"]*)"', html)


@pytest.fixture(scope="module")
def built(site) -> dict[str, str]:
    """Return the pages of the book."""
    return {path.stem: path.read_text("utf-8") for path in site.glob("book/*.html")}


def test_reference_is_complete(built):
    """Everything public has one entry, and nothing else has one."""
    found = sorted(name for html in built.values() for name in entries(html))
    assert found == sorted(public_names())


def test_members_are_those_of_the_package():
    """What a class inherits from elsewhere is not its own, and what is ours is."""
    symbolic = importlib.import_module("crossent.symbolic")
    assert public_members(symbolic.Phi) == {"unfolded"}
    assert {"size", "define"} <= public_members(symbolic.Context)
    assert "with_traceback" not in public_members(symbolic.StepError)


def faults_of_markup(html: str) -> list[str]:
    """Return what was meant to be markup and was not, or was not and is."""
    prose = re.sub(r"<(pre|code|script)\b.*?</\1>", "", html, flags=re.DOTALL)
    left = re.findall(r">>>|``|:\w+:`", unescape(re.sub("<[^>]*>", "", prose)))
    return left + re.findall('<ol class="(?:upper|lower)[^>]*>', html)  # "I. J. Good" as number I


def test_docstrings_are_rendered(built):
    """No reStructuredText is left, and no initials are taken for numbers of a list."""
    documenting = {name: html for name, html in built.items() if entries(html)}
    assert len(documenting) == 3
    for name, html in documenting.items():
        assert not faults_of_markup(html), name


@pytest.mark.parametrize(
    "fault",
    ["<p>&gt;&gt;&gt; f()</p>", "<p>``f``</p>", "<p>:math:`x`</p>", '<ol class="upperroman">'],
)
def test_faults_of_markup_are_found(fault):
    """The check can fail, and does not on code."""
    assert not faults_of_markup("<pre>&gt;&gt;&gt; f()</pre><code>``f``</code><ol><li>a</li></ol>")
    assert faults_of_markup(fault)


def test_parameters_on_lines_of_their_own_become_a_list():
    """Only those of a signature do, and definitions stay what they are."""
    html = '<dt class="sig py">f(<dl>\n<dd>a</dd>\n</dl>)</dt><dd><dl><dd>b</dd></dl></dd>'
    expected = '<dt class="sig py">f(<ul class="sig-params">\n<li>a</li>\n</ul>)</dt>'
    assert pages.list_parameters(html) == expected + "<dd><dl><dd>b</dd></dl></dd>"


# The links ------------------------------------------------------------------------------------


def api_links(html: str) -> list[tuple[str, str]]:
    """Return text and target of the links to the reference in an article."""
    found = re.findall(
        r'<a [^>]*href="[^"#]*#([^"]*)"[^>]* title="crossent[^>]*>(.*?)</a>', html, re.DOTALL
    )
    return [(re.sub("<[^>]*>", "", text), anchor) for anchor, text in found]


def test_pages_link_to_the_reference(built):
    """The table of symbols does, and the cells of every chapter."""
    assert ("cross_entropy(p, q)", "crossent.cross_entropy") in api_links(built["notation"])
    for path in ROOT.glob("book/*.ipynb"):
        assert api_links(built[path.stem]), path.stem


ENTRIES = """# Entries

```{eval-rst}
.. automodule:: crossent.votes
   :members:
.. autofunction:: crossent.entropy
.. autofunction:: crossent.cross_entropy
.. autofunction:: crossent.softmax_cross_entropy
.. autofunction:: crossent.softmax_cross_entropy_grad
.. autofunction:: crossent.training.fit
```
"""
#: Code in the text of a page that imports `fit` and `crossent.votes as ballot`, and what it means.
CODE = {
    "crossent.entropy": "crossent.entropy",
    "crossent.entropy(anything)": "crossent.entropy",
    "votes.majority": "crossent.votes.majority",
    "ballot.dissent": "crossent.votes.dissent",
    "crossent.votes": "module-crossent.votes",
    "cross_entropy(p, q)": "crossent.cross_entropy",
    "cross_entropy(p, q, base=2)": "crossent.cross_entropy",
    "softmax_cross_entropy(logits, targets)": "crossent.softmax_cross_entropy",
    "fit": "crossent.training.fit",
    "fit(network, x, p)": "crossent.training.fit",
    "cross_entropy": None,  # PyTorch's, it may be
    "cross_entropy(z, y)": None,
    "cross_entropy()": None,
    "scipy.stats.entropy": None,
    "scipy.stats.entropy(p)": None,
    "majority": None,  # the page binds it to something else
    "counts": None,
    "labels": None,
    "votes": None,
    "entropy(p) + 1": None,
    "-x": None,
    "not code": None,
}
CELLS = [
    "import crossent\nfrom crossent import (  # ü\n    entropy, votes as ballot)\n"
    "from crossent.training import fit\nfrom crossent.votes import majority",
    "é = {'ü': crossent.entropy(p), 'fit': fit}; crossent.entropy(q)",
    "majority = ballot.majority(counts, rng)\nmajority.entropy, f(fit=1), 'entropy'",
    "%timeit entropy(p)",
]


@pytest.mark.parametrize(
    ("code", "entry"),
    [
        ("training.fit", "crossent.training.fit"),
        ("votes.fit", None),
        ("fit", None),  # either
        ("base", None),  # an argument of entropy
        ("crossent.base", "crossent.base"),
    ],
)
def test_ambiguous_names_are_not_linked(code, entry):
    """A name of two entries means neither, and that of an argument the argument."""
    names = {"entropy": "function"} | dict.fromkeys(
        ("base", "models.fit", "training.fit"), "class"
    )
    entries = [apilinks.Entry(f"crossent.{n}", kind, "page", n) for n, kind in names.items()]
    found = apilinks.Reference(entries).meant(code, None)
    assert (found and found.name) == entry


@pytest.fixture(scope="module")
def planted(build_book, small_book, tmp_path_factory) -> str:
    """Return the article of a page with code that has to be linked or must not be."""
    toc = "format: jb-book\nroot: index\nchapters:\n- file: book/entries\n- file: book/text\n"
    files = {
        "_toc.yml": toc,
        "index.md": "# Index\n",
        "book/entries.md": ENTRIES,
    }
    source = small_book(tmp_path_factory.mktemp("planted") / "source", files)
    text = "# Title `fit`\n\n" + "".join(f"## {i}\n\n`{c}`\n\n" for i, c in enumerate(CODE))
    text += "## Twice\n\n`fit` [`fit`](#x) `fit`\n\n(x)=\n"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(text), *map(nbformat.v4.new_code_cell, CELLS)],
        metadata={"language_info": {"name": "python", "pygments_lexer": "ipython3"}},
    )
    nbformat.write(notebook, source / "book" / "text.ipynb")
    output = tmp_path_factory.mktemp("planted")
    result = build_book(source, output)
    assert result.returncode == 0, result.stderr[-4000:]
    html = (output / "_build" / "html" / "book" / "text.html").read_text("utf-8")
    return re.search("<article.*</article>", html, re.DOTALL).group()


def test_code_in_the_text_is_linked_where_it_can_mean_one_thing(planted):
    """Each planted case is linked to its entry, or not at all."""
    sections = re.split(r"<section ", planted)[2:]
    found = {code: api_links(html) for code, html in zip(CODE, sections, strict=False)}
    assert found == {code: [(code, entry)] if entry else [] for code, entry in CODE.items()}


def test_code_in_the_text_is_linked_once_in_a_section(planted):
    """Neither headings nor what is a link already are linked, nor a name again."""
    heading = planted[: planted.index("<h2")]
    assert not api_links(heading)
    twice = planted[planted.index("Twice") : planted.index("cell_input")]
    assert api_links(twice) == [("fit", "crossent.training.fit")]


def test_names_in_cells_are_linked(planted):
    """Imports and first uses are, and neither arguments, attributes, strings nor magics."""
    cells = re.findall(r"cell_input.*?<pre>(.*?)</pre>", planted, re.DOTALL)
    entropy, fit = ("entropy", "crossent.entropy"), ("fit", "crossent.training.fit")
    assert [api_links(cell) for cell in cells] == [
        [entropy, fit],
        [entropy, fit],
        [("majority", "crossent.votes.majority")],
        [],
    ]
    for cell, source in zip(cells, CELLS, strict=True):
        assert unescape(re.sub("<[^>]*>", "", cell)).strip() == source

"""The glossary defines what the chapters use, and the index finds it."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ENTRY = re.compile(r'<dt id="(term-[^"]+)">.*?</dt><dd>(.*?)</dd>', re.DOTALL)
STATEMENT = re.compile(r'<div class="proof [^"]*" id="([^"]+)">\s*<p[^>]*>(.*?)</p>', re.DOTALL)
LINE = re.compile(r"<ul|</ul>|<li>.*?(?=<ul|</li>)", re.DOTALL)
LOCATOR = re.compile(r', <a href="([^"]+)" title="[^"]*">([^<]+)</a>')


def text_of(html: str) -> str:
    """Return the words of a piece of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def index_lines(html: str) -> list[tuple[int, str, str | None, dict[str, str]]]:
    """Return depth, name, link to the definition and places (label to link) of each line."""
    lines, depth = [], 0
    for piece in LINE.findall(html[html.index("<article") : html.index("</article>")]):
        if piece.startswith("<li>"):
            name, *_ = LOCATOR.split(piece, maxsplit=1)
            definition = re.search(r'href="([^"]+)"', name)
            found = LOCATOR.findall(piece)
            places = {unescape(label): link for link, label in found}
            assert len(places) == len({link for link, _ in found}) == len(found), piece
            lines.append((depth, text_of(name), definition and definition[1], places))
        else:
            depth += 1 if piece == "<ul" else -1
    return lines


@pytest.fixture(scope="module")
def pages(site) -> dict[str, str]:
    """The book's pages, as HTML."""
    return {
        path.relative_to(site).as_posix(): path.read_text("utf-8")
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.parts
    }


@pytest.fixture(scope="module")
def glossary(pages) -> dict[str, str]:
    """The definitions by the anchors of their terms, as HTML."""
    return dict(ENTRY.findall(pages["book/glossary.html"]))


def test_every_term_of_the_glossary_is_used(glossary, pages):
    """Chapters link every term, or it is another word for one that they link."""
    assert len(glossary) > 60
    others = {a: text for a, text in glossary.items() if text_of(text).startswith("See ")}
    used = {
        anchor
        for html in pages.values()
        for anchor in re.findall(r'href="glossary\.html#(term-[^"]+)"', html)
    }
    assert glossary.keys() - others.keys() <= used
    for anchor, text in others.items():
        assert re.search(r'href="#(term-[^"]+)"', text)[1] not in others, anchor


def test_every_definition_leads_into_the_book(glossary):
    """A definition says where the book introduces the word, or which word to look up."""
    for anchor, text in glossary.items():
        assert text_of(text).startswith("See ") or re.search(r'href="[\w./]+\.html', text), anchor


def test_index_has_everything_once(glossary, pages):
    """Terms, their places, and all statements with a title that the alphabet can hold."""
    lines = index_lines(pages["genindex.html"])
    names = [name.casefold() for depth, name, *_ in lines if depth == 1]
    assert len(names) == len(set(names))
    assert {definition for _, _, definition, _ in lines if definition} == {
        f"book/glossary.html#{anchor}" for anchor in glossary
    }
    places = {link for *_, places in lines for link in places.values()}
    statements = {
        f"{name}#{anchor}": title
        for name, html in pages.items()
        for anchor, title in STATEMENT.findall(html)
    }
    assert len(statements) > 100
    for link, title in statements.items():
        assert (link in places) != ("<math" in title), title


def test_index_of_a_small_book(build_book, tmp_path):
    """Every kind of entry, its place, its order, and what becomes of repetitions."""
    toc = """format: jb-book
root: index
parts:
  - caption: Part
    numbered: true
    chapters:
      - file: book/chapter
  - caption: Reference
    chapters:
      - file: book/glossary
"""
    chapter = """# Chapter

## First section

A {term}`word`, again a {term}`shown word <word>`, and {index}`apples <Äpfel, fruits; Äpfel>`.

```{prf:theorem} The planted theorem
:label: thm-planted

True.
```

## Second section

```{prf:definition} Word
:label: def-word

A {term}`word`.
```

```{prf:theorem} On $x$
:label: thm-formula

True.
```
"""
    glossary = """# Glossary

```{glossary}
word
  A sound.

Unused
  See {term}`word`.
```
"""
    start = "# Title\n\nHere a {term}`word` is only welcomed.\n"
    source = tmp_path / "source"
    (source / "book").mkdir(parents=True)
    for name in ("_ext", "_static", "cover.png"):
        (source / "book" / name).symlink_to(ROOT / "book" / name)
    shutil.copy(ROOT / "_config.yml", source)
    files = {
        "_toc.yml": toc,
        "index.md": start,
        "book/chapter.md": chapter,
        "book/glossary.md": glossary,
        "book/references.bib": "",
    }
    for name, text in files.items():
        (source / name).write_text(text, encoding="utf-8")
    result = build_book(source, tmp_path / "site")
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    site = tmp_path / "site" / "_build" / "html"
    page, terms = "book/chapter.html#", "book/glossary.html#"
    uses = {"1.1": "use-word", "Definition\xa01.1": "def-word", "1.2": "use-1"}
    assert index_lines((site / "genindex.html").read_text("utf-8")) == [
        (1, "Äpfel", None, {"1.1": f"{page}index-0"}),
        (1, "fruits", None, {}),
        (2, "Äpfel", None, {"1.1": f"{page}index-0"}),
        (1, "Planted theorem", None, {"Theorem\xa01.1": f"{page}thm-planted"}),
        (1, "Unused", f"{terms}term-Unused", {}),
        (1, "word", f"{terms}term-word", {label: page + use for label, use in uses.items()}),
    ]
    link = '<a class="reference internal" href="genindex.html">Index</a>'
    assert link in (site / "index.html").read_text("utf-8")

"""Print the built book as one PDF: ``python tools/pdf.py _build/html _build/crossent.pdf``.

The chapters are taken from the built pages, in the order of the book's contents, and put into one
document: every number, reference and formula is the one that the pages show. A Chromium that is
installed on this machine prints it, in the styles of the pages and of ``tools/pdf.css``.

It prints twice. Browsers cannot write the number of the page that a link leads to, so those in
the contents are read from the first print.
"""

from __future__ import annotations

import argparse
import copy
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import pikepdf
import yaml
from bs4 import BeautifulSoup, Tag
from pikepdf import Dictionary, Name, OutlineItem, Pdf
from playwright.sync_api import Error, Page, sync_playwright

import crossent

ROOT = Path(__file__).resolve().parent.parent
STYLES = Path(__file__).with_suffix(".css")

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
INDEX = PurePosixPath("index.html")

#: Attributes that name other elements of the page, one or several.
REFERRING = ("for", "headers", "aria-labelledby", "aria-describedby", "aria-controls")
#: What is of use on a screen only.
NOT_PRINTED = "script, a.headerlink"
#: Tokens of code in the colour of the text, each of which would be an element of the PDF.
UNCOLOURED = re.compile(r'<span class="[npw]">([^<]*)</span>')
#: Lines are set on whole pixels. This many pixels are printed as one, so that those of a square
#: root and of a fraction lie where they should.
PIXELS = 4

#: Make what is too wide smaller, and return what sticks out nevertheless. Formulas and tables
#: cannot be broken; text and code can, which is the style sheet's business.
FIT = """
() => {
  const wide = (box) => box.scrollWidth > box.clientWidth;
  for (const box of document.querySelectorAll(".math-scroll, .pst-scrollable-table-container")) {
    for (let size = 98; size >= 60 && wide(box); size -= 2) box.style.fontSize = `${size}%`;
  }
  const edge = document.body.getBoundingClientRect().right + 1;
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > edge)
    .map((element) => `${element.closest("[id]")?.id}: ${element.outerHTML.slice(0, 100)}`);
}
"""

HEADINGS = """
() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map(
  (heading) => heading.textContent.replaceAll(/\\s+/g, " ").trim())
"""

#: Write the numbers of pages into the contents.
NUMBER = """
(numbers) => {
  for (const link of document.querySelectorAll(".book-contents a")) {
    link.querySelector(".page").textContent = numbers[link.hash.slice(1)];
  }
}
"""


class PdfError(Exception):
    """A reason why the book cannot be printed, in words for whoever runs the command."""


def words(heading: Tag) -> str:
    """Return a heading as HTML that may stand within a link: without links and ids of its own."""
    heading = copy.copy(heading)
    for link in heading.find_all("a"):
        link.unwrap()
    for element in heading.find_all(id=True):
        del element["id"]
    return heading.decode_contents()


@dataclass
class Chapter:
    """One page of the book."""

    key: str  #: name of the page, with which its ids begin
    part: str  #: caption of the part that begins with this chapter, if its title does not say it
    body: Tag  #: the article

    @property
    def title(self) -> str:
        """The heading, with its number."""
        return self.body.h1.get_text()

    def sections(self) -> Iterator[tuple[str, str]]:
        """Yield the id and the heading, as HTML, of every section for the contents.

        These need no letters of the index, and no headings that are the name of a chapter.
        """
        for heading in self.body.select("section > section > h2"):
            text = heading.get_text()
            if len(text) > 1 and not any(link.get_text() == text for link in heading("a")):
                yield heading.parent["id"], words(heading)


@dataclass
class Book:
    """All pages of the built site, made ready for one document."""

    chapters: list[Chapter] = field(default_factory=list)
    sheets: dict[str, None] = field(default_factory=dict)  #: addresses of style sheets, in order


def find_browser() -> str:
    """Return the path of an installed Chromium, or of the one that ``$CHROMIUM`` names."""
    named = os.environ.get("CHROMIUM")
    for name in [named] if named else BROWSERS:
        if path := shutil.which(name):
            return path
    raise PdfError(
        f"{named or 'Chromium'} is not installed, which prints the book. On Debian and Ubuntu:\n"
        "    sudo apt-get install chromium fonts-liberation fonts-dejavu-core\n"
        "CHROMIUM=/path/to/chrome names a browser that lies elsewhere."
    )


# The document ----------------------------------------------------------------------------------


def resolve(link: str, page: PurePosixPath) -> tuple[PurePosixPath, str]:
    """Return the file in the site, and the anchor in it, that `link` on `page` leads to."""
    parts = urlsplit(link)
    path = os.path.normpath(page.parent / unquote(parts.path)) if parts.path else page
    return PurePosixPath(path), unquote(parts.fragment)


def is_external(link: str) -> bool:
    """Whether `link` leads out of the book."""
    parts = urlsplit(link)
    return bool(parts.scheme or parts.netloc)


def adapt(body: Tag, page: PurePosixPath, pages: dict[PurePosixPath, str], site: Path) -> None:
    """Fit the article of `page` into one document with the others.

    Ids get the name of the page in front, and links lead to these; images are found from
    anywhere; what is folded is opened.
    """
    body["id"] = page.stem
    for element in body.select(NOT_PRINTED):
        element.decompose()
    for element in body.find_all(True):
        if "id" in element.attrs:
            element["id"] = f"{page.stem}.{element['id']}"
        for name in REFERRING:
            if name in element.attrs:
                names = element.get_attribute_list(name)
                element[name] = " ".join(f"{page.stem}.{one}" for one in " ".join(names).split())
        if element.name == "a" and "href" in element.attrs and not is_external(element["href"]):
            target, anchor = resolve(element["href"], page)
            if target not in pages:
                raise PdfError(f"{page}: {element['href']} is not in the book's contents")
            element["href"] = f"#{target.stem}.{anchor}" if anchor else f"#{target.stem}"
        elif element.name == "img":
            element["src"] = (site / resolve(element["src"], page)[0]).as_uri()
            element.attrs.pop("loading", None)
        elif element.name == "details":
            element["open"] = ""


def read_book(site: Path) -> Book:
    """Read the pages of `site` in the order of its navigation."""
    site = site.resolve()
    if not (site / INDEX).is_file():
        raise PdfError(f"no book in {site}: run `make book`")

    def parse(page: PurePosixPath) -> BeautifulSoup:
        html = UNCOLOURED.sub(r"\1", (site / page).read_text(encoding="utf-8"))
        return BeautifulSoup(html, "html.parser")

    pages, part = {INDEX: ""}, ""
    for element in parse(INDEX).select(".bd-toc-item :is(p.caption, li.toctree-l1 > a)"):
        if element.name == "p":
            part = element.get_text()
        else:
            pages[resolve(element["href"], INDEX)[0]] = part
            part = ""
    book = Book()
    for page, part in pages.items():
        html = parse(page)
        for link in html.select('link[rel="stylesheet"]'):
            book.sheets[(site / resolve(link["href"], page)[0]).as_uri()] = None
        body = html.select_one("article.bd-article")
        adapt(body, page, pages, site)
        told = part in body.h1.get_text()
        book.chapters.append(Chapter(page.stem, "" if told else part, body))
    check_links(book)
    return book


def check_links(book: Book) -> None:
    """Raise if an id is there twice, or a link leads to none."""
    ids = Counter(chapter.key for chapter in book.chapters)
    links = set()
    for chapter in book.chapters:
        ids.update(element["id"] for element in chapter.body.find_all(id=True))
        found = chapter.body.find_all("a", href=re.compile("^#"))
        links.update(link["href"].removeprefix("#") for link in found)
    if repeated := [name for name, count in ids.items() if count > 1]:
        raise PdfError(f"ids that are there twice: {', '.join(repeated)}")
    if dead := links.difference(ids):
        raise PdfError(f"links to what is not there: {', '.join(sorted(dead))}")


def read_config() -> dict:
    """Return the book's settings."""
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def title_page() -> str:
    """Return the first page as HTML."""
    config = read_config()
    return f"""
<header class="title-page">
  <p class="title">{escape(config["title"])}</p>
  <p class="subtitle">Executable lecture notes</p>
  <img src="{(ROOT / "book" / "cover.png").as_uri()}" alt="">
  <p>{escape(config["author"])}<br>Version {crossent.__version__}, {config["copyright"]}</p>
  <p class="licence">Text and figures: CC BY 4.0. Code: BSD 3-Clause.<br>
  <a href="{config["repository"]["url"]}">{config["repository"]["url"]}</a></p>
</header>"""


def contents(book: Book) -> str:
    """Return the table of contents as HTML, with room for the numbers of pages."""

    def entry(kind: str, key: str, title: str) -> str:
        link = f'<a href="#{key}"><span>{title}</span><span class="page"></span></a>'
        return f'<li class="{kind}">{link}</li>'

    lines = []
    for chapter in book.chapters:
        if chapter.part:
            lines.append(f'<li class="part">{escape(chapter.part)}</li>')
        lines.append(entry("chapter", chapter.key, words(chapter.body.h1)))
        lines += [entry("section", key, title) for key, title in chapter.sections()]
    return f'<nav class="book-contents"><h1>Contents</h1><ul>{"".join(lines)}</ul></nav>'


def document(book: Book) -> str:
    """Return the whole book as one HTML document."""
    config = read_config()
    sheets = "".join(f'<link rel="stylesheet" href="{sheet}">' for sheet in book.sheets)
    running, articles = "", ""
    for chapter in book.chapters:
        head = chapter.title.replace("\\", r"\\").replace('"', r"\"")
        running += f'@page chapter-{chapter.key} {{ @top-left {{ content: "{head}" }} }}\n'
        part = f'<p class="part">{escape(chapter.part)}</p>' if chapter.part else ""
        style = f"page: chapter-{chapter.key}"
        articles += f'<div class="sheet" style="{style}">{part}{chapter.body}</div>'
    return f"""<!DOCTYPE html>
<html lang="{config["sphinx"]["config"]["language"]}" data-theme="light" data-mode="light">
<head>
  <meta charset="utf-8">
  <title>{escape(config["title"])}</title>
  {sheets}<link rel="stylesheet" href="{STYLES.as_uri()}">
  <style>body {{ zoom: {PIXELS} }}
{running}</style>
</head>
<body>
{title_page()}
{contents(book)}
{articles}
</body>
</html>"""


# The print -------------------------------------------------------------------------------------


def open_document(page: Page, html: str, path: Path) -> None:
    """Show `html`, by way of the file `path`, as wide as it may be on paper."""
    path.write_text(html, encoding="utf-8")
    page.set_default_timeout(120_000)  # milliseconds; a busy machine needs more than the usual 30
    page.emulate_media(media="print", color_scheme="light")
    page.goto(path.as_uri())
    page.evaluate("document.fonts.ready.then(() => null)")
    if outside := page.evaluate(FIT):
        raise PdfError("wider than the paper:\n" + "\n".join(outside))


def print_document(page: Page, path: Path, *, tagged: bool) -> None:
    """Print what `page` shows to the file `path`; only a tagged print has bookmarks."""
    page.pdf(
        path=path,
        scale=1 / PIXELS,
        tagged=tagged,
        outline=tagged,
        prefer_css_page_size=True,
        print_background=True,
    )


def page_numbers(path: Path) -> dict[str, int]:
    """Return the page on which each target of a link stands, counted from 1."""
    with Pdf.open(path) as pdf:
        numbers = {page.objgen: number for number, page in enumerate(pdf.pages, start=1)}
        targets = pdf.Root.Dests.items()
        return {name.removeprefix("/"): numbers[place[0].objgen] for name, place in targets}


def last_change() -> datetime | None:
    """Return the time of ``$SOURCE_DATE_EPOCH``, else of the last commit, if there is one."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if not seconds:
        command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
        try:
            seconds = subprocess.run(command, capture_output=True, text=True).stdout
        except FileNotFoundError:
            return None
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.strip() else None


def bookmarks(items: Iterable[OutlineItem]) -> Iterator[OutlineItem]:
    """Yield bookmarks in the order of the pages, each before those below it."""
    for item in items:
        yield item
        yield from bookmarks(item.children)


def finish(path: Path, author: str, headings: list[str]) -> int:
    """Complete the print in `path`, and pack it; return the number of pages.

    It gets an author, dates, and the bookmarks' names: where a heading is printed on two lines,
    the browser's have no space between them.
    """
    with Pdf.open(path, allow_overwriting_input=True) as pdf:
        with pdf.open_outline() as outline:
            for item, heading in zip(bookmarks(outline.root), headings, strict=True):
                item.title = heading
        pdf.docinfo.Author = author
        if date := last_change():
            pdf.docinfo.CreationDate = pdf.docinfo.ModDate = f"D:{date:%Y%m%d%H%M%S}+00'00'"
        pdf.Root.PageMode = Name.UseOutlines
        pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        pdf.save(
            path,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
        )
        return len(pdf.pages)


@contextmanager
def working_folder(target: Path) -> Iterator[Path]:
    """Make a folder beside `target`, from where files can be moved there as a whole.

    It is gone at the end; if the process is killed, it is cleared by the next one.
    """
    folder = target.resolve().with_name(f"{target.name}.work")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def print_book(book: Book, target: Path) -> int:
    """Print `book` to the file `target`; return the number of pages."""
    browser_path = find_browser()
    with working_folder(target) as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--host-resolver-rules=MAP * ~NOTFOUND"]
        )
        page = browser.new_page()
        draft, final = folder / "draft.pdf", folder / "final.pdf"
        open_document(page, document(book), folder / "book.html")
        print_document(page, draft, tagged=False)
        numbers = page_numbers(draft)
        page.evaluate(NUMBER, numbers)
        headings = page.evaluate(HEADINGS)
        print_document(page, final, tagged=True)
        browser.close()
        if page_numbers(final) != numbers:
            raise PdfError("chapters moved when the contents got their numbers of pages")
        pages = finish(final, read_config()["author"], headings)
        final.replace(target)
    return pages


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="folder of the built pages")
    parser.add_argument("target", type=Path, help="file to write")
    options = parser.parse_args(arguments)
    try:
        pages = print_book(read_book(options.site), options.target)
    except (PdfError, Error) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{pages} pages, {options.target.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

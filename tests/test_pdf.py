"""Print the book and read the PDF: bookmarks, numbers, links, fonts.

The whole book is measured, and a third of it printed; CROSSENT_THOROUGH=1 prints all of it.
"""

from __future__ import annotations

import copy
import os
import re
from pathlib import Path

import pdf
import pytest
from bs4 import BeautifulSoup
from pikepdf import Pdf
from playwright.sync_api import sync_playwright
from pypdfium2 import PdfDocument

THOROUGH = bool(os.environ.get("CROSSENT_THOROUGH"))
SECONDS = 1_700_000_000  # 2023-11-14 22:13:20 UTC


@pytest.fixture(scope="module")
def book(site) -> pdf.Book:
    """Return the whole book."""
    return pdf.read_book(site)


@pytest.fixture(scope="module")
def part(book) -> pdf.Book:
    """Return what is printed: every third page and the references, without links to the others."""
    if THOROUGH:
        return book
    part = copy.deepcopy(book)
    keys = {chapter.key for chapter in book.chapters[::3]} | {"references"}
    part.chapters = [chapter for chapter in part.chapters if chapter.key in keys]
    for chapter in part.chapters:
        for link in chapter.body.select('a[href^="#"]'):
            if link["href"][1:].partition(".")[0] not in keys:
                link.unwrap()
    return part


@pytest.fixture(scope="module")
def chapters(part) -> list[pdf.Chapter]:
    """Return the chapters that are printed."""
    return part.chapters


@pytest.fixture(scope="module")
def printed(browser, part, tmp_path_factory) -> Path:
    """Return the PDF."""
    target = tmp_path_factory.mktemp("pdf") / "book.pdf"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(SECONDS))
        pages = pdf.print_book(part, target)
    assert [path.name for path in target.parent.iterdir()] == ["book.pdf"]
    with Pdf.open(target) as file:
        assert len(file.pages) == pages
    return target


@pytest.fixture(scope="module")
def texts(printed) -> list[str]:
    """Return the text of every page, as another library reads it; the first is at 1."""
    with PdfDocument(printed) as file:
        return ["", *(squeeze(page.get_textpage().get_text_range()) for page in file)]


@pytest.fixture(scope="module")
def places(printed) -> dict[str, int]:
    """Return the page of everything that a link leads to."""
    return pdf.page_numbers(printed)


def squeeze(words: str) -> str:
    """Leave out what a printed line may have more or less of: spaces and hyphens."""
    return re.sub(r"[\s\-\x02\ufffe‐]+", "", words)


# The PDF ----------------------------------------------------------------------------------------


def test_everything_fits(browser, book, tmp_path):
    """Nothing in the whole book is wider than the paper."""
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=browser).new_page()
        pdf.open_document(page, pdf.document(book), tmp_path / "book.html")


def test_bookmarks_are_the_headings(printed, chapters, texts):
    """Bookmarks name the chapters and sections, and lead to the pages with their headings."""
    expected = [(0, "Contents")]
    for chapter in chapters:
        for heading in chapter.body.find_all(["h1", "h2"]):
            expected.append((heading.name == "h2", " ".join(heading.get_text().split())))
    with PdfDocument(printed) as file:
        found = [
            (mark.level, mark.get_title(), mark.get_dest().get_index() + 1)
            for mark in file.get_toc(max_depth=2)
        ]
    assert [mark[:2] for mark in found] == expected
    tops = [page for level, _, page in found if level == 0]
    assert tops == sorted(set(tops))
    plain = [(title, page) for _, title, page in found if title.isascii()]
    assert not [mark for mark in plain if squeeze(mark[0]) not in texts[mark[1]]]


def test_contents_have_the_right_pages(chapters, places, texts):
    """Behind every chapter in the contents stands the page on which it begins."""
    contents = "".join(texts[2 : places["index"]])
    for chapter in chapters:
        assert f"{squeeze(chapter.title)}{places[chapter.key]}" in contents


def test_links_lead_somewhere(printed, places, chapters):
    """Every link within the book has a place, and no link leads to a file of this machine."""
    inside, outside = set(), set()
    with Pdf.open(printed) as file:
        for page in file.pages:
            for link in page.get("/Annots", []):
                if "/Dest" in link:
                    inside.add(str(link.Dest).removeprefix("/"))
                else:
                    outside.add(str(link.A.URI))
    links = {link["href"] for chapter in chapters for link in chapter.body.select("a[href]")}
    wanted = {link.removeprefix("#") for link in links if link.startswith("#")}
    assert wanted <= inside <= places.keys()
    assert len(outside) >= len(links) - len(wanted) > 0
    assert all(address.startswith(("https://", "http://")) for address in outside)


def test_links_lead_to_what_they_name(chapters, places, texts):
    """Where a link to a section, theorem, figure or equation leads, its heading is printed."""
    wanted = []
    for chapter in chapters:
        for heading in chapter.body.find_all(["h1", "h2", "h3"]):
            labels = [heading.parent, *heading.find_previous_siblings("span", id=True)]
            wanted += [(label["id"], heading) for label in labels if not heading.math]
        for number in chapter.body.select(".caption-number, .eqno"):
            wanted.append((number.find_parent(id=True)["id"], number))
    linked = [(target, tag.get_text()) for target, tag in wanted if target in places]
    assert len(linked) > 100
    assert not [link for link in linked if squeeze(link[1]) not in texts[places[link[0]]]]


def test_nothing_is_left_out(chapters, texts):
    """Every work of the bibliography is printed, and every solution is unfolded."""
    words = "".join(texts)
    works = [work for chapter in chapters for work in chapter.body.select(".citation > p")]
    assert len(works) > 100
    assert not [work for work in works if squeeze(work.get_text())[:40] not in words]
    answers = [
        squeeze(answer.get_text())
        for chapter in chapters
        for answer in chapter.body.select(".solution section > p")
        if not answer.math
    ]
    assert answers
    assert not [answer for answer in answers if answer not in words]


def test_properties(printed):
    """The file says what it is, has tags, and brings its fonts."""
    with Pdf.open(printed) as file:
        assert file.docinfo.Title == "What has cross-entropy to do with log-likelihood?"
        assert file.docinfo.Author == "The crossent authors"
        assert file.docinfo.CreationDate == file.docinfo.ModDate == "D:20231114221320+00'00'"
        assert file.Root.Lang == "en"
        assert file.Root.MarkInfo.Marked
        descriptors = [
            font.get("/DescendantFonts", [font])[0].FontDescriptor
            for page in file.pages
            for font in page.Resources.get("/Font", {}).values()
        ]
        assert descriptors
        assert all({"/FontFile2", "/FontFile3"} & font.keys() for font in descriptors)


# The tool ---------------------------------------------------------------------------------------


def test_what_is_too_wide_shrinks_or_is_refused(browser, tmp_path):
    """A wide formula is made smaller; one that would be too small is named."""
    width = 150  # millimetres; twelve more fit
    template = (
        f'<link rel="stylesheet" href="{pdf.STYLES.as_uri()}"><article id="chapter">'
        '<div class="math-scroll"><div style="font-size: 10mm; width: {}">x</div></div></article>'
    )
    box = "document.querySelector('.math-scroll')"
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=browser).new_page()
        pdf.open_document(page, template.format(f"{width}mm"), tmp_path / "fits.html")
        assert page.evaluate(f"{box}.style.fontSize") == ""
        shrinks = template.replace("font-size: 10mm; ", "").format("55em")
        pdf.open_document(page, shrinks, tmp_path / "shrinks.html")
        assert page.evaluate(f"{box}.style.fontSize.endsWith('%')")
        assert page.evaluate(f"{box}.scrollWidth <= {box}.clientWidth")
        with pytest.raises(pdf.PdfError, match="chapter: <div style"):
            pdf.open_document(page, template.format("200mm"), tmp_path / "wide.html")


@pytest.fixture
def small_site(tmp_path) -> Path:
    """Return the folder of a site with two pages that link to each other."""
    page = (
        '<head><link rel="stylesheet" href="{root}_static/a.css?v=1"></head>'
        '<nav class="bd-toc-item"><p class="caption">Part</p><ul><li class="toctree-l1">'
        '<a href="{root}book/one.html">1. One</a></li></ul></nav>'
        '<article class="bd-article"><section id="top"><h1>Title<a class="headerlink" href="#top">'
        "#</a></h1>{text}<section id='s'><h2>About <a id='f' href='#s'><b>f</b></a></h2></section>"
        "<section><h2>A</h2></section><section><h2><a href='#s'>About</a></h2></section>"
        "</section></article>"
    )
    (tmp_path / "book").mkdir()
    index = '<p><a href="book/one.html">one</a> <a href="book/one.html#top">top</a></p>'
    one = (
        '<p id="x" aria-describedby="x">x</p><a href="#x">x</a><a href="https://example.org">y</a>'
        '<a href="../index.html#top">top</a><img src="../_images/i.png" loading="lazy">'
        '<details><script>1</script></details><pre><span class="n">f</span><b>g</b></pre>'
    )
    (tmp_path / "index.html").write_text(page.format(root="", text=index), "utf-8")
    (tmp_path / "book/one.html").write_text(page.format(root="../", text=one), "utf-8")
    return tmp_path


def test_pages_become_one_document(small_site):
    """Ids and links say which page they belong to; what is folded or for a screen is not."""
    book = pdf.read_book(small_site)
    assert [(c.key, c.part, c.title) for c in book.chapters] == [
        ("index", "", "Title"),
        ("one", "Part", "Title"),
    ]
    index, one = (chapter.body for chapter in book.chapters)
    assert [a["href"] for a in index.p.find_all("a")] == ["#one", "#one.top"]
    links = ["#one.x", "https://example.org", "#index.top", "#one.s", "#one.s"]
    assert [a["href"] for a in one.find_all("a")] == links
    assert one.p["id"] == one.p["aria-describedby"] == "one.x"
    assert one.img["src"] == (small_site / "_images" / "i.png").as_uri()
    assert "loading" not in one.img.attrs
    assert one.details.attrs == {"open": ""}
    assert not one.find("script")
    assert str(one.pre) == "<pre>f<b>g</b></pre>"
    assert list(book.sheets) == [(small_site / "_static" / "a.css").as_uri()]
    html = BeautifulSoup(pdf.contents(book), "html.parser")
    kinds = ["chapter", "section", "part", "chapter", "section"]
    assert [li["class"][0] for li in html.find_all("li")] == kinds
    assert [a["href"] for a in html.find_all("a")] == ["#index", "#index.s", "#one", "#one.s"]
    assert str(html.select_one(".section span")) == "<span>About <b>f</b></span>"


@pytest.mark.parametrize(
    ("planted", "message"),
    [
        ('<a href="#nowhere">x</a>', "links to what is not there: index.nowhere"),
        ('<a href="search.html">x</a>', "search.html is not in the book's contents"),
        ('<p id="top">x</p>', "ids that are there twice: index.top"),
    ],
)
def test_faults_of_the_pages_are_named(small_site, planted, message):
    """A link that leads nowhere in the PDF is an error, and so is an id with two places."""
    path = small_site / "index.html"
    path.write_text(path.read_text("utf-8").replace("</section>", f"{planted}</section>"), "utf-8")
    with pytest.raises(pdf.PdfError, match=re.escape(message)):
        pdf.read_book(small_site)


def test_missing_browser_is_named(small_site, monkeypatch, capsys):
    """Without a browser the command says how to install one, and writes nothing."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    target = small_site / "out" / "book.pdf"
    assert pdf.main([str(small_site), str(target)]) == 1
    assert "apt-get install chromium" in capsys.readouterr().err
    assert not target.parent.exists()
    monkeypatch.setenv("CHROMIUM", "/nowhere/chrome")
    with pytest.raises(pdf.PdfError, match="/nowhere/chrome is not installed"):
        pdf.find_browser()


@pytest.mark.usefixtures("browser")
def test_failure_leaves_the_old_file(small_site, monkeypatch):
    """What goes wrong while printing leaves neither half a file nor a folder."""
    target = small_site / "out" / "book.pdf"
    target.parent.mkdir()
    target.write_bytes(b"old")
    killed = target.parent / "book.pdf.work"  # what a process that was killed has left
    killed.mkdir()
    (killed / "draft.pdf").write_bytes(b"half")
    monkeypatch.setattr(pdf, "FIT", "() => ['something']")
    assert pdf.main([str(small_site), str(target)]) == 1
    assert [path.name for path in target.parent.iterdir()] == ["book.pdf"]
    assert target.read_bytes() == b"old"

"""Build the book once, with warnings as errors, and read its pages as a browser would."""

from __future__ import annotations

import itertools
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import mathml
import nbformat
import pages
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent

#: Elements whose `src` a browser fetches, and links that it does not fetch.
SOURCES = {"script", "img", "iframe", "video", "audio", "source", "embed", "track", "input"}
LINKS_NOT_FETCHED = {"search", "next", "prev", "author", "canonical", "index", "copyright"}
#: Elements whose text is no prose: dollars and backslashes are at home there.
NOT_PROSE = {"code", "pre", "script", "style", "math", "kbd"}
#: What a formula looks like that nothing rendered.
RAW_MATHS = re.compile(r"\$|\\[\[(]|\\[A-Za-z]{2,}")
SCRIPT_FETCH = re.compile(
    r"""(?:import\s*\(?|from|fetch\(|\.src\s*=|\.href\s*=)\s*["'`](?:https?:)?//"""
)
CSS_URL = re.compile(r"""(?:url\(|@import)\s*["']?([^"')\s;]+)""")
VOID = {"meta", "link", "img", "br", "hr", "input", "source", "wbr", "embed", "track", "col"}


# The pages ------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What the checks need to know of one page."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.prose: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.titles: list[str] = []
        self.unlinked: list[str] = []  # classes of references outside every link
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        classes = dict(attrs).get("class") or ""
        if "xref" in classes.split() and "a" not in self._open:
            self.unlinked.append(classes)
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        """Close the innermost element of this kind, and what it left open."""
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data):
        """Sort text by the element it stands in."""
        innermost = self._open[-1] if self._open else ""
        if innermost == "script":
            self.scripts.append(data)
        elif innermost == "style":
            self.styles.append(data)
        elif innermost == "title":
            self.titles.append(data)
        if not NOT_PROSE.intersection(self._open):
            self.prose.append(data)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of some kinds."""
        return [attributes for tag, attributes in self.elements if tag in tags]

    @property
    def ids(self) -> list[str]:
        """All ids, with repetitions."""
        return [attributes["id"] for _, attributes in self.elements if attributes.get("id")]

    @property
    def fetched(self) -> list[str]:
        """Addresses that the browser fetches to show the page."""
        found = [a["src"] for a in self.all(*SOURCES) if a.get("src")]
        found += [a["href"] for a in self.all("link") if a["rel"] not in LINKS_NOT_FETCHED]
        for attributes in self.all(*SOURCES):
            found += re.findall(r"([^\s,]+)(?:\s+[\d.]+[wx])?", attributes.get("srcset") or "")
        for style in [*self.styles, *(a.get("style") or "" for _, a in self.elements)]:
            found += CSS_URL.findall(style)
        return found


def is_external(address: str) -> bool:
    """Whether an address leads to another host."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def requests_to_other_hosts(page: Page) -> list[str]:
    """Return what the browser would fetch from elsewhere."""
    return [address for address in page.fetched if is_external(address)] + [
        match for script in page.scripts for match in SCRIPT_FETCH.findall(script)
    ]


def images_not_described(page: Page) -> list[dict]:
    """Return the images that lack a text, a width or a height."""
    return [
        image
        for image in page.all("img")
        if not (image.get("alt") and image.get("width") and image.get("height"))
        or "/" in image["alt"]  # the path that Sphinx puts in the place of a missing text
    ]


def faults_of_structure(page: Page) -> list[str]:
    """Return what is missing in the frame of the page, or there twice."""
    faults = []
    if not (page.all("html") and page.all("html")[0].get("lang")):
        faults.append("no language")
    if not "".join(page.titles).strip():
        faults.append("no title")
    if len(page.all("h1")) != 1:
        faults.append(f"{len(page.all('h1'))} first headings")
    faults += [f"id {name} twice" for name in set(page.ids) if page.ids.count(name) > 1]
    return faults


def unrendered_maths(page: Page) -> list[str]:
    """Return texts with LaTeX in them."""
    described = [a.get("content") or "" for a in page.all("meta")]
    return [text for text in [*page.prose, *described] if RAW_MATHS.search(text)]


def unresolved_references(page: Page) -> list[str]:
    """Return references that are left as text."""
    return page.unlinked + [text for text in page.prose if "??" in text or "%s" in text]


def inline_code(page: Page) -> list[str]:
    """Return what the policy of the pages would keep from working: code and styles in a page."""
    found = [*page.scripts, *page.styles]
    for tag, attributes in page.elements:
        found += [f"{tag} {name}" for name in attributes if name == "style" or name[:2] == "on"]
    return [text for text in found if text.strip()]


CHECKS = [
    requests_to_other_hosts,
    inline_code,
    images_not_described,
    faults_of_structure,
    unrendered_maths,
    unresolved_references,
]


@pytest.fixture(scope="module")
def built(site) -> dict[str, Page]:
    """All pages, by their path."""
    return {
        path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.parts
    }


@pytest.mark.parametrize("check", CHECKS)
def test_pages(built, check):
    """No page has one of the faults."""
    faults = {name: found for name, page in built.items() if (found := check(page))}
    assert not faults


def test_only_the_contents_are_built(built):
    """The table of contents lists all pages there are, besides the search and the index."""
    assert built.keys() == {f"{name}.html" for name in [*contents(), "search", "genindex"]}


def test_links_resolve(site, built):
    """Every address within the book leads to a file, and to an anchor in it."""
    dead = []
    for name, page in built.items():
        links = [a["href"] for a in page.all("a", "link") if a.get("href")]
        for link in {*links, *page.fetched}:
            if is_external(link) or link.startswith("data:"):
                continue
            parts = urlsplit(link)
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            if not target.resolve().is_file():
                dead.append(f"{name}: {link}: no file")
            elif parts.fragment and target.suffix == ".html":
                page_name = target.resolve().relative_to(site.resolve()).as_posix()
                if unquote(parts.fragment) not in built[page_name].ids:
                    dead.append(f"{name}: {link}: no such anchor")
    assert not dead


def test_style_sheets_and_scripts_stay_here(site, built):
    """What the pages load fetches nothing from another host."""
    used = {
        ((site / name).parent / urlsplit(address).path).resolve()
        for name, page in built.items()
        for address in page.fetched
        if not is_external(address) and not address.startswith("data:")
    }
    styles = {path: path.read_text("utf-8") for path in used if path.suffix == ".css"}
    scripts = {path: path.read_text("utf-8") for path in used if path.suffix == ".js"}
    assert styles and scripts
    for path, text in styles.items():
        addresses = CSS_URL.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
        for address in addresses:
            assert not is_external(address), f"{path.name}: {address}"
            if not address.startswith(("data:", "#")):
                assert (path.parent / urlsplit(address).path).is_file(), f"{path.name}: {address}"
    assert not [path.name for path, text in scripts.items() if SCRIPT_FETCH.search(text)]
    assert not [path.name for path in scripts if "mathjax" in path.name or "thebe" in path.name]


def test_pages_share_one_style_sheet(site, built):
    """It holds the theme's rules, its imports included, and the book's own, which come last."""
    for name, page in built.items():
        sheets = [a["href"] for a in page.all("link") if a["rel"] == "stylesheet"]
        assert len(sheets) == 1 and "_static/styles.css?v=" in sheets[0], name
    css = (site / "_static" / "styles.css").read_text("utf-8")
    parts = ["div.clearer", ".navbar-toggler", ".highlight .kn", "STIX Two Math", "mtd.tight"]
    positions = [css.index(part) for part in parts]
    assert positions == sorted(positions)
    assert "@import" not in css and "@charset" not in css


def test_formulas_are_rendered_and_numbered(site, built):
    """Each numbered formula has a number of its own."""
    assert sum(len(page.all("math")) for page in built.values()) > 0
    numbers = [
        number
        for name in built
        for number in re.findall(r'class="eqno">([^<]*)<', (site / name).read_text("utf-8"))
    ]
    assert all(re.fullmatch(r"\((\d+\.)?\d+\)", number) for number in numbers), numbers
    assert len(numbers) == len(set(numbers))


def test_theme_corrections_took(site, built):
    """The theme still has the text that the template corrects."""
    html = (site / "index.html").read_text("utf-8")
    assert 'id="pst-primary-sidebar" role="complementary" aria-label' in html
    assert 'search-button__button pst-js-only" title="Search" data' in html
    assert 'title="Toggle primary sidebar" aria-label' in html
    assert "fontawesome.js" not in html
    assert html.count('data-on-click="print"') == html.count('data-on-click="full screen"') == 1
    for page in built.values():
        assert len([a for a in page.all("meta") if a.get("name") == "viewport"]) == 1
        policies = [a for a in page.all("meta") if a.get("http-equiv")]
        assert [a["content"] for a in policies] == [pages.CONTENT_SECURITY_POLICY]


BAD_TEXT = {
    "Wrong: $\\frac{1$.": r"cannot render the formula '.*frac\{1'",
    "```{raw} html\n<b onclick='x()'>x</b>\n```": "raw html in a page: <b onclick",
    "```{interactive} sphere\n```": "no interactive figure 'sphere'; there are simplex,",
    "```{interactive} fit\n:name: fig-x\n:alt: X\n\nX\n```": "interactive figure lacks image",
    "```{interactive} fit\n:name: fig-x\n:alt: X\n:image: x.png\n```": "lacks a caption",
    "```{interactive} fit\n:set: m=2\n\nX\n```": "expected name=\"value\", found 'm=2'",
    "```{statements} lemmas\n```": "'lemmas' is none of theorems, definitions",
}


def test_bad_text_fails_the_build(build_book, small_book, tmp_path):
    """The warnings name the document, the line and what is wrong."""
    files = {
        "_toc.yml": "format: jb-book\nroot: index\nchapters:\n  - file: book/one\n",
        "index.md": "# Title\n\n" + "\n\n".join(BAD_TEXT),
    }
    source = small_book(tmp_path / "source", files)
    cell = nbformat.v4.new_code_cell("2", metadata={"label": "drv-none"}, execution_count=1)
    title = nbformat.v4.new_markdown_cell("# One")
    one = nbformat.v4.new_notebook(
        cells=[title, cell], metadata={"language_info": {"name": "python"}}
    )
    nbformat.write(one, source / "book" / "one.ipynb")
    result = build_book(source, tmp_path / "site")
    assert result.returncode != 0
    line = 3
    for text, message in BAD_TEXT.items():
        assert re.search(rf"index\.md:{line}: \S+: .*{message}", result.stderr), message
        line += text.count("\n") + 2
    assert "0 formulas are displayed, but there are 1 labels: drv-none" in result.stderr


def test_derivations_are_numbered(site, built):
    """A box with an anchor holds the number, from 1 on in each chapter, as a link to itself."""
    total = 0
    for name, page in built.items():
        boxes = [a["id"] for a in page.all("div") if a.get("class") == "derivation"]
        numbers = re.findall(
            r'<p class="derivation-number"><a href="#([^"]+)">Derivation \d+\.(\d+)</a>',
            (site / name).read_text("utf-8"),
        )
        assert numbers == [(box, str(place)) for place, box in enumerate(boxes, start=1)], name
        total += len(boxes)
    assert total > 100


def test_list_of_theorems_is_complete(built):
    """It has one row for each numbered statement of the book, in the order of the pages."""
    there = []
    for name, page in built.items():
        for attributes in page.all("div"):
            classes = (attributes.get("class") or "").split()
            if "proof" in classes and attributes.get("id"):
                there.append((f"{Path(name).name}#{attributes['id']}", "definition" in classes))
    listed, in_row = [], False
    for tag, attributes in built["book/theorems.html"].elements:
        if tag == "tr":
            in_row = True
        elif tag == "a" and in_row:  # the first link of a row, behind "strong"
            listed.append(attributes["href"])
            in_row = False
    assert len(listed) == len(there) > 100
    for is_definition in (False, True):
        wanted = {link for link, definition in there if definition is is_definition}
        found = listed[-len(wanted) :] if is_definition else listed[: len(wanted)]
        assert set(found) == wanted


# What surrounds the chapters -------------------------------------------------------------------


@pytest.fixture(scope="module")
def config() -> dict:
    """Return the settings of the book."""
    return yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))


def contents() -> list[str]:
    """Return the pages in their order."""
    return re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text("utf-8"))


def links(page: Page, rel: str) -> list[str]:
    """Return the addresses that the head of a page names as its `rel`."""
    return [a["href"] for a in page.all("link") if a["rel"] == rel]


#: Pages without a source.
GENERATED = {"search.html", "genindex.html"}


def faults_of_preview(page: Page, address: str, config: dict) -> list[str]:
    """Return what a link to the page at `address`, shown elsewhere, would lack or get wrong."""
    found: dict[str, list[str]] = {}
    for a in page.all("meta"):
        found.setdefault(a.get("property") or a.get("name"), []).append(a.get("content"))
    settings = config["sphinx"]["config"]
    wanted = {
        "og:type": "article",
        "og:site_name": config["title"],
        "og:url": address,
        "og:image": config["html"]["baseurl"] + settings["preview_image"],
        "og:image:alt": settings["preview_image_alt"],
        "twitter:card": "summary_large_image",
    }
    faults = [key for key, content in wanted.items() if found.get(key) != [content]]
    if len(found.get("description", [])) != 1 or not found["description"][0]:
        faults.append("description")
    if found.get("og:description") != found.get("description"):
        faults.append("og:description")
    if len(found.get("og:title", [])) != 1 or found["og:title"][0] not in page.titles[0]:
        faults.append("og:title")
    if links(page, "canonical") != [address]:
        faults.append("canonical")
    return faults


def test_links_to_the_pages_have_previews(site, built, config):
    """Title, description and picture are those of the page, the addresses the published ones."""
    base = config["html"]["baseurl"]
    faults = {
        name: found
        for name, page in built.items()
        if name not in GENERATED and (found := faults_of_preview(page, base + name, config))
    }
    assert not faults
    assert (site / config["sphinx"]["config"]["preview_image"]).is_file()


def test_sitemap_lists_the_pages(site, built, config):
    """Each page stands in it once, under its canonical address."""
    root = ElementTree.parse(site / "sitemap.xml").getroot()
    listed = [url.findtext("{*}loc") for url in root]
    pages = [config["html"]["baseurl"] + name for name in built if name != "search.html"]
    assert sorted(listed) == sorted(pages)


def test_pages_follow_each_other(built):
    """The links to the next page lead through the contents in order, and back."""
    order = [f"{name}.html" for name in contents()]
    for here, there in itertools.pairwise(order):
        forward = "" if here.startswith("book/") else "book/"
        assert links(built[here], "next") == [forward + there.removeprefix("book/")]
        back = here.removeprefix("book/") if here.startswith("book/") else f"../{here}"
        assert links(built[there], "prev") == [back]
    assert links(built[order[0]], "prev") == links(built[order[-1]], "next") == []


def test_chapters_are_numbered_through(built):
    """Chapters have the numbers 1, 2, …; no other page has one."""
    sources = {name: ROOT / f"{name}.myst.md" for name in contents()}
    chapters = [n for n, s in sources.items() if s.is_file() and "\n(ch-" in s.read_text("utf-8")]
    numbers = {
        name: int(match.group(1))
        for name in contents()
        if (match := re.match(r"(\d+)\. ", built[f"{name}.html"].titles[0]))
    }
    assert numbers == {name: number for number, name in enumerate(chapters, start=1)}


def test_sources_can_be_downloaded(site, built):
    """Each page links to a copy of its source, without a warning that there is none."""
    for name in contents():
        suffix = ".ipynb" if (ROOT / f"{name}.ipynb").is_file() else ".md"
        (link,) = {
            a["href"]
            for a in built[f"{name}.html"].all("a")
            if "_sources/" in (a["href"] or "") and not is_external(a["href"])
        }
        copy = (site / name).parent / link
        assert copy.read_bytes() == (ROOT / f"{name}{suffix}").read_bytes()


def test_notebooks_can_be_run_elsewhere(built, config):
    """Notebooks, and no other pages, link to Binder and, if they need no other file, to Colab."""
    buttons, repository = config["launch_buttons"], config["repository"]["url"]
    project = urlsplit(repository).path
    for name in contents():
        hrefs = [a["href"] or "" for a in built[f"{name}.html"].all("a")]
        binder = f"{buttons['binderhub_url']}/v2/gh{project}/main?urlpath=lab/tree/{name}.ipynb"
        colab = f"{buttons['colab_url']}/github{project}/blob/main/{name}.ipynb"
        path = ROOT / f"{name}.ipynb"
        alone = path.is_file() and not nbformat.read(path, 4).metadata.get("needs_project")
        assert (binder in hrefs, colab in hrefs) == (path.is_file(), alone), name


def test_references_are_sorted_by_family_name(site):
    """Accents, capitals and braces do not count; a work without authors stands by its title."""
    html = (site / "book" / "references.html").read_text("utf-8")
    entries = re.findall(r'<div class="citation".*?<p>(?:<em>)?([^.,<]+)', html, flags=re.DOTALL)
    plain = [unicodedata.normalize("NFKD", entry).casefold() for entry in entries]
    keys = ["".join(c for c in name if not unicodedata.combining(c)) for name in plain]
    assert len(keys) > 100 and keys == sorted(keys)


GOOD = '<html lang="en"><title>T</title><h1>T</h1>{}'


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        (requests_to_other_hosts, '<script src="https://cdn.example/x.js"></script>'),
        (requests_to_other_hosts, '<link rel="stylesheet" href="//cdn.example/x.css">'),
        (requests_to_other_hosts, '<p style="background: url(https://cdn.example/x.png)"></p>'),
        (requests_to_other_hosts, '<script>import "https://cdn.example/x.js"</script>'),
        (requests_to_other_hosts, '<style>@import "https://cdn.example/x.css";</style>'),
        (inline_code, "<script>let x = 1;</script>"),
        (inline_code, "<style>p { color: red; }</style>"),
        (inline_code, '<p style="color: red">x</p>'),
        (inline_code, '<button onclick="x()">x</button>'),
        (images_not_described, '<img src="x.png" width="1" height="1">'),
        (images_not_described, '<img src="x.png" alt="A line." width="1">'),
        (images_not_described, '<img src="x.png" alt="../_images/x.png" width="1" height="1">'),
        (faults_of_structure, "<h1>Again</h1>"),
        (faults_of_structure, '<p id="a"></p><p id="a"></p>'),
        (unrendered_maths, r"<p>\(x\)</p>"),
        (unrendered_maths, "<p>$x$</p>"),
        (unrendered_maths, r"<p>\begin{aligned}</p>"),
        (unrendered_maths, r'<meta name="description" content="The \log of p">'),
        (unresolved_references, "<p>Figure ??</p>"),
        (unresolved_references, '<code class="xref std std-numref">fig-x</code>'),
    ],
)
def test_checks_find_planted_faults(check, fault):
    """Each check can fail, and does not fail on a good page."""
    assert not check(Page(GOOD.format("<code>$x$</code><a href='https://example.org'>x</a>")))
    assert check(Page(GOOD.format(fault)))


PREVIEW = GOOD.format(
    '<link rel="canonical" href="https://x.org/a.html">'
    '<meta name="description" content="D"><meta property="og:description" content="D">'
    '<meta property="og:type" content="article"><meta property="og:site_name" content="S">'
    '<meta property="og:title" content="T"><meta property="og:url" content="https://x.org/a.html">'
    '<meta property="og:image" content="https://x.org/p.png">'
    '<meta property="og:image:alt" content="A"><meta name="twitter:card" '
    'content="summary_large_image">'
)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('property="og:description" content="D"', 'property="og:description"', "og:description"),
        ('name="description" content="D"', 'name="description" content=""', "description"),
        ('"og:title" content="T"', '"og:title" content="Other"', "og:title"),
        ('"og:url" content="https://x.org/', '"og:url" content="', "og:url"),
        ('"og:image" content="https://x.org/', '"og:image" content="', "og:image"),
        ('content="A"', 'content=""', "og:image:alt"),
        ('rel="canonical" href="https://x.org/', 'rel="canonical" href="', "canonical"),
        ("summary_large_image", "summary", "twitter:card"),
    ],
)
def test_faults_of_previews_are_found(old, new, fault):
    """A page with the fault has it, and the page without it none."""
    config = {
        "title": "S",
        "html": {"baseurl": "https://x.org/"},
        "sphinx": {"config": {"preview_image": "p.png", "preview_image_alt": "A"}},
    }
    assert faults_of_preview(Page(PREVIEW), "https://x.org/a.html", config) == []
    planted = Page(PREVIEW.replace(old, new))
    assert fault in faults_of_preview(planted, "https://x.org/a.html", config)


# Formulas -------------------------------------------------------------------------------------

ACCEPTED = [
    r"H(p, q) = -\sum_{k=1}^{K} p_k \log q_k",
    r"D_{\mathrm{KL}}(p \,\|\, q) \ge 0",
    r"\hat\theta = \operatorname*{arg\,max}_{\theta} \mathcal{L}(\theta)",
    r"\mathbb{E}_{x \sim p}\left[-\log q(x)\right]",
    r"\sum_{\substack{k=1 \\ p_k > 0}}^{K} p_k",
    r"\begin{split} a &= b \\ &= c \end{split}",
    r"\begin{align*} a &= b \\ &= c \end{align*}",
    r"\begin{equation*} \begin{split} a &= b \end{split} \end{equation*}",
    r"\begin{gather*} a \\ b \end{gather*}",
    r"\begin{aligned} a &= b && \text{(by Jensen)} \\[4pt] &\le c \end{aligned}",
    r"f(x) = \begin{cases} x & \text{for}\: x > 1 \\ \log{x} & \text{otherwise} \end{cases}",
    r"\left[\begin{matrix}p_{1} & 1 - p_{1}\\q_{1} & 1\end{matrix}\right]",
    r"\left[\begin{smallmatrix}1 & 0\\0 & 1\end{smallmatrix}\right]",
    r"\displaystyle \log{\left(\frac{p}{q} \right)} + \sqrt{\frac{x^{2}}{y}}",
    r"\left.\frac{\partial \ell}{\partial z_j}\right|_{z=0} = q_j - \mathbb{1}\{j = y\}",
    r"\underbrace{H(p)}_{\text{fixed}} + \overbrace{D(p \| q)}^{\text{excess}}",
    r"\boldsymbol{\theta}^{\mathsf{T}} \mathbf{x} \in \mathbb{R}^{K}, \quad \pi \approx 3{,}14",
    r"\binom{n}{k} \prod_{n=1}^{N} q_{y_n} \xrightarrow{N \to \infty} 50\%",
    r"a < b \;\&\; c > d",
]


@pytest.mark.parametrize("latex", ACCEPTED)
@pytest.mark.parametrize("display", [True, False])
def test_formula_is_rendered(latex, display):
    """The formula becomes one element, with no LaTeX left in it."""
    html = mathml.to_mathml(latex, display=display)
    assert html.startswith("<math") and html.endswith("</math>")
    assert "\\" not in html
    assert len(Page(html).all("math")) == 1


@pytest.mark.parametrize(
    "latex",
    [
        r"\frac{1",
        r"\unknown{x}",
        r"\begin{aligned} a",
        r"a \\ b",  # the converter alone would put these on one line
        r"a & b",
        r"\text{where $x$}",
        r"\cancel{x}",
        "",
        r"\begin{equation} \end{equation}",
    ],
)
def test_formula_is_refused(latex):
    """What would be drawn wrongly is an error."""
    with pytest.raises(mathml.MathError):
        mathml.to_mathml(latex, display=True)


def test_primes_are_marked():
    """So that the style sheet can give them their size."""
    for latex in ("f'", "f''", r"f^{\prime}"):
        assert 'class="prime"' in mathml.to_mathml(latex, display=False)


def test_markup_in_formulas_is_escaped():
    """A formula cannot write HTML."""
    assert "<b>" not in mathml.to_mathml(r"a \text{<b>} < c", display=True)


def test_long_inline_formulas_can_be_broken():
    """Pieces end after relations and operators outside brackets."""
    latex = r"H(p, q) = -\sum_k p_k \log q_k + f(a + b, c = d, e + f, g + h) \ge H(p) + 0"
    pieces = mathml.breakable(mathml.to_mathml(latex, display=False)).split("<wbr>")
    ends = [re.search(r">([^<]+)</mo></math>$", piece).group(1) for piece in pieces[:-1]]
    assert ends == ["=", "+", "≥", "+"]  # not at the sign after "=", not in brackets
    assert all(piece.startswith("<math>") for piece in pieces)
    for piece in pieces:
        assert piece.count("<mrow") == piece.count("</mrow>")
    assert "<wbr>" not in mathml.breakable(mathml.to_mathml("p = q", display=False))


# Images ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dpi", "size"), [(192, (300, 150)), (96, (600, 300)), (50, (600, 300))])
def test_image_size_follows_its_resolution(tmp_path, dpi, size):
    """Twice the dots per inch is half the size, never more than the whole."""
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "figure.png"
    image.new("RGB", (600, 300)).save(path, dpi=(dpi, dpi))
    assert pages.png_size(path) == size
    html = pages.finish_images('<img alt="A" src="../_images/figure.png" />', {"figure.png": path})
    assert f'width="{size[0]}" height="{size[1]}"' in html


def test_image_without_resolution_keeps_its_size(tmp_path):
    """One pixel is then one CSS pixel."""
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "figure.png"
    image.new("RGB", (60, 30)).save(path)
    assert pages.png_size(path) == (60, 30)

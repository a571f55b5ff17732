"""What surrounds the chapters: summaries, reading times, dates, how to cite and how to install."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import times
import yaml
from docutils import nodes

import crossent

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
INDEX = (ROOT / "index.md").read_text("utf-8")


# The parts ------------------------------------------------------------------------------------


def parts() -> list[tuple[str, str, list[str]]]:
    """Return caption, page and chapters of each part; chapters follow in a list of their own."""
    blocks = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
    files = [[chapter["file"] for chapter in block["chapters"]] for block in blocks]
    return [
        (block["caption"], own[0], following)
        for block, own, following in zip(blocks, files, files[1:], strict=False)
        if own[0].startswith("book/part_")
    ]


def faults_of_summary(text: str, caption: str, chapters: dict[str, str]) -> list[str]:
    """Return what a part's page gets wrong about its chapters, given by their sources."""
    introduction, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    faults = []
    if not re.search(rf"^# Part [IV]+\. {re.escape(caption)}$", introduction, re.MULTILINE):
        faults.append("the title is not the caption")
    if len(sections) != len(chapters):
        faults.append(f"{len(sections)} summaries, {len(chapters)} chapters")
    for section, (name, source) in zip(sections, chapters.items(), strict=False):
        label, title = re.search(r"^\((ch-[a-z-]+)\)=\n# (.+)$", source, re.MULTILINE).groups()
        if not section.startswith(f"{{ref}}`{title} <{label}>`\n"):
            faults.append(f"{name}: the heading does not link to the chapter by its title")
        if "**Needs:** " not in section:
            faults.append(f"{name}: does not say what it needs")
        if f"{{minutes}}`{name}`" not in section:
            faults.append(f"{name}: does not say how long it takes")
        main = re.findall(r"\{prf:ref\}`([a-z-]+)`", section)
        faults += [f"{name}: {m} is elsewhere" for m in main if f":label: {m}\n" not in source]
        if not main and ":label: thm-" in source:
            faults.append(f"{name}: names no statement")
    return faults


@pytest.mark.parametrize(("caption", "page", "names"), parts())
def test_part_sums_up_its_chapters(caption, page, names):
    """Each chapter in order, by its title, with its own statements, needs and time."""
    sources = {Path(n).name: (ROOT / f"{n}.myst.md").read_text("utf-8") for n in names}
    assert faults_of_summary((ROOT / f"{page}.md").read_text("utf-8"), caption, sources) == []


def test_every_chapter_is_in_a_part():
    """None is left out."""
    summed_up = [name for _, _, chapters in parts() for name in chapters]
    chapters = [
        f"book/{path.name.removesuffix('.myst.md')}"
        for path in ROOT.glob("book/*.myst.md")
        if "\n(ch-" in path.read_text("utf-8")
    ]
    assert sorted(summed_up) == sorted(chapters)


SUMMARY = """# Part I. Dice

## {ref}`Roll <ch-roll>`

**Main statements:** {prf:ref}`thm-roll`.

**Needs:** nothing. **Time:** {minutes}`roll`.
"""
SOURCE = "(ch-roll)=\n# Roll\n\n```{prf:theorem}\n:label: thm-roll\n```\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Dice", "Coins"),
        ("`Roll <", "`Toss <"),
        ("<ch-roll>", "<ch-toss>"),
        ("thm-roll", "thm-toss"),
        ("{prf:ref}`thm-roll`", "none"),
        ("**Needs:** ", ""),
        ("{minutes}`roll`", "{minutes}`toss`"),
        ("## {ref}`Roll <ch-roll>`", ""),
    ],
)
def test_planted_fault_of_a_summary_is_found(old, new):
    """The page without the fault has none."""
    chapters = {"roll": SOURCE}
    assert faults_of_summary(SUMMARY, "Dice", chapters) == []
    assert faults_of_summary(SUMMARY.replace(old, new), "Dice", chapters)


# Reading times --------------------------------------------------------------------------------


def test_reading_takes_words_and_looks():
    """A minute for 200 words, a third of one for a formula or a cell, none for a solution."""
    words = nodes.paragraph("", "", nodes.Text("word " * 200))
    assert times.seconds(words) == 60
    assert times.seconds(nodes.section("", words.deepcopy(), nodes.math_block("", "x"))) == 80
    cell = nodes.container("", nodes.literal_block("", "x = 1"), classes=["cell_input"])
    output = nodes.literal_block("", "word " * 200)
    assert times.seconds(nodes.section("", cell, output)) == 20
    assert times.seconds(times.solution_node("", words.deepcopy())) == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(10, "5 min"), (440, "5 min"), (460, "10 min"), (3600, "1 h"), (10000, "2 h 45 min")],
)
def test_times_are_rounded(seconds, words):
    """To five minutes, and never to none."""
    assert times.spell(seconds) == words


def test_time_of_no_page_is_a_warning(caplog):
    """Hence an error, in a build with ``-W``; times of several pages are added up."""
    metadata = {"book/die": {"seconds": 600}, "book/gap": {"seconds": 1200}}
    app = SimpleNamespace(env=SimpleNamespace(metadata=metadata))
    for names, text in [("die, gap", "30\xa0min"), ("die, gone", "5\xa0min")]:
        place = nodes.paragraph("", "", times.minutes("", names))
        times.fill_in(app, place, "index")
        assert place.astext() == text
    assert [record.getMessage() for record in caplog.records] == ["no page 'book/gone'"]


# The dates ------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str, date: str = "2020-01-01T00:00:00+00:00") -> None:
    """Run git in `folder`, on a day of our choice."""
    who = {"NAME": "A", "EMAIL": "a@example.org", "DATE": date}
    roles = ("AUTHOR", "COMMITTER")
    environment = {f"GIT_{role}_{key}": value for role in roles for key, value in who.items()}
    subprocess.run(["git", *arguments], cwd=folder, env=os.environ | environment, check=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """Return a book of two pages whose files were committed in January 2020, a day apart."""
    source = tmp_path_factory.mktemp("repository")
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("book/_ext", "book/_static"):
        shutil.copytree(ROOT / name, source / name, ignore=ignore)
    for name in ("_config.yml", "book/cover.png"):
        shutil.copy(ROOT / name, source / name)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Die\n\nA die.")])
    (source / "book" / "references.bib").write_text("", encoding="utf-8")
    toc = "format: jb-book\nroot: index\nchapters:\n- file: book/die\n"
    (source / "_toc.yml").write_text(toc, encoding="utf-8")
    git(source, "init", "--quiet")
    for day, name, content in [
        (1, "index.md", "# Title\n\nRead it in {minutes}`die`.\n"),
        (2, "book/die.ipynb", nbformat.writes(notebook)),
        (3, "book/die.myst.md", "# Die\n\nA die.\n"),
        (4, "book/references.bib", "% no page cites it\n"),
    ]:
        (source / name).write_text(content, encoding="utf-8")
        git(source, "add", ".")
        git(source, "commit", "--quiet", "-m", name, date=f"2020-01-0{day}T23:30:00-05:00")
    return source


def dates(site: Path) -> dict[str, list[str]]:
    """Return the dates that each page shows, its metadata names and the sitemap gives."""
    sitemap = (site / "sitemap.xml").read_text("utf-8")
    found = {}
    for name in ("index.html", "book/die.html"):
        html = (site / name).read_text("utf-8")
        found[name] = re.findall(r"Last updated on ([^.<]+)\.", html)
        found[name] += re.findall(r'article:modified_time" content="([^"]+)"', html)
        found[name] += re.findall(rf"/{name}</loc>\s*<lastmod>([^<]+)<", sitemap)
    return found


def source_links(site: Path) -> list[str]:
    """Return the links of both pages to their sources."""
    html = "".join((site / name).read_text("utf-8") for name in ("index.html", "book/die.html"))
    return re.findall(r'href="[./]*(_sources/[^"]+)"', html)


SOURCES = ["_sources/index.md", "_sources/book/die.ipynb"]


@pytest.fixture
def build(build_book, tmp_path):
    """Return a function that builds a book without a warning and returns where its pages are."""

    def pages(source: Path) -> Path:
        result = build_book(source, tmp_path / "site")
        assert result.returncode == 0, result.stdout[-1000:] + result.stderr[-3000:]
        return tmp_path / "site" / "_build" / "html"

    return pages


def test_pages_show_the_date_of_their_last_commit(repository, build, monkeypatch):
    """In UTC, wherever the book is built; a notebook's text source counts as well."""
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    site = build(repository)
    assert dates(site) == {
        "index.html": ["2 January 2020", "2020-01-02T04:30:00+00:00", "2020-01-02T04:30:00Z"],
        "book/die.html": ["4 January 2020", "2020-01-04T04:30:00+00:00", "2020-01-04T04:30:00Z"],
    }
    assert source_links(site) == SOURCES


@pytest.mark.parametrize("lack", ["history", "repository", "git"])
def test_pages_without_a_known_date_have_none(repository, build, tmp_path, monkeypatch, lack):
    """And that is no fault: neither in a shallow clone, nor in a tarball, nor without git."""
    source = tmp_path / "source"
    if lack == "history":
        git(tmp_path, "clone", "--quiet", "--depth", "1", repository.as_uri(), "source")
    elif lack == "repository":
        shutil.copytree(repository, source, ignore=shutil.ignore_patterns(".git"))
    else:
        source = repository
        monkeypatch.setenv("PATH", "")
    site = build(source)
    assert dates(site) == {"index.html": [], "book/die.html": []}
    assert source_links(site) == SOURCES


# Citing and installing ------------------------------------------------------------------------


def faults_of_citation(citation: dict, index: str, project: dict, config: dict) -> list[str]:
    """Return where the machine-readable citation, the printed one and the project differ."""
    wanted = {
        "cff-version": "1.2.0",
        "version": crossent.__version__,
        "repository-code": project["urls"]["Repository"],
        "authors": [{"name": config["author"]}],
    }
    faults = [key for key, value in wanted.items() if citation.get(key) != value]
    if not citation["title"].startswith(config["title"]) or not citation.get("message"):
        faults.append("title or message")
    if [{"name": config["author"]}] != [{"name": a["name"]} for a in project["authors"]]:
        faults.append("author")
    if config["repository"]["url"] != project["urls"]["Repository"]:
        faults.append("repository")
    year = citation["date-released"][:4]
    if year != config["copyright"]:
        faults.append("year")
    printed = (
        f"> {config['author']}. *{citation['title']}.* Version {citation['version']}, {year}.\n"
    )
    return [*faults, "index.md"] if printed not in index else faults


CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))


def test_citations_agree():
    """CITATION.cff, pyproject.toml, _config.yml and index.md say the same."""
    assert faults_of_citation(CITATION, INDEX, PROJECT, CONFIG) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", "0.2.0"),
        ("title", "Something else"),
        ("date-released", "2025-01-01"),
        ("authors", [{"name": "Somebody"}]),
        ("repository-code", "https://example.org"),
        ("cff-version", "1.0"),
        ("message", ""),
    ],
)
def test_citations_that_disagree_are_found(key, value):
    """Whatever is changed in one place only."""
    assert faults_of_citation(CITATION | {key: value}, INDEX, PROJECT, CONFIG)
    assert faults_of_citation(CITATION, INDEX.replace("Version 0", "Version 9"), PROJECT, CONFIG)


def test_binder_installs_the_project_and_pins_nothing():
    """The versions stand in pyproject.toml, and Python is one that it allows."""
    folder = ROOT / ".binder"
    assert (folder / "requirements.txt").read_text("utf-8") == "-e .[book]\n"
    python = (folder / "runtime.txt").read_text("utf-8").strip()
    assert f">={python.removeprefix('python-')}" == PROJECT["requires-python"]


def test_picture_has_one_description():
    """The README shows the picture that stands beside links to the pages, in the same words."""
    settings = CONFIG["sphinx"]["config"]
    alt, image = settings["preview_image_alt"], settings["preview_image"]
    assert f"![{alt}](book/{image})" in (ROOT / "README.md").read_text("utf-8")


def test_published_address_stands_in_one_place():
    """Whoever publishes the book elsewhere changes one line."""
    address = CONFIG["html"]["baseurl"]
    assert address.endswith("/")
    for name in ("index.md", "README.md", "CITATION.cff", "pyproject.toml"):
        assert address.rstrip("/") not in (ROOT / name).read_text("utf-8"), name

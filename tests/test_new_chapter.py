"""The template of a chapter passes everything that a chapter has to pass."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import new_chapter
import notebook_checks
import notebooks
import pytest

ROOT = Path(__file__).resolve().parent.parent
NAME, TITLE = "weigh_two_models", "Weigh two models"
CONTENTS = """root: index
parts:
  - caption: One
    chapters:
      - file: book/a
        sections:
          - file: book/deep
      - file: book/b  # with a comment
  - caption: Two
    chapters:
      - file: book/c
"""


@pytest.fixture(scope="module")
def tree(source, tmp_path_factory):
    """A copy of the book with a chapter from the template, rendered."""
    tree = tmp_path_factory.mktemp("tree") / "book"
    shutil.copytree(source, tree)
    assert new_chapter.main([NAME, TITLE], root=tree) == 0
    notebooks.render(chapter_of(tree))
    return tree


def chapter_of(tree):
    return notebooks.Chapter(tree / "book" / f"{NAME}.myst.md")


def test_chapter_has_no_faults(tree):
    notebook = nbformat.read(chapter_of(tree).notebook, as_version=4)
    assert notebook_checks.faults(notebook) == []
    assert notebooks.difference(chapter_of(tree)) is None
    text = chapter_of(tree).source.read_text(encoding="utf-8")
    assert f"(ch-weigh-two-models)=\n# {TITLE}\n" in text
    assert "SLUG" not in text


def test_chapter_holds_what_it_is_a_template_of(tree):
    cells = nbformat.read(chapter_of(tree).notebook, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert "Derivation(" in code
    assert "np.testing.assert_allclose(" in code
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert {"image/png", "text/latex"} <= kinds
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert text.count(":class: dropdown") == 3


def test_chapter_repeats(tree, tmp_path):
    """nbval, and the comparison of figures, as on the other chapters."""
    for name in (f"book/{NAME}.ipynb", "book/conftest.py"):
        (tmp_path / "book").mkdir(exist_ok=True)
        origin = ROOT if name.endswith("conftest.py") else tree
        shutil.copy(origin / name, tmp_path / name)
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env"]
    command += ["-p", "no:cacheprovider", "--import-mode=importlib", f"--rootdir={tmp_path}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run(
        [*command, tmp_path / "book"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    cells = nbformat.read(chapter_of(tree).notebook, as_version=4).cells
    assert f"{sum(cell.cell_type == 'code' for cell in cells)} passed" in run.stdout


def test_book_is_built_with_it(tree, build_book, tmp_path):
    result = build_book(tree, tmp_path)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    page = (tmp_path / "_build" / "html" / "book" / f"{NAME}.html").read_text(encoding="utf-8")
    assert f"{TITLE}<a" in page
    assert 'id="drv-weigh-two-models"' in page
    theorems = (tmp_path / "_build" / "html" / "book" / "theorems.html").read_text("utf-8")
    assert f"{NAME}.html#prop-weigh-two-models" in theorems


def test_a_chapter_is_the_last_of_its_part():
    first = new_chapter.listed(CONTENTS, "new", "One")
    assert first == CONTENTS.replace("comment\n", "comment\n      - file: book/new\n")
    assert new_chapter.listed(CONTENTS, "new", "Two") == f"{CONTENTS}      - file: book/new\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Wrong-Name", "Title"], "small letters"),
        (["right_name", " "], "needs a title"),
        (["a", "Title"], "in _toc.yml already"),
        (["taken", "Title"], "exists already"),
        (["right_name", "Title", "--part", "Three"], "there are: One, In practice"),
    ],
)
def test_refusals_write_nothing(arguments, message, tmp_path, capsys):
    contents = CONTENTS.replace("Two", "In practice")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "taken.myst.md").write_text("mine")
    (tmp_path / "_toc.yml").write_text(contents)
    assert new_chapter.main(arguments, root=tmp_path) == 1
    assert message in capsys.readouterr().err
    assert (tmp_path / "_toc.yml").read_text() == contents
    assert [path.read_text() for path in (tmp_path / "book").iterdir()] == ["mine"]

"""The stored notebooks: equal to their sources, complete, and none of them silent."""

import ast
import base64
import importlib.metadata
import importlib.util
import re
import sys
import tomllib
from types import SimpleNamespace

import nbformat
import notebook_checks
import notebooks
import pytest
from IPython.core.inputtransformer2 import TransformerManager

CHAPTERS = notebooks.chapters()
PROJECT = tomllib.loads((notebooks.ROOT / "pyproject.toml").read_text("utf-8"))["project"]

SOURCE = """---
kernelspec: {name: python3, display_name: Python 3}
---
(ch-sample)=
# Try a sample

```{code-cell} ipython3
import matplotlib.pyplot as plt
import numpy as np
rng = np.random.default_rng(7)
```

```{code-cell} ipython3
print(f"{rng.random():.3f}")
```

```{code-cell} ipython3
---
mystnb:
  figure: {caption: A line., name: fig-sample}
  image: {alt: A straight line from zero to one.}
---
plt.figure(figsize=(1, 1))
plt.plot([0, 1])
plt.show()
```

## Summary

## Exercises

```{exercise}
```
```{solution} a
```
```{exercise}
```
```{solution} b
```
```{exercise}
```
```{solution} c
```

## Further reading
"""


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A rendered sample chapter and its files."""
    path = tmp_path_factory.mktemp("book") / "sample.myst.md"
    path.write_text(SOURCE, encoding="utf-8")
    chapter = notebooks.Chapter(path)
    notebooks.render(chapter)
    return chapter


@pytest.fixture
def notebook(sample):
    return nbformat.read(sample.notebook, as_version=4)


def code(notebook, number):
    return notebooks.code_cells(notebook)[number - 1]


def test_there_are_chapters():
    assert len(CHAPTERS) >= 3


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_notebook_equals_its_source(chapter):
    assert notebooks.difference(chapter) is None


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_notebook_has_no_faults(chapter):
    assert notebook_checks.faults(nbformat.read(chapter.notebook, as_version=4)) == []


def test_every_notebook_has_a_source():
    assert notebooks.orphans() == []


def test_figure_names_are_unique():
    names = [
        cell.metadata.mystnb.figure.name
        for chapter in CHAPTERS
        for cell in notebooks.read_source(chapter.source).cells
        if "figure" in cell.metadata.get("mystnb", {})
    ]
    assert len(names) == len(set(names)) > 0


def test_readme_picture_is_the_chapters_figure():
    notebook = nbformat.read(notebooks.BOOK / "find_the_most_likely_die.ipynb", as_version=4)
    (cell,) = (
        cell
        for cell in notebooks.code_cells(notebook)
        if cell.metadata.get("mystnb", {}).get("figure", {}).get("name") == "fig-simplex-optimum"
    )
    (figure,) = (o["data"]["image/png"] for o in cell.outputs if "image/png" in o.get("data", {}))
    assert base64.b64decode(figure) == (notebooks.BOOK / "cover.png").read_bytes()


# ------------------------------------------------- the checks themselves can fail


def test_sample_is_clean(notebook, sample):
    assert notebook_checks.faults(notebook) == []
    assert notebooks.difference(sample) is None


def first_cell(notebook):
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def drop_setup(notebook):
    notebook.cells.remove(first_cell(notebook))


def edit_setup(notebook):
    first_cell(notebook).source = "%pip install crossent"


def show_setup(notebook):
    first_cell(notebook).metadata["tags"] = []


def make_setup_speak(notebook):
    first_cell(notebook).outputs.append(nbformat.v4.new_output("stream", text="Collecting"))


def hide_cell(notebook):
    code(notebook, 2).metadata["tags"] = ["remove-cell"]


def clear_all(notebook):
    for cell in notebooks.code_cells(notebook):
        cell.outputs, cell.execution_count = [], None


def clear_one(notebook):
    code(notebook, 2).outputs, code(notebook, 2).execution_count = [], None


def clear_output_only(notebook):
    code(notebook, 2).outputs = []


def clear_figure_only(notebook):
    code(notebook, 3).outputs = []


def run_out_of_order(notebook):
    code(notebook, 2).execution_count = 4


def add_stderr(notebook):
    code(notebook, 1).outputs.append(
        nbformat.v4.new_output("stream", name="stderr", text="RuntimeWarning: divide by zero")
    )


def add_error(notebook):
    code(notebook, 1).outputs.append(
        nbformat.v4.new_output("error", ename="ValueError", evalue="", traceback=[])
    )


def show_html(notebook):
    data = {"text/html": "<script>x()</script>", "text/plain": "x"}
    code(notebook, 1).outputs.append(nbformat.v4.new_output("display_data", data=data))


def demand_exception(notebook):
    code(notebook, 1).metadata["tags"] = ["raises-exception"]


def ignore_output(notebook):
    code(notebook, 2).metadata["tags"] = ["nbval-ignore-output"]


def drop_alt(notebook):
    del code(notebook, 3).metadata.mystnb["image"]


def drop_caption(notebook):
    code(notebook, 3).metadata.mystnb.figure["caption"] = " "


def drop_figure_name(notebook):
    del code(notebook, 3).metadata.mystnb.figure["name"]


def add_address(notebook):
    code(notebook, 2).outputs[0]["text"] = "<object at 0x7f3a5c0d1e20>"


def unseed_generator(notebook):
    code(notebook, 1).source = "import numpy as np\nrng = np.random.default_rng()"


def use_global_generator(notebook):
    code(notebook, 1).source = "import numpy as np\nx = np.random.normal()"


def use_random_module(notebook):
    code(notebook, 1).source = "from random import random"


def use_magic(notebook):
    code(notebook, 1).source = "%%unknown\nraise ValueError"


def lengthen_cell(notebook):
    code(notebook, 1).source = "\n".join(f"x{i} = {i}" for i in range(30))


def drop_section(notebook):
    cell = notebook.cells[-1]
    cell.source = cell.source.replace("## Further reading", "")


def drop_solution(notebook):
    cell = notebook.cells[-1]
    cell.source = cell.source.replace("```{solution} c\n```", "")


def drop_label(notebook):
    notebook.cells[0].source = notebook.cells[0].source.replace("(ch-sample)=", "")


def relabel(notebook):
    notebook.cells[0].source = notebook.cells[0].source.replace("(ch-sample)=", "(sample)=")


@pytest.mark.parametrize(
    ("plant", "finding"),
    [
        (drop_setup, "does not begin with the cell that installs"),
        (edit_setup, "does not begin with the cell that installs"),
        (show_setup, "does not begin with the cell that installs"),
        (make_setup_speak, "did not run first and silently"),
        (hide_cell, "is tagged remove-cell"),
        (clear_all, "was never run"),
        (clear_one, "was never run"),
        (clear_output_only, "output is missing"),
        (clear_figure_only, "output is missing"),
        (run_out_of_order, "was run as number 3"),
        (add_stderr, "writes to stderr"),
        (add_error, "holds an error: ValueError"),
        (show_html, "shows text/html"),
        (demand_exception, "raised nothing"),
        (ignore_output, "would not be checked"),
        (drop_alt, "no alternative text"),
        (drop_caption, "no caption"),
        (drop_figure_name, "no name"),
        (add_address, "memory address"),
        (unseed_generator, "without a seed"),
        (use_global_generator, "not the seeded generator"),
        (use_random_module, "unseeded randomness"),
        (use_magic, "not plain Python"),
        (lengthen_cell, "lines of code"),
        (drop_section, "no section 'Further reading'"),
        (drop_solution, "3 exercises but 2 solutions"),
        (drop_label, "label"),
        (relabel, "label"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_planted_fault_is_found(notebook, plant, finding):
    plant(notebook)
    found = notebook_checks.faults(notebook)
    assert any(finding in fault for fault in found), found


def test_reference_page_needs_no_exercises(notebook):
    drop_section(notebook)
    drop_solution(notebook)
    (reference, *_) = notebook_checks.REFERENCE_LABELS
    page = notebook.cells[0].source.replace("(ch-sample)=", f"({reference})=")
    notebook.cells[0].source = page
    assert notebook_checks.faults(notebook) == []
    notebook.cells[0].source = page.replace("# Try", "Try")
    assert any("title" in fault for fault in notebook_checks.faults(notebook))
    notebook.cells[0].source = page
    clear_one(notebook)
    assert any("was never run" in fault for fault in notebook_checks.faults(notebook))


def edit_source(notebook):
    code(notebook, 2).source = 'print("0.625")'


def edit_prose(notebook):
    notebook.cells[0].source += "\nAn unreviewed sentence."


def edit_caption(notebook):
    code(notebook, 3).metadata.mystnb.figure["caption"] = "Another line."


def delete_last_cell(notebook):
    notebook.cells.pop()


def edit_metadata(notebook):
    notebook.metadata["kernelspec"]["name"] = "other"


@pytest.mark.parametrize(
    "plant", [edit_source, edit_prose, edit_caption, delete_last_cell, edit_metadata]
)
def test_edited_notebook_differs_from_its_source(sample, notebook, plant):
    plant(notebook)
    source = notebooks.read_source(sample.source)
    assert notebooks.notebook_difference(notebook, source, sample)


def test_orphan_is_found(sample):
    orphan = sample.notebook.with_name("orphan.ipynb")
    orphan.write_text("{}")
    try:
        assert notebooks.orphans(orphan.parent) == [orphan]
    finally:
        orphan.unlink()


# ------------------------------------------------- the cell that installs the package


@pytest.mark.parametrize(
    ("found", "asked"),
    [
        (True, []),
        (False, [("pip", f'install -q "crossent[book] @ git+{PROJECT["urls"]["Repository"]}"')]),
    ],
)
def test_setup_installs_only_where_the_package_is_missing(monkeypatch, found, asked):
    find_spec, calls = importlib.util.find_spec, []
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: find_spec(name) if found else None
    )
    shell = SimpleNamespace(run_line_magic=lambda *call: calls.append(call))
    exec(TransformerManager().transform_cell(notebooks.SETUP), {"get_ipython": lambda: shell})
    assert calls == asked


def imported_modules(chapter):
    for cell in notebooks.code_cells(notebooks.read_source(chapter.source)):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module.partition(".")[0]


def test_setup_installs_what_the_chapters_import():
    modules = {name for chapter in CHAPTERS for name in imported_modules(chapter)}
    modules -= {*sys.stdlib_module_names, "crossent"}
    projects = {importlib.metadata.packages_distributions()[name][0] for name in modules}
    package, book = (
        {re.match(r"[\w-]+", requirement).group() for requirement in requirements}
        for requirements in (PROJECT["dependencies"], PROJECT["optional-dependencies"]["book"])
    )
    assert projects - package == book


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_chapters_say_whether_they_read_files_of_the_project(chapter):
    notebook = notebooks.read_source(chapter.source)
    reads = any("../" in cell.source for cell in notebooks.code_cells(notebook))
    assert notebook.metadata.get("needs_project", False) == reads


# ------------------------------------------------- the renderer


def test_rendering_twice_is_byte_identical(sample):
    first = sample.notebook.read_bytes()
    notebooks.render(sample)
    assert sample.notebook.read_bytes() == first


def test_inserting_a_cell_keeps_the_ids_of_the_others(sample, tmp_path):
    path = tmp_path / "longer.myst.md"
    path.write_text(
        SOURCE.replace("## Summary", "```{code-cell} ipython3\nx = 1\n```\n## Summary")
    )
    before = {cell.source: cell.id for cell in notebooks.read_source(sample.source).cells}
    after = {cell.source: cell.id for cell in notebooks.read_source(path).cells}
    shared = before.keys() & after.keys()
    assert len(shared) >= 4
    assert all(before[source] == after[source] for source in shared)
    assert len(set(after.values())) == len(after)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("y = 1 / 0", r"code cell 4 raises:[\s\S]*y = 1 / 0[\s\S]*ZeroDivisionError"),
        ("import warnings\nwarnings.warn('odd')", "code cell 4 writes to stderr"),
    ],
)
def test_failing_cell_is_named_and_nothing_is_written(tmp_path, cell, message):
    chapter = notebooks.Chapter(tmp_path / "bad.myst.md")
    planted = f"```{{code-cell}} ipython3\n{cell}\n```\n## Summary"
    chapter.source.write_text(SOURCE.replace("## Summary", planted))
    with pytest.raises(notebooks.NotebookError, match=message):
        notebooks.render(chapter)
    assert list(tmp_path.iterdir()) == [chapter.source]

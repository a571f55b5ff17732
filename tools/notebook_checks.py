"""Faults of a stored notebook that re-running and comparing it would not show.

Comparing runs is blind to a notebook that is silent: one whose outputs were cleared
passes, and so does one whose figure has no alternative text. Each function here returns
its findings as sentences; an empty list means that nothing is wrong.
"""

from __future__ import annotations

import ast
import re

from nbformat import NotebookNode
from notebooks import SETUP, SETUP_TAGS, code_cells

MAX_CELL_LINES = 14
SHOWING_CALLS = {"print", "display", "show"}
SILENT_PREFIX = "assert_"  # np.testing.assert_allclose(...) and the like return None
IGNORING_TAGS = ("nbval-", "skip", "remove-cell", "remove-output")
ADDRESS = re.compile(r"\b0x[0-9a-f]{8,}\b")
LEGACY_RANDOM = re.compile(r"^(np|numpy)\.random\.(?!default_rng$|Generator$|SeedSequence$)\w+$")
CHAPTER_SECTIONS = ("Summary", "Exercises", "Further reading")
SHOWN_FORMATS = {"text/plain", "text/latex", "image/png"}  # no HTML, no scripts, no widgets
REFERENCE_LABELS = ("errata",)  # pages of the part "Reference", which are no lessons


def faults(notebook: NotebookNode) -> list[str]:
    """All faults of one executed chapter."""
    cells = code_cells(notebook)
    if not cells:
        return ["has no code cells"]
    found = setup_faults(notebook)
    for number, cell in enumerate(cells, start=1):
        checks = (
            count_faults(cell, number),
            output_faults(cell),
            figure_faults(cell),
            source_faults(cell),
        )
        found += [f"code cell {number}: {fault}" for check in checks for fault in check]
    return found + section_faults(notebook)


def setup_faults(notebook: NotebookNode) -> list[str]:
    """The first code cell is the one that installs the package, and it was run and was silent."""
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    if cell.source != SETUP or cell.metadata != {"tags": SETUP_TAGS}:
        return ["does not begin with the cell that installs the package"]
    if cell.execution_count != 1 or cell.outputs:
        return ["the cell that installs the package did not run first and silently"]
    return []


def count_faults(cell: NotebookNode, number: int) -> list[str]:
    """Cells were run once, in order, from a fresh kernel, after the one that is not counted."""
    if cell.execution_count is None:
        return ["was never run (or was cleared)"]
    if cell.execution_count != number + 1:
        return [f"was run as number {cell.execution_count - 1}"]
    return []


def output_faults(cell: NotebookNode) -> list[str]:
    """What the cell shows is there, and nothing that must not be."""
    found = []
    tags = cell.metadata.get("tags", [])
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if errors and "raises-exception" not in tags:
        found.append(f"holds an error: {errors[0].ename}")
    if "raises-exception" in tags and not errors:
        found.append("is tagged raises-exception but raised nothing")
    if any(output.get("name") == "stderr" for output in cell.outputs):
        found.append("writes to stderr")
    if shows_something(cell.source) and not cell.outputs:
        found.append("prints or displays, but its output is missing")
    for tag in tags:
        if tag.startswith(IGNORING_TAGS):
            found.append(f"is tagged {tag}: its output would not be checked or shown")
    formats = {key for output in cell.outputs for key in output.get("data", {})}
    for name in sorted(formats - SHOWN_FORMATS):
        found.append(f"shows {name}; a page takes {', '.join(sorted(SHOWN_FORMATS))} only")
    if match := ADDRESS.search("".join(texts(cell))):
        found.append(f"shows a memory address: {match.group()}")
    return found


def figure_faults(cell: NotebookNode) -> list[str]:
    """Every figure has a caption, a name to refer to, and alternative text."""
    if not any("image/png" in output.get("data", {}) for output in cell.outputs):
        return []
    settings = cell.metadata.get("mystnb", {})
    figure, image = settings.get("figure", {}), settings.get("image", {})
    found = []
    if not str(figure.get("caption", "")).strip():
        found.append("its figure has no caption")
    if not str(figure.get("name", "")).startswith("fig-"):
        found.append("its figure has no name of the form fig-...")
    if len(str(image.get("alt", "")).split()) < 5:
        found.append("its figure has no alternative text of five words or more")
    return found


def source_faults(cell: NotebookNode) -> list[str]:
    """The code is short, plain Python, and its randomness seeded."""
    found = []
    lines = [line for line in cell.source.splitlines() if line.strip()]
    if len(lines) > MAX_CELL_LINES:
        found.append(f"has {len(lines)} lines of code, more than {MAX_CELL_LINES}")
    try:
        tree = ast.parse(cell.source)
    except SyntaxError:
        # A magic that IPython does not know is silently skipped by a comparison of runs.
        return [*found, "is not plain Python (no magics, no shell commands)"]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.endswith("default_rng") and not (node.args or node.keywords):
                found.append("uses default_rng() without a seed")
        elif isinstance(node, ast.Attribute) and LEGACY_RANDOM.match(ast.unparse(node)):
            found.append(f"uses {ast.unparse(node)}, which is not the seeded generator")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            if {"random", "secrets", "uuid"} & {module.split(".")[0] for module in modules}:
                found.append("imports a source of unseeded randomness")
    return found


def section_faults(notebook: NotebookNode) -> list[str]:
    """A chapter has its label, its exercises with solutions, its summary and its references.

    A reference page has its label and its title.
    """
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    label = re.match(r"\s*\(([a-z0-9-]+)\)=\n# \S", text)
    if label and label[1] in REFERENCE_LABELS:
        return []
    found = []
    if not (label and label[1].startswith("ch-")):
        found.append("does not begin with a (ch-...)= label and a title")
    headings = re.findall(r"^## (.+?)\s*$", text, flags=re.MULTILINE)
    found += [f"has no section {title!r}" for title in CHAPTER_SECTIONS if title not in headings]
    exercises = re.findall(r"^`{3,}\{exercise(?:-start)?\}", text, flags=re.MULTILINE)
    solutions = re.findall(r"^`{3,}\{solution(?:-start)?\}", text, flags=re.MULTILINE)
    if len(exercises) < 3:
        found.append(f"has {len(exercises)} exercises, fewer than three")
    if len(exercises) != len(solutions):
        found.append(f"has {len(exercises)} exercises but {len(solutions)} solutions")
    return found


def shows_something(source: str) -> bool:
    """Whether running the cell must leave an output, judged from its text alone."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    calls = [
        ast.unparse(node.func).rsplit(".")[-1]
        for statement in body
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
    ]
    if SHOWING_CALLS.intersection(calls):
        return True
    last = body[-1] if body else None
    if not isinstance(last, ast.Expr):
        return False
    if isinstance(last.value, ast.Call):
        name = ast.unparse(last.value.func).rsplit(".")[-1]
        return not name.startswith((SILENT_PREFIX, "use_", "set_"))
    return True


def texts(cell: NotebookNode) -> list[str]:
    """All text that the cell's outputs hold."""
    found = []
    for output in cell.outputs:
        found.append(output.get("text", ""))
        found += [
            str(value) for key, value in output.get("data", {}).items() if key.startswith("text/")
        ]
    return found

"""Every statement of the chapters has a proof, and every derivation a name to refer to it."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from crossent.symbolic import phi_lemma

BOOK = Path(__file__).resolve().parent.parent / "book"
CHAPTERS = {path.stem: nbformat.read(path, as_version=4) for path in sorted(BOOK.glob("*.ipynb"))}

DIRECTIVE = re.compile(r"^(`{3,})\{prf:([a-z]+)\}[^\n]*\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
LABEL = re.compile(r"^:label: ([a-z0-9-]+)$", re.MULTILINE)
DERIVATION_LINK = re.compile(r"\{numref\}`drv-[a-z0-9-]+`")
#: What stands between the lines of a derivation; sympy's own formulas and contexts have none.
STEP = re.compile(r"\{\}\\; & ")


def statements(notebook) -> list[tuple[str, str]]:
    """Return kind and text of all ``prf`` directives, in order."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return [(kind, body) for _, kind, body in DIRECTIVE.findall(text)]


def faults(notebook) -> list[str]:
    """Return the statements without one proof, and the proofs that do not say what they use."""
    found, open_statement = [], None
    for kind, body in [*statements(notebook), ("end", "")]:
        if kind == "proof":
            if open_statement is None:
                found.append(f"a proof of nothing: {body[:40]}")
            elif ":class: cited" in body and "{cite:" not in body:
                found.append(f"{open_statement} is cited from nobody")
            if re.search(r"\bderivations?\b", body) and not DERIVATION_LINK.search(body):
                found.append(f"the proof of {open_statement} speaks of a derivation, with no link")
            open_statement = None
            continue
        if open_statement:
            found.append(f"{open_statement} has no proof")
        label = LABEL.search(body)
        if kind != "end" and not label:
            found.append(f"a {kind} has no label: {body[:40]}")
        open_statement = label[1] if label and kind != "definition" else None
    return found


def derivation_faults(notebook) -> list[str]:
    """Return the cells that do not name each derivation they display."""
    found = []
    for cell in notebook.cells:
        names = labels(cell)
        shown = [output for output in cell.get("outputs", []) if is_derivation(output)]
        if len(shown) != len([name for name in names if name.startswith("drv-")]):
            found.append(f"{len(shown)} derivations are named {names}: {cell.source[-60:]}")
    return found


def labels(cell) -> list[str]:
    """Return the names in a cell's metadata."""
    names = cell.metadata.get("label", [])
    return [names] if isinstance(names, str) else names


def is_derivation(output) -> bool:
    """Whether an output is a derivation or the lemma on φ, and not just a formula."""
    data = output.get("data", {})
    return bool(STEP.search(data.get("text/latex", ""))) or data.get("text/plain") == str(
        phi_lemma()
    )


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_statements_are_proved(chapter):
    """One proof each, right after it; what is only cited says from whom."""
    assert not faults(CHAPTERS[chapter])


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_derivations_have_names(chapter):
    """One for each that is displayed."""
    assert not derivation_faults(CHAPTERS[chapter])


def test_names_are_unique():
    """A name belongs to one derivation, of one chapter."""
    names = [
        name for notebook in CHAPTERS.values() for cell in notebook.cells for name in labels(cell)
    ]
    assert len(names) > 100
    assert len(names) == len(set(names))


THEOREM = "```{{prf:theorem}} T\n:label: thm-t\n\nTrue.\n```\n{}"


@pytest.mark.parametrize(
    "text",
    [
        THEOREM.format(""),
        THEOREM.format(THEOREM.format("```{prf:proof}\nSo.\n```")),
        THEOREM.format("```{prf:proof}\nThe derivation above.\n```"),
        THEOREM.format("```{prf:proof}\n:class: cited\n\nWell known.\n```"),
        "```{prf:lemma} L\nTrue.\n```\n```{prf:proof}\nSo.\n```",
    ],
)
def test_faults_of_statements_are_found(text):
    """The check of the proofs can fail, and does not on a good one."""
    good = THEOREM.format("```{prf:proof}\nBy derivation {numref}`drv-t`.\n```")
    for source, found in ((good, False), (text, True)):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(source)])
        assert bool(faults(notebook)) is found


@pytest.mark.parametrize(("names", "fault"), [("drv-a", False), ([], True), (["drv-a"] * 2, True)])
def test_faults_of_names_are_found(names, fault):
    """The check of the names can fail, and does not on a good one."""
    latex = {"text/latex": "$$\n\\begin{aligned}\n& a \\\\\n={}\\; & b\n\\end{aligned}\n$$"}
    outputs = [nbformat.v4.new_output("display_data", latex)]
    cell = nbformat.v4.new_code_cell(metadata={"label": names}, outputs=outputs)
    assert bool(derivation_faults(nbformat.v4.new_notebook(cells=[cell]))) is fault

"""Turn the chapters' text sources into executed notebooks, one way only.

A chapter is written as ``book/NAME.myst.md``. ``render`` executes it and writes the
normalised ``book/NAME.ipynb`` beside it: the file that the tests execute again and
compare, and that the book is built from. It has one code cell more than the source: the
first, which installs the package where the notebook runs without it, and which no page
shows. ``check`` only says whether every notebook still holds the cells of its source.

    python tools/notebooks.py render [--force] [NAME ...]
    python tools/notebooks.py check
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
STAMPS = ROOT / "_build" / "notebooks"
SUFFIX = ".myst.md"
CELL_TIMEOUT = 60  # seconds; the same limit as in the tests
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SETUP = """\
# Where this notebook runs without its project, as in Colab, install what it imports.
import importlib.util

if importlib.util.find_spec("crossent") is None:
    %pip install -q "crossent[book] @ git+https://github.com/crossent/crossent"
""".rstrip()
SETUP_TAGS = ["remove-cell"]  # Jupyter Book leaves the cell out of the page


class NotebookError(Exception):
    """A notebook that cannot be rendered; the message says what the author must do."""


@dataclass(frozen=True)
class Chapter:
    """The two files of one chapter."""

    source: Path

    @property
    def name(self) -> str:
        """The file name without its ending."""
        return self.source.name.removesuffix(SUFFIX)

    @property
    def notebook(self) -> Path:
        """The executed notebook, beside the source."""
        return self.source.with_name(f"{self.name}.ipynb")


def chapters(book: Path = BOOK) -> list[Chapter]:
    """All chapters that have a text source, by name."""
    return [Chapter(path) for path in sorted(book.glob(f"*{SUFFIX}"))]


# ---------------------------------------------------------------- source -> notebook


def read_source(path: Path) -> NotebookNode:
    """Read a text source as a notebook without outputs, ids and metadata made repeatable."""
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    front_matter = {
        key: value
        for key, value in notebook.metadata.items()
        if key not in ("jupytext", "kernelspec", "language_info")
    }
    notebook.metadata = nbformat.from_dict(METADATA | front_matter)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    add_setup(notebook)
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        # From the content, so that inserting a cell leaves the ids of the others alone.
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
    return notebook


def add_setup(notebook: NotebookNode) -> None:
    """Put the cell that installs the package before the first code cell."""
    kinds = [cell.cell_type for cell in notebook.cells]
    setup = nbformat.v4.new_code_cell(SETUP, metadata={"tags": SETUP_TAGS})
    notebook.cells.insert(kinds.index("code") if "code" in kinds else len(kinds), setup)


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run all code cells in place, in a fresh kernel of this Python."""
    # One BLAS thread: the last digits of a product must not depend on the machine's cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    notebook.metadata.language_info = nbformat.from_dict(METADATA["language_info"])


def refuse_stderr(notebook: NotebookNode) -> None:
    """Raise if a cell wrote to stderr: a warning in a chapter is a mistake."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                raise NotebookError(
                    f"code cell {number} writes to stderr:\n\n{indent(cell.source)}\n\n"
                    f"{indent(output.text)}"
                )


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The chapter's own code cells, in order: all but the first, which is not in the source."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"][1:]


def indent(text: str) -> str:
    """Set a text off from the message around it."""
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines())


def write(notebook: NotebookNode, path: Path) -> None:
    """Write in one stroke: a reader sees the old notebook or the new one, never half."""
    nbformat.validate(notebook)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    os.replace(partial, path)


def failing_cell(notebook: NotebookNode) -> tuple[int, NotebookNode]:
    """The code cell at which an execution stopped, and its number (from 1)."""
    cells = code_cells(notebook)
    for number, cell in enumerate(cells, start=1):
        tagged = "raises-exception" in cell.metadata.get("tags", [])
        if not tagged and any(output.output_type == "error" for output in cell.outputs):
            return number, cell
    number = max(1, sum(cell.execution_count is not None for cell in cells))
    return number, cells[number - 1]


def render(chapter: Chapter) -> int:
    """Execute one chapter and write its notebook; return the number of code cells."""
    notebook = read_source(chapter.source)
    try:
        execute(notebook, chapter.source.parent)
    except CellExecutionError as error:
        number, cell = failing_cell(notebook)
        raise NotebookError(
            f"code cell {number} raises:\n\n{indent(cell.source)}\n\n{indent(error.traceback)}"
        ) from None
    except CellTimeoutError:
        number, cell = failing_cell(notebook)
        raise NotebookError(
            f"code cell {number} ran for more than {CELL_TIMEOUT} s:\n\n{indent(cell.source)}"
        ) from None
    except DeadKernelError:
        raise NotebookError("the kernel died (out of memory?)") from None
    refuse_stderr(notebook)
    write(notebook, chapter.notebook)
    return len(code_cells(notebook))


# ---------------------------------------------------------------- what is up to date


def difference(chapter: Chapter) -> str | None:
    """Say where the notebook's cells differ from its source's, or None if they agree."""
    if not chapter.notebook.exists():
        return f"{chapter.notebook.name} is missing"
    try:
        notebook = nbformat.read(chapter.notebook, as_version=4)
    except Exception as error:  # nbformat lets a dozen kinds of parser error through
        return f"{chapter.notebook.name} is not a notebook ({type(error).__name__})"
    return notebook_difference(notebook, read_source(chapter.source), chapter)


def notebook_difference(
    notebook: NotebookNode, source: NotebookNode, chapter: Chapter
) -> str | None:
    """Compare type, text, metadata and id of every cell, and the notebook's metadata."""
    pairs = zip(notebook.cells, source.cells, strict=False)
    for number, (cell, wanted) in enumerate(pairs, start=1):
        for part in ("cell_type", "source", "metadata", "id"):
            if cell.get(part) != wanted.get(part):
                return f"{chapter.notebook.name} differs from its source in cell {number} ({part})"
    if len(notebook.cells) != len(source.cells):
        return (
            f"{chapter.notebook.name} has {len(notebook.cells)} cells, "
            f"its source {len(source.cells)}"
        )
    if notebook.metadata != source.metadata:
        return f"{chapter.notebook.name} differs from its source in its metadata"
    return None


def orphans(book: Path = BOOK) -> list[Path]:
    """Notebooks without a text source."""
    known = {chapter.notebook for chapter in chapters(book)}
    return [path for path in sorted(book.glob("*.ipynb")) if path not in known]


def inputs_digest(chapter: Chapter) -> str:
    """Digest of what a chapter's outputs depend on: its text, the package, pins, recordings."""
    files = [chapter.source, ROOT / "requirements.txt"]
    files += sorted((ROOT / "crossent").rglob("*.py"))
    files += sorted((ROOT / "benchmarks" / "results").glob("*.json"))  # a chapter shows them
    digest = hashlib.sha256(sys.version.encode())
    for path in files:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def up_to_date(chapter: Chapter) -> bool:
    """Whether nothing that the outputs depend on has changed since the last rendering here."""
    stamp = STAMPS / chapter.name
    return (
        stamp.exists()
        and stamp.read_text(encoding="utf-8") == inputs_digest(chapter)
        and difference(chapter) is None
    )


# ---------------------------------------------------------------- commands


def render_all(names: list[str], force: bool) -> int:
    """Render chapters in parallel, a progress line for each; return the exit status."""
    known = {chapter.name: chapter for chapter in chapters()}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no chapter named {unknown[0]!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    wanted = [known[name] for name in names] or list(known.values())
    todo = [chapter for chapter in wanted if force or not up_to_date(chapter)]
    for chapter in wanted:
        if chapter not in todo:
            print(f"        {chapter.name}: unchanged")
    STAMPS.mkdir(parents=True, exist_ok=True)
    for left in BOOK.glob(".*.ipynb.partial"):  # by a run that was killed while it wrote
        left.unlink()
    failures = 0

    def timed(chapter: Chapter) -> tuple[int, str, float]:
        start, digest = time.perf_counter(), inputs_digest(chapter)
        return render(chapter), digest, time.perf_counter() - start

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        jobs = {pool.submit(timed, chapter): chapter for chapter in todo}
        for done, job in enumerate(as_completed(jobs), start=1):
            chapter, progress = jobs[job], f"[{done}/{len(todo)}]"
            try:
                cells, digest, seconds = job.result()
            except NotebookError as error:
                failures += 1
                print(f"{progress:7} {chapter.name}: FAILED\n", flush=True)
                print(f"book/{chapter.source.name}: {error}\n", file=sys.stderr, flush=True)
            else:
                (STAMPS / chapter.name).write_text(digest, encoding="utf-8")
                print(f"{progress:7} {chapter.name}: {cells} cells, {seconds:.1f} s", flush=True)
    if failures:
        print(
            f"{failures} of {len(todo)} notebooks failed and were left as they were; "
            "correct the cells named above and run this again.",
            file=sys.stderr,
        )
    return 1 if failures else 0


def check_all() -> int:
    """Report notebooks that differ from their sources; return the exit status."""
    faults = [fault for chapter in chapters() if (fault := difference(chapter))]
    for fault in faults:
        print(f"book/{fault}: edit the {SUFFIX} file and run `make notebooks`.", file=sys.stderr)
    for path in orphans():
        print(
            f"book/{path.name} has no {SUFFIX} source: write one, or delete it.", file=sys.stderr
        )
    return 1 if faults or orphans() else 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    rendering = commands.add_parser("render", help="execute what changed and write the notebooks")
    rendering.add_argument("names", nargs="*", metavar="NAME", help="chapters (default: all)")
    rendering.add_argument("--force", action="store_true", help="execute unchanged ones too")
    commands.add_parser("check", help="say whether the notebooks hold the cells of their sources")
    options = parser.parse_args(arguments)
    return check_all() if options.command == "check" else render_all(options.names, options.force)


if __name__ == "__main__":
    sys.exit(main())

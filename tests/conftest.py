"""What several test files need: repeatable property tests, distances in ULP, the built book."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import hypothesis
import mpmath
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent

hypothesis.settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, max_examples=60
)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def ulps():
    """Return a function: the largest distance of floats from their references, in ULP."""

    def largest_distance(floats, references):
        unit = [np.spacing(np.abs(np.float64(float(r)))) for r in references]
        pairs = zip(np.ravel(floats), references, unit, strict=True)
        return max(
            float(abs(mpmath.mpf(float(f)) - r) / mpmath.mpf(float(u))) for f, r, u in pairs
        )

    return largest_distance


@pytest.fixture(scope="session")
def browser() -> str:
    """Return the path of the Chromium of this machine, or skip the test where there is none."""
    import pdf  # the tests of the package alone do without it

    try:
        return pdf.find_browser()
    except pdf.PdfError as error:
        if "CHROMIUM" in os.environ:  # a wrong name is a mistake, no reason to skip
            raise
        pytest.skip(f"no browser: {error}")


@pytest.fixture(scope="session")
def build_book():
    """Return a function that builds the book in one folder into another, as ``make book`` does."""

    def build(source: Path, output: Path) -> subprocess.CompletedProcess:
        jupyter_book = Path(sys.executable).with_name("jupyter-book")
        command = [jupyter_book, "build", source, "--path-output", output]
        command += ["-W", "-n", "--keep-going", "--all"]
        return subprocess.run(command, capture_output=True, text=True, timeout=180)

    return build


@pytest.fixture(scope="session")
def small_book():
    """Return a function that writes the sources of a book of a few pages into a folder."""

    def write(source: Path, files: dict[str, str]) -> Path:
        (source / "book").mkdir(parents=True)
        for name in ("_config.yml", "book/_ext", "book/_static", "book/cover.png"):
            (source / name).symlink_to(ROOT / name)
        for name, text in {"book/references.bib": "", **files}.items():
            (source / name).write_text(text, encoding="utf-8")
        return source

    return write


@pytest.fixture(scope="session")
def source(tmp_path_factory) -> Path:
    """Copy the book's sources, so that nothing else that runs can change them meanwhile."""
    target = tmp_path_factory.mktemp("source")
    for name in ("_config.yml", "_toc.yml", "index.md"):
        shutil.copy(ROOT / name, target)
    ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "conftest.py")
    shutil.copytree(ROOT / "book", target / "book", ignore=ignore)
    # What installing and testing leave in a working tree must not become part of the book.
    for stray in (".venv/lib/package/README.rst", ".pytest_cache/README.md", "README.md"):
        path = target / stray
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Stray\n\n:unknown:`role`\n", encoding="utf-8")
    return target


@pytest.fixture(scope="session")
def site(build_book, source, tmp_path_factory) -> Path:
    """Return the folder of the built pages; each process of the tests builds them once."""
    output = tmp_path_factory.mktemp("site")
    result = build_book(source, output)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    return output / "_build" / "html"

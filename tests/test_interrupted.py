"""Killed at any moment, a command leaves nothing half-made, and its next run succeeds.

CROSSENT_THOROUGH=1 kills ten times as often.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
KILLS = 20 if os.environ.get("CROSSENT_THOROUGH") else 2
NOT_COPIED = shutil.ignore_patterns(
    ".venv", ".venv-*", "_build", ".git", "__pycache__", ".*_cache", ".hypothesis", "dist"
)


@pytest.fixture
def tree(tmp_path) -> Path:
    """Return a copy of the project whose environment is that of these tests."""
    target = tmp_path / "tree"
    shutil.copytree(ROOT, target, ignore=NOT_COPIED)
    environment = target / ".venv"
    environment.mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (environment / name).symlink_to(Path(sys.prefix) / name)
    ready = [
        (target / name).read_text("utf-8") for name in ("requirements.lock", "pyproject.toml")
    ]
    (environment / "ready").write_text("".join(ready), "utf-8")
    return target


def make(tree: Path, target: str, *, kill_after: float | None = None) -> int:
    """Run ``make`` in a group of processes of its own; kill them all after some seconds.

    Returns
    -------
    int
        The exit status; negative if it was killed.
    """
    process = subprocess.Popen(
        ["make", target],
        cwd=tree,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        return process.wait(timeout=kill_after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Return the names under which two folders do not hold the same."""
    return [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]


def test_killed_book(tree, site):
    """The book is the whole old one, or absent; built again it repeats byte for byte."""
    expected, published = contents(site), tree / "_build" / "html"
    start = time.monotonic()
    assert make(tree, "book") == 0
    seconds = time.monotonic() - start
    assert not differing(expected, contents(published))
    moments = random.Random(1951)
    for _ in range(KILLS):
        make(tree, "book", kill_after=seconds * moments.uniform(0, 1.1))
        if published.exists():
            assert not differing(expected, contents(published))
    shutil.rmtree(published, ignore_errors=True)
    assert make(tree, "book") == 0
    assert not differing(expected, contents(published))
    assert not (tree / "_build" / "work").exists()
    assert not (tree / "_build" / "old").exists()


def keep_one_chapter(tree: Path) -> None:
    """Remove the other chapters, which would take the same way and longer."""
    for path in (tree / "book").glob("*.ipynb"):
        if path.stem != "roll_a_loaded_die":
            path.unlink()
            path.with_suffix(".myst.md").unlink()


def test_killed_notebooks(tree):
    """Each notebook is the old one or the new one; a rendering afterwards is complete."""
    keep_one_chapter(tree)
    notebook = tree / "book" / "roll_a_loaded_die.ipynb"
    before = notebook.read_bytes()
    moments = random.Random(1951)
    start = time.monotonic()
    assert make(tree, "notebooks") == 0
    seconds = time.monotonic() - start
    assert notebook.read_bytes() == before  # a rendering repeats
    for _ in range(2 * KILLS):
        shutil.rmtree(tree / "_build" / "notebooks", ignore_errors=True)  # killed early: none
        make(tree, "notebooks", kill_after=seconds * moments.uniform(0, 1.1))
        assert notebook.read_bytes() == before
        (tree / "book" / ".roll_a_loaded_die.ipynb.partial").write_text("{")
    assert make(tree, "notebooks") == 0
    assert notebook.read_bytes() == before
    assert not list((tree / "book").glob(".*"))


def test_killed_tests(tree):
    """Tests leave nothing but what they remember of earlier runs, and the next run passes."""
    keep_one_chapter(tree)
    for path in (tree / "tests").iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in ("conftest.py", "test_votes.py"):
            path.unlink()

    def files():
        memories = (".venv/", ".pytest_cache/", ".hypothesis/", "__pycache__/")
        return {n: c for n, c in contents(tree).items() if not any(m in n for m in memories)}

    before, moments = files(), random.Random(1951)
    start = time.monotonic()
    assert make(tree, "test") == 0
    seconds = time.monotonic() - start
    for _ in range(KILLS):
        make(tree, "test", kill_after=seconds * moments.uniform(0, 1.1))
        assert not differing(before, files())
    assert make(tree, "test") == 0
    assert not differing(before, files())


def test_killed_setup(tree):
    """An environment without its last file is made anew, not trusted."""
    (tree / ".venv" / "ready").unlink()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (tree / ".venv" / name).unlink()
    (tree / ".venv" / "half").touch()
    result = subprocess.run(
        ["sh", "tools/setup.sh", "false"], cwd=tree, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert "does not run" in result.stderr

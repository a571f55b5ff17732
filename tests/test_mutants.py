"""A sample of `make mutants`: the mutants of a few functions, against the tests of one file."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tools.mutants.replacing import put

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder for the mutants, which take time to make."""
    return tmp_path_factory.mktemp("mutants")


def mutation_tests(work, tests, *functions):
    """Run the mutants of the functions; return the exit status and what was printed."""
    command = [sys.executable, "-m", "tools.mutants", "--work", str(work), "--workers", "1"]
    done = subprocess.run(
        [*command, "--tests", tests, "--", *functions], cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_a_changed_method_may_do_without_its_super_class(tmp_path, monkeypatch):
    """The closure in which `super()` finds the class stays, whether or not it is used."""
    (tmp_path / "changeable.py").write_text(
        "class Upper:\n    def method(self):\n        return 1\n\n"
        "class Lower(Upper):\n    def method(self):\n        return super().method()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    lower = importlib.import_module("changeable").Lower()
    for body, result in (("None", None), ("super().method() + 1", 2), ("[None]", [None])):
        put("changeable", "Lower.method", f"def method(self):\n    return {body}\n")
        assert lower.method() == result


def test_the_tests_kill_a_sample_of_mutants(work):
    """Each fails a test."""
    functions = [f"crossent._checks.{name}" for name in ("as_base", "as_logits", "_position")]
    status, text = mutation_tests(work, "tests/test_checks.py", *functions)
    assert status == 0, text
    assert " 0 survived" in text


def test_a_mutant_that_no_test_kills_is_reported(work):
    """Nothing about figures depends on the tables that labels must fit."""
    function = "crossent._checks.require_row_per_label"
    status, text = mutation_tests(work, "tests/test_figures.py", function)
    assert status == 1
    assert "survivors are neither killed nor accepted" in text
    assert function in (work / "survivors.txt").read_text()

"""A sample of `make mutants`: the mutants of a few functions, against the tests of one file."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def mutation_tests(work, tests, *functions):
    """Run the mutants of the functions; return the exit status and what was printed."""
    command = [sys.executable, "-m", "tools.mutants", "--work", str(work), "--workers", "1"]
    done = subprocess.run(
        [*command, "--tests", tests, "--", *functions], cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_the_tests_kill_a_sample_of_mutants(tmp_path):
    """Each fails a test or is accepted."""
    functions = [f"crossent._checks.{name}" for name in ("as_base", "as_logits", "_position")]
    status, text = mutation_tests(tmp_path, "tests/test_checks.py", *functions)
    assert status == 0, text
    assert "0 survived" in text


def test_a_mutant_that_no_test_kills_is_reported(tmp_path):
    """Nothing about figures depends on the base of a logarithm."""
    status, text = mutation_tests(tmp_path, "tests/test_figures.py", "crossent._checks.as_base")
    assert status == 1
    assert "survivors are neither killed nor accepted" in text
    assert "crossent._checks.as_base" in (tmp_path / "survivors.txt").read_text()

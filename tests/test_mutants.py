"""A sample of `make mutants`: the mutants of a few functions, against their tests alone."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def mutation_tests(work, tests, *functions):
    """Run the mutants of the functions; the exit status and what was printed."""
    command = [sys.executable, "tools/mutants.py", "--work", str(work), "--workers", "1"]
    done = subprocess.run(
        [*command, "--tests", *tests, "--", *functions], cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_the_tests_kill_a_sample_of_mutants(tmp_path):
    """Every mutant fails a test or is accepted."""
    status, text = mutation_tests(
        tmp_path,
        ["tests/test_likelihood.py", "tests/symbolic/test_signs.py"],
        "crossent.likelihood.nll",
        "crossent.likelihood.empirical_pmf",
    )
    assert status == 0, text


def test_a_mutant_that_no_test_kills_is_reported(tmp_path):
    """The tests of the losses do not look at the likelihood."""
    status, text = mutation_tests(tmp_path, ["tests/test_figures.py"], "crossent.likelihood.nll")
    assert status == 1
    assert "survivors are neither killed nor accepted" in text

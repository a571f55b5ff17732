"""Mutation tests: change one thing in `crossent` at a time and see whether a check notices.

    python -m tools.mutants [--workers N] [--tests FILE ...] [--] [FUNCTION ...]

mutmut makes the mutants. They are run here, because mutmut starts pytest anew for each, which
takes longer than most tests do: this collects the tests once, forks a process for each mutant,
puts the changed function in the place of the original and runs the tests that reach the changed
statements, until one fails. Survivors meet the slow tests next, and the notebooks last.

What is known stays in ``_build/mutants``: a second call goes on where the first ended, and tries
survivors again where checks have changed. ``tests/mutants.toml`` holds the survivors that need no
test, with the reasons; any other makes the command fail.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import subprocess
import sys
from pathlib import Path

from .making import ROOT, Mutant, module_name, mutants_of, sources
from .running import STAGES, Runner
from .verdicts import report


def main() -> None:
    """Run the mutants that are left and compare the survivors with the accepted ones."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("functions", nargs="*", default=["*"], help="names; * stands for more")
    parser.add_argument("--tests", nargs="+", default=[], help="run only the tests in these files")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument(
        "--work", type=Path, default=ROOT / "_build" / "mutants", help="folder for what is known"
    )
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--budget", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.chdir(ROOT)
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    options.mutants = chosen_mutants(options.functions, options.work)
    if options.stage:
        sys.exit(run_stage(options))
    # Each stage in a process of its own, because pytest collects once in a process.
    for stage in ["slow"] if options.tests else STAGES:
        again = [sys.executable, "-m", "tools.mutants", "--stage", stage, *sys.argv[1:]]
        subprocess.run(again, check=True)
    sys.exit(report(options.mutants, options.functions, options.work))


def chosen_mutants(patterns, work: Path) -> list[Mutant]:
    """The mutants of the functions with these names, in the order of the patterns."""
    starts = [pattern.partition("*")[0] for pattern in patterns]
    made = [
        mutant
        for path, module in ((path, module_name(path)) for path in sources())
        if any(module.startswith(start) or start.startswith(module) for start in starts)
        for mutant in mutants_of(path, work)
    ]
    chosen = (m for p in patterns for m in made if fnmatch.fnmatch(m.name, p))
    return list(dict.fromkeys(chosen))


def run_stage(options) -> int:
    """Collect the tests of a stage and run the mutants that are left."""
    import pytest

    sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
    where = options.tests or (["book"] if options.stage == "notebooks" else ["tests", "crossent"])
    # These look at the built book, the text of the notebooks and the tools, and run this package.
    others = "apparatus browser interrupted lock mutants new_chapter notebooks pdf reference site"
    apart = [f"--ignore=tests/test_{name}.py" for name in others.split()]
    plain = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--assert=plain", "--tb=native"]
    return int(pytest.main([*plain, *apart, *where], plugins=[Runner(options)]))


if __name__ == "__main__":
    main()

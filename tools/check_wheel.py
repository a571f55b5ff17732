"""Build the package, and test the built wheel alone, in a fresh environment elsewhere.

The wheel must hold the package, its types and its licences and nothing else; what it declares
to depend on must be enough; and no test may reach back into the checkout.

    python tools/check_wheel.py [--oldest]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).with_name("uv")  # beside this Python, where tools/setup.sh puts it
TEST_TOOLS = ("pytest", "hypothesis", "pandas")
NEED_MORE = (  # than the package, its dependencies and the tools above, or minutes
    "frameworks/test_formulas.py",
    "symbolic/test_fuzz.py",
    "symbolic/test_library.py",
    "symbolic/test_mutants.py",
    "symbolic/test_mutants_more.py",
    "symbolic/test_reading.py",
    "test_accuracy.py",
    "test_apparatus.py",
    "test_browser.py",
    "test_check_wheel.py",
    "test_command.py",
    "test_figures.py",
    "test_imports.py",
    "test_index.py",
    "test_interrupted.py",
    "test_lock.py",
    "test_models.py",
    "test_mutants.py",
    "test_new_chapter.py",
    "test_notebooks.py",
    "test_pdf.py",
    "test_reference.py",
    "test_site.py",
    "test_theorems.py",
    "test_types.py",
)
NEEDS_SKLEARN = "test_datasets.py::test_the_command_learns_the_digits"
LICENCES = {"LICENSE", "LICENSE-TEXT.md"}


def wheel_faults(names: list[str]) -> list[str]:
    """What is in a wheel that must not be, and what is missing."""
    paths = [PurePosixPath(name) for name in names]
    inside = [path for path in paths if path.parts[0] == "crossent"]
    info = [path for path in paths if path.parts[0].endswith(".dist-info")]
    faults = [f"holds {path}" for path in paths if path not in inside + info]
    faults += [
        f"holds {path}" for path in inside if path.suffix != ".py" and path.name != "py.typed"
    ]
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "crossent").rglob("*")
        if path.suffix == ".py" or path.name == "py.typed"
    }
    faults += [f"lacks {name}" for name in sorted(wanted - set(names))]
    licences = {path.name for path in info if "licenses" in path.parts}
    return faults + [f"lacks the licence {name}" for name in sorted(LICENCES - licences)]


def source_faults(names: list[str]) -> list[str]:
    """What is in an archive of the sources that version control does not know."""
    tracked = run("git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    inside = {PurePosixPath(*PurePosixPath(name).parts[1:]).as_posix() for name in names}
    return [f"holds {name}" for name in sorted(inside - {"PKG-INFO", *tracked})]


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Run a command and return what it prints; leave with its output if it fails."""
    result = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


def pinned(names: tuple[str, ...]) -> list[str]:
    """The lines of requirements.txt that pin these tools."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.partition("==")[0] in names]


def test_alone(wheel: Path, folder: Path, oldest: bool) -> None:
    """Install a wheel in a new environment, and run the tests of the package against it."""
    python = folder / "venv" / "bin" / "python"
    run(UV, "venv", "--quiet", "--python", sys.executable, folder / "venv")
    install = (UV, "pip", "install", "--quiet", "--python", python)
    if oldest:  # a resolver takes the lowest versions of what is asked for directly
        run(*install, "--resolution", "lowest-direct", "--requirements", ROOT / "pyproject.toml")
    run(*install, wheel)
    run(*install, *pinned(TEST_TOOLS))
    tests = folder / "tests"
    shutil.copytree(ROOT / "tests", tests, ignore=shutil.ignore_patterns("__pycache__"))
    print(run(UV, "pip", "list", "--quiet", "--python", python), flush=True)
    # Of this checkout and of whoever calls, nothing may be found by accident.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    where = run(python, "-c", "import crossent; print(crossent.__file__)", cwd=folder)
    if not Path(where).is_relative_to(folder):
        sys.exit(f"the package that was tested is not the installed one, but {where}")
    pytest = (python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib")
    pytest += ("--strict-markers", "-W", "error", "--rootdir", tests)
    left_out = ("--deselect", NEEDS_SKLEARN, *(f"--ignore={tests / name}" for name in NEED_MORE))
    doctest = ("--doctest-modules", "-o", "doctest_optionflags=NORMALIZE_WHITESPACE")
    for what in ((*left_out, tests), (*doctest, "--pyargs", "crossent")):
        print(run(*pytest, *what, cwd=folder, env=environment).splitlines()[-1], flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--oldest", action="store_true", help="with the oldest dependencies that are declared"
    )
    options = parser.parse_args(arguments)
    if not UV.exists():
        sys.exit(f"{UV} is missing: pip install uv")
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    run(UV, "build", "--quiet", "--python", sys.executable, "--out-dir", ROOT / "dist")
    (wheel,), (source,) = (ROOT / "dist").glob("*.whl"), (ROOT / "dist").glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        faults = [f"{wheel.name} {fault}" for fault in wheel_faults(archive.namelist())]
    with tarfile.open(source) as archive:
        faults += [f"{source.name} {fault}" for fault in source_faults(archive.getnames())]
    if faults:
        sys.exit("\n".join(faults))
    with tempfile.TemporaryDirectory() as folder:
        test_alone(wheel, Path(folder).resolve(), options.oldest)
    print(f"dist/{wheel.name} and dist/{source.name} are complete, and the wheel stands alone")
    return 0


if __name__ == "__main__":
    sys.exit(main())

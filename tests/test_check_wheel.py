"""The test of the wheel finds what is in the archives by mistake; `make wheel` runs it on them."""

from pathlib import Path

import check_wheel
import pytest

INFO = "crossent-1.0.dist-info"
GOOD = [
    *(
        path.relative_to(check_wheel.ROOT).as_posix()
        for path in (check_wheel.ROOT / "crossent").rglob("*")
        if path.suffix == ".py" or path.name == "py.typed"
    ),
    f"{INFO}/METADATA",
    f"{INFO}/licenses/LICENSE",
    f"{INFO}/licenses/LICENSE-TEXT.md",
]


def test_good_wheel_has_no_faults():
    assert check_wheel.wheel_faults(GOOD) == []


@pytest.mark.parametrize(
    ("extra", "fault"),
    [
        ("tests/conftest.py", "holds tests/conftest.py"),
        ("conftest.py", "holds conftest.py"),
        ("crossent/votes.npy", "holds crossent/votes.npy"),
        ("crossent/symbolic/x.pyc", "holds crossent/symbolic/x.pyc"),
    ],
)
def test_stray_file_in_a_wheel_is_found(extra, fault):
    assert check_wheel.wheel_faults([*GOOD, extra]) == [fault]


@pytest.mark.parametrize(
    ("missing", "fault"),
    [
        ("crossent/py.typed", "lacks crossent/py.typed"),
        ("crossent/symbolic/prover.py", "lacks crossent/symbolic/prover.py"),
        (f"{INFO}/licenses/LICENSE-TEXT.md", "lacks the licence LICENSE-TEXT.md"),
    ],
)
def test_missing_file_is_found(missing, fault):
    assert check_wheel.wheel_faults([name for name in GOOD if name != missing]) == [fault]


def test_stray_file_in_the_sources_is_found(monkeypatch):
    monkeypatch.setattr(check_wheel, "run", lambda *command: "crossent/votes.py\nREADME.md\n")
    good = [f"crossent-1.0/{name}" for name in ("PKG-INFO", "README.md", "crossent/votes.py")]
    assert check_wheel.source_faults(good) == []
    bad = [*good, "crossent-1.0/_build/html/index.html"]
    assert check_wheel.source_faults(bad) == ["holds _build/html/index.html"]


def test_tests_and_tools_that_it_needs_are_there():
    """A test file that was renamed would otherwise be missed."""
    tests = check_wheel.ROOT / "tests"
    assert [name for name in check_wheel.NEED_MORE if not (tests / name).is_file()] == []
    file, _, name = check_wheel.NEEDS_SKLEARN.partition("::")
    assert f"def {name}(" in (tests / file).read_text(encoding="utf-8")
    lines = check_wheel.pinned(check_wheel.TEST_TOOLS)
    assert [line.partition("==")[0] for line in lines] == list(check_wheel.TEST_TOOLS)


def test_failing_command_ends_the_check(tmp_path):
    with pytest.raises(SystemExit, match="false failed"):
        check_wheel.run("false", cwd=tmp_path)
    assert check_wheel.run("pwd", cwd=tmp_path).strip() == str(Path(tmp_path).resolve())

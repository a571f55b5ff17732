"""The modules import one way only, only one of them raises, and importing the package is light."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import crossent

PACKAGE = Path(crossent.__file__).parent
ORDER = ["_rows", "_checks", "numerics", "information", "likelihood", "losses", "linear"]
ON_TOP = ["plotting"]  # may import any of the others, and none of them imports it
OUTSIDE = {"math", "numbers", "operator", "typing", "numpy"}


def imported_modules(source):
    """Return the names of the modules that a module of the package imports, absolute."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = ".".join(["crossent"] * (node.level > 0) + [node.module or ""]).rstrip(".")
            # `from crossent import x` names the module x, `from crossent.x import y` does not y.
            deeper = origin == "crossent"
            names |= {f"crossent.{alias.name}" for alias in node.names} if deeper else {origin}
    return names


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("from crossent import losses", "crossent.losses"),
        ("from crossent.losses import softmax_cross_entropy", "crossent.losses"),
        ("import crossent.losses as loss", "crossent.losses"),
        ("from . import losses", "crossent.losses"),
        ("from .losses import softmax_cross_entropy", "crossent.losses"),
        ("def f():\n    import scipy.special", "scipy.special"),
    ],
)
def test_every_form_of_import_is_read(line, module):
    """The reader of imports sees each way to write one, inside functions too."""
    assert imported_modules(line) == {module}


@pytest.mark.parametrize("module", ORDER)
def test_imports_point_one_way(module):
    """A module imports only modules before it in the order, and of others only the light ones."""
    allowed = {f"crossent.{earlier}" for earlier in ORDER[: ORDER.index(module)]}
    names = imported_modules((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    assert names - allowed - OUTSIDE == set()


def test_every_module_has_its_place():
    """A new module has to be put into the order, or on top of it."""
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert modules - set(ON_TOP) == set(ORDER)


def test_only_checks_raises():
    """Every error about input comes from _checks."""
    for module in set(ORDER) - {"_checks"}:
        tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
        raising = [n.lineno for n in ast.walk(tree) if isinstance(n, ast.Raise | ast.Assert)]
        assert raising == [], module


def test_import_is_light():
    """A fresh interpreter's `import crossent` loads no plotting, algebra or SciPy."""
    code = (
        "import sys, crossent;"
        "print(sorted({'matplotlib', 'mpmath', 'scipy', 'sympy'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "[]\n"


def test_package_exports_what_its_modules_export():
    """`__all__` of the package is the union of its modules' and every name is there."""
    exported = [name for module in ORDER for name in sys.modules[f"crossent.{module}"].__all__]
    assert sorted(exported) == crossent.__all__
    assert all(callable(getattr(crossent, name)) for name in crossent.__all__)


def test_version_is_that_of_the_project():
    """`__version__` and pyproject.toml agree."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert crossent.__version__ == project["project"]["version"]

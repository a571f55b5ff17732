"""The modules import one way only, only one of them raises, and importing the package is light."""

import ast
import graphlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import crossent

PACKAGE = Path(crossent.__file__).parent
ORDER = ["_rows", "_checks", "numerics", "information", "likelihood", "losses", "linear"]
ON_TOP = [
    "_model_checks",
    "models",
    "training",
    "continuous",
    "datasets",
    "votes",
    "plotting",
    "__main__",
]
"""In this order; they may import all of ORDER too, and nothing in it imports them."""
OUTSIDE = {"__future__", "math", "numbers", "operator", "typing", "numpy"}


SYMBOLIC = PACKAGE / "symbolic"
# Two ways to judge a step, which must not share a fault: by numbers, and by proof.
NUMBERS = {"evaluation", "refuter", "world"}
PROOF = {
    "calculus",
    "deltas",
    "induction",
    "instances",
    "naming",
    "normal",
    "positivity",
    "prover",
    "reduction",
    "rules",
    "signs",
    "terms",
}


def imported_modules(source, package="crossent"):
    """Return the names of the modules that a module of a package imports, absolute.

    What is imported for a type checker alone is left out: it is not there at run time.
    """
    names = set()
    for node in at_run_time(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) + 1 - node.level]
            origin = ".".join([*(parents if node.level else []), node.module or ""]).rstrip(".")
            # `from crossent import x` names the module x, `from crossent.x import y` does not y.
            deeper = origin == package
            names |= {f"{package}.{alias.name}" for alias in node.names} if deeper else {origin}
    return names


def at_run_time(tree):
    """Yield every node that does not stand under ``if TYPE_CHECKING:``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        yield node
        yield from at_run_time(node)


def symbolic_imports():
    """For each module of crossent.symbolic what it imports, inside functions too."""
    graph = {}
    for path in sorted(SYMBOLIC.rglob("*.py")):
        parts = ["crossent", *path.relative_to(PACKAGE).with_suffix("").parts]
        package = ".".join(parts[:-1])
        name = package if parts[-1] == "__init__" else ".".join(parts)
        graph[name] = imported_modules(path.read_text(encoding="utf-8"), package)
    return graph


def reached(graph, start):
    """All modules of the graph that a module imports, directly or not."""
    found, waiting = set(), [start]
    while waiting:
        for name in graph[waiting.pop()] & set(graph) - found:
            found.add(name)
            waiting.append(name)
    return found


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


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("from .context import Context", "crossent.symbolic.context"),
        ("from . import context", "crossent.symbolic.context"),
        ("from ..numerics import logsumexp", "crossent.numerics"),
        ("from .library.settings import Die", "crossent.symbolic.library.settings"),
        ("def f():\n    from .prover import Prover", "crossent.symbolic.prover"),
        ("if True:\n    from .prover import Prover", "crossent.symbolic.prover"),
        ("try:\n    pass\nfinally:\n    import sympy", "sympy"),
    ],
)
def test_imports_of_a_subpackage_are_read(line, module):
    """Dots count from the subpackage."""
    assert imported_modules(line, "crossent.symbolic") == {module}


def test_imports_for_a_type_checker_are_not_read():
    """They do not happen."""
    line = "if TYPE_CHECKING:\n    from .context import Context"
    assert imported_modules(line, "crossent.symbolic") == set()


@pytest.mark.parametrize("module", ORDER)
def test_imports_point_one_way(module):
    """A module imports only modules before it in the order, and of others only the light ones."""
    allowed = {f"crossent.{earlier}" for earlier in ORDER[: ORDER.index(module)]}
    names = imported_modules((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    assert names - allowed - OUTSIDE == set()


@pytest.mark.parametrize("module", ON_TOP)
def test_imports_on_top_point_one_way(module):
    """What stands on the numerics imports them and what comes before it."""
    later = {f"crossent.{name}" for name in ON_TOP[ON_TOP.index(module) :]}
    names = imported_modules((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    assert names & later == set()


def test_every_module_has_its_place():
    """A new module has to be put into the order, or on top of it; `_types` is for readers."""
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "_types"}
    assert modules == {*ORDER, *ON_TOP}


def test_only_checks_raises():
    """Every error about input comes from _checks."""
    for module in set(ORDER) - {"_checks"}:
        tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
        raising = [n.lineno for n in ast.walk(tree) if isinstance(n, ast.Raise | ast.Assert)]
        assert raising == [], module


def test_import_is_light():
    """A fresh `import crossent` loads no plotting, algebra or SciPy, and no names of types."""
    code = (
        "import sys, crossent;"
        "heavy = {'matplotlib', 'mpmath', 'scipy', 'sympy', 'crossent._types'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "[]\n"


# ---------------------------------------------------------------- crossent.symbolic


def test_symbolic_stands_alone():
    """It imports sympy, the standard library and itself."""
    for module, names in symbolic_imports().items():
        others = {name for name in names if not name.startswith("crossent.symbolic")}
        outside = {name.partition(".")[0] for name in others} - set(sys.stdlib_module_names)
        assert outside <= {"sympy"}, module


def test_nothing_else_imports_symbolic():
    """The numerical package is light without it."""
    for path in PACKAGE.glob("*.py"):
        names = imported_modules(path.read_text(encoding="utf-8"))
        assert not any(name.startswith("crossent.symbolic") for name in names), path.stem


def test_symbolic_imports_point_one_way():
    """There is an order in which every module imports earlier ones only."""
    graph = symbolic_imports()
    inside = {module: names & set(graph) for module, names in graph.items()}
    order = list(graphlib.TopologicalSorter(inside).static_order())  # raises on a circle
    assert set(order) == set(graph)
    assert order.index("crossent.symbolic.declarations") < order.index("crossent.symbolic.prover")


@pytest.mark.parametrize(("one", "other"), [(NUMBERS, PROOF), (PROOF, NUMBERS)])
def test_numbers_and_proof_share_no_code(one, other):
    """What is refuted by numbers and what is proved have only the declarations in common."""
    graph = symbolic_imports()
    for module in one:
        found = {n.rpartition(".")[2] for n in reached(graph, f"crossent.symbolic.{module}")}
        assert not found & other, module


def test_each_module_is_for_numbers_or_for_proof_or_for_both():
    """A new module that proves or refutes has to be named above."""
    graph = symbolic_imports()
    for module in graph:
        below = {name.rpartition(".")[2] for name in reached(graph, module)}
        name = module.rpartition(".")[2]
        if name in NUMBERS | PROOF or (below & NUMBERS and below & PROOF):
            continue  # the gate, and what stands on it, use both
        assert not below & (NUMBERS | PROOF), name


def test_the_library_is_on_top():
    """Nothing but the library imports the library."""
    for module, names in symbolic_imports().items():
        if ".library" not in module:
            assert not any(".library" in name for name in names), module


# ---------------------------------------------------------------- crossent.frameworks


FRAMEWORKS = ["_softmax", "_keras_reduction", "_pytorch_arguments", "keras", "pytorch", "__init__"]
"""In this order; of the package they may import the numerics."""
BELOW_FRAMEWORKS = {
    f"crossent.{name}" for name in ("_checks", "numerics", "information", "losses")
}


@pytest.mark.parametrize("module", FRAMEWORKS)
def test_frameworks_import_one_way(module):
    """The re-implementations stand on the numerics, and need no framework."""
    earlier = FRAMEWORKS[: FRAMEWORKS.index(module)]
    allowed = BELOW_FRAMEWORKS | {f"crossent.frameworks.{name}" for name in earlier}
    source = (PACKAGE / "frameworks" / f"{module}.py").read_text(encoding="utf-8")
    assert imported_modules(source, "crossent.frameworks") - allowed - OUTSIDE == set()


def test_every_module_of_frameworks_has_its_place():
    """A new module has to be put into the order."""
    assert {path.stem for path in (PACKAGE / "frameworks").rglob("*.py")} == set(FRAMEWORKS)


def test_nothing_else_imports_frameworks():
    """They are a way to read, and nothing stands on them."""
    for path in (*PACKAGE.glob("*.py"), *SYMBOLIC.rglob("*.py")):
        names = imported_modules(path.read_text(encoding="utf-8"))
        assert not any(name.startswith("crossent.frameworks") for name in names), path.stem


def test_package_exports_what_its_modules_export():
    """`__all__` of the package is the union of its modules' and every name is there."""
    exported = [name for module in ORDER for name in sys.modules[f"crossent.{module}"].__all__]
    assert sorted(exported) == crossent.__all__
    assert all(callable(getattr(crossent, name)) for name in crossent.__all__)


def test_version_stands_in_one_place():
    """The build reads `__version__`, and the newest release in the changelog has that number."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"] == {"path": "crossent/__init__.py"}
    changes = (PACKAGE.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\](.*)$", changes, flags=re.MULTILINE)
    releases = [(number, rest) for number, rest in headings if number != "Unreleased"]
    assert releases[0][0] == crossent.__version__
    assert re.fullmatch(r" - (unreleased|\d{4}-\d\d-\d\d)", releases[0][1])
    assert all(re.fullmatch(r" - \d{4}-\d\d-\d\d", rest) for _, rest in releases[1:])
    numbers = [tuple(map(int, number.split("."))) for number, _ in releases]
    assert numbers == sorted(set(numbers), reverse=True)

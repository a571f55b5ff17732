"""Mutants: what mutmut makes of the package's functions, each as the text of one function."""

from __future__ import annotations

import ast
import difflib
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Mutant:
    """A function with one change."""

    path: str
    function: str  # the qualified name within the module
    source: str  # the changed function, without decorators
    removed: str
    added: str
    line: int  # of the change, counted from the line of ``def``
    key: str

    @property
    def module(self) -> str:
        """The module's dotted name."""
        return module_name(self.path)

    @property
    def change(self) -> tuple[str, str, str]:
        """What the list of accepted survivors knows it by."""
        return self.name, self.removed, self.added

    @property
    def name(self) -> str:
        """The function's dotted name."""
        return f"{self.module}.{self.function}"

    def __str__(self) -> str:
        return f"{self.name}\n    - {self.removed}\n    + {self.added}"


def module_name(path: str) -> str:
    """The dotted name of a module, from its path."""
    parts = Path(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources() -> list[str]:
    """The package's modules, by their paths from the root."""
    return sorted(str(p.relative_to(ROOT)) for p in (ROOT / "crossent").rglob("*.py"))


def mutants_of(path: str, work: Path) -> list[Mutant]:
    """Every mutant of a module's functions; made once for each version of the module."""
    code = (ROOT / path).read_text()
    stored = work / "made" / f"{path.replace('/', '.')}-{digest(code)}.json"
    if not stored.exists():
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_text(json.dumps([asdict(m) for m in made(path, code)]))
    return [Mutant(**fields) for fields in json.loads(stored.read_text())]


def made(path: str, code: str):
    """Yield mutmut's mutants, those of decorated functions too."""
    import libcst as cst
    from libcst.metadata import MetadataWrapper
    from mutmut.mutation import file_mutation
    from mutmut.mutation.mutators import mutation_operators
    from mutmut.mutation.pragma_handling import get_ignored_lines

    class Visitor(file_mutation.MutationVisitor):
        def _skip_node_and_children(self, node):
            decorated = isinstance(node, cst.FunctionDef) and node.decorators
            return not decorated and super()._skip_node_and_children(node)

    wrapper = MetadataWrapper(cst.parse_module(code))
    visitor = Visitor(mutation_operators, get_ignored_lines(path, code, wrapper, None))
    module = wrapper.visit(visitor)
    names = {}
    for statement in module.body:
        if isinstance(statement, cst.FunctionDef):
            names[statement] = statement.name.value
        elif isinstance(statement, cst.ClassDef):
            methods = (m for m in statement.body.body if isinstance(m, cst.FunctionDef))
            names |= {m: f"{statement.name.value}.{m.name.value}" for m in methods}
    seen = set()
    for mutation in visitor.mutations:
        function = mutation.contained_by_top_level_function
        if not isinstance(function, cst.FunctionDef):
            continue
        bare = function.with_changes(decorators=[], leading_lines=[])
        before = module.code_for_node(bare)
        after = module.code_for_node(
            bare.deep_replace(mutation.original_node, mutation.mutated_node)
        )
        if (after, function) in seen:
            continue
        seen.add((after, function))
        removed, added = changed_lines(before, after)
        pairs = zip(before.splitlines(), after.splitlines(), strict=False)
        line = next((i for i, (old, new) in enumerate(pairs) if old != new), 0)
        name = names[function]
        yield Mutant(path, name, after, removed, added, line, f"{name}-{digest(before + after)}")


def changed_lines(before: str, after: str) -> tuple[str, str]:
    """The lines that differ, each side on one line."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return tuple(
        " ".join(line[2:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )


def original(mutant: Mutant) -> str:
    """The function of a mutant as it is, without decorators."""
    node, _ = found(ast.parse((ROOT / mutant.path).read_text()), mutant.function)
    node.decorator_list = []
    return ast.unparse(node)


def found(tree: ast.Module, function: str) -> tuple[ast.FunctionDef, int]:
    """A function's node and its indentation."""
    *owner, name = function.split(".")
    body = tree.body
    for part in owner:
        body = next(n for n in body if isinstance(n, ast.ClassDef) and n.name == part).body
    node = next(n for n in body if isinstance(n, ast.FunctionDef) and n.name == name)
    return node, node.col_offset


def digest(text: str) -> str:
    """A short name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]

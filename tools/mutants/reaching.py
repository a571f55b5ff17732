"""Which test reaches which statements: recorded once, to run on a mutant only what can tell.

A run of statements starts at the head of a block and after each statement that holds blocks.
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import shutil
import sys
from collections import defaultdict
from pathlib import Path

from .judging import Outcome
from .making import ROOT, Mutant, digest, module_name, sources
from .replacing import put, use


def instrumented(path: str) -> tuple[ast.Module, list]:
    """A module in which every run of statements in a function tells that it is reached.

    Also return these functions, each with its qualified name.
    """
    tree = ast.parse((ROOT / path).read_text())
    functions = []
    for statement in tree.body:
        owner = [statement.name] if isinstance(statement, ast.ClassDef) else []
        for node in statement.body if owner else [statement]:
            if isinstance(node, ast.FunctionDef):
                name = ".".join([*owner, node.name])
                version = f"{module_name(path)}.{name}@{digest(ast.unparse(node))}"
                for block in list(blocks_of(node)):
                    block[:] = with_hits(block, version, node.lineno)
                functions.append((name, node))
    return tree, functions


def blocks_of(function: ast.FunctionDef):
    """Yield every list of statements in a function."""
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                yield block


def with_hits(block: list, version: str, first_line: int):
    """Return the statements with a record before each run of them, by its first line."""
    result, starts = [], True
    for statement in block:
        if starts:
            run = f"{version}:{statement.lineno - first_line}"
            result += ast.parse(f"__hit__({run!r})").body
        result.append(statement)
        starts = any(isinstance(getattr(statement, f, None), list) for f in ("body", "cases"))
    return result


def function_of(run: str) -> str:
    """The function of a run of statements, in its version: its text is part of the name."""
    return run.rpartition(":")[0]


def run_of(mutant: Mutant, runs: dict[str, list]) -> str:
    """The run of statements that a mutant changes; its first one if the change is in the head."""
    starts = runs[mutant.name]
    return max([s for s in starts if s[0] <= mutant.line] or [min(starts)])[1]


def runs_by_function() -> dict[str, list[tuple[int, str]]]:
    """The runs of statements of every function, each with its first line."""
    runs = defaultdict(list)
    for path in sources():
        for name, node in instrumented(path)[1]:
            for call in ast.walk(node):
                if isinstance(call, ast.Constant) and str(call.value).startswith("crossent."):
                    function, _, line = call.value.rpartition(":")
                    if function.startswith(f"{module_name(path)}.{name}@"):
                        runs[f"{module_name(path)}.{name}"].append((int(line), call.value))
    return runs


def instrument_this_process(seen: set[str]) -> None:
    """From now on `seen` holds the runs of statements that are reached."""
    builtins.__hit__ = seen.add
    for path in sources():
        for name, node in instrumented(path)[1]:
            node.decorator_list = []
            put(module_name(path), name, ast.unparse(node))


def instrument_other_processes(folder: Path, reached: Path) -> None:
    """Processes started from now on write the runs of statements they reach to a file."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in sources():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(ast.unparse(instrumented(path)[0]) + "\n")
    first = folder / "crossent" / "__init__.py"
    hit = f"lambda run: print(run, file=open({str(reached)!r}, 'a'))"
    first.write_text(f"import builtins\nbuiltins.__hit__ = {hit}\n{first.read_text()}")
    use(folder)


def processor_time() -> float:
    """Seconds of processor time of this process and of those it started that have ended."""
    return sum(os.times()[:4])


def record(items, results: Path) -> None:
    """Run every test once; write how long it took and which runs of statements it reached."""
    seen: set[str] = set()
    instrument_this_process(seen)
    elsewhere = results.with_suffix(".elsewhere")
    instrument_other_processes(results.with_suffix(".package"), elsewhere)
    caches = [
        value
        for name, module in list(sys.modules.items())
        if name.startswith("crossent")
        for value in vars(module).values()
        if hasattr(value, "cache_clear")
    ]
    outcome = Outcome()
    plugins = items[0].config.pluginmanager
    plugins.unregister(name="terminalreporter")
    plugins.register(outcome)
    with results.open("w") as file:
        for item, following in zip(items, [*items[1:], None], strict=True):
            for cache in caches:
                cache.cache_clear()
            seen.clear()
            elsewhere.write_text("")
            started = processor_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            reached = sorted(seen | set(elsewhere.read_text().split()))
            if outcome.failed:
                raise SystemExit(f"{outcome.failed} fails without any mutant")
            seconds = round(processor_time() - started, 4)
            line = {"test": item.nodeid, "seconds": seconds, "reached": reached}
            file.write(json.dumps(line) + "\n")

"""Put a changed function in the place of the original, here and in processes started from here."""

from __future__ import annotations
import __future__

import ast
import importlib
import inspect
import os
import shutil
import subprocess
from pathlib import Path

from .making import ROOT, Mutant, found


def activate(mutant: Mutant) -> None:
    """Give the function in this process the body and the defaults of the mutant."""
    put(mutant.module, mutant.function, mutant.source)


def put(module: str, function: str, source: str) -> None:
    """Replace what a function does; its decorators, closure and identity stay."""
    *owner, name = function.split(".")
    live = vars(importlib.import_module(module))
    for part in owner:
        live = vars(live[part])
    live = undecorated(live[name])
    if owner:
        if "__class__" in live.__code__.co_freevars:
            # `super()` gives a method a closure, which stays: so must the name that asks for it.
            source += "\n    __class__\n"
        source = f"class {owner[0]}:\n" + "".join(f"    {line}\n" for line in source.splitlines())
    flags = __future__.annotations.compiler_flag
    namespace = dict(vars(importlib.import_module(module)))
    exec(compile(source, live.__code__.co_filename, "exec", flags), namespace)
    new = vars(namespace[owner[0]])[live.__name__] if owner else namespace[live.__name__]
    new = undecorated(new)
    live.__code__, live.__defaults__ = new.__code__, new.__defaults__
    live.__kwdefaults__ = new.__kwdefaults__


def undecorated(function):
    """Return the function within a property, a static or class method, or a wrapper."""
    if isinstance(function, property):
        return function.fget
    return inspect.unwrap(getattr(function, "__func__", function))


def overlay(mutant: Mutant, folder: Path) -> None:
    """Write the package with the mutant in it, for the processes that a test starts."""
    shutil.rmtree(folder, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "crossent", folder / "crossent", ignore=ignored)
    code = (ROOT / mutant.path).read_text()
    node, indent = found(ast.parse(code), mutant.function)
    lines = code.splitlines()
    new = [" " * indent + line if line else "" for line in mutant.source.strip("\n").split("\n")]
    lines[node.lineno - 1 : node.end_lineno] = new
    (folder / mutant.path).write_text("\n".join(lines) + "\n")


def before_processes(mutant: Mutant, folder: Path) -> None:
    """Let the processes that a test starts import the package with the mutant in it."""
    start = subprocess.Popen.__init__

    def started(*arguments, **options):
        if subprocess.Popen.__init__ is started:
            subprocess.Popen.__init__ = start
            overlay(mutant, folder)
        return start(*arguments, **options)

    subprocess.Popen.__init__ = started
    use(folder)


def use(folder: Path) -> None:
    """Let the processes that are started from now on find the package in a folder."""
    os.environ["PYTHONPATH"] = f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    os.environ["PYTHONSAFEPATH"] = "1"

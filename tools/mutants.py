"""Mutation tests: change one thing in `crossent` at a time and see whether a check notices.

mutmut makes the mutants. They are run here, because mutmut starts pytest anew for each, which
takes longer than most tests: this collects the tests once, forks a process per mutant, puts the
changed function in the place of the original and runs the tests that call it, until one fails.
Survivors meet the slow tests next, and the notebooks last.

    python tools/mutants.py [--again] [--workers N] [--tests FILE ...] [FUNCTION ...]

What is known stays in ``_build/mutants``: a second call goes on where the first ended, and tries
the survivors again where tests changed. The accepted survivors stand in ``tests/mutants.toml``
with the reasons; one that is not listed makes the command fail.
"""

from __future__ import annotations
import __future__

import argparse
import ast
import builtins
import difflib
import fnmatch
import gc
import hashlib
import importlib
import inspect
import json
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "_build" / "mutants"
ACCEPTED = ROOT / "tests" / "mutants.toml"
STAGES = {"fast": 2.5, "slow": 40.0, "notebooks": 600.0}  # seconds of tests for each mutant
KILLED = ("killed", "timeout", "crash")
CPU_SLACK = 4.0  # seconds of processor time that a test may take beside three times its usual
MEMORY = 6 * 2**30


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


# ---------------------------------------------------------------- making mutants


def mutants_of(path: str) -> list[Mutant]:
    """Every mutant of a module's functions; made once for each version of the module."""
    code = (ROOT / path).read_text()
    stored = WORK / "made" / f"{path.replace('/', '.')}-{digest(code)}-lines.json"
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
            for method in statement.body.body:
                names[method] = (
                    f"{statement.name.value}.{getattr(method, 'name', cst.Name('_')).value}"
                )
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


def digest(text: str) -> str:
    """A short name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# ---------------------------------------------------------------- putting a mutant in place


def activate(mutant: Mutant) -> None:
    """Give the function in this process the body and the defaults of the mutant."""
    *owner, name = mutant.function.split(".")
    live = importlib.import_module(mutant.module)
    for part in owner:
        live = vars(live)[part] if inspect.isclass(live) else getattr(live, part)
    put(vars(live)[name], mutant.source, mutant.module, owner)


def put(live, source: str, module: str, owner: list[str]) -> None:
    """Replace what a function does; its decorators, closure and identity stay."""
    live = live.fget if isinstance(live, property) else getattr(live, "__func__", live)
    live = inspect.unwrap(live)
    if owner:
        source = f"class {owner[0]}:\n" + "".join(f"    {line}\n" for line in source.splitlines())
    flags = __future__.annotations.compiler_flag
    namespace = dict(vars(importlib.import_module(module)))
    exec(compile(source, live.__code__.co_filename, "exec", flags), namespace)
    new = vars(namespace[owner[0]])[live.__name__] if owner else namespace[live.__name__]
    live.__code__, live.__defaults__ = new.__code__, new.__defaults__
    live.__kwdefaults__ = new.__kwdefaults__


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


def found(tree: ast.Module, function: str):
    """A function's node and its indentation."""
    *owner, name = function.split(".")
    body = tree.body
    for part in owner:
        body = next(n for n in body if isinstance(n, ast.ClassDef) and n.name == part).body
    node = next(n for n in body if isinstance(n, ast.FunctionDef) and n.name == name)
    return node, node.col_offset


# ---------------------------------------------------------------- which test calls what


def instrumented(path: str) -> tuple[ast.Module, list]:
    """A module in which every run of statements in a function records that it was reached.

    A run starts at the head of a block and after each statement that holds blocks. Also return
    the functions.
    """
    tree = ast.parse((ROOT / path).read_text())
    functions = []
    for statement in tree.body:
        owner = [statement.name] if isinstance(statement, ast.ClassDef) else []
        for node in statement.body if owner else [statement]:
            if isinstance(node, ast.FunctionDef):
                name = ".".join([*owner, node.name])
                for block in list(blocks_of(node)):
                    block[:] = with_hits(block, f"{module_name(path)}.{name}", node.lineno)
                functions.append((name, owner, node))
    return tree, functions


def blocks_of(function: ast.FunctionDef):
    """Yield every list of statements in a function."""
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                yield block


def with_hits(block: list, name: str, first_line: int):
    """Return the statements with a record before each run of them, by its first line."""
    result, starts = [], True
    for statement in block:
        if starts:
            run = f"{name}:{statement.lineno - first_line}"
            result += ast.parse(f"__hit__({run!r})").body
        result.append(statement)
        starts = any(isinstance(getattr(statement, f, None), list) for f in ("body", "cases"))
    return result


def run_of(mutant: Mutant, runs: dict[str, list[int]]) -> str:
    """The run of statements that a mutant changes; its first one if the change is in the head."""
    starts = runs.get(mutant.name, [0])
    return f"{mutant.name}:{max([s for s in starts if s <= mutant.line] or [min(starts)])}"


def runs_by_function() -> dict[str, list[int]]:
    """The first lines of the runs of statements of every function."""
    runs = defaultdict(list)
    for path in sources():
        for name, _, node in instrumented(path)[1]:
            for call in ast.walk(node):
                if isinstance(call, ast.Constant) and str(call.value).startswith("crossent."):
                    function, _, line = call.value.rpartition(":")
                    if function == f"{module_name(path)}.{name}":
                        runs[function].append(int(line))
    return runs


def instrument_this_process(seen: set[str]) -> None:
    """From now on `seen` holds the names of the package's functions that were called."""
    builtins.__hit__ = seen.add
    for path in sources():
        if path.endswith("__main__.py"):
            continue
        module = module_name(path)
        for name, owner, node in instrumented(path)[1]:
            live = importlib.import_module(module)
            for part in owner:
                live = vars(live)[part]
            node.decorator_list = []
            put(vars(live)[name.split(".")[-1]], ast.unparse(node), module, owner)


def instrument_other_processes(folder: Path, calls: Path) -> None:
    """Processes started from now on write the names of the functions they call to a file."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in sources():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(ast.unparse(instrumented(path)[0]) + "\n")
    first = folder / "crossent" / "__init__.py"
    hit = f"lambda run: print(run, file=open({str(calls)!r}, 'a'))"
    first.write_text(f"import builtins\nbuiltins.__hit__ = {hit}\n{first.read_text()}")
    use(folder)


def processor_time() -> float:
    """Seconds of processor time of this process and of those it started that have ended."""
    return sum(os.times()[:4])


def use(folder: Path) -> None:
    """Let the processes that are started from now on find the package in a folder."""
    os.environ["PYTHONPATH"] = f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    os.environ["PYTHONSAFEPATH"] = "1"


def record_calls(items, results: Path) -> None:
    """Run every test once; write how long it took and which functions it called."""
    seen: set[str] = set()
    instrument_this_process(seen)
    elsewhere = results.with_suffix(".elsewhere")
    instrument_other_processes(WORK / "instrumented", elsewhere)
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
            calls = sorted(seen | set(elsewhere.read_text().split()))
            if outcome.failed:
                raise SystemExit(f"{outcome.failed} fails without any mutant")
            seconds = round(processor_time() - started, 4)
            record = {"test": item.nodeid, "seconds": seconds, "calls": calls}
            file.write(json.dumps(record) + "\n")


# ---------------------------------------------------------------- running tests on a mutant


class Outcome:
    """Remember the first test that fails."""

    def __init__(self):
        self.failed = None

    def pytest_runtest_logreport(self, report):
        """Note a failure in set-up, call or tear-down."""
        if report.failed and self.failed is None:
            self.failed = report.nodeid


def judged(mutant: Mutant, tests, folder: Path, limit: float) -> dict:
    """Run tests on a mutant in a process of its own, until one fails."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        run_child(mutant, tests, folder, writing)
    os.close(writing)
    last = b""
    deadline = time.monotonic() + limit
    status = None
    while status is None:
        done, code, usage = os.wait4(pid, os.WNOHANG)
        if done:
            status = code
        elif time.monotonic() > deadline:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            status = "stuck"
        else:
            time.sleep(0.003)
    while chunk := os.read(reading, 65536):
        last += chunk
    os.close(reading)
    lines = last.decode().splitlines()
    by = lines[-1].split(" ", 1)[1] if lines else ""
    result = {"by": by, "cpu": round(usage.ru_utime + usage.ru_stime, 3)}
    if status == "stuck":
        return result | {"status": "stuck"}
    if os.WIFSIGNALED(status):
        timeout = os.WTERMSIG(status) == signal.SIGPROF
        return result | {"status": "timeout" if timeout else "crash"}
    return result | {"status": "killed" if os.WEXITSTATUS(status) else "survived"}


def run_child(mutant, tests, folder, writing) -> None:
    """The process of one mutant: leaves with 1 if a test failed."""
    code = 0
    try:
        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        activate(mutant)
        before_processes(mutant, folder)
        outcome = Outcome()
        plugins = tests[0][0].config.pluginmanager
        plugins.unregister(name="terminalreporter")
        plugins.register(outcome)
        following = [item for item, _ in tests[1:]] + [None]
        for (item, seconds), after in zip(tests, following, strict=True):
            os.write(writing, f"test {item.nodeid}\n".encode())
            signal.setitimer(signal.ITIMER_PROF, 3 * seconds + CPU_SLACK)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            signal.setitimer(signal.ITIMER_PROF, 0)
            if outcome.failed:
                code = 1
                break
    except BaseException as error:
        os.write(writing, f"test ({type(error).__name__}: {error})\n".replace("\n", " ").encode())
        code = 1
    os._exit(code)


def in_order(mutant, run, items, records, killers, budget):
    """What reaches a run of statements: what killed its other mutants first, then the quickest.

    The unit is a test, or a notebook with all its cells.
    """
    units = defaultdict(list)
    for record in records:
        whole = record["test"].partition("::")[0]
        units[whole if whole.endswith(".ipynb") else record["test"]].append(record)
    calling = [
        (sum(r["seconds"] for r in unit), name, unit)
        for name, unit in units.items()
        if any(run in r["calls"] for r in unit)
    ]

    def rank(entry):
        seconds, name, _ = entry
        kills = 4 * killers[mutant.name][name] + killers[mutant.module][name]
        return seconds / (1 + 2 * kills), name

    chosen, total = [], 0.0
    for seconds, _, unit in sorted(calling, key=rank):
        if total + seconds <= budget:
            chosen += [(items[r["test"]], r["seconds"]) for r in unit]
            total += seconds
    return chosen


class Runner:
    """The pytest plugin that runs mutants in the place of tests."""

    def __init__(self, options):
        self.options = options
        self.accepted = Accepted()

    def pytest_load_initial_conftests(self):
        """Shrinking a failing example tells a reader more, and nothing about a mutant."""
        import hypothesis

        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("unshrunk", phases=phases)
        hypothesis.settings.load_profile("unshrunk")

    def pytest_runtestloop(self, session):
        """Record which test calls what, if that is not known; then judge the mutants."""
        items = {item.nodeid: item for item in session.items}
        records = self.recorded(items)
        known = known_results()
        todo = [m for m in self.options.mutants if self.undone(m, known)]
        print(f"{len(todo)} of {len(self.options.mutants)} mutants to run", flush=True)
        workers = self.options.workers
        taken = multiprocessing.Value("i", 0)
        gc.collect()
        gc.freeze()
        pids = []
        for number in range(workers):
            pid = os.fork()
            if pid == 0:
                try:
                    self.work(number, taken, todo, items, records)
                    os._exit(0)
                finally:
                    os._exit(1)
            pids.append(pid)
        for pid in pids:
            _, code = os.waitpid(pid, 0)
            if code:
                raise SystemExit("a worker broke off")
        return True

    def recorded(self, items):
        """What each test calls, recorded anew for the tests in changed files."""
        path = WORK / "calls.jsonl"
        known = read_lines(path)
        version = {item: digest(test.path.read_text() + "runs") for item, test in items.items()}
        valid = {r["test"] for r in known if version.get(r["test"]) == r["version"]}
        new = [item for name, item in items.items() if name not in valid]
        if new:
            print(f"recording what {len(new)} tests call", flush=True)
            part = path.with_suffix(".part")
            self.apart(record_calls, new, part)
            kept = [r for r in known if r["test"] in valid or r["test"] not in items]
            fresh = [r | {"version": version[r["test"]]} for r in read_lines(part)]
            path.write_text("".join(json.dumps(r) + "\n" for r in kept + fresh))
        return [r for r in read_lines(path) if r["test"] in items]

    def undone(self, mutant, known):
        """Whether a stage is left that could kill it."""
        result = known.get(mutant.key)
        if result is None:
            return True
        if result["status"] in KILLED or mutant in self.accepted:
            return False
        return self.options.again or result["stage"] != self.options.stage

    @staticmethod
    def apart(function, *arguments):
        """Call a function in a process of its own, so that nothing of it stays behind."""
        pid = os.fork()
        if pid == 0:
            function(*arguments)
            os._exit(0)
        if os.waitpid(pid, 0)[1]:
            raise SystemExit("the tests fail without any mutant")

    def work(self, number, taken, mutants, items, records):
        """Take one mutant after the other, judge it and write down the verdict."""
        killers, runs = defaultdict(Counter), runs_by_function()
        budget = self.options.budget or STAGES[self.options.stage]
        folder = WORK / f"overlay-{number}"
        with (WORK / "results.jsonl").open("a") as file:
            while True:
                with taken.get_lock():
                    count = taken.value
                    taken.value += 1
                if count >= len(mutants):
                    break
                if count % 50 == 0:
                    print(f"{count} of {len(mutants)}", flush=True)
                mutant = mutants[count]
                tests = in_order(mutant, run_of(mutant, runs), items, records, killers, budget)
                started = time.monotonic()
                if tests:
                    result = judged(mutant, tests, folder, 60 + 30 * budget)
                else:
                    result = {"status": "untested", "by": "", "cpu": 0}
                if result["status"] == "killed":
                    killers[mutant.name][result["by"]] += 1
                    killers[mutant.module][result["by"]] += 1
                result |= {
                    "key": mutant.key,
                    "stage": self.options.stage,
                    "seconds": round(time.monotonic() - started, 2),
                }
                file.write(json.dumps(result) + "\n")
                file.flush()


def known_results() -> dict:
    """The last verdict on each mutant."""
    return {r["key"]: r for r in read_lines(WORK / "results.jsonl")}


def read_lines(path: Path) -> list:
    """The records of a file, one on each line; none if there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_files():
    """The files whose change makes it worth trying survivors again."""
    return [*(ROOT / "tests").rglob("*.py"), *(ROOT / "book").glob("*.ipynb")]


# ---------------------------------------------------------------- the command


def main() -> None:
    """Run the mutants that are left and compare the survivors with the accepted ones."""
    global WORK
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("functions", nargs="*", default=["*"], help="names; * stands for more")
    parser.add_argument("--tests", nargs="+", default=[], help="run only the tests in these files")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--again", action="store_true", help="try survivors again")
    parser.add_argument("--work", type=Path, default=WORK, help="folder for what is known")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--budget", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.chdir(ROOT)
    WORK = options.work.resolve()
    WORK.mkdir(parents=True, exist_ok=True)
    options.mutants = chosen_mutants(options.functions)
    if options.stage:
        run_stage(options)
    # Each stage in a process of its own, because pytest collects once in a process.
    for stage in ["slow"] if options.tests else STAGES:
        again = [sys.executable, __file__, "--stage", stage, *sys.argv[1:]]
        subprocess.run(again, check=True)
    sys.exit(report(options.mutants, options.functions))


def chosen_mutants(patterns) -> list[Mutant]:
    """The mutants of the functions with these names, in the order of the patterns."""
    starts = [pattern.partition("*")[0] for pattern in patterns]
    made = [
        mutant
        for path, module in ((path, module_name(path)) for path in sources())
        if any(module.startswith(start) or start.startswith(module) for start in starts)
        for mutant in mutants_of(path)
    ]
    return [m for p in patterns for m in made if fnmatch.fnmatch(m.name, p)]


def run_stage(options) -> None:
    """Collect the tests of a stage and run the mutants that are left."""
    import pytest

    sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
    where = options.tests or (["book"] if options.stage == "notebooks" else ["tests", "crossent"])
    # These look at the built book and at the text of the notebooks; neither runs the package.
    apart = [
        f"--ignore=tests/{name}.py" for name in ("test_site", "test_notebooks", "test_mutants")
    ]
    plain = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--assert=plain", "--tb=native"]
    sys.exit(int(pytest.main([*plain, *apart, *where], plugins=[Runner(options)])))


class Accepted:
    """The survivors that need no test: those in a list, and those that a rule describes."""

    def __init__(self):
        stored = tomllib.loads(ACCEPTED.read_text())
        self.rules = [change for rule in stored["rules"] for change in rule["changes"]]
        self.listed = set()
        for group in stored["groups"]:
            lines = [line.strip() for line in group["mutants"].strip().splitlines()]
            for name, removed, added in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
                self.listed.add((name, removed[2:], added[2:]))

    def __contains__(self, mutant) -> bool:
        return mutant.change in self.listed or any(
            mutant.removed[:at] + new + mutant.removed[at + len(old) :] == mutant.added
            for old, new in self.rules
            for at in places(old, mutant.removed)
        )


def places(part: str, text: str):
    """Yield every place where a text holds a part."""
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def report(mutants, functions) -> int:
    """Print the numbers, write the list of survivors; 1 if one of them is not accepted."""
    known, accepted = known_results(), Accepted()
    found = defaultdict(list)
    for mutant in mutants:
        found[known.get(mutant.key, {"status": "not run"})["status"]].append(mutant)
    killed = sum(len(found[status]) for status in KILLED)
    left = [m for status in ("survived", "untested", "stuck") for m in found[status]]
    new = [m for m in left if m not in accepted]
    (WORK / "survivors.txt").write_text("".join(f"{m}\n" for m in new))
    asked = {c for c in accepted.listed if any(fnmatch.fnmatch(c[0], f) for f in functions)}
    stale = asked - {m.change for m in mutants}
    print(f"{len(mutants)} mutants: {killed} killed, {len(left)} survived", end="")
    print(f" ({len(left) - len(new)} of them accepted), {len(found['not run'])} not run")
    if new:
        print(f"{len(new)} survivors are neither killed nor accepted: {WORK / 'survivors.txt'}")
    for change in sorted(stale):
        print("accepted, but no longer made:", *change, sep="\n    ")
    return int(bool(new or stale))


if __name__ == "__main__":
    main()

"""The pytest plugin that runs mutants in the place of tests."""

from __future__ import annotations

import dataclasses
import gc
import json
import multiprocessing
import os
from collections import Counter, defaultdict

from .judging import judged
from .making import Mutant, digest, original
from .reaching import function_of, record, run_of, runs_by_function
from .verdicts import KILLED, Accepted, known_verdicts, read_lines

STAGES = {"fast": 1.5, "slow": 40.0, "notebooks": 600.0}
"""How many seconds of tests each mutant meets: all of them meet the quick tests first, and only
the survivors of a stage the next."""


class Tests:
    """The collected tests by the runs of statements that they reach.

    The unit is a test, or a notebook with all its cells.
    """

    def __init__(self, items: dict, records: list, runs: dict):
        self.items, self.runs = items, runs
        self.units, self.reaching = defaultdict(list), defaultdict(set)
        for entry in records:
            file = entry["test"].partition("::")[0]
            unit = file if file.endswith(".ipynb") else entry["test"]
            self.units[unit].append(entry)
            for run in entry["reached"]:
                self.reaching[run].add(unit)
        self.kills = defaultdict(Counter)

    def chosen(self, mutant: Mutant, budget: float) -> list:
        """Tests for a mutant: what killed its neighbours first, then the quickest."""

        def rank(entry):
            seconds, unit = entry
            kills = 4 * self.kills[mutant.name][unit] + self.kills[mutant.module][unit]
            return seconds / (1 + 2 * kills), unit

        units = self.reaching[run_of(mutant, self.runs)]
        timed = [(sum(test["seconds"] for test in self.units[unit]), unit) for unit in units]
        tests, total = [], 0.0
        for seconds, unit in sorted(timed, key=rank):
            if total + seconds <= budget:
                tests += [(self.items[t["test"]], t["seconds"]) for t in self.units[unit]]
                total += seconds
        return tests

    def killed(self, mutant: Mutant, by: str) -> None:
        """Remember which test killed a mutant."""
        for neighbours in (mutant.name, mutant.module):
            self.kills[neighbours][by] += 1


class Runner:
    """Runs the mutants that a stage may still kill."""

    def __init__(self, options):
        self.options, self.work = options, options.work
        self.accepted = Accepted()

    def pytest_load_initial_conftests(self):
        """Shrinking a failing example tells a reader more, and nothing about a mutant."""
        import hypothesis

        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("unshrunk", phases=phases)
        hypothesis.settings.load_profile("unshrunk")

    def pytest_runtestloop(self, session):
        """Record which test reaches what, as far as that is not known; then judge mutants."""
        items = {item.nodeid: item for item in session.items}
        files = {item.path for item in session.items}
        self.versions = {file: digest(file.read_text()) for file in files}
        self.checks = digest("".join(sorted(self.versions.values())))
        runs = runs_by_function()
        tests = Tests(items, self.recorded(items, runs), runs)
        known = known_verdicts(self.work)
        mutants = [m for m in self.options.mutants if self.is_undone(m, known.get(m.key))]
        print(f"{self.options.stage}: {len(mutants)} of {len(self.options.mutants)} mutants")
        gc.collect()
        gc.freeze()
        if mutants:
            self.require_survival(mutants[0], tests)
        taken = multiprocessing.Value("i", 0)
        apart([(self.judge_all, mutants, tests, taken, n) for n in range(self.options.workers)])
        return True

    def recorded(self, items, runs) -> list:
        """What each test reaches, recorded anew where it, or a function it reached, changed."""
        path = self.work / "reached.jsonl"
        current = {function_of(run) for starts in runs.values() for _, run in starts}
        known = {
            entry["test"]: entry
            for entry in read_lines(path)
            if all(function_of(run) in current for run in entry["reached"])
        }
        new = [
            item
            for name, item in items.items()
            if known.get(name, {}).get("version") != self.versions[item.path]
        ]
        if new:
            print(f"recording what {len(new)} tests reach", flush=True)
            part = path.with_suffix(".part")
            try:
                apart([(record, new, part)])
            finally:  # where one of them fails, the others need not run again
                for entry in read_lines(part):
                    version = self.versions[items[entry["test"]].path]
                    known[entry["test"]] = entry | {"version": version}
                path.write_text("".join(json.dumps(entry) + "\n" for entry in known.values()))
        return [entry for name, entry in known.items() if name in items]

    def is_undone(self, mutant: Mutant, verdict: dict | None) -> bool:
        """Whether this stage may kill it: not tried yet, or tried with other tests."""
        if verdict is None:
            return True
        if verdict["status"] in KILLED or mutant in self.accepted:
            return False
        order = list(STAGES)
        later = order.index(verdict["stage"]) < order.index(self.options.stage)
        return later or verdict["checks"].get(self.options.stage) != self.checks

    def require_survival(self, mutant: Mutant, tests: Tests) -> None:
        """A function replaced by itself must survive, or the verdicts mean nothing."""
        unchanged = dataclasses.replace(mutant, source=original(mutant))
        verdict = self.judge(unchanged, tests, self.work / "control")
        if verdict["status"] not in ("survived", "untested"):
            raise SystemExit(f"{mutant.name} is {verdict['status']} unchanged, by {verdict['by']}")

    def judge(self, mutant: Mutant, tests: Tests, folder) -> dict:
        """The verdict of this stage on a mutant."""
        budget = self.options.budget or STAGES[self.options.stage]
        chosen = tests.chosen(mutant, budget)
        if not chosen:
            return {"status": "untested", "by": ""}
        return judged(mutant, chosen, folder, 60 + 30 * budget)

    def judge_all(self, mutants, tests, taken, number) -> None:
        """Take one mutant after the other, judge it and write down the verdict."""
        known = known_verdicts(self.work)
        with (self.work / "verdicts.jsonl").open("a") as file:
            while (count := next_of(taken)) < len(mutants):
                if count % 100 == 0:
                    print(f"{count} of {len(mutants)}", flush=True)
                mutant = mutants[count]
                verdict = self.judge(mutant, tests, self.work / f"package-{number}")
                if verdict["status"] == "killed":
                    tests.killed(mutant, verdict["by"])
                checks = known.get(mutant.key, {}).get("checks", {})
                verdict["checks"] = checks | {self.options.stage: self.checks}
                verdict |= {"key": mutant.key, "stage": self.options.stage}
                file.write(json.dumps(verdict) + "\n")
                file.flush()


def next_of(counter) -> int:
    """Count on, for all processes together."""
    with counter.get_lock():
        counter.value += 1
        return counter.value - 1


def apart(calls) -> None:
    """Call functions, each in a process of its own, so that nothing of them stays behind."""
    pids = []
    for function, *arguments in calls:
        pid = os.fork()
        if pid == 0:
            try:
                function(*arguments)
                os._exit(0)
            except BaseException as error:
                print(error, flush=True)
            finally:
                os._exit(1)
        pids.append(pid)
    if any([os.waitpid(pid, 0)[1] for pid in pids]):
        raise SystemExit("stopped")

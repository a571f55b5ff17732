"""What became of each mutant, and which survivors are accepted."""

from __future__ import annotations

import fnmatch
import json
import tomllib
from collections import defaultdict
from pathlib import Path

from .making import ROOT

ACCEPTED = ROOT / "tests" / "mutants.toml"
KILLED = ("killed", "timeout", "crash")


def known_verdicts(work: Path) -> dict:
    """The last verdict on each mutant, by its key."""
    return {r["key"]: r for r in read_lines(work / "verdicts.jsonl")}


def read_lines(path: Path) -> list:
    """The records of a file, one on each line; none if there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


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


def report(mutants, functions, work: Path) -> int:
    """Print the numbers, write the list of survivors; 1 if one of them is not accepted."""
    known, accepted = known_verdicts(work), Accepted()
    found = defaultdict(list)
    for mutant in mutants:
        found[known.get(mutant.key, {"status": "not run"})["status"]].append(mutant)
    killed = sum(len(found[status]) for status in KILLED)
    left = [m for status in ("survived", "untested", "stuck", "broken") for m in found[status]]
    new = [m for m in left if m not in accepted]
    (work / "survivors.txt").write_text("".join(f"{m}\n" for m in new))
    asked = {c for c in accepted.listed if any(fnmatch.fnmatch(c[0], f) for f in functions)}
    stale = asked - {m.change for m in mutants}
    print(f"{len(mutants)} mutants: {killed} killed, {len(left)} survived", end="")
    print(f" ({len(left) - len(new)} of them accepted), {len(found['not run'])} not run")
    if new:
        print(f"{len(new)} survivors are neither killed nor accepted: {work / 'survivors.txt'}")
    for change in sorted(stale):
        print("accepted, but no longer made:", *change, sep="\n    ")
    return int(bool(new or stale))

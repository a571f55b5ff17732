"""The lock of the environment and the readable list say the same."""

import importlib.metadata
import re
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PINS = [
    Requirement(line)
    for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    if re.match(r"[A-Za-z]", line)
]


def locked(text: str) -> list[tuple[Requirement, int]]:
    """Return the packages of a lock, each with the number of its hashes.

    Raises
    ------
    ValueError
        If a line is neither a pinned package nor a hash.
    """
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        line = line.removesuffix("\\").strip()
        if re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) and found:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif re.match(r"[a-z0-9-]+==[^ ]+", line):
            found.append((Requirement(line), 0))
        else:
            raise ValueError(f"not a package or a hash: {line}")
    return found


def faults(pins: list[Requirement], text: str) -> list[str]:
    """Return where a lock does not hold what the list pins, or holds it without a hash."""
    packages = locked(text)
    found = [f"{package.name} has no hash" for package, hashes in packages if not hashes]
    versions = {
        (canonicalize_name(package.name), str(package.specifier)) for package, _ in packages
    }
    for pin in pins:
        if (canonicalize_name(pin.name), str(pin.specifier)) not in versions:
            found.append(f"{pin} is not in the lock")
    return found


def closure(names: set[str]) -> set[str]:
    """Return everything that installed packages need in turn, here."""
    found, waiting = set(), [(name, frozenset({""})) for name in names]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in found:
            continue
        found.add((name, extras))
        for line in importlib.metadata.requires(name) or []:
            need = Requirement(line)
            if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in extras):
                waiting.append((canonicalize_name(need.name), frozenset({"", *need.extras})))
    return {name for name, _ in found}


def test_list_and_lock_agree():
    """Every pin of the list is in the lock, with hashes; `make lock` writes it anew."""
    assert not faults(PINS, LOCK)
    assert all(re.fullmatch(r"==[^*]+", str(pin.specifier)) for pin in PINS)


def test_lock_is_complete():
    """It holds what the pinned packages need here, and nothing that none of them needs."""
    here = {
        canonicalize_name(package.name)
        for package, _ in locked(LOCK)
        if package.marker is None or Marker(str(package.marker)).evaluate()
    }
    pins = {canonicalize_name(pin.name) for pin in PINS}
    extras = {extra for pin in PINS for extra in pin.extras}
    assert not extras  # closure would have to begin with them
    assert closure(pins) == here


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("numpy==2", "numpy==1", "numpy==2.4.6 is not in the lock"),
        ("--hash", "", "has no hash"),
    ],
)
def test_planted_faults_are_found(old, new, message):
    """A lock of another version, or without hashes, is refused."""
    text = LOCK.replace(old, new)
    if not new:
        text = "\n".join(line for line in LOCK.splitlines() if old not in line)
    assert any(message in fault for fault in faults(PINS, text))
    with pytest.raises(ValueError, match="not a package or a hash"):
        locked(LOCK + "\nhttps://example.org/x.whl\n")

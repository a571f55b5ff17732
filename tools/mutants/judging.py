"""Run tests on one mutant, in a process of its own, until one fails."""

from __future__ import annotations

import os
import resource
import signal
import time
from pathlib import Path

from .making import Mutant
from .replacing import activate, before_processes

SLACK = 4.0
"""Seconds of processor time that a test may take beside three times its usual.

Processor time, because on a busy machine every test takes long by the clock.
"""

MEMORY = 6 * 2**30
"""Bytes that a mutant may ask for."""

VERDICTS = ("survived", "killed", "broken")
"""What a process says of its mutant by its exit status; broken: it could not be put in place."""


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
        done, code = os.waitpid(pid, os.WNOHANG)
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
    result = {"by": last.decode().rpartition("\n")[0].rpartition("\n")[2]}
    if status == "stuck":
        return result | {"status": "stuck"}
    if os.WIFSIGNALED(status):
        timeout = os.WTERMSIG(status) == signal.SIGPROF
        return result | {"status": "timeout" if timeout else "crash"}
    return result | {"status": VERDICTS[os.WEXITSTATUS(status)]}


def run_child(mutant, tests, folder, writing) -> None:
    """The process of one mutant."""
    verdict = "survived"
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
            os.write(writing, f"{item.nodeid}\n".encode())
            signal.setitimer(signal.ITIMER_PROF, 3 * seconds + SLACK)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            signal.setitimer(signal.ITIMER_PROF, 0)
            if outcome.failed:
                verdict = "killed"
                break
    except BaseException as error:
        verdict = "broken"
        os.write(writing, f"{error!r}\n".encode())
    os._exit(VERDICTS.index(verdict))

"""The hints of the package as its users' type checker reads them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import numpy as np
import sympy as sp

import crossent
from crossent.continuous import continuous_categorical_mean
from crossent.datasets import load_cifar10
from crossent.frameworks import keras_categorical_crossentropy, pytorch_cross_entropy
from crossent.models import Network
from crossent.plotting import simplex_xy
from crossent.symbolic import Context, Derivation
from crossent.training import History, fit, train
from crossent.votes import majority, vote_shares

rng = np.random.default_rng(0)
p: list[float] = [0.5, 0.5]
h = crossent.entropy(p, base=2)
print(float(h), f"{h:.3f}", h + 1.0)
s: np.ndarray = crossent.softmax([[0.0, 1.0]])
loss, gradient = crossent.softmax_cross_entropy_grad(s, [1])
print(gradient[0, 0], np.asarray(loss)[0])
hot: np.ndarray = crossent.one_hot([0, 1], num_classes=2)
x, y = simplex_xy(np.eye(3))
network = Network([2, 2], rng, dtype=np.float32)
history: History = train(network, s, np.array([0]), rng=rng, num_epochs=1)
final: float = fit(network, s, [0], ridge=0.1)
images: np.ndarray = load_cifar10("folder").train_images
context = Context()
K = context.size("K")
chain: Derivation = Derivation(K, context).step(K, "it is", sizes={K: 2})
print(majority([[1, 2]], rng), vote_shares([[1, 2]])[0], chain.general)

crossent.entropy(None)  # wrong
crossent.entropy(p, 2)  # wrong
crossent.entropy(p, base="two")  # wrong
text: str = crossent.cross_entropy(p, p)  # wrong
crossent.softmax()  # wrong
crossent.one_hot([0], num_classes=2.0)  # wrong
crossent.linear_cross_entropy(s, s, labels=object())  # wrong
continuous_categorical_mean(eta=None)  # wrong
load_cifar10(3)  # wrong
keras_categorical_crossentropy(p, p, axis="last")  # wrong
pytorch_cross_entropy(p, 0, reduction=None)  # wrong
Network(2)  # wrong
network.logit(s)  # wrong
train(network, s, [0], rng=0, num_epochs=1)  # wrong
fit(network, s, [0], max_steps="many")  # wrong
majority([[1, 2]])  # wrong
context.size(3)  # wrong
Derivation(K, None)  # wrong
chain.step(K, 3)  # wrong
chain.steps.append(K)  # wrong
"""


@pytest.fixture(scope="module")
def mypy(tmp_path_factory):
    """Return a function: it runs mypy, which sees the package and what is installed."""
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent"]
    command += ["--cache-dir", tmp_path_factory.mktemp("cache")]

    def run(*arguments):
        return subprocess.run(
            [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
        )

    return run


def test_right_calls_pass_and_wrong_ones_are_found(mypy, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    run = mypy("--config-file=", "--disable-error-code=import-untyped", program)
    found = set(map(int, re.findall(r"program\.py:(\d+): error:", run.stdout)))
    lines = PROGRAM.splitlines()
    wanted = {number for number, line in enumerate(lines, start=1) if line.endswith("# wrong")}
    assert len(wanted) == 20
    assert found == wanted, run.stdout


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("def vote_shares(counts: ArrayLike)", "def vote_shares(counts)", "missing a type"),
        (
            "    return counts / totals[..., np.newaxis]",
            "    return 'shares'",
            "Incompatible return",
        ),
        ("vote_shares(counts: ArrayLike)", "vote_shares(counts: Arraylike)", "is not defined"),
    ],
)
def test_planted_error_fails_the_check(old, new, finding, mypy, tmp_path):
    """With the project's own settings, as in `make lint`."""
    module = ROOT / "crossent" / "votes.py"
    source = module.read_text(encoding="utf-8")
    assert source.count(old) == 1
    planted = tmp_path / "planted.py"
    planted.write_text(source.replace(old, new), encoding="utf-8")
    run = mypy("--config-file", ROOT / "pyproject.toml", planted)
    assert run.returncode == 1
    assert finding in run.stdout

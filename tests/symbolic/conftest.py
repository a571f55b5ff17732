"""Settings that the tests of the derivations share, made anew for each test."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest
import sympy as sp

from crossent.symbolic import Context, iverson


def add_sums(setting):
    """Give a setting ``sum(body, k, ...)`` and ``prod`` over declared ranges, outermost last."""

    def limits(indices):
        return [(index, 1, setting.context.indices[index]) for index in indices]

    setting.sum = lambda body, *indices: sp.Sum(body, *limits(indices))
    setting.prod = lambda body, *indices: sp.Product(body, *limits(indices))
    return setting


def everything_that_can_be_declared():
    """One context with every kind of declaration."""
    s = SimpleNamespace()
    c = s.context = Context()
    s.N, s.K, s.M = (c.size(name) for name in "NKM")
    s.k, s.j, s.l, s.i = c.index("k j l i", s.K)
    s.n, s.r = c.index("n r", s.N)
    s.m, s.h = c.index("m h", s.M)
    s.p, s.q = (c.family(name, s.K, sign="positive", total=1) for name in "pq")
    s.a, s.b = (c.family(name, s.K, sign="positive") for name in "ab")
    s.w = c.family("w", s.K, sign="nonnegative")
    s.u = c.family("u", s.K, sign="nonnegative", at_most=1)
    s.z, s.v = c.family("z", s.K), c.family("v", s.K)
    s.d = c.family("d", s.N)
    s.W = c.family("W", s.K, s.M, sign="positive", total=1)
    s.R = c.family("R", s.K, s.M, total=1)
    s.A = c.family("A", s.N, s.K)
    s.X = c.labels("X", s.N, values=s.K)
    s.Y = c.labels("Y", s.K, values=s.K)
    s.x, s.y, s.theta = (c.scalar(name) for name in ("x", "y", "theta"))
    s.c = c.scalar("c", sign="positive")
    s.e = c.scalar("e", sign="nonnegative")
    s.t = c.scalar("t", between=(0, 1))
    s.f = c.function("f", s.K, None, sign="positive", total=1)
    s.g = c.function("g", None, sign="positive")
    add_sums(s)
    s.seen = lambda face: s.sum(iverson(s.X[s.n], face), s.n)
    s.phat = c.define("phat", s.k, s.seen(s.k) / s.N)
    s.s = c.define("s", s.k, sp.exp(s.z[s.k]) / s.sum(sp.exp(s.z[s.j]), s.j), sign="positive")
    s.H = c.define("H", (), -s.sum(s.p[s.k] * sp.log(s.q[s.k]), s.k))
    return s


def conditions_of_an_optimum():
    """The multiplier rules of a program on the simplex, as hypotheses."""
    s = SimpleNamespace()
    c = s.context = Context()
    s.N, s.K = c.size("N"), c.size("K")
    s.k, s.j = c.index("k j", s.K)
    s.n = c.index("n", s.N)
    s.q = c.family("q", s.K, sign="nonnegative", total=1)
    s.r = c.family("r", s.K, sign="nonnegative")
    s.mu = c.family("mu", s.K, sign="nonnegative")
    s.x = c.scalar("x")
    s.c = c.scalar("c", sign="positive")
    s.multiplier = c.scalar("lambda")
    add_sums(s)
    s.stationary = c.define("g", s.j, s.r[s.j] - s.multiplier + s.mu[s.j])
    s.slack = c.define("h", s.j, s.mu[s.j] * s.q[s.j])
    s.excess = c.define("E", (), s.sum(s.r[s.j] * s.q[s.j], s.j) - 1)
    s.gap = c.define("G", (), s.multiplier - 1)
    for quantity in (s.stationary, s.slack, s.excess, s.gap):
        c.assume_zero(quantity)
    return s


@pytest.fixture
def everything():
    """One context with every kind of declaration."""
    return everything_that_can_be_declared()


@pytest.fixture(scope="session")
def everything_once():
    """The same for tests that only read it, where making it anew would cost time."""
    return everything_that_can_be_declared()


@pytest.fixture
def optimum():
    """The multiplier rules of a program on the simplex, as hypotheses."""
    return conditions_of_an_optimum()


def loaded(name):
    """A module of this folder; the tests are no package, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def mutation():
    """The module that makes mutants."""
    return loaded("mutation")


@pytest.fixture(scope="session")
def randomly():
    """The module that makes random expressions."""
    return loaded("random_expressions")

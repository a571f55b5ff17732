"""The frameworks, where they are installed, and modules that the tests share."""

import importlib.util
import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
VERSIONS = {"torch": "2.13.0", "keras": "3.15.1"}


def loaded(name):
    """A module of this folder; the tests are no package, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def installed(name):
    """A framework in the version that was re-implemented; without it the test is skipped."""
    version = VERSIONS[name]
    reason = f"{name} {version} is not installed: pip install -r requirements-peers.txt"
    module = pytest.importorskip(name, reason=reason, exc_type=ImportError)
    if module.__version__.partition("+")[0] != version:
        pytest.skip(f"{reason}; found {module.__version__}")
    return module


@pytest.fixture(scope="session")
def torch():
    """PyTorch, which on small arrays is faster on one core."""
    module = installed("torch")
    module.set_num_threads(1)
    return module


@pytest.fixture(scope="session")
def keras(torch):
    """Keras on PyTorch."""
    os.environ["KERAS_BACKEND"] = "torch"  # read when it is imported
    module = installed("keras")
    assert module.backend.backend() == "torch", "Keras has been imported with another backend"
    return module


@pytest.fixture(scope="session")
def configurations():
    """The module that makes configurations of arguments."""
    return loaded("configurations")


@pytest.fixture(scope="session")
def record():
    """The module that calls the frameworks and records what they return."""
    return loaded("record")

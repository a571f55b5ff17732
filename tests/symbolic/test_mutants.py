"""Single-node mutants of the shared derivations are refused; one half of the derivations."""

import pytest

from crossent.symbolic.library import ALL

# Two files, because the tests are spread over processes by file.
HALF = ALL[0::2]


@pytest.mark.parametrize("function", HALF, ids=lambda function: function.__name__)
def test_mutants_are_refused(function, mutation, monkeypatch, record_property):
    """Each is refuted or undecided, except those that numbers cannot tell from the original."""
    mutation.require_refused(function, monkeypatch, record_property)

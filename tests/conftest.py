"""Set-up of the tests: repeatable property tests, and distances in units in the last place."""

import hypothesis
import mpmath
import numpy as np
import pytest

hypothesis.settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, max_examples=60
)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def ulps():
    """Return a function: the largest distance of floats from their references, in ULP."""

    def largest_distance(floats, references):
        unit = [np.spacing(np.abs(np.float64(float(r)))) for r in references]
        pairs = zip(np.ravel(floats), references, unit, strict=True)
        return max(
            float(abs(mpmath.mpf(float(f)) - r) / mpmath.mpf(float(u))) for f, r, u in pairs
        )

    return largest_distance

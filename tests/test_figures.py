"""The comparison of figures in book/conftest.py sees what a reader would see."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

SPEC = importlib.util.spec_from_file_location(
    "book_conftest", Path(__file__).parent.parent / "book" / "conftest.py"
)
book_conftest = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(book_conftest)


@pytest.fixture
def figure():
    image = np.full((300, 400, 3), 255.0)
    image[150:153, 50:350] = 0.0  # a line three pixels wide
    return image


def test_same_figure(figure):
    assert book_conftest.figure_difference([figure], [figure.copy()]) is None


def test_anti_aliasing_noise_is_tolerated(figure):
    noisy = figure.copy()
    noisy[149, 50:350] -= 10.0
    assert book_conftest.figure_difference([figure], [noisy]) is None


def test_moved_line_is_found(figure):
    moved = np.roll(figure, 2, axis=0)
    assert "differs" in book_conftest.figure_difference([figure], [moved])


def test_other_size_and_missing_figure_are_found(figure):
    assert "pixels" in book_conftest.figure_difference([figure], [figure[:-1]])
    assert "1 stored" in book_conftest.figure_difference([figure], [])

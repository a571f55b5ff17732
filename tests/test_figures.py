"""Stored pictures are what is drawn today, and the comparison sees what a reader would see."""

import importlib.util
import io
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import stills
from matplotlib.font_manager import FontProperties, findfont
from PIL import Image

from crossent.plotting import simplex_xy, use_book_style

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


def test_the_font_of_the_book_comes_with_matplotlib():
    """So that text is as wide on every machine."""
    with plt.rc_context():
        use_book_style()
        found = findfont(FontProperties(), fallback_to_default=False)
    assert Path(found).is_relative_to(matplotlib.get_data_path())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, int])
def test_coordinates_in_the_simplex_have_all_digits(dtype):
    """Whatever the type of the probabilities: the top is √3/2 high."""
    x, y = simplex_xy(np.array([0, 0, 1], dtype))
    assert (x.dtype, y.dtype) == (np.float64, np.float64)
    assert (x, y) == (0.5, pytest.approx(3**0.5 / 2, rel=1e-15))


@pytest.mark.parametrize("name", stills.STILLS)
def test_stills_of_interactive_figures_are_up_to_date(name):
    """They show what the package computes today; `python tools/stills.py` draws them anew."""
    drawn = io.BytesIO()
    with plt.rc_context():
        use_book_style()
        figure = stills.STILLS[name]()
        figure.savefig(drawn)
        plt.close(figure)
    stored, new = (
        np.asarray(Image.open(file).convert("RGB"), dtype=float)
        for file in (stills.FOLDER / f"{name}.png", drawn)
    )
    assert book_conftest.figure_difference([stored], [new]) is None

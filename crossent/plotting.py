"""The book's figure style and the figures that several chapters share; no maths here.

Colours are those of Okabe and Ito (2008), told apart by readers with any colour vision,
each with one fixed meaning; a line style or a marker always says the same again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from crossent._types import Float64s

__all__ = [
    "GAP_COLOUR",
    "GAP_STYLE",
    "MUTED_COLOUR",
    "P_COLOUR",
    "P_STYLE",
    "Q_COLOUR",
    "Q_STYLE",
    "draw_simplex",
    "simplex_xy",
    "use_book_style",
]

P_COLOUR = "#0072B2"  #: Blue, for the data distribution p.
Q_COLOUR = "#D55E00"  #: Vermilion, for the model distribution q.
GAP_COLOUR = "#009E73"  #: Bluish green, for differences of the two.
MUTED_COLOUR = "#5F5F5F"  #: Grey, for guides and annotations.

P_STYLE = {"color": P_COLOUR, "linestyle": "-"}  #: How lines for p are drawn.
Q_STYLE = {"color": Q_COLOUR, "linestyle": "--"}  #: How lines for q are drawn.
GAP_STYLE = {"color": GAP_COLOUR, "linestyle": "-."}  #: How differences are drawn.


def use_book_style() -> None:
    """Set matplotlib up for the book: sharp figures of one column's width, no box around them."""
    plt.rcParams.update(
        {
            "figure.figsize": (7.0, 3.6),  # inches; 7 in is the text column at 96 px per inch
            "figure.dpi": 192,  # two image pixels per CSS pixel
            "figure.constrained_layout.use": True,
            "figure.facecolor": "white",
            "savefig.bbox": "standard",
            "font.family": "DejaVu Sans",  # ships with matplotlib: the same on every machine
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": cycler(
                color=[P_COLOUR, Q_COLOUR, GAP_COLOUR, "#CC79A7", "#56B4E9", "#E69F00", "#000000"]
            ),
            "axes.grid": True,
            "grid.alpha": 0.3,
            "legend.frameon": False,
            "lines.linewidth": 2,
        }
    )


def simplex_xy(q: ArrayLike) -> tuple[Float64s, Float64s]:
    """Return the plane coordinates of three-class distributions.

    The corners, where one class has probability 1, are mapped to an equilateral triangle with
    sides of length 1: class 1 at (0, 0), class 2 at (1, 0), class 3 at the top.

    Parameters
    ----------
    q : array_like, shape (..., 3)
        Distributions, class axis last.

    Returns
    -------
    x, y : ndarray, shape (...)
        Coordinates in units of the triangle's side.

    Examples
    --------
    >>> x, y = simplex_xy([1 / 3, 1 / 3, 1 / 3])
    >>> print(f"{x:.4f}, {y:.4f}")  # the centre
    0.5000, 0.2887
    """
    q = np.asarray(q, dtype=float)
    return q[..., 1] + q[..., 2] / 2, np.sqrt(3) / 2 * q[..., 2]


def draw_simplex(ax: Axes, labels: Sequence[str] = ("face 1", "face 2", "face 3")) -> None:
    """Draw the triangle of all three-class distributions, with its corners labelled.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where to draw; use `simplex_xy` for whatever is put into the triangle.
    labels : sequence of str, optional
        Names of the corners, class 1 (left), 2 (right) and 3 (top).
    """
    x, y = simplex_xy(np.eye(3)[[0, 1, 2, 0]])
    ax.plot(x, y, color=MUTED_COLOUR, linewidth=1)
    for corner, vertical in enumerate(("top", "top", "bottom")):
        ax.annotate(
            labels[corner],
            (x[corner], y[corner]),
            xytext=(0, 4 if vertical == "bottom" else -4),
            textcoords="offset points",
            ha="center",
            va=vertical,
        )
    ax.set(aspect="equal", xlim=(-0.15, 1.15), ylim=(-0.05, 0.92))  # room for labels, markers
    ax.axis("off")

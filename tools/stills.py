"""Draw the pictures that stand in for the interactive figures where scripts are off.

    python tools/stills.py

Each shows the state in which its figure opens, computed with the package; a test draws them
again and compares.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

import crossent
from crossent.plotting import (
    GAP_COLOUR,
    MUTED_COLOUR,
    P_COLOUR,
    P_STYLE,
    Q_COLOUR,
    Q_STYLE,
    draw_simplex,
    simplex_xy,
    use_book_style,
)

FOLDER = Path(__file__).resolve().parent.parent / "book" / "stills"
LEVELS = [0.02, 0.05, 0.1, 0.2, 0.4, 0.8]  # nats above the least value
PETALS = [0, 0, 24, 26, 0, 0, 3, 8, 18, 25, 18, 17, 7, 4, 0, 0]  # flowers per half centimetre


def simplex(p, q) -> Figure:
    """Draw the data, the model, contours of the cross-entropy, and how it splits."""
    grid = np.array([(a, b, 240 - a - b) for a in range(241) for b in range(241 - a)]) / 240
    figure, (triangle, bar) = plt.subplots(1, 2, width_ratios=(3, 2))
    draw_simplex(triangle)
    gaps = np.minimum(crossent.kl_divergence(p, grid), 3.0)  # no infinity
    triangle.tricontour(*simplex_xy(grid), gaps, LEVELS, colors=MUTED_COLOUR, linewidths=1)
    for name, point, marker, colour in (("p", p, "o", P_COLOUR), ("q", q, "s", Q_COLOUR)):
        x, y = simplex_xy(point)
        triangle.plot(x, y, marker, color=colour, markersize=8)
        triangle.annotate(name, (x, y), xytext=(8, 5), textcoords="offset points")
    entropy, gap = crossent.entropy(p), crossent.kl_divergence(p, q)
    bar.bar(0, entropy, color=P_COLOUR, label=f"H(p) = {entropy:.4f}")
    bar.bar(
        0, gap, bottom=entropy, color="white", edgecolor=GAP_COLOUR, hatch="//",
        label=f"D(p ‖ q) = {gap:.4f}",
    )  # fmt: skip
    bar.set(xlim=(-0.6, 1.6), ylim=(0, 2.2), xticks=[], ylabel="H(p, q) (nats)")
    bar.legend(loc="upper right")
    return figure


def softmax(z, target) -> Figure:
    """Draw target, softmax and gradient of each class as bars."""
    q = crossent.softmax(z)
    loss, gradient = crossent.softmax_cross_entropy_grad(z, target)
    figure, ax = plt.subplots()
    classes = np.arange(len(z))
    styles = [
        (P_COLOUR, "", "target"),
        (Q_COLOUR, "//", "softmax"),
        (GAP_COLOUR, "..", "gradient"),
    ]
    for shift, values, (colour, hatch, name) in zip(
        (-0.25, 0, 0.25), (target, q, gradient), styles, strict=True
    ):
        face = colour if not hatch else "white"
        ax.bar(
            classes + shift, values, 0.22, color=face, edgecolor=colour, hatch=hatch, label=name
        )
    labels = [f"class {k + 1}\nz = {score:.1f}" for k, score in enumerate(z)]
    ax.axhline(0, color=MUTED_COLOUR, linewidth=1)
    ax.set(ylim=(-1, 1.15), xticks=classes, xticklabels=labels, ylabel="probability; slope (nats)")
    ax.legend(ncols=3, title=f"loss {loss:.4f} nats", loc="lower right")
    return figure


def fit(m, s) -> Figure:
    """Draw the histogram of the petals and the bell of middle `m` and width `s`, in cm."""
    edges = np.linspace(0, 8, 17)
    middles = (edges[:-1] + edges[1:]) / 2
    p = (np.array(PETALS) + 1) / (sum(PETALS) + 16)
    q = crossent.softmax(-(((middles - m) / s) ** 2) / 2)
    figure, ax = plt.subplots()
    ax.stairs(p, edges, **P_STYLE, linewidth=2, label="p")
    label = (
        f"q, m = {m:.2f} cm, s = {s:.2f} cm\n"
        f"D(p ‖ q) = {crossent.kl_divergence(p, q):.4f} nats\n"
        f"D(q ‖ p) = {crossent.kl_divergence(q, p):.4f} nats"
    )
    ax.plot(middles, q, **Q_STYLE, marker=".", label=label)
    ax.set(xlabel="petal length (cm)", ylabel="probability of a bin", ylim=(0, 0.24))
    ax.legend()
    return figure


#: What each picture shows; the chapters' directives set the same values.
STILLS = {
    "simplex_rolls": lambda: simplex(np.array([2, 1, 1]) / 4, np.array([0.33, 0.33, 0.34])),
    "simplex": lambda: simplex(np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])),
    "softmax": lambda: softmax(np.array([0.7, 1.9, 0.0]), np.array([0.0, 1.0, 0.0])),
    "fit": lambda: fit(3.8, 2.0),
}


def main() -> None:
    """Write the pictures."""
    use_book_style()
    for name, draw in STILLS.items():
        figure = draw()
        figure.savefig(FOLDER / f"{name}.png", metadata={"Software": None})
        plt.close(figure)


if __name__ == "__main__":
    main()

"""Hold the figures of the chapters against the stored ones.

nbval compares what a cell prints but passes over images. Each notebook cell is run once;
after nbval has compared its text, the PNGs it drew are compared here by their pixels.
"""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from nbval.plugin import IPyNbCell
from PIL import Image

MAX_RMS = 1.0  # of 255 grey levels; anti-aliasing differs by less between processors


def figures(outputs) -> list[np.ndarray]:
    """Decode all PNG outputs of a cell to arrays of shape (height, width, 3)."""
    encoded = [
        output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})
    ]
    return [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), dtype=float)
        for data in encoded
    ]


def figure_difference(stored, drawn) -> str | None:
    """Say how two lists of figures differ, or None if they look the same."""
    if len(stored) != len(drawn):
        return f"{len(drawn)} figures drawn, {len(stored)} stored"
    for number, (old, new) in enumerate(zip(stored, drawn, strict=True), start=1):
        if old.shape != new.shape:
            return (
                f"figure {number} has {new.shape[1]}x{new.shape[0]} pixels, "
                f"stored {old.shape[1]}x{old.shape[0]}"
            )
        rms = float(np.sqrt(np.mean((old - new) ** 2)))
        if rms > MAX_RMS:
            return f"figure {number} differs from the stored one by {rms:.1f} grey levels (RMS)"
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Compare the figures of a notebook cell after nbval has compared its text."""
    result = yield
    if isinstance(item, IPyNbCell):
        difference = figure_difference(figures(item.cell.outputs), figures(item.test_outputs))
        if difference:
            item.raise_cell_error(difference)
    return result

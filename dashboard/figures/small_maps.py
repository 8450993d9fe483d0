"""Small maps over one photo as data, which the browser paints itself: dozens of them would be slow as Plotly charts."""

import base64

import numpy as np

from dashboard.figures.colouring import Colouring
from dashboard.figures.maps import SHADES, Backdrop, Style, outline_path, unseen_rectangles
from dashboard.numerics.scaling import is_flat
from dashboard.photo import Box


def painted(values: np.ndarray, made: Colouring, style: Style) -> dict[str, str | int | bool]:
    """A map (h, w) for the browser to paint with the colours `made`, all arrays as base64.

    `shades` holds each cell's shade of the palette, from 0 to 255, `values` the raw values as float32. `ring` is an SVG path
    around the cells beyond the ends of the colours, in units of one cell. A `flat` map, the same everywhere, is hatched
    in place of its shades.
    """
    shades = ((SHADES - 1) * made.positions(values)).round().astype(np.uint8)
    rows, columns = shades.shape
    beyond = made.beyond(values) if made.cut else np.zeros(values.shape, bool)
    return {
        "rows": rows, "columns": columns, "shades": encoded(shades), "values": encoded(values.astype("<f4")),
        "colours": style.colours_of(made.signed), "flat": made.flat or is_flat(values), "ring": svg_path(beyond),
    }  # fmt: skip


def svg_path(mask: np.ndarray) -> str:
    """An SVG path along the edges between cells in and out of a mask (h, w), in units of one cell."""
    x, y = outline_path(mask, Box(0, 0, mask.shape[1], mask.shape[0]))
    return "".join(f"M{x[i]:g} {y[i]:g}L{x[i + 1]:g} {y[i + 1]:g}" for i in range(0, len(x), 3))


def encoded(values: np.ndarray) -> str:
    """An array's bytes as base64."""
    return base64.b64encode(values.tobytes()).decode()


def laid(behind: Backdrop, box: Box) -> dict[str, list]:
    """Where a map over `box` lies on the photo, and which parts its model never saw: left, top, width, height in percent."""

    def percent(left: float, top: float, right: float, bottom: float) -> list[float]:
        edges = (left / behind.width, top / behind.height, (right - left) / behind.width, (bottom - top) / behind.height)
        return [round(100 * edge, 3) for edge in edges]

    unseen = unseen_rectangles((behind.width, behind.height), box)
    return {"box": percent(box.left, box.top, box.right, box.bottom), "unseen": [percent(*corners) for corners in unseen]}

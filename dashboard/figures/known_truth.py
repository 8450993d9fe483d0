"""The outline of what a map should mark, drawn over the map: large by Plotly, or small by the browser."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.colouring import colouring
from dashboard.figures.maps import Style, truth_lines
from dashboard.figures.small_maps import painted, svg_path
from dashboard.photo import Box


def outlined(figure: go.Figure, mask: np.ndarray) -> go.Figure:
    """A figure in photo pixels with a line around what a mask (H, W) of the photo holds more than half of."""
    figure.add_traces(truth_lines(mask >= 0.5, Box(0, 0, mask.shape[1], mask.shape[0])))
    return figure


def outline_of(*masks: np.ndarray) -> dict[str, Any]:
    """The same line for a small map, around what each of some masks (H, W) holds, in units of one pixel of the photo."""
    rows, columns = masks[0].shape
    return {"rows": rows, "columns": columns, "ring": "".join(svg_path(mask >= 0.5) for mask in masks)}


def painted_map(values: np.ndarray, style: Style, signed: bool) -> dict[str, str | int | bool]:
    """A map (h, w) for the browser to paint, on its own scale."""
    return painted(values, colouring([values], style.scale, signed), style)

"""Figures of all methods of one model: data for the small maps that the browser paints, and the matrix of agreement."""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.explain import Explanation
from dashboard.figures.clickable import UNSEEN
from dashboard.figures.colouring import Scale, colouring
from dashboard.figures.layers import ACCENT
from dashboard.figures.maps import (
    DIVERGING,
    PLAIN,
    SCALES,
    SEQUENTIAL,
    Style,
)
from dashboard.figures.small_maps import painted
from dashboard.metrics import Metric, Number
from dashboard.numbers import signed

ROW_HEIGHT = 20  # pixels of a row of the matrix
BAR_ABOVE = {
    "orientation": "h", "thickness": 8, "outlinewidth": 0, "len": 1, "yanchor": "bottom", "y": 1, "ypad": 0, "nticks": 6,
}  # fmt: skip


def grid_scale(style: Style, own_scale: bool) -> Scale:
    """The scale of the small maps' colours: ranks, which are comparable between methods, unless the person chose another.

    Raw values of different methods have different units, so on any other scale each map has its own ends.
    """
    return "rank" if style.scale == "auto" and not own_scale else style.scale


def painted_method(shown: Explanation, style: Style, own_scale: bool) -> dict[str, str | int | bool]:
    """A method's map for the browser to paint, on the common scale of ranks or on its own."""
    values = shown.heatmap.numpy()
    return painted(values, colouring([values], grid_scale(style, own_scale), shown.method.signed), style)


def matrix_figure(matrix: np.ndarray, names: Sequence[str], pair: tuple[int, int] | None, metric: Metric) -> go.Figure:
    """A metric between every two maps (M, M); a click on a cell gives its row's and its column's name.

    The cell of `pair` (row, column) is framed. Colours diverge about 0 for a metric with a sign, and end at 1, or at the
    largest absolute value if that is more than 1.
    """
    largest = max(1.0, np.abs(matrix[~np.isnan(matrix)]).max(initial=0.0))
    count = len(names)
    places = list(range(count))
    figure = go.Figure()
    figure.add_heatmap(
        x=places, y=places, z=matrix.astype(np.float32), zmin=-largest if metric.signed else 0, zmax=largest,
        colorscale=SCALES[DIVERGING if metric.signed else SEQUENTIAL[0]], xgap=1, ygap=1,
        hoverinfo="skip", colorbar=BAR_ABOVE | {"title": {"text": metric.title, "side": "top"}},
    )  # fmt: skip
    figure.add_trace(UNSEEN | {
        "x": places * count, "y": [row for row in places for _ in places],
        "customdata": [[first, second] for first in names for second in names],
        "text": [f"{metric.title} {Number(metric, value).in_words}" for value in matrix.flat],
        "hovertemplate": "%{customdata[0]} and %{customdata[1]}: %{text}<extra></extra>",
    })  # fmt: skip
    ticks = {"tickvals": places, "ticktext": list(names), "fixedrange": True, "showgrid": False, "zeroline": False}
    figure.update_xaxes(ticks | {"tickangle": -90, "automargin": True})
    figure.update_yaxes(ticks | {"autorange": "reversed", "automargin": True})
    figure.update_layout(
        PLAIN, height=ROW_HEIGHT * count + 218, margin={"l": 0, "r": 4, "t": 52, "b": 0}, showlegend=False, hoverdistance=60,
    )  # fmt: skip
    if pair is not None:
        figure.add_shape(_cell(*pair))
    return figure


def rho_in_words(value: float) -> str:
    """A rank correlation with its sign, to two digits; "no ρ" for NaN, since a flat map has no order to compare."""
    return "no ρ" if math.isnan(value) else f"ρ {signed(value)}"


def _cell(row: int, column: int) -> dict:
    corners = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    return {"type": "rect", **corners, "line": {"color": ACCENT, "width": 3}}

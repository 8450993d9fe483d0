"""Figures of all methods of one model: data for the small maps that the browser paints, and the matrix of agreement."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale, unlabel_rgb

from dashboard.explain import Explanation
from dashboard.figures.clickable import UNSEEN
from dashboard.figures.colouring import Scale, colouring
from dashboard.figures.layers import ACCENT
from dashboard.figures.maps import (
    PLAIN,
    SCALES,
    SEQUENTIAL,
    Style,
)
from dashboard.figures.small_maps import painted
from dashboard.metrics import Metric, Number
from dashboard.numbers import signed

ROW_HEIGHT = 24  # pixels of a row of the matrix
EQUALLY_READABLE = 0.179  # the luminance on which black and white have the same contrast
# Colours of agreement by value: blue below 0, nothing at 0, then through yellow, orange and red to violet.
AGREEMENT = (
    (-1, (5, 48, 97)), (-0.5, (67, 147, 195)), (-0.2, (209, 229, 240)), (0, (247, 247, 247)), (0.25, (254, 232, 170)),
    (0.5, (253, 184, 99)), (0.7, (236, 104, 66)), (0.85, (186, 36, 84)), (0.95, (110, 18, 104)), (1, (52, 8, 74)),
)  # fmt: skip
BAR_ABOVE = {
    "orientation": "h", "thickness": 8, "outlinewidth": 0, "len": 1, "yanchor": "bottom", "y": 1, "ypad": 5, "nticks": 6,
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

    The cell of `pair` (row, column) is framed. For a metric with a sign a value has the same colour in every matrix: none at
    0, then through several hues, so that 0.6 and 0.9 differ clearly. Other metrics' colours go from their lowest value to
    their highest. Each cell has its number in it.
    """
    low, high, stops = matrix_colours(matrix, metric.signed)
    places = list(range(len(names)))
    figure = go.Figure()
    figure.add_heatmap(
        x=places, y=places, z=matrix.astype(np.float32), zmin=low, zmax=high, colorscale=stops, xgap=1, ygap=1,
        hoverinfo="skip", colorbar=BAR_ABOVE | {"title": {"text": metric.title, "side": "top"}},
    )  # fmt: skip
    figure.add_trace(_cell_points(matrix, names, metric))
    figure.add_trace(_cell_numbers(matrix, low, high, stops))
    ticks = {"tickvals": places, "ticktext": list(names), "fixedrange": True, "showgrid": False, "zeroline": False}
    figure.update_xaxes(ticks | {"tickangle": -90, "automargin": True, "range": [-0.5, len(names) - 0.5]})
    figure.update_yaxes(ticks | {"range": [len(names) - 0.5, -0.5], "automargin": True})
    figure.update_layout(
        PLAIN, height=ROW_HEIGHT * len(names) + 226, margin={"l": 0, "r": 4, "t": 60, "b": 0}, showlegend=False,
        hoverdistance=60,
    )  # fmt: skip
    if pair is not None:
        figure.add_shape(_cell(*pair))
    return figure


def matrix_colours(matrix: np.ndarray, signed: bool) -> tuple[float, float, str | list]:
    """The values with the first and the last colour of a matrix (M, M), and the colours between as Plotly takes them."""
    low, high = _ends(matrix[~np.isnan(matrix)], signed)
    return low, high, _between(low / max(1.0, high), high / max(1.0, high)) if signed else SCALES[SEQUENTIAL[0]]


def shades_of(matrix: np.ndarray, low: float, high: float, stops: str | list) -> tuple[np.ndarray, np.ndarray]:
    """Each cell's colour, (M M, 3) from 0 to 255, and whether it is so dark that white text reads better on it, (M M,)."""
    at = ((np.nan_to_num(matrix.flatten()) - low) / (high - low)).clip(0, 1)
    shades = np.array([unlabel_rgb(shade) for shade in sample_colorscale(stops, at.tolist())])
    return shades, _luminance(shades) < EQUALLY_READABLE


def _ends(known: np.ndarray, signed: bool) -> tuple[float, float]:
    """The values with the first and the last colour, on whole tenths; 0 is among them for a metric with a sign."""
    if not known.size:
        return 0.0, 1.0
    low, high = (round(float(value), 6) for value in (known.min(), known.max()))
    low, high = math.floor(10 * low) / 10, math.ceil(10 * high) / 10
    if signed:
        low, high = min(low, 0.0), max(high, 0.0)
    return (low, high) if low < high else (low, low + 1)


def _between(low: float, high: float) -> list[list]:
    """The part of the colours of agreement from `low` to `high`, both from -1 to 1, as stops from 0 to 1."""
    inner = [value for value, _ in AGREEMENT if low < value < high]
    return [[(value - low) / (high - low), _rgb(_agreement(value))] for value in (low, *inner, high)]


def _agreement(value: float) -> np.ndarray:
    """The colour (3,) of an agreement from -1 to 1."""
    values, colours = zip(*AGREEMENT, strict=True)
    return np.array([np.interp(value, values, channel) for channel in zip(*colours, strict=True)])


def _rgb(colour: np.ndarray) -> str:
    return f"rgb({','.join(str(round(channel)) for channel in colour.tolist())})"


def _cell_points(matrix: np.ndarray, names: Sequence[str], metric: Metric) -> dict[str, Any]:
    """A transparent, clickable point in each cell."""
    places = list(range(len(names)))
    return UNSEEN | {
        "x": places * len(names), "y": [row for row in places for _ in places],
        "customdata": [[first, second] for first in names for second in names],
        "text": [f"{metric.title} {Number(metric, value).in_words}" for value in matrix.flat],
        "hovertemplate": "%{customdata[0]} and %{customdata[1]}: %{text}<extra></extra>",
    }  # fmt: skip


def _cell_numbers(matrix: np.ndarray, low: float, high: float, stops: str | list) -> dict[str, Any]:
    """Each cell's number, black or white, whichever can be read better on the cell's colour."""
    rows, columns = np.indices(matrix.shape).reshape(2, -1)
    _, dark = shades_of(matrix, low, high, stops)
    return {
        "type": "scatter", "mode": "text", "name": "numbers", "x": columns, "y": rows, "hoverinfo": "skip",
        "text": ["" if math.isnan(value) else f"{round(value, 2) + 0.0:.2f}" for value in matrix.flat],
        "textfont": {"size": 11, "color": ["rgb(255,255,255)" if one else "rgb(0,0,0)" for one in dark]},
    }  # fmt: skip


def _luminance(colours: np.ndarray) -> np.ndarray:
    """The relative luminance (n,) of colours (n, 3) from 0 to 255, as WCAG 2 defines it."""
    parts = colours / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def rho_in_words(value: float) -> str:
    """A rank correlation with its sign, to two digits; "no ρ" for NaN, since a flat map has no order to compare."""
    return "no ρ" if math.isnan(value) else f"ρ {signed(value)}"


def _cell(row: int, column: int) -> dict:
    corners = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    return {"type": "rect", **corners, "line": {"color": ACCENT, "width": 3}}

"""All methods of one model: small maps as the browser paints them, and how far each agrees with each."""

import base64
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale, unlabel_rgb

from dashboard.explain import Explanation
from dashboard.figures.layers import ACCENT
from dashboard.figures.maps import (
    COLOUR_BAR,
    DIVERGING,
    PLAIN,
    SCALES,
    Backdrop,
    Colours,
    Look,
    unseen_rectangles,
    value_limits,
)
from dashboard.gallery import common_scale
from dashboard.photo import Box

ROW_HEIGHT = 20  # pixels of a row of the matrix


def palette(colours: Colours) -> np.ndarray:
    """256 colours of a scale, lowest first, (256, 3) from 0 to 255."""
    shades = sample_colorscale(SCALES[colours], np.linspace(0, 1, 256).tolist())
    return np.array([unlabel_rgb(shade) for shade in shades]).round().astype(np.uint8)


def own_look(shown: Explanation, look: Look) -> Look:
    """The colours of a map: a signed one has diverging ones about zero."""
    return replace(look, colours=DIVERGING) if shown.method.signed else look


def painted(shown: Explanation, look: Look, own_scale: bool) -> dict[str, str | int]:
    """A map (h, w) for the browser: a shade from 0 to 255 of a scale's palette for each cell, as base64.

    On the common scale a shade is the cell's rank in its map; on its own, its raw value.
    """
    look = own_look(shown, look)
    if own_scale:
        values, (low, high) = shown.heatmap, value_limits(shown, look)
    else:
        values, (low, high) = common_scale(shown), (-1 if shown.method.signed else 0, 1)
    shades = (255 * (values.numpy() - low) / (high - low)).round().clip(0, 255).astype(np.uint8)
    rows, columns = shades.shape
    return {"rows": rows, "columns": columns, "shades": encoded(shades), "colours": look.colours}


def encoded(values: np.ndarray) -> str:
    """Whole numbers from 0 to 255 as base64."""
    return base64.b64encode(values.tobytes()).decode()


def stage(behind: Backdrop, box: Box) -> dict:
    """Where maps over `box` lie on the photo, and what of it their model never saw, in percent: left, top, width, height."""

    def percent(left: float, top: float, right: float, bottom: float) -> list[float]:
        edges = (left / behind.width, top / behind.height, (right - left) / behind.width, (bottom - top) / behind.height)
        return [round(100 * edge, 3) for edge in edges]

    unseen = unseen_rectangles((behind.width, behind.height), box)
    return {
        "photo": behind.uri, "ratio": behind.width / behind.height,
        "box": percent(box.left, box.top, box.right, box.bottom), "unseen": [percent(*corners) for corners in unseen],
    }  # fmt: skip


def matrix_figure(matrix: np.ndarray, names: Sequence[str], pair: tuple[int, int] | None) -> go.Figure:
    """Rank correlations (M, M) of maps with these names; a transparent point in each cell tells whoever clicks it which two.

    `pair` is framed.
    """
    count = len(names)
    places = list(range(count))
    figure = go.Figure()
    figure.add_heatmap(
        x=places, y=places, z=matrix.astype(np.float32), zmin=-1, zmax=1, colorscale=SCALES[DIVERGING], xgap=1, ygap=1,
        hoverinfo="skip", colorbar=COLOUR_BAR | {"tickvals": [-1, -0.5, 0, 0.5, 1], "y": 1, "yanchor": "bottom"},
    )  # fmt: skip
    clear = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=places * count, y=[row for row in places for _ in places], mode="markers", marker={"opacity": 0, "size": 12},
        customdata=[[first, second] for first in names for second in names],
        text=[rho_in_words(value) for value in matrix.flat],
        hovertemplate="%{customdata[0]} and %{customdata[1]}: %{text}<extra></extra>", selected=clear, unselected=clear,
    )  # fmt: skip
    ticks = {"tickvals": places, "ticktext": list(names), "fixedrange": True, "showgrid": False, "zeroline": False}
    figure.update_xaxes(ticks | {"tickangle": -90, "automargin": True})
    figure.update_yaxes(ticks | {"autorange": "reversed", "automargin": True})
    figure.update_layout(
        PLAIN, height=ROW_HEIGHT * count + 200, margin={"l": 0, "r": 4, "t": 34, "b": 0}, showlegend=False, hoverdistance=60,
    )  # fmt: skip
    if pair is not None:
        figure.add_shape(_cell(*pair))
    return figure


def rho_in_words(value: float) -> str:
    """With its sign; a flat map has no order to compare, and nothing is less than zero by less than a hundredth."""
    return "no ρ" if math.isnan(value) else f"ρ {round(value, 2) + 0.0:+.2f}"


def _cell(row: int, column: int) -> dict:
    corners = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
    return {"type": "rect", **corners, "line": {"color": ACCENT, "width": 3}}

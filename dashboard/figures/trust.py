"""What the trust page shows, as data that the browser draws: curves, altered photos and what the models say of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.compare import annotate
from dashboard.explain import Explanation
from dashboard.figures.clickable import UNSEEN
from dashboard.figures.maps import RING, Backdrop, Style, map_figure, outline_path, photo_figure, truth_lines
from dashboard.names import short_names
from dashboard.numerics.fidelity import removal_order
from dashboard.photo import Box
from dashboard.studies.trust import NEIGHBOURS, STEPS, WAYS, Answers, Baseline, Curves, Doubt, Grid, Way, lines

BARE = {"l": 0, "r": 0, "t": 0, "b": 0}  # margins of a photo without a colour bar
TOP = 3  # predictions that stand beside an altered photo


@dataclass(frozen=True)
class Falling:
    """One side of the picture: its name, the map that is doubted, its curves, and the answers of both models along them."""

    name: str
    doubt: Doubt
    curves: Curves
    answers: Sequence[Answers]


def falls_data(
    sides: Sequence[Falling], grid: Grid, behind: Backdrop, baseline: Baseline, mean: tuple[int, int, int]
) -> dict[str, Any]:
    """Everything that the browser needs to draw the curves and to alter the photo by itself. `mean` is the mean colour."""
    box = grid.box
    return {
        "photo": behind.uri, "width": behind.width, "height": behind.height, "steps": STEPS, "rows": grid.rows,
        "columns": grid.columns, "box": [round(edge, 2) for edge in (box.left, box.top, box.width, box.height)],
        "blur": round(grid.blur, 2) if baseline == "blur" else 0, "filled": baseline == NEIGHBOURS,
        "colour": "rgb({},{},{})".format(*(mean if baseline == "mean colour" else (0, 0, 0))),
        "sides": [_side(side, grid) for side in sides],
    }  # fmt: skip


def _side(side: Falling, grid: Grid) -> dict[str, Any]:
    shown = side.doubt.shown
    return {
        "name": side.name, "map": shown.method.label, "order": removal_order(grid.laid(shown), STEPS).flatten().tolist(),
        "charts": [chart(side, way) for way in WAYS],
        "answers": [{"model": each.title, **{way: each.top(way, TOP) for way in WAYS}} for each in side.answers],
    }  # fmt: skip


def chart(side: Falling, way: Way) -> dict[str, Any]:
    """The curves of one chart: the explained class's score by the map, its controls, and the other side's map."""
    prediction, found = side.doubt.shown.prediction, lines(side.doubt, side.curves, way)
    name = short_names(prediction.labels)[side.doubt.target]
    drawn = {
        "own": found.own, "middle": found.middle, "other": found.other, "random": found.mean,
        "low": found.mean - found.spread, "high": found.mean + found.spread,
    }  # fmt: skip
    values = {key: None if each is None else [round(value, 4) for value in each.tolist()] for key, each in drawn.items()}
    return {"title": way.capitalize(), "way": way, "says": f"{prediction.kind} of “{name}”", **values}


def cells_figure(
    shown: Explanation | None, grid: Grid, gone: np.ndarray, behind: Backdrop, style: Style, by_click: bool = True
) -> go.Figure:
    """A map over the photo, or the photo alone, with a clickable point in each cell; cells that are `gone` are dark."""
    drawn = photo_figure(behind, grid.box) if shown is None else map_figure(shown, behind, style, annotate(shown, None), "")
    traces: Any = drawn.data  # a tuple of traces, for which Plotly declares no type
    below = [trace.to_plotly_json() | {"hoverinfo": "skip", "hovertemplate": None, "customdata": None} for trace in traces]
    layout = drawn.layout.to_plotly_json() | {"hoverdistance": 40} | ({} if by_click else {"dragmode": "select"})
    return go.Figure([*below, *_gone(grid, gone), _points(grid, gone)], layout)


def _gone(grid: Grid, gone: np.ndarray) -> list[dict[str, Any]]:
    """Dark squares over the cells that are gone, and a line around them."""
    down, across = grid.box.height / grid.rows, grid.box.width / grid.columns
    x: list[float | None] = []
    y: list[float | None] = []
    for row, column in np.argwhere(gone):
        left, top = grid.box.left + column * across, grid.box.top + row * down
        x += [left, left + across, left + across, left, left, None]
        y += [top, top, top + down, top + down, top, None]
    plain = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False}
    filled = plain | {"x": x, "y": y, "fill": "toself", "fillcolor": "rgba(20,22,28,0.8)", "line": {"width": 0}, "name": "gone"}
    edge_x, edge_y = outline_path(gone, grid.box)
    edges = [plain | {"x": edge_x, "y": edge_y, "line": {"color": colour, "width": width}} for colour, width in RING]
    return [filled, *edges] if gone.any() else []


def _points(grid: Grid, gone: np.ndarray) -> dict[str, Any]:
    """A transparent, clickable point in each cell."""
    rows, columns = np.indices(gone.shape)
    told = ["gone" if each else "there" for each in gone.flatten()]
    return UNSEEN | {
        "x": grid.box.left + (columns.flatten() + 0.5) * grid.box.width / grid.columns,
        "y": grid.box.top + (rows.flatten() + 0.5) * grid.box.height / grid.rows,
        "customdata": np.arange(gone.size).tolist(), "name": "cells",
        "text": told,
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip


def truth_figure(mask: np.ndarray, size: tuple[int, int], behind: Backdrop) -> go.Figure:
    """The photo of `size` (width, height) with the outline of a mask (H, W) over it; a box can be dragged on it."""
    whole = Box(0, 0, *size)
    grid = Grid(whole)
    points = _points(grid, np.zeros((grid.rows, grid.columns), bool)) | {"hoverinfo": "skip", "hovertemplate": None}
    layout = photo_figure(behind, whole).layout.to_plotly_json() | {"dragmode": "select", "margin": BARE}
    return go.Figure([*truth_lines(mask, whole), points], layout)  # Plotly asks for points before it lets anybody drag a box

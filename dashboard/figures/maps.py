"""One map over its photo, and the difference of two."""

import base64
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import plotly.graph_objects as go

from dashboard.explain import Annotations, Comparison, Explanation
from dashboard.photo import Box

Show = Literal["overlay", "map", "photo", "outline"]
Colours = Literal["Viridis", "Cividis", "Inferno", "Greys", "Red-blue"]

# As rgb(), since Streamlit takes the very dark hex colours of Inferno for placeholders of its theme.
_INFERNO = ("0,0,4", "40,11,84", "101,21,110", "159,42,99", "212,72,66", "245,125,21", "250,193,39", "252,255,164")
SCALES = {
    "Viridis": "Viridis",
    "Cividis": "Cividis",
    "Inferno": [[i / 7, f"rgb({colour})"] for i, colour in enumerate(_INFERNO)],
    "Greys": [[0, "rgb(20,20,20)"], [1, "rgb(250,250,250)"]],
    "Red-blue": "RdBu_r",
}
DIVERGING = "Red-blue"
OUTLINE = "rgb(255,176,0)"
DIM_COLOUR, DIM_OPACITY = (20, 22, 28), 0.62
DIMMED = f"rgba{(*DIM_COLOUR, DIM_OPACITY)}"
COLOUR_BAR = {
    "orientation": "h", "thickness": 8, "outlinewidth": 0, "len": 1, "nticks": 6, "yanchor": "top", "y": -0.02, "ypad": 0,
}  # fmt: skip
PLAIN = {"dragmode": False, "template": "none", "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
MARGIN = {"l": 0, "r": 0, "t": 0, "b": 34}


@dataclass(frozen=True)
class Look:
    """How a map is drawn; nothing here changes its values.

    `smooth` lets the browser interpolate between cells.
    """

    show: Show = "overlay"
    opacity: float = 0.6
    colours: Colours = "Viridis"
    smooth: bool = False

    def __post_init__(self) -> None:
        if self.show not in get_args(Show) or self.colours not in get_args(Colours):
            raise ValueError(f"expected show in {get_args(Show)} and colours in {get_args(Colours)}, got {self}")

    @property
    def heatmap_opacity(self) -> float:
        return {"overlay": self.opacity, "map": 1.0, "photo": 0.0, "outline": 0.0}[self.show]


@dataclass(frozen=True)
class Backdrop:
    """The photo behind a map: its size in pixels and a smaller JPEG of it as a data URI."""

    width: int
    height: int
    uri: str


def backdrop(size: tuple[int, int], jpeg: bytes) -> Backdrop:
    """The backdrop of a photo of `size` (width, height) from its display copy."""
    return Backdrop(*size, "data:image/jpeg;base64," + base64.b64encode(jpeg).decode())


def map_figure(shown: Explanation, behind: Backdrop, look: Look, notes: Annotations, other_name: str) -> go.Figure:
    """A heatmap over the photo, in photo pixels, what the model never saw dimmed."""
    traces = [_heatmap(shown, look, notes, other_name)]
    if look.show == "outline":
        traces.append(_outline(notes.top.numpy(), shown.box))
    return go.Figure(traces, _layout(behind, shown.box))


def _heatmap(shown: Explanation, look: Look, notes: Annotations, other_name: str) -> dict[str, Any]:
    values, other = shown.heatmap.numpy().astype(np.float32), notes.other.numpy()
    percent = np.char.mod("%.0f", 100 * notes.percentiles.numpy())
    other_text = np.where(np.isnan(other), "not seen", np.char.mod("%.3g", other))
    low, high = value_limits(shown, look)
    return dict(  # plotly would check an object twice
        type="heatmap", z=values, **cells(shown.box, values.shape), opacity=look.heatmap_opacity,
        colorscale=SCALES[look.colours], zmin=low, zmax=high, zsmooth="best" if look.smooth else False,
        showscale=look.show in ("overlay", "map"), colorbar=COLOUR_BAR, customdata=np.stack([percent, other_text], -1),
        hovertemplate=f"{shown.method.label} %{{z:.3g}}<br>above %{{customdata[0]}}% of the cells<br>"
        f"{other_name} here: %{{customdata[1]}}<extra></extra>",
    )  # fmt: skip


def value_limits(shown: Explanation, look: Look) -> tuple[float, float]:
    """The values that get the first and the last colour: the map's own, about zero where a signed map has diverging colours."""
    low, high = shown.heatmap.min().item(), shown.heatmap.max().item()
    if look.colours == DIVERGING and shown.method.signed:
        high = max(abs(low), abs(high))
        low = -high
    return (low, high) if low < high else (low - 0.5, high + 0.5)  # a flat map gets the middle colour


def cells(box: Box, shape: tuple[int, int]) -> dict[str, float]:
    """Plotly's centre of the first cell and the steps, in photo pixels."""
    dy, dx = box.height / shape[0], box.width / shape[1]
    return {"x0": box.left + dx / 2, "dx": dx, "y0": box.top + dy / 2, "dy": dy}


def _outline(top: np.ndarray, box: Box) -> go.Scatter:
    """The border of the cells with the largest values: exact cell edges, not a smoothed contour."""
    x, y = outline_path(top, box)
    return go.Scatter(x=x, y=y, mode="lines", line={"color": OUTLINE, "width": 3}, hoverinfo="skip", showlegend=False)


def outline_path(mask: np.ndarray, box: Box) -> tuple[list[float | None], list[float | None]]:
    """Edges between cells in and out of `mask` (h, w) as line pieces parted by None, in photo pixels."""
    padded = np.pad(mask, 1)
    dy, dx = box.height / mask.shape[0], box.width / mask.shape[1]
    x: list[float | None] = []
    y: list[float | None] = []
    for row, column in np.argwhere(padded[1:] != padded[:-1]):  # an edge above padded row `row + 1`
        x += [box.left + (column - 1) * dx, box.left + column * dx, None]
        y += [box.top + row * dy, box.top + row * dy, None]
    for row, column in np.argwhere(padded[:, 1:] != padded[:, :-1]):
        x += [box.left + column * dx, box.left + column * dx, None]
        y += [box.top + (row - 1) * dy, box.top + row * dy, None]
    return x, y


def difference_figure(comparison: Comparison, behind: Backdrop, names: tuple[str, str]) -> go.Figure:
    """Percentile in the first map minus percentile in the second, where both models looked."""
    values = comparison.difference.numpy().astype(np.float32)
    trace = go.Heatmap(
        z=values, **cells(comparison.box, values.shape), zmin=-1, zmax=1, colorscale="PuOr_r", opacity=0.85,
        colorbar=COLOUR_BAR | {"tickvals": [-0.9, 0, 0.9], "ticktext": [names[1], "equal", names[0]]},
        hovertemplate=f"{names[0]} − {names[1]}: %{{z:+.0%}} in rank<extra></extra>",
    )  # fmt: skip
    return go.Figure([trace], _layout(behind, comparison.box, width=235))


def _layout(behind: Backdrop, seen: Box, width: int = 300) -> dict[str, Any]:
    axis = {"visible": False, "constrain": "domain", "fixedrange": True}
    return PLAIN | {
        "images": [photo_image(behind)],
        "shapes": unseen_strips(behind, seen),
        "xaxis": axis | {"range": [0, behind.width]},
        "yaxis": axis | {"range": [behind.height, 0], "scaleanchor": "x", "constraintoward": "bottom"},
        "margin": MARGIN,
        "height": figure_height(behind, width),
    }


def photo_image(behind: Backdrop, axis: str = "") -> dict:
    """The photo below the cells of the subplot x<axis>, y<axis>."""
    return {
        "source": behind.uri, "xref": f"x{axis}", "yref": f"y{axis}", "x": 0, "y": 0, "sizex": behind.width,
        "sizey": behind.height, "sizing": "stretch", "layer": "below",
    }  # fmt: skip


def figure_height(behind: Backdrop, width: int) -> int:
    """Pixels on screen: the photo's shape for a column of that width, within reason."""
    return round(min(max(width * behind.height / behind.width, 120), 520)) + MARGIN["b"]


def unseen_strips(behind: Backdrop, seen: Box, axis: str = "") -> list[dict]:
    """Up to four dark strips over what lies outside the box."""
    return [
        {
            "type": "rect", "xref": f"x{axis}", "yref": f"y{axis}", "x0": x0, "y0": y0, "x1": x1, "y1": y1,
            "fillcolor": DIMMED, "line": {"width": 0}, "layer": "above",
        }
        for x0, y0, x1, y1 in unseen_rectangles((behind.width, behind.height), seen)
    ]  # fmt: skip


def unseen_rectangles(size: tuple[int, int], seen: Box) -> list[tuple[float, float, float, float]]:
    """What of a photo of `size` (width, height) lies outside the box: up to four rectangles (left, top, right, bottom)."""
    w, h = size
    left, top, right, bottom = max(seen.left, 0), max(seen.top, 0), min(seen.right, w), min(seen.bottom, h)
    strips = [(0, 0, w, top), (0, bottom, w, h), (0, top, left, bottom), (right, top, w, bottom)]
    least = 0.005 * max(w, h)  # a sliver thinner than this is the probe's rounding
    return [(x0, y0, x1, y1) for x0, y0, x1, y1 in strips if x1 - x0 > least and y1 - y0 > least]

"""Figures of one patch's attention: over the photo, in every head at once, and how far and how evenly each head looks.

Figures are built as plain data and become Plotly objects only at the end, which is faster: Plotly checks every change of an
object, and a person who clicked is waiting.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard.compare import Annotations
from dashboard.explain import Explanation
from dashboard.figures.clickable import POINTS, SEEN, UNSEEN
from dashboard.figures.colouring import Colouring, Scale, colouring
from dashboard.figures.layers import ACCENT, QUIET, own_scales_in_words
from dashboard.figures.maps import (
    FLAT,
    PLAIN,
    RING,
    Backdrop,
    Style,
    cells,
    hatch,
    in_short,
    map_figure,
    outline_pieces,
    palette,
)
from dashboard.numbers import place
from dashboard.photo import Box
from dashboard.studies.attention import HeadSummary, patch_box, patch_names

EDGE = "rgb(20,22,28)"
ROOMY = 6  # pixels: cells of this size and larger have room for a ring; rings on smaller ones would run into each other
LEAST_DOT = 1.5  # pixels
# From the first layer to the last, to be read on light and on dark pages: Viridis begins too dark and ends too bright.
LAYERS = [[0, "rgb(100,92,190)"], [0.35, "rgb(40,140,170)"], [0.7, "rgb(84,176,106)"], [1, "rgb(214,190,50)"]]


def patch_figure(
    shown: Explanation, behind: Backdrop, style: Style, notes: Annotations, other_name: str, chosen: tuple[int, int] | None
) -> go.Figure:
    """The map over the photo, with the patch `chosen` (row, column) outlined. A click on a patch gives its place in words."""
    drawn = map_figure(shown, behind, style, notes, other_name)
    traces: Any = drawn.data  # a tuple of traces, for which Plotly declares no type
    heatmap, *marks = (trace.to_plotly_json() for trace in traces)
    heatmap |= {"hoverinfo": "skip", "hovertemplate": None, "customdata": None}
    layout: dict[str, Any] = drawn.layout.to_plotly_json() | {"hoverdistance": 40}
    if chosen is not None:
        rows, columns = shown.heatmap.shape
        box = patch_box(shown.box, (rows, columns), chosen)
        corners = (box.left, box.top, box.right, box.bottom)
        layout["shapes"] = [*layout.get("shapes", ()), _frame(*corners, EDGE, 5), _frame(*corners, ACCENT, 3)]
    return go.Figure([heatmap, _patches(shown, notes, other_name), *marks], layout)


def _patches(shown: Explanation, notes: Annotations, other_name: str) -> dict[str, Any]:
    """A transparent, clickable point in each patch."""
    values, other = shown.heatmap.numpy(), notes.other.numpy().flatten()
    rows, columns = values.shape
    where = cells(shown.box, values.shape)
    told = np.stack([
        np.array(patch_names((rows, columns)), object), in_short(values.flatten()),
        [place(percentile, "patch") for percentile in notes.percentiles.flatten().tolist()],
        np.where(np.isnan(other), "not seen", in_short(other)),
    ], -1)  # fmt: skip
    return UNSEEN | {
        "x": np.tile(where["x0"] + where["dx"] * np.arange(columns), rows).astype(np.float32),
        "y": np.repeat(where["y0"] + where["dy"] * np.arange(rows), columns).astype(np.float32),
        "customdata": told.tolist(),
        "hovertemplate": "%{customdata[0]}: %{customdata[1]}<br>%{customdata[2]}<br>"
        f"{other_name} here: %{{customdata[3]}}<extra></extra>",
    }


def _frame(x0: float, y0: float, x1: float, y1: float, colour: str, width: int) -> dict[str, Any]:
    return {"type": "rect", "x0": x0, "y0": y0, "x1": x1, "y1": y1, "line": {"color": colour, "width": width}}


def mosaic(maps: np.ndarray, scale: Scale = "auto") -> np.ndarray:
    """All small maps in one array of bytes, (L, heads, rows, columns) -> (heads (rows + 1) - 1, L (columns + 1) - 1).

    Each map has its own scale from 1 to 255. 0 has no colour: it fills the gaps between maps, and flat maps.
    """
    return _mosaic(maps, _own_colours(maps, scale))


def _own_colours(maps: np.ndarray, scale: Scale) -> list[Colouring]:
    """Each small map's colours, in the order of (L, heads)."""
    return [colouring([values], scale, signed=False) for values in maps.reshape(-1, *maps.shape[2:])]


def _mosaic(maps: np.ndarray, made: list[Colouring]) -> np.ndarray:
    layers, heads, rows, columns = maps.shape
    pairs = zip(made, maps.reshape(-1, rows, columns), strict=True)
    places = np.stack([np.full((rows, columns), -1 / 254) if own.flat else own.positions(values) for own, values in pairs])
    bytes_ = (1 + 254 * places).round().astype(np.uint8).reshape(maps.shape)
    bytes_ = np.pad(bytes_, ((0, 0), (0, 0), (0, 1), (0, 1)))
    return bytes_.transpose(1, 2, 0, 3).reshape(heads * rows + heads, layers * columns + layers)[:-1, :-1]


def heads_figure(maps: np.ndarray, aspect: float, style: Style, layer: int, head: int | None) -> go.Figure:
    """The small maps (L, 1 + H, rows, columns) as one picture: layers from left to right, heads downwards, fused heads on top.

    Cells beyond the ends of their map's colours are ringed, or have a dot where cells are small, and a flat map is hatched.
    A click gives the layer and the head,
    where 0 means fused. `aspect` is a map's height divided by its width. `layer` and `head` are those chosen.
    """
    layers, heads, rows, columns = maps.shape
    made = _own_colours(maps, style.scale)
    picture = {
        "type": "heatmap", "z": _mosaic(maps, made), "zmin": 0, "zmax": 255, "colorscale": _with_gap(style),
        "colorbar": _own_ends(), "hoverinfo": "skip", "x0": 1 - (columns - 1) / 2 / (columns + 1), "dx": 1 / (columns + 1),
        "y0": -(rows - 1) / 2 / (rows + 1), "dy": 1 / (rows + 1),
    }  # fmt: skip
    aspect = shown_aspect(aspect)
    beyond = np.stack([own.beyond(values) & own.cut for own, values in zip(made, maps.reshape(-1, rows, columns), strict=True)])
    beyond, cell = beyond.reshape(maps.shape), _cell(maps.shape, aspect)
    dots, rings = ([], _small_rings(beyond)) if cell >= ROOMY else (_small_dots(beyond, cell), [])
    layout = _grid(layers, heads, aspect, layer, head or 0)
    traces = [picture, _heads(layers, heads), *dots, *_small_hatches(maps.shape, made)]
    return go.Figure(traces, layout | {"shapes": [*rings, *layout["shapes"]]})


def _own_ends() -> dict[str, Any]:
    """A colour bar below small maps that each have their own scale."""
    return {
        "orientation": "h", "thickness": 8, "outlinewidth": 0, "len": 1, "y": 0, "yanchor": "top", "ypad": 6, "xpad": 0,
        "tickvals": [1, 255], "ticktext": ["lowest", "highest"], "ticks": "",
        "title": {"text": "share of the attention, each on its own", "side": "bottom"},
    }  # fmt: skip


def shown_aspect(aspect: float) -> float:
    """The height of a small map divided by its width; very low and very high ones are squeezed."""
    return min(max(aspect, 0.4), 1.4)


def grid_shape(layers: int, heads: int, aspect: float) -> float:
    """The height of the grid of small maps divided by its width."""
    return heads * shown_aspect(aspect) / layers


def _cell(shape: tuple[int, ...], aspect: float) -> float:
    """About how many pixels the shorter side of a small map's cell has on a screen of usual size."""
    layers, _, rows, columns = shape
    return _map_width(layers) / (columns + 1) * min(1, aspect * (columns + 1) / (rows + 1))


def _small_rings(beyond: np.ndarray) -> list[dict[str, Any]]:
    """A light line on a dark one around the cells in a mask (L, 1 + H, rows, columns), on the cells' edges at any size.

    A path's text takes a third of what a trace's coordinates would.
    """
    _, heads, rows, columns = beyond.shape
    right, bottom = columns / 2 / (columns + 1), rows / 2 / (rows + 1)
    path = ""
    for number, mask in enumerate(beyond.reshape(-1, rows, columns)):
        layer, head = number // heads + 1, number % heads
        pieces = outline_pieces(mask, Box(layer - right, head - bottom, layer + right, head + bottom))
        path += "".join(f"M{x0:.4g},{y0:.4g}L{x1:.4g},{y1:.4g}" for (x0, y0), (x1, y1) in pieces)
    lines = [{"color": colour, "width": width / 2} for colour, width in RING]
    return [{"type": "path", "name": "beyond", "path": path, "line": line} for line in lines] if path else []


def _small_dots(beyond: np.ndarray, cell: float) -> list[dict[str, Any]]:
    """Light dots on the cells in a mask (L, 1 + H, rows, columns), where cells of `cell` pixels are too small for rings."""
    *_, rows, columns = beyond.shape
    layer, head, row, column = np.nonzero(beyond)
    if not len(layer):
        return []
    places = {
        "x": (layer + 1 + (column - (columns - 1) / 2) / (columns + 1)).astype(np.float32),
        "y": (head + (row - (rows - 1) / 2) / (rows + 1)).astype(np.float32),
    }
    marker = {"symbol": "circle", "size": max(round(cell / 2, 1), LEAST_DOT), "color": RING[1][0], "opacity": 1}
    return [POINTS | SEEN | places | {"name": "beyond", "hoverinfo": "skip", "marker": marker}]


def _small_hatches(shape: tuple[int, ...], made: list[Colouring]) -> list[dict[str, Any]]:
    """Grey stripes in place of each flat map."""
    _, heads, rows, columns = shape
    right, bottom = columns / 2 / (columns + 1), rows / 2 / (rows + 1)
    stripes: list[dict[str, Any]] = []
    for number, own in enumerate(made):
        if own.flat:
            layer, head = number // heads + 1, number % heads
            stripes += hatch(Box(layer - right, head - bottom, layer + right, head + bottom))
    if not stripes:
        return []
    corners = {axis: [at for each in stripes for at in (*each[axis], None)] for axis in ("x", "y")}
    return [stripes[0] | corners | {"fillpattern": stripes[0]["fillpattern"] | {"size": 6, "bgcolor": f"rgb{FLAT}"}}]


def heads_in_words(maps: np.ndarray, aspect: float, style: Style) -> str:
    """Sentences on what the small maps' colours leave out, and on flat maps; usually empty."""
    values = list(maps.reshape(-1, *maps.shape[2:]))
    marked = "have a white dot" if _cell(maps.shape, shown_aspect(aspect)) < ROOMY else "are ringed"
    return own_scales_in_words(values, _own_colours(maps, style.scale), style, "patch", marked)


def _with_gap(style: Style) -> list[list]:
    """The palette as Plotly stops, with 0 fully transparent."""
    edge, shades = 0.5 / 255, palette(style.colours_of(signed=False))[::15].tolist()
    stops = np.linspace(edge, 1, len(shades)).tolist()
    clear = [[0, "rgba(0,0,0,0)"], [edge, "rgba(0,0,0,0)"]]
    return clear + [[at, f"rgb({red},{green},{blue})"] for at, (red, green, blue) in zip(stops, shades, strict=True)]


def _heads(layers: int, heads: int) -> dict[str, Any]:
    """A transparent, clickable point in each small map."""
    x, y = np.tile(np.arange(1, layers + 1), heads), np.repeat(np.arange(heads), layers)
    told = [f"head {row}" if row else "heads fused" for row in y.tolist()]
    template = "layer %{x}, %{text}<extra></extra>"
    return UNSEEN | {"x": x, "y": y, "customdata": np.stack([x, y], -1).tolist(), "text": told, "hovertemplate": template}


def _map_width(layers: int) -> float:
    """About how many pixels there are from one small map to the next."""
    return min(100, 520 / layers)


def _grid(layers: int, heads: int, aspect: float, layer: int, row: int) -> dict[str, Any]:
    """The layout of the grid of heads, with one map framed. The x axis counts layers from 1; row 0 of the y axis is fused."""
    plain = {"fixedrange": True, "showgrid": False, "zeroline": False, "constrain": "domain", "ticklen": 0}
    across = {"range": [0.46, layers + 0.54], "dtick": -(-layers // 16), "side": "top"}
    return PLAIN | {
        "shapes": [_frame(layer - 0.5, row - 0.5, layer + 0.5, row + 0.5, ACCENT, 3)],
        "xaxis": plain | across | {"title": {"text": "layer", "standoff": 2}},
        "yaxis": plain | {
            "range": [heads - 0.46, -0.54], "tickvals": list(range(heads)),
            "ticktext": ["fused", *map(str, range(1, heads))], "scaleanchor": "x", "scaleratio": aspect,
            "constraintoward": "top", "title": {"text": "head", "standoff": 2},
        },
        "height": round(heads * aspect * _map_width(layers)) + 90,
        "margin": {"l": 52, "r": 24, "t": 44, "b": 46},
        "hoverdistance": -1,
    }  # fmt: skip


def summary_figure(summary: HeadSummary, layer: int, head: int | None) -> go.Figure:
    """Each head as a point: x is how far patches look, y how evenly, the colour its layer. A click gives layer and head."""
    layers, heads = summary.distance.shape
    which = [(at, number) for at in range(1, layers + 1) for number in range(1, heads + 1)]
    chosen = [at == layer and head in (None, number) for at, number in which]
    points = POINTS | SEEN | {
        "x": summary.distance.flatten().float().numpy(), "y": summary.entropy.flatten().float().numpy(),
        "customdata": which,
        "marker": {
            "color": np.array([at for at, _ in which]), "colorscale": LAYERS, "opacity": 1,
            "size": [13 if one else 8 for one in chosen],
            "line": {"width": [3 if one else 1 for one in chosen], "color": [ACCENT if one else QUIET for one in chosen]},
            "colorbar": {"title": {"text": "layer"}, "thickness": 8, "outlinewidth": 0, "xpad": 4,
                         "tickvals": sorted(set(np.linspace(1, layers, min(layers, 6)).round().astype(int).tolist()))},
        },
        "hovertemplate": "layer %{customdata[0]}, head %{customdata[1]}<br>distance %{x:.2f} patches<br>entropy %{y:.2f}"
        "<extra></extra>",
    }  # fmt: skip
    axis = {"fixedrange": True, "gridcolor": QUIET, "zeroline": False, "nticks": 6}
    return go.Figure([points], PLAIN | {
        "xaxis": axis | {"title": {"text": "mean distance, patches", "standoff": 6}},
        "yaxis": axis | {"title": {"text": "mean entropy", "standoff": 6}},
        "height": 300, "margin": {"l": 48, "r": 4, "t": 8, "b": 44}, "hoverdistance": 30,
    })  # fmt: skip

"""Figures of one map over its photo, and of the difference of two maps."""

import base64
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, Literal, get_args

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale, unlabel_rgb

from dashboard.compare import Annotations, Comparison
from dashboard.explain import Explanation
from dashboard.figures.colouring import Colouring, Scale, beyond_in_words, colouring
from dashboard.names import short_names
from dashboard.numbers import place, short, signed_percent
from dashboard.photo import Box

Show = Literal["overlay", "map", "photo", "outline"]
Colours = Literal["Viridis", "Cividis", "Inferno", "Greys", "Red-blue"]

# As rgb(), since Streamlit mistakes the very dark hex colours of Inferno for placeholders of its theme.
_INFERNO = ("0,0,4", "40,11,84", "101,21,110", "159,42,99", "212,72,66", "245,125,21", "250,193,39", "252,255,164")
SCALES = {
    "Viridis": "Viridis",
    "Cividis": "Cividis",
    "Inferno": [[i / 7, f"rgb({colour})"] for i, colour in enumerate(_INFERNO)],
    "Greys": [[0, "rgb(20,20,20)"], [1, "rgb(250,250,250)"]],
    "Red-blue": "RdBu_r",
}
DIFFERENCE = "PuOr_r"
DIVERGING: Colours = "Red-blue"  # for signed maps, and no others
SEQUENTIAL: tuple[Colours, ...] = tuple(name for name in get_args(Colours) if name != DIVERGING)
OUTLINE = "rgb(255,176,0)"
TRUTH = "rgb(255,80,220)"  # no map and no ring has this colour; the small maps' style sheet repeats it
RING = (("rgb(20,22,28)", 4), ("rgb(255,255,255)", 2))  # a light line on a dark one reads on any colour
DIM_COLOUR, DIM_OPACITY = (20, 22, 28), 0.62
DIMMED = f"rgba{(*DIM_COLOUR, DIM_OPACITY)}"
FLAT = (150, 154, 152)  # the grey below the stripes of a map that is the same everywhere
SHADES = 256  # colours of a palette: as many as a byte can number
MID_GREY = 128  # stands for the photo in a colour bar, which shows colours as they look over the photo
USUAL_WIDTH = 500  # pixels: of a map beside another on a screen of usual size
BAR = {"gap": 3, "height": 7, "labels": 2, "title": 17}  # pixels: below the picture the bar, below the bar its texts
PLAIN = {"dragmode": False, "template": "none", "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
MARGIN = {"l": 0, "r": 0, "t": 0, "b": 52}


@dataclass(frozen=True)
class Style:
    """How a map is drawn; nothing here changes its values.

    `colours` are for maps without a sign; signed maps are always red above zero and blue below. If `colours` are those of
    signed maps, maps without a sign get the first of the others. `smooth` lets the browser interpolate between cells.
    """

    show: Show = "overlay"
    opacity: float = 0.6
    colours: Colours = "Viridis"
    smooth: bool = False
    scale: Scale = "auto"

    def __post_init__(self) -> None:
        for name, value, hint in (("show", self.show, Show), ("colours", self.colours, Colours), ("scale", self.scale, Scale)):
            if value not in get_args(hint):
                raise ValueError(f"expected {name} in {get_args(hint)}, got {value!r}")

    @property
    def heatmap_opacity(self) -> float:
        return {"overlay": self.opacity, "map": 1.0, "photo": 0.0, "outline": 0.0}[self.show]

    @property
    def least_opacity(self) -> float:
        """The opacity of small maps, which are seen a little even where the large ones are not."""
        return max(self.opacity, 0.05)

    @property
    def coloured(self) -> bool:
        """Whether the map's colours are visible."""
        return self.show in ("overlay", "map")

    def colours_of(self, signed: bool) -> Colours:
        """The colours for a map: diverging if and only if it is signed."""
        if signed:
            return DIVERGING
        return SEQUENTIAL[0] if self.colours == DIVERGING else self.colours


@lru_cache(32)
def palette(colours: str, count: int = SHADES) -> np.ndarray:
    """The colours of a scale, lowest first: (count, 3), from 0 to 255."""
    shades = sample_colorscale(SCALES.get(colours, colours), np.linspace(0, 1, count).tolist())
    found = np.array([unlabel_rgb(shade) for shade in shades]).round().astype(np.uint8)
    found.flags.writeable = False
    return found


def seen_palette(colours: str, opacity: float, count: int = 33) -> np.ndarray:
    """A scale's colours (count, 3) as they look at this opacity over grey. If count is odd, the middle one is zero's."""
    return (opacity * palette(colours, count) + (1 - opacity) * MID_GREY).round().astype(np.uint8)


@dataclass(frozen=True)
class Backdrop:
    """The photo behind a map: its size in pixels and a smaller JPEG of it as a data URI."""

    width: int
    height: int
    uri: str


def backdrop(size: tuple[int, int], jpeg: bytes) -> Backdrop:
    """The backdrop of a photo of `size` (width, height) from its display copy."""
    return Backdrop(*size, jpeg_uri(jpeg))


def jpeg_uri(jpeg: bytes) -> str:
    """A JPEG as a data URI."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def map_figure(shown: Explanation, behind: Backdrop, style: Style, notes: Annotations, other_name: str = "") -> go.Figure:
    """A heatmap over the photo, in photo pixels. What the model never saw is dimmed; cells beyond the colours are ringed.

    With the `other_name` of another map's method, each cell also tells that map's value.
    """
    made = colouring_of(shown, style)
    traces: list[dict[str, Any] | go.Scatter] = [_heatmap(shown, made, style, notes, other_name)]
    if style.coloured:
        traces += hatch(shown.box) if made.flat else rings(made.beyond(shown.heatmap.numpy()), shown.box)
    if style.show == "outline":
        traces.append(_outline(notes.top.numpy(), shown.box))
    layout = _layout(behind, shown.box)
    if style.coloured:
        layout = _with_legend(layout, shown, made, behind, style)
    return go.Figure(traces, layout)


def photo_figure(behind: Backdrop, seen: Box) -> go.Figure:
    """The photo alone, dimmed outside the box that a model saw, of a map's size."""
    return go.Figure(layout=_layout(behind, seen))


def colouring_of(shown: Explanation, style: Style) -> Colouring:
    """How one map's values become colours."""
    return colouring([shown.heatmap.numpy()], style.scale, shown.method.signed)


def outliers_in_words(shown: Explanation, style: Style) -> str:
    """A sentence for below a map if its colours leave cells out or the map is flat; usually empty."""
    if not style.coloured:
        return ""
    made = colouring_of(shown, style)
    if made.flat:
        return shown.flat_in_words
    told = beyond_in_words(made, [shown.heatmap.numpy()], shown.method.needs.cell)
    return f"{told} {_drawn_by(shown)}".strip() if told and made.most > made.high else told


def _drawn_by(shown: Explanation) -> str:
    """A sentence on the layer that pays the map's brightest patch most attention; empty if the map has no such layer."""
    drawn = shown.attraction
    if drawn is None:
        return ""
    return (
        f"The brightest one draws most attention in layer {drawn.layer}: {drawn.share:.1%} of all that is paid there, where an "
        f"even share is {drawn.even:.1%}."
    )


def measured(shown: Explanation) -> str:
    """The method, and what its map's colours measure, in words."""
    return f"{shown.method.label}, {measures(shown)}"


def measures(shown: Explanation) -> str:
    """What a map's colours measure, in words: what its values are, and the class, if any."""
    if not shown.method.class_specific:
        return shown.method.measures
    names = short_names(shown.prediction.labels)
    asked = " the class" if shown.target is None else f" {names[shown.target]}"
    rival = "" if shown.against is None else f" compared with {names[shown.against]}"
    return f"{shown.method.measures}{asked}{rival}"


def _heatmap(shown: Explanation, made: Colouring, style: Style, notes: Annotations, other_name: str) -> dict[str, Any]:
    values, other, cell = shown.heatmap.numpy().astype(np.float32), notes.other.numpy(), shown.method.needs.cell
    rank = np.vectorize(lambda percentile: place(percentile, cell), otypes=[object])(notes.percentiles.numpy())
    told = [rank, *([np.where(np.isnan(other), "not seen", in_short(other))] if other_name else ())]
    line = f"<br>{other_name} here: %{{customdata[1]}}" if other_name else ""
    return heatmap_of(made, values, style, style.heatmap_opacity, told) | dict(
        **cells(shown.box, values.shape),
        hovertemplate=f"{shown.method.label} {raw_value(made, style, len(told))}<br>%{{customdata[0]}}{line}<extra></extra>",
    )  # fmt: skip


def heatmap_of(
    made: Colouring, values: np.ndarray, style: Style, opacity: float, told: Sequence[np.ndarray] = ()
) -> dict[str, Any]:
    """A heatmap trace without coordinates; `told` becomes customdata. It is plain data: Plotly would check an object twice."""
    if not is_raw(made, style):
        told = [*told, in_short(values)]
    low, high = made.limits
    drawn = {
        "type": "heatmap", "z": made.drawn(values, style.smooth), "zmin": low, "zmax": high, "opacity": opacity,
        "colorscale": colours_of(made, style), "zsmooth": "best" if style.smooth else False, "showscale": False,
    }  # fmt: skip
    return drawn | {"customdata": np.stack(told, -1)} if told else drawn


def colours_of(made: Colouring, style: Style) -> str | list:
    """A map's colours as Plotly takes them; a flat map is grey."""
    grey = f"rgb{FLAT}"
    return [[0, grey], [1, grey]] if made.flat else SCALES[style.colours_of(made.signed)]


def is_raw(made: Colouring, style: Style) -> bool:
    """Whether a heatmap's numbers are the raw values; if not, the raw values are the last column of its customdata."""
    return made.flat or not (made.scale == "rank" or (style.smooth and made.cut))


def raw_value(made: Colouring, style: Style, place: int) -> str:
    """The hover template's reference to the raw value, which may come after `place` other columns of customdata."""
    return "%{z:.3g}" if is_raw(made, style) else f"%{{customdata[{place}]}}"


def in_short(values: np.ndarray) -> np.ndarray:
    """Numbers as short texts, in the same shape."""
    return np.vectorize(short, otypes=[object])(values)


def rings(beyond: np.ndarray, box: Box, axis: str = "") -> list[dict[str, Any]]:
    """Lines on the exact edges of the cells (h, w) that lie beyond the ends of the colours; no traces if there are none."""
    return [ring | {"xaxis": f"x{axis}", "yaxis": f"y{axis}"} for ring in ring_lines(beyond, box)] if beyond.any() else []


def ring_lines(beyond: np.ndarray, box: Box) -> list[dict[str, Any]]:
    """What `rings` draws, but always two traces, with empty lines if there is nothing to ring."""
    x, y = outline_path(beyond, box)
    return [
        {"type": "scatter", "name": "beyond", "x": x, "y": y, "mode": "lines", "line": {"color": colour, "width": width},
         "hoverinfo": "skip", "showlegend": False}
        for colour, width in RING
    ]  # fmt: skip


def hatch(box: Box, axis: str = "") -> list[dict[str, Any]]:
    """Stripes over a map that is the same everywhere."""
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    return [{
        "type": "scatter", "name": "flat", "x": [left, right, right, left, left], "y": [top, top, bottom, bottom, top],
        "xaxis": f"x{axis}", "yaxis": f"y{axis}", "mode": "lines", "line": {"width": 0}, "fill": "toself",
        "fillpattern": {"shape": "/", "size": 9, "solidity": 0.2, "fgcolor": "rgb(20,22,28)", "bgcolor": "rgba(0,0,0,0)"},
        "hoverinfo": "skip", "showlegend": False,
    }]  # fmt: skip


def _with_legend(layout: dict[str, Any], shown: Explanation, made: Colouring, behind: Backdrop, style: Style) -> dict[str, Any]:
    if made.flat:
        return layout | {"annotations": [flat_note(shown.flat_in_words)]}
    shades = seen_palette(style.colours_of(made.signed), style.heatmap_opacity)
    bar, texts = colour_bar(shades, made.labels, f"{measured(shown)}{made.by_rank}", behind, layout["height"] - MARGIN["b"])
    return layout | {"images": [*layout["images"], bar], "annotations": texts}


def colour_bar(
    shades: np.ndarray, labels: Sequence[tuple[float, str]], title: str, behind: Backdrop, height: int, axis: str = ""
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A colour bar below the photo, exactly as wide, as an image of these shades (n, 3), and the texts below it.

    `labels` are positions from 0 to 1 with texts; the `title` is below them. `height` is the plot's, in pixels, at its usual
    width; in a larger plot the bar is thicker, as Plotly gives no image a size in pixels. Plotly's own colour bar would be as
    wide as the column.
    """
    marked = any(0 < at < 1 for at, _ in labels)
    bar = {
        "source": _bar_uri(shades, marked), "name": "colours", "xref": f"x{axis}", "yref": "paper", "x": 0,
        "y": -BAR["gap"] / height, "sizex": behind.width, "sizey": BAR["height"] / height,
        "sizing": "stretch", "layer": "above",
    }  # fmt: skip
    anchors = {0.0: "left", 1.0: "right"}
    texts = [
        _below(text, at * behind.width, "labels", axis, anchors.get(at, "center")) | {"name": "label"} for at, text in labels
    ]
    lower = {"y": -(BAR["gap"] + BAR["height"]) / height}
    return bar, [text | lower for text in (*texts, _below(title, 0, "title", axis, "left") | {"name": "measure"})]


def flat_note(words: str, axis: str = "") -> dict[str, Any]:
    """The text in place of a flat map's colour bar."""
    return _below(words, 0, "gap", axis, "left", 44) | {"name": "flat"}


def _below(text: str, x: float, row: str, axis: str, anchor: str, width: int = 1000) -> dict[str, Any]:
    """A line of text below the photo, escaped: a class may have any name, and Plotly reads HTML tags."""
    return {
        "text": "<br>".join(escape(line, quote=False) for line in textwrap.wrap(text, width)), "showarrow": False,
        "xref": f"x{axis}", "x": x, "xanchor": anchor, "yref": "paper", "y": 0, "yanchor": "top", "yshift": -BAR[row],
        "align": "left", "borderpad": 0, "font": {"size": 12},
    }  # fmt: skip


def _bar_uri(shades: np.ndarray, marked: bool) -> str:
    """The shades from left to right as an SVG data URI, with a line in the middle if zero is `marked`."""
    last = len(shades) - 1
    stops = "".join(
        f'<stop offset="{index / last}" stop-color="rgb({red},{green},{blue})"/>'
        for index, (red, green, blue) in enumerate(shades.tolist())
    )
    zero = '<rect x="99" width="2" height="8" fill="rgb(20,22,28)"/>' if marked else ""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="8" viewBox="0 0 200 8" preserveAspectRatio="none">'
        f'<linearGradient id="g">{stops}</linearGradient><rect width="200" height="8" fill="url(#g)"/>{zero}</svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def cells(box: Box, shape: tuple[int, int]) -> dict[str, float]:
    """A heatmap's coordinates for Plotly: the centre of the first cell and the steps, in photo pixels."""
    dy, dx = box.height / shape[0], box.width / shape[1]
    return {"x0": box.left + dx / 2, "dx": dx, "y0": box.top + dy / 2, "dy": dy}


def _outline(top: np.ndarray, box: Box) -> go.Scatter:
    """A line around the cells with the largest values, on exact cell edges rather than a smoothed contour."""
    x, y = outline_path(top, box)
    return go.Scatter(x=x, y=y, mode="lines", line={"color": OUTLINE, "width": 3}, hoverinfo="skip", showlegend=False)


def outline_path(mask: np.ndarray, box: Box) -> tuple[list[float | None], list[float | None]]:
    """The edges between cells in and out of `mask` (h, w), in photo pixels, as lines that None separates."""
    x: list[float | None] = []
    y: list[float | None] = []
    for (x0, y0), (x1, y1) in outline_pieces(mask, box):
        x += [x0, x1, None]
        y += [y0, y1, None]
    return x, y


def truth_lines(mask: np.ndarray, box: Box) -> list[dict[str, Any]]:
    """A line around a mask (h, w) over a box of the photo, the dark one below it first."""
    x, y = outline_path(mask, box)
    (dark, width), (_, light) = RING
    return [
        {
            "type": "scatter", "name": "truth", "x": x, "y": y, "mode": "lines", "line": {"color": colour, "width": thick},
            "hoverinfo": "skip", "showlegend": False,
        }
        for colour, thick in ((dark, width + 1), (TRUTH, light + 0.5))
    ]  # fmt: skip


def outline_pieces(mask: np.ndarray, box: Box) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The edges between cells in and out of `mask` (h, w), in photo pixels, each as its two ends (x, y)."""
    padded = np.pad(mask, 1)
    dy, dx = box.height / mask.shape[0], box.width / mask.shape[1]
    pieces = []
    for row, column in np.argwhere(padded[1:] != padded[:-1]):  # an edge above padded row `row + 1`
        y = box.top + row * dy
        pieces.append(((box.left + (column - 1) * dx, y), (box.left + column * dx, y)))
    for row, column in np.argwhere(padded[:, 1:] != padded[:, :-1]):
        x = box.left + column * dx
        pieces.append(((x, box.top + (row - 1) * dy), (x, box.top + row * dy)))
    return pieces


def difference_figure(comparison: Comparison, behind: Backdrop) -> go.Figure:
    """Percentile in the first map minus percentile in the second, where both maps have values; equal ranks are colourless."""
    values = comparison.difference.numpy().astype(np.float32)
    trace = {
        "type": "heatmap", "z": values, **cells(comparison.box, values.shape), "zmin": -1, "zmax": 1, "showscale": False,
        "colorscale": DIFFERENCE, "opacity": 0.85, "customdata": np.vectorize(signed_percent, otypes=[object])(values),
        "hovertemplate": "Left − right, by rank: %{customdata}<extra></extra>",
    }  # fmt: skip
    layout = _layout(behind, comparison.box)
    ends = [(0.0, "Right higher"), (0.5, "0"), (1.0, "Left higher")]
    bar, texts = colour_bar(
        seen_palette(DIFFERENCE, 0.85), ends, "Left − right, by rank (±100%)", behind, layout["height"] - MARGIN["b"]
    )
    return go.Figure([trace], layout | {"images": [*layout["images"], bar], "annotations": texts})


def _layout(behind: Backdrop, seen: Box) -> dict[str, Any]:
    axis = {"visible": False, "constrain": "domain", "fixedrange": True}
    return PLAIN | {
        "images": [photo_image(behind)],
        "shapes": unseen_strips(behind, seen),
        "xaxis": axis | {"range": [0, behind.width]},
        "yaxis": axis | {"range": [behind.height, 0], "scaleanchor": "x", "constraintoward": "bottom"},
        "margin": MARGIN,
        "height": figure_height(behind),
    }


def photo_image(behind: Backdrop, axis: str = "") -> dict:
    """The photo below the cells of the subplot x<axis>, y<axis>."""
    return {
        "source": behind.uri, "xref": f"x{axis}", "yref": f"y{axis}", "x": 0, "y": 0, "sizex": behind.width,
        "sizey": behind.height, "sizing": "stretch", "layer": "below",
    }  # fmt: skip


def figure_height(behind: Backdrop) -> int:
    """A figure's height in pixels for a column of usual width: the photo's shape, neither very low nor very high. On a page,
    the style sheet has the height follow the width that there is.
    """
    return round(min(max(USUAL_WIDTH * behind.height / behind.width, 120), 600)) + MARGIN["b"]


def unseen_strips(behind: Backdrop, seen: Box, axis: str = "") -> list[dict]:
    """Up to four dark strips over the parts of the photo outside the box."""
    return [
        {
            "type": "rect", "xref": f"x{axis}", "yref": f"y{axis}", "x0": x0, "y0": y0, "x1": x1, "y1": y1,
            "fillcolor": DIMMED, "line": {"width": 0}, "layer": "above",
        }
        for x0, y0, x1, y1 in unseen_rectangles((behind.width, behind.height), seen)
    ]  # fmt: skip


def unseen_rectangles(size: tuple[int, int], seen: Box) -> list[tuple[float, float, float, float]]:
    """The parts of a photo of `size` (width, height) outside the box: up to four rectangles (left, top, right, bottom)."""
    w, h = size
    left, top, right, bottom = max(seen.left, 0), max(seen.top, 0), min(seen.right, w), min(seen.bottom, h)
    strips = [(0, 0, w, top), (0, bottom, w, h), (0, top, left, bottom), (right, top, w, bottom)]
    least = 0.005 * max(w, h)  # thinner slivers are rounding errors of the probe that finds the box
    return [(x0, y0, x1, y1) for x0, y0, x1, y1 in strips if x1 - x0 > least and y1 - y0 > least]

"""How pictures build up: a film, and small multiples and curves by depth as data that the browser draws."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures.colouring import Colouring, beyond_in_words, colouring
from dashboard.figures.maps import (
    PLAIN,
    USUAL_WIDTH,
    Backdrop,
    Style,
    cells,
    colour_bar,
    colours_of,
    flat_note,
    hatch,
    heatmap_of,
    photo_image,
    raw_value,
    ring_lines,
    seen_palette,
    unseen_strips,
)
from dashboard.figures.small_maps import painted
from dashboard.numbers import plural
from dashboard.numerics.scaling import is_flat
from dashboard.photo import Box
from dashboard.studies.layers import Curve

FRAME_MS = 450
BESIDE_BUTTONS = 124  # pixels that a film's buttons take, and the gap to its slider
FLAT_IN_EVERY_LAYER = "Every patch has the same value in every layer, so there is nothing to rank."
QUIET = "rgba(128,138,134,0.25)"  # can be read on light and on dark pages
ACCENT = "rgb(226,125,0)"
HIDDEN = {"visible": False, "fixedrange": True, "constrain": "domain"}


@dataclass(frozen=True)
class Panel:
    """One small map: `title`, `values` (h, w) over `box` of the photo, and whether it is `chosen`.

    `notes` are lines below it, `group` is a heading above its rows, and `meaning` what a click on it gives.
    """

    title: str
    values: np.ndarray
    box: Box
    meaning: str = ""
    chosen: bool = False
    notes: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class Reel:
    """A film's side: `title`, a map per layer `values` (L, rows, columns), what they measure, and whether they are signed."""

    title: str
    values: np.ndarray
    measures: str
    signed: bool = False


def film(left: Reel, right: Reel, box: Box, behind: Backdrop, style: Style, depth: int) -> go.Figure:
    """Two reels side by side, one frame per layer, with play and scrub that run in the browser without the server.

    Each side keeps one scale over all layers; cells beyond its ends are ringed in each frame, and a layer that is the same
    everywhere is hatched. `depth`, from 1, is the layer at which the film starts.
    """
    figure = make_subplots(1, 2, horizontal_spacing=0.04, subplot_titles=[left.title, right.title])
    height = round(min(max(USUAL_WIDTH * behind.height / behind.width, 150), 600))
    opacity = style.least_opacity
    sides = [(reel, colouring([reel.values], style.scale, reel.signed), axis) for reel, axis in ((left, ""), (right, "2"))]
    frames = [_side(sides, layer, box, style, opacity) for layer in range(len(left.values))]
    figure.add_traces(frames[depth - 1])
    figure.frames = [
        go.Frame(name=str(layer), data=data, traces=list(range(len(data)))) for layer, data in enumerate(frames, 1)
    ]
    for reel, made, axis in sides:
        figure.add_layout_image(photo_image(behind, axis))
        for strip in unseen_strips(behind, box, axis):
            figure.add_shape(strip)
        bars, texts = _bar(reel, made, style, opacity, behind, height, axis)
        for bar in bars:
            figure.add_layout_image(bar)
        for text in texts:
            figure.add_annotation(text)
    _photo_axes(figure, behind)
    figure.update_layout(
        PLAIN, height=height + 166, margin={"l": 0, "r": 0, "t": 28, "b": 138}, updatemenus=[_buttons()],
        sliders=[_scrubber(len(left.values), depth)], coloraxis=_axis(sides[0][1], style), coloraxis2=_axis(sides[1][1], style),
    )  # fmt: skip
    figure.update_annotations(font_size=12)
    return figure


def _side(sides: Sequence[tuple[Reel, Colouring, str]], layer: int, box: Box, style: Style, opacity: float) -> list[dict]:
    """One frame: both heatmaps, then rings or stripes, as empty lines in a layer that needs none if any other layer does."""
    heatmaps, lines = [], []
    for number, (reel, made, axis) in enumerate(sides, 1):
        values, axes = reel.values[layer], {"xaxis": f"x{axis}", "yaxis": f"y{axis}"}
        heatmap = heatmap_of(made, values, style, opacity) | cells(box, values.shape) | axes
        heatmap |= dict.fromkeys(("zmin", "zmax", "colorscale", "showscale"))  # these come from the colour axis
        heatmap["coloraxis"] = f"coloraxis{number if number > 1 else ''}"
        heatmaps.append(heatmap | {"hovertemplate": f"{raw_value(made, style, 0)}<extra></extra>"})
        if made.cut and made.scale != "rank":
            lines += [ring | axes for ring in ring_lines(made.beyond(values), box)]
        if any(map(is_flat, reel.values)):
            stripes = hatch(box, axis)
            lines += stripes if is_flat(values) else [line | {"x": [], "y": []} for line in stripes]
    return heatmaps + lines


def _axis(made: Colouring, style: Style) -> dict:
    low, high = made.limits
    return {"cmin": low, "cmax": high, "colorscale": colours_of(made, style), "showscale": False}


def _bar(
    reel: Reel, made: Colouring, style: Style, opacity: float, behind: Backdrop, height: int, axis: str
) -> tuple[list[dict], list[dict]]:
    if made.flat:
        return [], [flat_note(FLAT_IN_EVERY_LAYER, axis)]
    shades = seen_palette(style.colours_of(made.signed), opacity)
    bar, texts = colour_bar(shades, made.labels, f"{reel.measures}{made.by_rank}", behind, height, axis)
    return [bar], texts


def _buttons() -> dict:
    """Buttons to play and to halt. A single toggle button would not notice that the film has ended or was scrubbed."""
    play = {"frame": {"duration": FRAME_MS, "redraw": True}, "mode": "immediate", "transition": {"duration": 0},
            "fromcurrent": True}  # fmt: skip
    halt = {"frame": {"duration": 0, "redraw": False}, "mode": "immediate", "transition": {"duration": 0}}
    return {
        "type": "buttons", "direction": "left", "x": 0, "xanchor": "left", "y": 0, "yanchor": "top", "pad": {"t": 80},
        "showactive": False, "bgcolor": QUIET, "bordercolor": ACCENT,
        "buttons": [
            {"label": "Play", "method": "animate", "args": [None, play]},
            {"label": "Pause", "method": "animate", "args": [[None], halt]},
        ],
    }  # fmt: skip


def _scrubber(layers: int, depth: int) -> dict:
    jump = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    steps = [{"label": str(d), "method": "animate", "args": [[str(d)], jump]} for d in range(1, layers + 1)]
    return {
        "active": depth - 1, "steps": steps, "x": 0, "len": 1, "xanchor": "left", "y": 0, "yanchor": "top",
        "pad": {"t": 66, "l": BESIDE_BUTTONS, "r": 8}, "currentvalue": {"prefix": "layer ", "xanchor": "right", "offset": 4},
        "bgcolor": ACCENT, "activebgcolor": ACCENT, "bordercolor": QUIET,
    }  # fmt: skip


def small_panels(panels: Sequence[Panel], style: Style, one_scale: bool, signed: bool = False) -> list[dict]:
    """The panels' maps for the browser to paint, as `figures.small_maps.painted` gives them."""
    made = colourings([panel.values for panel in panels], style, one_scale, signed)
    return [painted(panel.values, own, style) for panel, own in zip(panels, made, strict=True)]


def film_in_words(reels: Sequence[Reel], style: Style) -> str:
    """Sentences on what the colours of a film's sides leave out; usually empty."""
    found = [
        (reel, beyond_in_words(colouring([reel.values], style.scale, reel.signed), list(reel.values), "patch", "all layers"))
        for reel in reels
    ]
    return " ".join(f"{reel.title}: {words[0].lower()}{words[1:]}" for reel, words in found if words)


def multiples_in_words(
    panels: Sequence[Panel], style: Style, one_scale: bool, signed: bool = False, cell: str = "patch"
) -> str:
    """Sentences on what the small maps' colours leave out, and on flat maps; usually empty."""
    maps = [panel.values for panel in panels]
    made = colourings(maps, style, one_scale, signed)
    if not one_scale:
        return own_scales_in_words(maps, made, style, cell)
    return " ".join(filter(None, (beyond_in_words(made[0], maps, cell, "all these maps"), _hatched_in_words(maps, cell))))


def own_scales_in_words(
    maps: Sequence[np.ndarray], made: Sequence[Colouring], style: Style, cell: str, marked: str = "are ringed"
) -> str:
    """What `multiples_in_words` says if each small map has its own scale; `marked` is how cells beyond it are."""
    said = ""
    if stopped := sum(own.cut for own in made):
        which = "all of these maps" if stopped == len(maps) else f"{stopped} of these {len(maps)} maps"
        why = ", as a few of them would flatten the rest" if style.scale == "auto" else ""
        said = f"In {which} colours stop at the 2nd and the 98th percentile, and the {plural(cell)} beyond {marked}{why}."
    return " ".join(filter(None, (said, _hatched_in_words(maps, cell))))


def _hatched_in_words(maps: Sequence[np.ndarray], cell: str) -> str:
    return f"Where a map is hatched, every {cell} has the same value." if any(map(is_flat, maps)) else ""


def colourings(maps: Sequence[np.ndarray], style: Style, one_scale: bool, signed: bool) -> list[Colouring]:
    """The colours of each of several maps: all on one scale, or each on its own."""
    if one_scale:
        return [colouring(maps, style.scale, signed)] * len(maps)
    return [colouring([values], style.scale, signed) for values in maps]


def _photo_axes(figure: go.Figure, behind: Backdrop) -> None:
    figure.update_xaxes(HIDDEN, range=[0, behind.width])
    for index, axis in enumerate(figure.select_yaxes()):
        anchor = {"scaleanchor": f"x{index + 1 if index else ''}", "constraintoward": "top"}  # below its title
        axis.update(HIDDEN | anchor | {"range": [behind.height, 0]})


def curve_data(curve: Curve) -> dict[str, str | list]:
    """A curve for the browser to draw: its title, its values and what chance would give; None where there is no value."""

    def known(values: Sequence[float]) -> list[float | None]:
        return [None if math.isnan(value) else value for value in values]

    return {"title": curve.metric.title, "values": known(curve.values), "chance": known(curve.chance)}

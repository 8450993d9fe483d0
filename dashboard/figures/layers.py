"""How pictures build up: a film, small multiples on one photo, and curves by depth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.figures.maps import PLAIN, SCALES, Backdrop, Look, cells, photo_image, unseen_strips
from dashboard.layers import Curves
from dashboard.photo import Box

FRAME_MS = 450
QUIET = "rgba(128,138,134,0.25)"  # reads on light and on dark
ACCENT = "rgb(226,125,0)"
LINE = "rgb(20,140,130)"
HIDDEN = {"visible": False, "fixedrange": True, "constrain": "domain"}


@dataclass(frozen=True)
class Panel:
    """One small map: `title`, `values` (h, w) over `box` of the photo, what a click on it means, and whether it is chosen."""

    title: str
    values: np.ndarray
    box: Box
    meaning: str | int | None = None
    chosen: bool = False


def film(
    left: np.ndarray, right: np.ndarray, titles: tuple[str, str], box: Box, behind: Backdrop, look: Look, depth: int
) -> go.Figure:
    """Two maps (L, rows, columns) side by side, one frame per layer, with play and scrub that the browser does alone.

    Each side keeps one scale over all layers. `depth`, from 1, is where it starts.
    """
    figure = make_subplots(1, 2, horizontal_spacing=0.04, subplot_titles=titles)
    sides = ((left, "coloraxis", ""), (right, "coloraxis2", "2"))
    for values, scale, axis in sides:
        figure.add_heatmap(
            z=values[depth - 1], **cells(box, values.shape[1:]), coloraxis=scale, opacity=max(look.opacity, 0.05),
            xaxis=f"x{axis}", yaxis=f"y{axis}", zsmooth="best" if look.smooth else False,
            hovertemplate="%{z:.3g}<extra></extra>",
        )  # fmt: skip
        figure.add_layout_image(photo_image(behind, axis))
        for strip in unseen_strips(behind, box, axis):
            figure.add_shape(strip)
    figure.frames = [
        go.Frame(name=str(layer + 1), data=[{"type": "heatmap", "z": values[layer]} for values, _, _ in sides], traces=[0, 1])
        for layer in range(len(left))
    ]
    _photo_axes(figure, behind)
    figure.update_layout(
        PLAIN, height=round(min(max(260 * behind.height / behind.width, 150), 400)) + 150,
        margin={"l": 0, "r": 0, "t": 28, "b": 120},
        coloraxis=_scale(left, look, 0.0, 0.48), coloraxis2=_scale(right, look, 0.52, 0.48),
        updatemenus=[_buttons()], sliders=[_scrubber(len(left), depth)],
    )  # fmt: skip
    figure.update_annotations(font_size=12)
    return figure


def _scale(values: np.ndarray, look: Look, x: float, length: float) -> dict:
    bar = {"orientation": "h", "thickness": 8, "outlinewidth": 0, "x": x, "xanchor": "left", "len": length, "y": -0.02,
           "yanchor": "top", "ypad": 0, "nticks": 4}  # fmt: skip
    return {"cmin": float(values.min()), "cmax": float(values.max()), "colorscale": SCALES[look.colours], "colorbar": bar}


def _buttons() -> dict:
    """Two buttons, since a single one that toggles forgets that the film has ended by itself or was scrubbed."""
    play = {"frame": {"duration": FRAME_MS, "redraw": True}, "mode": "immediate", "transition": {"duration": 0},
            "fromcurrent": True}  # fmt: skip
    halt = {"frame": {"duration": 0, "redraw": False}, "mode": "immediate", "transition": {"duration": 0}}
    return {
        "type": "buttons", "direction": "left", "x": 0, "xanchor": "left", "y": 0, "yanchor": "top", "pad": {"t": 62},
        "showactive": False, "bgcolor": QUIET, "bordercolor": QUIET,
        "buttons": [
            {"label": "▶", "method": "animate", "args": [None, play]},
            {"label": "❚❚", "method": "animate", "args": [[None], halt]},
        ],
    }  # fmt: skip


def _scrubber(layers: int, depth: int) -> dict:
    jump = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
    steps = [{"label": str(d), "method": "animate", "args": [[str(d)], jump]} for d in range(1, layers + 1)]
    return {
        "active": depth - 1, "steps": steps, "x": 0.2, "len": 0.8, "xanchor": "left", "y": 0, "yanchor": "top",
        "pad": {"t": 48, "r": 8}, "currentvalue": {"prefix": "layer ", "xanchor": "right", "offset": 4}, "bgcolor": QUIET,
        "activebgcolor": ACCENT, "bordercolor": QUIET,
    }  # fmt: skip


def multiples(
    panels: Sequence[Panel], behind: Backdrop, look: Look, columns: int, one_scale: bool, row_titles: Sequence[str] = ()
) -> go.Figure:
    """Small maps over the photo. A transparent point in each cell carries the panel's meaning to whoever clicks it."""
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    figure = make_subplots(
        rows, columns, subplot_titles=[panel.title for panel in panels], horizontal_spacing=0.012, vertical_spacing=_gap(rows),
        row_titles=list(row_titles) or None,
    )  # fmt: skip
    low, high = min(panel.values.min() for panel in panels), max(panel.values.max() for panel in panels)
    for index, panel in enumerate(panels):
        axis = str(index + 1) if index else ""
        limits = {"zmin": float(low), "zmax": float(high)} if one_scale else {}
        figure.add_heatmap(
            z=panel.values, **cells(panel.box, panel.values.shape), **limits, xaxis=f"x{axis}", yaxis=f"y{axis}",
            colorscale=SCALES[look.colours], showscale=False, opacity=max(look.opacity, 0.05), hoverinfo="skip",
            zsmooth="best" if look.smooth else False,
        )  # fmt: skip
        figure.add_trace(_points(panel, axis))
        figure.add_layout_image(photo_image(behind, axis))
        if panel.chosen:
            figure.add_shape(_frame(behind, axis))
    _photo_axes(figure, behind)
    height = round(rows * (min(max(900 / columns * behind.height / behind.width, 60), 240) + 26)) - 16
    top = 22 + 15 * panels[0].title.count("<br>")
    margin = {"l": 0, "r": 18 if row_titles else 0, "t": top, "b": 2}
    figure.update_layout(PLAIN, height=height + top, margin=margin, showlegend=False, hoverdistance=60)
    figure.update_annotations(font_size=12)
    return figure


def _gap(rows: int) -> float:
    return min(0.16 / rows, 1 / max(rows - 1, 1)) if rows > 1 else 0


def _points(panel: Panel, axis: str) -> go.Scatter:
    """Plotly sends no clicks on heatmaps: the points at the cells' centres do, and show their values."""
    place = cells(panel.box, panel.values.shape)
    rows, columns = panel.values.shape
    x = np.tile(place["x0"] + place["dx"] * np.arange(columns), rows)
    y = np.repeat(place["y0"] + place["dy"] * np.arange(rows), columns)
    clear = {"marker": {"opacity": 0}}
    return go.Scatter(
        x=x, y=y, customdata=[panel.meaning] * panel.values.size, text=[f"{value:.3g}" for value in panel.values.flatten()],
        mode="markers", marker={"opacity": 0, "size": 12}, selected=clear, unselected=clear, xaxis=f"x{axis}", yaxis=f"y{axis}",
        hovertemplate=f"{panel.meaning or panel.title}: %{{text}}<extra></extra>",
    )  # fmt: skip


def _frame(behind: Backdrop, axis: str) -> dict:
    return {
        "type": "rect", "xref": f"x{axis}", "yref": f"y{axis}", "x0": 0, "y0": 0, "x1": behind.width, "y1": behind.height,
        "line": {"color": ACCENT, "width": 3},
    }  # fmt: skip


def _photo_axes(figure: go.Figure, behind: Backdrop) -> None:
    figure.update_xaxes(HIDDEN, range=[0, behind.width])
    for index, axis in enumerate(figure.select_yaxes()):
        anchor = {"scaleanchor": f"x{index + 1 if index else ''}", "constraintoward": "top"}  # below its title
        axis.update(HIDDEN | anchor | {"range": [behind.height, 0]})


def curves_figure(curves: Curves, depth: int) -> go.Figure:
    """Four small curves over depth, the chosen one marked; a click on a point gives its depth."""
    layers = list(range(1, len(curves.entropy) + 1))
    drawn = {
        "Entropy": curves.entropy, "Gini index": curves.gini, "Distance, patches": curves.distance,
        "Agreement, ρ": curves.agreement,
    }  # fmt: skip
    figure = make_subplots(2, 2, subplot_titles=list(drawn), horizontal_spacing=0.12, vertical_spacing=0.2)
    sizes = [11 if layer == depth else 7 for layer in layers]
    whole = {"marker": {"opacity": 1}}
    colours = [ACCENT if layer == depth else LINE for layer in layers]
    for index, (title, values) in enumerate(drawn.items()):
        figure.add_scatter(
            x=layers[: len(values)], y=values, mode="lines+markers", line={"color": LINE, "width": 2},
            marker={"size": sizes, "color": colours}, selected=whole, unselected=whole,
            customdata=layers, hovertemplate=f"layer %{{x}}<br>{title} %{{y:.3f}}<extra></extra>",
            row=index // 2 + 1, col=index % 2 + 1,
        )  # fmt: skip
    figure.add_hline(0, line={"dash": "dot", "width": 1, "color": "rgb(140,140,140)"}, annotation_text="chance",
                     annotation_font_size=10, row=2, col=2)  # fmt: skip
    ticks = {"dtick": -(-len(layers) // 6), "tick0": 0, "tickangle": 0, "range": [0.5, len(layers) + 0.5]}
    figure.update_xaxes(ticks | {"fixedrange": True, "showgrid": False, "zeroline": False})
    figure.update_yaxes(fixedrange=True, gridcolor=QUIET, zeroline=False, nticks=4)
    figure.update_layout(PLAIN, height=400, margin={"l": 34, "r": 6, "t": 28, "b": 24}, showlegend=False, hoverdistance=40)
    figure.update_annotations(font_size=12)
    return figure

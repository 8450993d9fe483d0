"""Charts on a page, and what a click on one of their points does."""

from collections.abc import Callable
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

from dashboard.photo import Box
from dashboard.ui.streamlit_internals import Container

Height = Literal["content", "stretch"]
CONFIG = {"displayModeBar": False, "scrollZoom": False}


def map_chart(key: str, figure: go.Figure, alt: str) -> None:
    """Draws a map over the photo as wide as its place, and as high as the photo then is, within the screen."""
    with framed(key):
        st.plotly_chart(figure, key=key, height="stretch", config=CONFIG, alt=alt)


def framed(key: str) -> Container:
    """A place for one chart of a map over the photo; the style sheet gives it the photo's shape."""
    return st.container(key=f"frame_{key}")


def clickable(key: str, figure: go.Figure, alt: str, choose: Callable[..., None], height: Height = "content") -> None:
    """Draws a figure with clickable points; a click calls `choose` with the point's customdata."""
    st.plotly_chart(
        figure, key=key, config=CONFIG, alt=alt, height=height, on_select=lambda: _chosen(key, choose),
        selection_mode="points",
    )  # fmt: skip


def clickable_map(key: str, figure: go.Figure, alt: str, choose: Callable[..., None]) -> None:
    """Draws a map over the photo as `map_chart` does, with clickable points."""
    with framed(key):
        clickable(key, figure, alt, choose, height="stretch")


def selectable_map(key: str, figure: go.Figure, alt: str, by_click: bool, choose: Callable[[list[Any]], None]) -> None:
    """Draws a figure as `map_chart` does, whose points are chosen by a click, or by a box or a lasso: Streamlit takes no clicks
    beside these. `choose` gets what all chosen points mean.
    """

    def chosen() -> None:
        meant = [_meaning(point["customdata"])[0] for point in st.session_state[key].selection.points]
        if meant:
            choose(meant)

    config = CONFIG if by_click else CONFIG | {"displayModeBar": True, "modeBarButtons": [["select2d", "lasso2d"]]}
    with framed(key):
        st.plotly_chart(
            figure, key=key, config=config, alt=alt, height="stretch", on_select=chosen,
            selection_mode="points" if by_click else ("box", "lasso"),
        )  # fmt: skip


def box_map(key: str, figure: go.Figure, alt: str, choose: Callable[[Box], None]) -> None:
    """Draws a figure as `map_chart` does, on which a box can be dragged; `choose` gets it, in the figure's coordinates."""

    def chosen() -> None:
        boxes = st.session_state[key].selection.box
        if boxes:
            (left, right), (top, bottom) = sorted(boxes[0]["x"]), sorted(boxes[0]["y"])
            choose(Box(left, top, right, bottom))

    with framed(f"bare_{key}"):
        st.plotly_chart(
            figure, key=key, config=CONFIG, alt=alt, height="stretch", on_select=chosen, selection_mode="box"
        )  # fmt: skip


def _chosen(key: str, choose: Callable[..., None]) -> None:
    """Passes a click on. A second click on the same point arrives as an empty selection, which chooses nothing."""
    points = st.session_state[key].selection.points
    if points:
        choose(*_meaning(points[0]["customdata"]))


def _meaning(customdata: Any) -> list[Any]:
    """A point's customdata as a list. A single value arrives bare or in a list, depending on the browser."""
    return customdata if isinstance(customdata, list) else [customdata]

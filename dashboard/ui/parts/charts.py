"""Charts on a page, and what a click on one of their points does."""

from collections.abc import Callable
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

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


def _chosen(key: str, choose: Callable[..., None]) -> None:
    """Passes a click on. A second click on the same point arrives as an empty selection, which chooses nothing."""
    points = st.session_state[key].selection.points
    if points:
        choose(*_meaning(points[0]["customdata"]))


def _meaning(customdata: Any) -> list[Any]:
    """A point's customdata as a list. A single value arrives bare or in a list, depending on the browser."""
    return customdata if isinstance(customdata, list) else [customdata]

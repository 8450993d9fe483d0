"""Charts on a page, and what a click on one of their points does."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

CONFIG = {"displayModeBar": False, "scrollZoom": False}


def clickable(key: str, figure: go.Figure, alt: str, choose: Callable[..., None]) -> None:
    """Draws a figure with points that can be clicked; `choose` gets what the clicked one means, its customdata."""
    st.plotly_chart(figure, key=key, config=CONFIG, alt=alt, on_select=lambda: _chosen(key, choose), selection_mode="points")


def _chosen(key: str, choose: Callable[..., None]) -> None:
    """A second click on the same point comes as an empty selection: nothing was chosen then."""
    points = st.session_state[key].selection.points
    if points:
        choose(*_meaning(points[0]["customdata"]))


def _meaning(customdata: Any) -> list[Any]:
    """One value comes alone, or in a list, as the browser likes."""
    return customdata if isinstance(customdata, list) else [customdata]

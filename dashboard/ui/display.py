"""Display choices: they change what is drawn, never a value."""

from typing import get_args

import streamlit as st

from dashboard.figures.maps import Colours, Look, Show
from dashboard.ui.controls import keep_in_range, snapped


def pick_show() -> Show:
    """What is drawn: the map over the photo, either alone, or a line around the top cells."""
    return st.segmented_control(
        "Show", get_args(Show), default="overlay", key="show", bind="query-params", required=True, wrap=True,
        help="The map over the photo, the map alone, the photo alone, or a line around the cells with the largest values.",
    )  # fmt: skip


def pick_look() -> tuple[Look, float]:
    """Draws the other choices; gives the look and the share of cells that counts as a map's top."""
    keep_in_range("opacity", 0.0, 1.0)
    opacity = st.slider("Opacity", 0.0, 1.0, 0.6, 0.05, key="opacity", bind="query-params")
    colours = st.selectbox(
        "Colours", get_args(Colours), key="colours", bind="query-params",
        help="Viridis and Cividis read the same with any colour vision. Red-blue has its middle at zero in a signed map.",
    )  # fmt: skip
    smooth = st.toggle(
        "Smooth", key="smooth", bind="query-params",
        help="The browser blends neighbouring cells. The values stay those of the cells.",
    )  # fmt: skip
    keep_in_range("top", 5, 50)
    top = st.slider(
        "Top cells", 5, 50, 20, 5, format="%d%%", key="top", bind="query-params",
        help="The share of cells with the largest values: what the outline encloses, and what the overlap counts.",
    )  # fmt: skip
    look = Look("overlay", snapped(opacity, 0, 1, 0.05), colours, smooth)
    return look, snapped(top, 5, 50, 5, whole=True) / 100

"""Display choices: they change what is drawn, never a value."""

from typing import get_args

import streamlit as st

from dashboard.figures.maps import Colours, Look, Show
from dashboard.ui.links import linked, linked_choice, linked_slider


def pick_show() -> Show:
    """What is drawn: the map over the photo, either alone, or a line around the top cells."""
    return linked_choice(
        st.segmented_control, "Show", get_args(Show), key="show", first="overlay", wrap=True,
        help="The map over the photo, the map alone, the photo alone, or a line around the cells with the largest values.",
    )  # fmt: skip


def pick_look() -> tuple[Look, float]:
    """Draws the other choices; gives the look and the share of cells that counts as a map's top."""
    opacity = linked_slider("Opacity", 0.0, 1.0, 0.6, 0.05, key="opacity")
    colours = linked_choice(
        st.selectbox, "Colours", get_args(Colours), key="colours",
        help="Viridis and Cividis read the same with any colour vision. Red-blue has its middle at zero in a signed map.",
    )  # fmt: skip
    smooth = linked(
        st.toggle, "Smooth", key="smooth", help="The browser blends neighbouring cells. The values stay those of the cells.",
    )  # fmt: skip
    top = linked_slider(
        "Top cells", 5, 50, 20, 5, format="%d%%", key="top",
        help="The share of cells with the largest values: what the outline encloses, and what the overlap counts.",
    )  # fmt: skip
    return Look("overlay", opacity, colours, smooth), top / 100

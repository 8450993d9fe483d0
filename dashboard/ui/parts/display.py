"""Display choices: they change what is drawn, never a value."""

from typing import get_args

import streamlit as st

from dashboard.figures.colouring import Scale
from dashboard.figures.maps import DIVERGING, SEQUENTIAL, Show, Style
from dashboard.ui.parts.links import linked, linked_choice, linked_slider


def pick_show() -> Show:
    """Draws the choice of what charts show: the map over the photo, one of the two alone, or a line around the top cells."""
    return linked_choice(
        st.segmented_control, "Show", get_args(Show), key="show", first="overlay", wrap=True, label_visibility="collapsed",
        help="The map over the photo, the map alone, the photo alone, or a line around the cells with the largest values.",
    )  # fmt: skip


def pick_style() -> tuple[Style, float]:
    """Draws the other display choices; returns the style and the share of cells that counts as a map's top, 0 to 1."""
    opacity = linked_slider("Opacity", 0.0, 1.0, 0.6, 0.05, key="opacity")
    colours = linked_choice(
        st.selectbox, "Colours", SEQUENTIAL, key="colours", read={DIVERGING: SEQUENTIAL[0]}.get,  # for older links
        help="For maps without a sign; Viridis and Cividis read the same with any colour vision. Maps with a sign are always "
        "red above zero and blue below.",
    )  # fmt: skip
    scale = linked_choice(
        st.selectbox, "Scale", get_args(Scale), key="scale",
        help="Linear: from the lowest value to the highest, about zero in a map with a sign. Robust: colours stop at the 2nd "
        "and the 98th percentile, and cells beyond are ringed. Rank: equally many cells for each step of colour. Auto: "
        "robust where a few cells would leave half of the map less than a tenth of the colours, else linear.",
    )  # fmt: skip
    smooth = linked(
        st.toggle, "Smooth", key="smooth", help="The browser blends neighbouring cells. The values stay those of the cells.",
    )  # fmt: skip
    top = linked_slider(
        "Top cells", 5, 50, 20, 5, format="%d%%", key="top",
        help="The share of cells with the largest values: what the outline encloses, and what the overlap counts.",
    )  # fmt: skip
    return Style("overlay", opacity, colours, smooth, scale), top / 100

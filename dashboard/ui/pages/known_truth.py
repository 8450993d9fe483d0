"""The known-truth page: scenes in which the object's exact place is known, and how far each method's map finds it."""

from collections.abc import Callable

import streamlit as st

from dashboard.ui.parts.coming import Comings
from dashboard.ui.parts.known_scene import show_scene
from dashboard.ui.parts.links import linked_choice
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.truth_table import show_table
from dashboard.ui.parts.which_cheats import show_guess

ITS_OWN = (
    ":material/shapes: This page has scenes and small models of its own: of the sidebar, only how maps are drawn counts here. "
    "Each scene is generated, so the place of its object is known exactly."
)
SECTIONS: dict[str, Callable[[Chosen], None]] = {
    "One scene": show_scene, "Which one cheats?": show_guess, "All methods": show_table,
}  # fmt: skip
WHICH = (
    "One scene: the map of every method over one scene. Which one cheats? Guess which of two models reads a tag in the corner. "
    "All methods: what each method reaches over 200 scenes."
)


@st.fragment  # so that a choice on the page does not redraw the sidebar
def show(chosen: Chosen) -> None:
    """One of the page's sections."""
    notices_here()
    st.caption(ITS_OWN)
    section = linked_choice(st.segmented_control, "Show", list(SECTIONS), key="section", wrap=True, help=WHICH)
    SECTIONS[section](chosen)


def meanwhile(chosen: Chosen, coming: Comings) -> None:
    """The page needs none of the sidebar's models, so it waits for none."""
    show(chosen)

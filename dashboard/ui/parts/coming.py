"""What stands in the place of a map whose model is still being opened: the photo, dimmed, and how far the model is."""

from collections.abc import Callable

import streamlit as st

from dashboard.compare import Slot
from dashboard.figures.maps import Backdrop
from dashboard.models import zoo
from dashboard.ui import caches
from dashboard.ui.components import FOLDER
from dashboard.ui.parts.charts import framed
from dashboard.ui.parts.text import plain

LOOKED_AT = 1.0  # seconds between two looks at a model on its way; each costs a garbage collection, which holds up the opening


def in_place_of_map(slot: Slot, opening: caches.Opening, behind: Backdrop) -> None:
    """Draws the photo where the map will be, of the map's size, and above it how far the model is."""
    how_far(slot, opening)
    with framed(f"coming_{slot}"):
        st.html(
            f'<div class="waiting-map coming"><img src="{behind.uri}" width="{behind.width}" height="{behind.height}" '
            'alt="The photo, while its map is on its way"></div>'
        )
    st.html(FOLDER / "waiting.css")


@st.fragment(run_every=LOOKED_AT)  # on its own, so that the other side stays usable
def how_far(slot: Slot, opening: caches.Opening) -> None:
    """Says how far a model is, and draws the page anew when it has come."""
    if opening.ended.is_set():
        st.rerun()
    name, told = plain(zoo.title_of(opening.key)[:80]), plain(opening.told.removesuffix(" …"))
    st.markdown(f"{slot.capitalize()} · **Opening {name}** …  \n:small[:gray[{told or 'Waiting for its turn'}]]")


Meanwhile = Callable[..., None]  # draws a page while a model is on its way: takes what was chosen, and the openings by side

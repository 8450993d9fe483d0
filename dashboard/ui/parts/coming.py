"""What stands in the place of a map whose model is still being opened: the photo, dimmed, and how far the model is."""

import time
from collections.abc import Callable, Mapping

import streamlit as st

from dashboard.compare import Slot
from dashboard.figures.maps import Backdrop
from dashboard.models import zoo
from dashboard.ui import caches
from dashboard.ui.components import FOLDER
from dashboard.ui.parts.charts import framed
from dashboard.ui.parts.text import plain

PATIENCE = 0.4  # seconds in which a small model opens before the page shows that it is on its way
SMALL_ONES = 12  # photos in the place of a grid of small maps
LOOKED_AT = 1.0  # seconds between two looks at a model on its way; each costs a garbage collection, which holds up the opening


Comings = Mapping[Slot, caches.Opening]  # the models that are on their way, by side


def begin(key: str) -> caches.Opening:
    """Begins to open a model, or joins those who wait for it, and gives it a moment."""
    opening = caches.open_aside(key)
    waited = time.monotonic() + PATIENCE
    while not opening.ended.wait(0.02) and time.monotonic() < waited:
        caches.stop_if_left()
    return opening


def in_place_of_map(slot: Slot, opening: caches.Opening, behind: Backdrop) -> None:
    """Draws the photo where the map will be, of the map's size, and above it how far the model is."""
    how_far(slot, opening)
    photo_in_place(slot, behind)


def photo_in_place(slot: Slot, behind: Backdrop) -> None:
    """Draws the photo where the map will be, of the map's size."""
    with framed(f"coming_{slot}"):
        _dimmed(behind)


def in_place_of_film(slot: Slot, opening: caches.Opening, behind: Backdrop) -> None:
    """Draws the photo twice where the film will be, whose two pictures have this size, and above it how far the model is."""
    how_far(slot, opening)
    room_for("film")
    with st.container(key=f"reel_coming_{slot}"):
        _dimmed(behind, 2, "waiting-film")


def in_place_of_grid(behind: Backdrop) -> None:
    """Draws the photo many times, small, where a grid of small maps will be."""
    with st.container(key="grid_coming"):
        _dimmed(behind, SMALL_ONES, "waiting-grid")


def room_for(controls: str) -> None:
    """Leaves room for a page's controls above the photo, so that maps come where the photo is."""
    st.html(f'<div class="waiting-map waiting-room for-{controls}" aria-hidden="true"></div>')


def _dimmed(behind: Backdrop, count: int = 1, layout: str = "") -> None:
    """The photo, so often; the first says what it is."""
    photos = (
        f'<div class="waiting-map coming"><img src="{behind.uri}" width="{behind.width}" height="{behind.height}" '
        f'alt="{alt}"></div>'
        for alt in ("The photo, while its map is on its way", *[""] * (count - 1))
    )
    st.html(f'<div class="{layout}">{"".join(photos)}</div>')
    st.html(FOLDER / "waiting.css")


@st.fragment(run_every=LOOKED_AT)  # on its own, so that the other side stays usable
def how_far(slot: Slot, opening: caches.Opening, more: str = "") -> None:
    """Says how far a model is, and draws the page anew when it has come."""
    if opening.ended.is_set():
        st.rerun()
    st.markdown(f"{slot.capitalize()} · {in_words(opening)}" + (f"  \n:small[:gray[{more}]]" if more else ""))


def in_words(opening: caches.Opening) -> str:
    """Which model is being opened, and in small how far it is, as Markdown."""
    name, told = plain(zoo.title_of(opening.key)[:80]), plain(opening.told.removesuffix(" …"))
    return f"**Opening {name}** …  \n:small[:gray[{told or 'Waiting for its turn'}]]"


Meanwhile = Callable[..., None]  # draws a page while a model is on its way: takes what was chosen, and the models that come

"""Maps linked in the browser: a mark at the same place of each, one zoom for all, and views that fill the screen."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from dashboard.compare import Slot
from dashboard.engine.request import Request
from dashboard.models.classifier import Observation
from dashboard.photo import Photo
from dashboard.ui.components import component
from dashboard.ui.parts import photo_picker
from dashboard.ui.parts.panel import among, headline_of
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.text import visible

HTML = '<div class="linked-bar"></div><p class="linked-live" aria-live="polite"></p><dialog class="linked-dialog"></dialog>'
_linked_maps = component("linked_maps", html=HTML, styled=True, isolated=False)
KEY, TURNED = "linked_maps", "photos_turned_over"


@dataclass(frozen=True)
class Linked:
    """A chart that is linked: its key, its name, and what stands `before` its values where several are told."""

    key: str
    name: str
    before: str = ""


DIFFERENCE = Linked("difference", "Where they disagree")
CHARTS = (Linked("left_map", "Left map", "Left: "), Linked("right_map", "Right map", "Right: "), DIFFERENCE)


def turn_photo() -> None:
    """Draws the whole page for another photo, if the person has asked for one while both maps fill the screen.

    The page's fragment has to call it first: a callback in a fragment can't draw the rest of the page itself.
    """
    if photo_picker.STEP in st.session_state:
        st.rerun()


def linked_maps(chosen: Chosen, requests: Mapping[Slot, Request], seen: Mapping[Slot, Observation]) -> None:
    """Links the charts of both maps and of their difference, and draws the buttons for views of both."""
    sides = [
        {"key": side.key("map"), "name": side.name} | _said(side.model.title, requests[slot], seen[slot])
        for slot, side in chosen.sides.items()
    ]
    _link(CHARTS, sides, chosen.photo)


def linked_charts(charts: Sequence[Linked], photo: Photo) -> None:
    """Links charts of maps over this photo, each by pointer and by keys, without views of two over one another."""
    _link(charts, [], photo)


def _link(charts: Sequence[Linked], sides: Sequence[dict[str, str]], photo: Photo) -> None:
    data: dict[str, Any] = {
        "charts": [asdict(chart) for chart in charts], "sides": sides, "photo": photo.digest,
        "turned": st.session_state.get(TURNED, 0),
    }  # fmt: skip
    _linked_maps(key=KEY, data=data, width="content", on_turned_change=_turned)


def _said(title: str, request: Request, seen: Observation) -> dict[str, str]:
    says, about = headline_of(request, seen)
    place = among(seen.prediction)
    return {"model": visible(title), "says": visible(says), "about": visible(f"{about} · {place}" if place else about)}


def _turned() -> None:
    """A callback. The browser counts how often the person turned over, since only the last of quick key presses arrives."""
    count = st.session_state[KEY]["turned"]
    photo_picker.step(count - st.session_state.get(TURNED, 0))
    st.session_state[TURNED] = count

"""Choosing a side, a method and a class, and the model's look at the photo that answers them."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import streamlit as st

from dashboard.compare import SLOTS, Side, Slot
from dashboard.engine.request import Request
from dashboard.evidence import E
from dashboard.figures.maps import Backdrop
from dashboard.methods import Method
from dashboard.models import zoo
from dashboard.models.classifier import Observation
from dashboard.photo import Photo
from dashboard.ui import caches
from dashboard.ui.parts import panel
from dashboard.ui.parts.coming import Comings
from dashboard.ui.parts.controls import method_controls, pick_method
from dashboard.ui.parts.explaining import look_behind
from dashboard.ui.parts.links import linked_choice
from dashboard.ui.parts.parameters import OLD_SLOTS
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.text import plain
from dashboard.ui.streamlit_internals import Container


def look(request: Request[Method[E]]) -> tuple[Request[Method[E]], Observation[E]]:
    """The request, and the look that its map is read from. The request's model may be new: a pass can move it to the CPU."""
    with st.spinner("The models are looking at the photo …"):
        seen = look_behind(request)
    return replace(request, model=caches.classifier(request.model.key)), seen


def pick_slot(chosen: Chosen, slots: Sequence[Slot], label: str, coming: Comings = MappingProxyType({})) -> Slot:
    """Draws the choice of a side, if there are several; returns the side. Its help names both models, also one that comes."""
    if len(slots) == 1:
        return slots[0]
    titles = {slot: side.model.title for slot, side in chosen.sides.items()}
    titles |= {slot: zoo.title_of(opening.key) for slot, opening in coming.items()}
    told = ". ".join(f"{side.name}: {plain(titles[slot])}" for slot, side in chosen.sides.items())
    return linked_choice(st.segmented_control, label, slots, key="side", read=OLD_SLOTS.get, help=f"{told}.")


def chosen_slot() -> Slot:
    """The side that `pick_slot` will return if both fit, for use before it is drawn."""
    told = st.session_state.get("side", st.query_params.get("side"))
    for slot in SLOTS:
        if slot == told:
            return slot
    return OLD_SLOTS.get(told, SLOTS[0])


def pick_question(side: Side, request: Request, explained: Container, other: Container | None) -> tuple[Request, Observation]:
    """Draws the choice of the class to explain, in `explained`, and of a class to compare it with, in `other` if that is given.

    Returns the request with both classes, and the look that its map is read from.
    """
    with explained:
        request = replace(request, target=panel.pick_class(side))
    request, seen = look(request)
    if other is None:
        return request, seen
    with other:
        return look(replace(request, against=panel.pick_against(side, chosen_class(request, seen))))


def pick_whole_question(side: Side, request: Request) -> tuple[Request, Observation]:
    """Does what `pick_question` does, in one row; only class-specific methods get a class to compare with."""
    boxes = st.columns(2) if request.method.class_specific else (st.container(), None)
    return pick_question(side, request, *boxes)


def ask(side: Side, photo: Photo) -> Request:
    """Draws the choice of a method, its options and, if it is class-specific, its classes, here; returns the request.

    They stand in one row, and in more where it has no room, if they are drawn in what `row_of` gives.
    """
    method = pick_method(side)
    request = Request(side.model, photo, method_controls(method, side))
    if not method.class_specific:
        return look(request)[0]
    return pick_question(side, request, st.container(), st.container())[0]


def row_of(side: Side) -> Container:
    """Draws the place of one side's choices; the style sheet fills its rows."""
    return st.container(key=side.key("row"))


def chosen_class(request: Request, seen: Observation) -> int:
    """The number of the class that is explained: the chosen one, else the top prediction."""
    return seen.prediction.top(1)[0][0] if request.target is None else request.target


def backdrop_of(chosen: Chosen) -> Backdrop:
    """The photo as figures show it."""
    return caches.screen_copy(chosen.photo)

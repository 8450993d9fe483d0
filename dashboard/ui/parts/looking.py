"""Choosing a side, a method and a class, and the model's look at the photo that answers them."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard.compare import SLOTS, Side, Slot
from dashboard.engine.request import Request
from dashboard.evidence import E
from dashboard.figures.maps import Backdrop
from dashboard.methods import Method
from dashboard.models.classifier import Observation
from dashboard.photo import Photo
from dashboard.ui import caches
from dashboard.ui.parts import panel
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


def pick_slot(chosen: Chosen, slots: Sequence[Slot], label: str) -> Slot:
    """Draws the choice of a side, if there are several; returns the side."""
    if len(slots) == 1:
        return slots[0]
    titles = ". ".join(f"{side.name}: {plain(side.model.title)}" for side in chosen.sides.values())
    return linked_choice(st.segmented_control, label, slots, key="side", read=OLD_SLOTS.get, help=f"{titles}.")


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
    """Draws the choice of a method, its options and, if it is class-specific, its classes in one row; returns the request."""
    first, options = st.columns([2, 5], gap="medium")
    with first:
        method = pick_method(side)
    if not method.class_specific:
        with options:
            return look(Request(side.model, photo, method_controls(method, side)))[0]
    options, question = options.columns(2, gap="medium")
    with options:
        made = method_controls(method, side)
    with question:
        return pick_whole_question(side, Request(side.model, photo, made))[0]


def chosen_class(request: Request, seen: Observation) -> int:
    """The number of the class that is explained: the chosen one, else the top prediction."""
    return seen.prediction.top(1)[0][0] if request.target is None else request.target


def backdrop_of(chosen: Chosen) -> Backdrop:
    """The photo as figures show it."""
    return caches.screen_copy(chosen.photo)

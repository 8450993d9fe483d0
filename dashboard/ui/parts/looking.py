"""Both models' look at the chosen photo, each by a method that a person chose."""

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


def look(asked: Request[Method[E]]) -> tuple[Request[Method[E]], Observation[E]]:
    """The look behind a map, and what is asked then: a pass may have moved a model to the CPU."""
    with st.spinner("The models are looking at the photo …"):
        seen = look_behind(asked)
    return replace(asked, model=caches.classifier(asked.model.key)), seen


def pick_slot(chosen: Chosen, slots: Sequence[Slot], label: str) -> Slot:
    """Draws the choice of a side, where there is one, and gives it."""
    if len(slots) == 1:
        return slots[0]
    titles = ". ".join(f"{side.name}: {plain(side.model.title)}" for side in chosen.sides.values())
    return linked_choice(st.segmented_control, label, slots, key="side", read=OLD_SLOTS.get, help=f"{titles}.")


def chosen_slot() -> Slot:
    """The side that is chosen where both fit, before its box is drawn."""
    told = st.session_state.get("side", st.query_params.get("side"))
    for slot in SLOTS:
        if slot == told:
            return slot
    return OLD_SLOTS.get(told, SLOTS[0])


def pick_question(side: Side, asked: Request, explained: Container, other: Container | None) -> tuple[Request, Observation]:
    """Draws which class is asked about, in `explained`, and which other it is held against, if there is a place for that."""
    with explained:
        asked = replace(asked, target=panel.pick_class(side))
    asked, seen = look(asked)
    if other is None:
        return asked, seen
    with other:
        return look(replace(asked, against=panel.pick_against(side, chosen_class(asked, seen))))


def pick_whole_question(side: Side, asked: Request) -> tuple[Request, Observation]:
    """The same in one row, with another class where the method knows classes."""
    places = st.columns(2) if asked.method.class_specific else (st.container(), None)
    return pick_question(side, asked, *places)


def ask(side: Side, photo: Photo) -> Request:
    """Draws the choice of a method, its options and its question in one row."""
    place, options = st.columns([2, 5], gap="medium")
    with place:
        method = pick_method(side)
    if not method.class_specific:
        with options:
            return look(Request(side.model, photo, method_controls(method, side)))[0]
    options, question = options.columns(2, gap="medium")
    with options:
        made = method_controls(method, side)
    with question:
        return pick_whole_question(side, Request(side.model, photo, made))[0]


def chosen_class(asked: Request, seen: Observation) -> int:
    """The class that is explained."""
    return seen.prediction.top(1)[0][0] if asked.target is None else asked.target


def backdrop_of(chosen: Chosen) -> Backdrop:
    """The photo as figures show it."""
    return caches.screen_copy(chosen.photo)

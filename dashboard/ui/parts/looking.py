"""Both models' look at the chosen photo, each by a method that a person chose."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.engine.request import Request
from dashboard.figures.maps import Backdrop
from dashboard.models.classifier import Observation
from dashboard.ui import caches
from dashboard.ui.parts import panel
from dashboard.ui.parts.controls import method_controls, pick_method
from dashboard.ui.parts.explaining import look_behind
from dashboard.ui.parts.sidebar import Chosen


def look(asked: Request) -> tuple[Request, Observation]:
    """The look behind a map, and what is asked then: a pass may have moved a model to the CPU."""
    with st.spinner("The models are looking at the photo …"):
        seen = look_behind(asked)
    return replace(asked, model=caches.classifier(asked.model.key)), seen


def pick_question(
    side: str, asked: Request, explained: DeltaGenerator, other: DeltaGenerator | None
) -> tuple[Request, Observation]:
    """Draws which class is asked about, in `explained`, and which other it is held against, if there is a place for that."""
    with explained:
        asked = replace(asked, target=panel.pick_class(side, asked.model))
    asked, seen = look(asked)
    if other is None:
        return asked, seen
    with other:
        return look(replace(asked, against=panel.pick_against(side, asked.model, chosen_class(asked, seen))))


def pick_whole_question(side: str, asked: Request) -> tuple[Request, Observation]:
    """The same in one row, with another class where the method knows classes."""
    places = st.columns(2) if asked.method.class_specific else (st.container(), None)
    return pick_question(side, asked, *places)


def ask(side: str, chosen: Chosen) -> Request:
    """Draws the choice of a method, its options and its question in one row."""
    model = chosen.cnn if side == "cnn" else chosen.vit
    place, options = st.columns([2, 5], gap="medium")
    with place:
        method = pick_method(side, model)
    if not method.class_specific:
        with options:
            return look(Request(model, chosen.photo, method_controls(method, model.extent, side)))[0]
    options, question = options.columns(2, gap="medium")
    with options:
        method = method_controls(method, model.extent, side)
    with question:
        return pick_whole_question(side, Request(model, chosen.photo, method))[0]


def chosen_class(asked: Request, seen: Observation) -> int:
    """The class that is explained."""
    return seen.prediction.top(1)[0][0] if asked.target is None else asked.target


def backdrop_of(chosen: Chosen) -> Backdrop:
    """The photo as figures show it."""
    return caches.screen_copy(chosen.photo)

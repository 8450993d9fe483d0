"""Both models' look at the chosen photo, each by a method that a person chose."""

import streamlit as st

from dashboard.figures.maps import Backdrop
from dashboard.models.classifier import Observation
from dashboard.ui import caches, panel
from dashboard.ui.controls import method_controls, pick_method
from dashboard.ui.explaining import Asked
from dashboard.ui.sidebar import Chosen


def looked_at(asked: Asked) -> tuple[Asked, Observation]:
    """The look behind a map, and what is asked then: a pass may have moved a model to the CPU, and a class that is held
    against itself is not asked about.
    """
    with st.spinner("The models are looking at the photo …"):
        seen = Asked(asked.model, asked.photo, asked.method, asked.target).look()
        model, against = caches.classifier(asked.model.key), asked.against
        if against is not None and against == chosen_class(asked, seen):
            st.caption(f":orange[{panel.class_names(model.labels)[against]} is the class that is explained: choose another.]")
            against = None
        asked = Asked(model, asked.photo, asked.method, asked.target, against)
        return asked, asked.look()


def ask(side: str, chosen: Chosen) -> Asked:
    """Draws the choice of a method, its options and its question in one row."""
    model = chosen.cnn if side == "cnn" else chosen.vit
    place, options = st.columns([2, 5], gap="medium")
    with place:
        method = pick_method(side, model)
    if not method.class_specific:
        with options:
            return looked_at(Asked(model, chosen.photo, method_controls(method, model.extent, side)))[0]
    options, question = options.columns(2, gap="medium")
    with options:
        method = method_controls(method, model.extent, side)
    with question:
        target, against = panel.pick_question(side, model.labels, method)
        return looked_at(Asked(model, chosen.photo, method, target, against))[0]


def chosen_class(asked: Asked, seen: Observation) -> int:
    """The class that is explained."""
    return seen.prediction.top(1)[0][0] if asked.target is None else asked.target


def backdrop_of(chosen: Chosen) -> Backdrop:
    """The photo as figures show it."""
    return caches.screen_copy(chosen.photo.digest, chosen.photo)

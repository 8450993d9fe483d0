"""Two maps of one photo beside each other, one of each side, with what is asked for them."""

from collections.abc import Callable

import streamlit as st

from dashboard.compare import SLOTS, Pair, Slot, annotate
from dashboard.engine.request import Request
from dashboard.explain import Explanation
from dashboard.figures.made_of import labelled
from dashboard.figures.maps import Style, map_figure
from dashboard.methods import Method
from dashboard.models.classifier import Classifier, Observation
from dashboard.photo import Photo
from dashboard.studies.whereabouts import in_words
from dashboard.ui.parts import panel, sidebar
from dashboard.ui.parts.charts import map_chart
from dashboard.ui.parts.controls import chosen_method, method_controls, pick_method
from dashboard.ui.parts.downloads import Tray
from dashboard.ui.parts.explaining import answers
from dashboard.ui.parts.fold import fold_on_small_screens, options_of
from dashboard.ui.parts.looking import backdrop_of, pick_question
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.streamlit_internals import Container

ITS_MAP = "Its map comes where the photo is."  # the third of three lines, as above a map


Named = Callable[[Photo, Pair[Classifier], Pair[str]], dict[str, str]]  # names a page's files by the methods' labels


def caveat_and_files(chosen: Chosen, named: Named) -> Tray:
    """Draws the line below a page's question: what the models were trained on, and the menu of files."""
    return sidebar.caveat_and_files(chosen, file_names(chosen, named, Pair.of(lambda slot: chosen_method(chosen.sides[slot]))))


def file_names(chosen: Chosen, named: Named, methods: Pair[type[Method]]) -> dict[str, str]:
    """The names of a page's files, of which the menu has to say each."""
    return named(chosen.photo, chosen.models, Pair.of(lambda slot: methods[slot].label))


def two_columns() -> Pair[Container]:
    """A place for each side."""
    return Pair(*st.columns(2, gap="medium"))


def places_of_maps() -> tuple[Pair[Container], Pair[Container]]:
    """For each side the places of the lines above its map and of the map. The style sheet has both maps begin at one height."""
    with st.container(key="maps"):
        columns = two_columns()
    above = Pair.of(lambda slot: columns[slot].container())
    return above, Pair.of(lambda slot: columns[slot].container())


def ask_both(chosen: Chosen, below: Pair[Container]) -> tuple[Pair[Request], Pair[Observation]]:
    """Draws each side's method, classes and options; returns what is asked, and the looks that the maps are read from."""
    asked = {slot: ask_one(chosen, slot, below[slot]) for slot in SLOTS}
    fold_on_small_screens(tuple(chosen.sides.values()))
    return Pair.of(lambda slot: asked[slot][0]), Pair.of(lambda slot: asked[slot][1])


def ask_one(chosen: Chosen, slot: Slot, below: Container) -> tuple[Request, Observation]:
    """Draws one side's method, classes and options."""
    side = chosen.sides[slot]
    with below, options_of(side):
        question = st.container(key=side.key("question"))
        with question:
            method = pick_method(side, "Method")
        options = method_controls(method, side)
        places = (question, question if method.class_specific else None)
        return pick_question(side, Request(side.model, chosen.photo, options), *places)


def explained(place: Container, request: Request, slot: Slot) -> Explanation | None:
    """The map, or None if it is slow and has not been asked for: then its place has a button for it."""
    with place:
        return (answers([request], slot) or [None])[0]


def draw_map(chosen: Chosen, shown: Explanation | None, slot: Slot, style: Style) -> None:
    """Draws a side's map. Nothing in it is of the other side's map, so that the browser draws it anew only where it changes:
    the marks that link both tell the other map's values.
    """
    if shown is None:
        return
    side = chosen.sides[slot]
    figure = map_figure(shown, backdrop_of(chosen), style, annotate(shown, None, chosen.share))
    map_chart(
        side.key("map"), labelled(figure, shown, chosen.photo),
        f"{shown.method.label} of {side.model.title} over {chosen.photo.name}. {in_words(shown, chosen.photo.size)}",
    )  # fmt: skip
    panel.below_map(shown, side.model, chosen.photo, style)

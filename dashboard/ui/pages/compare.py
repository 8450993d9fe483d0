"""The compare page: what two models say of a photo and where they look, and how far the two maps agree."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from dashboard.compare import OTHER, SLOTS, Pair, Slot, annotate, compare
from dashboard.engine.request import Request
from dashboard.explain import Explanation
from dashboard.export.exhibit import Exhibit
from dashboard.figures.made_of import labelled
from dashboard.figures.maps import Style, map_figure
from dashboard.methods import Method
from dashboard.models.classifier import Observation
from dashboard.studies.whereabouts import in_words
from dashboard.ui.caches import Opening
from dashboard.ui.parts import panel, sidebar
from dashboard.ui.parts.address import current_link
from dashboard.ui.parts.charts import map_chart
from dashboard.ui.parts.code import offer_code
from dashboard.ui.parts.coming import in_place_of_map
from dashboard.ui.parts.controls import chosen_method, method_controls, pick_method
from dashboard.ui.parts.display import pick_show
from dashboard.ui.parts.downloads import Tray, comparison_files, comparison_names
from dashboard.ui.parts.explaining import answers
from dashboard.ui.parts.fold import fold_on_small_screens, options_of
from dashboard.ui.parts.linked_maps import linked_maps, turn_photo
from dashboard.ui.parts.looking import backdrop_of, chosen_class, pick_question
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.streamlit_internals import Container


def caveat_and_files(chosen: Chosen) -> Tray:
    """Draws the line below the page's question: what the models were trained on, and the menu of files."""
    return sidebar.caveat_and_files(chosen, _file_names(chosen, Pair.of(lambda slot: chosen_method(chosen.sides[slot]))))


def _file_names(chosen: Chosen, methods: Pair[type[Method]]) -> dict[str, str]:
    return comparison_names(chosen.photo, chosen.models, Pair.of(lambda slot: methods[slot].label))


@st.fragment  # so that a slider of the maps does not redraw the sidebar
def show(chosen: Chosen, tray: Tray) -> None:
    """What each model says and where it looks, then predictions and options, then where the maps disagree, then words."""
    turn_photo()
    notices_here()
    tray.empty()
    with st.container(key="maps"):
        maps = _two_columns()
    toolbar, below = st.container(key="toolbar", horizontal=True), _two_columns()
    predictions = Pair.of(lambda slot: below[slot].container())

    with toolbar:
        style = replace(chosen.style, show=pick_show())
    requests, seen = _ask(chosen, below)
    tray.must_say(_file_names(chosen, Pair.of(lambda slot: type(requests[slot].method))))
    shown = Pair.of(lambda slot: _explained(chosen, maps[slot], requests[slot], seen[slot], slot))
    for slot, place in maps.items():  # the maps come first, so that the browser draws them first
        with place:
            _map(chosen, shown[slot], shown[OTHER[slot]], requests[OTHER[slot]].method.label, slot, style)
    with toolbar:
        linked_maps(chosen, requests, seen)
    for slot, place in predictions.items():
        with place:
            panel.answers(chosen.sides[slot], seen[slot], chosen_class(requests[slot], seen[slot]))
    exhibit = _difference(chosen, requests, shown, tray, style)
    for slot, place in _two_columns().items():
        with place:
            panel.numbers(shown[slot], chosen.share)
            panel.facts(requests[slot], seen[slot], shown[slot])
    if exhibit:
        offer_code(exhibit)


def _two_columns() -> Pair[Container]:
    return Pair(*st.columns(2, gap="medium"))


def _ask(chosen: Chosen, below: Pair[Container]) -> tuple[Pair[Request], Pair[Observation]]:
    """Draws each side's method, classes and options; returns what is asked, and the looks that the maps are read from."""
    asked = {slot: _ask_one(chosen, slot, below[slot]) for slot in SLOTS}
    fold_on_small_screens(tuple(chosen.sides.values()))
    return Pair.of(lambda slot: asked[slot][0]), Pair.of(lambda slot: asked[slot][1])


def _ask_one(chosen: Chosen, slot: Slot, below: Container) -> tuple[Request, Observation]:
    side = chosen.sides[slot]
    with below, options_of(side):
        question = st.container(key=side.key("question"))
        with question:
            method = pick_method(side, "Method")
        options = method_controls(method, side)
        places = (question, question if method.class_specific else None)
        return pick_question(side, Request(side.model, chosen.photo, options), *places)


@st.fragment  # so that a slider of the map does not redraw the sidebar
def meanwhile(chosen: Chosen, coming: Mapping[Slot, Opening]) -> None:
    """While a model is being opened: the photo in its map's place, and the other side as ever."""
    notices_here()
    with st.container(key="maps"):
        maps = _two_columns()
    toolbar, below = st.container(key="toolbar", horizontal=True), _two_columns()
    with toolbar:
        style = replace(chosen.style, show=pick_show())
    for slot, opening in coming.items():
        with maps[slot]:
            in_place_of_map(slot, opening, backdrop_of(chosen))
    for slot in SLOTS:
        if slot in coming:
            continue
        predictions = below[slot].container()
        request, seen = _ask_one(chosen, slot, below[slot])
        shown = _explained(chosen, maps[slot], request, seen, slot)
        with maps[slot]:
            _map(chosen, shown, None, "", slot, style)
        with predictions:
            panel.answers(chosen.sides[slot], seen, chosen_class(request, seen))


def _explained(chosen: Chosen, place: Container, request: Request, seen: Observation, slot: Slot) -> Explanation | None:
    """Draws the line above a map; returns the map, or None if it is slow and has not been asked for."""
    with place:
        panel.headline(chosen.sides[slot], request, seen)
        return (answers([request], slot) or [None])[0]


def _map(chosen: Chosen, shown: Explanation | None, other: Explanation | None, others: str, slot: Slot, style: Style) -> None:
    """Draws a side's map, annotated with the values of the `other` one, whose method's name is `others`, if there is one."""
    if shown is None:
        return
    side = chosen.sides[slot]
    figure = map_figure(shown, backdrop_of(chosen), style, annotate(shown, other, chosen.share), others)
    map_chart(
        side.key("map"), labelled(figure, shown, chosen.photo),
        f"{shown.method.label} of {side.model.title} over {chosen.photo.name}. {in_words(shown, chosen.photo.size)}",
    )  # fmt: skip
    panel.below_map(shown, side.model, chosen.photo, style)


def _difference(
    chosen: Chosen, requests: Pair[Request], shown: Pair[Explanation | None], tray: Tray, style: Style
) -> Exhibit | None:
    """Where the maps disagree; returns what the files are made of, None while a map is not run."""
    if shown.left is None or shown.right is None:
        panel.waiting()
        return None
    behind, comparison = backdrop_of(chosen), compare(shown.left, shown.right, chosen.share)
    panel.agreement(comparison, behind)
    models = Pair.of(lambda slot: requests[slot].model)
    maps = Pair(shown.left, shown.right)
    exhibit = Exhibit(chosen.photo, maps, models, comparison, style, chosen.share, current_link())
    tray.lay(comparison_files(exhibit, behind))
    return exhibit

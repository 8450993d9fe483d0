"""The compare page: what two models say of a photo and where they look, and how far the two maps agree."""

from dataclasses import replace

import streamlit as st

from dashboard.compare import SLOTS, Pair, Side, compare
from dashboard.engine.request import Request
from dashboard.explain import Explanation
from dashboard.export.exhibit import Exhibit
from dashboard.figures.maps import Style
from dashboard.models.classifier import Observation
from dashboard.ui.parts import panel, sidebar, two_maps
from dashboard.ui.parts.address import current_link
from dashboard.ui.parts.code import offer_code
from dashboard.ui.parts.coming import Comings, how_far, photo_in_place
from dashboard.ui.parts.display import pick_show
from dashboard.ui.parts.downloads import Tray, comparison_files, comparison_names
from dashboard.ui.parts.linked_maps import linked_maps, turn_photo
from dashboard.ui.parts.looking import backdrop_of, chosen_class
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.text import plain
from dashboard.ui.parts.two_maps import ITS_MAP, ask_both, ask_one, draw_map, explained, file_names, places_of_maps, two_columns


def caveat_and_files(chosen: Chosen) -> Tray:
    """Draws the line below the page's question: what the models were trained on, and the menu of files."""
    return two_maps.caveat_and_files(chosen, comparison_names)


@st.fragment  # so that a slider of the maps does not redraw the sidebar
def show(chosen: Chosen, tray: Tray) -> None:
    """What each model says and where it looks, then predictions and options, then where the maps disagree, then words."""
    turn_photo()
    notices_here()
    tray.empty()
    above, maps = places_of_maps()
    toolbar, below = st.container(key="toolbar", horizontal=True), two_columns()
    predictions = Pair.of(lambda slot: below[slot].container())

    with toolbar:
        style = replace(chosen.style, show=pick_show())
    requests, seen = ask_both(chosen, below)
    tray.must_say(file_names(chosen, comparison_names, Pair.of(lambda slot: type(requests[slot].method))))
    for slot, place in above.items():
        with place:
            panel.headline(chosen.sides[slot], requests[slot], seen[slot])
    shown = Pair.of(lambda slot: explained(maps[slot], requests[slot], slot))
    for slot, place in maps.items():  # the maps come first, so that the browser draws them first
        with place:
            draw_map(chosen, shown[slot], slot, style)
    with toolbar:
        linked_maps(chosen, requests, seen)
    for slot, place in predictions.items():
        with place:
            _answers(chosen.sides[slot], requests[slot], seen[slot])
    exhibit = _difference(chosen, requests, shown, tray, style)
    for slot, place in two_columns().items():
        with place.container(key=chosen.sides[slot].key("words")):
            st.markdown(f"**{plain(chosen.sides[slot].model.title)}** · {requests[slot].method.label}")
            panel.numbers(shown[slot], chosen.share)
            panel.facts(requests[slot], seen[slot], shown[slot])
    if exhibit:
        offer_code(exhibit)


def _answers(side: Side, request: Request, seen: Observation) -> None:
    panel.answers(side, seen, chosen_class(request, seen), request.method.class_specific)


@st.fragment  # so that a slider of the map does not redraw the sidebar
def meanwhile(chosen: Chosen, coming: Comings) -> None:
    """While a model is being opened: the photo in its map's place, and the other side as ever."""
    sidebar.line_meanwhile()
    notices_here()
    above, maps = places_of_maps()
    toolbar, below = st.container(key="toolbar", horizontal=True), two_columns()
    with toolbar:
        style = replace(chosen.style, show=pick_show())
    for slot, opening in coming.items():
        with above[slot]:
            how_far(slot, opening, ITS_MAP)
        with maps[slot]:
            photo_in_place(slot, backdrop_of(chosen))
    for slot in SLOTS:
        if slot in coming:
            continue
        predictions = below[slot].container()
        request, seen = ask_one(chosen, slot, below[slot])
        with above[slot]:
            panel.headline(chosen.sides[slot], request, seen)
        shown = explained(maps[slot], request, slot)
        with maps[slot]:
            draw_map(chosen, shown, slot, style)
        with predictions:
            _answers(chosen.sides[slot], request, seen)


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

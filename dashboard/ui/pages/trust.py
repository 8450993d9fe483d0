"""The trust page: whether a map names what its model's answer rests on, beside maps that know nothing of the photo."""

from collections.abc import Callable

import streamlit as st

from dashboard.compare import Pair
from dashboard.studies.trust import common_grid
from dashboard.ui.parts import panel, sidebar, two_maps
from dashboard.ui.parts.ask_again import show_asking
from dashboard.ui.parts.code import offer_code
from dashboard.ui.parts.coming import Comings, how_far, photo_in_place
from dashboard.ui.parts.doubting import Asked
from dashboard.ui.parts.downloads import Tray, trust_files, trust_names
from dashboard.ui.parts.four_photos import show_four_photos
from dashboard.ui.parts.links import linked_choice
from dashboard.ui.parts.looking import backdrop_of
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.own_truth import show_own_truth
from dashboard.ui.parts.sanity import show_sanity
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.step_by_step import show_falling
from dashboard.ui.parts.two_maps import ITS_MAP, ask_both, ask_one, draw_map, explained, file_names, places_of_maps, two_columns


def caveat_and_files(chosen: Chosen) -> Tray:
    """Draws the line below the page's question: what the models were trained on, and the menu of files."""
    return two_maps.caveat_and_files(chosen, trust_names)


@st.fragment  # so that a slider of the maps does not redraw the sidebar
def show(chosen: Chosen, tray: Tray) -> None:
    """Both maps, and below them what the models say as the photo loses what the maps mark."""
    notices_here()
    tray.empty()
    above, maps = places_of_maps()
    requests, seen = ask_both(chosen, two_columns())
    tray.must_say(file_names(chosen, trust_names, Pair.of(lambda slot: type(requests[slot].method))))
    for slot, place in above.items():
        with place:
            panel.headline(chosen.sides[slot], requests[slot], seen[slot])
    shown = Pair.of(lambda slot: explained(maps[slot], requests[slot], slot))
    for slot, place in maps.items():
        with place:
            draw_map(chosen, shown[slot], slot, chosen.style)
    grid = common_grid([each.box for each in seen.values()], chosen.photo.size)
    if grid is None:
        st.info("The two models saw no common part of this photo, so nothing can be taken away for both.")
        return
    asked = Asked(chosen, requests, seen, shown, grid, tray)
    exhibit = asked.exhibit
    if exhibit is not None:
        tray.lay(trust_files(exhibit, backdrop_of(chosen)))
    test = linked_choice(st.segmented_control, "Test", list(TESTS), key="test", wrap=True, help=WHICH)
    TESTS[test](asked)
    if exhibit is not None:
        offer_code(exhibit)


@st.fragment
def meanwhile(chosen: Chosen, coming: Comings) -> None:
    """While a model is being opened: the photo in its map's place, and the other side as ever."""
    sidebar.line_meanwhile()
    notices_here()
    (above, maps), below = places_of_maps(), two_columns()
    for slot, place in maps.items():
        if slot in coming:
            with above[slot]:
                how_far(slot, coming[slot], ITS_MAP)
            with place:
                photo_in_place(slot, backdrop_of(chosen))
            continue
        request, seen = ask_one(chosen, slot, below[slot])
        with above[slot]:
            panel.headline(chosen.sides[slot], request, seen)
        shown = explained(place, request, slot)
        with place:
            draw_map(chosen, shown, slot, chosen.style)


TESTS: dict[str, Callable[[Asked], None]] = {
    "Step by step": show_falling,
    "Ask again": show_asking,
    "Sanity": show_sanity,
    "Four photos": show_four_photos,
    "My own truth": show_own_truth,
}
WHICH = (
    "Step by step: what the score does as the map's cells go, beside random maps. Ask again: take anything away yourself. "
    "Sanity: does the map of a broken model differ? Four photos: does each class's map lie on its photo? My own truth: say "
    "where the object is, and see which methods find it."
)

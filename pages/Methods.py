"""How much does the choice of method matter?"""

import streamlit as st

from dashboard.export.exhibit import Exhibit
from dashboard.ui import caches
from dashboard.ui.pages import methods as gallery
from dashboard.ui.parts.address import current_link
from dashboard.ui.parts.downloads import OF_METHODS, Tray, method_files
from dashboard.ui.parts.looking import backdrop_of
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.sidebar import Chosen, caveat_and_files, common_sidebar


@st.fragment  # so that a choice among the maps does not draw the sidebar again
def side_by_side(chosen: Chosen, tray: Tray) -> None:
    """Every method that fits, two of them large, and how far they all agree."""
    notices_here()
    tray.empty()
    photo, look, behind = chosen.photo, chosen.look, backdrop_of(chosen)
    side, asked = gallery.ask(chosen)
    view = gallery.pick_view(side, asked[0].model)
    found = gallery.entries(asked)
    agreement = gallery.agreement_of(found)
    found = gallery.sorted_by(view, found, agreement)
    agreement = agreement.ordered(list(found))

    grid = st.container()
    model = asked[0].model
    gallery.show_reasons(model)
    pair, places = gallery.pick_pair([each.method.label for each in asked])
    with grid:
        small = caches.screen_copy(photo, side=240)
        gallery.show_small(found, view, agreement, pair, small, look)
    gallery.show_pair(found, pair, places, chosen, behind)
    gallery.show_matrix(found, agreement, pair, chosen.share)

    maps = {name: entry.made.shown for name, entry in found.items() if entry.made}
    models = {"cnn": chosen.cnn, "vit": chosen.vit} | dict.fromkeys(maps, model)
    exhibit = Exhibit(photo, maps, models, None, look, chosen.share, current_link())
    tray.lay(method_files(exhibit, agreement.matrix))


st.subheader("How much does the choice of method matter?")
chosen = common_sidebar()
side_by_side(chosen, caveat_and_files(chosen, OF_METHODS))

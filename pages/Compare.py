"""What do a CNN and a vision transformer look at in one photo?"""

from dataclasses import replace

import streamlit as st

from dashboard.compare import annotate, compare
from dashboard.engine.request import Request
from dashboard.export.exhibit import Exhibit
from dashboard.figures.made_of import labelled
from dashboard.figures.maps import map_figure
from dashboard.ui.parts import panel
from dashboard.ui.parts.address import current_link
from dashboard.ui.parts.controls import method_controls, pick_method
from dashboard.ui.parts.display import pick_show
from dashboard.ui.parts.downloads import OF_COMPARISON, Tray, comparison_files
from dashboard.ui.parts.explaining import answers
from dashboard.ui.parts.looking import backdrop_of, chosen_class, pick_whole_question
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.sidebar import Chosen, caveat_and_files, common_sidebar

WIDTHS = [15, 15, 14]


@st.fragment  # so that a slider of the maps does not draw the sidebar again
def side_by_side(chosen: Chosen, tray: Tray) -> None:
    """Both maps with their answers, and how far they agree."""
    notices_here()
    tray.empty()
    photo, share, behind = chosen.photo, chosen.share, backdrop_of(chosen)
    models = {"cnn": chosen.cnn, "vit": chosen.vit}

    *places, view = st.columns(WIDTHS, gap="medium")
    methods = {}
    for (side, model), place in zip(models.items(), places, strict=True):
        with place:
            methods[side] = pick_method(side, model)
    with view:
        look = replace(chosen.look, show=pick_show())
    for (side, model), place in zip(models.items(), st.columns([WIDTHS[0], sum(WIDTHS[1:])], gap="medium"), strict=True):
        with place:
            methods[side] = method_controls(methods[side], model.extent, side)

    *columns, beside = st.columns(WIDTHS, gap="medium")
    columns = dict(zip(models, columns, strict=True))
    maps, asked, seen, shown = {}, {}, {}, {}
    for side, column in columns.items():
        with column:
            maps[side] = st.container()
            asked[side], seen[side] = pick_whole_question(side, Request(models[side], photo, methods[side]))
    for side in columns:
        with maps[side]:
            shown[side] = (answers([asked[side]], side) or [None])[0]

    for side, own in shown.items():
        name = "vit" if side == "cnn" else "cnn"
        other = shown[name]
        if own is not None:
            figure = map_figure(own, behind, look, annotate(own, other, share), methods[name].label)
            maps[side].plotly_chart(
                labelled(figure, own, photo), key=f"{side}_map", config=panel.CONFIG,
                alt=f"{methods[side].label} of {models[side].title} over {photo.name}.",
            )  # fmt: skip
    for side, column in columns.items():  # after the maps, which a browser then draws the sooner
        with maps[side]:
            if shown[side] is not None:
                panel.left_out(shown[side], look)
                panel.numbers(shown[side], share)
        with column:
            panel.answers(side, seen[side], chosen_class(asked[side], seen[side]))
            panel.facts(asked[side], seen[side], shown[side])
    with beside:
        if None in shown.values():
            panel.waiting()
            return
        comparison = compare(shown["cnn"], shown["vit"], share)
        panel.agreement(comparison, behind)
    models = {side: each.model for side, each in asked.items()}
    tray.lay(comparison_files(Exhibit(photo, shown, models, comparison, look, share, current_link()), behind))


st.subheader("What do a CNN and a vision transformer look at in the same photo?")
chosen = common_sidebar()
side_by_side(chosen, caveat_and_files(chosen, OF_COMPARISON))

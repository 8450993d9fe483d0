"""What do a CNN and a vision transformer look at in one photo?"""

from dataclasses import replace

import streamlit as st

from dashboard.explain import annotate, compare, read
from dashboard.export.exhibit import Exhibit
from dashboard.figures.maps import map_figure
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.ui import panel
from dashboard.ui.address import current_link
from dashboard.ui.controls import method_controls
from dashboard.ui.display import pick_show
from dashboard.ui.downloads import OF_COMPARISON, Tray, comparison_files
from dashboard.ui.looking import both_look
from dashboard.ui.sidebar import Chosen, caveat_and_files, common_sidebar


@st.fragment  # so that a slider of the maps does not draw the sidebar again
def side_by_side(chosen: Chosen, tray: Tray) -> None:
    """Both maps with their answers, and how far they agree."""
    photo, share = chosen.photo, chosen.share
    cnn, vit, behind = both_look(chosen)

    options, view = st.columns([9, 5])
    with options:
        rollout = method_controls(AttentionRollout, vit.seen.evidence)
    with view:
        look = replace(chosen.look, show=pick_show())
    left, right, beside = st.columns([5, 5, 4], gap="medium")
    sides = {"cnn": (left, cnn, ClassActivationMap()), "vit": (right, vit, rollout)}

    maps, targets, shown = {}, {}, {}
    for side, (column, looked, method) in sides.items():
        with column:
            panel.title(method, looked.model)
            maps[side] = st.container()
            targets[side] = panel.pick_class(side, looked.seen)
        shown[side] = read(looked.seen, looked.model.key, method, targets[side])

    for side, (_, looked, method) in sides.items():
        other = shown["vit" if side == "cnn" else "cnn"]
        maps[side].plotly_chart(
            map_figure(shown[side], behind, look, annotate(shown[side], other, share), other.method.label),
            key=f"{side}_map", config=panel.CONFIG, alt=f"{method.label} of {looked.model.title} over the photo {photo.name}.",
        )  # fmt: skip
    for side, (column, looked, _) in sides.items():  # after the maps, which a browser then draws the sooner
        with column:
            panel.answers(side, looked.seen, targets[side])
            panel.facts(shown[side], looked.seen, looked.model)
    comparison = compare(shown["cnn"], shown["vit"], share)
    with beside:
        panel.agreement(comparison, behind, share)
    models = {"cnn": cnn.model, "vit": vit.model}
    tray |= comparison_files(Exhibit(photo, shown, models, comparison, look, share, current_link()), behind)


st.subheader("What do a CNN and a vision transformer look at in the same photo?")
chosen = common_sidebar()
side_by_side(chosen, caveat_and_files(chosen, OF_COMPARISON))

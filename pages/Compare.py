"""What do a CNN and a vision transformer look at in one photo?"""

from dataclasses import replace

import streamlit as st

from dashboard.explain import annotate, compare, read, training_note
from dashboard.export.exhibit import Exhibit
from dashboard.figures.maps import map_figure
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.ui import caches, panel
from dashboard.ui.address import current_link
from dashboard.ui.controls import method_controls
from dashboard.ui.display import pick_show
from dashboard.ui.downloads import offer_comparison
from dashboard.ui.sidebar import Chosen, common_sidebar
from dashboard.ui.text import plain


@st.fragment  # so that a slider of the maps does not draw the sidebar again
def side_by_side(chosen: Chosen) -> None:
    """Both maps with their answers, and how far they agree."""
    photo, cnn, vit, look, share = chosen.photo, chosen.cnn, chosen.vit, chosen.look, chosen.share
    with st.spinner("Both models are looking at the photo …"):
        seen_by_cnn = caches.observation(cnn.key, photo.digest, ClassActivationMap.needs, photo)
        seen_by_vit = caches.observation(vit.key, photo.digest, AttentionRollout.needs, photo)
        behind = caches.screen_copy(photo.digest, photo)

    cnn, vit = caches.classifier(cnn.key), caches.classifier(vit.key)  # a pass may have moved them to the CPU

    options, view = st.columns([9, 5])
    with options:
        rollout = method_controls(AttentionRollout, seen_by_vit.evidence)
    with view:
        look = replace(look, show=pick_show())
    left, right, beside = st.columns([5, 5, 4], gap="medium")
    sides = {"cnn": (left, cnn, seen_by_cnn, ClassActivationMap()), "vit": (right, vit, seen_by_vit, rollout)}

    maps, targets, shown = {}, {}, {}
    for side, (column, model, seen, method) in sides.items():
        with column:
            st.markdown(f"**{method.label}** · {plain(model.title)}")
            maps[side] = st.container()
            targets[side] = panel.pick_class(side, seen)
        shown[side] = read(seen, model.key, method, targets[side])

    for side, (column, model, seen, method) in sides.items():
        other = shown["vit" if side == "cnn" else "cnn"]
        maps[side].plotly_chart(
            map_figure(shown[side], behind, look, annotate(shown[side], other, share), other.method.label),
            key=f"{side}_map", config=panel.CONFIG, alt=f"{method.label} of {model.title} over the photo {photo.name}.",
        )  # fmt: skip
        with column:
            panel.answers(side, seen, targets[side])
            panel.facts(shown[side], seen, model)
    comparison = compare(shown["cnn"], shown["vit"], share)
    with beside:
        panel.agreement(comparison, behind, share)
        models = {"cnn": cnn, "vit": vit}
        offer_comparison(Exhibit(photo, shown, models, comparison, look, share, current_link()), behind)


st.subheader("What do a CNN and a vision transformer look at in the same photo?")
chosen = common_sidebar()
st.caption(f":material/balance: {plain(training_note(chosen.cnn, chosen.vit))}")
side_by_side(chosen)

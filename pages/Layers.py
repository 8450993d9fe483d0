"""How does what each model looks at build up, layer by layer?"""

import streamlit as st

from dashboard.evidence import StageMaps
from dashboard.explain import compare, read
from dashboard.export.exhibit import Exhibit
from dashboard.layers import attention_by_layer
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.models.classifier import DoesNotFit
from dashboard.ui import caches, depths, panel
from dashboard.ui.address import current_link
from dashboard.ui.controls import method_controls
from dashboard.ui.downloads import OF_LAYERS, Tray, layer_files
from dashboard.ui.looking import both_look
from dashboard.ui.sidebar import Chosen, caveat_and_files, common_sidebar
from dashboard.ui.text import plain


@st.fragment  # so that a slider of the maps does not draw the sidebar again
def build_up(chosen: Chosen, tray: Tray) -> None:
    """The transformer's film, depths and curves, then the network's stages, then how much the options matter."""
    photo, look, share = chosen.photo, chosen.look, chosen.share
    cnn, vit, behind = both_look(chosen)
    evidence, small = vit.seen.evidence, caches.screen_copy(photo.digest, photo, side=200)

    options, beside = st.columns([9, 5])
    with options:
        rollout = method_controls(AttentionRollout, evidence)
    with beside:
        head = depths.pick_head(evidence)
    left, right = st.columns([3, 2], gap="medium")
    with right:
        st.markdown("**By depth** · click a point to choose its depth")
        by_depth = st.container()
        target = panel.pick_class("cnn", cnn.seen)
    shown = read(vit.seen, vit.model.key, rollout)
    cam = read(cnn.seen, cnn.model.key, ClassActivationMap(), target)
    rollouts = rollout.progression(evidence).cpu()
    attention = attention_by_layer(evidence, rollout.heads, head)

    with left:
        panel.title(rollout, vit.model)
        depths.show_film(shown, rollouts, attention, head, behind, look)
    with by_depth:
        depths.show_curves(shown, evidence, rollouts, cam, share)

    st.markdown("**Rollout at every depth, on one scale** · click one to choose its depth everywhere")
    depths.show_depths(shown, evidence, rollouts, small, look)
    st.markdown(f"**Activation energy of each stage** · {plain(cnn.model.title)}")
    try:
        depths.show_stages(caches.observation(cnn.model.key, photo.digest, StageMaps, photo), small, look)
    except DoesNotFit as reason:
        st.info(plain(str(reason)))
    st.markdown(
        "**How much does the choice matter?** · each fusion and discard ratio, with its rank correlation ρ to the current map, "
        "where neither is flat"
    )
    depths.show_choices(shown, evidence, small, look)

    maps, models = {"cnn": cam, "vit": shown}, {"cnn": cnn.model, "vit": vit.model}
    exhibit = Exhibit(photo, maps, models, compare(cam, shown, share), look, share, current_link())
    tray |= layer_files(exhibit, rollouts, attention)


st.subheader("How does what each model looks at build up, layer by layer?")
chosen = common_sidebar()
build_up(chosen, caveat_and_files(chosen, OF_LAYERS))

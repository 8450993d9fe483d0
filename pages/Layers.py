"""How does what each model looks at build up, layer by layer?"""

import streamlit as st

from dashboard.evidence import StageMaps
from dashboard.explain import compare, read, training_note
from dashboard.export.exhibit import Exhibit
from dashboard.layers import attention_by_layer
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.models.classifier import DoesNotFit
from dashboard.ui import caches, depths, panel
from dashboard.ui.address import current_link
from dashboard.ui.controls import method_controls
from dashboard.ui.downloads import offer_layers
from dashboard.ui.sidebar import Chosen, common_sidebar
from dashboard.ui.text import plain


@st.fragment  # so that a slider of the maps does not draw the sidebar again
def build_up(chosen: Chosen) -> None:
    """The transformer's film, depths and curves, then the network's stages, then how much the options matter."""
    photo, cnn, vit, look, share = chosen.photo, chosen.cnn, chosen.vit, chosen.look, chosen.share
    with st.spinner("Both models are looking at the photo …"):
        seen_by_cnn = caches.observation(cnn.key, photo.digest, ClassActivationMap.needs, photo)
        seen_by_vit = caches.observation(vit.key, photo.digest, AttentionRollout.needs, photo)
        behind = caches.screen_copy(photo.digest, photo)
        small = caches.screen_copy(photo.digest, photo, side=200)

    options, beside = st.columns([9, 5])
    with options:
        rollout = method_controls(AttentionRollout, seen_by_vit.evidence)
    with beside:
        head = depths.pick_head(seen_by_vit.evidence)
    left, right = st.columns([3, 2], gap="medium")
    with right:
        st.markdown("**By depth** · click a point to choose its depth")
        by_depth = st.container()
        target = panel.pick_class("cnn", seen_by_cnn)
    shown = read(seen_by_vit, vit.key, rollout)
    cam = read(seen_by_cnn, cnn.key, ClassActivationMap(), target)
    rollouts = rollout.progression(seen_by_vit.evidence).cpu()
    attention = attention_by_layer(seen_by_vit.evidence, rollout.heads, head)

    maps, models = {"cnn": cam, "vit": shown}, {"cnn": cnn, "vit": vit}
    exhibit = Exhibit(photo, maps, models, compare(cam, shown, share), look, share, current_link())

    with left:
        st.markdown(f"**{rollout.label}** · {plain(vit.title)}")
        depths.show_film(shown, rollouts, attention, head, behind, look)
        offer_layers(exhibit, rollouts, attention)
    with by_depth:
        depths.show_curves(shown, seen_by_vit.evidence, rollouts, cam, share)

    st.markdown("**Rollout at every depth, on one scale** · click one to choose its depth everywhere")
    depths.show_depths(shown, seen_by_vit.evidence, rollouts, small, look)
    st.markdown(f"**Activation energy of each stage** · {plain(cnn.title)}")
    try:
        depths.show_stages(caches.observation(cnn.key, photo.digest, StageMaps, photo), small, look)
    except DoesNotFit as reason:
        st.info(plain(str(reason)))
    st.markdown(
        "**How much does the choice matter?** · each fusion and discard ratio, with its rank correlation ρ to the current map"
    )
    depths.show_choices(shown, seen_by_vit.evidence, small, look)


st.subheader("How does what each model looks at build up, layer by layer?")
chosen = common_sidebar()
st.caption(f":material/balance: {plain(training_note(chosen.cnn, chosen.vit))}")
build_up(chosen)

"""What does one patch look at, in every layer and head?"""

import streamlit as st

from dashboard.explain import compare, read
from dashboard.export.exhibit import Exhibit
from dashboard.methods import AttentionRollout
from dashboard.ui import caches, panel, patches
from dashboard.ui.address import current_link
from dashboard.ui.controls import first_fitting
from dashboard.ui.downloads import OF_ATTENTION, Tray, attention_files
from dashboard.ui.explaining import Asked
from dashboard.ui.looking import looked_at
from dashboard.ui.sidebar import Chosen, caveat_and_files, common_sidebar
from dashboard.ui.text import plain


@st.fragment  # so that a click on a patch does not draw the sidebar again
def one_patch(chosen: Chosen, tray: Tray) -> None:
    """The chosen patch's attention over the photo, the same in every head, and how the heads differ."""
    photo, look, share = chosen.photo, chosen.look, chosen.share
    vit, seen = looked_at(Asked(chosen.vit, photo, AttentionRollout()))
    evidence, behind = seen.evidence, caches.screen_copy(photo.digest, photo, side=720)  # it travels with every click

    asked = patches.pick_attention(evidence)
    left, right = st.columns([4, 5], gap="medium")
    with left:
        st.markdown(f"{patches.question(asked, evidence)} · {plain(vit.model.title)}")
        picture = st.container()
        asked = patches.pick_hidden(asked, evidence)
        facts = st.container()
        method = first_fitting("cnn", chosen.cnn)()
        target, against = panel.pick_question("cnn", chosen.cnn.labels, method)
        cnn, seen_by_cnn = looked_at(Asked(chosen.cnn, photo, method, target, against))
    shown = read(seen, vit.model.key, asked)
    cam = read(seen_by_cnn, cnn.model.key, cnn.method, cnn.target, cnn.against)

    with picture:
        patches.show_patch(shown, evidence, cam, behind, look, share)
    with right:
        st.markdown("**Every layer and head** · click one to enlarge it; each has its own scale")
        patches.show_heads(shown, evidence, look)
        st.markdown("**How far and how evenly each head looks** · click one to choose it")
        patches.show_summary(asked, caches.head_summary(vit.model.key, photo.digest, evidence))
    with facts:
        patches.show_facts(shown, evidence, cam)

    maps, models = {"cnn": cam, "vit": shown}, {"cnn": cnn.model, "vit": vit.model}
    exhibit = Exhibit(photo, maps, models, compare(cam, shown, share), look, share, current_link())
    tray |= attention_files(exhibit, asked.every_head(evidence), evidence.grid)


st.subheader("What does one patch look at, and who looks at it?")
chosen = common_sidebar()
one_patch(chosen, caveat_and_files(chosen, OF_ATTENTION))

"""What does one patch look at, in every layer and head?"""

from collections.abc import Mapping

import streamlit as st

from dashboard.compare import compare
from dashboard.engine.fitting import first_fitting
from dashboard.engine.request import Request
from dashboard.explain import Explanation, read
from dashboard.export.exhibit import Exhibit
from dashboard.methods import AttentionRollout
from dashboard.models.classifier import Classifier, Observation
from dashboard.ui import caches
from dashboard.ui.pages import attention as patches
from dashboard.ui.parts import panel
from dashboard.ui.parts.address import current_link
from dashboard.ui.parts.downloads import OF_ATTENTION, Tray, attention_files
from dashboard.ui.parts.looking import look, pick_whole_question
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.sidebar import Chosen, caveat_and_files, common_sidebar
from dashboard.ui.parts.text import plain


def asked_of_the_cnn(chosen: Chosen) -> tuple[Classifier, Explanation]:
    """Draws the question to the CNN; gives its model and its map, whose value at the patch is told."""
    place, *_ = st.columns([4, 5], gap="medium")
    with place:
        st.markdown("**What the CNN is asked at the same spot**")
        method = first_fitting(chosen.cnn)()
        asked, seen = pick_whole_question("cnn", Request(chosen.cnn, chosen.photo, method))
    return asked.model, read(seen, asked.model.key, method, asked.target, asked.against)


@st.fragment  # so that a click on a patch draws neither the sidebar nor the question to the CNN again
def one_patch(chosen: Chosen, models: Mapping[str, Classifier], seen: Observation, cam: Explanation, tray: Tray) -> None:
    """The chosen patch's attention over the photo, the same in every head, and how the heads differ."""
    notices_here()
    tray.empty()
    photo, style, share, vit = chosen.photo, chosen.look, chosen.share, models["vit"]
    evidence, behind = seen.evidence, caches.screen_copy(photo, side=720)  # it travels with every click

    asked = patches.pick_attention(evidence)
    left, right = st.columns([4, 5], gap="medium")
    with left:
        st.markdown(f"{patches.question(asked, evidence)} · {plain(vit.title)}")
        picture = st.container()
        asked = patches.pick_hidden(asked, evidence)
        facts = st.container()
    shown = read(seen, vit.key, asked)

    with picture:
        patches.show_patch(shown, photo, evidence, cam, behind, style, share)
    with right:
        st.markdown("**Every layer and head** · click one to enlarge it; each has its own scale")
        patches.show_heads(shown, evidence, style)
        st.markdown("**How far and how evenly each head looks** · click one to choose it")
        patches.show_summary(asked, caches.head_summary(vit.key, photo.digest, evidence))
    with facts:
        panel.left_out(shown, style)
        patches.show_facts(shown, evidence, cam)

    exhibit = Exhibit(photo, {"cnn": cam, "vit": shown}, models, compare(cam, shown, share), style, share, current_link())
    tray.lay(attention_files(exhibit, asked.every_head(evidence), evidence.grid))


st.subheader("What does one patch look at, and who looks at it?")
chosen = common_sidebar()
tray = caveat_and_files(chosen, OF_ATTENTION)
patch = st.container()
cnn, cam = asked_of_the_cnn(chosen)
with patch:
    vit, seen = look(Request(chosen.vit, chosen.photo, AttentionRollout()))
    one_patch(chosen, {"cnn": cnn, "vit": vit.model}, seen, cam, tray)

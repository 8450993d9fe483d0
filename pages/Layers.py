"""How does what each model looks at build up, layer by layer?"""

from collections.abc import Mapping
from typing import NamedTuple

import streamlit as st
from torch import Tensor

from dashboard.compare import compare
from dashboard.engine.request import Request
from dashboard.evidence import StageMaps
from dashboard.explain import Explanation
from dashboard.export.exhibit import Exhibit
from dashboard.methods import AttentionRollout, Progressive
from dashboard.models.classifier import DoesNotFit
from dashboard.studies.layers import Curve, attention_by_layer, curves
from dashboard.ui import caches
from dashboard.ui.pages import layers as depths
from dashboard.ui.parts.address import current_link
from dashboard.ui.parts.downloads import OF_LAYERS, Files, Tray, layer_files
from dashboard.ui.parts.explaining import answers, look_behind
from dashboard.ui.parts.looking import ask, backdrop_of
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.sidebar import Chosen, caveat_and_files, common_sidebar
from dashboard.ui.parts.text import plain


@st.fragment  # so that a slider of the maps does not draw the sidebar again
def build_up(chosen: Chosen, tray: Tray) -> None:
    """The transformer's layers, the network's stages, and how much the rollout's options matter."""
    notices_here()
    tray.empty()
    layers, stages = st.container(), st.container()
    asked = {}
    with layers:
        asked["vit"] = ask("vit", chosen)
    with stages:
        asked["cnn"] = ask("cnn", chosen)
        progressive = isinstance(asked["vit"].method, Progressive)
        found = answers([asked["cnn"]], "cnn", "Run for the curves above") if progressive else None
    cam = found and found[0]
    with layers:
        built = by_layer(asked["vit"], cam, chosen)
    with stages:
        by_stage(asked["cnn"], chosen)
    if built and cam:
        tray.lay(files(asked, cam, built, chosen))


class BuiltUp(NamedTuple):
    """What the film shows: the chosen depth's map, of every layer (L, rows, columns) the method's and raw attention; the
    curves beside it.
    """

    shown: Explanation
    rollouts: Tensor
    attention: Tensor
    curves: list[Curve]


def by_layer(asked: Request, cam: Explanation | None, chosen: Chosen) -> BuiltUp | None:
    """Film, curves and depths of a method that goes up the layers; small maps alone of another that reads one."""
    behind, small = backdrop_of(chosen), caches.screen_copy(chosen.photo, side=200)
    if not isinstance(asked.method, Progressive):
        depths.show_places(asked, "depths", small, chosen.look)
        return None
    shown, evidence = answers([asked], "vit")[0], look_behind(asked).evidence
    rollouts = asked.method.progression(evidence).cpu()
    left, right = st.columns([3, 2], gap="medium")
    with left:
        head = depths.pick_head(evidence)
        attention = attention_by_layer(evidence, getattr(asked.method, "heads", "mean"), head)
        depths.show_film(shown, chosen.photo, rollouts, attention, head, behind, chosen.look)
    with right:
        st.markdown("**By depth** · click a point to choose its depth")
        read = curves(evidence, shown, rollouts, cam, chosen.share)
        depths.show_curves(read, shown, evidence)
    st.markdown(f"**{asked.method.label} at every depth, on one scale** · click one to choose its depth everywhere")
    depths.show_depths(shown, evidence, rollouts, small, chosen.look)
    if isinstance(asked.method, AttentionRollout):
        st.markdown(
            "**How much does the choice matter?** · each fusion and discard ratio, with its rank correlation ρ to the current "
            "map, where neither is flat"
        )
        depths.show_choices(shown, evidence, small, chosen.look)
    return BuiltUp(shown, rollouts, attention, read)


def by_stage(asked: Request, chosen: Chosen) -> None:
    """The method at every stage of the network, and where each stage answers strongly."""
    small = caches.screen_copy(chosen.photo, side=200)
    staged = depths.staged(asked)
    why = "" if staged is asked else f"instead of {asked.method.label}, which has no map per stage"
    depths.show_places(staged, "by_stage", small, chosen.look, why)
    st.markdown("**Activation energy of each stage** · no class enters")
    try:
        seen = caches.STORE.look(asked.model.key, chosen.photo, StageMaps)
        depths.show_stages(seen, small, chosen.look)
    except DoesNotFit as reason:
        st.info(plain(str(reason)))


def files(asked: Mapping[str, Request], cam: Explanation, built: BuiltUp, chosen: Chosen) -> Files:
    """What there is to take away."""
    shown = {"cnn": cam, "vit": built.shown}
    models = {side: each.model for side, each in asked.items()}
    agreement = compare(cam, built.shown, chosen.share)
    exhibit = Exhibit(chosen.photo, shown, models, agreement, chosen.look, chosen.share, current_link())
    return layer_files(exhibit, built.rollouts, built.attention, built.curves)


st.subheader("How does what each model looks at build up, layer by layer?")
chosen = common_sidebar()
build_up(chosen, caveat_and_files(chosen, OF_LAYERS))

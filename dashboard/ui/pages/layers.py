"""The layers page's parts: each draws one figure and says what it means."""

import math
from collections.abc import Sequence
from dataclasses import replace

import plotly.graph_objects as go
import streamlit as st
from torch import Tensor

from dashboard import numbers
from dashboard.engine.request import Request
from dashboard.evidence import AttentionMaps, StageMaps
from dashboard.explain import Explanation
from dashboard.figures.layers import Panel, Reel, curves_figure, film, film_in_words, multiples, multiples_in_words
from dashboard.figures.made_of import labelled
from dashboard.figures.maps import Backdrop, Look, measured
from dashboard.methods import AttentionRollout, GradCAM
from dashboard.metrics import PairMetric
from dashboard.models.classifier import Observation
from dashboard.numerics.cam import activation_energy
from dashboard.photo import Photo
from dashboard.studies.layers import DISCARDS, HEADS, Choice, Curve, by_place, choices, place_option
from dashboard.ui.parts.explaining import answers
from dashboard.ui.parts.film_keys import film_keys
from dashboard.ui.parts.links import linked_choice
from dashboard.ui.parts.panel import CONFIG

FUSED = "fused"


def pick_head(evidence: AttentionMaps) -> int | None:
    """Which head's raw attention is shown, from 1; None stands for all, fused."""
    options = [FUSED, *map(str, range(1, evidence.heads + 1))]
    choice = linked_choice(
        st.selectbox, "Attention head", options, key="head",
        help="Raw attention is what one layer alone attends to: all heads fused, or one of them.",
    )  # fmt: skip
    return None if choice == FUSED else int(choice)


def show_film(
    shown: Explanation, photo: Photo, rollouts: Tensor, attention: Tensor, head: int | None, behind: Backdrop, look: Look
) -> None:
    """Rollout up to a layer beside that layer's own attention, both (L, rows, columns), to play and to scrub."""
    raw = f"Raw attention, {'fused' if head is None else f'head {head}'}"
    reels = (
        Reel(shown.method.label, rollouts.numpy(), measured(shown), shown.method.signed),
        Reel(raw, attention.numpy(), "Raw attention, share of the attention"),
    )
    depth = shown.method.depth or len(rollouts)
    figure = film(*reels, shown.box, behind, look, depth)
    st.plotly_chart(
        labelled(figure, shown, photo), key="progression", config=CONFIG,
        alt=f"{shown.method.label} after each layer, beside that layer's own attention.",
    )  # fmt: skip
    film_keys("progression")
    st.caption(
        "Left, what the method gathers in that many layers; right, what the head's token attends to in that layer alone. "
        "Play and scrub run in the browser alone, by mouse or by arrow keys and space. Each side keeps one scale. "
        + film_in_words(reels, look)
    )


def show_curves(read: Sequence[Curve], shown: Explanation, evidence: AttentionMaps) -> None:
    """Numbers by depth; a click chooses the depth."""
    titles = ", ".join(curve.metric.title for curve in read)
    _clickable("curves", curves_figure(read, _depth(shown.method, evidence)), f"By depth: {titles}.")
    explained = "\n\n".join(f"{curve.metric.title}: {curve.metric.meaning} [Source]({curve.metric.paper})" for curve in read)
    st.caption(
        f"Numbers of {shown.method.label} up to each layer; those of attention are of that layer alone. "
        f"{_compared(read, _depth(shown.method, evidence))}",
        help=explained,
    )


def _compared(read: Sequence[Curve], depth: int) -> str:
    pairs = [curve for curve in read if isinstance(curve.metric, PairMetric)]
    names = " and ".join(curve.metric.title for curve in pairs)
    if all(math.isnan(curve.values[depth - 1]) for curve in pairs):
        return (
            f"{names}: at this depth there is no other map to compare with, none of a common part, or one of the two is flat."
        )
    return f"{names} compare it with the other model's map; dotted: unrelated maps."


def show_depths(shown: Explanation, evidence: AttentionMaps, rollouts: Tensor, behind: Backdrop, look: Look) -> None:
    """The rollout at every depth on one scale; a click chooses the depth."""
    depth = _depth(shown.method, evidence)
    panels = [
        Panel(f"<b>{layer}</b>" if layer == depth else str(layer), rollout.numpy(), shown.box, layer, layer == depth)
        for layer, rollout in enumerate(rollouts, 1)
    ]
    figure = multiples(panels, behind, look, 6, one_scale=True, signed=shown.method.signed)
    _clickable("depths", figure, f"{shown.method.label} at every depth, on one scale.")
    _left_out(multiples_in_words(panels, look, True, shown.method.signed))


def staged(asked: Request) -> Request:
    """The same, or, where its method reads the end of the network alone, Grad-CAM, which can be read at every stage."""
    if place_option(asked.method) is not None or GradCAM.needs not in asked.model.observers:
        return asked
    return replace(asked, method=GradCAM())


def show_places(asked: Request, key: str, behind: Backdrop, look: Look, why: str = "") -> None:
    """The method at every layer or stage that it can be asked about, each on its own scale; `why` it is this method."""
    option, label = place_option(asked.method), asked.method.label
    if option is None:
        st.info(f"{label} reads no single layer: for maps one by one, choose another method.")
        return
    what = option[0].replace("_", " ")
    st.markdown(f"**{label}, for each {what}** · each on its own scale{why and f' · {why}'}")
    methods = by_place(asked.method, asked.model.extent)
    maps = answers([replace(asked, method=method) for method in methods], key, f"Run for each {what}")
    if maps is None:
        return
    chosen = next((own for own in maps if own.method == asked.method), maps[-1])
    panels = [
        Panel(f"<b>{place}</b>" if own is chosen else str(place), own.heatmap.numpy(), own.box, place, own is chosen)
        for place, own in enumerate(maps, 1)
    ]
    signed = asked.method.signed
    figure = labelled(multiples(panels, behind, look, 6, one_scale=False, signed=signed), chosen, asked.photo)
    st.plotly_chart(figure, key=key, config=CONFIG, alt=f"{label}, for each {what}.")
    _left_out(multiples_in_words(panels, look, False, signed, asked.method.needs.cell))


def show_stages(seen: Observation, behind: Backdrop, look: Look) -> None:
    """Where each stage of the CNN answers strongly."""
    stages: StageMaps = seen.evidence
    panels = [
        Panel(
            f"stage {number} · {maps.shape[1]} x {maps.shape[2]}", activation_energy(maps).cpu().numpy(),
            seen.box.upper_left(*cover), name,
        )
        for number, (name, maps, cover) in enumerate(zip(stages.names, stages.activations, stages.covers, strict=True), 1)
    ]  # fmt: skip
    st.plotly_chart(
        multiples(panels, behind, look, 6, one_scale=False), key="stages", config=CONFIG,
        alt="Activation energy of each stage of the CNN over the photo.",
    )  # fmt: skip
    _left_out(multiples_in_words(panels, look, False, cell=stages.cell))


def _left_out(words: str) -> None:
    if words:
        st.caption(words)


def show_choices(shown: Explanation, evidence: AttentionMaps, behind: Backdrop, look: Look) -> None:
    """Rollout with every fusion and six discard ratios; how much does the choice matter?"""
    panels = [_choice(choice, shown) for choice in choices(evidence, shown.method)]
    st.plotly_chart(
        multiples(panels, behind, look, len(DISCARDS), one_scale=False, row_titles=HEADS), key="choices", config=CONFIG,
        alt="Rollout with each head fusion and six discard ratios.",
    )  # fmt: skip
    _left_out(multiples_in_words(panels, look, one_scale=False))


def _choice(choice: Choice, shown: Explanation) -> Panel:
    method = choice.method
    rank = "no ρ" if math.isnan(choice.spearman) else f"ρ {numbers.signed(choice.spearman)}"
    column = f"{'discard ' if method.discard == DISCARDS[0] else ''}{method.discard:g}<br>"
    title = column + rank if method.heads == HEADS[0] else rank
    name = f"{method.heads}, discard {method.discard:g}, {rank}"
    return Panel(title, choice.heatmap.numpy(), shown.box, name, method == shown.method)


def _depth(method: AttentionRollout, evidence: AttentionMaps) -> int:
    return evidence.layers if method.depth is None else method.depth


def _clickable(key: str, figure: go.Figure, alt: str) -> None:
    st.plotly_chart(
        figure, key=key, config=CONFIG, alt=alt, on_select=lambda: _choose_depth(key), selection_mode="points",
    )  # fmt: skip


def _choose_depth(key: str) -> None:
    """A second click on the same point comes as an empty selection: nothing was chosen then."""
    points = st.session_state[key].selection.points
    if points:
        st.session_state["depth"] = _meaning(points[0]["customdata"])


def _meaning(customdata: int | list[int]) -> int:
    return customdata[0] if isinstance(customdata, list) else customdata

"""The layers page: how what each side looks at builds up, layer by layer or stage by stage."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go
import streamlit as st
from torch import Tensor

from dashboard import numbers
from dashboard.compare import OTHER, SLOTS, Pair, Side, Slot, compare
from dashboard.engine.request import Request
from dashboard.evidence import AttentionMaps, StageMaps
from dashboard.explain import Explanation
from dashboard.export.arrays import Layers
from dashboard.export.exhibit import Exhibit
from dashboard.figures.layers import Panel, Reel, curves_figure, film, film_in_words, multiples, multiples_in_words
from dashboard.figures.made_of import labelled
from dashboard.figures.maps import Backdrop, Style, measured
from dashboard.methods import AttentionRollout, GradCAM, Method, Progressive
from dashboard.metrics import PairMetric
from dashboard.models.classifier import DoesNotFit, Observation
from dashboard.numerics.cam import activation_energy
from dashboard.photo import Photo
from dashboard.studies.layers import (
    DISCARDS,
    HEADS,
    Choice,
    Curve,
    attention_by_layer,
    by_place,
    choices,
    curves,
    place_option,
)
from dashboard.ui import caches
from dashboard.ui.parts import sidebar
from dashboard.ui.parts.address import current_link
from dashboard.ui.parts.charts import CONFIG, clickable
from dashboard.ui.parts.controls import chosen_method, pick_head
from dashboard.ui.parts.downloads import Tray, layer_files, names_of
from dashboard.ui.parts.explaining import answers, look_behind, made
from dashboard.ui.parts.film_keys import film_keys
from dashboard.ui.parts.looking import ask, backdrop_of
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.text import plain
from dashboard.ui.streamlit_internals import Container

RAW = "Raw attention is what one layer alone attends to: all heads fused, or one of them."
PLAYED_SLOWLY = "Run for the curves above"


def caveat_and_files(chosen: Chosen) -> Tray:
    """The line below the question."""
    return sidebar.caveat_and_files(chosen, _file_names(chosen, Pair.of(lambda slot: chosen_method(chosen.sides[slot]))))


def _file_names(chosen: Chosen, methods: Pair[type[Method]]) -> dict[str, str]:
    parts = [part for slot, side in chosen.sides.items() for part in (side.model.title, methods[slot].label)]
    return names_of("layers", chosen.photo, *parts)


@st.fragment  # so that a slider of the maps does not draw the sidebar again
def show(chosen: Chosen, tray: Tray) -> None:
    """What each side has: a film and curves by depth, or its stages; sides with a film come first."""
    notices_here()
    tray.empty()
    films: list[Slot] = [slot for slot, side in chosen.sides.items() if issubclass(chosen_method(side), Progressive)]
    order: list[Slot] = [*films, *(slot for slot in SLOTS if slot not in films)]
    firsts = (order[0], order[len(films) % 2])  # of the films, and of the others
    places: dict[Slot, Container] = {slot: st.container() for slot in order}
    asked: dict[Slot, Request] = {}
    maps: dict[Slot, Explanation | None] = {}
    for slot, place in places.items():
        with place:
            asked[slot] = ask(chosen.sides[slot], chosen.photo)
            maps[slot] = (answers([asked[slot]], slot, PLAYED_SLOWLY) or [None])[0] if films else None
    tray.must_say(_file_names(chosen, Pair.of(lambda slot: type(asked[slot].method))))
    built: dict[Slot, Layers] = {}
    for slot, place in places.items():
        named = Charts(chosen.sides[slot], first=slot in firsts)
        with place:
            if slot in films:
                built[slot] = _film(chosen, named, climbing(asked[slot]), maps[OTHER[slot]])
            else:
                _stages(chosen, named, asked[slot])
    left, right = maps["left"], maps["right"]
    if built and left is not None and right is not None:
        models = Pair.of(lambda slot: asked[slot].model)
        agreement = compare(left, right, chosen.share)
        exhibit = Exhibit(chosen.photo, Pair(left, right), models, agreement, chosen.style, chosen.share, current_link())
        tray.lay(layer_files(exhibit, built))


@dataclass(frozen=True)
class Charts:
    """What a side's charts are called: plainly on the first side that has such charts, else after the side."""

    side: Side
    first: bool

    def __call__(self, name: str) -> str:
        return name if self.first else self.side.key(name)


def climbing(asked: Request) -> Request[Progressive]:
    """The same request, of a method that goes up the layers."""
    if not isinstance(asked.method, Progressive):
        raise TypeError(f"expected a method that goes up the layers, got {asked.method.label}")
    return Request(asked.model, asked.photo, asked.method, asked.target, asked.against)


def _film(chosen: Chosen, named: Charts, asked: Request[Progressive], other: Explanation | None) -> Layers:
    """Film, curves and depths of a method that goes up the layers."""
    behind, small = backdrop_of(chosen), caches.screen_copy(chosen.photo, side=200)
    shown, label = made(asked).shown, asked.method.label
    evidence: AttentionMaps = look_behind(asked).evidence
    progression = asked.method.progression(evidence).cpu()
    left, right = st.columns([3, 2], gap="medium")
    with left:
        head = pick_head(named.side.key("head"), evidence.heads, RAW)
        read = curves(evidence, shown, progression, other, chosen.share)
        attention = attention_by_layer(evidence, getattr(asked.method, "heads", "mean"), head)
        layers = Layers(progression, attention, read)
        show_film(shown, chosen.photo, layers, head, behind, chosen.style, named)
    with right:
        st.markdown("**By depth** · click a point to choose its depth")
        show_curves(read, shown, evidence, named)
    st.markdown(f"**{label} at every depth, on one scale** · click one to choose its depth everywhere")
    show_depths(shown, evidence, progression, small, chosen.style, named)
    if isinstance(asked.method, AttentionRollout):
        st.markdown(
            "**How much does the choice matter?** · each fusion and discard ratio, with its rank correlation ρ to the current "
            "map, where neither is flat"
        )
        show_choices(asked.method, shown, evidence, small, chosen.style, named)
    return layers


def _stages(chosen: Chosen, named: Charts, asked: Request) -> None:
    """The method at every stage or layer of the network, and where each stage answers strongly, if it has stages."""
    small = caches.screen_copy(chosen.photo, side=200)
    staged = at_stages(asked)
    why = "" if staged is asked else f"instead of {asked.method.label}, which has no map per stage"
    show_places(staged, named("by_stage"), small, chosen.style, why)
    if StageMaps not in asked.model.observers and AttentionMaps in asked.model.observers:
        return  # a transformer has layers instead
    st.markdown("**Activation energy of each stage** · no class enters")
    try:
        seen = caches.STORE.look(asked.model.key, chosen.photo, StageMaps)
        show_stages(seen, small, chosen.style, named)
    except DoesNotFit as reason:
        st.info(plain(str(reason)))


def show_film(
    shown: Explanation[Progressive],
    photo: Photo,
    layers: Layers,
    head: int | None,
    behind: Backdrop,
    style: Style,
    named: Charts,
) -> None:
    """The map up to a layer beside that layer's own attention, to play and to scrub."""
    raw = f"Raw attention, {'fused' if head is None else f'head {head}'}"
    reels = (
        Reel(shown.method.label, layers.progression.numpy(), measured(shown), shown.method.signed),
        Reel(raw, layers.attention.numpy(), "Raw attention, share of the attention"),
    )
    depth = shown.method.depth or len(layers.progression)
    figure = film(*reels, shown.box, behind, style, depth)
    st.plotly_chart(
        labelled(figure, shown, photo), key=named("progression"), config=CONFIG,
        alt=f"{shown.method.label} after each layer, beside that layer's own attention.",
    )  # fmt: skip
    film_keys(named("progression"))
    st.caption(
        "Left, what the method gathers in that many layers; right, what the head's token attends to in that layer alone. "
        "Play and scrub run in the browser alone, by mouse or by arrow keys and space. Each side keeps one scale. "
        + film_in_words(reels, style)
    )


def show_curves(read: Sequence[Curve], shown: Explanation[Progressive], evidence: AttentionMaps, named: Charts) -> None:
    """Numbers by depth; a click chooses the depth."""
    titles = ", ".join(curve.metric.title for curve in read)
    _chooses_depth("curves", named, curves_figure(read, _depth(shown.method, evidence)), f"By depth: {titles}.")
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
            f"{names}: at this depth the other side has no map to compare with, or none of a common part, or one of the two "
            "is flat."
        )
    return f"{names} compare it with the other side's map; dotted: unrelated maps."


def show_depths(
    shown: Explanation[Progressive], evidence: AttentionMaps, rollouts: Tensor, behind: Backdrop, style: Style, named: Charts
) -> None:
    """The rollout at every depth on one scale; a click chooses the depth."""
    depth = _depth(shown.method, evidence)
    panels = [
        Panel(f"<b>{layer}</b>" if layer == depth else str(layer), rollout.numpy(), shown.box, layer, layer == depth)
        for layer, rollout in enumerate(rollouts, 1)
    ]
    figure = multiples(panels, behind, style, 6, one_scale=True, signed=shown.method.signed)
    _chooses_depth("depths", named, figure, f"{shown.method.label} at every depth, on one scale.")
    _left_out(multiples_in_words(panels, style, True, shown.method.signed))


def at_stages(asked: Request) -> Request:
    """The same, or, where its method reads the end of the network alone, Grad-CAM, which can be read at every stage."""
    if place_option(asked.method) is not None or GradCAM.needs not in asked.model.observers:
        return asked
    return replace(asked, method=GradCAM())


def show_places(asked: Request, key: str, behind: Backdrop, style: Style, why: str = "") -> None:
    """The method at every layer or stage that it can be asked about, each on its own scale; `why` it is this method."""
    option, label = place_option(asked.method), asked.method.label
    methods = by_place(asked.method, asked.model.extent)
    if option is None or methods is None:
        st.info(f"{label} reads no single layer: for maps one by one, choose another method.")
        return
    what = option[0].replace("_", " ")
    st.markdown(f"**{label}, for each {what}** · each on its own scale{why and f' · {why}'}")
    maps = answers([replace(asked, method=method) for method in methods], key, f"Run for each {what}")
    if maps is None:
        return
    chosen = next((own for own in maps if own.method == asked.method), maps[-1])
    panels = [
        Panel(f"<b>{place}</b>" if own is chosen else str(place), own.heatmap.numpy(), own.box, place, own is chosen)
        for place, own in enumerate(maps, 1)
    ]
    signed = asked.method.signed
    figure = labelled(multiples(panels, behind, style, 6, one_scale=False, signed=signed), chosen, asked.photo)
    st.plotly_chart(figure, key=key, config=CONFIG, alt=f"{label}, for each {what}.")
    _left_out(multiples_in_words(panels, style, False, signed, asked.method.needs.cell))


def show_stages(seen: Observation[StageMaps], behind: Backdrop, style: Style, named: Charts) -> None:
    """Where each stage of the network answers strongly."""
    stages = seen.evidence
    panels = [
        Panel(
            f"stage {number} · {maps.shape[1]} x {maps.shape[2]}", activation_energy(maps).cpu().numpy(),
            seen.box.upper_left(*cover), name,
        )
        for number, (name, maps, cover) in enumerate(zip(stages.names, stages.activations, stages.covers, strict=True), 1)
    ]  # fmt: skip
    st.plotly_chart(
        multiples(panels, behind, style, 6, one_scale=False), key=named("stages"), config=CONFIG,
        alt="Activation energy of each stage of the network over the photo.",
    )  # fmt: skip
    _left_out(multiples_in_words(panels, style, False, cell=stages.cell))


def _left_out(words: str) -> None:
    if words:
        st.caption(words)


def show_choices(
    current: AttentionRollout, shown: Explanation, evidence: AttentionMaps, behind: Backdrop, style: Style, named: Charts
) -> None:
    """Rollout with every fusion and six discard ratios; how much does the choice matter?"""
    panels = [_choice(choice, shown) for choice in choices(evidence, current)]
    st.plotly_chart(
        multiples(panels, behind, style, len(DISCARDS), one_scale=False, row_titles=HEADS), key=named("choices"), config=CONFIG,
        alt="Rollout with each head fusion and six discard ratios.",
    )  # fmt: skip
    _left_out(multiples_in_words(panels, style, one_scale=False))


def _choice(choice: Choice, shown: Explanation) -> Panel:
    method = choice.method
    rank = "no ρ" if math.isnan(choice.spearman) else f"ρ {numbers.signed(choice.spearman)}"
    column = f"{'discard ' if method.discard == DISCARDS[0] else ''}{method.discard:g}<br>"
    title = column + rank if method.heads == HEADS[0] else rank
    name = f"{method.heads}, discard {method.discard:g}, {rank}"
    return Panel(title, choice.heatmap.numpy(), shown.box, name, method == shown.method)


def _depth(method: Progressive, evidence: AttentionMaps) -> int:
    return evidence.layers if method.depth is None else method.depth


def _chooses_depth(name: str, named: Charts, figure: go.Figure, alt: str) -> None:
    """A chart of which a click on a point chooses the side's depth."""

    def choose(depth: int) -> None:
        st.session_state[named.side.key("depth")] = depth

    clickable(named(name), figure, alt, choose)

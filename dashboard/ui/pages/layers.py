"""The layers page: how each side's map builds up, layer by layer or stage by stage."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

import streamlit as st
from torch import Tensor

from dashboard import numbers
from dashboard.compare import OTHER, SLOTS, Pair, Side, Slot, compare
from dashboard.engine.request import Request
from dashboard.evidence import AttentionMaps, StageMaps
from dashboard.explain import Explanation
from dashboard.export.arrays import Build, Layers, Places
from dashboard.export.exhibit import Exhibit
from dashboard.figures.layers import Panel, Reel, film, film_in_words
from dashboard.figures.made_of import labelled, made_of
from dashboard.figures.maps import Backdrop, Style, measures
from dashboard.glossary import with_links
from dashboard.methods import AttentionRollout, GradCAM, Method, Progressive
from dashboard.metrics import PairMetric
from dashboard.models.classifier import DoesNotFit, Observation
from dashboard.numerics.cam import activation_energy
from dashboard.photo import Photo
from dashboard.studies.layers import (
    Choice,
    Curve,
    attention_by_layer,
    by_place,
    choices,
    curves,
    every_choice,
    place_option,
)
from dashboard.ui import caches
from dashboard.ui.parts import sidebar
from dashboard.ui.parts.address import current_link
from dashboard.ui.parts.charts import CONFIG
from dashboard.ui.parts.code import offer_code
from dashboard.ui.parts.coming import Comings, in_place_of_film
from dashboard.ui.parts.controls import chosen_method, pick_head
from dashboard.ui.parts.curves import show_curves
from dashboard.ui.parts.downloads import Tray, layer_files, names_of
from dashboard.ui.parts.explaining import answers, look_behind, made
from dashboard.ui.parts.film_keys import film_keys
from dashboard.ui.parts.looking import ask, backdrop_of, row_of
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.panels import show_panels
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.text import plain
from dashboard.ui.streamlit_internals import Container

RAW = "Raw attention is what a single layer attends to: all heads fused, or one of them."
PLAYED_SLOWLY = "Run for the curves above"
SMALL = 400  # pixels of the longer side of the photo behind small maps
OPENED_AT = "film_opened_at"  # a side's depth when the page was opened


def caveat_and_files(chosen: Chosen) -> Tray:
    """Draws the line below the page's question: what the models were trained on, and the menu of files."""
    for side in chosen.sides.values():
        st.session_state.pop(side.key(OPENED_AT), None)
    return sidebar.caveat_and_files(chosen, _file_names(chosen, Pair.of(lambda slot: chosen_method(chosen.sides[slot]))))


def _file_names(chosen: Chosen, methods: Pair[type[Method]]) -> dict[str, str]:
    """Names for the page's files."""
    parts = [part for slot, side in chosen.sides.items() for part in (side.model.title, methods[slot].label)]
    return names_of("layers", chosen.photo, *parts)


Requests = dict[Slot, Request]
Maps = dict[Slot, Explanation | None]  # None while a map is not run


@st.fragment  # so that a slider of the maps does not redraw the sidebar
def show(chosen: Chosen, tray: Tray) -> None:
    """A film and curves by depth for each side whose method goes up the layers, else the side's stages. Films come first."""
    notices_here()
    tray.empty()
    films, order = _films_first(chosen)
    boxes: dict[Slot, Container] = {slot: st.container() for slot in order}
    rows: dict[Slot, Container] = {}
    for slot, box in boxes.items():
        with box:
            rows[slot] = row_of(chosen.sides[slot])
    requests, maps = _ask_each(chosen, boxes, rows, compared=bool(films))
    tray.must_say(_file_names(chosen, Pair.of(lambda slot: type(requests[slot].method))))
    built: dict[Slot, Build] = {}
    for slot, box in boxes.items():
        named = _charts(chosen, slot, films, order)
        with box:
            if slot in films:
                built[slot] = _film(chosen, named, climbing(requests[slot]), maps[OTHER[slot]], rows[slot])
            elif places := _stages(chosen, named, requests[slot]):
                built[slot] = places
    _lay_files(tray, chosen, requests, maps, built)


@st.fragment
def meanwhile(chosen: Chosen, coming: Comings) -> None:
    """While a model is being opened: the photo in its film's place, and the other side as ever."""
    sidebar.line_meanwhile()
    notices_here()
    films, order = _films_first(chosen, coming)
    for slot in order:
        if slot in coming:
            in_place_of_film(slot, coming[slot], backdrop_of(chosen))
            continue
        row, named = row_of(chosen.sides[slot]), _charts(chosen, slot, films, order)
        with row:
            request = ask(chosen.sides[slot], chosen.photo)
        if slot in films:
            _film(chosen, named, climbing(request), None, row)
        else:
            _stages(chosen, named, request)


def _films_first(chosen: Chosen, coming: Comings = MappingProxyType({})) -> tuple[list[Slot], list[Slot]]:
    """The sides with a film, and all in the page's order. Of a model that is on its way a film is expected."""
    films: list[Slot] = [
        slot for slot, side in chosen.sides.items() if slot in coming or issubclass(chosen_method(side), Progressive)
    ]
    return films, [*films, *(slot for slot in SLOTS if slot not in films)]


def _charts(chosen: Chosen, slot: Slot, films: Sequence[Slot], order: Sequence[Slot]) -> "Charts":
    firsts = (order[0], order[len(films) % 2])  # the first side with a film, and the first without
    return Charts(chosen.sides[slot], first=slot in firsts)


def _ask_each(
    chosen: Chosen, boxes: dict[Slot, Container], rows: dict[Slot, Container], compared: bool
) -> tuple[Requests, Maps]:
    """Draws each side's method and options in its row; returns the requests and, if they are `compared`, both maps. What it
    takes to run these is said in the sides' boxes.
    """
    requests: Requests = {}
    maps: Maps = {}
    for slot, box in boxes.items():
        with rows[slot]:
            requests[slot] = ask(chosen.sides[slot], chosen.photo)
        with box:
            maps[slot] = (answers([requests[slot]], slot, PLAYED_SLOWLY) or [None])[0] if compared else None
    return requests, maps


def _lay_files(tray: Tray, chosen: Chosen, requests: Requests, maps: Maps, built: dict[Slot, Build]) -> None:
    """Puts the page's files into the tray, and offers the code, of the sides whose maps are made.

    A side without a film is there with the map of the stage that is framed, unless the film is compared with its own map.
    """
    framed = {slot: each.chosen for slot, each in built.items() if isinstance(each, Places)}
    shown = {slot: each for slot in SLOTS if (each := maps[slot] or framed.get(slot)) is not None}
    built = {slot: each for slot, each in built.items() if slot in shown}
    if not built:
        return
    models = Pair.of(lambda slot: requests[slot].model)
    agreement = compare(shown["left"], shown["right"], chosen.share) if len(shown) == len(SLOTS) else None
    exhibit = Exhibit(chosen.photo, shown, models, agreement, chosen.style, chosen.share, current_link())
    tray.lay(layer_files(exhibit, built))
    offer_code(exhibit)


@dataclass(frozen=True)
class Charts:
    """Keys for one side's charts: the bare name on the first side that has such charts, else with the side's prefix."""

    side: Side
    first: bool

    def __call__(self, name: str) -> str:
        return name if self.first else self.side.key(name)


def climbing(request: Request) -> Request[Progressive]:
    """The same request, typed as one for a method that goes up the layers.

    Raises:
        TypeError: its method is another kind.
    """
    if not isinstance(request.method, Progressive):
        raise TypeError(f"expected a method that goes up the layers, got {request.method.label}")
    return Request(request.model, request.photo, request.method, request.target, request.against)


def _choices(request: Request, method: AttentionRollout) -> Tensor:
    """Rollout by every choice, made when the file is asked for: until then only the store keeps the attention."""
    return every_choice(caches.STORE.look_behind(request).evidence, method)


def _film(chosen: Chosen, named: Charts, request: Request[Progressive], other: Explanation | None, row: Container) -> Layers:
    """Film, curves and small maps by depth for a method that goes up the layers; returns what the files hold of them.

    The choice of a head for the film's second picture joins the side's others in their `row`.
    """
    behind, small = backdrop_of(chosen), caches.screen_copy(chosen.photo, side=SMALL)
    shown, label = made(request).shown, request.method.label
    evidence: AttentionMaps = look_behind(request).evidence
    progression = request.method.progression(evidence).cpu()
    with row:
        head = pick_head(named.side.key("head"), evidence.heads, RAW)
    read = curves(evidence, shown, progression, other, chosen.share)
    attention = attention_by_layer(evidence, getattr(request.method, "heads", "mean"), head)
    every = partial(_choices, request, request.method) if isinstance(request.method, AttentionRollout) else None
    layers = Layers(progression, attention, read, every)
    show_film(shown, chosen.photo, layers, head, behind, chosen.style, named)
    st.markdown(with_links("**By depth** · click a chart to choose its depth"))
    show_depth_curves(read, shown, evidence, named)
    st.markdown(with_links(f"**{label} at every depth, on one scale** · click one to choose its depth everywhere"))
    show_depths(shown, evidence, progression, small, chosen.style, named)
    if isinstance(request.method, AttentionRollout):
        st.markdown(with_links(
            "**How much does the choice matter?** · each fusion and discard ratio, with its rank correlation ρ with the "
            "current map, unless one of the two is flat · click one to choose both"
        ))  # fmt: skip
        show_choices(request, request.method, shown, small, chosen.style, named)
    return layers


def _stages(chosen: Chosen, named: Charts, request: Request) -> Places | None:
    """The method's map at every stage or layer of the network and, if it has stages, where each has strong activations.

    Returns what the files hold of the maps, None if there are none.
    """
    small = caches.screen_copy(chosen.photo, side=SMALL)
    places = show_places(at_stages(request), request, named, small, chosen.style)
    if StageMaps not in request.model.observers and AttentionMaps in request.model.observers:
        return places  # a transformer has layers, not stages
    st.markdown(with_links("**Activation energy of each stage** · independent of class"))
    try:
        seen = caches.STORE.look(request.model.key, chosen.photo, StageMaps)
        show_stages(seen, small, chosen.style, named)
    except DoesNotFit as reason:
        st.info(plain(str(reason)))
    return places


def show_film(
    shown: Explanation[Progressive],
    photo: Photo,
    layers: Layers,
    head: int | None,
    behind: Backdrop,
    style: Style,
    named: Charts,
) -> None:
    """The map up to each layer beside that layer's own attention, as a film to play and to scrub.

    The chart is the same at every depth, as a new one would flash: it starts at the depth that this page was opened with, and
    the browser moves it to the present one.
    """
    raw = f"Raw attention, {'fused' if head is None else f'head {head}'}"
    reels = (
        Reel(shown.method.label, layers.progression.numpy(), measures(shown), shown.method.signed),
        Reel(raw, layers.attention.numpy(), "share of the attention"),
    )
    depth = shown.method.depth or len(layers.progression)
    start = min(st.session_state.setdefault(named.side.key(OPENED_AT), depth), len(layers.progression))
    figure = film(*reels, shown.box, behind, style, start)
    whole = replace(shown, method=replace(shown.method, depth=None))
    with st.container(key=f"reel_{named('progression')}"):
        st.plotly_chart(
            labelled(figure, whole, photo), key=named("progression"), height="stretch", config=CONFIG,
            alt=f"{shown.method.label} after each layer, beside that layer's own attention.",
        )  # fmt: skip
    film_keys(named("progression"), named.side.slot, start, depth, lambda depth: _choose_depth(named.side, depth))
    st.caption(f"First picture: the map of {plain(named.side.model.title)} up to a layer. " + with_links(
        "Second picture: what the token that the classifier reads attends to in that layer alone. Play and scrub by mouse, or "
        "by arrow keys and space: where the film stops is the layer depth. Each keeps one scale. " + film_in_words(reels, style)
    ))  # fmt: skip


def show_depth_curves(read: Sequence[Curve], shown: Explanation[Progressive], evidence: AttentionMaps, named: Charts) -> None:
    """Every metric by depth; a click chooses the depth."""
    titles, depth = ", ".join(curve.metric.title for curve in read), _depth(shown.method, evidence)
    show_curves(read, named.side.slot, depth, named("curves"), f"By depth: {titles}.", lambda at: _choose_depth(named.side, at))
    explained = "\n\n".join(f"{curve.metric.title}: {curve.metric.meaning} [Source]({curve.metric.paper})" for curve in read)
    told = f"Numbers for {shown.method.label} up to each layer; numbers for attention are for that layer alone."
    st.caption(with_links(f"{told} {_compared(read, depth)}"), help=explained)


def _compared(read: Sequence[Curve], depth: int) -> str:
    pairs = [curve for curve in read if isinstance(curve.metric, PairMetric)]
    names = " and ".join(curve.metric.title for curve in pairs)
    if all(math.isnan(curve.values[depth - 1]) for curve in pairs):
        return (
            f"{names} have no value at this depth: the other side has no map yet, or the two maps share no part of the photo, "
            "or one of them is flat."
        )
    return f"{names} compare it with the other side's map; the dotted line is what unrelated maps would give."


def show_depths(
    shown: Explanation[Progressive], evidence: AttentionMaps, rollouts: Tensor, behind: Backdrop, style: Style, named: Charts
) -> None:
    """The method's map at every depth, on one scale; a click chooses the depth."""
    depth = _depth(shown.method, evidence)
    panels = [
        Panel(f"layer {layer}", rollout.numpy(), shown.box, str(layer), layer == depth)
        for layer, rollout in enumerate(rollouts, 1)
    ]
    show_panels(
        panels, behind, style, named("depths"), f"{shown.method.label} at every depth, on one scale.",
        lambda layer: _choose_depth(named.side, int(layer)), one_scale=True, signed=shown.method.signed,
        depth_of=named.side.slot,
    )  # fmt: skip


def at_stages(request: Request) -> Request:
    """The request, with Grad-CAM in place of a method that has no map for each stage: Grad-CAM reads any stage."""
    if place_option(request.method) is not None or GradCAM.needs not in request.model.observers:
        return request
    return replace(request, method=GradCAM())


def show_places(staged: Request, asked: Request, named: Charts, behind: Backdrop, style: Style) -> Places | None:
    """The method's map at every layer or stage that it can read, each on its own scale.

    `staged` is what `at_stages` makes of the request that was `asked`. A click chooses the layer or stage, if the method that
    was asked for has any. Returns the maps, None if there are none or they are not run.
    """
    option, label, key = place_option(staged.method), staged.method.label, named("by_stage")
    methods = by_place(staged.method, staged.model.extent)
    if option is None or methods is None:
        st.info(f"{label} has no map for a single layer. To see one map per layer, choose another method.")
        return None
    what = option[0].replace("_", " ")
    st.markdown(with_links(_places_in_words(staged.method, asked.method, what)))
    maps = answers([replace(staged, method=method) for method in methods], key, f"Run for each {what}")
    if maps is None:
        return None
    chosen = next((own for own in maps if own.method == staged.method), maps[-1])
    panels = [
        Panel(f"{what} {place}", own.heatmap.numpy(), own.box, str(place), own is chosen) for place, own in enumerate(maps, 1)
    ]

    def choose(place: str) -> None:
        st.session_state[named.side.key(option[0])] = int(place)

    show_panels(
        panels, behind, style, key, f"{label}, for each {what}.", choose if staged is asked else None,
        signed=staged.method.signed, cell=staged.method.needs.cell, made=made_of(chosen, staged.photo),
    )  # fmt: skip
    return Places(what, maps, chosen)


def _places_in_words(drawn: Method, asked: Method, what: str) -> str:
    """The heading of the maps by stage or layer, which says why they are of another method than the one that was asked for."""
    if drawn is asked:
        return f"**{drawn.label}, for each {what}** · each on its own scale · click one to choose it"
    return (
        f"**{what.capitalize()} by {what}** · {asked.label} has one map and none per {what}. "
        f"These are {drawn.label}'s, which reads any {what}; each on its own scale"
    )


def show_stages(seen: Observation[StageMaps], behind: Backdrop, style: Style, named: Charts) -> None:
    """Where each stage of the network has strong activations."""
    stages = seen.evidence
    panels = [
        Panel(
            f"stage {number}", activation_energy(maps).cpu().numpy(), seen.box.upper_left(*cover), name,
            notes=(f"{maps.shape[1]} x {maps.shape[2]}",),
        )
        for number, (name, maps, cover) in enumerate(zip(stages.names, stages.activations, stages.covers, strict=True), 1)
    ]  # fmt: skip
    words = "Activation energy of each stage of the network over the photo."
    show_panels(panels, behind, style, named("stages"), words, cell=stages.cell)


def show_choices(
    request: Request, current: AttentionRollout, shown: Explanation, behind: Backdrop, style: Style, named: Charts
) -> None:
    """Rollout with every fusion and six discard ratios, to see how much the choice matters; a click chooses both."""
    found = choices(current, lambda method: made(replace(request, method=method)).shown.heatmap)
    panels = [_choice(choice, shown) for choice in found]

    def choose(meaning: str) -> None:
        heads, discard = meaning.split()
        st.session_state[named.side.key("heads")] = heads
        st.session_state[named.side.key("discard")] = float(discard)

    show_panels(panels, behind, style, named("choices"), "Rollout with each head fusion and six discard ratios.", choose)


def _choice(choice: Choice, shown: Explanation) -> Panel:
    method = choice.method
    rank = "no ρ" if math.isnan(choice.spearman) else f"ρ {numbers.signed(choice.spearman)}"
    return Panel(
        f"discard {method.discard:g}", choice.heatmap.numpy(), shown.box, f"{method.heads} {method.discard:g}",
        method == shown.method, (rank,), f"Head fusion: {method.heads}",
    )  # fmt: skip


def _depth(method: Progressive, evidence: AttentionMaps) -> int:
    return evidence.layers if method.depth is None else method.depth


def _choose_depth(side: Side, depth: int) -> None:
    st.session_state[side.key("depth")] = depth

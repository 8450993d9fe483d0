"""The attention page: what one patch looks at, or who looks at it, in every layer and head."""

from dataclasses import dataclass, replace
from typing import get_args, get_type_hints

import streamlit as st

from dashboard.compare import OTHER, Pair, Side, Slot, annotate, compare
from dashboard.engine.fitting import first_fitting
from dashboard.engine.request import Request
from dashboard.evidence import AttentionMaps
from dashboard.explain import Explanation, read
from dashboard.export.exhibit import Exhibit, stem
from dashboard.figures.attention import grid_shape, heads_figure, heads_in_words, patch_figure, summary_figure
from dashboard.figures.made_of import labelled
from dashboard.figures.maps import Style, map_figure
from dashboard.glossary import with_links
from dashboard.methods import AttentionRollout, option_texts
from dashboard.models.classifier import Classifier, Observation
from dashboard.names import short_names
from dashboard.numbers import percent, short
from dashboard.numerics.rollout import Fusion
from dashboard.photo import Photo
from dashboard.studies.attention import (
    Direction,
    HeadSummary,
    TokenAttention,
    middle_patch,
    middle_token,
    patch_box,
    place,
    prefix_shares,
    small_maps,
    spot,
    token_names,
)
from dashboard.studies.whereabouts import in_words
from dashboard.ui import caches
from dashboard.ui.parts import panel, sidebar
from dashboard.ui.parts.address import current_link
from dashboard.ui.parts.charts import clickable, clickable_map, map_chart
from dashboard.ui.parts.code import offer_code
from dashboard.ui.parts.coming import Comings, in_place_of_map, room_for
from dashboard.ui.parts.controls import FUSED, LABELS, pick_head
from dashboard.ui.parts.downloads import Tray, attention_files, names_of, offer_all_attention
from dashboard.ui.parts.explaining import answers
from dashboard.ui.parts.linked_maps import Linked, linked_charts
from dashboard.ui.parts.links import linked, linked_choice, linked_slider
from dashboard.ui.parts.looking import backdrop_of, look, pick_slot, pick_whole_question
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.patch_keys import patch_keys
from dashboard.ui.parts.place_mark import place_mark
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.style import tell_style
from dashboard.ui.parts.text import plain, visible

MAP, BESIDE, HEADS, SUMMARY = "patch_map", "other_map", "head_grid", "head_summary"  # the charts' keys
PICTURE = "patch_picture"  # the key of the container around the first chart
SENT = 720  # pixels of a photo's longer side: smaller than elsewhere, as it is sent to the browser with every click
HINTS = get_type_hints(TokenAttention)


@dataclass(frozen=True)
class Asked:
    """What stays while patches are chosen: the photo and both sides, whose attention is shown, that model, and its look."""

    chosen: Chosen
    slot: Slot
    model: Classifier
    seen: Observation[AttentionMaps]


def show(chosen: Chosen) -> None:
    """The attention of a side whose model gives some, beside the other side's map at the same patch."""
    able: list[Slot] = [slot for slot, side in chosen.sides.items() if AttentionMaps in side.model.observers]
    if not able:
        sidebar.caveat_and_files(chosen, {})
        for side in chosen.sides.values():
            _refuse(side)
        return
    line = st.container()
    slot = pick_slot(chosen, able, "Attention of")
    with line:
        tray = sidebar.caveat_and_files(chosen, names_of("attention", chosen.photo, chosen.sides[slot].model.title))
    _patches(_look(chosen, slot), tray)
    other = chosen.sides[OTHER[slot]].model  # linked here, as Streamlit sends a component's script each time it is drawn
    linked_charts([Linked(BESIDE, visible(f"{first_fitting(other).label} of {other.title}"))], chosen.photo)


def meanwhile(chosen: Chosen, coming: Comings) -> None:
    """While a model is being opened: the photo in its map's place, beside the other model's attention, if that has some."""
    sidebar.line_meanwhile()
    for slot, side in chosen.sides.items():
        if slot not in coming and AttentionMaps in side.model.observers:
            _patches_beside_what_comes(_look(chosen, slot), coming[OTHER[slot]])
            return
    _before_any_attention(chosen, coming)


def _refuse(side: Side) -> None:
    st.info(plain(side.model.refusals.get(AttentionMaps, f"{side.model.title} gives no attention maps.")))


def _look(chosen: Chosen, slot: Slot) -> Asked:
    whole, seen = look(Request(chosen.sides[slot].model, chosen.photo, AttentionRollout()))
    return Asked(chosen, slot, whole.model, seen)


@st.fragment  # so that a click on a patch does not redraw the sidebar
def _patches(asked: Asked, tray: Tray) -> None:
    """The chosen patch's attention over the photo beside the other model's map, then the same in every head."""
    notices_here()
    tray.empty()
    chosen, evidence = asked.chosen, asked.seen.evidence
    method = pick_attention(evidence)
    left, right = st.columns(2, gap="medium")
    with right:
        beside = st.container()
        request, other = _ask_the_other(chosen.sides[OTHER[asked.slot]], chosen.photo)
    with left:
        shown = show_attention(asked, method, other)
    with beside:
        show_other(other, shown, evidence, chosen, request.model)
    summary = _all_heads(chosen, shown, evidence)
    exhibit = _exhibit(asked, shown, request.model, other)
    tray.lay(attention_files(exhibit, asked.slot, evidence, shown.method, summary))
    offer_code(exhibit)
    offer_all_attention(evidence, shown, stem(chosen.photo.name, asked.model.title))


@st.fragment
def _patches_beside_what_comes(asked: Asked, opening: caches.Opening) -> None:
    """A model's attention, with the photo in place of the map of the other side, whose model is on its way."""
    notices_here()
    method = pick_attention(asked.seen.evidence)
    left, right = st.columns(2, gap="medium")
    with left:
        shown = show_attention(asked, method, None)
    with right:
        in_place_of_map(OTHER[asked.slot], opening, backdrop_of(asked.chosen))
    _all_heads(asked.chosen, shown, asked.seen.evidence)


@st.fragment
def _before_any_attention(chosen: Chosen, coming: Comings) -> None:
    """The photo in place of the attention of the first model that comes; on its right the other one's map, or its photo too."""
    notices_here()
    slot = next(iter(coming))
    room_for("attention")
    left, right = st.columns(2, gap="medium")
    with left:
        in_place_of_map(slot, coming[slot], backdrop_of(chosen))
    with right:
        if OTHER[slot] in coming:
            in_place_of_map(OTHER[slot], coming[OTHER[slot]], backdrop_of(chosen))
            return
        beside = st.container()
        request, other = _ask_the_other(chosen.sides[OTHER[slot]], chosen.photo)
        if other is not None:
            with beside:
                _map_of(other, chosen, request.model)
                panel.below_map(other, request.model, chosen.photo, chosen.style)


def show_attention(asked: Asked, method: TokenAttention, other: Explanation | None) -> Explanation[TokenAttention]:
    """The chosen patch's attention over the photo, and what there is to say of it; returns the attention's map."""
    chosen, evidence = asked.chosen, asked.seen.evidence
    st.markdown(question(method, evidence, asked.model.title))
    picture = st.container()
    shown = read(asked.seen, asked.model.key, pick_hidden(method, evidence))
    with picture:
        show_patch(shown, chosen, evidence, other)
    panel.below_map(shown, asked.model, chosen.photo, chosen.style)
    show_facts(shown, evidence)
    return shown


def _ask_the_other(side: Side, photo: Photo) -> tuple[Request, Explanation | None]:
    """Draws the class that the other side is asked about; returns the request and its map, or None while the map is not run.

    The page tells this map's value at the chosen patch.
    """
    request, _ = pick_whole_question(side, Request(side.model, photo, first_fitting(side.model)()))
    found = answers([request], side.slot)
    return request, found[0] if found else None


def _all_heads(chosen: Chosen, shown: Explanation[TokenAttention], evidence: AttentionMaps) -> HeadSummary:
    """Every head's map, and how far and how evenly each head looks, which is returned."""
    summary = caches.head_summary(shown.model, chosen.photo.digest, evidence)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(with_links("**Every layer and attention head** · click one to enlarge it; each has its own scale"))
        show_heads(shown, evidence, chosen.style)
    with right:
        st.markdown(with_links("**How far and how evenly each attention head looks** · click one to choose it"))
        show_summary(shown.method, summary)
    return summary


def show_other(
    other: Explanation | None,
    shown: Explanation[TokenAttention],
    evidence: AttentionMaps,
    chosen: Chosen,
    model: Classifier,
) -> None:
    """The other side's map of the same photo, with the chosen patch framed, and its value there.

    The chart is the same for every patch, so that a click on another patch does not draw it anew.
    """
    if other is None:
        st.markdown(f"{plain(model.title)} at the same place")
        st.info("The other side's map has not been run yet.")
        return
    _map_of(other, chosen, model)
    cell = place(evidence, shown.method.token)
    place_mark(BESIDE, chosen.photo.size, None if cell is None else patch_box(shown.box, evidence.grid, cell))
    panel.below_map(other, model, chosen.photo, chosen.style)
    st.markdown(_other_in_words(shown, evidence, other))


def _map_of(other: Explanation, chosen: Chosen, model: Classifier) -> None:
    st.markdown(f"**What {plain(model.title)} looks at**  \n:small[:gray[{with_links(other.method.label)}]]")
    behind = caches.screen_copy(chosen.photo, side=SENT)
    figure = map_figure(other, behind, chosen.style, annotate(other, None, chosen.share))
    map_chart(BESIDE, labelled(figure, other, chosen.photo), f"{other.method.label} of {model.title}, the patch framed.")


def _exhibit(asked: Asked, shown: Explanation[TokenAttention], model: Classifier, other: Explanation | None) -> Exhibit:
    """What the files are made of; the two maps are compared if the other side's map, of this `model`, is made."""
    chosen, slot = asked.chosen, asked.slot
    models = Pair.of(lambda each: asked.model if each == slot else model)
    maps = {slot: shown} if other is None else {slot: shown, OTHER[slot]: other}
    comparison = None if other is None else compare(maps["left"], maps["right"], chosen.share)
    return Exhibit(chosen.photo, maps, models, comparison, chosen.style, chosen.share, current_link())


def pick_attention(evidence: AttentionMaps) -> TokenAttention:
    """Draws the choice of patch, direction, layer, head and head fusion; returns what was chosen as a method."""
    columns = st.columns([14, 12, 15, 12, 17])
    with columns[0]:
        token = _pick_token(evidence)
    with columns[1]:
        direction = _pick_direction()
    with columns[2]:
        layer = linked_slider("Layer", 1, evidence.layers, evidence.layers, 1, key="patch_layer")
    with columns[3]:
        head = pick_head("patch_head", evidence.heads, "All heads of the layer fused, or one of them.")
    with columns[4]:
        heads = _pick_fusion()
    return TokenAttention(token, int(layer), head, heads, direction)


def _pick_token(evidence: AttentionMaps) -> int:
    names, (rows, columns) = token_names(evidence), evidence.grid
    before = " `cls` and `extra1` … are the tokens before the patches." if evidence.prefix else ""
    patches = names[evidence.prefix :]
    name = linked_choice(
        st.selectbox, "Patch", names, key="patch", first=names[middle_token(evidence)],
        read=lambda text: dict(zip(map(str, range(1, len(patches) + 1)), patches, strict=True)).get(text),
        help=f"{rows} rows of {columns} patches, counted from the top left.{before} "
        "Or click the photo; arrow keys move the patch while the photo has the focus.",
    )  # fmt: skip
    return names.index(name)


def _pick_direction() -> Direction:
    return linked_choice(
        st.segmented_control, "Patch as", get_args(HINTS["direction"]), key="direction", first="query",
        help="As a query: what the patch looks at, its row of the attention matrix. As a key: who looks at it, its column.",
    )  # fmt: skip


def _pick_fusion() -> Fusion:
    return linked_choice(
        st.segmented_control, LABELS["heads"], get_args(HINTS["heads"]), key="patch_heads", first="mean", wrap=True,
        help=with_links(option_texts(AttentionRollout)["heads"]),
    )  # fmt: skip


def pick_hidden(method: TokenAttention, evidence: AttentionMaps) -> TokenAttention:
    """Draws the choice to hide the tokens before the patches, if the model has any; returns the method with that choice."""
    return replace(method, hide_cls=_pick_hide()) if evidence.prefix else method


def _pick_hide() -> bool:
    return linked(
        st.toggle, "Hide CLS", key="hide_cls",
        help="Leaves out the tokens before the patches, and rescales the patches' attention to sum to 1.",
    )  # fmt: skip


def question(method: TokenAttention, evidence: AttentionMaps, title: str) -> str:
    """The question that the picture answers, and in small the model of this title, the layer and the head."""
    name = token_in_words(evidence, method.token)
    head = f"heads fused ({method.heads})" if method.head is None else f"head {method.head}"
    ask = f"What {name} looks at" if method.direction == "query" else f"Who looks at {name}"
    return f"**{with_links(ask)}**  \n:small[:gray[{plain(title)} · layer {method.layer}, {with_links(head)}]]"


def token_in_words(evidence: AttentionMaps, token: int) -> str:
    """A token's name in a sentence: a patch by its row and column from 1, or a token before the patches."""
    if token >= evidence.prefix:
        return f"the patch in {token_names(evidence)[token]}"
    return f"extra token {token}" if token else "the CLS token"


def show_patch(shown: Explanation[TokenAttention], chosen: Chosen, evidence: AttentionMaps, other: Explanation | None) -> None:
    """The chosen patch's attention over the photo; a click or an arrow key chooses another patch."""
    cell, photo = place(evidence, shown.method.token), chosen.photo
    behind = caches.screen_copy(photo, side=SENT)
    notes = annotate(shown, other, chosen.share)
    figure = patch_figure(shown, behind, chosen.style, notes, other.method.label if other else "", cell)
    with st.container(key=PICTURE):
        clickable_map(
            MAP,
            labelled(figure, shown, photo),
            f"Attention of the chosen patch over the photo, which is outlined. {in_words(shown, photo.size)}",
            lambda name, *_: _choose(name),
        )
    names = token_names(evidence)[evidence.prefix :]
    patch_keys(PICTURE, evidence.grid, cell or middle_patch(evidence), lambda number: _choose(names[number - 1]))


def _choose(name: str) -> None:
    st.session_state["patch"] = name


def show_facts(shown: Explanation[TokenAttention], evidence: AttentionMaps) -> None:
    """A sentence on the attention to tokens before the patches, which the picture can't show."""
    if words := _prefix_in_words(shown.method, evidence):
        st.markdown(words)
    st.caption(with_links(shown.method.why))


def _prefix_in_words(method: TokenAttention, evidence: AttentionMaps) -> str:
    """The attention's share on the tokens before the patches, which the picture can't show; empty if there are none."""
    shares = prefix_shares(evidence, method.over_tokens(evidence))
    if not shares:
        return ""
    names = ["CLS token", *(f"extra token {number}" for number in range(1, len(shares)))]
    told = ", ".join(f"{name}: **{share:.1%}**" for name, share in zip(names, shares, strict=True))
    whole = "its attention" if method.direction == "query" else "the attention it gets"
    return f"{told} of {whole}{', left out of the picture' if method.hide_cls else ''}."


def _other_in_words(shown: Explanation[TokenAttention], evidence: AttentionMaps, other: Explanation) -> str:
    cell = place(evidence, shown.method.token)
    if cell is None:
        return "This token has no place in the photo, so the other model has no value for it."
    found = spot(other, patch_box(shown.box, evidence.grid, cell))
    if found is None:
        return "The other model did not see this part of the photo."
    name, rival = (_short(other, index) for index in (other.target, other.against))
    rank = (
        f". {other.flat_in_words}" if found.percentile is None else f", higher than {percent(found.percentile)} of its cells."
    )
    about = f" for {name}{f' compared with {rival}' if rival else ''}" if name else ""
    return f"The other model's {with_links(other.method.label)} here: **{short(found.value)}**{about}{rank}"


def _short(shown: Explanation, index: int | None) -> str:
    """A class's short name in quotes; empty for no class."""
    return "" if index is None else f"“{plain(short_names(shown.prediction.labels)[index])}”"


def show_heads(shown: Explanation[TokenAttention], evidence: AttentionMaps, style: Style) -> None:
    """The chosen patch's attention in every head of every layer, as small maps; a click enlarges one."""
    method = shown.method
    maps = small_maps(method.on_patches(evidence, method.every_head(evidence)))
    aspect = shown.box.height / shown.box.width
    figure = heads_figure(maps.numpy(), aspect, style, method.layer, method.head)
    layers, heads, *_ = maps.shape
    tell_style("heads", grid_shape(layers, heads, aspect))
    alt = "The chosen patch's attention in every layer and head, as small maps."
    with st.container(key="heads_place"):
        clickable(HEADS, figure, alt, _choose_head, height="stretch")
    if words := heads_in_words(maps.numpy(), aspect, style):
        st.caption(words)
    if maps.shape[2:] != evidence.grid:
        rows, columns = maps.shape[2:]
        st.caption(f"To fit the screen, each small map averages neighbouring patches to {rows} x {columns} cells.")


def show_summary(method: TokenAttention, summary: HeadSummary) -> None:
    """How far and how evenly each head looks, over all patches; a click chooses a head."""
    figure = summary_figure(summary, method.layer, method.head)
    clickable(SUMMARY, figure, "Mean attention distance and entropy of each head.", _choose_head)
    st.caption(with_links(
        "Means over all patches. Distance: how far patches look, without the tokens before the patches. "
        "Entropy: 0 if each patch looks at a single token, 1 if it looks at all tokens equally."
    ))  # fmt: skip


def _choose_head(layer: int, head: int) -> None:
    st.session_state["patch_layer"], st.session_state["patch_head"] = layer, str(head) if head else FUSED

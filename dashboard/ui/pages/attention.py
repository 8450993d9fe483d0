"""The attention page: what one patch looks at, or who looks at it, in every layer and head."""

from dataclasses import replace
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
from dashboard.figures.maps import Backdrop, Style, map_figure
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
from dashboard.ui.parts.controls import FUSED, LABELS, pick_head
from dashboard.ui.parts.downloads import Tray, attention_files, names_of, offer_all_attention
from dashboard.ui.parts.explaining import answers
from dashboard.ui.parts.links import linked, linked_choice, linked_slider
from dashboard.ui.parts.looking import look, pick_slot, pick_whole_question
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.patch_keys import patch_keys
from dashboard.ui.parts.place_mark import place_mark
from dashboard.ui.parts.sidebar import Chosen
from dashboard.ui.parts.style import tell_style
from dashboard.ui.parts.text import plain

MAP, BESIDE, HEADS, SUMMARY = "patch_map", "other_map", "head_grid", "head_summary"  # the charts' keys
PICTURE = "patch_picture"  # the key of the container around the first chart
HINTS = get_type_hints(TokenAttention)


def show(chosen: Chosen) -> None:
    """The attention of a side whose model gives some, beside the other side's map at the same patch."""
    able: list[Slot] = [slot for slot, side in chosen.sides.items() if AttentionMaps in side.model.observers]
    if not able:
        sidebar.caveat_and_files(chosen, {})
        for side in chosen.sides.values():
            st.info(plain(side.model.refusals.get(AttentionMaps, f"{side.model.title} gives no attention maps.")))
        return
    line = st.container()
    slot = pick_slot(chosen, able, "Attention of")
    side, other = chosen.sides[slot], chosen.sides[OTHER[slot]]
    with line:
        tray = sidebar.caveat_and_files(chosen, names_of("attention", chosen.photo, side.model.title))
    patch = st.container()
    request, beside = _ask_the_other(other, chosen.photo)
    with patch:
        whole, seen = look(Request(side.model, chosen.photo, AttentionRollout()))
        models = Pair.of(lambda each: whole.model if each == slot else request.model)
        _one_patch(chosen, slot, models, seen, beside, tray)


def _ask_the_other(side: Side, photo: Photo) -> tuple[Request, Explanation | None]:
    """Draws the other side's method and class; returns the request and its map, or None while the map is not run.

    The page tells this map's value at the chosen patch.
    """
    column, _ = st.columns([4, 5], gap="medium")
    with column:
        st.markdown(f"**The map of {plain(side.model.title)}**")
        request, _ = pick_whole_question(side, Request(side.model, photo, first_fitting(side.model)()))
        found = answers([request], side.slot)
    return request, found[0] if found else None


@st.fragment  # so that a click on a patch redraws neither the sidebar nor the other model's question
def _one_patch(
    chosen: Chosen,
    slot: Slot,
    models: Pair[Classifier],
    seen: Observation[AttentionMaps],
    other: Explanation | None,
    tray: Tray,
) -> None:
    """The chosen patch's attention over the photo, the same in every head, and how the heads differ."""
    notices_here()
    tray.empty()
    evidence = seen.evidence
    behind = caches.screen_copy(chosen.photo, side=720)  # smaller than elsewhere: it is sent to the browser with every click
    method = pick_attention(evidence)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"{question(method, evidence)}  \n:small[:gray[{plain(models[slot].title)}]]")
        picture = st.container()
        method = pick_hidden(method, evidence)
        facts = st.container()
    shown = read(seen, models[slot].key, method)
    with picture:
        show_patch(shown, chosen.photo, evidence, other, behind, chosen.style, chosen.share)
    with facts:
        panel.below_map(shown, models[slot], chosen.photo, chosen.style)
        show_facts(shown, evidence)
    with right:
        show_other(other, shown, evidence, chosen, models[OTHER[slot]])
    _all_heads(chosen, shown, evidence)
    exhibit = _exhibit(chosen, slot, models, shown, other)
    tray.lay(attention_files(exhibit, slot, evidence, shown.method))
    offer_code(exhibit)
    offer_all_attention(evidence, shown, stem(chosen.photo.name, models[slot].title))


def _all_heads(chosen: Chosen, shown: Explanation[TokenAttention], evidence: AttentionMaps) -> None:
    """Every head's map, and how far and how evenly each head looks."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Every layer and head** · click one to enlarge it; each has its own scale")
        show_heads(shown, evidence, chosen.style)
    with right:
        st.markdown("**How far and how evenly each head looks** · click one to choose it")
        show_summary(shown.method, caches.head_summary(shown.model, chosen.photo.digest, evidence))


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
    st.markdown(f"**What {plain(model.title)} looks at**  \n:small[:gray[{other.method.label}]]")
    cell = place(evidence, shown.method.token)
    behind = caches.screen_copy(chosen.photo, side=720)
    figure = map_figure(other, behind, chosen.style, annotate(other, None, chosen.share), "")
    figure.data[0].hovertemplate = figure.data[0].hovertemplate.rpartition("<br>")[0] + "<extra></extra>"
    map_chart(BESIDE, labelled(figure, other, chosen.photo), f"{other.method.label} of {model.title}, the patch framed.")
    place_mark(BESIDE, chosen.photo.size, None if cell is None else patch_box(shown.box, evidence.grid, cell))
    panel.below_map(other, model, chosen.photo, chosen.style)
    st.markdown(_other_in_words(shown, evidence, other))


def _exhibit(
    chosen: Chosen, slot: Slot, models: Pair[Classifier], shown: Explanation[TokenAttention], other: Explanation | None
) -> Exhibit:
    """What the files are made of; the two maps are compared if the other side's map is made."""
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
        help=option_texts(AttentionRollout)["heads"],
    )  # fmt: skip


def pick_hidden(method: TokenAttention, evidence: AttentionMaps) -> TokenAttention:
    """Draws the choice to hide the tokens before the patches, if the model has any; returns the method with that choice."""
    return replace(method, hide_cls=_pick_hide()) if evidence.prefix else method


def _pick_hide() -> bool:
    return linked(
        st.toggle, "Hide CLS", key="hide_cls",
        help="Leaves out the tokens before the patches, and rescales the patches' attention to sum to 1.",
    )  # fmt: skip


def question(method: TokenAttention, evidence: AttentionMaps) -> str:
    """The question that the picture answers, in words."""
    name = token_in_words(evidence, method.token)
    head = f"heads fused ({method.heads})" if method.head is None else f"head {method.head}"
    ask = f"What {name} looks at" if method.direction == "query" else f"Who looks at {name}"
    return f"**{ask}** · layer {method.layer}, {head}"


def token_in_words(evidence: AttentionMaps, token: int) -> str:
    """A token's name in a sentence: a patch by its row and column from 1, or a token before the patches."""
    if token >= evidence.prefix:
        return f"the patch in {token_names(evidence)[token]}"
    return f"extra token {token}" if token else "the CLS token"


def show_patch(
    shown: Explanation[TokenAttention],
    photo: Photo,
    evidence: AttentionMaps,
    other: Explanation | None,
    behind: Backdrop,
    style: Style,
    share: float,
) -> None:
    """The chosen patch's attention over the photo; a click or an arrow key chooses another patch."""
    cell = place(evidence, shown.method.token)
    figure = patch_figure(shown, behind, style, annotate(shown, other, share), other.method.label if other else "", cell)
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
    st.caption(shown.method.why)


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
    about = f" for {name}{f' rather than {rival}' if rival else ''}" if name else ""
    return f"The other model's {other.method.label} here: **{short(found.value)}**{about}{rank}"


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
    st.caption(
        "Means over all patches. Distance: how far patches look, without the tokens before the patches. "
        "Entropy: 0 if each patch looks at a single token, 1 if it looks at all tokens equally."
    )


def _choose_head(layer: int, head: int) -> None:
    st.session_state["patch_layer"], st.session_state["patch_head"] = layer, str(head) if head else FUSED

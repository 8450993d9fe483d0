"""The attention page's parts: what is asked, and each figure with what it means."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args, get_type_hints

import plotly.graph_objects as go
import streamlit as st

from dashboard.compare import annotate
from dashboard.evidence import AttentionMaps
from dashboard.explain import Explanation
from dashboard.figures.attention import heads_figure, heads_in_words, patch_figure, summary_figure
from dashboard.figures.made_of import labelled
from dashboard.figures.maps import Backdrop, Look
from dashboard.methods import AttentionRollout
from dashboard.names import short_names
from dashboard.numbers import percent, short
from dashboard.photo import Photo
from dashboard.studies.attention import (
    HeadSummary,
    TokenAttention,
    middle_token,
    patch_box,
    place,
    prefix_shares,
    small_maps,
    spot,
    token_names,
)
from dashboard.ui.pages.layers import FUSED, pick_head
from dashboard.ui.parts.controls import LABELS, option_texts
from dashboard.ui.parts.links import linked, linked_choice, linked_slider
from dashboard.ui.parts.panel import CONFIG
from dashboard.ui.parts.patch_keys import patch_keys
from dashboard.ui.parts.text import plain

MAP, HEADS, SUMMARY = "patch_map", "head_grid", "head_summary"  # the charts' keys
PICTURE = "patch_picture"  # what is around the first of them
HINTS = get_type_hints(TokenAttention)


def pick_attention(evidence: AttentionMaps) -> TokenAttention:
    """Draws what can be asked; gives what is."""
    columns = st.columns([10, 13, 18, 12, 17])
    with columns[0]:
        token = _pick_token(evidence)
    with columns[1]:
        direction = _pick_direction()
    with columns[2]:
        layer = linked_slider("Layer", 1, evidence.layers, evidence.layers, 1, key="layer")
    with columns[3]:
        head = pick_head(evidence)
    with columns[4]:
        heads = _pick_fusion()
    return TokenAttention(token, layer, head, heads, direction)


def _pick_token(evidence: AttentionMaps) -> int:
    names, (rows, columns) = token_names(evidence), evidence.grid
    before = " `cls` and `extra1` … are the tokens before the patches." if evidence.prefix else ""
    name = linked_choice(
        st.selectbox, "Patch", names, key="patch", first=names[middle_token(evidence)],
        help=f"{rows} rows of {columns}, counted row by row: 1 is at the top left, {columns} ends the first row.{before} "
        "Or click the photo; arrow keys move the patch while the photo has the focus.",
    )  # fmt: skip
    return names.index(name)


def _pick_direction() -> str:
    return linked_choice(
        st.segmented_control, "Patch as", get_args(HINTS["direction"]), key="direction", first="query",
        help="As a query: what the patch looks at, its row of the attention matrix. As a key: who looks at it, its column.",
    )  # fmt: skip


def _pick_fusion() -> str:
    return linked_choice(
        st.segmented_control, LABELS["heads"], get_args(HINTS["heads"]), key="heads", first="mean", wrap=True,
        help=option_texts(AttentionRollout)["heads"],
    )  # fmt: skip


def pick_hidden(asked: TokenAttention, evidence: AttentionMaps) -> TokenAttention:
    """The same, with or without the tokens before the patches, where there are any."""
    return replace(asked, hide_cls=_pick_hide()) if evidence.prefix else asked


def _pick_hide() -> bool:
    return linked(
        st.toggle, "Hide CLS", key="hide_cls",
        help="Leaves out the tokens before the patches and divides the patches' part by its sum.",
    )  # fmt: skip


def question(asked: TokenAttention, evidence: AttentionMaps) -> str:
    """What the picture answers, in words."""
    name = token_in_words(evidence, asked.token)
    head = f"heads fused ({asked.heads})" if asked.head is None else f"head {asked.head}"
    ask = f"What {name} looks at" if asked.direction == "query" else f"Who looks at {name}"
    return f"**{ask}** · layer {asked.layer}, {head}"


def token_in_words(evidence: AttentionMaps, token: int) -> str:
    """Which token that is."""
    if token >= evidence.prefix:
        return f"patch {token - evidence.prefix + 1}"
    return f"extra token {token}" if token else "the CLS token"


def show_patch(
    shown: Explanation, photo: Photo, evidence: AttentionMaps, cam: Explanation, behind: Backdrop, look: Look, share: float
) -> None:
    """The answer over the photo; a click or an arrow key chooses another patch."""
    cell = place(evidence, shown.method.token)
    figure = patch_figure(shown, behind, look, annotate(shown, cam, share), cam.method.label, cell)
    with st.container(key=PICTURE):
        _clickable(
            MAP,
            labelled(figure, shown, photo),
            "Attention of the chosen patch over the photo, which is outlined.",
            _choose_patch,
        )
    patch_keys(PICTURE, evidence.grid, cell or place(evidence, middle_token(evidence)), _choose)


def _choose_patch(meaning: list) -> None:
    _choose(meaning[0])


def _choose(name: str) -> None:
    st.session_state["patch"] = name


def show_facts(shown: Explanation, evidence: AttentionMaps, cam: Explanation) -> None:
    """What the picture leaves out, and what the CNN has to say of the same place."""
    asked = shown.method
    st.markdown(" ".join(filter(None, (_prefix_in_words(asked, evidence), _cam_in_words(shown, evidence, cam)))))
    st.caption(asked.why)


def _prefix_in_words(asked: TokenAttention, evidence: AttentionMaps) -> str:
    """The share of the tokens before the patches, which have no place in the picture."""
    shares = prefix_shares(evidence, asked.over_tokens(evidence))
    if not shares:
        return ""
    names = ["CLS token", *(f"extra token {number}" for number in range(1, len(shares)))]
    told = ", ".join(f"{name}: **{share:.1%}**" for name, share in zip(names, shares, strict=True))
    whole = "its attention" if asked.direction == "query" else "the attention it gets"
    return f"{told} of {whole}{', left out of the picture' if asked.hide_cls else ''}."


def _cam_in_words(shown: Explanation, evidence: AttentionMaps, cam: Explanation) -> str:
    cell = place(evidence, shown.method.token)
    if cell is None:
        return "This token has no place in the photo, so the CNN has no value for it."
    found = spot(cam, patch_box(shown.box, evidence.grid, cell))
    if found is None:
        return "The CNN did not see this place."
    name, rival = (_short(cam, index) for index in (cam.target, cam.against))
    flat = found.percentile is None
    rank = f". {cam.flat_in_words}" if flat else f", higher than {percent(found.percentile)} of its cells."
    asked = f" for {name}{f' rather than {rival}' if rival else ''}" if name else ""
    return f"The CNN's {cam.method.label} here: **{short(found.value)}**{asked}{rank}"


def _short(shown: Explanation, index: int | None) -> str:
    """A class's short name, quoted; nothing where there is no class."""
    return "" if index is None else f"“{plain(short_names(shown.prediction.labels)[index])}”"


def show_heads(shown: Explanation, evidence: AttentionMaps, look: Look) -> None:
    """The same question to every head of every layer; a click enlarges one."""
    asked = shown.method
    maps = small_maps(asked.on_patches(evidence, asked.every_head(evidence)))
    figure = heads_figure(maps.numpy(), shown.box.height / shown.box.width, look, asked.layer, asked.head)
    _clickable(HEADS, figure, "The same in every layer and head, as small maps.", _choose_head)
    if words := heads_in_words(maps.numpy(), look):
        st.caption(words)
    if maps.shape[2:] != evidence.grid:
        rows, columns = maps.shape[2:]
        st.caption(f"So small, each map shows means over its patches, on {rows} x {columns} cells.")


def show_summary(asked: TokenAttention, summary: HeadSummary) -> None:
    """How far and how evenly each head looks, over all patches; a click chooses a head."""
    figure = summary_figure(summary, asked.layer, asked.head)
    _clickable(SUMMARY, figure, "Mean attention distance and entropy of each head.", _choose_head)
    st.caption(
        "Means over all patches. Distance: how far they look, the tokens before the patches left aside. "
        "Entropy: 0 where each looks at one token alone, 1 where at all alike."
    )


def _choose_head(meaning: list) -> None:
    layer, head = meaning
    st.session_state["layer"], st.session_state["head"] = layer, str(head) if head else FUSED


def _clickable(key: str, figure: go.Figure, alt: str, choose: Callable[[list], None]) -> None:
    st.plotly_chart(figure, key=key, config=CONFIG, alt=alt, on_select=lambda: _chosen(key, choose), selection_mode="points")


def _chosen(key: str, choose: Callable[[list], None]) -> None:
    """A second click on the same point comes as an empty selection: nothing was chosen then."""
    points = st.session_state[key].selection.points
    if points:
        choose(points[0]["customdata"])

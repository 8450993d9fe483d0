"""The compare page: both maps with their models' predictions, and how far the maps agree."""

from collections.abc import Mapping
from dataclasses import fields, replace

import streamlit as st

from dashboard.compare import OTHER, SLOTS, Pair, Side, Slot, annotate, compare
from dashboard.engine.request import Request
from dashboard.explain import Explanation
from dashboard.export.exhibit import Exhibit
from dashboard.figures.made_of import labelled
from dashboard.figures.maps import Style, map_figure
from dashboard.methods import Method
from dashboard.ui.parts import panel, sidebar
from dashboard.ui.parts.address import current_link
from dashboard.ui.parts.charts import CONFIG
from dashboard.ui.parts.controls import chosen_method, method_controls, pick_method
from dashboard.ui.parts.display import pick_show
from dashboard.ui.parts.downloads import Tray, comparison_files, comparison_names
from dashboard.ui.parts.explaining import answers
from dashboard.ui.parts.looking import backdrop_of, chosen_class, pick_whole_question
from dashboard.ui.parts.notices import notices_here
from dashboard.ui.parts.sidebar import Chosen

WIDTHS = [15, 15, 14]


def caveat_and_files(chosen: Chosen) -> Tray:
    """Draws the line below the page's question: what the models were trained on, and the menu of files."""
    return sidebar.caveat_and_files(chosen, _file_names(chosen, Pair.of(lambda slot: chosen_method(chosen.sides[slot]))))


def _file_names(chosen: Chosen, methods: Pair[type[Method]]) -> dict[str, str]:
    return comparison_names(chosen.photo, chosen.models, Pair.of(lambda slot: methods[slot].label))


@st.fragment  # so that a slider of the maps does not redraw the sidebar
def show(chosen: Chosen, tray: Tray) -> None:
    """Both sides with their maps and predictions, and beside them where the maps disagree."""
    notices_here()
    tray.empty()
    methods, style = _pick_methods(chosen)
    tray.must_say(_file_names(chosen, Pair.of(lambda slot: type(methods[slot]))))

    *columns, beside = st.columns(WIDTHS, gap="medium")
    columns, boxes, requests, seen = Pair(*columns), {}, {}, {}
    for slot, side in chosen.sides.items():
        with columns[slot]:
            boxes[slot] = st.container()
            requests[slot], seen[slot] = pick_whole_question(side, Request(side.model, chosen.photo, methods[slot]))
    shown = {}
    for slot, box in boxes.items():
        with box:
            shown[slot] = (answers([requests[slot]], slot) or [None])[0]
    for slot, box in boxes.items():  # the maps come first, so that the browser draws them first
        with box:
            _map(chosen, slot, requests[slot], shown[slot], shown[OTHER[slot]], methods[OTHER[slot]], style)
    for slot, side in chosen.sides.items():
        with columns[slot]:
            panel.answers(side, seen[slot], chosen_class(requests[slot], seen[slot]))
            panel.facts(requests[slot], seen[slot], shown[slot])
    with beside:
        _difference(chosen, requests, shown, tray, style)


def _pick_methods(chosen: Chosen) -> tuple[Pair[Method], Style]:
    """Draws the choice of both methods, of how their maps are shown, and of their options."""
    *columns, last = st.columns(WIDTHS, gap="medium")
    kinds = {}
    for side, column in zip(chosen.sides.values(), columns, strict=True):
        with column:
            kinds[side.slot] = pick_method(side)
    with last:
        style = replace(chosen.style, show=pick_show())
    rows = Pair(*st.columns(_option_widths(*(len(fields(kinds[slot])) for slot in SLOTS)), gap="medium"))

    def with_options(slot: Slot) -> Method:
        with rows[slot]:
            return method_controls(kinds[slot], chosen.sides[slot])

    return Pair.of(with_options), style


def _option_widths(left: int, right: int) -> tuple[float, float]:
    """The widths of both sides' rows of options, which share the page's width by how many options each has. A side with few
    keeps the width of its map.
    """
    least, whole = WIDTHS[0], sum(WIDTHS)
    shared = whole * left / max(left + right, 1)
    first = min(max(shared, least), whole - least)
    return first, whole - first


def _map(
    chosen: Chosen,
    slot: Slot,
    request: Request,
    shown: Explanation | None,
    other: Explanation | None,
    others: Method,
    style: Style,
) -> None:
    if shown is None:
        return
    side: Side = chosen.sides[slot]
    figure = map_figure(shown, backdrop_of(chosen), style, annotate(shown, other, chosen.share), others.label)
    st.plotly_chart(
        labelled(figure, shown, chosen.photo), key=side.key("map"), config=CONFIG,
        alt=f"{request.method.label} of {side.model.title} over {chosen.photo.name}.",
    )  # fmt: skip
    panel.left_out(shown, style)
    panel.numbers(shown, chosen.share)


def _difference(
    chosen: Chosen, requests: Mapping[Slot, Request], shown: Mapping[Slot, Explanation | None], tray: Tray, style: Style
) -> None:
    left, right = shown["left"], shown["right"]
    if left is None or right is None:
        panel.waiting()
        return
    behind, comparison = backdrop_of(chosen), compare(left, right, chosen.share)
    panel.agreement(comparison, behind)
    models = Pair.of(lambda slot: requests[slot].model)
    exhibit = Exhibit(chosen.photo, Pair(left, right), models, comparison, style, chosen.share, current_link())
    tray.lay(comparison_files(exhibit, behind))

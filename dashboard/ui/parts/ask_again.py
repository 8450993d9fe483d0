"""A test of the trust page: a person takes something away, and both models answer again."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import streamlit as st
import torch
from torch import Tensor

from dashboard.compare import SLOTS, Pair, Slot
from dashboard.engine.trial import Trial
from dashboard.evidence import Prediction
from dashboard.explain import Explanation
from dashboard.export.exhibit import stem
from dashboard.export.tables import tries_csv
from dashboard.figures.trust import cells_figure
from dashboard.names import short_names
from dashboard.numbers import signed
from dashboard.numerics.fidelity import removal_order
from dashboard.photo import Box
from dashboard.studies.trust import (
    MOST_TRIES,
    SIDE,
    Away,
    Baseline,
    Changed,
    Grid,
    altering,
    cells_in,
    changes,
    tries_of,
)
from dashboard.ui import caches
from dashboard.ui.parts.charts import selectable_map
from dashboard.ui.parts.doubting import EDGES, Asked, pick_baseline
from dashboard.ui.parts.explaining import failing_in_words
from dashboard.ui.parts.links import linked_choice, linked_slider, linked_text
from dashboard.ui.parts.looking import backdrop_of
from dashboard.ui.parts.text import plain
from dashboard.ui.parts.two_maps import two_columns


def show_asking(asked: Asked) -> None:
    """Cells that a person takes away, what both models answer then, and a list of what was tried."""
    st.markdown("## Take something away and ask again")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        away = _pick_cells(asked)
    with right:
        baseline = pick_baseline()
        _before_and_after(asked, away, baseline)
    _tries(asked, baseline)


def _read_away(text: str) -> str | None:
    away = Away.read(text)
    return None if away is None else away.code


def _read_tries(text: str) -> str | None:
    return ",".join(away.code for away in tries_of(text)) or None


def _pick_cells(asked: Asked) -> Away | None:
    """Draws a map or the photo, whose cells can be clicked, and other ways to choose cells; returns those that are gone."""
    over = linked_choice(st.segmented_control, "Show", ["left map", "right map", "photo"], key="over")
    by_click = linked_choice(st.segmented_control, "Choose by", ["click", "box or lasso"], key="pick_by") == "click"
    slot: Slot = "right" if over == "right map" else "left"
    shown = None if over == "photo" else asked.shown[slot]
    away = Away.read(linked_text("Cells taken away", _read_away, key="away"))
    gone = torch.zeros(SIDE, SIDE, dtype=torch.bool) if away is None else away.cells
    selectable_map(
        "away_map", cells_figure(shown, asked.grid, gone.numpy(), backdrop_of(asked.chosen), asked.chosen.style, by_click),
        f"Click a cell, or drag a box or a lasso, to take it away. {int(gone.sum())} of {gone.numel()} cells are gone.",
        by_click,
        lambda chosen: _toggle(gone, chosen),
    )  # fmt: skip
    share = linked_slider("Share of the map", 5, 95, 20, 5, key="away_share", format="%d%%")
    row = st.container(horizontal=True)
    for each, explanation in asked.shown.items():
        off = _no_top(explanation)
        row.button(
            f"Top of the {each} map", key=f"away_{each}", disabled=off is not None, help=off, on_click=_take_top,
            args=(asked, each, share),
        )  # fmt: skip
    nothing = "Nothing is taken away yet." if away is None else None
    row.button("Put all back", key="away_none", on_click=_set_away, args=(None,), disabled=away is None, help=nothing)
    row.button("Keep in the list", key="away_keep", on_click=_keep, args=(away,), disabled=away is None, help=nothing)
    _box_by_numbers(asked.grid)
    return away


def _no_top(shown: Explanation | None) -> str | None:
    """Why nothing can be taken from the top of a map; None where it can."""
    if shown is None:
        return "This map has not been run yet: its button stands above."
    return "This map is the same everywhere, so no part of it is its top." if shown.flat else None


def _set_away(away: Away | None) -> None:
    st.session_state["away"] = "" if away is None or not away.cells.any() else away.code


def _toggle(gone: Tensor, chosen: Sequence[int]) -> None:
    """A click puts a cell back that is gone; a box or a lasso takes away all that it holds."""
    cells = gone.flatten().clone()
    numbers = torch.tensor([int(number) for number in chosen if 0 <= int(number) < cells.numel()])
    cells[numbers] = ~cells[numbers] if len(numbers) == 1 else True
    _set_away(Away.of("p", cells.view(gone.shape)))


def _take_top(asked: Asked, slot: Slot, share: float) -> None:
    shown = asked.shown[slot]
    if shown is not None:
        cells = removal_order(asked.grid.laid(shown), SIDE**2) < round(share / 100 * SIDE**2)
        _set_away(Away.of(f"{slot[0]}{share:.0f}", cells))


def _box_by_numbers(grid: Grid) -> None:
    """Draws four numbers for a box, for those who don't drag one."""
    with st.form("away_box", border=False):
        for column, (name, first) in zip(st.columns(4), EDGES.items(), strict=True):
            column.number_input(f"{name.capitalize()} (%)", 0, 100, first, key=f"away_edge_{name}")
        st.form_submit_button("Take away this box", key="away_this_box", on_click=_take_box, args=(grid,))


def _take_box(grid: Grid) -> None:
    left, top, right, bottom = (st.session_state[f"away_edge_{name}"] / 100 for name in EDGES)
    across, down, box = grid.box.width, grid.box.height, grid.box
    inner = Box(box.left + left * across, box.top + top * down, box.left + right * across, box.top + bottom * down)
    _set_away(Away.of("b", cells_in(grid, inner)))


def _keep(away: Away) -> None:
    tries = [each for each in tries_of(st.session_state.get("tried", "")) if each != away]
    st.session_state["tried"] = ",".join(each.code for each in [*tries, away][-MOST_TRIES:])


def _answers_without(asked: Asked, away: Away, baseline: Baseline) -> Pair[Prediction]:
    """What both models say of the photo without some cells."""
    trials: dict[Slot, list[Trial]] = {
        slot: [altering(request.model, request.photo, asked.grid, baseline, away.cells[None])]
        for slot, request in asked.requests.items()
    }
    with failing_in_words():
        logits = Pair.of(lambda slot: caches.STORE.tried(trials[slot][0])[0])
    return Pair.of(lambda slot: replace(asked.seen[slot].prediction, logits=logits[slot]))


def _before_and_after(asked: Asked, away: Away | None, baseline: Baseline) -> None:
    """Both models' top predictions for the photo and for what is left of it."""
    if away is None:
        st.info(
            "Click cells on the picture, drag a box or a lasso, or take away the top of a map: both models then answer again."
        )
        return
    st.markdown(f"Taken away: {away.in_words}.")
    after = _answers_without(asked, away, baseline)
    for slot, place in two_columns().items():
        with place:
            title, before = asked.requests[slot].model.title, asked.seen[slot].prediction
            lines = [f"| {plain(title)} | before | after | change |", "|---|---|---|---|"]
            for each in changes(before, after[slot]):
                words = (plain(before.in_words(score)) for score in (each.before, each.after))
                lines.append(f"| {plain(each.label)} | {' | '.join(words)} | {_change(each, before)} |")
            st.markdown("\n".join(lines))


def _change(each: Changed, answer: Prediction) -> str:
    difference = each.after - each.before
    return f"{signed(100 * difference, 1)}%" if answer.activation == "softmax" else signed(difference, 3)


def _tries(asked: Asked, baseline: Baseline) -> None:
    """The list of what was tried, with both models' top predictions, and as a file."""
    tries = tries_of(linked_text("List of what was tried", _read_tries, key="tried"))
    if not tries:
        return
    st.markdown("**What was tried** · it is in the address, so a link opens this list")
    titles = [plain(request.model.title) for request in asked.requests.values()]
    lines, rows = [f"| taken away | {' | '.join(titles)} |", "|---|---|---|"], []
    for away in tries:
        answers = _answers_without(asked, away, baseline)
        told = [_top_of(asked.seen[slot].prediction, answers[slot]) for slot in SLOTS]
        lines.append(f"| {away.in_words} | {' | '.join(plain(each) for each in told)} |")
        rows.append((away.in_words, baseline, *told))
    st.markdown("\n".join(lines))
    row = st.container(horizontal=True)
    row.download_button(
        "Download the list (CSV)", partial(tries_csv, rows, [request.model.title for request in asked.requests.values()]),
        f"{stem(asked.chosen.photo.name)}_tried.csv", "text/csv", key="download_tried", on_click="ignore",
        icon=":material/download:",
    )  # fmt: skip
    row.button("Clear the list", key="tried_none", on_click=lambda: st.session_state.update(tried=""))


def _top_of(before: Prediction, after: Prediction) -> str:
    """The top prediction after, and what became of the one before."""
    names, scores = short_names(after.labels), after.scores
    (index, _, score), (first, _, was) = after.top(1)[0], before.top(1)[0]
    now = f"{names[index]} {after.in_words(score)}"
    lost = "" if index == first else f"; {names[first]} {before.in_words(was)} → {after.in_words(scores[first].item())}"
    return f"{now}{lost or f' (was {before.in_words(was)})'}"

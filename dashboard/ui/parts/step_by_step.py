"""A test of the trust page: what the score does while the cells that a map marks go and come, beside maps of no knowledge."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from dashboard.compare import OTHER, Slot
from dashboard.figures.trust import Falling, falls_data
from dashboard.glossary import with_links
from dashboard.metrics import Number
from dashboard.photo import mean_colour
from dashboard.studies.trust import (
    NEIGHBOURS,
    RANDOM,
    STEPS,
    WAYS,
    Answers,
    Baseline,
    Curves,
    Doubt,
    Grid,
    Lines,
    Row,
    curves,
    lines,
    rows,
)
from dashboard.ui import caches
from dashboard.ui.parts.doubting import Asked, pick_baseline
from dashboard.ui.parts.downloads import trust_files
from dashboard.ui.parts.explaining import tried
from dashboard.ui.parts.falls import show_falls
from dashboard.ui.parts.looking import backdrop_of
from dashboard.ui.parts.text import visible
from dashboard.ui.parts.two_maps import two_columns

BEWARE = (
    "The models were not trained for holes: a part of what a patch or a group costs is the hole itself, so no single number "
    "settles it. A random map's numbers say how much that part is."
)
ROAD = (
    "ROAD (Rong et al. 2022, [arXiv:2202.00449](https://arxiv.org/abs/2202.00449)) fills what is gone from around it, so that "
    "no edge tells the model where something was. It favours blurry maps, whose large holes nothing can fill: look at another "
    "baseline, too, before you believe it."
)
SMALL = 640  # pixels of the longer side of the photo that the browser alters


def show_falling(asked: Asked) -> None:
    """Deletion and insertion for both sides: the curves, the altered photos, and the numbers with their controls."""
    st.markdown("## Take away what the map marks, step by step")
    baseline = pick_baseline()
    doubts = _doubts(asked, baseline)
    if not doubts:
        return
    found = tried({slot: doubt.curve_trials() for slot, doubt in doubts.items()}, "falls", "Take away, step by step")
    if found is None:
        return
    made: dict[Slot, Curves] = {slot: curves(found[slot]) for slot in doubts}
    sides = [
        Falling(asked.chosen.sides[slot].name, doubt, made[slot], _both_answers(slot, asked, made))
        for slot, doubt in doubts.items()
    ]
    behind = caches.screen_copy(asked.chosen.photo, side=SMALL)
    mean = mean_colour(asked.chosen.photo, asked.grid.box) if baseline == "mean colour" else (0, 0, 0)
    show_falls(falls_data(sides, asked.grid, behind, baseline, mean), "falls")
    st.caption(_how(asked.grid))
    if baseline == NEIGHBOURS:
        st.caption(ROAD)
    show_numbers(asked, doubts, made)


def _doubts(asked: Asked, baseline: Baseline) -> dict[Slot, Doubt]:
    """The sides whose map was made and is not flat."""
    found = {}
    for slot, shown in asked.shown.items():
        if shown is None:
            continue
        doubt = Doubt(asked.requests[slot], shown, asked.grid, baseline, asked.shown[OTHER[slot]])
        if doubt.flat:
            st.info(f"{asked.chosen.sides[slot].name}: {shown.method.label}. {shown.flat_in_words}")
        else:
            found[slot] = doubt
    return found


def _both_answers(slot: Slot, asked: Asked, made: Mapping[Slot, Curves]) -> list[Answers]:
    """What both models say of the photos that one side's map alters: its own first."""
    beside = made[OTHER[slot]].other if OTHER[slot] in made else None
    return [
        Answers(visible(model.title), model.labels, model.activation, fall)
        for model, fall in ((asked.requests[slot].model, made[slot].own), (asked.requests[OTHER[slot]].model, beside))
        if fall is not None
    ]


def _how(grid: Grid) -> str:
    return (
        f"The part that both models saw is cut into {grid.rows} x {grid.columns} cells, the same for both; each of {STEPS} "
        "steps changes as many, most relevant first. A good map makes the score fall at once as its cells are taken away, and "
        "rise at once as they are put back. Read from right to left, putting back is taking away with the least relevant "
        f"cells first. Grey: {RANDOM} random maps, mean and standard deviation. Dashed: a map that only says “the middle”, "
        "which does well on any photo with its object there."
    )


def show_numbers(asked: Asked, doubts: Mapping[Slot, Doubt], made: Mapping[Slot, Curves]) -> None:
    """Each number of a map and its model, with what it means and beside its controls."""
    found = tried({slot: doubt.number_trials() for slot, doubt in doubts.items()}, "numbers", "Compute the numbers")
    if found is None:
        return
    told: dict[Slot, list[Row]] = {slot: rows(doubt, made[slot], found[slot]) for slot, doubt in doubts.items()}
    drawn: dict[Slot, list[Lines]] = {slot: [lines(doubts[slot], made[slot], way) for way in WAYS] for slot in doubts}
    exhibit, baseline = asked.exhibit, next(iter(doubts.values())).baseline
    if exhibit is not None:
        tested = replace(exhibit, tested=told, in_place=baseline)
        asked.tray.lay(trust_files(tested, backdrop_of(asked.chosen), drawn))
    for slot, place in two_columns().items():
        if slot in told:
            with place:
                _table(asked.chosen.sides[slot].name, doubts[slot].shown.method.label, told[slot])
    metrics = [row.metric for row in next(iter(told.values()))]
    st.markdown("\n".join(f"- **{each.label}**: {with_links(each.meaning)} [Source]({each.paper})" for each in metrics))
    st.caption(BEWARE)


def _table(name: str, label: str, told: Sequence[Row]) -> None:
    text = [f"| {name} | {label} | random | middle | verdict |", "|---|---|---|---|---|"]
    for row in told:
        number, middle = (Number(row.metric, value).in_words for value in (row.value, row.middle))
        random = Number(row.metric, row.mean).in_words
        spread = "" if math.isnan(row.spread) else f"\u00a0±\u00a0{row.spread:.2f}"
        text.append(f"| {row.metric.label} | **{number}** | {random}{spread} | {middle} | {row.verdict} |")
    random, middle = sum(row.beats(row.random) for row in told), sum(row.beats([row.middle]) for row in told)
    st.markdown(f"**{label}** beats all {RANDOM} random maps in {random} of {len(told)} numbers, the middle in {middle}.")
    st.markdown("\n".join(text))

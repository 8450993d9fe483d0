"""A section of the known-truth page: what every method reaches over many held-out scenes."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.glossary import with_links
from dashboard.studies.known_truth import LABELLED, MEANINGS, MIDDLE, NUMBERS, PAIRS, RANDOM, kept_table, telling_apart
from dashboard.ui.parts.known_scene import FAVOURED, FOUND, KIND, ON_TAG, pick_world
from dashboard.ui.parts.sidebar import Chosen

NO_TABLE = "The table of all methods is not made yet: run `make truth` in the project's folder, which takes half an hour."
COLUMNS = LABELLED | {"favoured": FAVOURED, "on_tag": ON_TAG}
ROW, HEAD = 35, 38  # pixels of a row of the table, and of its head


def with_interval(row: Mapping[str, Any], name: str) -> str:
    """A mean and its interval."""
    return f"{row[name]:.2f} ({row[f'{name}_low']:.2f} to {row[f'{name}_high']:.2f})"


def show_table(chosen: Chosen) -> None:
    """The table that `make truth` keeps, for one pair of models, sortable by a click on a column's head."""
    st.markdown("## All methods over many scenes")
    table = kept_table()
    if table is None:
        st.info(NO_TABLE)
        return
    world = pick_world()
    rows = table.loc[table["model"].isin(list(PAIRS[world].values()))].sort_values(by="energy", ascending=False)
    _sum_up(rows, world)
    shown = _told(rows, world)
    st.dataframe(
        shown, hide_index=True, width="stretch", height=HEAD + ROW * len(shown), key="truth_table", column_config=_columns(),
    )  # fmt: skip
    _explain(table.attrs)


def _told(rows: pd.DataFrame, world: str) -> pd.DataFrame:
    """The table as it is shown: each number beside its interval."""
    kind = {PAIRS[world][slot]: name for slot, name in KIND.items()}
    names = {RANDOM: "(a random map)", MIDDLE: "(the middle)"}
    shown: dict[str, Any] = {
        "Method": [names.get(name, name) for name in rows["method"]],
        "Model": [kind[key] for key in rows["model"]],
        "Asks for": ["a class" if specific else "no class" for specific in rows["class_specific"]],
    }
    for name, label in COLUMNS.items():
        shown[label] = list(rows[name])
        intervals = zip(rows[f"{name}_low"], rows[f"{name}_high"], strict=True)
        shown[f"95% of {label}"] = [f"{low:.2f}–{high:.2f}" for low, high in intervals]
    return pd.DataFrame(shown)


def _columns() -> dict[str, Any]:
    """How the table's columns are drawn: the methods stay in sight, and an interval is narrow."""
    numbers = {label: st.column_config.NumberColumn(format="%.2f") for label in COLUMNS.values()}
    intervals = {f"95% of {label}": st.column_config.TextColumn("95%") for label in COLUMNS.values()}
    return {"Method": st.column_config.TextColumn(pinned=True), **numbers, **intervals}


def _sum_up(rows: pd.DataFrame, world: str) -> None:
    """Which method is best, beside its controls, and whether methods tell two objects apart, in sentences from the numbers."""
    lines = []
    for slot, kind in KIND.items():
        of_model = rows[rows["model"] == PAIRS[world][slot]].set_index("method")
        if RANDOM not in of_model.index or MIDDLE not in of_model.index:
            continue
        of_methods = of_model.drop([RANDOM, MIDDLE])
        best = of_methods["energy"].idxmax()
        beat = (of_methods["energy_low"] > max(of_model.loc[name, "energy_high"] for name in (RANDOM, MIDDLE))).sum()
        random, middle = (of_model.loc[name, "energy"] for name in (RANDOM, MIDDLE))
        lines.append(
            f"{kind} (right in {of_methods['right'].iloc[0]:.0%}): most energy inside has **{best}**, "
            f"{with_interval(of_model.loc[best], 'energy')}; a random map has {random:.2f}, one of the middle {middle:.2f}. "
            f"{beat} of {len(of_methods)} methods beat both beyond chance."
        )
    st.markdown("\n".join(f"- {with_links(line)}" for line in (*lines, telling_apart(rows)) if line))


def _explain(made: Mapping[Any, Any]) -> None:
    """What each number means, and of how many scenes it is the mean."""
    plain = made["cases"] - made["two"] - made["tagged"]
    told = " ".join(f"**{LABELLED[name]}**: {MEANINGS[name]}" for name in NUMBERS)
    st.caption(
        with_links(
            f"Means over {plain} held-out scenes of one object, with 95% bootstrap intervals over scenes; methods with their "
            f"first options. {told} **{FAVOURED}** (over {made['two']} scenes of two objects, asked about both): {FOUND} "
            f"**{ON_TAG}** (over {made['tagged']} scenes with a tag): the share of the map's positive relevance that lies on "
            "the tag."
        )
        + " The rows in brackets are the controls: maps that know nothing of the scene. Click a column's head to sort. Made by "
        "`make truth`, which also makes this table of your own photos with masks or boxes."
    )

"""A scene that a person draws: which objects are in it, and where."""

import math
from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard.figures.trust import truth_figure
from dashboard.photo import Box
from dashboard.studies.known_truth import Case, drawn
from dashboard.studies.scenes import LABELS, SIZE, Thing
from dashboard.ui import caches
from dashboard.ui.parts.charts import box_map
from dashboard.ui.parts.links import linked, linked_choice

OBJECTS = ("first", "second")
NONE = "none"
BOUNDS = {"across": (0, 100), "down": (0, 100), "size": (10, 60), "turn": (0, 359)}
SAID = {"across": "across (%)", "down": "down (%)", "size": "size (%)", "turn": "turn (°)"}
AT_FIRST = {"first": (35, 40, 40, 0), "second": (72, 68, 30, 0)}


def pick_things() -> tuple[Thing, ...]:
    """Draws the choice of one object or two, and of each its place, size and turn; returns them."""
    things: list[Thing] = []
    for which in OBJECTS:
        free = [name for index, name in enumerate(LABELS) if index not in [thing.label for thing in things]]
        things += _pick_thing(which, [NONE, *free] if things else free)
    return tuple(things)


def _pick_thing(which: str, shapes: Sequence[str]) -> list[Thing]:
    """Draws the choice of an object in one row; returns it, or nothing where there is to be none."""
    columns = st.columns([2, 1, 1, 1, 1], vertical_alignment="bottom")
    with columns[0]:
        shape = linked_choice(st.selectbox, f"{which.capitalize()} object", shapes, key=f"{which}_shape")
    if shape == NONE:
        return []
    values = {
        name: linked(column.number_input, f"{which.capitalize()} {SAID[name]}", *BOUNDS[name], start, key=f"{which}_{name}")
        for column, name, start in zip(columns[1:], BOUNDS, AT_FIRST[which], strict=True)
    }
    across, down, size = (SIZE * values[name] / 100 for name in ("across", "down", "size"))
    return [Thing(LABELS.index(shape), across, down, size / 2, math.radians(values["turn"]))]


def compose(things: tuple[Thing, ...], number: int, tagged: bool) -> Case:
    """The person's objects on the ground of a scene. Where one can't be seen, a sentence stands in place of what follows."""
    try:
        return drawn(things, number, tagged)
    except ValueError as error:
        st.error(f"{str(error).capitalize()}. Move it, or make it larger.")
        st.stop()


def show_own(case: Case, which: str) -> None:
    """Draws the scene with the object asked about outlined; a box dragged on it moves and sizes that object."""
    asked = case.asked[OBJECTS.index(which)]
    box_map(
        "own_scene", truth_figure(asked.mask.numpy() >= 0.5, case.photo.size, caches.screen_copy(case.photo)),
        f"Your scene, with the {asked.name} outlined. Drag a box to say where the {asked.name} is.", partial(_place, which),
    )  # fmt: skip
    st.caption(f"Drag a box to place the {asked.name}, or type its numbers.")


def _place(which: str, box: Box) -> None:
    """A callback: the object fills the box as far as it can."""
    put = {
        "across": (box.left + box.right) / 2 / SIZE, "down": (box.top + box.bottom) / 2 / SIZE,
        "size": max(box.right - box.left, box.bottom - box.top) / SIZE,
    }  # fmt: skip
    for name, share in put.items():
        low, high = BOUNDS[name]
        st.session_state[f"{which}_{name}"] = min(max(round(100 * share), low), high)

"""The chosen patch by keyboard: arrow keys move it while the picture has the focus."""

from collections.abc import Callable

import streamlit as st
from streamlit.components.v2 import component

# Each key says where the patch is now, not which way it went: of keys in quick succession the server may get the last alone.
# Plotly keeps a click from giving the focus to what it is on.
JS = """
const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export default function ({ data, setTriggerValue }) {
    const picture = document.querySelector(`.st-key-${data.picture}`);
    if (!picture) return;
    let { row, column } = data;

    function pressed(event) {
        const step = steps[event.key];
        if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        const to = [row + step[0], column + step[1]];
        if (to[0] < 0 || to[0] >= data.rows || to[1] < 0 || to[1] >= data.columns) return;
        [row, column] = to;
        setTriggerValue("moved", row * data.columns + column + 1);
    }

    const focus = () => picture.focus({ preventScroll: true });

    picture.tabIndex = 0;
    picture.setAttribute("role", "group");
    picture.setAttribute("aria-label", "The photo's patches: arrow keys move the chosen one");
    picture.addEventListener("keydown", pressed);
    picture.addEventListener("click", focus);
    return () => {
        picture.removeEventListener("keydown", pressed);
        picture.removeEventListener("click", focus);
    };
}
"""

_patch_keys = component("patch_keys", html="", js=JS)
KEY = "patch_keys"


def patch_keys(picture: str, grid: tuple[int, int], cell: tuple[int, int], choose: Callable[[str], None]) -> None:
    """Lets arrow keys move the patch at `cell` of the grid while the container with that key has the focus.

    `choose` gets its number, from 1. The container is around the chart, which every new figure replaces.
    """
    data = {"picture": picture, "rows": grid[0], "columns": grid[1], "row": cell[0], "column": cell[1]}
    _patch_keys(key=KEY, data=data, height=1, on_moved_change=lambda: choose(str(st.session_state[KEY].moved)))

"""Choosing a patch by keyboard: arrow keys move it while the picture has the focus."""

from collections.abc import Callable

import streamlit as st

from dashboard.ui.components import component

_patch_keys = component("patch_keys")
KEY, ANSWERED = "patch_keys", "patch_move_answered"  # the component; the number of the last move that arrived


def patch_keys(picture: str, grid: tuple[int, int], cell: tuple[int, int], choose: Callable[[int], None]) -> None:
    """Lets arrow keys move the chosen patch while the container with the key `picture` has the focus.

    `grid` is (rows, columns), `cell` the chosen patch's row and column from 0; `choose` gets the new patch's number from 1.
    The container has the focus, not the chart inside it, which every new figure replaces.
    """
    data = {
        "picture": picture, "rows": grid[0], "columns": grid[1], "row": cell[0], "column": cell[1],
        "answered": st.session_state.get(ANSWERED, 0),
    }  # fmt: skip

    def moved() -> None:
        move = st.session_state[KEY].moved
        st.session_state[ANSWERED] = move["number"]
        choose(int(move["patch"]))

    _patch_keys(key=KEY, data=data, height=1, on_moved_change=moved)

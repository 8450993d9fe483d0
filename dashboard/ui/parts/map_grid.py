"""Small maps over one photo, as many in a row as there is room for: each is a button, with words below it.

Plotly could not tell how wide the screen is, nor be reached by keys.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from dashboard.figures.maps import Backdrop, palette
from dashboard.figures.methods import encoded
from dashboard.ui.components import component

_map_grid = component("map_grid", html='<div class="grid"></div>', styled=True)


@dataclass(frozen=True)
class SmallMap:
    """One cell: its `name` and `notes` below the map, `more` where the pointer rests, and the `place` that it has among the
    two shown large, if any. `laid` is where it lies on the photo, as `figures.methods` says it, `painted` the map as that
    paints it, None while it waits to be run.
    """

    name: str
    notes: tuple[str, ...]
    more: str
    place: str
    laid: dict
    painted: dict | None


def map_grid(
    maps: Sequence[SmallMap], behind: Backdrop, opacity: float, smooth: bool, key: str, opened: Callable[[str], None],
    run: Callable[[str], None],
) -> None:  # fmt: skip
    """Draws the maps over the photo; a click tells `opened`, or `run` where a map waits, its name."""
    colours = {small.painted["colours"] for small in maps if small.painted}
    data: dict[str, Any] = {
        "maps": [asdict(small) for small in maps], "opacity": opacity, "smooth": smooth,
        "photo": behind.uri, "ratio": behind.width / behind.height,
        "palettes": {name: encoded(palette(name)) for name in sorted(colours)},
    }  # fmt: skip
    _map_grid(
        key=key, data=data, on_opened_change=lambda: opened(st.session_state[key]["opened"]),
        on_run_change=lambda: run(st.session_state[key]["run"]),
    )  # fmt: skip

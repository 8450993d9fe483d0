"""Small maps over one photo, as many in a row as fit the screen: each is a button, with words below it.

A component of its own, since Plotly neither adapts to the screen's width nor can be reached by keys.
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
    """One small map: `name` and `notes` are written below it, `more` is its tooltip.

    `place` is "first", "second" or both if the map is shown large, else empty. `laid` and `painted` are what the functions of
    these names in `figures.methods` return: where the map lies on the photo, and its cells; `painted` is None until it is run.
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
    """Draws the maps over the photo; a click calls `opened` with the map's name, or `run` if it has not been run."""
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

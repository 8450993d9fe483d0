"""Small maps over one photo, as many in a row as fit the screen: each is a button, with words below it.

A component of its own, since Plotly neither adapts to the screen's width nor can be reached by keys, and takes 10 times as
long to draw them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from dashboard.figures.maps import Backdrop, Style, palette
from dashboard.figures.small_maps import encoded
from dashboard.ui.components import component
from dashboard.ui.parts.asked import answered, heard
from dashboard.ui.parts.asked import depth_of as asked_depth

_map_grid = component("map_grid", html='<div class="grid"></div><div class="waiting"></div>', styled=True)


@dataclass(frozen=True)
class SmallMap:
    """One small map: `name` and `notes` are written below it, `more` is its tooltip, `group` a heading above its rows.

    `laid` and `painted` are what the functions of these names in `figures.small_maps` return: where the map lies on the photo,
    and its cells. A map that waits to be run has no `painted`, and is a line below the others; an empty one is the photo alone.
    A `chosen` map is framed; `place` is written on it. A click gives its `value`, or its name if it has none. It may lie over a
    `photo` of its own, a data URI, and what should be marked there has an `outlined` line: see `figures.known_truth`.
    """

    name: str
    notes: tuple[str, ...]
    laid: dict
    painted: dict | None
    more: str = ""
    place: str = ""
    chosen: bool = False
    group: str = ""
    value: str = ""
    photo: str = ""
    outlined: dict | None = None


def map_grid(
    maps: Sequence[SmallMap], behind: Backdrop, style: Style, key: str, alt: str, opened: Callable[[str], None] | None = None,
    run: Callable[[str], None] | None = None, least: int = 110, depth_of: str = "",
    made_of: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Draws the maps over the photo, each at least `least` pixels wide, in rows that are as full as can be; `alt` names them.

    A click calls `opened` with the map's value; without `opened` the maps are no buttons. `run` gets the value of a map that
    has not been run. If the maps are one side's depths, `depth_of` is the side: the chosen one then follows the film.
    `made_of` tells how the chosen map was made, and is kept in the page beside it.
    """
    asked = depth_of and asked_depth(depth_of)
    colours = {small.painted["colours"] for small in maps if small.painted}
    data: dict[str, Any] = {
        "maps": [asdict(small) | {"value": small.value or small.name} for small in maps], "smooth": style.smooth, "alt": alt,
        "opacity": style.least_opacity, "photo": behind.uri, "ratio": behind.width / behind.height,
        "palettes": {name: encoded(palette(name)) for name in sorted(colours)}, "least": least, "opens": opened is not None,
        "depthOf": depth_of, "made": made_of, "asked": asked, "answered": answered(asked),
    }  # fmt: skip

    def told(call: Callable[[str], None] | None, what: str) -> Callable[[], None]:
        return lambda: call(st.session_state[key][what]) if call else None

    chosen = told(opened, "opened")
    if depth_of and opened:
        chosen = heard(asked, key, "opened", lambda depth: opened(str(depth)))
    _map_grid(key=key, data=data, on_opened_change=chosen, on_run_change=told(run, "run"))

"""Small maps of one kind beside each other, and in words what their colours leave out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.figures.layers import Panel, multiples_in_words, small_panels
from dashboard.figures.maps import Backdrop, Style
from dashboard.figures.small_maps import laid
from dashboard.ui.parts.map_grid import SmallMap, map_grid


def show_panels(
    panels: Sequence[Panel], behind: Backdrop, style: Style, key: str, alt: str, opened: Callable[[str], None] | None = None,
    one_scale: bool = False, signed: bool = False, cell: str = "patch", depth_of: str = "",
    made: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Small maps, and in words what their colours leave out; a click calls `opened` with the panel's meaning."""
    maps = [
        SmallMap(
            panel.title, panel.notes, laid(behind, panel.box), painted, chosen=panel.chosen, group=panel.group,
            value=panel.meaning,
        )
        for panel, painted in zip(panels, small_panels(panels, style, one_scale, signed), strict=True)
    ]  # fmt: skip
    map_grid(maps, behind, style, key, alt, opened, depth_of=depth_of, made_of=made)
    if words := multiples_in_words(panels, style, one_scale, signed, cell):
        st.caption(words)

"""Small curves by depth, as many in a row as fit the screen, with one depth marked in all of them.

A component of its own: it follows the film in the browser alone, and its charts have room for their texts at any width.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboard.figures.layers import curve_data
from dashboard.studies.layers import Curve
from dashboard.ui.components import component

_curves = component("curves", html='<div class="curves"></div>', styled=True)


def show_curves(curves: Sequence[Curve], side: str, depth: int, key: str, alt: str, choose: Callable[[int], None]) -> None:
    """Draws the curves of one side; a click or an arrow key on one chooses a depth. `alt` names them all."""
    data: dict[str, Any] = {"curves": [curve_data(curve) for curve in curves], "side": side, "depth": depth, "alt": alt}
    _curves(key=key, data=data, on_chosen_change=lambda: choose(int(st.session_state[key]["chosen"])))

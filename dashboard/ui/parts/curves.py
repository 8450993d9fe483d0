"""Small curves by depth, as many in a row as fit the screen, with one depth marked in all of them.

A component of its own: it follows the film in the browser alone, and its charts have room for their texts at any width.
"""

from collections.abc import Callable, Sequence
from typing import Any

from dashboard.figures.layers import curve_data
from dashboard.glossary import terms_in
from dashboard.studies.layers import Curve
from dashboard.ui.components import component
from dashboard.ui.parts.asked import answered, depth_of, heard

_curves = component("curves", html='<div class="curves"></div>', styled=True)


def show_curves(curves: Sequence[Curve], side: str, depth: int, key: str, alt: str, choose: Callable[[int], None]) -> None:
    """Draws the curves of one side; a click or an arrow key on one chooses a depth. `alt` names them all."""
    told = [curve_data(curve) | {"term": _anchor(curve.metric.title)} for curve in curves]
    asked = depth_of(side)
    data: dict[str, Any] = {
        "curves": told, "side": side, "depth": depth, "alt": alt, "asked": asked, "answered": answered(asked),
    }  # fmt: skip
    _curves(key=key, data=data, on_chosen_change=heard(asked, key, "chosen", choose))


def _anchor(title: str) -> str:
    """What a link to the glossary's term for a curve ends in; empty if it has none."""
    return next((term.anchor for term in terms_in(title)), "")

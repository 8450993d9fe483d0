"""Options that stand open below their map on a large screen, and are folded on a small one."""

from collections.abc import Sequence

import streamlit as st

from dashboard.compare import Side
from dashboard.ui.components import component
from dashboard.ui.streamlit_internals import Container

_fold = component("fold")


def options_of(side: Side) -> Container:
    """The place for a side's method, question and options."""
    return st.expander(f"{side.name} map: method and options", expanded=True, key=side.key("fold"))


def fold_on_small_screens(sides: Sequence[Side]) -> None:
    """Folds these sides' options where the screen is small. Comes after them on the page."""
    _fold(key="fold", data=[side.key("fold") for side in sides], height=1)

"""What the browser asks for and shows at once: each time has a number, by which it tells late answers to earlier ones."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

ANSWERED = "answered_"  # what was asked for: the number of the last time that arrived


def answered(what: str) -> int:
    """The number of the last time that the browser asked for this and the server heard of it; 0 at first."""
    return st.session_state.get(f"{ANSWERED}{what}", 0)


def heard(what: str, key: str, name: str, choose: Callable[[int], None]) -> Callable[[], None]:
    """A callback for the component `key` that triggers `name` with a number and a value: `choose` gets the value."""

    def call() -> None:
        told: Mapping[str, Any] = st.session_state[key][name]
        st.session_state[f"{ANSWERED}{what}"] = told["number"]
        choose(int(told["value"]))

    return call


def depth_of(side: str) -> str:
    """What is asked for by all that choose the layer depth of a side: film, curves and small maps."""
    return f"depth_{side}"

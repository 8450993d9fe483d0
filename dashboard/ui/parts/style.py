"""The little that Streamlit's theme can't say."""

import streamlit as st

# A spinner that takes part in the layout moves everything below it, twice. The colours are those of the theme.
CSS = """
<style>
.stElementContainer:has(> .stSpinner) {
    position: fixed; bottom: 1.5rem; left: 50%; transform: translateX(-50%); z-index: 1000; width: auto;
    padding: 0.5rem 1rem; border-radius: 0.5rem; background: light-dark(#f1f2ef, #1a201e);
    box-shadow: 0 2px 10px rgb(0 0 0 / 0.25);
}
</style>
"""


def style() -> None:
    """Has to be drawn on every page."""
    st.html(CSS)

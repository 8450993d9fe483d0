"""The few styles that Streamlit's theme can't set."""

import streamlit as st

from dashboard.ui.components import FOLDER


def style_sheet() -> None:
    """Adds the style sheet to the page. Every page has to call it."""
    st.html(FOLDER / "page.css")

"""The little that Streamlit's theme can't say."""

import streamlit as st

from dashboard.ui.components import FOLDER


def style_sheet() -> None:
    """Has to be drawn on every page."""
    st.html(FOLDER / "page.css")

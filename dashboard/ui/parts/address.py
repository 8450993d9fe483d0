"""The address bar: one history entry per page, and a button that copies the link."""

from urllib.parse import urlencode

import streamlit as st

from dashboard.ui.components import component

_address = component("address", html='<button type="button">Copy link</button>', styled=True)


def copy_link() -> None:
    """Draws the button that copies the address of the current view. Every page has to draw it."""
    _address(key="copy_link")


def current_link() -> str:
    """The address of the current view; empty if the server does not know its own address."""
    return f"{st.context.url}?{urlencode(st.query_params.to_dict())}" if st.context.url else ""

"""One sentence for first-time visitors, with links to the tour."""

import streamlit as st

from dashboard.glossary import with_links
from dashboard.ui.components import component
from dashboard.ui.parts.tour import links_to_all, stop_in_address

SENTENCE = "A CNN's map shows which areas raised its score, a ViT's which reached its output. See for yourself:"
COOKIE = "welcomed"

_remember = component("remember_welcome")


def welcome() -> None:
    """Draws a sentence and the tour's links until the visitor clicks that they have read them; a cookie remembers the click.

    It is low, and stands above the maps, which a first visitor came for: tests/browser/test_sizes.py measures them with it.
    """
    if COOKIE in st.context.cookies:
        return
    if st.session_state.get(COOKIE) or stop_in_address() is not None:
        _remember(key="remember_welcome", data=COOKIE, height=1)
        return
    with st.container(border=True, key="welcome", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":small[{with_links(SENTENCE)}]", width="content")
        links_to_all()
        st.button("Got it", key="got_it", on_click=_read)


def _read() -> None:
    st.session_state[COOKIE] = True
